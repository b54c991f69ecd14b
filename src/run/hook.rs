//! eks-workshop's hooks: scripts beside the pages, run around a step or around a directory.
//!
//! A hook is a bash of its own that sees what the lab has exported; what it changes of its own
//! surroundings stays with it. After a step it finds the step's output in `TEST_OUTPUT`, and in
//! the file that `TEST_OUTPUT_FILE` names.

use std::path::Path;
use std::time::{Duration, Instant};

use super::fault::Rests;
use super::lab::{Here, LabRun};
use super::millis;
use crate::event::{CheckRecord, Event, StepAt, Verdict};
use crate::shell::{End, Limits, Outcome, Session};
use crate::syntax::quoted;

/// Bytes of output that fit into an environment variable: Linux takes 128 KiB for one, its name
/// included (MAX_ARG_STRLEN).
const VARIABLE_LIMIT: usize = 120 << 10;

/// On which side of a step or directory a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    Before,
    After,
}

impl Moment {
    fn word(self) -> &'static str {
        match self {
            Moment::Before => "before",
            Moment::After => "after",
        }
    }
}

/// A hook to run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hook<'a> {
    pub(super) script: &'a Path,
    pub(super) moment: Moment,
    pub(super) timeout: Duration,
    /// What the commands of the step printed; empty before it.
    pub(super) output: &'a str,
    /// The page and line that name the hook.
    pub(super) named_at: (&'a Path, usize),
}

/// Runs a hook and tells what came of it.
///
/// # Errors
/// When there is no shell to run it in any more, or its output file cannot be written.
pub(super) async fn run(
    run: &LabRun<'_>,
    session: &mut Session,
    at: StepAt,
    hook: Hook<'_>,
) -> Result<Verdict, String> {
    let started = Instant::now();
    let name = format!("{} {}", hook.script.display(), hook.moment.word());
    run.emitter.emit(Event::Progress {
        lab: Some(run.index),
        what: format!("hook: {name}"),
    });
    let file = output_file(hook.output, run.connection.private_dir()).map_err(|error| {
        format!("the output for {name} cannot be written to a temporary file: {error}")
    })?;
    let limits = Limits {
        deadline: hook.timeout,
        until: None,
        interrupt: Some(run.cancel),
        on_output: None,
    };
    let outcome = session
        .run(&command(hook, file.path())?, limits)
        .await
        .map_err(|error| error.to_string())?;
    run.learn_secrets().await;
    let (verdict, reason) = judge(&outcome, hook.timeout);
    let (path, line) = hook.named_at;
    let mut record = CheckRecord {
        verdict,
        reasons: reason.into_iter().collect(),
        duration_ms: millis(started.elapsed()),
        ..CheckRecord::new("hook", name, path, line)
    };
    let weighed = std::slice::from_mut(&mut record);
    let said = &outcome.output.merged.text;
    run.faults.weigh(weighed, Rests::Seen, said).await;
    let verdict = record.verdict;
    run.emitter.emit(Event::CheckFinished { at, record });
    Ok(verdict)
}

/// Tells that a hook which the page relies on is not there: what it would have found is not known.
pub(super) fn missing(run: &LabRun<'_>, here: Here<'_>, name: &str) -> Verdict {
    let verdict = Verdict::Broken;
    let page = here.page.file.path();
    let reason = format!("there is no tests/hook-{name}.sh beside the page");
    run.emitter.emit(Event::CheckFinished {
        at: here.at,
        record: CheckRecord {
            verdict,
            reasons: vec![reason],
            ..CheckRecord::new("hook", format!("hook {name}"), page, here.step.line)
        },
    });
    verdict
}

fn output_file(output: &str, folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::Builder::new()
        .prefix("output-")
        .tempfile_in(folder)?;
    std::io::Write::write_all(&mut file, output.as_bytes())?;
    Ok(file)
}

/// The subshell that runs the script, in the folder of the page that it belongs to.
fn command(hook: Hook<'_>, output: &Path) -> Result<String, String> {
    let script = std::path::absolute(hook.script).map_err(|error| error.to_string())?;
    // The script stands in `tests` beside the pages.
    let folder = script
        .parent()
        .and_then(Path::parent)
        .unwrap_or(Path::new("/"));
    Ok(format!(
        "(cd {folder} && TEST_OUTPUT_FILE={output} TEST_OUTPUT=\"$(head -c {VARIABLE_LIMIT} {output} | tr -d '\\0')\" \
         bash {script} {moment})",
        folder = quoted(&folder.to_string_lossy()),
        output = quoted(&output.to_string_lossy()),
        script = quoted(&script.to_string_lossy()),
        moment = hook.moment.word(),
    ))
}

fn judge(outcome: &Outcome, timeout: Duration) -> (Verdict, Option<String>) {
    match outcome.end {
        End::Exited(0) => (Verdict::Pass, None),
        End::Exited(code) => {
            let said = outcome.output.merged.text.trim();
            let reason = match said.is_empty() {
                true => format!("exited with {code}"),
                false => format!("exited with {code}:\n{said}"),
            };
            (Verdict::Fail, Some(reason))
        }
        End::TimedOut => {
            let reason = format!("did not end within {} s (hookTimeout)", timeout.as_secs());
            (Verdict::Fail, Some(reason))
        }
        End::SawText | End::Interrupted | End::ShellKilled => (
            Verdict::Broken,
            Some("it was ended before it was done".to_owned()),
        ),
    }
}
