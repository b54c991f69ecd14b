//! How commands and output are told apart on the page.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::super::view::{CommandView, LabView, PageView, StepView};
use super::super::{Findings, Rule};
use crate::source::{Fix, Severity, Span};
use crate::syntax::Simple;

pub(super) const MISSING_PROMPT: Rule = Rule {
    code: "LP001",
    title: "a command without its prompt",
    severity: Severity::Warning,
    explanation: "A line in the output of a command is plainly a command itself. Without `$ ` before it, it is compared as \
                  output and never run. A whole block without prompts, on a page where most of the others have them, is read as commands, \
                  and readers may take it for output.",
    example: "```bash\n$ kubectl create namespace shop\nkubectl get pods -n shop\n```\n\n```bash\n$ kubectl get nodes\n```\n",
    check: missing_prompt,
};

/// A known program, a verb of its, and more: what output hardly ever begins a line with.
static COMMAND: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^(?:aws [a-z0-9-]+ [a-z]+-[a-z-]+(?: |$)|git (?:clone|checkout|push|commit) \S|terraform (?:init|apply|plan|destroy)\b|kustomize build \S|ls -\S|cd [~/.\w]\S*$|mkdir \S|wget \S|chmod \S|sed -i |sleep \d+$|kubectl (?:-n \S+ |--namespace[= ]\S+ )?(?:get|apply|delete|describe|create|exec|logs|rollout|scale|wait|patch|label|annotate|edit|run|expose|port-forward|cp|top|config|set|drain|cordon|uncordon|taint|kustomize|autoscale|replace|explain|api-resources) ?\S|helm (?:install|upgrade|uninstall|repo|list|get|status) ?\S|aws [a-z0-9-]+ [a-z-]+ --|eksctl (?:create|get|delete|upgrade|scale|utils) \S|docker (?:run|build|ps|exec|pull|push) ?\S|curl -\S|export [A-Za-z_]+=)",
    )
    .ok()
});

/// The first line of a block that holds commands and nothing else.
static BEGINS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^(?:(?:kubectl|helm|aws|eksctl|docker|curl|export|cd|git|terraform|minikube|istioctl|flux|argocd|sudo|mkdir|source|wget) \S|[A-Z_]+=\$\()",
    )
    .ok()
});

/// Programs that print files, in which commands may stand.
const PRINTS_FILES: [&str; 8] = [
    "cat", "less", "head", "tail", "history", "grep", "diff", "git",
];

fn missing_prompt(lab: &LabView<'_>, findings: &mut Findings) {
    let (Some(pattern), Some(begins)) = (COMMAND.as_ref(), BEGINS.as_ref()) else {
        return;
    };
    for page in &lab.pages {
        let file = page.file();
        let bare = Bare::of(page);
        for step in &page.steps {
            if bare.stands_out(page, step) {
                let first = step.commands[0].first_line(file);
                let message = "a block without prompts on a page that has them";
                findings.add(file, first, message).help = Some(
                    "write `$ ` before each command, as in the other blocks of the page".to_owned(),
                );
            }
            if step.step.skip.as_deref() == Some("no prompt") {
                let content = page
                    .blocks
                    .iter()
                    .find(|block| block.span == step.step.span);
                let lines = content.map_or("", |block| block.text.as_str()).lines();
                for (index, line) in lines.enumerate() {
                    let bare = line.trim_start();
                    if pattern.is_match(bare) || index == 0 && begins.is_match(bare) {
                        let span = file.line_span(step.step.line + 1 + index);
                        findings
                            .add(file, span, "a command without its prompt: the block has no `$ ` and does not run")
                            .help = Some("write `$ ` before each command, as on the rest of the page".to_owned());
                        break;
                    }
                }
            }
            for command in &step.commands {
                // A program's own advice ("run kubectl ...") stands in running text, indented or after prose.
                let prints = |part: &Simple| PRINTS_FILES.contains(&part.name());
                if command.parts.iter().any(prints) {
                    continue;
                }
                let lines = command.shown_lines(file);
                for (index, (line, span)) in lines.iter().enumerate() {
                    let set_apart = index == 0 || lines[index - 1].0.trim().is_empty();
                    let alone = index == 0 || !lines[index - 1].0.trim_end().ends_with(':');
                    if pattern.is_match(line) && (set_apart || alone) && !step.step.options.raw {
                        let finding = findings.add(
                            file,
                            *span,
                            "a command without its prompt: it is taken for output",
                        );
                        finding.help = Some("write `$ ` before it".to_owned());
                        finding.fix = Some(Fix {
                            span: Span::new(span.end - line.len(), span.end - line.len()),
                            replacement: "$ ".to_owned(),
                            safe: false,
                        });
                        break;
                    }
                }
            }
        }
    }
}

