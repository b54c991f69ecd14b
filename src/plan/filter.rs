//! `--filter`: the part of a plan that people ask for.

use std::path::Path;

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::Plan;
use crate::page::{Page, Step};
use crate::source::{Diagnostic, Severity};

/// Keeps the steps that one of the globs matches: by their own id, or by the path, the title or a tag of their page.
/// What a kept step needs from earlier ones is the author's concern.
pub(super) fn apply(plan: &mut Plan, globs: &[String]) {
    if globs.is_empty() {
        return;
    }
    let mut builder = GlobSetBuilder::new();
    for text in globs {
        // A path may be given from any directory on: `storage/*.md` finds labs/storage/a.md.
        for pattern in [text.clone(), format!("**/{text}")] {
            match Glob::new(&pattern) {
                Ok(glob) => {
                    builder.add(glob);
                }
                Err(error) => {
                    let message = format!("the filter `{text}` is no glob: {}", error.kind());
                    plan.diagnostics.push(Diagnostic::of_path(
                        Severity::Error,
                        Path::new("--filter"),
                        message,
                    ));
                    return;
                }
            }
        }
    }
    let Ok(set) = builder.build() else {
        return;
    };
    for lab in &mut plan.labs {
        for page in &mut lab.pages {
            if !matches_page(&set, page) {
                page.steps.retain(|step: &Step| set.is_match(&step.id));
            }
        }
        lab.pages.retain(|page| !page.steps.is_empty());
    }
    plan.labs.retain(|lab| !lab.pages.is_empty());
    if plan.labs.is_empty() {
        plan.diagnostics.push(
            Diagnostic::of_path(Severity::Error, Path::new("--filter"), "no step matches")
                .with_help("a filter is a glob over page paths, titles, tags and step ids, such as `*storage*`"),
        );
    }
}

fn matches_page(set: &GlobSet, page: &Page) -> bool {
    set.is_match(page.file.path())
        || set.is_match(&page.title)
        || page.front.tags.iter().any(|tag| set.is_match(tag))
}
