//! The end of the terminal report: every failure in full, then what was and was not verified.
//!
//! Entry points: [`failures`] and [`render`].

use std::fmt::Write;

use super::style::{
    BOLD, DIM, GREEN, RED, YELLOW, count, mark, one_line, paint, printable, seconds,
};
use crate::event::{
    CheckRecord, CommandRecord, LabRecord, PageRecord, RunRecord, StepRecord, Verdict,
};
use crate::syntax::quoted;

/// How many lines of a diff or of an output are shown; `--json` has them all.
const SHOWN_LINES: usize = 40;

/// How many characters of such a line.
const SHOWN_WIDTH: usize = 400;

/// Everything that did not pass, each with its page, line, command, reasons and diff.
pub fn failures(record: &RunRecord) -> String {
    let mut out = String::new();
    for page in record.labs.iter().flat_map(|lab| &lab.pages) {
        for step in &page.steps {
            for command in &step.commands {
                failed_command(&mut out, page, step, command);
            }
            for check in step.checks.iter().filter(|check| check.is_bad()) {
                failed_check(&mut out, page, step, check);
            }
            if let Some(folder) = &step.artifacts {
                // It belongs to what was told last.
                out.truncate(out.trim_end().len());
                let text = format!(
                    "\n    {} {}\n",
                    paint(BOLD, "all there is to see:"),
                    printable(folder)
                );
                out.push_str(&text);
                out.push('\n');
            }
        }
    }
    for lab in &record.labs {
        if let Some(broken) = &lab.broken {
            let _ = writeln!(
                out,
                "{} {}\n    {broken}\n",
                heading(Verdict::Broken),
                lab.path
            );
        }
    }
    out
}

fn heading(verdict: Verdict) -> String {
    let style = if verdict == Verdict::Fail {
        RED
    } else {
        YELLOW
    };
    paint(style.bold(), &verdict.word().to_uppercase())
}

/// All that is wrong with a command, at its line: what people look for first. Where its output is shown stands at the diff.
fn failed_command(out: &mut String, page: &PageRecord, step: &StepRecord, command: &CommandRecord) {
    let bad: Vec<&CheckRecord> = command
        .checks
        .iter()
        .filter(|check| check.is_bad())
        .collect();
    if bad.is_empty() {
        return;
    }
    let place = paint(BOLD, &format!("{}:{}", page.path, command.line));
    let section = step.section.as_deref().unwrap_or(&page.title);
    let _ = writeln!(
        out,
        "{} {place}  in step {}, \"{section}\"",
        heading(command.verdict),
        step.id
    );
    for (index, line) in command.text.lines().take(SHOWN_LINES).enumerate() {
        let prompt = if index == 0 { '$' } else { '>' };
        let _ = writeln!(out, "    {prompt} {}", shown(line));
    }
    for read in &command.from_disk {
        let _ = writeln!(out, "      {}", paint(DIM, &printable(&read.remark())));
    }
    for check in command.telling() {
        explanation(out, check);
    }
    let compared = bad.iter().any(|check| check.kind == "output");
    let output = command.output.trim();
    let said = output.strip_prefix("bash: line 1: ").unwrap_or(output);
    if !compared && !bad[0].reasons.iter().any(|reason| reason.contains(said)) {
        for line in output.lines().take(SHOWN_LINES) {
            let _ = writeln!(out, "    | {}", shown(line));
        }
        more(out, output.lines().count());
    }
    bad.iter().for_each(|check| diff(out, check));
    out.push('\n');
}

/// A check on the cluster, or a hook.
fn failed_check(out: &mut String, page: &PageRecord, step: &StepRecord, check: &CheckRecord) {
    let place = paint(BOLD, &format!("{}:{}", check.path, check.line));
    let _ = writeln!(out, "{} {place}  {}", heading(check.verdict), check.name);
    let section = step.section.as_deref().unwrap_or(&page.title);
    let _ = writeln!(
        out,
        "    after step {} ({}:{}, \"{section}\")",
        step.id, page.path, step.line
    );
    explanation(out, check);
    diff(out, check);
    out.push('\n');
}

