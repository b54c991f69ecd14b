//! What a status of 141 says of a command: a writer that SIGPIPE ended, since its reader had enough (`| head`, `| grep -q`).
//!
//! Entry points: [`broken_pipe`], and [`last_pipeline`] for any other status. Under `pipefail` such a writer's 141 is the pipeline's status, where the same text in a
//! shell without it ends with 0. `pipefail` reports the last status that is not 0, so the reader itself ended with 0.

use super::lexer::simple_commands;
use super::words::{Joint, Simple};

/// What bash reports of a writer that SIGPIPE ended: 128 and the signal's number.
pub const BROKEN_PIPE: i32 = 141;

/// What a status of [`BROKEN_PIPE`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrokenPipe {
    /// The last pipeline's reader had enough, and nothing is lost.
    Harmless,
    /// A reader may have had enough before the end of the text, so that what stands after `&&` did not run.
    Unsure,
    /// There is no pipe: the command itself ended so.
    Own,
}

/// What it says of a command that it ended with [`BROKEN_PIPE`].
pub fn broken_pipe(text: &str) -> BrokenPipe {
    let commands = simple_commands(text);
    if !commands.iter().any(|one| one.joint == Joint::Pipe) {
        return BrokenPipe::Own;
    }
    let outer: Vec<&Simple> = level(&commands, 0);
    // What ends before the last list leaves no status.
    let ends = |one: &&Simple| matches!(one.joint, Joint::End | Joint::Background);
    let begins = outer
        .split_last()
        .and_then(|(_, before)| before.iter().rposition(ends));
    let guards = outer[begins.map_or(0, |at| at + 1)..]
        .windows(2)
        .any(|two| two[0].joint == Joint::Pipe && two[1].joint == Joint::And);
    let depth = match outer.last() {
        // The status of `x=$(a | b)` is that of what it holds.
        Some(only) if only.command().is_empty() => 1,
        _ => 0,
    };
    let is_piped_to = last_pipeline(&commands, depth).len() > 1;
    match is_piped_to && !guards {
        true => BrokenPipe::Harmless,
        false => BrokenPipe::Unsure,
    }
}

/// The commands of the last pipeline, which a text's status is from; `depth`: inside so many substitutions.
pub fn last_pipeline(commands: &[Simple], depth: usize) -> Vec<&Simple> {
    let mut last = level(commands, depth);
    let begins = last
        .split_last()
        .and_then(|(_, before)| before.iter().rposition(|one| one.joint != Joint::Pipe));
    last.split_off(begins.map_or(0, |at| at + 1))
}

fn level(commands: &[Simple], depth: usize) -> Vec<&Simple> {
    commands.iter().filter(|one| one.depth == depth).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_broken_pipe_says() {
        for (text, expected) in [
            ("kubectl logs web | head -n 1", BrokenPipe::Harmless),
            (
                "cd x && kubectl logs web | grep -q ok",
                BrokenPipe::Harmless,
            ),
            ("a | b | sed 1q", BrokenPipe::Harmless),
            ("for i in 1 2; do a | head -1; done", BrokenPipe::Harmless),
            (
                "for i in 1 2; do echo $i; done | head -1",
                BrokenPipe::Harmless,
            ),
            ("(a; b) | head -1", BrokenPipe::Harmless),
            ("x=$(a | head -1)", BrokenPipe::Harmless),
            ("a | head -1 || b | c", BrokenPipe::Harmless),
            (
                "for i in 1; do a | grep -q x && break; done; a | head -1",
                BrokenPipe::Harmless,
            ),
            ("a | head -1 && b", BrokenPipe::Unsure),
            ("a | grep -q x && b | head -1", BrokenPipe::Unsure),
            ("{ a | grep -q x; } && b | head -1", BrokenPipe::Unsure),
            ("a | head -1; b", BrokenPipe::Unsure),
            ("echo $(a | head -1)", BrokenPipe::Unsure),
            ("kubectl exec web -- sh -c 'a | b'", BrokenPipe::Own),
            ("kill -PIPE $$", BrokenPipe::Own),
            ("", BrokenPipe::Own),
        ] {
            assert_eq!(broken_pipe(text), expected, "{text}");
        }
    }
}
