//! Whether one shown line agrees with one printed line.
//!
//! Entry points: [`Line::new`] and [`agree`]. Steps: the same words; the same canonical text with tokens that can be
//! bound; the author's notation in the line (parts left out, masks, a long line cut).

use super::bindings::Binder;
use super::elision::Glob;
use super::normalise;
use super::volatile::{Canon, Scan, canon};

/// A line, prepared for comparison.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// As it was; empty for printed lines, of which there may be a million.
    pub(super) raw: String,
    /// Its words, one blank between them.
    pub(super) words: String,
    /// Its canonical form.
    pub(super) canon: Canon,
    /// What its author's notation makes of a shown line, if there is any in it.
    pub(super) glob: Option<Glob>,
    /// How many lines it is: more than one where a long output was not looked at line by line.
    pub(super) stands_for: usize,
}

impl Line {
    /// A line of the output.
    pub(super) fn printed(raw: &str, scan: Scan) -> Line {
        Line {
            raw: String::new(),
            words: normalise::words(raw),
            canon: canon(raw, scan),
            glob: None,
            stands_for: 1,
        }
    }

    /// A line of the output that agrees with no line of the page. `raw` holds what it was.
    pub(super) fn passed_over(raw: &str) -> Line {
        Line {
            raw: raw.to_owned(),
            words: String::new(),
            canon: Canon::default(),
            glob: None,
            stands_for: 1,
        }
    }

    /// A line of the page.
    pub(super) fn new(raw: &str, scan: Scan) -> Line {
        Line {
            raw: raw.to_owned(),
            glob: Glob::of(&normalise::words(raw)),
            words: normalise::words(raw),
            canon: canon(raw, scan),
            stands_for: 1,
        }
    }
}

/// Whether a shown line agrees with a printed one; binds its tokens if it does.
pub(super) fn agree(shown: &Line, actual: &Line, binder: &mut Binder<'_>) -> bool {
    if shown.canon.text == actual.canon.text {
        return binder.bind_all(&shown.canon.values, &actual.canon.values);
    }
    agree_by_notation(shown, actual)
}

/// Whether the author's notation in the shown line covers the printed one. Tokens of such a line are not
/// bound: what the notation covers may be among them.
pub(super) fn agree_by_notation(shown: &Line, actual: &Line) -> bool {
    let Some(glob) = &shown.glob else {
        return false;
    };
    if actual.words.is_empty() {
        return false;
    }
    if glob.elides {
        return fits_elided(glob, shown, actual);
    }
    // Masks cover words, and a word more or less is no mask.
    agree_words(&shown.words, &actual.words)
}

/// Words against words, masks and types only.
pub(super) fn agree_words(shown: &str, actual: &str) -> bool {
    let (shown, actual): (Vec<_>, Vec<_>) =
        (shown.split(' ').collect(), actual.split(' ').collect());
    shown.len() == actual.len() && shown.iter().zip(&actual).all(|(s, a)| word_agrees(s, a))
}

/// A word against a word, masks and types only.
pub(super) fn word_agrees(shown: &str, actual: &str) -> bool {
    shown == actual
        || canon(shown, Scan::LOOSE).text == canon(actual, Scan::LOOSE).text
        || Glob::of(shown).is_some_and(|glob| !glob.elides && glob.fits(actual))
}

/// A line with parts left out. The dots may be the program's own: where the printed line has them at the same
/// place they stand for themselves, so that `+ 2 more...` and progress messages are not wildcards.
fn fits_elided(glob: &Glob, shown: &Line, actual: &Line) -> bool {
    if glob.is_bare() {
        return false;
    }
    let ends = |line: &Line| line.words.ends_with("...");
    if ends(shown) && ends(actual) && shown.words.matches("...").count() == 1 {
        return false;
    }
    let canonical = Glob::of(&shown.canon.text).is_some_and(|glob| glob.fits(&actual.canon.text));
    canonical || glob.fits(&actual.words)
}
