//! Two states of a cluster → what was added, changed or is gone. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::noise;
use super::snapshot::{Object, Snapshot};

/// What became of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// It was not there.
    Added,
    /// It holds something else, or another object has its name.
    Changed,
    /// It is not there any more.
    Gone,
}

/// A difference between two states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What became of it.
    pub what: What,
    /// The object as it is now; as it was, where it is gone.
    pub object: Object,
    /// UID of the outermost object that was added, or is gone, together with it: its owner, its namespace. `None`: it
    /// stands for itself.
    pub under: Option<String>,
    /// It was added and is on its way out: it is being deleted, or all that it belongs to is gone.
    pub going: bool,
    /// Another object of the same name has taken its place.
    pub replaced: bool,
    /// Nothing is different but its UID.
    pub same_content: bool,
}

/// The differences, those that stand for themselves and those that go with another.
///
/// What a controller makes for an object that was there before is the controller's business: the pod that takes
/// the place of a deleted one is no difference. Nor is what the system makes by itself.
pub fn differences(before: &Snapshot, now: &Snapshot) -> Vec<Change> {
    let sides = Sides::new(before, now);
    let mut changes = Vec::new();
    for object in now.objects.values() {
        if sides.is_left_out(object) {
            continue;
        }
        match sides.was(object) {
            Some(was) if object.terminating && !was.terminating && was.uid == object.uid => {
                changes.push(sides.gone(was));
            }
            Some(was) => changes.extend(sides.changed(was, object)),
            None => changes.extend(sides.added(object)),
        }
    }
    for was in before.objects.values() {
        let there = now.objects.contains_key(&was.uid) || sides.now_keys.contains(&was.key());
        if !there && !was.terminating && !was.system && !sides.is_left_out(was) {
            let controlled = sides.is_controlled_before(was);
            if !(controlled && sides.owner_is_there(was)) {
                changes.push(sides.gone(was));
            }
        }
    }
    changes.sort_by(|one, other| {
        (one.what, one.object.key(), &one.object.uid).cmp(&(
            other.what,
            other.object.key(),
            &other.object.uid,
        ))
    });
    changes
}

/// Whether so much is gone that the API server is not to be believed: a lab does not delete half of a cluster, and a server that
/// lost its data, or answers for another, must not have it made again.
pub fn is_implausible(before: &Snapshot, now: &Snapshot) -> bool {
    const FEW: usize = 10;
    let missing = before
        .objects
        .keys()
        .filter(|uid| !now.objects.contains_key(*uid))
        .count();
    missing > FEW && missing * 2 > before.objects.len()
}

/// Both states, with what is looked up in them.
struct Sides<'a> {
    before: &'a Snapshot,
    now: &'a Snapshot,
    before_keys: BTreeMap<(&'a str, &'a str, Option<&'a str>, &'a str), &'a Object>,
    now_keys: BTreeSet<(&'a str, &'a str, Option<&'a str>, &'a str)>,
    /// UIDs of namespaces by name, in each state.
    namespaces: [BTreeMap<&'a str, &'a str>; 2],
}

impl<'a> Sides<'a> {
    fn new(before: &'a Snapshot, now: &'a Snapshot) -> Self {
        Self {
            before,
            now,
            before_keys: before
                .objects
                .values()
                .map(|object| (object.key(), object))
                .collect(),
            now_keys: now.objects.values().map(Object::key).collect(),
            namespaces: [namespaces(before), namespaces(now)],
        }
    }

    /// Objects that are nobody's doing, and kinds that only one of the states could read.
    fn is_left_out(&self, object: &Object) -> bool {
        let mirror = noise::mirrors(object)
            && object.namespace.as_ref().is_some_and(|namespace| {
                let service = (namespace.clone(), object.name.clone());
                self.before.selecting.contains(&service) || self.now.selecting.contains(&service)
            });
        mirror || self.before.could_not_read(&object.kind) || self.now.could_not_read(&object.kind)
    }

