//! How long plans and lint take, and that the cost grows with the bytes: `cargo bench --bench plan`.
//!
//! `LABPROOF_CORPUS` names a directory of real pages; without it pages like them are made up.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use labproof::lint::{self, LintOptions};
use labproof::plan::{self, PlanOptions};

/// Pages of the made-up site: as many as eks-workshop has.
const PAGES: usize = 380;

fn main() {
    let made = tempfile::tempdir().expect("a directory for pages");
    let corpus = std::env::var_os("LABPROOF_CORPUS").map_or_else(
        || {
            write_pages(made.path());
            made.path().to_owned()
        },
        PathBuf::from,
    );
    for times in [1, 10, 100] {
        let paths = vec![corpus.clone(); times];
        let (planned, plan) = best(|| plan::build(&paths, &PlanOptions::default()));
        let (linted, found) = best(|| lint::check(&plan, &LintOptions::default()));
        let pages: usize = plan.labs.iter().map(|lab| lab.pages.len()).sum();
        let bytes: usize = plan
            .labs
            .iter()
            .flat_map(|lab| &lab.pages)
            .map(|page| page.file.text().len())
            .sum();
        let _ = writeln!(
            std::io::stdout(),
            "{times:>4}x {pages:>6} pages {:>7} KiB {:>6} steps: plan {planned:>10.1?}, lint {linted:>10.1?}, {} findings",
            bytes / 1024,
            plan.steps().count(),
            found.len(),
        );
    }
}

/// The shortest of five times.
fn best<T>(work: impl Fn() -> T) -> (Duration, T) {
    let mut best: Option<(Duration, T)> = None;
    for _ in 0..5 {
        let start = Instant::now();
        let made = work();
        let time = start.elapsed();
        if best.as_ref().is_none_or(|(known, _)| time < *known) {
            best = Some((time, made));
        }
    }
    best.expect("it ran")
}

fn write_pages(root: &Path) {
    for page in 0..PAGES {
        let mut text = format!("---\ntitle: Page {page}\nsidebar_position: {page}\n---\n");
        for block in 0..4 {
            let _ = write!(
                text,
                "\n## Part {block}\n\n{}\n\n```bash timeout=180 wait=10\n$ kubectl apply -k ~/modules/part-{block}\n\
                 $ kubectl get pods -n shop-{page}\nNAME                   READY   STATUS    RESTARTS   AGE\n\
                 web-6d5b7c9f4-x2b9k    1/1     Running   0          52s\n```\n",
                "Words about what happens here and why it matters. ".repeat(12)
            );
        }
        let directory = root.join(format!("lab-{}", page / 8));
        std::fs::create_dir_all(&directory).expect("a directory");
        std::fs::write(directory.join(format!("page-{page}.md")), text).expect("a page");
    }
}
