//! The fences of a page → its steps, and the output that belongs to each command.
//!
//! Fences are gone through in page order, because what one means can depend on the one before: a fence after
//! `kubectl exec -it ... -- sh` is typed into that shell, a fence after a command may show what it printed.

mod inside;
mod shown;

use super::blocks::{Blocks, Fence, Line};
use super::dialect::{self, Dialects, Reading};
use super::info::{self, Info, is_session, is_shell};
use super::label::{self, Unread};
use super::printed::is_printed;
use super::tools::is_command;
use super::{
    Command, Expected, FrontMatter, Step, StepOptions, bare, endless, execute, follow, interpreter,
    lead, skip, transcript,
};
use inside::{Shells, is_for_container};
use shown::{is_answer, is_group};

use crate::source::{Diagnostic, Severity, SourceFile, Span};

/// What the steps of a page are read from.
pub(super) struct Source<'a> {
    pub file: &'a SourceFile,
    pub blocks: &'a Blocks<'a>,
    pub front: &'a FrontMatter,
    /// Names the steps that have no name of their own.
    pub stem: &'a str,
    /// The kind of cluster of the run.
    pub profile: Option<&'a str>,
}

/// Reads every block that holds something to run as a step; gives those that look like it and are not run, too.
pub(super) fn read(
    source: &Source<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<Step>, Vec<Unread>) {
    let mut infos: Vec<Info> = source
        .blocks
        .fences
        .iter()
        .map(|fence| {
            info::read(
                source.file,
                fence.info,
                &source.front.interpreters,
                diagnostics,
            )
        })
        .collect();
    let runs = |language: &str| source.front.interpreters.program(language).is_some();
    let unread = label::read(source.file, &mut infos, &source.blocks.fences, runs);
    let dialects = Dialects::of(
        source.front.dialect,
        infos
            .iter()
            .zip(&source.blocks.fences)
            .filter(|(info, _)| is_shell(&info.language))
            .map(|(info, fence)| (info.language.as_str(), fence)),
    );
    let mut reader = Reader {
        source,
        diagnostics,
        dialects,
        steps: Vec::new(),
        before: None,
        prompted: false,
        shells: Shells::default(),
        at: 0,
        below: Vec::new(),
        shows_below: false,
        indented: false,
    };
    for (info, fence) in infos.into_iter().zip(&source.blocks.fences) {
        // Indentation makes code of prose by mistake; where commands are written so, output is too.
        let code = is_shell(&info.language) || reader.indented;
        if fence.indented && !code {
            continue;
        }
        reader.clicks(fence.span.start, fence.section);
        reader.fence(info, fence);
        reader.at = fence.span.end;
    }
    reader.clicks(source.file.text().len(), None);
    (reader.finish(), unread)
}

struct Reader<'a> {
    source: &'a Source<'a>,
    diagnostics: &'a mut Vec<Diagnostic>,
    dialects: Dialects,
    steps: Vec<Step>,
    /// The step that the fence just before was, if the next fence may show its output.
    before: Option<usize>,
    /// Whether that step is written with prompts.
    prompted: bool,
    /// Where what the reader types goes.
    shells: Shells,
    /// Where the fence before ends.
    at: usize,
    /// Fences below transcripts that may show the output of a step's last command.
    below: Vec<(usize, Expected)>,
    /// Whether some command with a prompt has its output below it, in the same block.
    shows_below: bool,
    /// Whether the last step is indented code.
    indented: bool,
}

