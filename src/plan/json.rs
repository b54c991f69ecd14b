//! `plan --format json`: a plan as other programs read it. Version 1; fields are only ever added.
//!
//! The types here are the contract and apart from those of the plan, so that these can change.

use std::path::Path;

use serde::Serialize;

use super::last::LastRun;
use super::needs::{self, Needs};
use super::{FromDisk, Lab, Plan};
use crate::page::{Command, MatchKind, Rows, Step};
use crate::source::{Diagnostic, Severity};

#[derive(Serialize)]
struct PlanDto {
    version: u32,
    labs: Vec<LabDto>,
    diagnostics: Vec<DiagnosticDto>,
}

#[derive(Serialize)]
struct LabDto {
    title: String,
    path: String,
    directory: String,
    verifier: Option<String>,
    suites: Vec<SuiteDto>,
    needs: NeedsDto,
    last_run: Option<LastRunDto>,
    pages: Vec<PageDto>,
}

#[derive(Serialize)]
struct NeedsDto {
    tools: Vec<String>,
    images: Vec<String>,
    namespaces: Vec<NamespaceDto>,
    addons: Vec<AddonDto>,
    unread_manifests: Vec<String>,
}

#[derive(Serialize)]
struct NamespaceDto {
    name: String,
    made_by_lab: bool,
}

#[derive(Serialize)]
struct AddonDto {
    name: String,
    because_of: String,
}

#[derive(Serialize)]
struct LastRunDto {
    time: String,
    verdict: String,
    duration_ms: u64,
}

#[derive(Serialize)]
struct SuiteDto {
    script: String,
    first_page: usize,
    last_page: usize,
}

#[derive(Serialize)]
struct PageDto {
    title: String,
    path: String,
    steps: Vec<StepDto>,
    unread: Vec<UnreadDto>,
}

#[derive(Serialize)]
struct UnreadDto {
    line: usize,
    reason: String,
}

#[derive(Serialize)]
struct StepDto {
    id: String,
    line: usize,
    language: String,
    section: Option<String>,
    skip: Option<String>,
    timeout_s: u64,
    wait_s: u64,
    hook: Option<String>,
    hook_script: Option<String>,
    hook_timeout_s: u64,
    expect_error: bool,
    raw: bool,
    exit: Option<i32>,
    #[serde(rename = "match")]
    match_kind: &'static str,
    rows: &'static str,
    absent: Option<String>,
    until: Option<String>,
    only: Option<String>,
    verify: Option<String>,
    last_duration_ms: Option<u64>,
    commands: Vec<CommandDto>,
}

#[derive(Serialize)]
struct CommandDto {
    line: usize,
    text: String,
    expected: Option<String>,
    expected_line: Option<usize>,
    /// URLs of the page that `text` has files of this disk for.
    from_disk: Vec<FromDiskDto>,
}

#[derive(Serialize)]
struct FromDiskDto {
    url: String,
    path: String,
}

/// A diagnostic as other programs read it, in plans and in the output of `lint`.
#[derive(Serialize)]
pub(crate) struct DiagnosticDto {
    severity: &'static str,
    code: Option<&'static str>,
    message: String,
    path: String,
    line: Option<usize>,
    column: Option<usize>,
    span: Option<SpanDto>,
    help: Option<String>,
    fix: Option<FixDto>,
}

#[derive(Serialize)]
struct SpanDto {
    start: usize,
    end: usize,
}

#[derive(Serialize)]
struct FixDto {
    start: usize,
    end: usize,
    replacement: String,
    safe: bool,
}

/// The plan as one JSON document, indented, with a line break at the end. `last`: what an earlier run took.
pub fn to_json(plan: &Plan, last: Option<&LastRun>) -> String {
    let dto = PlanDto {
        version: 1,
        labs: plan.labs.iter().map(|lab| of_lab(lab, last)).collect(),
        diagnostics: plan.diagnostics.iter().map(diagnostic).collect(),
    };
    to_text(&dto)
}

fn of_lab(lab: &Lab, last: Option<&LastRun>) -> LabDto {
    LabDto {
        title: lab.title.clone(),
        path: shown(&lab.path),
        directory: shown(&lab.directory),
        verifier: lab.verifier.as_ref().map(|verifier| shown(&verifier.path)),
        suites: lab
            .suites
            .iter()
            .map(|suite| SuiteDto {
                script: shown(&suite.script),
                first_page: suite.pages.start,
                last_page: suite.pages.end - 1,
            })
            .collect(),
        needs: of_needs(needs::of(lab)),
        last_run: last
            .and_then(|last| last.lab(&lab.path))
            .map(|run| LastRunDto {
                time: run.time.clone(),
                verdict: run.verdict.clone(),
                duration_ms: run.duration_ms,
            }),
        pages: (0..lab.pages.len()).map(|at| page(lab, at, last)).collect(),
    }
}

