//! What a command did, held against what its page says: pure, so that every case can be tried
//! without a shell.
//!
//! Entry point: [`judge`]. A command has an exit check always, an output check where the page
//! shows output, and an `absent` check where the fence asks for one.

use crate::event::{CheckRecord, Verdict};
use crate::expect::{self, Bindings, DiffLine, Happened, Shown, Side};
use crate::page::{Command, Expected, MatchKind, Page, Step, is_python};
use crate::shell::{End, Outcome};
use crate::syntax::{self, BROKEN_PIPE, BrokenPipe};

use super::complaint::{complaint, last_line};
use super::preflight;

/// The checks of one command.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) checks: Vec<CheckRecord>,
    /// What the page's volatile tokens stand for from here on.
    pub(super) bindings: Bindings,
}

impl Judged {
    /// The worst of the checks.
    pub(super) fn verdict(&self) -> Verdict {
        self.checks
            .iter()
            .map(|check| check.verdict)
            .max()
            .unwrap_or(Verdict::Broken)
    }

    /// The first reason that is not a pass, in words.
    pub(super) fn first_reason(&self) -> String {
        let failed = self
            .checks
            .iter()
            .filter(|check| check.verdict != Verdict::Pass);
        failed
            .flat_map(|check| &check.reasons)
            .next()
            .cloned()
            .unwrap_or_default()
    }
}

/// Where a command stands and what the step still owes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) page: &'a Page,
    pub(super) step: &'a Step,
    pub(super) command: &'a Command,
    /// It is the last of its step.
    pub(super) last: bool,
    /// A command of the step before it has failed.
    pub(super) failed_before: bool,
    /// `expectError=true` allows a failure without asking for one (`--compat eks-workshop`).
    pub(super) may_succeed: bool,
}

impl<'a> Place<'a> {
    /// `until=` of the fence: the step's last command runs until it shows this.
    pub(super) fn until(&self) -> Option<&'a str> {
        self.step.options.until.as_deref().filter(|_| self.last)
    }
}

/// What `until=` asks of a command.
const SHOWS_TEXT: &str = "shows the text it runs until";

/// Judges what a command did.
pub(super) fn judge(place: Place<'_>, outcome: &Outcome, bindings: &Bindings) -> Judged {
    let output = place.command.expected.as_ref().and_then(|expected| {
        compare(place, expected, outcome, bindings).map(|judgement| (expected, judgement))
    });
    let status = match &output {
        Some((shown, judgement))
            if judgement.agrees
                && (judgement.rule == "error" || expect::ends_in_error(&shown.text)) =>
        {
            Told::Error
        }
        Some((_, judgement)) if judgement.agrees => Told::Output,
        Some(_) => Told::Otherwise,
        None => Told::Nothing,
    };
    let mut checks = vec![exit_check(place, outcome, status)];
    let mut bindings = bindings.clone();
    // Where the command could not run, what it did not print says nothing about the page.
    let ran = checks[0].verdict != Verdict::Broken;
    if ran && let Some((expected, judgement)) = output {
        checks.push(output_check(place, expected, &judgement));
        if judgement.agrees {
            bindings = judgement.bindings;
        }
    }
    checks.extend(too_long(place, outcome));
    checks.extend(absent_check(place, outcome));
    Judged { checks, bindings }
}

/// A check that holds unless something is found.
fn check(
    place: Place<'_>,
    kind: &'static str,
    name: impl Into<String>,
    line: usize,
) -> CheckRecord {
    CheckRecord {
        verdict: Verdict::Pass,
        ..CheckRecord::new(kind, name, place.page.file.path(), line)
    }
}

/// What the page tells of a command beside its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// An error, and it was printed.
    Error,
    /// Output, and it was printed.
    Output,
    /// Output that was not printed.
    Otherwise,
    /// No output that could be compared.
    Nothing,
}

/// Whether the command ended as it should.
fn exit_check(place: Place<'_>, outcome: &Outcome, told: Told) -> CheckRecord {
    let options = &place.step.options;
    let mut check = check(place, "exit", "", place.command.line);
    let (verdict, name, reason) = match outcome.end {
        End::Exited(code) => exited(place, code, told, outcome),
        End::SawText => (Verdict::Pass, SHOWS_TEXT.to_owned(), None),
        End::TimedOut => {
            let seconds = options.timeout.as_secs();
            let reason = match place.until() {
                Some(text) => format!("`{text}` did not appear within {seconds} s"),
                None => {
                    format!("did not end within {seconds} s (timeout={seconds}); it was stopped")
                }
            };
            (Verdict::Fail, "ends in time".to_owned(), Some(reason))
        }
        End::Interrupted => (
            Verdict::Broken,
            "ends".to_owned(),
            Some("interrupted before it ended".to_owned()),
        ),
        End::ShellKilled => (
            Verdict::Broken,
            "ends".to_owned(),
            Some("the shell was killed while it ran, so its exit status is not known".to_owned()),
        ),
    };
    check.verdict = verdict;
    check.name = name;
    check.reasons.extend(reason);
    check
}

