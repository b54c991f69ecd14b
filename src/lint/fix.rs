//! Repairs: the edits that findings carry, applied to the text.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::source::{Diagnostic, Fix, SourceFile};

/// The new text of every file that has safe repairs. Nothing is written.
pub fn fix(diagnostics: &[Diagnostic]) -> Vec<(PathBuf, String)> {
    let mut files: BTreeMap<PathBuf, (SourceFile, Vec<&Fix>)> = BTreeMap::new();
    for diagnostic in diagnostics {
        if let (Some(fix), Some((file, _))) = (&diagnostic.fix, &diagnostic.place)
            && fix.safe
        {
            files
                .entry(diagnostic.path.clone())
                .or_insert_with(|| (file.clone(), Vec::new()))
                .1
                .push(fix);
        }
    }
    files
        .into_iter()
        .map(|(path, (file, fixes))| {
            let text = apply_fixes(file.text(), &fixes);
            (path, text)
        })
        .collect()
}

/// A text with edits applied. Of edits that overlap, the first counts; edits outside the text are left out.
pub fn apply_fixes(text: &str, fixes: &[&Fix]) -> String {
    let mut fixes = fixes.to_vec();
    fixes.sort_by_key(|fix| (fix.span.start, fix.span.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for fix in fixes {
        let Some(before) = text.get(at..fix.span.start) else {
            continue;
        };
        if fix.span.start < at || text.get(fix.span.start..fix.span.end).is_none() {
            continue;
        }
        out.push_str(before);
        out.push_str(&fix.replacement);
        at = fix.span.end;
    }
    out.push_str(&text[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    #[test]
    fn edits_apply_in_order_and_never_overlap() {
        let fix = |start, end, replacement: &str| Fix {
            span: Span::new(start, end),
            replacement: replacement.to_owned(),
            safe: true,
        };
        let all = [
            fix(4, 5, "X"),
            fix(0, 1, "Y"),
            fix(0, 3, "Z"),
            fix(99, 100, "W"),
            fix(6, 6, "!"),
        ];
        let all: Vec<&Fix> = all.iter().collect();
        assert_eq!(apply_fixes("abcdef", &all), "YbcdXf!");
    }
}
