//! Tables that kubectl does not print like that.

use std::collections::HashSet;

use super::super::view::{CommandView, LabView};
use super::super::{Findings, Rule};
use crate::source::{Severity, Span};
use crate::syntax::Simple;

/// A `kubectl get` whose table the page shows.
struct Table<'a> {
    get: &'a Simple,
    lines: Vec<(&'a str, Span)>,
}

/// The table that a command's output is, if it is one.
fn table<'a>(lab_file: &crate::source::SourceFile, view: &'a CommandView<'_>) -> Option<Table<'a>> {
    let get = view.only()?;
    let words = get.command();
    let verb = words.iter().skip(1).find(|word| {
        matches!(
            word.text.as_str(),
            "get" | "apply" | "describe" | "logs" | "exec"
        )
    })?;
    let format = get.flag(&["-o", "--output"]).unwrap_or("wide");
    if get.name() != "kubectl" || verb.text != "get" || format != "wide" {
        return None;
    }
    if get.has(&[
        "-w",
        "--watch",
        "--watch-only",
        "--no-headers",
        "--show-kind",
    ]) || get.flag(&["-L", "--label-columns", "--template"]).is_some()
    {
        return None;
    }
    let raw = words.iter().any(|word| {
        word.text.starts_with("--raw")
            || word.text == "all"
            || word.text.contains("events")
            || word.text == "ev"
    });
    let mut lines = view.shown_lines(lab_file);
    lines.retain(|(line, _)| !line.trim().is_empty());
    let first = lines.first()?.0;
    (!raw && lines.len() > 1 && columns(first).len() > 1).then_some(Table { get, lines })
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
    explanation: "`NAMESPACE` is printed with `-A` and only then; `NOMINATED NODE` and `READINESS GATES` only with `-o wide`; `LABELS` only with \
                  `--show-labels`. The output is from another command.",
    example: "```bash\n$ kubectl get pods -A\nNAME   READY   STATUS    RESTARTS   AGE\nweb    1/1     Running   0          3m\n```\n",
    check: wrong_columns,
};

fn wrong_columns(lab: &LabView<'_>, findings: &mut Findings) {
    for (page, _, view) in lab.commands() {
        let Some(Table { get, lines }) = table(page.file(), view) else {
            continue;
        };
        let (header, span) = lines[0];
        if !is_header(header) {
            continue;
        }
        let has = |name: &str| {
            header.split("  ").any(|cell| cell.trim() == name)
                || header.split_whitespace().any(|cell| cell == name)
        };
        let every = get.has(&["-A", "--all-namespaces"]);
        let wide = get.flag(&["-o", "--output"]).is_some();
        let resource = get
            .command()
            .iter()
            .skip_while(|word| word.text != "get")
            .nth(1)
            .map_or("", |word| word.text.as_str());
        // Things of the whole cluster have no namespace to show.
        let cluster_wide = [
            "node",
            "namespace",
            "ns",
            "pv",
            "persistentvolume",
            "storageclass",
            "sc",
            "crd",
            "clusterrole",
            "nodepool",
            "nodeclaim",
            "ec2nodeclass",
            "priorityclass",
            "csi",
            "apiservice",
            "validating",
            "mutating",
            "ingressclass",
        ]
        .iter()
        .any(|kind| resource.to_lowercase().starts_with(kind));
        let message = if every && !has("NAMESPACE") && has("NAME") && !cluster_wide {
            "with `-A` the table begins with NAMESPACE; this one does not"
        } else if !every && header.trim_start().starts_with("NAMESPACE ") {
            "NAMESPACE is printed only with `-A`"
        } else if !wide && (header.contains("NOMINATED NODE") || header.contains("READINESS GATES"))
        {
            "these columns are printed only with `-o wide`"
        } else if !get.has(&["--show-labels"]) && header.trim_end().ends_with(" LABELS") {
            "LABELS is printed only with `--show-labels`"
        } else {
            continue;
        };
        findings.add(page.file(), span, message);
    }
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
        let Some(Table { lines, .. }) = table(page.file(), view) else {
            continue;
        };
        let (first, span) = lines[0];
        let width = columns(first).len();
        let rows = lines
            .iter()
            .all(|(line, _)| columns(line).len() == width || is_elided(line));
        if !is_header(first)
            && !lines.iter().any(|(line, _)| is_header(line))
            && !is_elided(first)
            && rows
            && width >= 3
        {
            findings.add(page.file(), span, "the line of column names is missing");
        }
    }
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
        // Several kinds may share a name.
        let several = get.command().iter().any(|word| word.text.contains(','))
            || lines.iter().skip(1).any(|(line, _)| is_header(line));
        if several || get.has(&["-A", "--all-namespaces"]) && names == 1 {
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
            if !masked && key.len() == names && !seen.insert(key.clone()) {
                findings.add(
                    page.file(),
                    *span,
                    format!("`{}` is there twice", key.join(" ")),
                );
            }
        }
    }
}