type Ended = (Verdict, String, Option<String>);

fn exited(place: Place<'_>, code: i32, told: Told, outcome: &Outcome) -> Ended {
    let options = &place.step.options;
    if code == 127
        && told != Told::Error
        && let Some(hint) = preflight::missing_command(&outcome.output.stderr.text)
    {
        return (Verdict::Broken, "finds its tools".to_owned(), Some(hint));
    }
    let is_cut = || syntax::broken_pipe(&place.command.text) == BrokenPipe::Unsure;
    if code == BROKEN_PIPE && is_cut() {
        return (Verdict::Broken, "ends".to_owned(), Some(CUT.to_owned()));
    }
    if let Some(text) = place.until() {
        let reason = format!("ended, with {code}, without showing `{text}`");
        return (Verdict::Fail, SHOWS_TEXT.to_owned(), Some(reason));
    }
    if place.last
        && let Some(wanted) = options.exit
    {
        let reason =
            (code != wanted).then(|| format!("exited with {code}, the page says exit={wanted}"));
        return (
            verdict_of(reason.is_none()),
            format!("exits with {wanted}"),
            reason,
        );
    }
    if options.expect_error {
        if place.may_succeed {
            return (Verdict::Pass, "may fail".to_owned(), None);
        }
        let failed = code != 0 || place.failed_before;
        let reason = (place.last && !failed).then(|| {
            "succeeded, but the page says that it must fail (expectError=true)".to_owned()
        });
        return (
            verdict_of(reason.is_none()),
            "fails as announced".to_owned(),
            reason,
        );
    }
    let stderr = &outcome.output.stderr.text;
    let text = &place.command.text;
    match told {
        _ if code == 0 => {}
        Told::Error => return (Verdict::Pass, "fails as shown".to_owned(), None),
        Told::Output if expect::status_is_an_answer(text, code) => {
            return (Verdict::Pass, format!("says so with {code}"), None);
        }
        _ if is_asked_for(place, code) => {
            return (Verdict::Pass, format!("exits with {code} as shown"), None);
        }
        // Of what was killed or stopped something may well be said, of differences nothing.
        Told::Nothing
            if expect::status_is_harmless(text, code)
                && (code != 1 || stderr.trim().is_empty()) =>
        {
            return (Verdict::Pass, format!("may end with {code}"), None);
        }
        _ => {}
    }
    let reason = (code != 0).then(|| match complaint(stderr) {
        _ if asks(place, outcome) => format!("exited with {code}: {NOBODY_ANSWERS}"),
        Some(line) => format!("exited with {code}: {line}{}", raised_at(place, stderr)),
        None if told == Told::Nothing && expect::status_is_an_answer(text, code) => {
            format!("exited with {code}{FOUND_NOTHING}")
        }
        None => format!("exited with {code}"),
    });
    (verdict_of(code == 0), "exits with 0".to_owned(), reason)
}

/// Whether the page asks for the status next, and shows this one: `echo $?`.
fn is_asked_for(place: Place<'_>, code: i32) -> bool {
    let mut after = place.step.commands.iter();
    let asks = after
        .find(|command| command.line == place.command.line)
        .and_then(|_| after.next())
        .filter(|next| matches!(next.text.trim(), "echo $?" | "echo \"$?\"" | "echo ${?}"));
    let shown = asks.and_then(|next| next.expected.as_ref());
    shown.is_some_and(|shown| shown.text.trim().parse() == Ok(code))
}

/// What a status says that the page says nothing of.
const FOUND_NOTHING: &str = ", as grep and test do when they find nothing, and diff when it finds something; show what it prints, or add `|| true` \
                             where that is as it should be";

/// What is not known of a text that ended in the middle.
const CUT: &str = "ended with 141: in a pipe a reader had enough and its writer was stopped, which counts as a failure where pipefail \
                   is on, so what stands after it may not have run; let the reader read on (`grep x >/dev/null` for `grep -q x`)";

/// What becomes of a question.
const NOBODY_ANSWERS: &str = "it asks for input, and stdin is empty in a run; give it the answer \
                              (`read name <<< Ann`, `echo y | …`, `--yes`)";

