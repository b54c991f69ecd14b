//! What is asked of a text: a file, an answer, a log.

use std::fmt;

use regex::Regex;

/// What is asked of a text. Several are asked together; none asks nothing.
#[derive(Debug, Clone, Default)]
pub struct TextIs {
    /// `contains`: text that occurs in it.
    pub contains: Option<String>,
    /// `equals`: all of it; line breaks at the end do not count.
    pub equals: Option<String>,
    /// `matches`: a regular expression that finds something in it; `^` and `$` are of lines.
    pub matches: Option<Regex>,
    /// `lacks`: text that must not occur in it.
    pub lacks: Option<String>,
}

impl TextIs {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        let Self {
            contains,
            equals,
            matches,
            lacks,
        } = self;
        contains.is_none() && equals.is_none() && matches.is_none() && lacks.is_none()
    }

    /// What is wrong with a text; `None` where nothing is. `whole` is whether it is all there
    /// is: of a part, only what is found can be said.
    ///
    /// # Errors
    /// Why a part leaves it open.
    pub fn wrong_with(&self, text: &str, whole: bool) -> Result<Option<String>, String> {
        let unknown = |what: &str| Err(format!("{what} is not in its first part, and it goes on"));
        if let Some(wanted) = &self.equals {
            let end = ['\r', '\n'];
            if !whole || text.trim_end_matches(end) != wanted.trim_end_matches(end) {
                return Ok(Some(format!(
                    "expected {wanted:?}, it says {}",
                    shown(text)
                )));
            }
        }
        if let Some(wanted) = &self.contains
            && !text.contains(wanted.as_str())
        {
            return match whole {
                true => Ok(Some(format!(
                    "{wanted:?} is not in it, it says {}",
                    shown(text)
                ))),
                false => unknown(&format!("{wanted:?}")),
            };
        }
        if let Some(regex) = &self.matches
            && !regex.is_match(text)
        {
            return match whole {
                true => Ok(Some(format!(
                    "/{regex}/ finds nothing in it, it says {}",
                    shown(text)
                ))),
                false => unknown(&format!("what /{regex}/ finds")),
            };
        }
        if let Some(unwanted) = &self.lacks {
            if text.contains(unwanted.as_str()) {
                return Ok(Some(format!("{unwanted:?} is in it")));
            }
            if !whole {
                return unknown(&format!("{unwanted:?}"));
            }
        }
        Ok(None)
    }
}

/// As a message shows it.
impl fmt::Display for TextIs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.contains
                .as_ref()
                .map(|text| format!("containing {text:?}")),
            self.equals.as_ref().map(|text| format!("saying {text:?}")),
            self.matches
                .as_ref()
                .map(|regex| format!("matching /{regex}/")),
            self.lacks.as_ref().map(|text| format!("without {text:?}")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        f.write_str(&parts.join(" and "))
    }
}

/// The beginning of a text, for a sentence.
fn shown(text: &str) -> String {
    const MOST: usize = 120;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(contains: &str, lacks: &str) -> TextIs {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        TextIs {
            contains: some(contains),
            lacks: some(lacks),
            ..TextIs::default()
        }
    }

    #[test]
    fn all_that_is_asked_must_hold() {
        let is = asked("two", "three");
        assert_eq!(is.wrong_with("one two", true), Ok(None));
        let wrong = |text| is.wrong_with(text, true).unwrap().unwrap();
        assert!(wrong("one").contains("\"two\" is not in it"));
        assert!(wrong("two three").contains("\"three\" is in it"));
    }

    #[test]
    fn of_a_part_only_what_is_found_can_be_said() {
        assert_eq!(asked("a", "").wrong_with("a", false), Ok(None));
        assert!(asked("b", "").wrong_with("a", false).is_err());
        assert!(asked("", "b").wrong_with("a", false).is_err());
        assert!(asked("", "a").wrong_with("a", false).unwrap().is_some());
    }

    #[test]
    fn line_breaks_at_the_end_do_not_count() {
        let is = TextIs {
            equals: Some("a\nb".into()),
            ..TextIs::default()
        };
        assert_eq!(is.wrong_with("a\nb\n", true), Ok(None));
        assert!(is.wrong_with("a\nb c", true).unwrap().is_some());
    }
}