impl Reader<'_> {
    fn fence(&mut self, info: Info, fence: &Fence<'_>) {
        if !fence.closed {
            self.unclosed(fence);
        }
        let before = self.before.take();
        let lead = &self.source.file.text()[self.at.min(fence.span.start)..fence.span.start];
        let front = self.source.front;
        if let Some(program) = front.interpreters.program(&info.language) {
            return self.script(info, fence, program, lead);
        }
        let shell = is_shell(&info.language);
        let reading = shell.then(|| self.dialects.choose(&info.language, fence));
        let recorded = info.not_run.is_some() || info.options.raw;
        let plain =
            first_line(fence).is_some_and(|line| is_printed(&line.text)) && !is_group(fence);
        let output = match &reading {
            None => {
                follow::may_be_output(&info.language)
                    || before.is_some() && lead::announces_output(lead)
            }
            // A shell's fence that plainly holds output is output.
            Some(Reading::Transcript(_)) => false,
            Some(Reading::NoPrompt) => {
                let session = is_session(&info.language) && !dialect::begins_command(fence);
                !recorded && (plain || session)
            }
            Some(Reading::Bare) => {
                let announced = before.is_some() && lead::announces_output(lead);
                let command = first_line(fence).is_some_and(|line| is_command(&line.text));
                let silent = |index: &usize| {
                    let last = self.steps[*index].commands.last();
                    last.is_some_and(|command| command.expected.is_none())
                };
                let answer = before.as_ref().is_some_and(silent)
                    && lead::prose(lead).is_some()
                    && is_answer(fence);
                !recorded && (plain || answer || announced && !command)
            }
        };
        match reading {
            Some(reading) if !output => self.step(info, fence, &reading, lead),
            // Where others have prompts, its label says nothing about what it shows.
            Some(Reading::Bare) => self.output(&info.language, fence, lead, before),
            Some(_) => self.output("", fence, lead, before),
            _ if output => self.output(&info.language, fence, lead, before),
            _ => {}
        }
    }

    /// The commands in the prose up to `end` that a click runs: a step each.
    fn clicks(&mut self, end: usize, section: Option<usize>) {
        let file = self.source.file;
        let start = self.at.min(end);
        for (command, after) in execute::inline(&file.text()[start..end]) {
            let span = Span::new(start + command.start, start + command.end);
            let commands = vec![Command {
                text: file.slice(span).trim().to_owned(),
                line: file.line_of(span.start),
                span,
                expected: None,
            }];
            self.prose(span, section, commands);
            self.before = Some(self.steps.len() - 1);
            self.prompted = false;
            self.at = start + after;
        }
    }

    /// A command of the prose as a step.
    fn prose(&mut self, span: Span, section: Option<usize>, commands: Vec<Command>) {
        let options = StepOptions::default();
        let skip = self
            .shells
            .of_prose(&commands)
            .map(str::to_owned)
            .or_else(|| skip::reason(&commands))
            .or_else(|| {
                endless::is_reason(&commands, &options).then(|| endless::ENDLESS.to_owned())
            });
        self.push(Step {
            id: String::new(),
            span,
            line: self.source.file.line_of(span.start),
            language: "bash".to_owned(),
            section: section.map(|index| self.source.blocks.headings[index].1.clone()),
            options,
            skip,
            commands,
        });
    }

    fn unclosed(&mut self, fence: &Fence<'_>) {
        let file = self.source.file;
        let line = file.line_span(file.line_of(fence.span.start));
        self.diagnostics.push(
            Diagnostic::at(Severity::Error, file, line, "this fence is never closed").with_help(
                "everything below it, or below it in its list item, belongs to the block",
            ),
        );
    }

    /// A fence in another language: one script for its interpreter.
    fn script(&mut self, info: Info, fence: &Fence<'_>, program: &str, lead: &str) {
        let commands = interpreter::command(self.source.file, fence, program);
        let inside = self.shells.reason(&commands, fence.section, lead, false);
        let listing = || {
            let named = info.listing.as_ref();
            named
                .map(|file| format!("listing of {file}"))
                .or_else(|| interpreter::listing(fence, lead))
        };
        let skip = info
            .not_run
            .clone()
            .or_else(|| self.other_profile(&info))
            .or_else(|| commands.is_empty().then(|| nothing_to_run(fence)))
            .or_else(|| inside.map(str::to_owned))
            .or_else(|| (!info.run).then(listing).flatten())
            .or_else(|| skip::reason(&commands))
            .or_else(|| {
                let endless = interpreter::is_python(&info.language)
                    && info.options.until.is_none()
                    && commands
                        .iter()
                        .any(|command| endless::is_endless_script(&command.text));
                endless.then(|| endless::ENDLESS.to_owned())
            });
        self.add(info, fence, commands, skip);
        self.prompted = false;
    }

    fn step(&mut self, info: Info, fence: &Fence<'_>, reading: &Reading, lead: &str) {
        let (commands, skip) = self.content(&info, fence, reading, lead);
        self.add(info, fence, commands, skip);
        self.prompted = matches!(reading, Reading::Transcript(prompt) if !prompt.is_of_container());
    }

    /// A step of what a fence holds; the next fence may show its output.
    fn add(&mut self, info: Info, fence: &Fence<'_>, commands: Vec<Command>, skip: Option<String>) {
        let file = self.source.file;
        self.push(Step {
            id: String::new(),
            span: fence.span,
            line: file.line_of(fence.span.start),
            language: info.language,
            section: self.section(fence),
            options: info.options,
            skip,
            commands,
        });
        let last = self.steps.last().and_then(|step| step.commands.last());
        let silent = last.is_some_and(|command| {
            skip::edits_file(&command.text) || follow::is_silent(&command.text)
        });
        self.before = (!silent).then(|| self.steps.len() - 1);
        self.indented = fence.indented;
    }

    /// Why a step does not run on this run's kind of cluster.
    fn other_profile(&self, info: &Info) -> Option<String> {
        match (&info.options.only, self.source.profile) {
            (Some(only), Some(profile)) if !only.split(',').any(|one| one == profile) => {
                Some(format!("profile {only}"))
            }
            _ => None,
        }
    }

    /// Adds a step, with its name.
    fn push(&mut self, mut step: Step) {
        let number = self.steps.len() + 1;
        step.id = step
            .options
            .id
            .clone()
            .unwrap_or_else(|| format!("{}-{number}", self.source.stem));
        self.steps.push(step);
    }

    fn section(&self, fence: &Fence<'_>) -> Option<String> {
        fence
            .section
            .map(|index| self.source.blocks.headings[index].1.clone())
    }

    /// The commands of a fence, and why they do not run if they do not.
    fn content(
        &mut self,
        info: &Info,
        fence: &Fence<'_>,
        reading: &Reading,
        lead: &str,
    ) -> (Vec<Command>, Option<String>) {
        let file = self.source.file;
        // A block that its author keeps from running may hold anything.
        let mut problems = Vec::new();
        let mut commands = match reading {
            _ if info.options.raw => bare::raw(file, &fence.lines),
            Reading::Transcript(prompt) => {
                let read = transcript::read(file, &fence.lines, prompt, &mut problems);
                self.shows_below |= read.iter().any(|command| command.expected.is_some());
                read
            }
            Reading::Bare => bare::read(file, &fence.lines, &mut problems),
            Reading::NoPrompt => Vec::new(),
        };
        let container = matches!(reading, Reading::Transcript(prompt) if prompt.is_of_container())
            || first_line(fence).is_some_and(|line| is_for_container(line.text.trim()));
        let inside = self
            .shells
            .reason(&commands, fence.section, lead, container);
        let by_reading = inside
            .map(str::to_owned)
            .or_else(|| skip::reason(&commands))
            .or_else(|| {
                (*reading == Reading::Bare && skip::is_run_by_container(lead))
                    .then(|| "run by a container".to_owned())
            })
            .or_else(|| {
                endless::is_reason(&commands, &info.options).then(|| endless::ENDLESS.to_owned())
            });
        if by_reading.as_deref() == Some(skip::INTERACTIVE) {
            self.shells.enter(&commands, fence.section);
            // What stands below it then is what the reader typed there.
            for command in &mut commands {
                let session = |shown: &Expected| shown.text.lines().any(super::prompt::is_of_shell);
                command.expected.take_if(|shown| session(shown));
            }
        }
        let skip = info
            .not_run
            .clone()
            .or_else(|| self.other_profile(info))
            .or_else(|| commands.is_empty().then(|| nothing_to_run(fence)))
            .or(by_reading);
        if skip.is_none() {
            self.diagnostics.extend(problems);
        }
        (commands, skip)
    }
}

fn first_line<'a>(fence: &'a Fence<'_>) -> Option<&'a Line<'a>> {
    fence.lines.iter().find(|line| !line.text.trim().is_empty())
}

fn nothing_to_run(fence: &Fence<'_>) -> String {
    let only_remarks = fence.lines.iter().all(|line| {
        let text = line.text.trim();
        text.is_empty() || text.starts_with('#')
    });
    if only_remarks {
        "no command"
    } else {
        "no prompt"
    }
    .to_owned()
}