/// Whether a command that failed wanted an answer: it reads one, or its last words are a question.
fn asks(place: Place<'_>, outcome: &Outcome) -> bool {
    const QUESTIONS: [&str; 4] = ["[y/n]", "(y/n)", "[yes/no]", "(yes/no)"];
    let text = &place.command.text;
    let reads = syntax::simple_commands(text)
        .first()
        .is_some_and(|first| first.name() == "read");
    let last = last_line(&outcome.output.merged.text)
        .unwrap_or_default()
        .to_ascii_lowercase();
    reads && !text.contains('<') || QUESTIONS.iter().any(|question| last.contains(question))
}

fn verdict_of(holds: bool) -> Verdict {
    if holds { Verdict::Pass } else { Verdict::Fail }
}

/// Where in the page a python fence raised what it ended with: a traceback counts lines from the fence's first.
fn raised_at(place: Place<'_>, stderr: &str) -> String {
    let named = |line: &str| {
        let rest = line.trim_start().strip_prefix("File \"<stdin>\", line ")?;
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse::<usize>().ok()
    };
    match stderr.lines().rev().find_map(named) {
        Some(line) if is_python(&place.step.language) => {
            format!(" (line {} of the page)", place.command.line + line - 1)
        }
        _ => String::new(),
    }
}

/// Holds shown output against actual output; `None` where there is nothing to hold it against.
fn compare(
    place: Place<'_>,
    expected: &Expected,
    outcome: &Outcome,
    bindings: &Bindings,
) -> Option<expect::Judgement> {
    let options = &place.step.options;
    if options.match_kind == MatchKind::Ignore || outcome.output.merged.truncated {
        return None;
    }
    let exit_code = match outcome.end {
        End::Exited(code) => code,
        End::SawText => 0,
        End::TimedOut | End::Interrupted | End::ShellKilled => return None,
    };
    let mut shown = Shown::of(place.step, &place.command.text, &expected.text, place.last);
    shown.expect_error &= exit_code != 0 || !(place.may_succeed || place.failed_before);
    let happened = Happened {
        text: &outcome.output.merged.text,
        stdout: Some(&outcome.output.stdout.text),
        exit_code,
    };
    Some(expect::judge(shown, happened, bindings))
}

fn output_check(
    place: Place<'_>,
    expected: &Expected,
    judgement: &expect::Judgement,
) -> CheckRecord {
    let mut check = check(place, "output", "prints what the page shows", expected.line);
    check.verdict = verdict_of(judgement.agrees);
    check.rule = Some(judgement.rule);
    check.reasons.clone_from(&judgement.reasons);
    check.warnings.clone_from(&judgement.warnings);
    check.lines_compared = judgement.lines_compared;
    check.diff = judgement.diff.iter().map(diff_line).collect();
    // The failure is reported at the first line of the page that is not as shown.
    let first = judgement
        .diff
        .iter()
        .find(|line| line.side == Side::Shown)
        .and_then(|line| line.shown_line);
    check.line += first.unwrap_or(0);
    check
}

/// Output of which only beginning and end were kept cannot be held against the page: what is missing
/// may be what is wrong.
fn too_long(place: Place<'_>, outcome: &Outcome) -> Option<CheckRecord> {
    let expected = place.command.expected.as_ref()?;
    let compared = place.step.options.match_kind != MatchKind::Ignore;
    if !compared || !outcome.output.merged.truncated {
        return None;
    }
    let mut check = check(place, "output", "prints what the page shows", expected.line);
    check.verdict = Verdict::Broken;
    check.reasons.push(format!(
        "the output is {} MB, too long to be kept whole and compared; shorten it (`| head`), or say `match=ignore` on the fence",
        outcome.output.merged.total_bytes.div_ceil(1_000_000)
    ));
    Some(check)
}

fn diff_line(line: &DiffLine) -> String {
    let sign = match line.side {
        Side::Both => ' ',
        Side::Shown => '-',
        Side::Actual => '+',
    };
    format!("{sign}{}", line.text)
}

fn absent_check(place: Place<'_>, outcome: &Outcome) -> Option<CheckRecord> {
    let text = place.step.options.absent.as_ref()?;
    let mut check = check(
        place,
        "absent",
        format!("does not print `{text}`"),
        place.command.line,
    );
    if outcome.output.merged.text.contains(text.as_str()) {
        check.verdict = Verdict::Fail;
        check
            .reasons
            .push(format!("printed `{text}`, which the page says is absent"));
    } else if outcome.output.merged.truncated {
        check.verdict = Verdict::Broken;
        check
            .reasons
            .push("the output was too long to be kept whole".to_owned());
    }
    Some(check)
}

#[cfg(test)]
mod tests;
