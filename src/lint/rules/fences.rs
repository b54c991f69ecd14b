//! Fences that are not what their label says.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::super::view::LabView;
use super::super::{Findings, Rule};
use crate::page::Block;
use crate::source::{Fix, Severity, SourceFile, Span, nearest};

pub(super) const MISSPELT_LANGUAGE: Rule = Rule {
    code: "LP007",
    title: "a misspelt language",
    severity: Severity::Warning,
    explanation: "The fence's language is nearly `bash` or `shell`, but not quite: its commands do not run.",
    example: "```bahs\n$ kubectl get pods\n```\n\n```bash\n$ kubectl get nodes\n```\n",
    check: misspelt,
};

fn misspelt(lab: &LabView<'_>, findings: &mut Findings) {
    for page in &lab.pages {
        for block in &page.blocks {
            let known = ["bash", "shell", "console"];
            let language = block.language.as_str();
            // Languages that are near to ours by accident.
            if matches!(
                language,
                "" | "sh"
                    | "zsh"
                    | "ash"
                    | "dash"
                    | "csh"
                    | "ksh"
                    | "fish"
                    | "shellscript"
                    | "pwsh"
                    | "posh"
                    | "hash"
                    | "base"
            ) || known.contains(&language)
                || !language.bytes().all(|byte| byte.is_ascii_lowercase())
            {
                continue;
            }
            if let Some(near) =
                nearest(language, known).filter(|near| language.len().abs_diff(near.len()) <= 1)
            {
                let span = word_span(page.file(), block);
                let finding = findings.add(
                    page.file(),
                    span,
                    format!("`{language}` is no language that runs"),
                );
                finding.help = Some(format!("did you mean `{near}`?"));
                finding.fix = Some(Fix {
                    span,
                    replacement: near.to_owned(),
                    safe: false,
                });
            }
        }
    }
}

/// The first word of the info string.
fn word_span(file: &SourceFile, block: &Block) -> Span {
    let info = file.slice(block.info);
    let start = block.info.start + (info.len() - info.trim_start().len());
    Span::new(start, start + block.language.len())
}

