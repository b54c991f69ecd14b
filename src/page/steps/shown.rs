//! Code that shows what a command printed, and the command that it belongs to.

use super::super::blocks::{Fence, Line};
use super::super::printed::{is_output, is_printed};
use super::super::prompt::Prompt;
use super::super::tools::is_command;
use super::super::{Command, Expected, Step, below, follow, lead, skip};
use super::inside::is_outside;
use super::{Reader, first_line};
use crate::source::{SourceFile, Span};

impl Reader<'_> {
    /// A fence that shows output: of the command before it, or of one in the prose.
    pub(super) fn output(
        &mut self,
        language: &str,
        fence: &Fence<'_>,
        lead: &str,
        before: Option<usize>,
    ) {
        let Some(first) = first_line(fence) else {
            return;
        };
        let manifest = follow::is_manifest(fence.lines.iter().map(|line| line.text.as_ref()));
        let language = if manifest { "yaml" } else { language };
        let file = self.source.file;
        let offset = self.at.min(fence.span.start);
        let owner = before.and_then(|index| self.steps[index].commands.last());
        // Copied from a terminal, it begins with the command.
        let typed = Prompt::of(&fence.lines, false);
        let typed = typed.and_then(|prompt| prompt.strip(&first.text).map(str::to_owned));
        let typed = typed.as_deref().unwrap_or(&first.text).trim();
        let lines = match owner.filter(|command| command.text.trim() == typed) {
            Some(_) => without_first(&fence.lines),
            None => &fence.lines,
        };
        let Some(first) = first_of(lines) else {
            return;
        };
        let inline = follow::inline_command(lead)
            .filter(|inline| owner.is_none_or(|command| !command.text.starts_with(inline.text)));
        if let Some(inline) = inline
            && let rest = &lead[inline.start + inline.text.len() + 1..]
            && let plainly = follow::plainly_of_inline(rest, inline.text, &first.text)
            && (plainly
                || (!self.dialects.any_prompts() || lead::announces_output(rest))
                    && follow::shows_output(rest, inline.text, language, &first.text))
        {
            let span = Span::new(
                offset + inline.start,
                offset + inline.start + inline.text.len(),
            );
            let command = Command {
                text: inline.text.to_owned(),
                line: file.line_of(span.start),
                span,
                expected: Some(shown(file, lines)),
            };
            self.prose(span, fence.section, vec![command]);
            return;
        }
        // What the prose names last printed it, whether or not that is run here.
        if inline.is_some() && self.dialects.any_prompts() && is_output(&first.text) {
            return;
        }
        let Some(index) = before else {
            return;
        };
        let step = &mut self.steps[index];
        let elsewhere = lead::is_elsewhere(lead)
            || matches!(step.skip.as_deref(), Some(skip::INSIDE | skip::ON_MACHINE))
                && is_outside(lead);
        let Some(command) = step.commands.last_mut() else {
            return;
        };
        if elsewhere
            || command.expected.is_some()
            || !follow::shows_output(lead, &command.text, language, &first.text)
        {
            return;
        }
        if self.prompted && !lead::plainly_announces(lead) {
            self.below.push((index, shown(file, lines)));
        } else {
            command.expected = Some(shown(file, lines));
        }
    }

    /// A page with prompts shows output below them, or in fences of its own, seldom now one and now the other: unless
    /// the page says that it is output, what stands in the next fence there is as often a log to look at or a file.
    pub(super) fn finish(mut self) -> Vec<Step> {
        if !self.shows_below {
            for (index, shown) in std::mem::take(&mut self.below) {
                if let Some(command) = self.steps[index].commands.last_mut() {
                    command.expected = Some(shown);
                }
            }
        }
        self.steps
    }
}

/// Whether a shell's fence below a command holds what that printed: no line is plainly a command, and some line cannot be one.
pub(super) fn is_answer(fence: &Fence<'_>) -> bool {
    let first = first_line(fence).map_or("", |line| line.text.trim());
    let typed = first.starts_with("sudo ")
        || [" -", "|", ">", "$", "./"]
            .iter()
            .any(|mark| first.contains(mark));
    !typed
        && !is_group(fence)
        && fence.lines.iter().all(|line| !is_command(&line.text))
        && fence.lines.iter().any(|line| is_printed(&line.text))
}

/// Whether a fence begins with `{` as a group of commands does, and not as JSON does.
pub(super) fn is_group(fence: &Fence<'_>) -> bool {
    let mut lines = fence.lines.iter().map(|line| line.text.trim());
    let mut next = || lines.by_ref().find(|line| !line.is_empty());
    next() == Some("{")
        && next().is_some_and(|line| {
            let word = line.split_whitespace().next().unwrap_or("");
            word.starts_with(|c: char| c.is_ascii_alphabetic()) && !word.contains(':')
        })
}

/// The first line that is not blank.
fn first_of<'a, 'b>(lines: &'a [Line<'b>]) -> Option<&'a Line<'b>> {
    lines.iter().find(|line| !line.text.trim().is_empty())
}

/// The lines below the first one that is not blank.
fn without_first<'a, 'b>(lines: &'a [Line<'b>]) -> &'a [Line<'b>] {
    let first = lines.iter().position(|line| !line.text.trim().is_empty());
    first.map_or(&[], |first| &lines[first + 1..])
}

/// Lines of a fence as shown output.
fn shown(file: &SourceFile, lines: &[Line<'_>]) -> Expected {
    let blank = |line: &Line<'_>| line.text.trim().is_empty();
    let from = lines.iter().take_while(|line| blank(line)).count();
    let to = lines.len() - lines.iter().rev().take_while(|line| blank(line)).count();
    below::shown_text(file, &lines[from..to.max(from)])
}
