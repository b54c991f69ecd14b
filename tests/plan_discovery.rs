//! Which pages a plan holds, in which order, in which labs, and what it says about what it could not read.

use std::fs;
use std::path::{Path, PathBuf};

use labproof::plan::{self, Plan, PlanOptions};

const STEP: &str = "```bash\n$ true\n```\n";

/// Writes files below a new directory; plans it; gives the plan with the directory.
fn planned(files: &[(&str, &str)]) -> (tempfile::TempDir, Plan) {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let plan = plan::build(&[root.path().to_owned()], &PlanOptions::default());
    (root, plan)
}

fn below(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap().display().to_string()
}

/// `lab: page page; lab: page`.
fn check(files: &[(&str, &str)], expected: &str) {
    let (root, plan) = planned(files);
    let labs: Vec<String> = plan
        .labs
        .iter()
        .map(|lab| {
            let pages: Vec<String> = lab
                .pages
                .iter()
                .map(|page| below(root.path(), page.file.path()))
                .collect();
            format!("{}: {}", below(root.path(), &lab.path), pages.join(" "))
        })
        .collect();
    assert_eq!(labs.join("; "), expected);
}

fn messages(plan: &Plan) -> Vec<String> {
    plan.diagnostics
        .iter()
        .map(|d| format!("{}: {}", d.severity.word(), d.message))
        .collect()
}

fn weighted(key: &str, weight: u32) -> String {
    format!("---\n{key}: {weight}\n---\n{STEP}")
}

#[test]
fn index_first_then_weight_then_name_then_subdirectories() {
    check(
        &[
            ("m/index.md", "---\nlab: true\n---\n"),
            ("m/a.md", &weighted("weight", 20)),
            ("m/b.md", &weighted("sidebar_position", 15)),
            ("m/c.md", STEP),
            ("m/y/x.md", STEP),
            ("m/z/index.md", &weighted("weight", 0)),
            ("m/k/index.md", &weighted("weight", 7)),
        ],
        "m: m/index.md m/c.md m/b.md m/a.md m/y/x.md m/z/index.md m/k/index.md",
    );
}

#[test]
fn a_directory_is_a_lab_where_it_says_so_else_where_it_holds_pages() {
    check(
        &[
            ("_index.md", "# All\n"),
            ("one/a.md", STEP),
            ("one/sub/b.md", STEP),
            (
                "two/index.md",
                "---\nsidebar_custom_props: {module: true}\n---\n",
            ),
            ("two/sub/b.md", STEP),
            ("two/own/index.md", "---\nlab: true\n---\n"),
            ("two/own/c.md", STEP),
        ],
        ": _index.md; one: one/a.md; one/sub: one/sub/b.md; two: two/index.md two/sub/b.md; \
         two/own: two/own/index.md two/own/c.md",
    );
}

#[test]
fn what_is_left_out() {
    check(
        &[
            ("a.md", STEP),
            ("b.txt", STEP),
            ("c.MDX", STEP),
            (".hidden/a.md", STEP),
            ("node_modules/a.md", STEP),
            ("off/.notest", ""),
            ("off/a.md", STEP),
            ("off/sub/a.md", STEP),
        ],
        ": a.md c.MDX",
    );
}

#[test]
fn a_file_is_a_lab_of_its_own() {
    let (root, _) = planned(&[("labs/a.md", STEP)]);
    let path = root.path().join("labs/a.md");
    let plan = plan::build(std::slice::from_ref(&path), &PlanOptions::default());
    assert_eq!(plan.labs[0].path, path);
    assert_eq!(plan.labs[0].directory, root.path().join("labs"));
    assert_eq!(plan.labs[0].pages[0].steps[0].id, "a-1");
}

#[test]
fn steps_of_one_lab_have_names_of_their_own() {
    let (_root, plan) = planned(&[
        ("index.md", &format!("---\nlab: true\n---\n{STEP}")),
        ("x/index.md", STEP),
        (
            "y/index.md",
            "```bash id=same\n$ a\n```\n\n```bash id=same\n$ a\n```\n",
        ),
    ]);
    let ids: Vec<&str> = plan.steps().map(|(_, _, step)| step.id.as_str()).collect();
    assert_eq!(ids, ["index-1", "x/index-1", "same", "same"]);
    assert_eq!(
        messages(&plan),
        ["error: another step of this lab is called `same` too"]
    );
}

#[test]
fn what_cannot_be_read_is_said() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("bytes.md"), b"# x\n\xff\xfe\n").unwrap();
    fs::write(root.path().join("prose.md"), "# Nothing\n").unwrap();
    let options = PlanOptions::default();
    for (path, expected) in [
        ("missing.md", "does not exist"),
        ("bytes.md", "is not UTF-8 text: line 2"),
        ("prose.md", "no step to run here"),
    ] {
        let plan = plan::build(&[root.path().join(path)], &options);
        assert_eq!(plan.diagnostics.len(), 1, "{path}: {:?}", messages(&plan));
        assert!(
            plan.diagnostics[0].message.contains(expected),
            "{:?}",
            messages(&plan)
        );
        assert!(plan.has_errors());
    }
    let plan = plan::build(&[PathBuf::from("/dev/null")], &options);
    assert!(plan.diagnostics[0].message.contains("neither"));
}

