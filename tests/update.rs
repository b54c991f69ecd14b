//! `labproof update` from end to end, on pages that need no cluster: what is stale is rewritten, and nothing else.

mod support;

use support::{Ended, Pages};

fn update(pages: &Pages, more: &[&str]) -> Ended {
    let mut arguments = vec!["update", "page.md", "--cluster", "none", "--retry", "0"];
    arguments.extend(more);
    pages.labproof(&arguments)
}

/// The page becomes `expected`, and a second time changes nothing.
#[track_caller]
fn check(page: &str, expected: &str) {
    let pages = Pages::with(page);
    update(&pages, &[]).exits(0);
    assert_eq!(pages.read("page.md"), expected);
    update(&pages, &[]).exits(0).says("nothing to update");
    assert_eq!(pages.read("page.md"), expected);
    pages.run(&[]).exits(0);
}

#[test]
fn stale_output_is_rewritten_and_nothing_else() {
    check(
        "# Page\n\nSome *text*  \n\n```bash\n$ echo new\nold\n$ echo same\nsame\n```\n\nmore",
        "# Page\n\nSome *text*  \n\n```bash\n$ echo new\nnew\n$ echo same\nsame\n```\n\nmore",
    );
}

#[test]
fn a_page_that_is_true_is_not_touched() {
    let text = "```bash\n$ echo one\none\n```\n";
    let pages = Pages::with(text);
    update(&pages, &[]).exits(0).says("nothing to update");
    assert_eq!(pages.read("page.md"), text);
}

#[test]
fn several_commands_in_one_block() {
    check(
        "```bash\n$ printf 'a\\nb\\n'\na\n\n$ x=5\n$ echo $x; echo end\n4\nend\n\n# then\n$ echo last\nfirst\n```\n",
        "```bash\n$ printf 'a\\nb\\n'\na\nb\n\n$ x=5\n$ echo $x; echo end\n5\nend\n\n# then\n$ echo last\nlast\n```\n",
    );
}

#[test]
fn line_ends_and_the_indentation_of_a_list_stay() {
    check(
        "1. First:\r\n\r\n   ```bash\r\n   $ printf 'one\\n  two\\nthree\\n'\r\n   one\r\n   2\r\n   ```\r\n\r\n2. End\r\n",
        "1. First:\r\n\r\n   ```bash\r\n   $ printf 'one\\n  two\\nthree\\n'\r\n   one\r\n     two\r\n   three\r\n   ```\r\n\r\n2. End\r\n",
    );
}

#[test]
fn elisions_masks_and_markers_stay() {
    check(
        "```bash\n$ printf 'v2\\na\\nb\\nc\\nend 2\\n'\nv1\n[...]\nend 1   <---- see\n```\n",
        "```bash\n$ printf 'v2\\na\\nb\\nc\\nend 2\\n'\nv2\n[...]\nend 2   <---- see\n```\n",
    );
    check(
        "```bash\n$ echo 'id abcd state up'\nid xxxx state down\n```\n",
        "```bash\n$ echo 'id abcd state up'\nid xxxx state up\n```\n",
    );
    check(
        "```bash\n$ echo 'begin 1 2 3 done'\nstart [...] done\n```\n",
        "```bash\n$ echo 'begin 1 2 3 done'\nbegin [...] done\n```\n",
    );
}

#[test]
fn a_table_keeps_its_columns_its_ages_and_its_names() {
    let command = "$ cat <<EOF\nNAME                   READY   STATUS    RESTARTS   AGE\nweb-7d9bf4c68f-x4k2b   2/2     Running   0          9s\nweb-7d9bf4c68f-zz7xk   2/2     Running   0          9s\ndb-0                   1/1     Running   0          2m\nEOF\n";
    let page =
        |rows: &str| format!("```bash\n{command}NAME                   READY   AGE\n{rows}\n```\n");
    check(
        &page("web-5774b8d5f4-cv89c   1/1     5s\ndb-0                   1/1     5s"),
        &page(
            "web-5774b8d5f4-cv89c   2/2     5s\nweb-5774b8d5f4-zz7xk   2/2     9s\ndb-0                   1/1     5s",
        ),
    );
}

#[test]
fn a_dry_run_shows_the_change_and_writes_nothing() {
    let text = "```bash\n$ echo new\nold\n```\n";
    let pages = Pages::with(text);
    update(&pages, &["--dry-run"])
        .exits(0)
        .says("-old")
        .says("+new")
        .says("1 output in 1 page would be updated");
    assert_eq!(pages.read("page.md"), text);
}

#[test]
fn what_a_failed_command_printed_is_no_truth() {
    let text = "```bash\n$ ls /nowhere-at-all\nbin\n```\n\n```bash\n$ echo after\nbefore\n```\n";
    let pages = Pages::with(text);
    update(&pages, &[])
        .exits(1)
        .says("left alone")
        .says("exited with 2")
        .says("the lab had failed before it, at page.md:2");
    assert_eq!(pages.read("page.md"), text);
    update(&pages, &["--accept"]).exits(0);
    let accepted = pages.read("page.md");
    assert!(
        accepted.contains("No such file or directory\n```") && accepted.contains("after\nafter\n"),
        "{accepted}"
    );
}

#[test]
fn what_took_too_long_or_printed_nothing_is_no_truth() {
    for (page, reason) in [
        (
            "```bash timeout=1\n$ sleep 60\ndone\n```\n",
            "did not end within 1 s",
        ),
        ("```bash\n$ true\nsomething\n```\n", "there was nothing"),
        (
            "```bash\n$ printf 'NAME   STATUS\\na      ImagePullBackOff\\n'\nNAME   STATUS\na      Running\n```\n",
            "tells of trouble (`ImagePullBackOff`)",
        ),
        (
            "```bash match=contains\n$ echo one\ntwo\n```\n",
            "match=contains",
        ),
    ] {
        let pages = Pages::with(page);
        update(&pages, &[]).exits(1).says(reason);
        assert_eq!(pages.read("page.md"), page);
    }
}

#[test]
fn secrets_and_prompts_never_get_into_a_page() {
    for (page, reason) in [
        (
            "```bash\n$ echo id AKIA\"ABCDEFGHIJKLMNOP\" new\nid x old\n```\n",
            "a secret was printed",
        ),
        (
            "```bash\n$ echo '$ rm x'\nold\n```\n",
            "read as something else",
        ),
    ] {
        let pages = Pages::with(page);
        update(&pages, &[]).exits(1).says(reason);
        assert_eq!(pages.read("page.md"), page);
    }
}

#[test]
fn output_in_a_fence_of_its_own() {
    check(
        "```bash\necho new\n```\n\nThe output is:\n\n```text\nold\n```\n",
        "```bash\necho new\n```\n\nThe output is:\n\n```text\nnew\n```\n",
    );
}
