//! Checks that look into containers: their keys → their types.

use super::super::compare::Comparison;
use super::super::fields::{Fields, Problems, text_of, word_of};
use super::super::kind::{
    Across, By, Exec, Fate, File, FileIs, Kind, Logs, Persistence, Pods, PodsOf, Replicas, Workload,
};
use super::super::node::{Entry, Node, Value};
use super::values::{number, path, selector_of, text_is, workload};

pub(super) fn file(entry: &Entry, _: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<Kind> {
    let mut fields = Fields::of(&entry.value, "`file`", problems)?;
    let pods = pods(&mut fields, problems);
    let path = path(&mut fields, problems);
    let exists = fields.flag("exists", problems).unwrap_or(true);
    let is = FileIs {
        absent: !exists,
        text: text_is(&mut fields, problems),
        sha256: checksum(&mut fields, problems),
        mode: mode(&mut fields, problems),
    };
    let asks = !is.text.is_empty() || is.sha256.is_some() || is.mode.is_some();
    if is.absent && asks {
        problems.error(
            fields.span(),
            "a file that is not there has neither content nor mode",
        );
    }
    let words = [
        ("every", Replicas::Every),
        ("some", Replicas::Some),
        ("same", Replicas::Same),
        ("different", Replicas::Different),
    ];
    let replicas = fields.word("replicas", &words, problems);
    fields.finish(problems);
    Some(Kind::File(File {
        pods: pods?,
        path: path?,
        is,
        replicas: replicas.unwrap_or(Replicas::Every),
    }))
}

pub(super) fn persistence(
    entry: &Entry,
    _: &mut Fields<'_>,
    problems: &mut Problems<'_>,
) -> Option<Kind> {
    let mut fields = Fields::of(&entry.value, "`persistence`", problems)?;
    let span = fields.span();
    let pods = pods(&mut fields, problems);
    let path = path(&mut fields, problems);
    let across = fields.need("across", problems).and_then(|entry| {
        let words = Across::ALL.map(|across| (across.word(), across));
        word_of("across", &entry.value, &words, problems)
    });
    let expect = fields.need("expect", problems).and_then(|entry| {
        let words = [("kept", Fate::Kept), ("lost", Fate::Lost)];
        word_of("expect", &entry.value, &words, problems)
    });
    let words = [By::Labproof, By::Lab].map(|by| (by.word(), by));
    let by = fields.word("by", &words, problems).unwrap_or(By::Labproof);
    let marker = fields.flag("marker", problems);
    fields.finish(problems);
    if let Some(PodsOf::Pod(name)) = pods.as_ref().map(|pods| &pods.of)
        && across != Some(Across::ContainerRestart)
    {
        let message =
            format!("nothing brings the bare pod `{name}` back: name the workload that keeps it");
        problems.error(span, message);
        return None;
    }
    let scalable = |of: &PodsOf| {
        let PodsOf::Workload(workload, _) = of else {
            return false;
        };
        match across {
            Some(Across::ScaleToZero | Across::NodeDrain) => *workload != Workload::DaemonSet,
            Some(Across::Rollout) => *workload != Workload::ReplicaSet,
            Some(Across::PodDeletion | Across::ContainerRestart) | None => true,
        }
    };
    let needs_workload = matches!(
        across,
        Some(Across::ScaleToZero | Across::Rollout | Across::NodeDrain)
    );
    if let (Some(across), Some(pods)) = (across, &pods)
        && needs_workload
        && !scalable(&pods.of)
    {
        let message = format!("`{}` cannot be done with {}", across.word(), pods.of);
        problems.error(span, message);
        return None;
    }
    Some(Kind::Persistence(Persistence {
        pods: pods?,
        path: path?,
        across: across?,
        expect: expect?,
        by,
        marker,
    }))
}

pub(super) fn exec(entry: &Entry, _: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<Kind> {
    let mut fields = Fields::of(&entry.value, "`exec`", problems)?;
    let pods = pods(&mut fields, problems);
    let command = fields
        .need("command", problems)
        .and_then(|entry| command(&entry.value, problems));
    let exit = fields
        .take("exit")
        .map(|entry| number(&entry.value, problems));
    let stdout = text_is(&mut fields, problems);
    let replicas = every_or_some(&mut fields, problems);
    fields.finish(problems);
    Some(Kind::Exec(Exec {
        pods: pods?,
        command: command?,
        exit: match exit {
            Some(read) => read?,
            None => Comparison::number(0),
        },
        stdout,
        replicas,
    }))
}

/// A list is run as it is, a text by a shell.
fn command(node: &Node, problems: &mut Problems<'_>) -> Option<Vec<String>> {
    match &node.value {
        Value::List(items) if !items.is_empty() => {
            let words: Vec<_> = items
                .iter()
                .map(|item| text_of("command", item, problems))
                .collect();
            words.into_iter().collect()
        }
        _ => {
            let script = text_of("command", node, problems)?;
            Some(vec!["sh".to_owned(), "-c".to_owned(), script])
        }
    }
}

pub(super) fn logs(entry: &Entry, _: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<Kind> {
    let mut fields = Fields::of(&entry.value, "`logs`", problems)?;
    let span = fields.span();
    let pods = pods(&mut fields, problems);
    let previous = fields.flag("previous", problems).unwrap_or(false);
    let text = text_is(&mut fields, problems);
    let replicas = every_or_some(&mut fields, problems);
    let asks = ["contains", "equals", "matches", "lacks"]
        .iter()
        .any(|key| fields.took(key));
    fields.finish(problems);
    if !asks {
        problems.error(
            span,
            "`logs` asks nothing: give `contains`, `matches` or `lacks`",
        );
        return None;
    }
    Some(Kind::Logs(Logs {
        pods: pods?,
        previous,
        text,
        replicas,
    }))
}

fn every_or_some(fields: &mut Fields<'_>, problems: &mut Problems<'_>) -> Replicas {
    let words = [("every", Replicas::Every), ("some", Replicas::Some)];
    fields
        .word("replicas", &words, problems)
        .unwrap_or(Replicas::Every)
}

/// The keys that name pods and a container in them.
fn pods(fields: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<Pods> {
    let namespace = fields.text("namespace", problems);
    let container = fields.text("container", problems);
    let selector = fields.take("selector");
    let of = match selector {
        Some(entry) if fields.has("workload") => {
            fields.take("workload");
            let message = "pods are named by `workload` or by `selector`, not by both";
            problems.error(entry.key_span, message);
            None
        }
        Some(entry) => selector_of(entry, problems).map(PodsOf::Selector),
        None => fields
            .need("workload", problems)
            .and_then(|entry| workload(&entry.value, problems)),
    };
    Some(Pods {
        namespace: namespace.unwrap_or_else(|| "default".to_owned()),
        of: of?,
        container,
    })
}

fn checksum(fields: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<String> {
    let entry = fields.take("sha256")?;
    let text = text_of("sha256", &entry.value, problems)?;
    if text.len() != 64 || !text.chars().all(|c| c.is_ascii_hexdigit()) {
        problems.error(entry.value.span, "`sha256` must be 64 hex digits");
        return None;
    }
    Some(text.to_lowercase())
}

fn mode(fields: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<u32> {
    let entry = fields.take("mode")?;
    let digits = match &entry.value.value {
        Value::Text(text) => text.clone(),
        // `mode: 0644` is read as a number; its digits are what was meant.
        Value::Int(_) | Value::Float(_) => problems.source(entry.value.span).to_owned(),
        _ => String::new(),
    };
    let mode = u32::from_str_radix(digits.trim_start_matches("0o"), 8);
    match mode {
        Ok(mode) if mode <= 0o7777 => Some(mode),
        _ => {
            problems.error(entry.value.span, "`mode` must be octal, such as \"0644\"");
            None
        }
    }
}
