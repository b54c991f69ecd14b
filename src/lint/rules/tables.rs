//! Tables that kubectl does not print like that.

use std::collections::HashSet;

use super::super::view::{CommandView, LabView};
use super::super::{Findings, Rule};
use crate::source::{Severity, SourceFile, Span};
use crate::syntax::Simple;

/// A `kubectl get` whose table the page shows.
struct Table<'a> {
    get: &'a Simple,
    lines: Vec<(&'a str, Span)>,
}

/// The `kubectl get` that a command is, if it is nothing else, with the lines shown for it.
fn shown<'a>(file: &SourceFile, view: &'a CommandView<'_>) -> Option<Table<'a>> {
    let get = view.only()?;
    let words = get.command();
    let verb = words.iter().skip(1).find(|word| {
        matches!(
            word.text.as_str(),
            "get" | "apply" | "describe" | "logs" | "exec"
        )
    })?;
    if get.name() != "kubectl" || verb.text != "get" {
        return None;
    }
    let mut lines = view.shown_lines(file);
    lines.retain(|(line, _)| !line.trim().is_empty());
    (!lines.is_empty()).then_some(Table { get, lines })
}

/// The table that a command's output is, if it is one.
fn table<'a>(file: &SourceFile, view: &'a CommandView<'_>) -> Option<Table<'a>> {
    let table = shown(file, view)?;
    let get = table.get;
    if get.flag(OUTPUT).is_some_and(|format| format != "wide")
        || get.has(&[
            "-w",
            "--watch",
            "--watch-only",
            "--no-headers",
            "--show-kind",
        ])
        || get.flag(&["--template"]).is_some()
    {
        return None;
    }
    let raw = get.command().iter().any(|word| {
        word.text.starts_with("--raw")
            || word.text == "all"
            || word.text.contains("events")
            || word.text == "ev"
    });
    (!raw && columns(table.lines[0].0).len() > 1).then_some(table)
}

const OUTPUT: &[&str] = &["-o", "--output"];

/// What the command asks for: `pods`, without its group; empty where it is a list or a name.
fn resource(get: &Simple) -> &str {
    let word = get
        .command()
        .iter()
        .skip_while(|word| word.text != "get")
        .skip(1)
        .find(|word| !word.text.starts_with('-'));
    let word = word.map_or("", |word| word.text.as_str());
    let kind = word.split(['.', '/']).next().unwrap_or("");
    if word.contains(',') { "" } else { kind }
}

/// Columns that `-o wide` adds to the tables of a kind.
fn wide_columns(resource: &str) -> &'static [&'static str] {
    match resource {
        "pod" | "pods" | "po" => &["IP", "NODE", "NOMINATED NODE", "READINESS GATES"],
        "node" | "nodes" | "no" => &[
            "INTERNAL-IP",
            "EXTERNAL-IP",
            "OS-IMAGE",
            "KERNEL-VERSION",
            "CONTAINER-RUNTIME",
        ],
        "deployment" | "deployments" | "deploy" | "replicaset" | "replicasets" | "rs"
        | "daemonset" | "daemonsets" | "ds" | "statefulset" | "statefulsets" | "sts" | "job"
        | "jobs" => &["CONTAINERS", "IMAGES"],
        "service" | "services" | "svc" => &["SELECTOR"],
        _ => &["NOMINATED NODE", "READINESS GATES"],
    }
}

fn columns(line: &str) -> Vec<&str> {
    line.split("  ")
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .collect()
}

fn is_header(line: &str) -> bool {
    let cells: Vec<&str> = line.split_whitespace().collect();
    cells.len() > 1
        && cells.iter().all(|cell| {
            cell.chars()
                .all(|c| c.is_ascii_uppercase() || "()-_/%.:".contains(c) || c.is_ascii_digit())
        })
}

fn is_elided(line: &str) -> bool {
    line.contains("...") || line.contains('…')
}

