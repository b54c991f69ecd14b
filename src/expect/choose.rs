//! Which rule judges an output: chosen here and only here, from the command and the shown text.
//!
//! Entry points: [`judge`] for a whole output (the command has a say), [`part`] for one of several (only its look has).

use regex::RegexBuilder;

use super::bindings::Binder;
use super::command::Command;
use super::outcome::{Outcome, Task, short};
use super::segments::{self, Look};
use super::text::{self, Extent};
use super::volatile::Scan;
use super::{
    action, clients, describe, elision, empty, error, http, json, listing, measured, normalise,
    rollout, table, version, wait, yaml,
};
use crate::page::MatchKind;

/// Size of a compiled `match=regex`: what a page needs is far below.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// Judges by the rule that fits, or that the page asks for; gives its name too.
pub(super) fn judge(
    task: &Task<'_>,
    kind: MatchKind,
    binder: &mut Binder<'_>,
) -> (&'static str, Outcome) {
    match kind {
        MatchKind::Auto => auto(task, binder),
        MatchKind::Exact => ("exact", exact(task)),
        MatchKind::Contains => ("contains", contains(task)),
        MatchKind::Lines => ("lines", lines(task, binder)),
        MatchKind::Regex => ("regex", regex(task)),
        MatchKind::Table => ("table", table::judge(task, binder)),
        MatchKind::Json => ("json", json::judge(task, binder)),
        MatchKind::Yaml => ("yaml", yaml::judge(task, binder)),
        MatchKind::Ignore => ("ignore", Outcome::default()),
    }
}

/// By command and look.
fn auto(task: &Task<'_>, binder: &mut Binder<'_>) -> (&'static str, Outcome) {
    // Nothing but remarks says nothing about the output.
    if said(task.shown).next().is_none() && task.shown.lines().any(elision::is_comment) {
        return ("text", Outcome::default());
    }
    if said(task.shown).next().is_none() && !task.shown.lines().any(elision::is_elision) {
        return ("empty", empty::judge(task));
    }
    if empty::is_no_resources(task.shown) {
        return ("empty", empty::no_resources(task));
    }
    let failed = said(task.shown).next().is_some_and(error::is_error);
    if !failed && let Some(rule) = by_command(task.command, task.shown) {
        return rule(task, binder);
    }
    if !failed && http::looks_like(task.shown) {
        return ("http", http::judge(task, binder));
    }
    let (shown, actual) = (
        segments::split(task.shown, Some(task.actual)),
        segments::split(task.actual, None),
    );
    let several = shown.len() > 1 || (shown.len() == 1 && actual.len() > 1);
    let plain = |parts: &[segments::Part]| {
        parts
            .iter()
            .all(|part| matches!(part.look, Look::Text | Look::Elision))
    };
    // JSON after JSON is one stream of documents.
    let json = |parts: &[segments::Part]| {
        parts
            .iter()
            .all(|part| matches!(part.look, Look::Json | Look::Elision))
    };
    if several && !(plain(&shown) && plain(&actual)) && !(json(&shown) && json(&actual)) {
        let (rule, outcome) = segments::judge(task, &shown, &actual, binder);
        // What is left out may reach over the borders of parts: then the shown lines must stand there in order.
        if !outcome.agrees() && task.shown.lines().any(elision::is_elision) {
            let lines = text::judge(task, binder);
            if lines.agrees() {
                return ("text", lines);
            }
        }
        return (rule, outcome);
    }
    part(task, binder)
}

