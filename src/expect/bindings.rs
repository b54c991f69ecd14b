//! What the volatile tokens of a page stand for in this run.
//!
//! A page names one pod by one generated name; whatever that name is in the run, it must be the same
//! one wherever the page repeats it. [`Bindings`] is what is known after a command and lives for a page,
//! [`Binder`] is one judgement's working copy: it tries, takes back, and checks that within one output
//! two different tokens of the page are not one token of the run.

use std::collections::HashMap;

use super::volatile::Kind;

/// What volatile tokens of a page (hashes, IPs, UIDs, generated names) stand for in this run.
///
/// Lives for a page; a judgement that does not agree leaves no bindings behind.
#[derive(Debug, Clone, Default)]
pub struct Bindings {
    actual: HashMap<(Kind, String), String>,
}

impl Bindings {
    /// Number of tokens that are bound.
    pub fn len(&self) -> usize {
        self.actual.len()
    }

    /// Whether nothing is bound yet.
    pub fn is_empty(&self) -> bool {
        self.actual.is_empty()
    }

    /// The tokens of the page with what they stand for, sorted: for explanations.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut all: Vec<_> = self
            .actual
            .iter()
            .map(|((_, shown), actual)| (shown.as_str(), actual.as_str()))
            .collect();
        all.sort_unstable();
        all.into_iter()
    }
}

/// Bindings of the page plus those of the output being judged.
#[derive(Debug)]
pub(super) struct Binder<'a> {
    page: &'a Bindings,
    forward: HashMap<(Kind, String), String>,
    backward: HashMap<(Kind, String), String>,
    /// What was bound in this output, in order, so that an attempt can be taken back.
    log: Vec<(Kind, String, String)>,
    /// Tokens that must not outlive this output: which row of the page is which row of the run was a guess.
    passing: std::collections::HashSet<(Kind, String)>,
    /// The last pair that did not fit, for the reason given to people.
    pub(super) clash: Option<Clash>,
}

/// Two tokens that cannot stand for each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Clash {
    pub(super) kind: Kind,
    pub(super) shown: String,
    pub(super) actual: String,
    /// What `shown` stands for already, or which token of the page `actual` stands for already.
    pub(super) taken: String,
    /// Whether `taken` is of the page (two tokens of the page are one in the run).
    pub(super) backward: bool,
}

impl Clash {
    /// In words, for the reasons of a judgement.
    pub(super) fn words(&self) -> String {
        let kind = self.kind.noun();
        if self.backward {
            format!(
                "the page shows two different {kind}s, `{}` and `{}`; here both are `{}`",
                self.taken, self.shown, self.actual
            )
        } else {
            format!(
                "{kind} `{}` of the page stands for `{}`, but here is `{}`",
                self.shown, self.taken, self.actual
            )
        }
    }
}

impl<'a> Binder<'a> {
    pub(super) fn new(page: &'a Bindings) -> Self {
        Binder {
            page,
            forward: HashMap::new(),
            backward: HashMap::new(),
            log: Vec::new(),
            passing: std::collections::HashSet::new(),
            clash: None,
        }
    }

    /// A point to go back to.
    pub(super) fn mark(&self) -> usize {
        self.log.len()
    }

    /// Takes back everything bound since `mark`.
    pub(super) fn rollback(&mut self, mark: usize) {
        while self.log.len() > mark {
            if let Some((kind, shown, actual)) = self.log.pop() {
                self.forward.remove(&(kind, shown));
                self.backward.remove(&(kind, actual));
            }
        }
    }

    /// Binds tokens pairwise, all or none. The kinds agree already: they are part of the canonical text.
    pub(super) fn bind_all(&mut self, shown: &[(Kind, String)], actual: &[(Kind, String)]) -> bool {
        if shown.len() != actual.len() {
            return false;
        }
        let mark = self.mark();
        for ((kind, shown), (_, actual)) in shown.iter().zip(actual) {
            if !self.bind(*kind, shown, actual) {
                self.rollback(mark);
                return false;
            }
        }
        true
    }

    /// Binds one token.
    ///
    /// Within an output the binding is one to one. Against what earlier outputs of the page bound, only
    /// one way: a page written on two days may show two names for what is one object in this run.
    pub(super) fn bind(&mut self, kind: Kind, shown: &str, actual: &str) -> bool {
        if !kind.binds() {
            return true;
        }
        let key = (kind, shown.to_owned());
        if let Some(bound) = self
            .forward
            .get(&key)
            .or_else(|| self.page.actual.get(&key))
        {
            if bound != actual {
                let taken = bound.clone();
                self.clash = Some(Clash {
                    kind,
                    shown: key.1,
                    actual: actual.to_owned(),
                    taken,
                    backward: false,
                });
                return false;
            }
            if self.forward.contains_key(&key) {
                return true;
            }
        }
        let back = (kind, actual.to_owned());
        if let Some(taken) = self.backward.get(&back)
            && taken != shown
            && kind.one_to_one()
        {
            let taken = taken.clone();
            self.clash = Some(Clash {
                kind,
                shown: key.1,
                actual: back.1,
                taken,
                backward: true,
            });
            return false;
        }
        self.log.push((kind, key.1.clone(), back.1.clone()));
        self.forward.insert(key, actual.to_owned());
        self.backward
            .entry(back)
            .or_insert_with(|| shown.to_owned());
        true
    }

    /// What a token of the page is known to stand for.
    pub(super) fn known(&self, kind: Kind, shown: &str) -> Option<&str> {
        let key = (kind, shown.to_owned());
        self.forward
            .get(&key)
            .or_else(|| self.page.actual.get(&key))
            .map(String::as_str)
    }

    /// Marks a token as bound by guess: it counts in this output and is forgotten after it.
    pub(super) fn forget_after(&mut self, kind: Kind, shown: &str) {
        self.passing.insert((kind, shown.to_owned()));
    }

    /// The page's bindings after an output that agreed.
    pub(super) fn into_page(self) -> Bindings {
        let mut page = self.page.clone();
        for (key, actual) in self.forward {
            if !self.passing.contains(&key) {
                page.actual.entry(key).or_insert(actual);
            }
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_token_is_one_value() {
        let page = Bindings::default();
        let mut binder = Binder::new(&page);
        assert!(binder.bind(Kind::Hash, "5774b8d5f4", "6666b8d5f4"));
        assert!(binder.bind(Kind::Hash, "5774b8d5f4", "6666b8d5f4"));
        assert!(!binder.bind(Kind::Hash, "5774b8d5f4", "7777b8d5f4"));
        assert!(!binder.bind(Kind::Hash, "8888b8d5f4", "6666b8d5f4"));
        let page = binder.into_page();
        let mut later = Binder::new(&page);
        assert!(!later.bind(Kind::Hash, "5774b8d5f4", "7777b8d5f4"));
        assert!(
            later.bind(Kind::Hash, "8888b8d5f4", "6666b8d5f4"),
            "a page of two days"
        );
    }

    #[test]
    fn attempts_are_taken_back() {
        let page = Bindings::default();
        let mut binder = Binder::new(&page);
        let mark = binder.mark();
        assert!(binder.bind(Kind::Ip, "10.0.0.1", "10.0.0.9"));
        binder.rollback(mark);
        assert!(binder.bind(Kind::Ip, "10.0.0.1", "10.0.0.8"));
    }
}