pub(super) const COLUMNS: Rule = Rule {
    code: "LP009",
    title: "a table with columns that the command does not print",
    severity: Severity::Warning,
    explanation: "`NAMESPACE` is printed with `-A` and only then; `IP`, `NODE`, `OS-IMAGE` and the like only with `-o wide`; `LABELS` and \
                  a label's own column only with `--show-labels` and `-L`; no line of names at all with `--no-headers` or `-o name`. The output \
                  is from another command.",
    example: "```bash\n$ kubectl get pods -A\nNAME   READY   STATUS    RESTARTS   AGE\nweb    1/1     Running   0          3m\n```\n",
    check: wrong_columns,
};

fn wrong_columns(lab: &LabView<'_>, findings: &mut Findings) {
    for (page, _, view) in lab.commands() {
        let Some(Table { get, lines }) = shown(page.file(), view) else {
            continue;
        };
        let (header, span) = lines[0];
        let message = if !is_header(header) {
            continue;
        } else if let Some(flag) = without_header(get) {
            let named = header.starts_with("NAME ") || header.starts_with("NAMESPACE ");
            named.then(|| format!("with `{flag}` this line is not printed"))
        } else {
            table(page.file(), view).and_then(|table| strange_column(table.get, header))
        };
        if let Some(message) = message {
            findings.add(page.file(), span, message);
        }
    }
}

/// The flag with which there is no line of column names.
fn without_header(get: &Simple) -> Option<&'static str> {
    if get.has(&["--no-headers"]) {
        return Some("--no-headers");
    }
    match get.flag(OUTPUT)? {
        "name" => Some("-o name"),
        "json" => Some("-o json"),
        "yaml" => Some("-o yaml"),
        format if format.starts_with("jsonpath") => Some("-o jsonpath"),
        _ => None,
    }
}

/// What the header has that the flags do not give, or lacks that they do.
fn strange_column(get: &Simple, header: &str) -> Option<String> {
    let has = |name: &str| {
        header.split("  ").any(|cell| cell.trim() == name)
            || header.split_whitespace().any(|cell| cell == name)
    };
    let resource = resource(get);
    let every = get.has(&["-A", "--all-namespaces"]);
    if every && !has("NAMESPACE") && has("NAME") && !is_cluster_wide(resource) {
        return Some("with `-A` the table begins with NAMESPACE; this one does not".to_owned());
    }
    if !every && header.trim_start().starts_with("NAMESPACE ") {
        return Some("NAMESPACE is printed only with `-A`".to_owned());
    }
    if get.flag(OUTPUT).is_none() {
        // A label may have the name of a column.
        let labels = get.flag(LABEL_COLUMNS).is_some();
        let wide = wide_columns(resource)
            .iter()
            .find(|name| has(name) && !labels);
        if let Some(name) = wide {
            return Some(format!("{name} is printed only with `-o wide`"));
        }
    }
    let shows = get.has(&["--show-labels"]);
    if shows != has("LABELS") && has("NAME") {
        return Some(if shows {
            "with `--show-labels` the last column is LABELS; it is not there".to_owned()
        } else {
            "LABELS is printed only with `--show-labels`".to_owned()
        });
    }
    let label = get
        .flags(LABEL_COLUMNS)
        .flat_map(|(labels, _)| labels.split(','))
        .filter_map(|label| label.rsplit('/').next())
        .find(|label| !label.contains('$') && !has(&label.to_uppercase()))?;
    Some(format!(
        "with `-L` there is a column {}; it is not there",
        label.to_uppercase()
    ))
}

const LABEL_COLUMNS: &[&str] = &["-L", "--label-columns"];

