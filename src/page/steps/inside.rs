//! Shells that are not the run's own: in a container, on another machine. What is typed there does not run.

use std::sync::LazyLock;

use regex::Regex;

use super::super::Command;
use super::super::pattern::{Pattern, says};
use super::super::tools::{is_outer, is_remote};
use super::super::{skip, tongues};

/// The shell that a step has opened and the reader types into.
#[derive(Default)]
pub(super) struct Shells {
    open: Option<Inside>,
    /// A shell in a container was opened at some place of the page.
    entered: bool,
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
const OUTSIDE: [&str; 12] = [
    "close the shell",
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

/// Says that the reader is at a shell of a node: what is typed there changes that machine and not this one.
static ON_NODE: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:in|from|using)\s+(?:your|the|a)\s+shell\s+on\s+(?:that|the|your|a)\s+node\b|\b(?:ssh|log\s*in)\s*(?:in)?to\s+(?:that|the|your|each|every)\s+(?:\w+\s+)?node\b[^.]*\s(?:and\s+)?(?:run|execute|create|type)\b").ok()
});

/// Says that what follows is typed on another machine, whatever it is: "from `vagrant ssh master`:".
static BY_SSH: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:from|in|inside|within)\s+`?(?:vagrant\s+|multipass\s+)?ssh\b[^.]*:\s*$")
        .ok()
});

/// Says that what follows is typed into the shell that a page has opened in a container.
static IN_SHELL: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:in|from)\s+(?:your|the|that)\s+(?:container's\s+|pod's\s+)?shell\b").ok()
});

/// A remark above commands that says that they are for a container.
static FOR_CONTAINER: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)^#.*\b(?:inside|in|within|from)\s+(?:the|your|a|that)\s+(?:[\w-]+\s+)?(?:container|pod)\b").ok()
});

/// Whether the remark says that what follows it is typed into a container.
pub(super) fn is_for_container(remark: &str) -> bool {
    says(&FOR_CONTAINER, remark)
}

fn is_by_ssh(lead: &str) -> bool {
    says(&BY_SSH, lead.trim_end())
}

fn is_on_node(lead: &str) -> bool {
    says(&ON_NODE, lead)
}

/// Whether the prose says that the reader is at a shell of their own machine.
pub(super) fn is_outside(lead: &str) -> bool {
    let lead = lead.to_lowercase();
    OUTSIDE.iter().any(|phrase| lead.contains(phrase)) || tongues::says_elsewhere(&lead)
}

impl Shells {
    /// Why a step does not run because of the shell that it is typed into, in that section of the page. `container`: its
    /// prompt is one of a container, or a remark in it says so.
    pub fn reason(
        &mut self,
        commands: &[Command],
        section: Option<usize>,
        lead: &str,
        container: bool,
    ) -> Option<&'static str> {
        let outer = || commands.iter().any(|command| is_outer(&command.text));
        if is_by_ssh(lead) {
            return Some(skip::ON_MACHINE);
        }
        if is_on_node(lead) && !outer() {
            self.open = Some(Inside::Machine);
        }
        let says_shell = says(&IN_SHELL, lead) || tongues::says_inside(lead);
        let only_leaves = commands.len() == 1 && leaves(commands);
        let container = container || self.entered && (says_shell || only_leaves);
        let Some(shell) = self.open else {
            // root on a node has the prompt of root in a container, and other programs.
            return (container && !outer()).then_some(skip::INSIDE);
        };
        let left = is_outside(lead)
            || match shell {
                Inside::Container(opened) => opened != section || outer(),
                Inside::Machine => commands.iter().any(|command| is_remote(&command.text)),
            };
        if left || leaves(commands) {
            self.open = None;
        }
        (!left || container && !outer()).then(|| shell.reason())
    }

    /// Why a command in the prose does not run because of the shell that it is typed into.
    pub fn of_prose(&self, commands: &[Command]) -> Option<&'static str> {
        let outer = commands.iter().any(|command| is_outer(&command.text));
        self.open.filter(|_| !outer).map(Inside::reason)
    }

    /// The last of a step's commands opens a shell that waits for the reader; some leave it again in the same block.
    pub fn enter(&mut self, commands: &[Command], section: Option<usize>) {
        if leaves(commands) {
            return;
        }
        let machine = commands
            .iter()
            .any(|command| skip::enters_machine(&command.text));
        self.entered |= !machine;
        self.open = Some(match machine {
            true => Inside::Machine,
            false => Inside::Container(section),
        });
    }
}

/// Whether the last of the commands leaves the shell.
fn leaves(commands: &[Command]) -> bool {
    commands
        .last()
        .and_then(|command| command.text.split('#').next())
        .is_some_and(|text| text.trim() == "exit")
}
