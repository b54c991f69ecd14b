//! The fences of a page → its steps.

use super::blocks::{Blocks, Fence};
use super::dialect::{Dialect, Dialects};
use super::info::{self, Info, is_shell};
use super::{Command, FrontMatter, Step, bare, skip, transcript};
use crate::source::{Diagnostic, Severity, SourceFile};

/// Reads every shell fence as a step. `stem` names the steps that have no name of their own.
pub(super) fn read(
    file: &SourceFile,
    blocks: &Blocks<'_>,
    front: &FrontMatter,
    stem: &str,
    profile: Option<&str>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Step> {
    let infos: Vec<Info> = blocks
        .fences
        .iter()
        .map(|fence| info::read(file, fence.info, diagnostics))
        .collect();
    let dialects = Dialects::of(
        front.dialect,
        infos
            .iter()
            .zip(&blocks.fences)
            .filter(|(info, _)| is_shell(&info.language))
            .map(|(info, fence)| (info.language.as_str(), fence)),
    );
    let mut steps: Vec<Step> = Vec::new();
    for (info, fence) in infos.into_iter().zip(&blocks.fences) {
        if !fence.closed {
            unclosed(file, fence, diagnostics);
        }
        if !is_shell(&info.language) {
            continue;
        }
        let dialect = dialects.choose(&info.language, fence);
        let (commands, skip) = content(file, &info, fence, dialect, profile, diagnostics);
        let number = steps.len() + 1;
        steps.push(Step {
            id: info
                .options
                .id
                .clone()
                .unwrap_or_else(|| format!("{stem}-{number}")),
            span: fence.span,
            line: file.line_of(fence.span.start),
            language: info.language,
            section: fence.section.map(|index| blocks.headings[index].1.clone()),
            options: info.options,
            skip,
            commands,
        });
    }
    steps
}

fn unclosed(file: &SourceFile, fence: &Fence<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let line = file.line_span(file.line_of(fence.span.start));
    diagnostics.push(
        Diagnostic::at(Severity::Error, file, line, "this fence is never closed")
            .with_help("everything below it, or below it in its list item, belongs to the block"),
    );
}

/// The commands of a fence, and why they do not run if they do not.
fn content(
    file: &SourceFile,
    info: &Info,
    fence: &Fence<'_>,
    dialect: Dialect,
    profile: Option<&str>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<Command>, Option<String>) {
    // A block that its author keeps from running may hold anything.
    let mut ignored = Vec::new();
    let problems = if info.not_run.is_some() {
        &mut ignored
    } else {
        diagnostics
    };
    let commands = match dialect {
        _ if info.options.raw => bare::raw(file, &fence.lines),
        Dialect::Transcript => transcript::read(file, &fence.lines, problems),
        Dialect::Bare => bare::read(file, &fence.lines, problems),
    };
    let other_profile = match (&info.options.only, profile) {
        (Some(only), Some(profile)) if only != profile => Some(format!("profile {only}")),
        _ => None,
    };
    let skip = info
        .not_run
        .clone()
        .or(other_profile)
        .or_else(|| commands.is_empty().then(|| nothing_to_run(fence)))
        .or_else(|| skip::placeholder(&commands).map(|_| "placeholder".to_owned()));
    (commands, skip)
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
