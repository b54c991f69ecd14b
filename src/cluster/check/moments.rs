//! What watches saw of a workload's pods and ReplicaSets → how many pods there were at every moment.
//!
//! Two watches tell of them, each in its own time. The cluster's count of its changes (`resourceVersion`) brings what they tell
//! into the one order in which it happened.

use std::collections::BTreeMap;
use std::time::Duration;

/// A change as a watch tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// Of a pod.
    Pod {
        uid: String,
        /// What made it.
        set: String,
        /// Whether it serves; `None` for one that has ended, is on its way out or is gone.
        serves: Option<bool>,
    },
    /// Of a ReplicaSet.
    Set {
        name: String,
        /// How many pods it is to have; `None`: it is gone.
        wanted: Option<u64>,
    },
}

/// The numbers at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// Since the watch began.
    pub at: Duration,
    /// Pods that are to stay.
    pub pods: u64,
    /// Pods that their ReplicaSet wants no more and that nobody has deleted yet. Kubernetes promises bounds of what it wants: it
    /// tells one ReplicaSet to have fewer, then another to have more, and the two are free to act in either order.
    pub surplus: u64,
    /// Pods that serve, of either.
    pub ready: u64,
}

/// All changes that were told.
#[derive(Debug, Default)]
pub(super) struct Log {
    entries: Vec<Entry>,
    /// The newest change so far.
    newest: u64,
    /// The newest change before the step.
    before: u64,
    /// What was told last of each pod and ReplicaSet.
    pods: BTreeMap<String, Option<bool>>,
    sets: BTreeMap<String, Option<u64>>,
}

#[derive(Debug)]
struct Entry {
    revision: u64,
    at: Duration,
    change: Change,
}

impl Log {
    /// Takes a change; `revision` is its number in the cluster's count, where that is one.
    pub(super) fn note(&mut self, revision: Option<u64>, at: Duration, change: Change) {
        let known = match &change {
            Change::Pod { uid, serves, .. } => {
                self.pods.insert(uid.clone(), *serves) == Some(*serves)
            }
            Change::Set { name, wanted } => {
                self.sets.insert(name.clone(), *wanted) == Some(*wanted)
            }
        };
        let revision = revision.unwrap_or(self.newest);
        self.newest = self.newest.max(revision);
        if !known {
            self.entries.push(Entry {
                revision,
                at,
                change,
            });
        }
    }

    /// The step begins: what was told until now was so before.
    pub(super) fn begin(&mut self) {
        self.before = self.newest;
    }

    /// The numbers at every moment of the step, without those that are as the one before.
    pub(super) fn moments(&self) -> Vec<Moment> {
        let mut entries: Vec<&Entry> = self.entries.iter().collect();
        entries.sort_by_key(|entry| entry.revision);
        let (mut pods, mut sets) = (BTreeMap::new(), BTreeMap::new());
        let mut apply = |entry: &Entry| {
            match &entry.change {
                Change::Pod { uid, set, serves } => match serves {
                    Some(ready) => drop(pods.insert(uid.clone(), (set.clone(), *ready))),
                    None => drop(pods.remove(uid)),
                },
                Change::Set { name, wanted } => match wanted {
                    Some(wanted) => drop(sets.insert(name.clone(), *wanted)),
                    None => drop(sets.remove(name)),
                },
            }
            count(&pods, &sets, entry.at)
        };
        let during = entries.partition_point(|entry| entry.revision <= self.before);
        let (before, during) = entries.split_at(during);
        let first = before.iter().map(|entry| apply(entry)).last();
        let mut moments = vec![Moment {
            at: Duration::ZERO,
            ..first.unwrap_or(Moment {
                at: Duration::ZERO,
                pods: 0,
                surplus: 0,
                ready: 0,
            })
        }];
        moments.extend(during.iter().map(|entry| apply(entry)));
        moments.dedup_by_key(|moment| (moment.pods, moment.surplus, moment.ready));
        moments
    }
}

fn count(
    pods: &BTreeMap<String, (String, bool)>,
    sets: &BTreeMap<String, u64>,
    at: Duration,
) -> Moment {
    let mut of_set: BTreeMap<&str, u64> = BTreeMap::new();
    for (set, _) in pods.values() {
        *of_set.entry(set).or_default() += 1;
    }
    // Of a ReplicaSet that is not known all pods count.
    let surplus = of_set.iter().map(|(set, number)| match sets.get(*set) {
        Some(wanted) => number.saturating_sub(*wanted),
        None => 0,
    });
    let surplus = surplus.sum();
    Moment {
        at,
        pods: pods.len() as u64 - surplus,
        surplus,
        ready: pods.values().filter(|(_, ready)| *ready).count() as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(uid: &str, set: &str, serves: Option<bool>) -> Change {
        Change::Pod {
            uid: uid.to_owned(),
            set: set.to_owned(),
            serves,
        }
    }

    fn set(name: &str, wanted: Option<u64>) -> Change {
        Change::Set {
            name: name.to_owned(),
            wanted,
        }
    }

    /// Pods, surplus and ready at each moment of what is told before and in a step.
    fn check(before: &[(u64, Change)], during: &[(u64, Change)], expected: &[(u64, u64, u64)]) {
        let mut log = Log::default();
        let note = |log: &mut Log, all: &[(u64, Change)]| {
            for (revision, change) in all {
                log.note(Some(*revision), Duration::ZERO, change.clone());
            }
        };
        note(&mut log, before);
        log.begin();
        note(&mut log, during);
        let numbers = |moment: &Moment| (moment.pods, moment.surplus, moment.ready);
        let moments: Vec<_> = log.moments().iter().map(numbers).collect();
        assert_eq!(moments, expected, "{during:?}");
    }

    #[test]
    fn what_two_watches_tell_is_counted_in_the_order_in_which_it_happened() {
        let before = [
            (3, pod("1", "old", Some(true))),
            (4, pod("2", "old", Some(true))),
            (2, set("old", Some(2))),
        ];
        // The old set is to have one fewer before the new one makes a pod; the watches tell it the other way round.
        check(
            &before,
            &[
                (8, pod("3", "new", Some(false))),
                (6, set("old", Some(1))),
                (7, set("new", Some(1))),
                (9, pod("2", "old", None)),
                (11, pod("3", "new", Some(true))),
            ],
            &[(2, 0, 2), (1, 1, 2), (2, 1, 2), (2, 0, 1), (2, 0, 2)],
        );
        // Nobody told the old set to have fewer: all count.
        check(
            &before,
            &[(6, set("new", Some(1))), (7, pod("3", "new", Some(false)))],
            &[(2, 0, 2), (3, 0, 2)],
        );
        // So do those of a set that is not known, or not any more.
        check(
            &[(3, pod("1", "x", Some(true)))],
            &[(5, set("x", Some(0))), (6, set("x", None))],
            &[(1, 0, 1), (0, 1, 1), (1, 0, 1)],
        );
        check(&[], &[], &[(0, 0, 0)]);
    }
}
