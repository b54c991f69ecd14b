//! `--min-coverage` and `--badge`, from end to end.

mod support;

use support::Pages;

const PAGE: &str = "```bash\n$ echo a\na\n$ true\n```\n\n```bash\n$ true\n$ true\n```\n";

#[test]
fn too_little_verified_fails_and_says_where_to_look() {
    let pages = Pages::with(PAGE);
    pages
        .run(&["--min-coverage", "25"])
        .exits(0)
        .says("coverage: 25 % of the commands, 100 % of the lines, 100 % of the claims");
    pages
        .run(&["--min-coverage", "26"])
        .exits(1)
        .says("coverage is below 26 %: 25 % of the commands verified")
        .says("look at page.md:4 page-1 (only the exit status was checked)")
        .says(
            "look at page.md:7 page-2 (checks nothing: only the exit statuses of its 2 commands)",
        );
    pages.run(&["--min-coverage", "101"]).exits(2);
    // A failed run stays one.
    Pages::with("```bash\n$ echo a\nb\n```\n")
        .run(&["--min-coverage", "0"])
        .exits(1);
}

#[test]
fn what_is_skipped_counts_as_not_verified() {
    let page = format!("{PAGE}\n```bash test=false\n$ echo b\nb\n```\n");
    Pages::with(&page)
        .run(&[])
        .exits(0)
        .says("coverage: 20 % of the commands, 50 % of the lines, 50 % of the claims");
    Pages::with("```bash\n$ true <name>\n```\n")
        .run(&["--min-coverage", "1"])
        .exits(1);
}

#[test]
fn the_badge_shows_the_lowest_share() {
    let pages = Pages::with(PAGE);
    pages.run(&["--badge", "badge.svg"]).exits(0);
    let badge = pages.read("badge.svg");
    assert!(badge.starts_with("<svg "), "{badge}");
    assert!(badge.contains(">25%</text>"), "{badge}");
    let failed = Pages::with("```bash\n$ false\n```\n");
    failed.run(&["--badge", "badge.svg"]).exits(1);
    assert!(failed.read("badge.svg").contains(">failing</text>"));
}
