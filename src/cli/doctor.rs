//! `labproof cluster doctor`: what stands between this machine and a run.

use std::fmt::Write;
use std::path::PathBuf;

use serde::Serialize;

use super::args::{DoctorFormat, WhereArgs};
use super::exit::Exit;
use super::{output, project};
use crate::cluster::doctor::{self, Finding, Level};
use crate::cluster::{self, Choice, Connection};
use crate::plan::{self, PlanOptions, Project};
use crate::report::style::{DIM, GREEN, RED, YELLOW, paint, printable};
use crate::run;

/// Version of the format that `--format json` writes.
const FORMAT_VERSION: u32 = 1;

/// What `--format json` writes.
#[derive(Serialize)]
struct Report {
    version: u32,
    cluster: String,
    findings: Vec<Finding>,
}

/// Looks, and tells what was found. Exit code 3 where no run is possible.
pub(super) async fn main(paths: &[PathBuf], on: &WhereArgs, format: DoctorFormat) -> Exit {
    let Some(project) = project::of(paths) else {
        return Exit::Invalid;
    };
    let Some(choice) = project::cluster(on.cluster.as_ref(), &project) else {
        return Exit::Invalid;
    };
    let mut findings = doctor::examine(&choice).await;
    let connection = match cluster::existing(&choice, &on.aws(), &on.safety()).await {
        Ok(connection) => connection,
        Err(error) => {
            let text = error.to_string();
            let (cause, next) = text.split_once("\nnext: ").unwrap_or((&text, "see above"));
            findings.push(Finding::problem("cluster", cause, next));
            None
        }
    };
    if let Some(connection) = &connection {
        findings.extend(doctor::inspect(connection).await);
    }
    findings.extend(tools(paths, &choice, &project, connection.as_ref()));
    let worst = findings.iter().map(|finding| finding.level).max();
    output::stdout(&match format {
        DoctorFormat::Text => text(&findings),
        DoctorFormat::Json => json(&choice, findings),
    });
    match worst {
        Some(Level::Problem) => Exit::Broken,
        _ => Exit::Good,
    }
}

/// Tools that the labs need and the machine lacks.
fn tools(
    paths: &[PathBuf],
    choice: &Choice,
    project: &Project,
    connection: Option<&Connection>,
) -> Vec<Finding> {
    let options = PlanOptions {
        profile: choice.profile().map(str::to_owned),
        dialect: project.dialect,
        interpreters: project.interpreters.clone(),
        filters: Vec::new(),
        compat_eks_workshop: project.compat_eks_workshop,
        urls: Some(project.urls.clone()),
    };
    let plan = plan::build(paths, &options);
    let path = match connection {
        Some(connection) => connection.path(),
        None => std::env::var_os("PATH").unwrap_or_default(),
    };
    // A local cluster that is yet to come brings its own.
    let brought = |tool: &str| {
        connection.is_none()
            && matches!(choice, Choice::Auto | Choice::Local(_))
            && cluster::local::brings(tool)
    };
    run::missing_tools(&plan, &path)
        .into_iter()
        .filter(|missing| !missing.message.split('`').nth(1).is_some_and(brought))
        .map(|missing| {
            let line = missing.position().map_or(0, |position| position.line);
            let found = format!("{} ({}:{line})", missing.message, missing.path.display());
            Finding::problem("tools", found, missing.help.unwrap_or_default())
        })
        .collect()
}

fn text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let mark = match finding.level {
            Level::Good => paint(GREEN, "✓"),
            Level::Warning => paint(YELLOW.bold(), "!"),
            Level::Problem => paint(RED.bold(), "✗"),
        };
        let lines: Vec<String> = finding.found.lines().map(printable).collect();
        let found = lines.join("\n              ");
        let _ = writeln!(text, "{mark} {:<11} {found}", finding.area);
        if let Some(next) = finding.next.as_ref().filter(|next| !next.is_empty()) {
            let _ = writeln!(
                text,
                "  {:<11} {}",
                "",
                paint(DIM, &format!("next: {}", printable(next)))
            );
        }
    }
    text
}

fn json(choice: &Choice, findings: Vec<Finding>) -> String {
    let report = Report {
        version: FORMAT_VERSION,
        cluster: choice.to_string(),
        findings,
    };
    let mut text = serde_json::to_string_pretty(&report).expect("findings are plain data");
    text.push('\n');
    text
}
