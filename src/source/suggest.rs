//! "Did you mean": the known word that a misspelt one is nearest to.

use std::path::Path;

/// The candidate nearest to `word`, if it is near enough to be a slip of the hand:
/// at most a third of the letters wrong, swapped neighbours counting as one.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(64).collect();
    let lower: Vec<char> = word.iter().flat_map(|c| c.to_lowercase()).collect();
    candidates
        .into_iter()
        .map(|candidate| {
            let letters: Vec<char> = candidate.chars().flat_map(char::to_lowercase).collect();
            (distance(&lower, &letters), letters.len(), candidate)
        })
        .filter(|(distance, length, _)| *distance <= (lower.len().min(*length)).div_ceil(3).min(3))
        .min_by_key(|(distance, _, _)| *distance)
        .map(|(_, _, candidate)| candidate)
}

/// The name of a file beside a path that is not there, where the two differ by a slip of the hand or in `.yml` for `.yaml`. Names with
/// other digits are other files: `pod-1.yaml` is not `pod-2.yaml`.
pub fn near_file(path: &Path) -> Option<String> {
    let parts = |name: &str| {
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        let digits: String = stem.chars().filter(char::is_ascii_digit).collect();
        (stem.to_owned(), extension.replace("yml", "yaml"), digits)
    };
    let (stem, extension, digits) = parts(path.file_name()?.to_str()?);
    let beside = std::fs::read_dir(path.parent()?).ok()?.flatten();
    let mut names: Vec<(String, String)> = beside
        .filter_map(|entry| entry.file_name().into_string().ok())
        .map(|name| (parts(&name), name))
        .filter(|((_, other, of), _)| *other == extension && *of == digits)
        .map(|((stem, ..), name)| (stem, name))
        .collect();
    names.sort();
    let near = nearest(&stem, names.iter().map(|(stem, _)| stem.as_str()))?.to_owned();
    names
        .into_iter()
        .find_map(|(stem, name)| (stem == near).then_some(name))
}

/// Whether two different words are one edit apart: a letter more, less or another one, or two neighbours swapped.
pub fn is_one_edit(word: &str, other: &str) -> bool {
    if word.len().abs_diff(other.len()) > 4 || word.len() > 256 {
        return false;
    }
    let [a, b] = [word, other].map(|word| word.chars().collect::<Vec<char>>());
    distance(&a, &b) == 1
}

/// Edits between two words: insert, delete, replace, swap two neighbours.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replace = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_one_edit_apart() {
        for (word, other, expected) in [
            ("deacribe", "describe", true),
            ("aply", "apply", true),
            ("gte", "get", true),
            ("score", "scale", false),
            ("get", "get", false),
        ] {
            assert_eq!(is_one_edit(word, other), expected, "{word} {other}");
        }
    }

    #[test]
    fn slips_are_recognised_and_other_words_are_not() {
        let known = ["timeout", "wait", "hook", "hookTimeout", "expectError"];
        for (word, expected) in [
            ("timout", Some("timeout")),
            ("TIMEOUT", Some("timeout")),
            ("exepctError", Some("expectError")),
            ("hok", Some("hook")),
            ("title", None),
            ("linenums", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }
}
