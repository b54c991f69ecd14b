//! Which row of the page is which row of the run.
//!
//! Entry point: [`pair`]. Rows of one name pair directly. Rows with generated names fall into classes (the name without
//! its random parts) and within them into groups of one hash; groups are matched as wholes, so that pods of one
//! ReplicaSet are never taken for pods of two. Rows whose canonical cells are equal pair in linear time; only what
//! is left is tried one against one, by masks and tolerances.

use std::collections::HashMap;

use super::Ready;
use super::cells::{RESTARTS, restarts_agree};
use super::reasons::name;
use crate::expect::bindings::Binder;
use crate::expect::elision::Glob;
use crate::expect::line::word_agrees;
use crate::expect::outcome::count;
use crate::expect::volatile::Kind;

/// Left-over rows that are tried one against one. More than this differ anyway.
const MAX_LEFT: usize = 400;
/// Rows of one canonical form that are tried before a binding counts as impossible.
const MAX_TRIES: usize = 200;

/// The pairing.
#[derive(Debug, Default)]
pub(super) struct Paired {
    /// For each shown row its row of the run.
    pub(super) partner: Vec<Option<usize>>,
    pub(super) warnings: Vec<String>,
    pub(super) used: Vec<bool>,
    /// Pods of one hash on the page are of several in the run, or the other way round.
    pub(super) mixed: Option<String>,
}

/// Pairs rows; binds their tokens.
pub(super) fn pair(shown: &[Ready], actual: &[Ready], binder: &mut Binder<'_>) -> Paired {
    let mut out = Paired {
        partner: vec![None; shown.len()],
        used: vec![false; actual.len()],
        ..Paired::default()
    };
    let mut classes: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
    let mut index: HashMap<&str, usize> = HashMap::new();
    for (at, row) in shown.iter().enumerate() {
        let class = *index.entry(&row.class).or_insert_with(|| {
            classes.push((Vec::new(), Vec::new()));
            classes.len() - 1
        });
        classes[class].0.push(at);
    }
    for (at, row) in actual.iter().enumerate() {
        if let Some(class) = index.get(row.class.as_str()) {
            classes[*class].1.push(at);
        }
    }
    // What is certain binds first; guesses must fit it.
    classes.sort_by_key(|(shown, actual)| shown.len().max(actual.len()) > 1);
    for (of_shown, of_actual) in &classes {
        out.class(shown, actual, of_shown, of_actual, binder);
    }
    out.leftovers(shown, actual, binder);
    out
}

/// The hashes in a row: what ties it to its ReplicaSet or Job.
fn hashes(row: &Ready) -> Vec<&str> {
    row.cells
        .iter()
        .flat_map(|cell| &cell.values)
        .filter(|(kind, _)| *kind == Kind::Hash)
        .map(|(_, hash)| hash.as_str())
        .collect()
}

/// Rows in groups of the same hashes, in order of appearance.
fn groups<'r>(rows: &'r [Ready], of: &[usize]) -> Vec<(Vec<&'r str>, Vec<usize>)> {
    let mut out: Vec<(Vec<&str>, Vec<usize>)> = Vec::new();
    let mut index: HashMap<Vec<&str>, usize> = HashMap::new();
    for &at in of {
        let key = hashes(&rows[at]);
        let group = *index.entry(key.clone()).or_insert_with(|| {
            out.push((key, Vec::new()));
            out.len() - 1
        });
        out[group].1.push(at);
    }
    out
}

