//! A plan as people read it: what would run, in order, and what would not and why.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::last::LastRun;
use super::{FromDisk, Lab, Plan, needs, programs};
use crate::page::{Page, Step};

/// The styles of a rendering; all empty without colour.
struct Styles {
    title: Style,
    faint: Style,
    skip: Style,
}

/// Renders a plan, without its diagnostics. `last` is what an earlier run took; `is_here` tells whether the machine has a
/// program; `color` turns ANSI colours on.
pub fn render(
    plan: &Plan,
    last: Option<&LastRun>,
    is_here: &dyn Fn(&str) -> bool,
    color: bool,
) -> String {
    let styles = if color {
        Styles {
            title: Style::new().bold(),
            faint: Style::new().dimmed(),
            skip: AnsiColor::Yellow.on_default(),
        }
    } else {
        Styles {
            title: Style::new(),
            faint: Style::new(),
            skip: Style::new(),
        }
    };
    let mut out = String::new();
    for lab in &plan.labs {
        render_lab(&mut out, lab, last, is_here, &styles);
        out.push('\n');
    }
    out.push_str(&summary(plan));
    out
}

fn render_lab(
    out: &mut String,
    lab: &Lab,
    last: Option<&LastRun>,
    is_here: &dyn Fn(&str) -> bool,
    styles: &Styles,
) {
    let Styles { title, faint, .. } = styles;
    let _ = writeln!(
        out,
        "{title}{}{title:#} {faint}{}{faint:#}",
        one_line(&lab.title),
        one_line(&lab.path.display().to_string())
    );
    for (what, which) in needed(lab, is_here) {
        let _ = writeln!(out, "  {faint}{what}:{faint:#} {}", one_line(&which));
    }
    if let Some(run) = last.and_then(|last| last.lab(&lab.path)) {
        let (time, verdict) = (one_line(&run.time), one_line(&run.verdict));
        let took = seconds(run.duration_ms);
        let _ = writeln!(
            out,
            "  {faint}last run:{faint:#} {took}, {verdict} ({time})"
        );
    }
    for (index, page) in lab.pages.iter().enumerate() {
        let read: Vec<&FromDisk> = lab
            .from_disk
            .iter()
            .filter(|read| read.page == index)
            .collect();
        render_page(out, page, &read, last, styles);
    }
}

/// What a lab needs, a line for each sort of thing.
fn needed(lab: &Lab, is_here: &dyn Fn(&str) -> bool) -> Vec<(&'static str, String)> {
    let needs = needs::of(lab);
    let missing: Vec<String> = needs
        .tools
        .iter()
        .filter(|tool| !is_here(tool))
        .map(|tool| match programs::how_to_get(tool) {
            Some(get) => format!("{tool} ({get})"),
            None => tool.clone(),
        })
        .collect();
    let join = |names: std::collections::BTreeSet<String>| {
        names.into_iter().collect::<Vec<_>>().join(", ")
    };
    let namespaces: Vec<String> = needs
        .namespaces
        .into_iter()
        .map(|(name, made)| match made {
            true => format!("{name} (made here)"),
            false => name,
        })
        .collect();
    let addons: Vec<String> = needs
        .addons
        .into_iter()
        .map(|(name, why)| format!("{name} ({why})"))
        .collect();
    let mut lines = vec![
        ("tools", join(needs.tools)),
        ("tools not on PATH", missing.join(", ")),
        ("images", join(needs.images.into_keys().collect())),
        ("namespaces", namespaces.join(", ")),
        ("add-ons", addons.join(", ")),
        ("manifests not here", join(needs.unread)),
    ];
    lines.retain(|(_, which)| !which.is_empty());
    lines
}

fn seconds(milliseconds: u64) -> String {
    match milliseconds {
        0..=9_949 => format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100),
        9_950..=119_999 => format!("{} s", milliseconds / 1000),
        _ => format!(
            "{} min {} s",
            milliseconds / 60_000,
            milliseconds % 60_000 / 1000
        ),
    }
}

