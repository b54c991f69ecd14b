//! The fences of a page → its steps, and the output that belongs to each command.
//!
//! Fences are gone through in page order, because what one means can depend on the one before: a fence after
//! `kubectl exec -it ... -- sh` is typed into that shell, a fence after a command may show what it printed.

use super::blocks::{Blocks, Fence, Line};
use super::dialect::{self, Dialects, Reading};
use super::info::{self, Info, is_session, is_shell};
use super::tools::{is_command, is_outer, is_printed, is_remote};
use super::{
    Command, Expected, FrontMatter, Step, StepOptions, bare, endless, execute, follow, interpreter,
    skip, transcript,
};
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

/// Reads every fence that holds something to run as a step.
pub(super) fn read(source: &Source<'_>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Step> {
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
    label(&mut infos, &source.blocks.fences);
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
        inside: None,
        at: 0,
        below: Vec::new(),
    };
    for (info, fence) in infos.into_iter().zip(&source.blocks.fences) {
        reader.clicks(fence.span.start, fence.section);
        reader.fence(info, fence);
        reader.at = fence.span.end;
    }
    reader.clicks(source.file.text().len(), None);
    reader.finish()
}

/// Gives the fences that name no language one where the page shows that they are commands: what a click runs, and, on a
/// page that labels no fence as a shell's, what begins with a command.
fn label(infos: &mut [Info], fences: &[Fence<'_>]) {
    let labelled = infos.iter().any(|info| is_shell(&info.language));
    for (info, fence) in infos.iter_mut().zip(fences) {
        let anonymous = matches!(info.language.as_str(), "" | "plain" | "text" | "copy");
        if anonymous && fence.executed
            || !labelled && info.language.is_empty() && begins_unlabelled(fence)
        {
            info.language = "bash".to_owned();
        }
    }
}

fn begins_unlabelled(fence: &Fence<'_>) -> bool {
    let prompted = first_line(fence)
        .and_then(|line| line.text.trim_start().strip_prefix("$ "))
        .is_some_and(is_command);
    prompted || dialect::begins_command(fence)
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
    /// The shell that a step has opened and the reader types into.
    inside: Option<Inside>,
    /// Where the fence before ends.
    at: usize,
    /// Fences below transcripts that may show the output of a step's last command.
    below: Vec<(usize, Expected)>,
}

/// A shell that is not the run's own.
#[derive(Clone, Copy)]
enum Inside {
    /// In a container, in that section of the page.
    Container(Option<usize>),
    /// On another machine, by `ssh`: a page may stay there for chapters.
    Machine,
}

impl Inside {
    /// Why what is typed there does not run.
    fn reason(self) -> &'static str {
        match self {
            Self::Container(_) => skip::INSIDE,
            Self::Machine => skip::ON_MACHINE,
        }
    }
}

