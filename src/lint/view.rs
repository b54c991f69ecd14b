//! A lab laid out for rules: every command with its words, every other fence, names that are known.

use super::assigned::Assigned;
use super::known::Known;
use crate::page::{Block, Command, Page, Step, blocks, is_shell};
use crate::plan::Lab;
use crate::source::{SourceFile, Span};
use crate::syntax::{Simple, Word, simple_commands};

/// A lab.
pub(super) struct LabView<'a> {
    pub lab: &'a Lab,
    pub pages: Vec<PageView<'a>>,
    /// Whether manifests may be rendered.
    pub render: bool,
    /// Whether the pages are all that the reader works through, as far as can be seen.
    pub whole: bool,
    /// What the lab makes.
    pub known: Known,
    /// Variables that any lab of the plan sets.
    assigned: &'a Assigned<'a>,
}

/// A page of it.
pub(super) struct PageView<'a> {
    pub page: &'a Page,
    pub steps: Vec<StepView<'a>>,
    /// Every fence of the page, those of steps included.
    pub blocks: Vec<Block>,
}

/// A step.
pub(super) struct StepView<'a> {
    pub step: &'a Step,
    pub commands: Vec<CommandView<'a>>,
}

/// A command.
pub(super) struct CommandView<'a> {
    pub command: &'a Command,
    pub parts: Vec<Simple>,
}

impl<'a> LabView<'a> {
    pub fn of(lab: &'a Lab, render: bool, assigned: &'a Assigned<'a>) -> Self {
        let mut view = Self {
            lab,
            pages: lab.pages.iter().map(PageView::of).collect(),
            render,
            whole: is_whole(lab),
            known: Known::default(),
            assigned,
        };
        view.known = Known::of(&view);
        view
    }

    /// Whether another lab sets a variable that this one may go on with: one that does not say that it is a lab by
    /// itself may be a chapter.
    pub fn set_elsewhere(&self, name: &str) -> bool {
        let apart = self.pages.iter().any(|page| page.page.front.lab);
        !apart && (self.assigned.any || self.assigned.names.contains(name))
    }

    /// Every command that would run, with its page and step.
    pub fn commands(
        &self,
    ) -> impl Iterator<Item = (&PageView<'a>, &StepView<'a>, &CommandView<'a>)> {
        self.all_commands()
            .filter(|(_, step, _)| step.step.skip.is_none())
    }

    /// Every command, those of skipped steps included: the reader may type them.
    pub fn all_commands(
        &self,
    ) -> impl Iterator<Item = (&PageView<'a>, &StepView<'a>, &CommandView<'a>)> {
        self.pages.iter().flat_map(|page| {
            page.steps.iter().flat_map(move |step| {
                step.commands
                    .iter()
                    .map(move |command| (page, step, command))
            })
        })
    }
}

/// Whether pages are a whole: they say that they are a lab, or are several, or one that has no place among others.
fn is_whole(lab: &Lab) -> bool {
    let [page] = lab.pages.as_slice() else {
        return true;
    };
    let path = page.file.path();
    let alone = || {
        let beside = std::fs::read_dir(&lab.directory).into_iter().flatten();
        beside
            .flatten()
            .filter(|entry| entry.path().extension() == path.extension())
            .nth(1)
            .is_none()
    };
    page.front.lab || page.front.weight.is_none() && alone()
}

impl<'a> PageView<'a> {
    fn of(page: &'a Page) -> Self {
        let steps = page
            .steps
            .iter()
            // What these rules know is the shell's.
            .filter(|step| is_shell(&step.language))
            .map(|step| StepView {
                step,
                commands: step
                    .commands
                    .iter()
                    .map(|command| CommandView {
                        command,
                        parts: simple_commands(&command.text),
                    })
                    .collect(),
            })
            .collect();
        Self {
            page,
            steps,
            blocks: blocks(page),
        }
    }

    /// What stands between the fences.
    pub fn prose(&self) -> impl Iterator<Item = &'a str> {
        let file = self.file();
        let ends = self.blocks.iter().map(|block| block.span.end);
        let starts = self.blocks.iter().map(|block| block.span.start);
        std::iter::once(0)
            .chain(ends)
            .zip(starts.chain([file.text().len()]))
            .map(move |(start, end)| file.slice(Span::new(start, end)))
    }

    pub fn file(&self) -> &'a SourceFile {
        &self.page.file
    }
}

impl CommandView<'_> {
    /// The bytes of the page that hold a part of the command's text. The whole line where the two do not
    /// agree letter by letter.
    pub fn span(&self, file: &SourceFile, start: usize, end: usize) -> Span {
        let text = &self.command.text;
        let before = &text[..start.min(text.len())];
        let number = before.matches('\n').count();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = text[line_start..].split('\n').next().unwrap_or("");
        let source = file.line_span(self.command.line + number);
        let Some(offset) = file.slice(source).rfind(line) else {
            return source;
        };
        let at = source.start + offset;
        let end = end.min(line_start + line.len()).max(start);
        Span::new(at + (start - line_start), at + (end - line_start))
    }

    pub fn word_span(&self, file: &SourceFile, word: &Word) -> Span {
        self.span(file, word.start, word.end)
    }

    /// The command's first line, without its prompt.
    pub fn first_line(&self, file: &SourceFile) -> Span {
        let end = self
            .command
            .text
            .find('\n')
            .unwrap_or(self.command.text.len());
        self.span(file, 0, end)
    }

    /// The lines shown as its output, with the span of each.
    pub fn shown_lines(&self, file: &SourceFile) -> Vec<(&str, Span)> {
        let Some(shown) = &self.command.expected else {
            return Vec::new();
        };
        shown
            .text
            .lines()
            .enumerate()
            .map(|(index, line)| (line, file.line_span(shown.line + index)))
            .collect()
    }

    /// The command, if it is nothing but one simple command.
    pub fn only(&self) -> Option<&Simple> {
        let mut outer = self.parts.iter().filter(|part| part.depth == 0);
        let only = outer.next()?;
        outer.next().is_none().then_some(only)
    }
}