/// What stands for something left out, or for what a template fills in.
static NOT_WHOLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\.\.\.|\{\{|\{%|<[A-Za-z][\w -]*>|\$\{?[A-Za-z]|<-{2,}|<<<|(?m)^\s*(?://|#)|/\*|…|^\s*[-+]\s?[a-z]+:|xxx").ok()
});

fn whole(text: &str) -> bool {
    NOT_WHOLE
        .as_ref()
        .is_some_and(|pattern| !pattern.is_match(text))
        && text.len() < 200_000
}

fn yaml(text: &str) -> Result<Vec<Value>, String> {
    let mut budget = serde_saphyr::Budget::default();
    budget.max_events = 200_000;
    budget.max_aliases = 1_000;
    let mut options = serde_saphyr::Options::default();
    options.budget = Some(budget);
    options.with_snippet = false;
    serde_saphyr::from_multiple_with_options(text, options)
        .map_err(|error| error.to_string().lines().next().unwrap_or("").to_owned())
}

pub(super) const DOES_NOT_PARSE: Rule = Rule {
    code: "LP012",
    title: "YAML or JSON that does not parse",
    severity: Severity::Warning,
    explanation: "A reader who copies the block gets an error. Blocks with elisions, placeholders and templates are not looked at.",
    example: "```yaml\napiVersion: v1\nkind: Pod\n metadata:\n  name: web\n```\n",
    check: does_not_parse,
};

fn does_not_parse(lab: &LabView<'_>, findings: &mut Findings) {
    for page in &lab.pages {
        for block in &page.blocks {
            if !whole(&block.text) || block.text.trim().is_empty() {
                continue;
            }
            let file = page.file();
            let problem = match block.language.as_str() {
                "yaml" | "yml" => yaml(&block.text).err(),
                // A part of a document, without its outer braces, is common and no mistake.
                "json"
                    if block.text.trim_start().starts_with(['{', '[']) && balanced(&block.text) =>
                {
                    serde_json::from_str::<Value>(&block.text)
                        .err()
                        .map(|error| error.to_string())
                }
                _ => None,
            };
            if let Some(problem) = problem {
                findings.add(
                    file,
                    word_span(file, block),
                    format!("this {} does not parse: {problem}", block.language),
                );
            }
        }
    }
}

fn balanced(text: &str) -> bool {
    let count = |c: char| text.matches(c).count();
    count('{') == count('}') && count('[') == count(']') && text.trim_end().ends_with(['}', ']'])
}

pub(super) const WRONG_LABEL: Rule = Rule {
    code: "LP013",
    title: "YAML labelled as JSON, or the other way round",
    severity: Severity::Warning,
    explanation: "The label decides how the block is coloured and how tools read it.",
    example: "```json\napiVersion: v1\nkind: Pod\n```\n",
    check: wrong_label,
};

fn wrong_label(lab: &LabView<'_>, findings: &mut Findings) {
    for page in &lab.pages {
        for block in &page.blocks {
            let text = block.text.trim_start();
            let right = match block.language.as_str() {
                "json" if is_manifest(text) => "yaml",
                "yaml" | "yml"
                    if text.starts_with('{')
                        && text.trim_end().ends_with('}')
                        && text.contains("\":")
                        && serde_json::from_str::<Value>(text).is_ok() =>
                {
                    "json"
                }
                _ => continue,
            };
            let span = word_span(page.file(), block);
            let finding = findings.add(
                page.file(),
                span,
                format!("this is {right}, labelled {}", block.language),
            );
            finding.help = Some(format!("write `{right}`"));
            finding.fix = Some(Fix {
                span,
                replacement: right.to_owned(),
                safe: true,
            });
        }
    }
}

/// Text that begins like a Kubernetes manifest in YAML.
fn is_manifest(text: &str) -> bool {
    let first = text
        .lines()
        .find(|line| !line.trim().is_empty() && *line != "---")
        .unwrap_or("");
    ["apiVersion: ", "kind: ", "metadata:", "spec:"]
        .iter()
        .any(|key| first.starts_with(key))
}

pub(super) const NOT_CLOSED: Rule = Rule {
    code: "LP034",
    title: "a fence that begins inside another",
    severity: Severity::Warning,
    explanation: "The line opens a block, and the block above it is still open: its last line, of nothing but backticks, is missing. \
                  All between the two is taken for output of the block's last command, and shown to readers as one block.",
    example: "```bash\n$ kubectl get nodes\n\n```bash\n$ kubectl get pods\n```\n",
    check: not_closed,
};

fn not_closed(lab: &LabView<'_>, findings: &mut Findings) {
    for page in &lab.pages {
        let file = page.file();
        for block in &page.blocks {
            // A longer fence around a shorter one shows how markdown is written.
            let (sign, length) = fence(file.slice(block.span));
            let opens = |line: &str| {
                let (inner, long) = fence(line);
                let info = line.trim_start().trim_start_matches(inner);
                inner == sign
                    && long >= length.max(3)
                    && info.starts_with(|c: char| c.is_ascii_alphabetic())
            };
            let first = file.line_of(block.span.start);
            let Some(index) = block.text.lines().position(opens) else {
                continue;
            };
            let message = format!("a block begins here, and the one of line {first} is not closed");
            findings
                .add(file, file.line_span(first + 1 + index), message)
                .help = Some(
                "close the block above with a line of the same signs and nothing else".to_owned(),
            );
        }
    }
}

/// The sign that a text begins with, and how often.
fn fence(text: &str) -> (char, usize) {
    let text = text.trim_start();
    let sign = text
        .chars()
        .next()
        .filter(|c| matches!(c, '`' | '~'))
        .unwrap_or('`');
    (sign, text.chars().take_while(|c| *c == sign).count())
}