fn render_page(
    out: &mut String,
    page: &Page,
    read: &[&FromDisk],
    last: Option<&LastRun>,
    styles: &Styles,
) {
    let Styles { faint, skip, .. } = styles;
    let path = one_line(&page.file.path().display().to_string());
    if page.steps.is_empty() && page.unread.is_empty() {
        let _ = writeln!(out, "  {path} {faint}(no steps){faint:#}");
        return;
    }
    let _ = writeln!(out, "  {path}");
    for step in &page.steps {
        let mut head = format!("{faint}{:>6}  {}{faint:#}", step.line, one_line(&step.id));
        if let Some(reason) = &step.skip {
            let _ = write!(head, "  {skip}skipped: {}{skip:#}", one_line(reason));
        }
        let took = last.and_then(|last| last.step(page.file.path(), &step.id));
        if let Some(notes) = notes(step, took) {
            let _ = write!(head, "  {faint}{notes}{faint:#}");
        }
        let _ = writeln!(out, "{head}");
        for command in &step.commands {
            let first = command.text.lines().next().unwrap_or("");
            let more = command.text.lines().count().saturating_sub(1);
            let more = if more > 0 {
                format!(" {faint}(+{more} lines){faint:#}")
            } else {
                String::new()
            };
            let compared = if command.expected.is_some() { '=' } else { ' ' };
            let _ = writeln!(
                out,
                "        {compared} {}{more}",
                one_line(first.trim_end_matches('\\').trim_end())
            );
            for read in read.iter().filter(|read| read.line == command.line) {
                let _ = writeln!(
                    out,
                    "          {faint}read from the disk; on the page: {}{faint:#}",
                    one_line(&read.url)
                );
            }
        }
    }
    for block in &page.unread {
        let _ = writeln!(
            out,
            "{faint}{:>6}{faint:#}  {skip}looks like commands, not run: {}{skip:#}",
            block.line,
            one_line(&block.reason)
        );
    }
}

/// What differs from the defaults, and how long the step took last time.
fn notes(step: &Step, took: Option<u64>) -> Option<String> {
    let options = &step.options;
    let mut notes = Vec::new();
    if options.timeout.as_secs() != 120 {
        notes.push(format!("timeout {}s", options.timeout.as_secs()));
    }
    if !options.wait.is_zero() {
        notes.push(format!("wait up to {}s", options.wait.as_secs()));
    }
    if let Some(hook) = &options.hook {
        notes.push(format!("hook {hook}"));
    }
    if options.expect_error {
        notes.push("must fail".to_owned());
    }
    if let Some(only) = &options.only {
        notes.push(format!("only on {only}"));
    }
    notes.extend(took.map(|took| format!("took {}", seconds(took))));
    (!notes.is_empty()).then(|| notes.join(", "))
}

fn summary(plan: &Plan) -> String {
    let mut pages = 0;
    let mut commands = 0;
    let mut compared = 0;
    let mut skipped: BTreeMap<&str, usize> = BTreeMap::new();
    let mut steps = 0;
    for page in plan.labs.iter().flat_map(|lab| &lab.pages) {
        pages += 1;
        for step in &page.steps {
            steps += 1;
            match &step.skip {
                Some(reason) => *skipped.entry(reason).or_default() += 1,
                None => {
                    commands += step.commands.len();
                    compared += step
                        .commands
                        .iter()
                        .filter(|command| command.expected.is_some())
                        .count();
                }
            }
        }
    }
    let mut text = format!(
        "{}, {}, {}; {} would run, {compared} of them with output to compare (=)\n",
        count(plan.labs.len(), "lab"),
        count(pages, "page"),
        count(steps, "step"),
        count(commands, "command"),
    );
    let pages = plan.labs.iter().flat_map(|lab| &lab.pages);
    let unread: usize = pages.map(|page| page.unread.len()).sum();
    if unread > 0 {
        let verb = if unread == 1 { "looks" } else { "look" };
        let _ = writeln!(
            text,
            "{} more {verb} like commands and would not run: see the reasons above",
            count(unread, "block")
        );
    }
    let all: usize = skipped.values().sum();
    if all > 0 {
        let reasons: Vec<String> = skipped
            .iter()
            .map(|(reason, n)| format!("{n} {reason}"))
            .collect();
        let _ = writeln!(
            text,
            "{} skipped: {}",
            count(all, "step"),
            reasons.join(", ")
        );
    }
    text
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

/// Text without line breaks and control characters: a file's name may hold any.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}
