//! The known names that another name may be a slip of the hand of.
//!
//! Rules compare every unknown name with every known one only by rule; a page may hold ten thousand of each. [`Slips`] finds
//! the few that are worth a look: two names that differ in at most two letters beside each other are the same
//! without these letters.

use std::collections::HashMap;

/// How many letters beside each other may differ.
const WIDEST: usize = 2;

/// Known names by what is left of them without some letters.
pub(super) struct Slips<'a> {
    by_rest: HashMap<(String, String), Vec<&'a str>>,
}

impl<'a> Slips<'a> {
    pub fn of(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut by_rest: HashMap<_, Vec<&str>> = HashMap::new();
        for name in names {
            for rest in rests(name) {
                let same = by_rest.entry((digits(name), rest)).or_default();
                if same.last() != Some(&name) {
                    same.push(name);
                }
            }
        }
        Self { by_rest }
    }

    /// Known names with the same digits that differ from `name` in a few letters beside each other, sorted; `name` itself
    /// may be among them.
    pub fn near(&self, name: &str) -> Vec<&'a str> {
        let mut found: Vec<&str> = rests(name)
            .filter_map(|rest| self.by_rest.get(&(digits(name), rest)))
            .flatten()
            .copied()
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// A name without none, one and two letters beside each other, at every place.
fn rests(name: &str) -> impl Iterator<Item = String> {
    let letters: Vec<char> = name.chars().collect();
    (0..=WIDEST.min(letters.len())).flat_map(move |width| {
        let places = if width == 0 { 0 } else { letters.len() - width };
        let letters = letters.clone();
        (0..=places).map(move |at| {
            let (front, back) = (&letters[..at], &letters[at + width..]);
            front.iter().chain(back).collect()
        })
    })
}

fn digits(name: &str) -> String {
    name.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_a_few_letters_apart() {
        let known = Slips::of(["assets", "catalog", "node-1", "node-2", "ui"]);
        for (name, expected) in [
            ("assetss", vec!["assets"]),
            ("asets", vec!["assets"]),
            ("catlaog", vec!["catalog"]),
            ("assets", vec!["assets"]),
            ("nodd-1", vec!["node-1"]),
            ("node-3", vec![]),
            ("cartalogue", vec![]),
            ("", vec!["ui"]),
        ] {
            assert_eq!(known.near(name), expected, "{name}");
        }
    }
}