impl Paired {
    fn class(
        &mut self,
        shown: &[Ready],
        actual: &[Ready],
        of_shown: &[usize],
        of_actual: &[usize],
        binder: &mut Binder<'_>,
    ) {
        let shown_groups = groups(shown, of_shown);
        let actual_groups = groups(actual, of_actual);
        if shown_groups.len() != actual_groups.len() && of_shown.len() == of_actual.len() {
            self.mixed = Some(format!(
                "`{}`: the page shows {} of {}, here they are of {}",
                name(&shown[of_shown[0]]),
                count(of_shown.len(), "row"),
                count(shown_groups.len(), "hash"),
                actual_groups.len()
            ));
        }
        let mut taken = vec![false; actual_groups.len()];
        let mut left = Vec::new();
        let signature = |rows: &[Ready], of: &[usize]| {
            let mut keys: Vec<String> = of.iter().map(|at| rows[*at].key.clone()).collect();
            keys.sort_unstable();
            keys
        };
        let signatures: Vec<Vec<String>> = actual_groups
            .iter()
            .map(|(_, of)| signature(actual, of))
            .collect();
        for (hashes, of) in &shown_groups {
            let wanted = signature(shown, of);
            let fits = |j: &usize| !taken[*j] && signatures[*j] == wanted;
            let known = hashes
                .first()
                .and_then(|hash| binder.known(Kind::Hash, hash));
            // A hash that is bound already, the same hash, then any group that looks the same.
            let candidates: Vec<usize> = (0..actual_groups.len()).filter(fits).collect();
            let rank = |j: &usize| {
                let first = actual_groups[*j].0.first().copied();
                if known.is_some() && first == known {
                    0
                } else {
                    1 + usize::from(actual_groups[*j].0 != *hashes)
                }
            };
            let mut candidates: Vec<(usize, usize)> =
                candidates.into_iter().map(|j| (rank(&j), j)).collect();
            candidates.sort_unstable();
            let found = candidates
                .into_iter()
                .map(|(_, j)| j)
                .take(MAX_TRIES)
                .find(|j| {
                    let mark = binder.mark();
                    let complete = self.group(shown, actual, of, &actual_groups[*j].1, binder);
                    if !complete {
                        binder.rollback(mark);
                        self.take_back(of);
                    }
                    complete
                });
            match found {
                Some(j) => taken[j] = true,
                None => left.push(of),
            }
        }
        // Groups that look different: pair what can be, so that the rest can be named. With rows that the page
        // does not show, a group may be part of a larger one.
        for of in left {
            let best = (0..actual_groups.len())
                .filter(|j| !taken[*j])
                .max_by_key(|j| {
                    let keys: Vec<&String> = of.iter().map(|at| &shown[*at].key).collect();
                    (
                        signatures[*j]
                            .iter()
                            .filter(|key| keys.contains(key))
                            .count(),
                        usize::MAX - j,
                    )
                });
            if let Some(j) = best {
                taken[j] = true;
                self.group(shown, actual, of, &actual_groups[j].1, binder);
            }
        }
    }

    /// Pairs the rows of two groups; whether all rows of the shown one found a partner.
    fn group(
        &mut self,
        shown: &[Ready],
        actual: &[Ready],
        of_shown: &[usize],
        of_actual: &[usize],
        binder: &mut Binder<'_>,
    ) -> bool {
        let mut buckets: HashMap<&str, std::collections::VecDeque<usize>> = HashMap::new();
        for &at in of_actual.iter().filter(|at| !self.used[**at]) {
            buckets.entry(&actual[at].key).or_default().push_back(at);
        }
        let mut complete = true;
        for &at in of_shown {
            let Some(bucket) = buckets.get_mut(shown[at].key.as_str()) else {
                complete = false;
                continue;
            };
            let ambiguous = bucket.len() > 1;
            let found = bucket
                .iter()
                .take(MAX_TRIES)
                .position(|other| bind(&shown[at], &actual[*other], binder));
            match found.and_then(|position| bucket.remove(position)) {
                Some(other) => {
                    self.partner[at] = Some(other);
                    self.used[other] = true;
                    if ambiguous || of_shown.len() > 1 {
                        forget(&shown[at], binder);
                    }
                }
                None => complete = false,
            }
        }
        complete
    }

    fn take_back(&mut self, of_shown: &[usize]) {
        for at in of_shown {
            if let Some(other) = self.partner[*at].take() {
                self.used[other] = false;
            }
        }
    }

