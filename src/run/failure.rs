//! What did not pass → why, and the bundle that proves it.
//!
//! Entry points: [`explain_command`] and [`explain_check`], when something did not pass; [`finish`], at the end of its step.
//! All of it happens before the lab goes on: a later command may take away what explains the failure.

use std::path::PathBuf;
use std::time::Duration;

use super::absent;
use super::bundle::Bundle;
use super::judge::{Judged, Place};
use super::lab::{Carried, Here, LabRun};
use crate::cluster::check;
use crate::cluster::evidence::{self, Evidence, Subjects};
use crate::event::{CheckRecord, Verdict};
use crate::shell::{Limits, Outcome, Session};
use crate::verifier::Check;

/// How long the long form may take: what came in until then is kept.
const COLLECTING: Duration = Duration::from_secs(10);
/// How long the shell may take to say its environment.
const ENVIRONMENT: Duration = Duration::from_secs(3);

/// Whether there is something to explain.
pub(super) fn is_bad(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Broken)
}

/// Explains a command that did not pass in its first bad check, and keeps what the bundle of its step needs.
pub(super) async fn explain_command(
    run: &LabRun<'_>,
    here: Here<'_>,
    place: Place<'_>,
    outcome: &Outcome,
    judged: &mut Judged,
    carried: &mut Carried<'_>,
) {
    let command = place.command;
    let output = &outcome.output;
    // The bundle is written before the command is told.
    run.emitter.gate().learn_from_output(&output.merged.text);
    let mut subjects = Subjects::default();
    subjects.add_command(evidence::Command {
        text: &command.text,
        output: &output.merged.text,
        namespace: &run.connection.namespace(),
        page: here.page.file.path(),
        before: &carried.ran,
    });
    let Some(seen) = looked(
        run,
        evidence::look(run.connection, &subjects, &output.merged.text),
    )
    .await
    else {
        return;
    };
    if let Some(bad) = judged.checks.iter_mut().find(|check| is_bad(check.verdict)) {
        let said = &output.merged.text;
        bad.likely_cause = seen
            .likely_cause
            .clone()
            .or_else(|| absent::cause(here.page.file.path(), &run.lab.directory, said));
        bad.evidence.clone_from(&seen.telling);
    }
    if let Some(bundle) = collect(run, here, &seen, &mut carried.bundle).await {
        bundle.write(
            run,
            &format!("command-{}.stdout.txt", command.line),
            &output.stdout.text,
        );
        bundle.write(
            run,
            &format!("command-{}.stderr.txt", command.line),
            &output.stderr.text,
        );
    }
}

/// Explains a check on the cluster that did not pass, and keeps the objects as they are.
pub(super) async fn explain_check(
    run: &LabRun<'_>,
    here: Here<'_>,
    check: &Check,
    record: &mut CheckRecord,
    bundle: &mut Option<Bundle>,
) {
    let mut subjects = Subjects::default();
    subjects.add_check(&check.kind);
    let Some(seen) = looked(run, evidence::look(run.connection, &subjects, "")).await else {
        return;
    };
    record.likely_cause.clone_from(&seen.likely_cause);
    // Its reasons have the events already.
    let logs = seen.telling.iter().filter(|line| line.starts_with("log "));
    record.evidence = logs.cloned().collect();
    let Some(client) = &run.connection.client else {
        return;
    };
    if let Some(bundle) = collect(run, here, &seen, bundle).await {
        let state = looked(
            run,
            tokio::time::timeout(ENVIRONMENT, check::state(client, &check.kind)),
        )
        .await;
        let text = match state {
            Some(Ok(Ok(objects))) => objects
                .iter()
                .map(|object| {
                    serde_saphyr::to_string(object).unwrap_or_else(|error| format!("# {error}\n"))
                })
                .collect::<Vec<_>>()
                .join("---\n"),
            Some(Ok(Err(why))) => format!("# not read: {why}\n"),
            Some(Err(_)) | None => "# not read: no answer in time\n".to_owned(),
        };
        if !text.is_empty() {
            bundle.write(run, &format!("check-{}.yaml", check.line), &text);
        }
    }
}

/// Ends the bundle of a step that did not pass; its folder.
pub(super) async fn finish(
    run: &LabRun<'_>,
    session: &mut Session,
    here: Here<'_>,
    verdict: Verdict,
    bundle: Option<Bundle>,
) -> Option<PathBuf> {
    if !is_bad(verdict) || run.options.artifacts.is_none() {
        return None;
    }
    let mut bundle = bundle;
    if bundle.is_none() {
        // A hook: what its step's commands name is all that is known of it.
        let mut subjects = Subjects::default();
        for command in &here.step.commands {
            subjects.add_command(evidence::Command {
                text: &command.text,
                output: "",
                namespace: &run.connection.namespace(),
                page: here.page.file.path(),
                before: &[],
            });
        }
        let seen = looked(run, evidence::look(run.connection, &subjects, "")).await?;
        collect(run, here, &seen, &mut bundle).await;
    }
    let mut bundle = bundle?;
    let environment = environment(session).await;
    bundle.write(run, "environment.txt", &environment);
    let record = run.emitter.step(here.at)?;
    Some(bundle.finish(run, here, verdict, &record))
}

/// What comes of looking, unless somebody interrupts.
async fn looked<T>(run: &LabRun<'_>, looking: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        seen = looking => Some(seen),
        () = run.cancel.cancelled() => None,
    }
}

/// Writes the long form of a failure into the bundle of its step, where one is wanted.
async fn collect<'b>(
    run: &LabRun<'_>,
    here: Here<'_>,
    seen: &Evidence,
    bundle: &'b mut Option<Bundle>,
) -> Option<&'b mut Bundle> {
    let root = run.options.artifacts.as_deref()?;
    let bundle = bundle.get_or_insert_with(|| Bundle::open(root, run.lab, here));
    // What fails later in a step may be about other objects.
    let Some(place) = bundle.next_place(seen.has_objects()) else {
        return Some(bundle);
    };
    let collecting = evidence::pages(run.connection, seen);
    match looked(run, tokio::time::timeout(COLLECTING, collecting)).await {
        Some(Ok(pages)) => {
            // What a log says may be a Secret that was made since.
            run.learn_secrets().await;
            for page in &pages {
                bundle.write(run, &format!("{place}{}", page.name), &page.text);
            }
        }
        Some(Err(_)) => bundle.write(
            run,
            &format!("{place}not-collected.txt"),
            "no answer in time\n",
        ),
        None => {}
    }
    Some(bundle)
}

/// The exported variables of the shell; those that are secret by their name are masked here, all others by the gate.
async fn environment(session: &mut Session) -> String {
    // It must not fail: the lab may have said `set -e`.
    let command = "env -0 || :";
    let text = match session.run(command, Limits::within(ENVIRONMENT)).await {
        Ok(outcome) => outcome.output.stdout.text,
        Err(error) => return format!("not read: {error}\n"),
    };
    let mut lines: Vec<String> = text
        .split('\0')
        .filter_map(|entry| entry.split_once('='))
        .map(|(name, value)| match is_secret_name(name) {
            true => format!("{name}={}", crate::event::MASK),
            false => format!("{name}={value}"),
        })
        .collect();
    lines.sort();
    lines.join("\n") + "\n"
}

fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    [
        "SECRET",
        "TOKEN",
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "CREDENTIAL",
        "APIKEY",
        "API_KEY",
        "ACCESS_KEY",
        "PRIVATE_KEY",
    ]
    .iter()
    .any(|word| name.contains(word))
}
