//! `labproof update`: rehearse, then put what was printed in the place of what pages show and is stale.

use std::fmt::Write;

use similar::TextDiff;

use super::args::UpdateArgs;
use super::exit::Exit;
use super::rehearse::Extent;
use super::replace::replace;
use super::{output, rehearse};
use crate::report::style::{BOLD, GREEN, RED, YELLOW, count, paint, printable};
use crate::update::{self, PageUpdate};

/// Rewrites the pages of the paths.
pub(super) async fn main(args: UpdateArgs) -> Exit {
    let rehearsal = match rehearse::plan(&args.rehearse).await {
        Ok(rehearsal) => rehearsal,
        Err(exit) => return exit,
    };
    let report = output::report(rehearsal.jobs(&args.rehearse));
    let (record, exit) = rehearse::rehearse(
        &args.rehearse,
        &rehearsal,
        Extent {
            stale: true,
            ..Extent::default()
        },
        vec![report],
    )
    .await;
    if let Some(broken) = &record.broken {
        output::error(&format!("{broken}; nothing was written"));
        return exit;
    }
    if exit == Exit::Interrupted {
        output::error("interrupted; nothing was written");
        return exit;
    }
    let pages = update::pages(&rehearsal.plan, &record, args.accept);
    output::stdout("\n");
    let mut written = true;
    for page in &pages {
        output::stdout(&told(page, args.dry_run));
        written &= args.dry_run || write(page);
    }
    output::stdout(&summary(&pages, args.dry_run));
    let left_alone = pages
        .iter()
        .flat_map(|page| &page.blocks)
        .any(|block| block.left_alone.is_some());
    let broken = record.labs.iter().any(|lab| lab.broken.is_some());
    if !written || broken {
        Exit::Broken
    } else if left_alone {
        Exit::Failed
    } else {
        Exit::Good
    }
}

/// Writes a page that changes; whether that was possible.
fn write(page: &PageUpdate) -> bool {
    if page.old == page.new {
        return true;
    }
    let path = page.path.display();
    // Somebody may have gone on writing while the labs ran.
    let problem = match std::fs::read_to_string(&page.path) {
        Ok(now) if now != page.old => "it was changed while the labs ran".to_owned(),
        Ok(_) => match replace(&page.path, &page.new) {
            Ok(()) => return true,
            Err(error) => error.to_string(),
        },
        Err(error) => error.to_string(),
    };
    output::error(&format!("{path}: not written: {problem}"));
    false
}

/// What became of each block of a page, and the change where nothing is written.
fn told(page: &PageUpdate, dry_run: bool) -> String {
    let mut out = String::new();
    let verb = if dry_run {
        "would be updated"
    } else {
        "updated"
    };
    for block in &page.blocks {
        let place = paint(BOLD, &format!("{}:{}", page.path.display(), block.line));
        let _ = match &block.left_alone {
            None => writeln!(out, "{} {place}", paint(GREEN, verb)),
            Some(reason) => writeln!(
                out,
                "{} {place}: {}",
                paint(YELLOW, "left alone"),
                printable(reason)
            ),
        };
    }
    if dry_run && page.old != page.new {
        let path = page.path.display().to_string();
        let diff = TextDiff::from_lines(&page.old, &page.new);
        let diff = diff.unified_diff().header(&path, &path).to_string();
        for line in diff.lines() {
            let text = printable(line);
            let text = match line.as_bytes().first() {
                Some(b'-') => paint(RED, &text),
                Some(b'+') => paint(GREEN, &text),
                _ => text,
            };
            let _ = writeln!(out, "{text}");
        }
    }
    out
}

fn summary(pages: &[PageUpdate], dry_run: bool) -> String {
    let blocks = || pages.iter().flat_map(|page| &page.blocks);
    let left_alone = blocks().filter(|block| block.left_alone.is_some()).count();
    let updated = blocks().count() - left_alone;
    let verb = if dry_run {
        "would be updated"
    } else {
        "updated"
    };
    let changed = pages.iter().filter(|page| page.old != page.new).count();
    let mut out = match updated {
        0 => "nothing to update".to_owned(),
        _ => format!(
            "{} in {} {verb}",
            count(updated, "output"),
            count(changed, "page")
        ),
    };
    if left_alone > 0 {
        let _ = write!(out, ", {left_alone} left alone");
    }
    format!("{out}\n")
}
