//! `--junit`: the record as JUnit XML. A page is a suite, a command or a check on the cluster a
//! case; `fail` is a failure, `broken` an error, a skipped step a skipped case.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::leftovers;
use super::style::one_line;
use crate::event::{CheckRecord, LabRecord, PageRecord, RunRecord, StepRecord, Verdict};

/// Characters of a command that go into the name of its case.
const NAME_WIDTH: usize = 120;

/// The record as an XML document.
pub fn render(record: &RunRecord) -> String {
    let mut report = Report::new("labproof");
    report.set_time(Duration::from_millis(record.duration_ms));
    for lab in &record.labs {
        report.add_test_suites(lab.pages.iter().map(suite));
        report.add_test_suites(left_behind(lab));
    }
    let labs = record
        .labs
        .iter()
        .map(|lab| (lab.path.as_str(), &lab.broken));
    for (name, broken) in labs.chain([("run", &record.broken)]) {
        if let Some(broken) = broken {
            let mut suite = TestSuite::new(name);
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(broken);
            suite.add_test_case(TestCase::new("could not be made", status));
            report.add_test_suite(suite);
        }
    }
    report.to_string().expect("XML into memory cannot fail")
}

/// What a lab left in the cluster. That it could not be taken back is told with what makes the lab broken.
fn left_behind(lab: &LabRecord) -> Option<TestSuite> {
    let lines: Vec<String> = lab.leftovers.iter().map(leftovers::described).collect();
    let warnings = lab.warnings.iter().map(|text| format!("warning: {text}"));
    let lines: Vec<String> = warnings.chain(lines).collect();
    if lab.leftovers.is_empty() {
        return None;
    }
    let mut suite = TestSuite::new(&lab.path);
    let mut case = TestCase::new("leftovers in the cluster", TestCaseStatus::success());
    case.set_system_out(lines.join("\n"));
    suite.add_test_case(case);
    Some(suite)
}

fn suite(page: &PageRecord) -> TestSuite {
    let mut suite = TestSuite::new(&page.path);
    let time = page.steps.iter().map(|step| step.duration_ms).sum();
    suite.set_time(Duration::from_millis(time));
    for step in &page.steps {
        suite.add_test_cases(cases(page, step));
    }
    suite
}

fn cases(page: &PageRecord, step: &StepRecord) -> Vec<TestCase> {
    let named = |name: String, status, milliseconds, assertions| {
        let mut case = TestCase::new(name, status);
        case.set_classname(&page.path);
        case.set_time(Duration::from_millis(milliseconds));
        case.set_assertions(assertions);
        case
    };
    if step.verdict == Verdict::Skipped {
        let mut status = TestCaseStatus::skipped();
        status.set_message(step.reason.as_deref().unwrap_or("not reached"));
        return vec![named(
            format!("{} (line {})", step.id, step.line),
            status,
            0,
            0,
        )];
    }
    let commands = step.commands.iter().map(|command| {
        let name = format!(
            "{} (line {}): {}",
            step.id,
            command.line,
            one_line(&command.text, NAME_WIDTH)
        );
        let checks: Vec<&CheckRecord> = command.checks.iter().collect();
        let bad: Vec<&CheckRecord> = command.telling().collect();
        let status = status(command.verdict, &checks, &bad, &command.output, step);
        named(name, status, command.duration_ms, command.checks.len())
    });
    let checks = step.checks.iter().map(|check| {
        let name = format!("{}: {}", step.id, check.name);
        let status = status(check.verdict, &[check], &[check], "", step);
        named(name, status, check.duration_ms, 1)
    });
    commands.chain(checks).collect()
}

fn status(
    verdict: Verdict,
    checks: &[&CheckRecord],
    bad: &[&CheckRecord],
    output: &str,
    step: &StepRecord,
) -> TestCaseStatus {
    let kind = match verdict {
        Verdict::Pass => return TestCaseStatus::success(),
        Verdict::Skipped => return TestCaseStatus::skipped(),
        Verdict::Fail => NonSuccessKind::Failure,
        Verdict::Broken => NonSuccessKind::Error,
    };
    let mut status = TestCaseStatus::non_success(kind);
    if let Some(first) = bad.first() {
        status.set_type(first.kind);
        let reason = first.reasons.first().unwrap_or(&first.name);
        status.set_message(format!("{}:{}: {reason}", first.path, first.line));
    }
    let mut lines = Vec::new();
    for check in bad {
        lines.push(format!("{}:{}", check.path, check.line));
        lines.extend(check.reasons.iter().cloned());
        lines.extend(
            check
                .likely_cause
                .iter()
                .map(|cause| format!("likely cause: {cause}")),
        );
        lines.extend(check.evidence.iter().cloned());
    }
    lines.extend(checks.iter().flat_map(|check| check.diff.iter().cloned()));
    if let Some(folder) = &step.artifacts {
        lines.push(format!("artifacts: {folder}"));
    }
    if !output.is_empty() {
        lines.push(format!("output:\n{output}"));
    }
    status.set_description(lines.join("\n"));
    status
}