    /// Rows that did not pair by their canonical form: masks, cells whose place is unknown, tolerances.
    fn leftovers(&mut self, shown: &[Ready], actual: &[Ready], binder: &mut Binder<'_>) {
        let left: Vec<usize> = (0..shown.len())
            .filter(|at| self.partner[*at].is_none())
            .take(MAX_LEFT)
            .collect();
        let free: Vec<usize> = (0..actual.len())
            .filter(|at| !self.used[*at])
            .take(MAX_LEFT)
            .collect();
        let fits: Vec<Vec<bool>> = left
            .iter()
            .map(|s| {
                let masks: Vec<Option<Glob>> =
                    shown[*s].raw.iter().map(|cell| Glob::of(cell)).collect();
                free.iter()
                    .map(|a| agree(&shown[*s], &masks, &actual[*a]))
                    .collect()
            })
            .collect();
        let mut owner: Vec<Option<usize>> = vec![None; free.len()];
        for start in 0..left.len() {
            let mut seen = vec![false; free.len()];
            augment(start, &fits, &mut owner, &mut seen);
        }
        for (column, row) in owner.iter().enumerate() {
            let Some(row) = *row else { continue };
            let (s, a) = (left[row], free[column]);
            // Rows of one form bind whole; where masks or tolerances made them agree, by their hashes at least.
            let mark = binder.mark();
            let bound = match (
                shown[s].key == actual[a].key,
                shown[s].class == actual[a].class,
            ) {
                (true, _) => bind(&shown[s], &actual[a], binder),
                (false, true) => bind_hashes(&shown[s], &actual[a], binder),
                (false, false) => true,
            };
            if !bound {
                binder.rollback(mark);
                continue;
            }
            forget(&shown[s], binder);
            self.partner[s] = Some(a);
            self.used[a] = true;
            if let Some(column) = shown[s]
                .cells
                .iter()
                .zip(&actual[a].cells)
                .position(|(s, a)| s.text != a.text && restarted(&s.text, &a.text))
            {
                let (was, is) = (&shown[s].raw[column], &actual[a].raw[column]);
                self.warnings.push(format!(
                    "row `{}`: {is} restarts, the page shows {was}",
                    name(&shown[s])
                ));
            }
        }
    }
}

/// Kuhn's algorithm for bipartite matching: finds a partner for `row`, moving others if need be.
fn augment(row: usize, fits: &[Vec<bool>], owner: &mut [Option<usize>], seen: &mut [bool]) -> bool {
    for column in 0..owner.len() {
        if !fits[row][column] || seen[column] {
            continue;
        }
        seen[column] = true;
        if owner[column].is_none_or(|other| augment(other, fits, owner, seen)) {
            owner[column] = Some(row);
            return true;
        }
    }
    false
}

fn bind(shown: &Ready, actual: &Ready, binder: &mut Binder<'_>) -> bool {
    let mark = binder.mark();
    let bound = shown
        .cells
        .iter()
        .zip(&actual.cells)
        .all(|(s, a)| binder.bind_all(&s.values, &a.values));
    if !bound {
        binder.rollback(mark);
    }
    bound
}

fn bind_hashes(shown: &Ready, actual: &Ready, binder: &mut Binder<'_>) -> bool {
    let (s, a) = (hashes(shown), hashes(actual));
    s.len() == a.len() && s.iter().zip(&a).all(|(s, a)| binder.bind(Kind::Hash, s, a))
}

/// Which of several equal rows is which was a guess; only what they share outlives it.
fn forget(row: &Ready, binder: &mut Binder<'_>) {
    for (kind, value) in row.cells.iter().flat_map(|cell| &cell.values) {
        if *kind != Kind::Hash {
            binder.forget_after(*kind, value);
        }
    }
}

/// Whether a row agrees with another by notation and tolerance.
fn agree(shown: &Ready, masks: &[Option<Glob>], actual: &Ready) -> bool {
    if shown.row.loose {
        // The shown cells in order, empty ones unknown: they must be the printed ones that are not empty.
        let printed: Vec<&String> = actual.raw.iter().filter(|cell| !cell.is_empty()).collect();
        return shown.raw.len() == printed.len()
            && shown
                .raw
                .iter()
                .zip(printed)
                .all(|(s, a)| word_agrees(s, a));
    }
    if actual.row.loose || shown.cells.len() != actual.cells.len() {
        return false;
    }
    (0..shown.cells.len()).all(|i| cell_agrees(shown, masks[i].as_ref(), actual, i))
}

/// Whether two cells agree; `mask` is the shown cell as a pattern, if the author masked it.
pub(super) fn cell_agrees(shown: &Ready, mask: Option<&Glob>, actual: &Ready, i: usize) -> bool {
    shown.cells[i].text == actual.cells[i].text
        || restarted(&shown.cells[i].text, &actual.cells[i].text) && shown.cells.len() > 1
        || mask.is_some_and(|glob| {
            !glob.is_bare_elision() && glob.fits(&actual.raw[i]) && !actual.raw[i].is_empty()
        })
}

/// Whether two cells of RESTARTS are one restart apart.
fn restarted(shown: &str, actual: &str) -> bool {
    let number = |cell: &'_ str| cell.strip_prefix(RESTARTS).map(str::to_owned);
    let (Some(shown), Some(actual)) = (number(shown), number(actual)) else {
        return false;
    };
    restarts_agree(&shown, &actual)
}
