//! Repairs: the edits that findings carry, applied to the text.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::source::{Diagnostic, Fix, SourceFile, apply};

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
            let text = apply(file.text(), &fixes);
            (path, text)
        })
        .collect()
}
