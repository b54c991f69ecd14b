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
/// A word is what lies between characters that are neither letters nor digits, or begins with a capital letter after a small one,
/// and a number around it does not count: `shop-prod2a` and `ShopProd` say production, `product-catalog`, `nonprod` and `pre-prod`
/// do not.
fn looks_like_production<'n>(
    names: impl IntoIterator<Item = &'n str>,
) -> Option<(&'n str, &'static str)> {
    names.into_iter().find_map(|name| {
        let words = words(name);
        let found = words.iter().enumerate().find_map(|(at, word)| {
            let taken_back = at > 0 && BEFORE.contains(&words[at - 1].as_str());
            WORDS
                .into_iter()
                .find(|production| is_numbered(word, production) && !taken_back)
        })?;
        Some((name, found))
    })
}

/// The words of a name, in small letters.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for character in name.chars() {
        let begins = before.is_lowercase() && character.is_uppercase();
        if begins || !character.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| character.is_alphanumeric()) {
            word.extend(character.to_lowercase());
        }
        before = character;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether it is that word, or that word with a number before or behind: `prod2`, `prod2a`, `1prod`.
fn is_numbered(word: &str, plain: &str) -> bool {
    let rest = word
        .trim_start_matches(|c: char| c.is_ascii_digit())
        .strip_prefix(plain);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_digit()))
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
            "ShopProd",
            "AWSReservedSSO_ProdAdmin_0123456789abcdef",
            "prod2a",
            "1prod",
            "~/.kube/prod.yaml",
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
            "nonProd",
            "preProd2",
            "ProductCatalog",
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
