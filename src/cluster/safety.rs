//! Keeps a rehearsal away from clusters that look like production.

use super::ClusterError;

/// What the user has confirmed.
#[derive(Debug, Clone, Default)]
pub struct Safety {
    /// `--i-know-this-is NAME`: the one cluster that may be worked on although it looks like production.
    pub known: Option<String>,
}

impl Safety {
    /// Lets a cluster pass that does not look like production by any of its names, or that the user
    /// has named a second time.
    ///
    /// # Errors
    /// [`ClusterError::Production`] with the word that gave it away.
    pub(super) fn check<'n>(
        &self,
        name: &str,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<(), ClusterError> {
        if self.known.as_deref() == Some(name) {
            return Ok(());
        }
        match looks_like_production(names) {
            None => Ok(()),
            Some((seen, word)) => Err(ClusterError::Production {
                name: name.to_owned(),
                seen: seen.to_owned(),
                word,
            }),
        }
    }
}

/// Words in a name that say production.
const WORDS: [&str; 4] = ["prod", "production", "prd", "live"];

/// Words that take it back when they stand right before one of [`WORDS`]: `non-prod`, `pre-production`.
const BEFORE: [&str; 4] = ["non", "not", "pre", "no"];

/// The word in one of these names that says production, with the name; `None` where none does.
///
/// A word is what lies between characters that are neither letters nor digits, and digits at its end
/// do not count: `shop-prod2` says production, `product-catalog`, `nonprod` and `pre-prod` do not.
fn looks_like_production<'n>(
    names: impl IntoIterator<Item = &'n str>,
) -> Option<(&'n str, &'static str)> {
    names.into_iter().find_map(|name| {
        let lower = name.to_ascii_lowercase();
        let words: Vec<&str> = lower
            .split(|c: char| !c.is_alphanumeric())
            .map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()))
            .collect();
        let found = words.iter().enumerate().find_map(|(at, word)| {
            let taken_back = at > 0 && BEFORE.contains(&words[at - 1]);
            WORDS
                .into_iter()
                .find(|production| production == word && !taken_back)
        })?;
        Some((name, found))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_like_production() {
        for name in [
            "prod",
            "shop-prod",
            "PROD-eu",
            "prod2",
            "arn:aws:eks:eu-west-1:1:cluster/production",
            "live_cluster",
            "gke_shop_europe_prd-1",
        ] {
            assert!(looks_like_production([name]).is_some(), "{name}");
        }
        for name in [
            "dev",
            "product-catalog",
            "nonprod",
            "non-prod",
            "preprod",
            "pre-prod",
            "kind-olive",
            "liveness",
            "reproduction",
        ] {
            assert_eq!(looks_like_production([name]), None, "{name}");
        }
    }

    #[test]
    fn any_of_the_names_counts() {
        assert_eq!(
            looks_like_production(["dev", "https://api.prod.example"]),
            Some(("https://api.prod.example", "prod"))
        );
    }
}