/// Says that the reader is at a shell of their own machine.
const OUTSIDE: [&str; 11] = [
    "original terminal",
    "local terminal",
    "your terminal",
    "new terminal",
    "another terminal",
    "local shell",
    "local machine",
    "jumpbox",
    "your local",
    "exit the shell",
    "outside the",
];

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
                    || before.is_some() && follow::announces_output(lead)
            }
            // A shell's fence that plainly holds output is output.
            Some(Reading::Transcript(_)) => false,
            Some(Reading::NoPrompt) => {
                let session = is_session(&info.language) && !dialect::begins_command(fence);
                !recorded && (plain || session)
            }
            Some(Reading::Bare) => {
                let announced = before.is_some() && follow::announces_output(lead);
                let command = first_line(fence).is_some_and(|line| is_command(&line.text));
                let silent = |index: &usize| {
                    let last = self.steps[*index].commands.last();
                    last.is_some_and(|command| command.expected.is_none())
                };
                let answer = before.as_ref().is_some_and(silent) && is_answer(fence);
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
        let outer = commands.iter().any(|command| is_outer(&command.text));
        let options = StepOptions::default();
        let skip = self
            .inside
            .filter(|_| !outer)
            .map(|shell| shell.reason().to_owned())
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
        let inside = self.is_inside(&commands, fence, lead, false);
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
            .or_else(|| inside.map(|shell| shell.reason().to_owned()))
            .or_else(|| (!info.run).then(listing).flatten())
            .or_else(|| skip::reason(&commands));
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
        let silent = last.is_some_and(|command| skip::edits_file(&command.text));
        self.before = (!silent).then(|| self.steps.len() - 1);
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
        let commands = match reading {
            _ if info.options.raw => bare::raw(file, &fence.lines),
            Reading::Transcript(prompt) => {
                transcript::read(file, &fence.lines, prompt, &mut problems)
            }
            Reading::Bare => bare::read(file, &fence.lines, &mut problems),
            Reading::NoPrompt => Vec::new(),
        };
        let container = matches!(reading, Reading::Transcript(prompt) if prompt.is_of_container());
        let inside = self.is_inside(&commands, fence, lead, container);
        let by_reading = inside
            .map(|shell| shell.reason().to_owned())
            .or_else(|| skip::reason(&commands))
            .or_else(|| {
                (*reading == Reading::Bare && skip::is_run_by_container(lead))
                    .then(|| "run by a container".to_owned())
            })
            .or_else(|| {
                endless::is_reason(&commands, &info.options).then(|| endless::ENDLESS.to_owned())
            });
        if by_reading.as_deref() == Some(skip::INTERACTIVE) && !leaves(&commands) {
            let machine = commands
                .iter()
                .any(|command| skip::enters_machine(&command.text));
            self.inside = Some(match machine {
                true => Inside::Machine,
                false => Inside::Container(fence.section),
            });
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

    /// The shell that an earlier fence opened, if this one is typed into it.
    fn is_inside(
        &mut self,
        commands: &[Command],
        fence: &Fence<'_>,
        lead: &str,
        container: bool,
    ) -> Option<Inside> {
        let outer = || commands.iter().any(|command| is_outer(&command.text));
        let Some(shell) = self.inside else {
            // root on a node has the prompt of root in a container, and other programs.
            return (container && !outer()).then_some(Inside::Container(fence.section));
        };
        let lead = lead.to_lowercase();
        let left = OUTSIDE.iter().any(|phrase| lead.contains(phrase))
            || match shell {
                Inside::Container(section) => section != fence.section || outer(),
                Inside::Machine => commands.iter().any(|command| is_remote(&command.text)),
            };
        if left || leaves(commands) {
            self.inside = None;
        }
        (!left || container && !outer()).then_some(shell)
    }

    /// A fence that shows output: of the command before it, or of one in the prose.
    fn output(&mut self, language: &str, fence: &Fence<'_>, lead: &str, before: Option<usize>) {
        let Some(first) = first_line(fence) else {
            return;
        };
        let file = self.source.file;
        let offset = self.at.min(fence.span.start);
        let owner = before.and_then(|index| self.steps[index].commands.last());
        if !self.dialects.any_prompts()
            && let Some(inline) = follow::inline_command(lead)
            && owner.is_none_or(|command| !command.text.starts_with(inline.text))
            && follow::shows_output(
                &lead[inline.start + inline.text.len() + 1..],
                inline.text,
                language,
                &first.text,
            )
        {
            let span = Span::new(
                offset + inline.start,
                offset + inline.start + inline.text.len(),
            );
            let command = Command {
                text: inline.text.to_owned(),
                line: file.line_of(span.start),
                span,
                expected: Some(shown(file, fence)),
            };
            self.prose(span, fence.section, vec![command]);
            return;
        }
        let Some(index) = before else {
            return;
        };
        let step = &mut self.steps[index];
        let elsewhere = matches!(step.skip.as_deref(), Some(skip::INSIDE | skip::ON_MACHINE))
            && OUTSIDE
                .iter()
                .any(|phrase| lead.to_lowercase().contains(phrase));
        let Some(command) = step.commands.last_mut() else {
            return;
        };
        if elsewhere
            || command.expected.is_some()
            || !follow::shows_output(lead, &command.text, language, &first.text)
        {
            return;
        }
        if self.prompted && !follow::plainly_announces(lead) {
            self.below.push((index, shown(file, fence)));
        } else {
            command.expected = Some(shown(file, fence));
        }
    }

    /// A page with prompts shows output below them, or in fences of its own, seldom now one and now the other: unless
    /// the page says that it is output, what stands in the next fence there is as often a log to look at or a file.
    fn finish(mut self) -> Vec<Step> {
        let commands = || self.steps.iter().flat_map(|step| &step.commands);
        if commands().all(|command| command.expected.is_none()) {
            for (index, shown) in std::mem::take(&mut self.below) {
                if let Some(command) = self.steps[index].commands.last_mut() {
                    command.expected = Some(shown);
                }
            }
        }
        self.steps
    }
}

fn first_line<'a>(fence: &'a Fence<'_>) -> Option<&'a Line<'a>> {
    fence.lines.iter().find(|line| !line.text.trim().is_empty())
}

/// Whether a shell's fence below a command holds what that printed: no line is plainly a command, and some line cannot be one.
fn is_answer(fence: &Fence<'_>) -> bool {
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
fn is_group(fence: &Fence<'_>) -> bool {
    let mut lines = fence.lines.iter().map(|line| line.text.trim());
    let mut next = || lines.by_ref().find(|line| !line.is_empty());
    next() == Some("{")
        && next().is_some_and(|line| {
            let word = line.split_whitespace().next().unwrap_or("");
            word.starts_with(|c: char| c.is_ascii_alphabetic()) && !word.contains(':')
        })
}

/// A fence's content as shown output.
fn shown(file: &SourceFile, fence: &Fence<'_>) -> Expected {
    let blank = |line: &Line<'_>| line.text.trim().is_empty();
    let from = fence.lines.iter().take_while(|line| blank(line)).count();
    let to = fence.lines.len()
        - fence
            .lines
            .iter()
            .rev()
            .take_while(|line| blank(line))
            .count();
    transcript::shown_text(file, &fence.lines[from..to.max(from)])
}

/// Whether the last of the commands leaves the shell.
fn leaves(commands: &[Command]) -> bool {
    commands
        .last()
        .is_some_and(|command| command.text.trim() == "exit")
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