    /// The object of before that one of now is, or whose name it has.
    fn was(&self, object: &Object) -> Option<&'a Object> {
        let same = self.before.objects.get(&object.uid);
        same.or_else(|| self.before_keys.get(&object.key()).copied())
    }

    fn changed(&self, was: &Object, object: &Object) -> Option<Change> {
        let replaced = was.uid != object.uid;
        let made_again = replaced && !object.system && !self.is_controlled_before(object);
        (made_again || was.digest != object.digest).then(|| Change {
            what: What::Changed,
            object: object.clone(),
            under: None,
            going: false,
            replaced,
            same_content: was.digest == object.digest,
        })
    }

    fn added(&self, object: &Object) -> Option<Change> {
        let system = object.system && self.namespace_was(object);
        if system || self.is_controlled_before(object) {
            return None;
        }
        let orphaned = !object.owners.is_empty()
            && object
                .owners
                .iter()
                .all(|(uid, _)| !self.now.objects.contains_key(uid));
        Some(Change {
            what: What::Added,
            object: object.clone(),
            under: self.outermost(object, self.now, self.before, 1),
            going: object.terminating || orphaned,
            replaced: false,
            same_content: false,
        })
    }

    fn gone(&self, was: &Object) -> Change {
        Change {
            what: What::Gone,
            object: was.clone(),
            under: self.outermost(was, self.before, self.now, 0),
            going: false,
            replaced: false,
            same_content: false,
        }
    }

    /// Whether a controller that was there before decides about the object.
    fn is_controlled_before(&self, object: &Object) -> bool {
        let mut owners = object.owners.iter();
        owners.any(|(uid, controls)| *controls && self.before.objects.contains_key(uid))
    }

    fn owner_is_there(&self, object: &Object) -> bool {
        let mut owners = object.owners.iter();
        owners.any(|(uid, controls)| *controls && self.now.objects.contains_key(uid))
    }

    fn namespace_was(&self, object: &Object) -> bool {
        object
            .namespace
            .as_deref()
            .is_none_or(|name| self.namespaces[0].contains_key(name))
    }

    /// The outermost object above one that `here` has and `there` has not.
    fn outermost(
        &self,
        object: &Object,
        here: &Snapshot,
        there: &Snapshot,
        side: usize,
    ) -> Option<String> {
        let mut outermost = None;
        let mut at = object;
        // As many steps as owners can be stacked; a circle of them must not hold us.
        for _ in 0..16 {
            let namespace = at
                .namespace
                .as_deref()
                .and_then(|name| self.namespaces[side].get(name).copied());
            let above = at.owners.iter().map(|(uid, _)| uid.as_str());
            let next = above
                .chain(namespace)
                .filter(|uid| !there.objects.contains_key(*uid))
                .find_map(|uid| here.objects.get(uid));
            let Some(next) = next.filter(|next| next.uid != object.uid) else {
                break;
            };
            outermost = Some(next.uid.clone());
            at = next;
        }
        outermost
    }
}