/// Why a check did not pass.
fn explanation(out: &mut String, check: &CheckRecord) {
    for reason in &check.reasons {
        let mut lines = reason.lines();
        let _ = writeln!(out, "    - {}", shown(lines.next().unwrap_or_default()));
        for line in lines {
            let _ = writeln!(out, "      {}", shown(line));
        }
    }
    if let Some(cause) = &check.likely_cause {
        let _ = writeln!(
            out,
            "    {} {}",
            paint(YELLOW, "likely cause:"),
            printable(cause)
        );
    }
    for line in &check.evidence {
        let _ = writeln!(out, "    {}", paint(DIM, &printable(line)));
    }
}

fn diff(out: &mut String, check: &CheckRecord) {
    if check.diff.is_empty() {
        return;
    }
    let page = format!("--- {}:{}", check.path, check.line);
    let _ = writeln!(out, "    {}", paint(RED, &page));
    let _ = writeln!(out, "    {}", paint(GREEN, "+++ what it printed"));
    for line in check.diff.iter().take(SHOWN_LINES) {
        let text = shown(line);
        let text = match line.as_bytes().first() {
            Some(b'-') => paint(RED, &text),
            Some(b'+') => paint(GREEN, &text),
            _ => text,
        };
        let _ = writeln!(out, "    {text}");
    }
    more(out, check.diff.len());
}

/// A line that harms no terminal and fills no screen.
fn shown(line: &str) -> String {
    printable(&one_line(line, SHOWN_WIDTH))
}

fn more(out: &mut String, lines: usize) {
    if lines > SHOWN_LINES {
        let rest = count(lines - SHOWN_LINES, "more line");
        let _ = writeln!(
            out,
            "    {}",
            paint(DIM, &format!("… {rest}; --json FILE has them all"))
        );
    }
}

/// The last lines of a report: the verdicts in numbers, what was verified, what was not.
pub fn render(record: &RunRecord) -> String {
    let mut out = String::new();
    let commands = commands(record);
    let by = |verdict| {
        commands
            .iter()
            .filter(|command| command.verdict == verdict)
            .count()
    };
    let checks: Vec<&CheckRecord> = steps(record).flat_map(|step| &step.checks).collect();
    let checks_by = |verdict| {
        checks
            .iter()
            .filter(|check| check.verdict == verdict)
            .count()
    };
    let skipped = steps(record)
        .filter(|step| step.verdict == Verdict::Skipped)
        .count();

    let mut parts = Vec::new();
    for (verdict, word) in [
        (Verdict::Fail, "failed"),
        (Verdict::Broken, "broken"),
        (Verdict::Pass, "passed"),
    ] {
        let number = by(verdict) + checks_by(verdict);
        if number > 0 || verdict == Verdict::Pass {
            parts.push(format!("{number} {word}"));
        }
    }
    if skipped > 0 {
        parts.push(format!("{} skipped", count(skipped, "step")));
    }
    let word = if record.interrupted {
        "interrupted"
    } else {
        record.verdict.word()
    };
    let _ = writeln!(
        out,
        "{} {} in {}: {}",
        mark(record.verdict),
        paint(BOLD, word),
        seconds(record.duration_ms),
        parts.join(", "),
    );
    for line in record.broken.iter().flat_map(|broken| broken.lines()) {
        let _ = writeln!(out, "  {line}");
    }
    // Where there was no cluster there is nothing to count.
    if !record.labs.is_empty() {
        verified(&mut out, record);
    }
    not_verified(&mut out, record);
    next(&mut out, record);
    out
}

