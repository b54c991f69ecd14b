//! The pace of a lab: the runner's own, or that of somebody who learns (`labproof learn`).

use async_trait::async_trait;

use super::lab::{Carried, Here, LabRun};
use crate::event::Event;
use crate::page::{Page, Step};
use crate::shell::{End, Limits, Session};

/// What is wished for when a command is next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// The command, as the page has it.
    Run,
    /// Another command in the lab's shell; the page's is still next.
    Try(String),
    /// To pass over the rest of the step.
    Skip,
    /// To end the lab here.
    Leave,
}

/// Somebody at whose pace a lab goes.
#[async_trait]
pub trait Pace: std::fmt::Debug + Send + Sync {
    /// Asked before each command of a step that runs; `command` counts from 0.
    async fn wish(&self, page: &Page, step: &Step, command: usize) -> Wish;
}

/// Waits until a command may run; whether it may.
///
/// # Errors
/// When there is no shell any more to try anything in.
pub(super) async fn waited(
    run: &LabRun<'_>,
    session: &mut Session,
    here: Here<'_>,
    command: usize,
    carried: &mut Carried<'_>,
) -> Result<bool, String> {
    let Some(pace) = &run.options.pace else {
        return Ok(true);
    };
    loop {
        let wish = tokio::select! {
            wish = pace.wish(here.page, here.step, command) => wish,
            () = run.cancel.cancelled() => Wish::Leave,
        };
        match wish {
            Wish::Run => return Ok(true),
            Wish::Skip => return Ok(false),
            Wish::Leave => {
                // As an interruption ends a lab, and no other begins.
                run.cancel.cancel();
                return Ok(false);
            }
            Wish::Try(text) => attempt(run, session, here, command, &text, carried).await?,
        }
    }
}

/// Runs a command that the page does not have. What it makes is the lab's all the same, and is taken back with it.
async fn attempt(
    run: &LabRun<'_>,
    session: &mut Session,
    here: Here<'_>,
    command: usize,
    text: &str,
    carried: &mut Carried<'_>,
) -> Result<(), String> {
    run.emitter.emit(Event::Progress {
        lab: Some(here.at.lab),
        what: text.to_owned(),
    });
    let limits = Limits {
        deadline: here.step.options.timeout,
        until: None,
        interrupt: Some(run.cancel),
        on_output: None,
    };
    let outcome = session
        .run(text, limits)
        .await
        .map_err(|error| error.to_string())?;
    run.learn_secrets().await;
    let output = outcome.output.merged.text;
    let line = here.step.commands[command].line;
    carried
        .trail
        .command(run.connection, here.at, line, text, &output)
        .await;
    run.emitter.emit(Event::CommandTried {
        at: here.at,
        text: text.to_owned(),
        output,
        exit_code: match outcome.end {
            End::Exited(code) => Some(code),
            End::TimedOut | End::SawText | End::Interrupted | End::ShellKilled => None,
        },
    });
    Ok(())
}
