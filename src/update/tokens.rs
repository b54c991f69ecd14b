//! Volatile tokens of a run in the words of the page: what the page calls `cv89c` stays `cv89c`.

use std::collections::BTreeMap;

/// What tokens of a run are called on the page.
#[derive(Debug, Clone, Default)]
pub(super) struct Tokens {
    /// Run → page.
    page: BTreeMap<String, String>,
}

impl Tokens {
    /// Notes what tokens of the page stand for. The first word about a token counts.
    pub(super) fn learn<S: Into<String>>(&mut self, pairs: impl IntoIterator<Item = (S, S)>) {
        for (shown, actual) in pairs {
            self.page
                .entry(actual.into())
                .or_insert_with(|| shown.into());
        }
    }

    /// A printed text with the page's own tokens in it.
    pub(super) fn in_page(&self, printed: &str) -> String {
        let mut out = String::with_capacity(printed.len());
        let mut rest = printed;
        let mut inside_word = false;
        while let Some(c) = rest.chars().next() {
            let found = (!inside_word)
                .then(|| self.starting(rest))
                .flatten()
                .map(|(actual, shown)| (actual.len(), shown));
            if let Some((len, shown)) = found {
                out.push_str(shown);
                rest = &rest[len..];
                inside_word = true;
                continue;
            }
            out.push(c);
            inside_word = c.is_alphanumeric();
            rest = &rest[c.len_utf8()..];
        }
        out
    }

    /// The longest token that a text begins with, if it ends there.
    fn starting(&self, text: &str) -> Option<(&str, &str)> {
        let whole = |actual: &str| {
            text.strip_prefix(actual)
                .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
        };
        self.page
            .iter()
            .filter(|(actual, _)| !actual.is_empty() && whole(actual))
            .max_by_key(|(actual, _)| actual.len())
            .map(|(actual, shown)| (actual.as_str(), shown.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_tokens_get_the_names_of_the_page() {
        let mut tokens = Tokens::default();
        tokens.learn([("cv89c", "x4k2b"), ("5774b8d5f4", "7d9bf4c68f")]);
        assert_eq!(
            tokens.in_page("web-7d9bf4c68f-x4k2b x4k2bz zx4k2b"),
            "web-5774b8d5f4-cv89c x4k2bz zx4k2b"
        );
    }
}
