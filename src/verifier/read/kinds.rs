//! The tree of one check → its [`Kind`]: the table of kinds, and those about objects.
//!
//! [`WORDS`] says which key leads to which reader; a reader may take more keys of the check,
//! such as `match`.

use super::super::compare::Comparison;
use super::super::fields::{Fields, Problems, text_of};
use super::super::kind::{
    Bounds, Count, Events, Kind, Objects, Owner, OwnerName, PodsOf, Resource, Rollout, RolloutIs,
    Target, Which, Workload,
};
use super::super::node::{Entry, Node, Value};
use super::values::{comparison, number, selector_of, text_is, tree, workload};
use super::{pods, service};

/// Reads what is asked of one value.
type Reading = fn(&Node, &mut Problems<'_>) -> Option<Comparison>;

/// Reads the kind that stands at an entry of a check.
type Reader = fn(&Entry, &mut Fields<'_>, &mut Problems<'_>) -> Option<Kind>;

/// The keys that make a check, one of them each.
pub(super) const WORDS: [(&str, Reader); 13] = [
    ("resource", resource),
    ("absent", absent),
    ("count", count),
    ("owner", owner),
    ("rollout", rollout),
    ("bounds", bounds),
    ("events", events),
    ("file", pods::file),
    ("persistence", pods::persistence),
    ("exec", pods::exec),
    ("logs", pods::logs),
    ("http", service::http),
    ("availability", service::availability),
];

fn resource(entry: &Entry, check: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<Kind> {
    let mut which = Which::Every;
    let objects = Fields::of(&entry.value, "`resource`", problems).and_then(|mut fields| {
        let words = [("every", Which::Every), ("one", Which::One)];
        which = fields.word("which", &words, problems).unwrap_or(which);
        objects(fields, problems)
    });
    let expected = check
        .need("match", problems)
        .and_then(|entry| tree(&entry.value, problems));
    Some(Kind::Resource(Resource {
        objects: objects?,
        which,
        expected: expected?,
    }))
}

fn absent(entry: &Entry, _: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<Kind> {
    let fields = Fields::of(&entry.value, "`absent`", problems)?;
    objects(fields, problems).map(Kind::Absent)
}

fn count(entry: &Entry, check: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<Kind> {
    let mut is = None;
    let objects = Fields::of(&entry.value, "`count`", problems).and_then(|mut fields| {
        is = fields
            .need("is", problems)
            .and_then(|entry| number(&entry.value, problems));
        objects(fields, problems)
    });
    let expected = check
        .take("match")
        .map(|entry| tree(&entry.value, problems));
    Some(Kind::Count(Count {
        objects: objects?,
        expected: match expected {
            Some(read) => Some(read?),
            None => None,
        },
        is: is?,
    }))
}

fn owner(entry: &Entry, _: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<Kind> {
    let mut fields = Fields::of(&entry.value, "`owner`", problems)?;
    let chain = fields.need("chain", problems).and_then(|entry| {
        let Value::List(items) = &entry.value.value else {
            let message = "`chain` must be a list, from the nearest owner up";
            problems.error(entry.value.span, message);
            return None;
        };
        let read: Vec<_> = items
            .iter()
            .map(|item| owner_name("chain", item, problems))
            .collect();
        read.into_iter().collect::<Option<Vec<_>>>()
    });
    Some(Kind::Owner(Owner {
        objects: objects(fields, problems)?,
        chain: chain?,
    }))
}

/// `Deployment/assets`, or `Deployment`.
fn owner_name(key: &str, node: &Node, problems: &mut Problems<'_>) -> Option<OwnerName> {
    let text = text_of(key, node, problems)?;
    let (kind, name) = match text.split_once('/') {
        Some((kind, name)) => (kind, Some(name.to_owned())),
        None => (&*text, None),
    };
    if !kind.starts_with(|c: char| c.is_ascii_uppercase()) {
        let message = format!("`{kind}` is no kind: write it as in a manifest, such as `Pod`");
        problems.error(node.span, message);
        return None;
    }
    Some(OwnerName {
        kind: kind.to_owned(),
        name,
    })
}

fn rollout(entry: &Entry, _: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<Kind> {
    let mut fields = Fields::of(&entry.value, "`rollout`", problems)?;
    let span = fields.span();
    let of = fields.need("workload", problems);
    let of_span = of.map_or(span, |entry| entry.value.span);
    let of = of.and_then(|entry| workload(&entry.value, problems));
    let namespace = fields.text("namespace", problems);
    let words = [
        RolloutIs::Complete,
        RolloutIs::Progressing,
        RolloutIs::Stuck,
        RolloutIs::Paused,
    ]
    .map(|is| (is.word(), is));
    let is = fields.word("is", &words, problems);
    let mut compared = |key, read: Reading| {
        let entry = fields.take(key)?;
        read(&entry.value, problems)
    };
    let rollout = Rollout {
        workload: Workload::Deployment,
        name: String::new(),
        namespace: namespace.unwrap_or_else(|| "default".to_owned()),
        is,
        revision: compared("revision", comparison),
        history: compared("history", number),
        change_cause: compared("changeCause", comparison),
        old_replica_sets: compared("oldReplicaSets", number),
        old_replicas: compared("oldReplicas", number),
    };
    fields.finish(problems);
    let of_history = [
        &rollout.revision,
        &rollout.history,
        &rollout.change_cause,
        &rollout.old_replica_sets,
        &rollout.old_replicas,
    ]
    .iter()
    .any(|asked| asked.is_some());
    match of? {
        PodsOf::Workload(Workload::Deployment, _) if is.is_none() && !of_history => {
            problems.error(
                span,
                "`rollout` asks nothing: give `is`, `revision` or the like",
            );
            None
        }
        PodsOf::Workload(Workload::Deployment, name) => {
            Some(Kind::Rollout(Rollout { name, ..rollout }))
        }
        PodsOf::Workload(workload @ (Workload::StatefulSet | Workload::DaemonSet), name)
            if is == Some(RolloutIs::Complete) && !of_history =>
        {
            Some(Kind::Rollout(Rollout {
                workload,
                name,
                ..rollout
            }))
        }
        PodsOf::Workload(Workload::StatefulSet | Workload::DaemonSet, _) => {
            let message = "of a StatefulSet or DaemonSet only `is: complete` can be asked";
            problems.error(of_span, message);
            None
        }
        PodsOf::Workload(Workload::ReplicaSet, _) | PodsOf::Pod(_) | PodsOf::Selector(_) => {
            problems.error(
                of_span,
                "only a Deployment, StatefulSet or DaemonSet rolls out",
            );
            None
        }
    }
}

fn bounds(entry: &Entry, check: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<Kind> {
    let mut fields = Fields::of(&entry.value, "`bounds`", problems)?;
    let span = fields.span();
    let of = fields.need("workload", problems);
    let of_span = of.map_or(span, |entry| entry.value.span);
    let of = of.and_then(|entry| workload(&entry.value, problems));
    let namespace = fields.text("namespace", problems);
    let mut compared = |key| {
        let entry = fields.take(key)?;
        number(&entry.value, problems)
    };
    let (pods, ready) = (compared("pods"), compared("ready"));
    let asks = fields.took("pods") || fields.took("ready");
    fields.finish(problems);
    if !asks {
        problems.error(span, "`bounds` asks nothing: give `pods`, `ready` or both");
        return None;
    }
    if !check.took("after") {
        let message = "`bounds` needs `after`: the step during which the pods are watched";
        problems.error(entry.key_span, message);
    }
    let PodsOf::Workload(workload, name) = of? else {
        let message = "`bounds` are those of a workload, such as `deployment/web`";
        problems.error(of_span, message);
        return None;
    };
    Some(Kind::Bounds(Bounds {
        workload,
        name,
        namespace: namespace.unwrap_or_else(|| "default".to_owned()),
        pods,
        ready,
    }))
}

fn events(entry: &Entry, _: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<Kind> {
    let mut fields = Fields::of(&entry.value, "`events`", problems)?;
    let namespace = fields.text("namespace", problems);
    let on = fields
        .take("on")
        .map(|entry| owner_name("on", &entry.value, problems));
    let reason = fields.text("reason", problems);
    let words = [("Warning", true), ("Normal", false)];
    let warning = fields.word("type", &words, problems);
    let message = text_is(&mut fields, problems);
    let is = fields
        .take("is")
        .map(|entry| number(&entry.value, problems));
    fields.finish(problems);
    Some(Kind::Events(Events {
        namespace: namespace.unwrap_or_else(|| "default".to_owned()),
        on: match on {
            Some(read) => Some(read?),
            None => None,
        },
        reason,
        warning,
        message,
        is: match is {
            Some(read) => read?,
            None => Comparison::at_least(1),
        },
    }))
}

/// The keys that name objects; takes the rest of the map to be none of anybody's.
fn objects(mut fields: Fields<'_>, problems: &mut Problems<'_>) -> Option<Objects> {
    let api_version = fields.need_text("apiVersion", problems);
    let kind = fields.need_text("kind", problems);
    let namespace = fields.text("namespace", problems);
    let name = fields.take("name");
    let selector = fields.take("selector");
    let target = match (name, selector) {
        (Some(_), Some(selector)) => {
            let message = "objects are named by `name` or by `selector`, not by both";
            problems.error(selector.key_span, message);
            None
        }
        (Some(name), None) => text_of("name", &name.value, problems).map(Target::Name),
        (None, Some(entry)) => selector_of(entry, problems).map(Target::Selector),
        (None, None) => Some(Target::All),
    };
    fields.finish(problems);
    Some(Objects {
        api_version: api_version?,
        kind: kind?,
        namespace,
        target: target?,
    })
}