/// What helps with what did not pass.
fn next(out: &mut String, record: &RunRecord) {
    let steps: Vec<&StepRecord> = steps(record)
        .filter(|step| step.verdict >= Verdict::Broken)
        .collect();
    if steps.is_empty() || record.interrupted {
        return;
    }
    for lab in &record.labs {
        first_of_many(out, lab);
    }
    let is_stale = |lab: &&LabRecord| {
        steps_of(lab)
            .flat_map(|step| &step.commands)
            .flat_map(CommandRecord::telling)
            .any(|check| check.kind == "output" && check.verdict == Verdict::Fail)
    };
    let stale: Vec<&LabRecord> = record.labs.iter().filter(is_stale).collect();
    if let [first, others @ ..] = stale.as_slice() {
        let path = if others.is_empty() {
            quoted(&first.path)
        } else {
            "PATH".into()
        };
        let text = format!(
            "is the page stale? `labproof update {path} --dry-run` shows what it should say"
        );
        let _ = writeln!(out, "  {} {text}", paint(BOLD, "next:"));
    }
    if steps.iter().all(|step| step.artifacts.is_none()) {
        let text =
            "`--artifacts DIR` keeps all there is to see of a failure: describe, events, logs";
        let _ = writeln!(out, "  {} {text}", paint(BOLD, "next:"));
    }
}

/// Where to begin, where a command did not work and more failed after it: they may lack what it should have made.
fn first_of_many(out: &mut String, lab: &LabRecord) {
    let commands = lab.pages.iter().flat_map(|page| {
        let commands = page.steps.iter().flat_map(|step| &step.commands);
        commands.map(move |command| (page, command))
    });
    let mut failed = commands.filter(|(_, command)| command.verdict == Verdict::Fail);
    let Some((page, command)) = failed.next() else {
        return;
    };
    let more = failed.count();
    if more > 1 && command.telling().any(|check| check.kind == "exit") {
        let text = format!(
            "begin with {}:{}: {} failed after it, perhaps for want of what it should have done",
            page.path,
            command.line,
            count(more, "command"),
        );
        let _ = writeln!(out, "  {} {text}", paint(BOLD, "next:"));
    }
}

fn verified(out: &mut String, record: &RunRecord) {
    let coverage = record.coverage;
    let _ = writeln!(
        out,
        "  verified: {} of {} ran, output of {} compared ({}), {} on the cluster",
        coverage.commands_run,
        count(coverage.commands, "command"),
        coverage.commands_compared,
        count(coverage.lines_compared, "line"),
        count(coverage.cluster_checks, "check"),
    );
    let shares = coverage.shares().into_iter();
    let shares: Vec<String> = shares
        .filter_map(|(what, share)| share.map(|share| format!("{share} % of the {what}")))
        .collect();
    if !shares.is_empty() {
        let _ = writeln!(out, "  coverage: {}", shares.join(", "));
    }
    let read = commands(record);
    let read: usize = read.iter().map(|command| command.from_disk.len()).sum();
    if read > 0 {
        let _ = writeln!(
            out,
            "  {} of the pages read from the disk: that the web has the same was not looked at",
            count(read, "URL"),
        );
    }
    if record.settling_saved_ms > 0 {
        let saved = seconds(record.settling_saved_ms);
        let _ = writeln!(out, "  settling saved {saved} against fixed waits");
    }
}

fn not_verified(out: &mut String, record: &RunRecord) {
    const LISTED: usize = 8;
    if record.unproven.is_empty() {
        return;
    }
    let _ = writeln!(out, "  not verified:");
    for item in record.unproven.iter().take(LISTED) {
        let text = format!(
            "    {}:{} {} ({})",
            item.path, item.line, item.step, item.reason
        );
        let _ = writeln!(out, "{}", paint(DIM, &text));
    }
    if let Some(rest) = record
        .unproven
        .len()
        .checked_sub(LISTED)
        .filter(|rest| *rest > 0)
    {
        let text = format!("    and {rest} more; --json FILE lists them all");
        let _ = writeln!(out, "{}", paint(DIM, &text));
    }
}

fn steps(record: &RunRecord) -> impl Iterator<Item = &StepRecord> {
    record.labs.iter().flat_map(steps_of)
}

fn steps_of(lab: &LabRecord) -> impl Iterator<Item = &StepRecord> {
    lab.pages.iter().flat_map(|page| &page.steps)
}

fn commands(record: &RunRecord) -> Vec<&CommandRecord> {
    steps(record).flat_map(|step| &step.commands).collect()
}
