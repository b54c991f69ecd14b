//! Fences in other languages, from end to end: the real program, the real python3.

mod support;

use support::Pages;

#[test]
fn python_runs_in_the_labs_session_with_the_same_verdicts() {
    let page = "# Page\n\n```bash\nexport GREETING=hello\ncd /tmp\n```\n\n\
        ```python\nimport os, sys\nprint(os.environ['GREETING'], os.getcwd())\nprint('late', file=sys.stderr)\n```\n\n\
        The output is:\n\n```\nhello /tmp\nlate\n```\n";
    Pages::with(page)
        .run(&[])
        .exits(0)
        .says("3 of 3 commands ran, output of 1 compared (2 lines)");
    Pages::with(&page.replace("hello /tmp\n", "hello /usr\n"))
        .run(&[])
        .exits(1)
        .says("-hello /usr")
        .says("+hello /tmp");
    Pages::with("```python expectError=true\nraise SystemExit(3)\n```\n")
        .run(&[])
        .exits(0);
}

#[test]
fn an_exception_is_told_with_its_line_of_the_page() {
    Pages::with("# Page\n\n```python\nx = {}\n\nprint(x['b'])\n```\n")
        .run(&[])
        .exits(1)
        .says("exited with 1: KeyError: 'b' (line 6 of the page)");
}

#[test]
fn python_does_not_make_the_rest_of_the_lab_unrepeatable() {
    // The file comes a moment later: only a command that may be asked again sees it.
    let page = "```python\nf = 'def not bash (('\n```\n\n```bash\n$ (sleep 0.5; echo 1 > late) &\n$ cat late\n1\n```\n";
    Pages::with(page).run(&[]).exits(0);
}

#[test]
fn what_is_missing_is_said_before_anything_runs() {
    let page =
        "```bash\ntouch ran\n```\n\n```python\nimport os\nimport no_such_module_anywhere\n```\n";
    let pages = Pages::with(page);
    pages
        .run(&[])
        .exits(3)
        .says("no module `no_such_module_anywhere`")
        .says("page.md:7:1");
    assert!(!pages.path().join("ran").exists());
    // What the lab makes itself is not missing.
    let own = page.replace("touch ran", "touch no_such_module_anywhere.py");
    Pages::with(&own).run(&[]).exits(0);
}

#[test]
fn other_languages_run_by_configuration() {
    let pages =
        Pages::with("```tac\na\nb\n```\n\n```\nb\na\n```\n\n```python\nraise SystemExit(1)\n```\n");
    pages.write(
        "labproof.toml",
        "[interpreters]\ntac = \"tac\"\npython = false\n",
    );
    pages
        .run(&[])
        .exits(0)
        .says("1 of 1 command ran, output of 1 compared");
    pages.write("labproof.toml", "[interpreters]\ntac = 3\n");
    pages
        .run(&[])
        .exits(2)
        .says("`tac` needs the command that takes a script on its stdin");
}