fn namespaces(snapshot: &Snapshot) -> BTreeMap<&str, &str> {
    snapshot
        .objects
        .values()
        .filter(|object| object.kind.kind == "Namespace" && object.kind.group.is_empty())
        .map(|object| (object.name.as_str(), object.uid.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::kinds::Kind;
    use super::*;

    /// An object from `Kind namespace/name uid digest`, with owners behind `<` and a controller behind `<<`.
    fn object(text: &str) -> Object {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (namespace, name) = match words[1].split_once('/') {
            Some((namespace, name)) => (Some(namespace.to_owned()), name),
            None => (None, words[1]),
        };
        let owners = words[4..].iter().map(|word| match word.strip_prefix("<<") {
            Some(uid) => (uid.to_owned(), true),
            None => (word.trim_start_matches('<').to_owned(), false),
        });
        let owners = owners.filter(|(uid, _)| !uid.starts_with('!'));
        Object {
            kind: Arc::new(Kind {
                group: String::new(),
                version: "v1".to_owned(),
                kind: words[0].to_owned(),
                plural: format!("{}s", words[0].to_lowercase()),
                namespaced: namespace.is_some(),
            }),
            namespace,
            name: name.to_owned(),
            uid: words[2].to_owned(),
            created: None,
            revision: None,
            owners: owners.collect(),
            finalizers: Vec::new(),
            terminating: words.contains(&"!terminating"),
            system: words.contains(&"!system"),
            digest: words[3].to_owned(),
            content: None,
        }
    }

    fn snapshot(objects: &[&str]) -> Snapshot {
        let objects = objects.iter().map(|text| object(text));
        Snapshot {
            cluster: Some("c".to_owned()),
            objects: objects.map(|one| (one.uid.clone(), one)).collect(),
            selecting: BTreeSet::new(),
            unread: Vec::new(),
        }
    }

    /// Differences as `added Kind place under`.
    #[track_caller]
    fn check(before: &[&str], now: &[&str], expected: &[&str]) {
        let found: Vec<String> = differences(&snapshot(before), &snapshot(now))
            .iter()
            .map(|change| {
                let mut text = format!(
                    "{:?} {} {}",
                    change.what,
                    change.object.kind.kind,
                    change.object.place()
                );
                if let Some(under) = &change.under {
                    text += &format!(" under {under}");
                }
                if change.going {
                    text += " going";
                }
                if change.replaced {
                    text += " replaced";
                }
                text
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_the_same_is_no_difference() {
        let all = ["Namespace a n1 x", "Pod a/p u1 x", "ConfigMap a/c u2 x"];
        check(&all, &all, &[]);
    }

    #[test]
    fn what_was_added_changed_or_is_gone() {
        check(
            &["ConfigMap a/kept u1 x", "ConfigMap a/gone u2 x"],
            &["ConfigMap a/kept u1 y", "ConfigMap a/new u3 x"],
            &[
                "Added ConfigMap a/new",
                "Changed ConfigMap a/kept",
                "Gone ConfigMap a/gone",
            ],
        );
    }

    #[test]
    fn what_belongs_to_an_added_object_is_under_the_outermost() {
        check(
            &["Namespace a n1 x"],
            &[
                "Namespace a n1 x",
                "Namespace b n2 x",
                "Deployment b/d d1 x",
                "ReplicaSet b/r r1 x <<d1",
                "Deployment a/d d2 x",
                "ReplicaSet a/r r2 x <<d2",
                "Pod a/p p2 x <<r2",
                "Secret b/t t1 x !system",
            ],
            &[
                "Added Deployment a/d",
                "Added Deployment b/d under n2",
                "Added Namespace b",
                "Added Pod a/p under d2",
                "Added ReplicaSet a/r under d2",
                "Added ReplicaSet b/r under n2",
                "Added Secret b/t under n2",
            ],
        );
    }

    #[test]
    fn what_a_controller_makes_again_is_no_difference() {
        check(
            &["ReplicaSet a/r r1 x", "Pod a/p-1 p1 x <<r1"],
            &["ReplicaSet a/r r1 x", "Pod a/p-2 p2 x <<r1"],
            &[],
        );
        // A StatefulSet's pod keeps its name.
        check(
            &["StatefulSet a/s s1 x", "Pod a/s-0 p1 x <<s1"],
            &["StatefulSet a/s s1 x", "Pod a/s-0 p2 x <<s1"],
            &[],
        );
        // Without its controller nobody makes it again.
        check(
            &["ReplicaSet a/r r1 x", "Pod a/p-1 p1 x <<r1"],
            &[],
            &["Gone Pod a/p-1 under r1", "Gone ReplicaSet a/r"],
        );
    }

    #[test]
    fn what_the_system_makes_again_is_no_difference_until_it_holds_something_else() {
        let was = ["Namespace a n1 x", "ServiceAccount a/default s1 x !system"];
        check(
            &was,
            &["Namespace a n1 x", "ServiceAccount a/default s2 x !system"],
            &[],
        );
        check(&was, &["Namespace a n1 x"], &[]);
        check(
            &was,
            &["Namespace a n1 x", "ServiceAccount a/default s1 y !system"],
            &["Changed ServiceAccount a/default"],
        );
    }

    #[test]
    fn another_object_of_the_same_name_is_a_change_and_so_is_the_same_content_anew() {
        check(
            &["ConfigMap a/c u1 x"],
            &["ConfigMap a/c u2 x"],
            &["Changed ConfigMap a/c replaced"],
        );
    }

    #[test]
    fn what_is_on_its_way_out_is_told_apart() {
        check(
            &["ConfigMap a/old u9 x !terminating"],
            &["Pod a/p u1 x !terminating", "PersistentVolume v u2 x <u0"],
            &["Added PersistentVolume v going", "Added Pod a/p going"],
        );
        // One that was there, and is being deleted, is as good as gone.
        check(
            &["ConfigMap a/c u1 x"],
            &["ConfigMap a/c u1 x !terminating"],
            &["Gone ConfigMap a/c"],
        );
    }

    #[test]
    fn a_kind_that_cannot_be_read_is_not_judged() {
        let before = snapshot(&["Secret a/s u1 x", "ConfigMap a/c u2 x"]);
        let mut now = snapshot(&["ConfigMap a/c u2 x"]);
        now.unread.push(super::super::snapshot::Unread {
            what: "secrets".to_owned(),
            verb: "list",
            cause: "forbidden".to_owned(),
        });
        assert_eq!(differences(&before, &now), []);
    }

    #[test]
    fn endpoints_that_mirror_a_service_are_no_difference_and_others_are() {
        let before = snapshot(&[]);
        let mut now = snapshot(&["Endpoints a/mirror u1 x", "Endpoints a/own u2 x"]);
        now.selecting.insert(("a".to_owned(), "mirror".to_owned()));
        let found = differences(&before, &now);
        let names: Vec<String> = found.iter().map(|change| change.object.place()).collect();
        assert_eq!(names, ["a/own"]);
    }

    #[test]
    fn a_cluster_that_lost_half_of_its_objects_is_not_believed() {
        let all: Vec<String> = (0..30)
            .map(|n| format!("ConfigMap a/c{n} u{n} x"))
            .collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let before = snapshot(&all);
        assert!(is_implausible(&before, &snapshot(&[])));
        assert!(is_implausible(&before, &snapshot(&all[..14])));
        assert!(!is_implausible(&before, &snapshot(&all[..16])));
        // A few objects may all go.
        assert!(!is_implausible(&snapshot(&all[..5]), &snapshot(&[])));
    }
}