fn of_needs(needs: Needs) -> NeedsDto {
    NeedsDto {
        tools: needs.tools.into_iter().collect(),
        images: needs.images.into_keys().collect(),
        namespaces: needs
            .namespaces
            .into_iter()
            .map(|(name, made_by_lab)| NamespaceDto { name, made_by_lab })
            .collect(),
        addons: needs
            .addons
            .into_iter()
            .map(|(name, because_of)| AddonDto { name, because_of })
            .collect(),
        unread_manifests: needs.unread.into_iter().collect(),
    }
}

/// A DTO as indented JSON. Types without maps and floats always serialise.
pub(crate) fn to_text(dto: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(dto).unwrap_or_else(|error| {
        serde_json::json!({"version": 1, "error": error.to_string()}).to_string()
    });
    text.push('\n');
    text
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn page(lab: &Lab, at: usize, last: Option<&LastRun>) -> PageDto {
    let page = &lab.pages[at];
    let took = |step: &Step| last.and_then(|last| last.step(page.file.path(), &step.id));
    let read: Vec<&FromDisk> = lab
        .from_disk
        .iter()
        .filter(|read| read.page == at)
        .collect();
    PageDto {
        title: page.title.clone(),
        path: shown(page.file.path()),
        steps: page
            .steps
            .iter()
            .map(|one| step(one, &read, took(one)))
            .collect(),
        unread: page
            .unread
            .iter()
            .map(|block| UnreadDto {
                line: block.line,
                reason: block.reason.clone(),
            })
            .collect(),
    }
}

fn step(step: &Step, read: &[&FromDisk], last_duration_ms: Option<u64>) -> StepDto {
    let options = &step.options;
    StepDto {
        id: step.id.clone(),
        line: step.line,
        language: step.language.clone(),
        section: step.section.clone(),
        skip: step.skip.clone(),
        timeout_s: options.timeout.as_secs(),
        wait_s: options.wait.as_secs(),
        hook: options.hook.clone(),
        hook_script: options.hook_script.as_deref().map(shown),
        hook_timeout_s: options.hook_timeout.as_secs(),
        expect_error: options.expect_error,
        raw: options.raw,
        exit: options.exit,
        match_kind: match options.match_kind {
            MatchKind::Auto => "auto",
            MatchKind::Exact => "exact",
            MatchKind::Contains => "contains",
            MatchKind::Lines => "lines",
            MatchKind::Regex => "regex",
            MatchKind::Table => "table",
            MatchKind::Json => "json",
            MatchKind::Yaml => "yaml",
            MatchKind::Ignore => "ignore",
        },
        rows: match options.rows {
            Rows::Exact => "exact",
            Rows::Subset => "subset",
        },
        absent: options.absent.clone(),
        until: options.until.clone(),
        only: options.only.clone(),
        verify: options.verify.clone(),
        last_duration_ms,
        commands: step.commands.iter().map(|one| command(one, read)).collect(),
    }
}

fn command(command: &Command, read: &[&FromDisk]) -> CommandDto {
    let read = read.iter().filter(|read| read.line == command.line);
    CommandDto {
        line: command.line,
        text: command.text.clone(),
        expected: command.expected.as_ref().map(|shown| shown.text.clone()),
        expected_line: command.expected.as_ref().map(|shown| shown.line),
        from_disk: read
            .map(|read| FromDiskDto {
                url: read.url.clone(),
                path: shown(&read.path),
            })
            .collect(),
    }
}

/// A diagnostic as its DTO.
pub(crate) fn diagnostic(diagnostic: &Diagnostic) -> DiagnosticDto {
    let position = diagnostic.position();
    DiagnosticDto {
        severity: match diagnostic.severity {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        },
        code: diagnostic.code,
        message: diagnostic.message.clone(),
        path: shown(&diagnostic.path),
        line: position.map(|position| position.line),
        column: position.map(|position| position.column),
        span: diagnostic.place.as_ref().map(|(_, span)| SpanDto {
            start: span.start,
            end: span.end,
        }),
        help: diagnostic.help.clone(),
        fix: diagnostic.fix.as_ref().map(|fix| FixDto {
            start: fix.span.start,
            end: fix.span.end,
            replacement: fix.replacement.clone(),
            safe: fix.safe,
        }),
    }
}