#[cfg(unix)]
#[test]
fn links_that_go_in_circles_end() {
    let (root, _) = planned(&[("a/a.md", STEP)]);
    std::os::unix::fs::symlink("..", root.path().join("a/up")).unwrap();
    std::os::unix::fs::symlink("nowhere", root.path().join("a/gone.md")).unwrap();
    std::os::unix::fs::symlink("b", root.path().join("b")).unwrap();
    let plan = plan::build(&[root.path().to_owned()], &PlanOptions::default());
    assert_eq!(plan.steps().count(), 1);
    let messages = messages(&plan);
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages[0].contains("does not exist"), "{messages:?}");
    assert!(messages[1].contains("leads back"), "{messages:?}");
}

#[cfg(unix)]
#[test]
fn names_may_hold_anything() {
    let (_root, plan) = planned(&[("a b\nc/d \u{1b}[31m.md", STEP)]);
    assert_eq!(plan.steps().count(), 1);
    let text = plan::text::render(&plan, None, &|_| true, false);
    assert!(!text.contains('\u{1b}'), "{text:?}");
    assert!(plan::json::to_json(&plan, None).contains("a b\\nc"));
}

#[test]
fn filters_keep_steps_by_path_title_tag_and_id() {
    let page = |title: &str, tag: &str| {
        format!(
            "---\ntitle: {title}\nlabproof: {{tags: [{tag}]}}\n---\n{STEP}\n```bash id={tag}-own\n$ true\n```\n"
        )
    };
    let (root, _) = planned(&[
        ("labs/a/one.md", &page("First steps", "easy")),
        ("labs/b/two.md", &page("Second", "hard")),
    ]);
    for (filter, expected) in [
        ("a/*.md", "one-1 easy-own"),
        ("*Second*", "two-1 hard-own"),
        ("hard", "two-1 hard-own"),
        ("easy-own", "easy-own"),
        ("nothing", ""),
    ] {
        let options = PlanOptions {
            filters: vec![filter.to_owned()],
            ..PlanOptions::default()
        };
        let plan = plan::build(&[root.path().to_owned()], &options);
        let ids: Vec<&str> = plan.steps().map(|(_, _, step)| step.id.as_str()).collect();
        assert_eq!(ids.join(" "), expected, "{filter}");
        assert_eq!(plan.has_errors(), expected.is_empty(), "{filter}");
    }
}

#[test]
fn hooks_are_found_beside_their_pages() {
    let (root, plan) = planned(&[
        (
            "m/index.md",
            "---\nlab: true\n---\n```bash hook=here\n$ a\n```\n```bash hook=gone\n$ a\n```\n",
        ),
        ("m/tests/hook-here.sh", "true"),
        ("m/tests/hook-suite.sh", "true"),
        ("m/x/tests/hook-suite.sh", "true"),
        ("m/x/a.md", STEP),
        ("m/y/a.md", STEP),
    ]);
    let scripts: Vec<_> = plan
        .steps()
        .map(|(_, _, step)| {
            step.options
                .hook_script
                .as_deref()
                .map(|path| below(root.path(), path))
        })
        .collect();
    assert_eq!(
        scripts,
        [Some("m/tests/hook-here.sh".to_owned()), None, None, None]
    );
    let suites: Vec<_> = plan.labs[0]
        .suites
        .iter()
        .map(|suite| (below(root.path(), &suite.script), suite.pages.clone()))
        .collect();
    assert_eq!(
        suites,
        [
            ("m/tests/hook-suite.sh".to_owned(), 0..3),
            ("m/x/tests/hook-suite.sh".to_owned(), 1..2)
        ]
    );
}

#[test]
fn in_eks_workshop_a_blank_line_ends_output() {
    let (root, _) = planned(&[("a.md", "```bash\n$ a\nx\n\ny\n$ b\n\nz\n$ c\nw\n```\n")]);
    let options = PlanOptions {
        compat_eks_workshop: true,
        ..PlanOptions::default()
    };
    let plan = plan::build(&[root.path().to_owned()], &options);
    let shown: Vec<_> = plan.labs[0].pages[0].steps[0]
        .commands
        .iter()
        .map(|command| command.expected.as_ref().map(|shown| shown.text.as_str()))
        .collect();
    assert_eq!(shown, [Some("x"), None, Some("w")]);
}

#[test]
fn a_project_settles_what_its_pages_do_not() {
    let (root, _) = planned(&[
        ("labproof.toml", "dialect = \"transcript\"\n"),
        ("a/b.md", "```sh\nls\n```\n"),
    ]);
    let paths = [root.path().join("a")];
    let project = plan::project(&paths).unwrap();
    let options = PlanOptions {
        dialect: project.dialect,
        ..PlanOptions::default()
    };
    let plan = plan::build(&paths, &options);
    assert_eq!(
        plan.labs[0].pages[0].steps[0].skip.as_deref(),
        Some("no prompt")
    );
    fs::write(root.path().join("labproof.toml"), "dialect = 3\n").unwrap();
    assert!(plan::project(&paths).is_err());
}