/// Things of the whole cluster have no namespace to show.
fn is_cluster_wide(resource: &str) -> bool {
    let resource = resource.to_lowercase();
    [
        "",
        "no",
        "ns",
        "pv",
        "sc",
        "crd",
        "pc",
        "node",
        "namespace",
        "persistentvolume",
        "storageclass",
        "customresourcedefinition",
        "clusterrole",
        "clusterrolebinding",
        "nodepool",
        "nodeclaim",
        "ec2nodeclass",
        "nodeclass",
        "priorityclass",
        "csidriver",
        "csinode",
        "apiservice",
        "validatingwebhookconfiguration",
        "mutatingwebhookconfiguration",
        "ingressclass",
        "gatewayclass",
        "runtimeclass",
        "volumesnapshotclass",
        "clusterissuer",
        "clusterpolicy",
    ]
    .iter()
    .any(|kind| {
        resource == *kind
            || resource.strip_suffix('s') == Some(kind)
            || resource.strip_suffix("es") == Some(kind)
            || kind.strip_suffix('y') == resource.strip_suffix("ies") && kind.ends_with('y')
    })
}

pub(super) const NO_HEADER: Rule = Rule {
    code: "LP010",
    title: "a table without its header",
    severity: Severity::Warning,
    explanation: "`kubectl get` prints a line of column names first. Without it the table is compared as plain text, ages and hashes included.",
    example: "```bash\n$ kubectl get pods\nweb-5d4b9c7f6d-x2x9z   1/1   Running   0   3m\napi-7c6b5d4f3d-a1b2c   1/1   Running   0   3m\n```\n",
    check: no_header,
};

fn no_header(lab: &LabView<'_>, findings: &mut Findings) {
    for (page, _, view) in lab.commands() {
        let Some(Table { get, lines }) = table(page.file(), view) else {
            continue;
        };
        let (first, span) = lines[0];
        let width = columns(first).len();
        let rows = lines
            .iter()
            .all(|(line, _)| columns(line).len() == width || is_elided(line));
        // A single line may be a message; one of a kind that everybody knows has many columns.
        let single = lines.len() == 1 && (width < 4 || !is_common(get));
        if !single
            && !is_header(first)
            && !lines.iter().any(|(line, _)| is_header(line))
            && !is_elided(first)
            && rows
            && width >= 3
        {
            findings.add(page.file(), span, "the line of column names is missing");
        }
    }
}

/// Kinds whose tables are known.
fn is_common(get: &Simple) -> bool {
    !matches!(
        wide_columns(resource(get)).first(),
        None | Some(&"NOMINATED NODE")
    )
}

pub(super) const SAME_ROW_TWICE: Rule = Rule {
    code: "LP011",
    title: "a row that is there twice",
    severity: Severity::Warning,
    explanation: "Two objects of one kind in one namespace cannot have the same name: the output was edited by hand.",
    example: "```bash\n$ kubectl get pods\nNAME   READY   STATUS\nweb    1/1     Running\nweb    1/1     Running\n```\n",
    check: same_row,
};

fn same_row(lab: &LabView<'_>, findings: &mut Findings) {
    for (page, _, view) in lab.commands() {
        let Some(Table { get, lines }) = table(page.file(), view) else {
            continue;
        };
        let header: Vec<&str> = lines[0].0.split_whitespace().collect();
        let names = match header.first() {
            Some(&"NAMESPACE") => 2,
            Some(&"NAME") => 1,
            _ => continue,
        };
        if lines.len() < 3 {
            continue;
        }
        // Several kinds may share a name.
        let several = get.command().iter().any(|word| word.text.contains(','))
            || lines.iter().skip(1).any(|(line, _)| is_header(line));
        if get.has(&["-A", "--all-namespaces"]) && names == 1 {
            continue;
        }
        let mut seen = HashSet::new();
        for (line, span) in &lines[1..] {
            let key: Vec<&str> = line.split_whitespace().take(names).collect();
            let masked = key.iter().any(|cell| {
                cell.contains("xxx")
                    || cell.contains("XXX")
                    || cell.contains('<')
                    || is_elided(cell)
                    || cell.starts_with('[')
            });
            let kind_unknown = several && !key.iter().any(|cell| cell.contains('/'));
            if !masked && !kind_unknown && key.len() == names && !seen.insert(key.clone()) {
                findings.add(
                    page.file(),
                    *span,
                    format!("`{}` is there twice", key.join(" ")),
                );
            }
        }
    }
}