type Rule = fn(&Task<'_>, &mut Binder<'_>) -> (&'static str, Outcome);

/// Commands that say by themselves what their whole output is.
fn by_command(command: &Command, shown: &str) -> Option<Rule> {
    if let Some(kubectl) = command.kubectl() {
        let sub = kubectl.args.first().copied().unwrap_or_default();
        match (kubectl.verb, sub) {
            ("describe", _) if !kubectl.piped => {
                return Some(|task, binder| ("describe", describe::judge(task, binder)));
            }
            // Cut out of a description by awk or sed: still its lines and events.
            ("describe", _)
                if super::events::Event::read(shown.lines().last().unwrap_or_default())
                    .is_some() =>
            {
                return Some(|task, binder| ("describe", describe::judge(task, binder)));
            }
            ("rollout", "status") if !kubectl.piped => {
                return Some(|task, binder| ("rollout", rollout::judge(task, binder)));
            }
            ("rollout", "history") if rollout::modern(shown).is_some() => {
                return Some(|task, binder| {
                    let shown = rollout::modern(task.shown).unwrap_or_default();
                    auto(&task.with(&shown, task.actual), binder)
                });
            }
            ("logs", _) if !kubectl.piped && kubectl.has("--prefix") => {
                return Some(|task, binder| ("text", text::judge_prefixed(task, binder)));
            }
            ("logs", _) | ("diff", _) if !(kubectl.piped && json::looks_like(shown)) => {
                return Some(|task, binder| ("text", text::judge(task, binder)));
            }
            ("config", "view") if !kubectl.piped && yaml::looks_like_kubeconfig(shown) => {
                return Some(|task, binder| ("yaml", yaml::judge_kubeconfig(task, binder)));
            }
            ("version", _) if !kubectl.piped && kubectl.output.is_none() => {
                return Some(|task, binder| ("version", version::judge(task, binder)));
            }
            ("kustomize", _) if !kubectl.piped => {
                return Some(|task, binder| ("yaml", yaml::judge(task, binder)));
            }
            _ if kubectl.output.is_some_and(|o| o == "yaml") && !kubectl.piped => {
                return Some(|task, binder| ("yaml", yaml::judge(task, binder)));
            }
            _ => {}
        }
    }
    if command
        .kubectls()
        .any(|kubectl| kubectl.verb == "rollout" && kubectl.args.first() == Some(&"status"))
        && said(shown)
            .all(|line| rollout::is_progress(line) || line.contains("successfully rolled out"))
    {
        return Some(|task, binder| ("rollout", rollout::judge(task, binder)));
    }
    if clients::looks_formatted(command, shown) {
        return Some(|task, binder| ("text", clients::judge(task, binder)));
    }
    if command.pipelines.len() == 1
        && command.runs_any(&["ps", "df"])
        && measured::looks_like(shown)
    {
        return Some(|task, binder| ("measured", measured::judge(task, binder)));
    }
    if (command.ends_in(&["yq"]) || command.runs_any(&["kustomize"])) && looks_like_yaml(shown) {
        return Some(|task, binder| ("yaml", yaml::judge(task, binder)));
    }
    None
}

/// By look.
pub(super) fn part(task: &Task<'_>, binder: &mut Binder<'_>) -> (&'static str, Outcome) {
    let shown = task.shown;
    let lines = || said(shown);
    if empty::is_no_resources(shown) {
        return ("empty", empty::no_resources(task));
    }
    if lines().next().is_some_and(error::is_error) {
        return ("error", error::judge(task, binder));
    }
    if http::looks_like(shown) {
        return ("http", http::judge(task, binder));
    }
    if json::looks_like(shown)
        && (json::parse(shown).is_some() || json::parse(task.actual).is_some())
    {
        return ("json", json::judge(task, binder));
    }
    if lines().all(action::is_action) && lines().next().is_some() {
        return ("action", action::judge(task, binder));
    }
    if lines().all(wait::is_met) && lines().next().is_some() {
        return ("wait", wait::judge(task, binder));
    }
    let first = lines().next().unwrap_or_default();
    let first = elision::without_marker(first).unwrap_or(first);
    let alone = prints_columns(task.command);
    if table::parse::Header::of(first, alone).is_some() && (alone || lines().nth(1).is_some()) {
        return ("table", table::judge(task, binder));
    }
    if task.command.runs_any(&["ps", "df"]) && measured::looks_like(shown) {
        return ("measured", measured::judge(task, binder));
    }
    if prints_rows(task.command) || is_names(task.command) {
        return ("table", table::rows(task, binder));
    }
    if task.command.runs_any(&["ls", "find", "tree"])
        && !task.command.runs("tree")
        && is_listing(task.command)
    {
        return ("listing", listing::judge(task, binder));
    }
    if task.command.runs_any(&["env", "printenv"]) && lines().all(|line| line.contains('=')) {
        return ("listing", table::rows(task, binder));
    }
    if lines().any(|line| line.starts_with("apiVersion:")) {
        return ("yaml", yaml::judge(task, binder));
    }
    let rule = if lines().nth(1).is_some() {
        "text"
    } else {
        "value"
    };
    (rule, text::judge(task, binder))
}

/// Lines of a page that say something.
fn said(shown: &str) -> impl Iterator<Item = &str> {
    shown.lines().filter(|line| {
        !line.trim().is_empty() && !elision::is_elision(line) && !elision::is_comment(line)
    })
}

fn looks_like_yaml(shown: &str) -> bool {
    said(shown).all(|line| {
        let line = line.trim_start();
        line.starts_with("- ")
            || line == "---"
            || line
                .split_once(':')
                .is_some_and(|(_, rest)| rest.is_empty() || rest.starts_with(' '))
    })
}

/// `kubectl get -o custom-columns=...`: even one column is a table.
fn prints_columns(command: &Command) -> bool {
    command.kubectls().any(|kubectl| {
        kubectl
            .output
            .is_some_and(|o| o.starts_with("custom-columns"))
            && !kubectl.has("--no-headers")
    })
}

/// kubectl's tables without their header: asked for, or cut off by a filter.
fn prints_rows(command: &Command) -> bool {
    const FILTERS: [&str; 9] = [
        "grep", "egrep", "tail", "head", "sed", "sort", "uniq", "tac", "column",
    ];
    let Some(kubectl) = command
        .kubectls()
        .find(|kubectl| matches!(kubectl.verb, "get" | "top" | "events" | "api-resources"))
    else {
        return false;
    };
    let human = kubectl
        .output
        .is_none_or(|o| o == "wide" || o.starts_with("custom-columns"));
    let filtered = kubectl.piped
        && command.ends_in(&FILTERS)
        && !command.runs_any(&["wc", "awk", "cut", "jq", "yq", "xargs"]);
    human && ((kubectl.has("--no-headers") && !kubectl.piped) || filtered)
}

/// `-o name`: a set of names.
fn is_names(command: &Command) -> bool {
    command
        .kubectls()
        .any(|kubectl| kubectl.output == Some("name") && !kubectl.piped)
}

/// Whether `ls` or `find` prints last: what another program made of it is that program's.
fn is_listing(command: &Command) -> bool {
    !command.runs_any(&["wc", "cat", "awk", "sed", "cut", "xargs", "md5sum"])
}

fn exact(task: &Task<'_>) -> Outcome {
    if task.shown == task.actual {
        return Outcome::default();
    }
    let pairs = task.shown.lines().zip(task.actual.lines()).enumerate();
    match pairs
        .into_iter()
        .find(|(_, (shown, actual))| shown != actual)
    {
        Some((n, (shown, actual))) => Outcome::fail(format!(
            "line {} is `{}`, the page shows `{}`",
            n + 1,
            short(actual),
            short(shown)
        )),
        None => Outcome::fail(format!(
            "{} lines printed, the page shows {}",
            task.actual.lines().count(),
            task.shown.lines().count()
        )),
    }
}

fn contains(task: &Task<'_>) -> Outcome {
    let plain = |text: &str| {
        text.lines()
            .map(normalise::words)
            .filter(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join("\n")
    };
    if plain(task.actual).contains(&plain(task.shown)) {
        return Outcome::default();
    }
    Outcome::fail(format!(
        "`{}` does not occur in the output",
        short(task.shown.lines().next().unwrap_or_default())
    ))
}

/// Every shown line in order, with anything between: as if an elision stood between all of them.
fn lines(task: &Task<'_>, binder: &mut Binder<'_>) -> Outcome {
    let apart = said(task.shown).collect::<Vec<_>>().join("\n[...]\n");
    let open = format!("[...]\n{apart}\n[...]");
    text::judge_lines(
        &task.with(&open, task.actual),
        Scan::LOOSE,
        Extent::Part,
        binder,
    )
}

fn regex(task: &Task<'_>) -> Outcome {
    match RegexBuilder::new(task.shown.trim())
        .multi_line(true)
        .size_limit(MAX_REGEX_BYTES)
        .build()
    {
        Ok(regex) if regex.is_match(task.actual) => Outcome::default(),
        Ok(_) => Outcome::fail("the output does not match the regular expression of the page"),
        Err(error) => Outcome::fail(format!("the page's regular expression is none: {error}")),
    }
}