/// How many blocks of a page have prompts and how many have none, by language.
struct Bare<'a>(HashMap<&'a str, (usize, usize)>);

impl<'a> Bare<'a> {
    fn of(page: &PageView<'a>) -> Self {
        let mut counts: HashMap<&str, (usize, usize)> = HashMap::new();
        for step in page.steps.iter().filter(|step| is_block(page, step)) {
            let Some(first) = step.commands.first() else {
                continue;
            };
            let (with, without) = counts.entry(&step.step.language).or_default();
            match has_prompt(page, first) {
                true => *with += 1,
                false => *without += 1,
            }
        }
        Self(counts)
    }

    /// Whether a step plainly has commands without prompts, and most of its like have them: three of four at least. Where
    /// fewer have them it is the page's way to write both.
    fn stands_out(&self, page: &PageView<'_>, step: &StepView<'_>) -> bool {
        let Some(first) = step.commands.first().filter(|_| is_block(page, step)) else {
            return false;
        };
        let plainly = BEGINS
            .as_ref()
            .is_some_and(|begins| begins.is_match(&first.command.text));
        let (with, without) = self
            .0
            .get(step.step.language.as_str())
            .copied()
            .unwrap_or_default();
        plainly && !step.step.options.raw && with >= 3 * without && !has_prompt(page, first)
    }
}

/// Whether a step is a block, and not a command in the prose.
fn is_block(page: &PageView<'_>, step: &StepView<'_>) -> bool {
    let Some(first) = step.commands.first() else {
        return false;
    };
    let file = page.file();
    !file
        .slice(file.line_span(first.command.line))
        .contains(&format!("`{}`", first.command.text))
}

fn has_prompt(page: &PageView<'_>, view: &CommandView<'_>) -> bool {
    let file = page.file();
    let line = file.slice(file.line_span(view.command.line));
    let first = view.command.text.lines().next().unwrap_or("");
    // Whatever prompt it is: the command does not begin its line.
    !line
        .trim_start_matches(['>', ' ', '\t'])
        .starts_with(first.trim_start())
}

pub(super) const NO_BLANK_AFTER_PROMPT: Rule = Rule {
    code: "LP027",
    title: "no blank after the prompt",
    severity: Severity::Warning,
    explanation: "`$kubectl` is not a prompt and a command but the value of a variable: the line is taken for output.",
    example: "```bash\n$ kubectl get nodes\n$kubectl get pods\n```\n",
    check: no_blank,
};

fn no_blank(lab: &LabView<'_>, findings: &mut Findings) {
    let Some(pattern) = COMMAND.as_ref() else {
        return;
    };
    for (page, _, view) in lab.commands() {
        for (line, span) in view.shown_lines(page.file()) {
            let Some(rest) = line.trim_start().strip_prefix('$') else {
                continue;
            };
            if pattern.is_match(rest) {
                let at = span.end - rest.len();
                let finding = findings.add(
                    page.file(),
                    Span::new(at - 1, span.end),
                    "no blank after the prompt",
                );
                finding.help = Some("write `$ ` before the command".to_owned());
                finding.fix = Some(Fix {
                    span: Span::new(at, at),
                    replacement: " ".to_owned(),
                    safe: true,
                });
            }
        }
    }
}

pub(super) const PROMPT_BEFORE_OUTPUT: Rule = Rule {
    code: "LP030",
    title: "a prompt before what is no command",
    severity: Severity::Warning,
    explanation: "After the prompt stands a second one, or a line that a command has printed: bash looks for a program of that name.",
    example: "```bash\n$ kubectl apply -f web.yaml\n$ deployment.apps/web created\n```\n",
    check: prompt_before_output,
};

/// What kubectl prints of an object, and the names of a table's columns.
static PRINTED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"^(?:[a-z][a-z0-9.-]*/\S+ (?:created|configured|unchanged|scaled|patched|labeled|restarted|exposed|condition met)\b|[a-z][a-z0-9.-]* "[^"]+" (?:force )?deleted|(?:NAME|NAMESPACE|LAST SEEN) +[A-Z]{3,})"#,
    )
    .ok()
});

fn prompt_before_output(lab: &LabView<'_>, findings: &mut Findings) {
    let Some(printed) = PRINTED.as_ref() else {
        return;
    };
    for (page, _, view) in lab.commands() {
        let text = &view.command.text;
        let message = if text.starts_with("$ ") {
            "a second prompt: bash looks for a program `$`"
        } else if printed.is_match(text) {
            "this is no command but what one has printed"
        } else {
            continue;
        };
        let span = view.first_line(page.file());
        findings.add(page.file(), span, message).help = Some("remove the `$ `".to_owned());
    }
}
