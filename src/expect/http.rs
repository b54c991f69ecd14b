//! What curl and wget print about HTTP: the status line, the headers that the page shows, the body.
//!
//! Entry points: [`judge`] and [`looks_like`]. Steps: part each text into head (status and headers, and curl's `-v`
//! lines) and body; the status must be the same; shown headers must be there, with their values unless those change with
//! every answer; the body is judged as what it is.

use super::bindings::Binder;
use super::choose;
use super::elision;
use super::line::Line;
use super::outcome::{Outcome, Task, short};
use super::volatile::Scan;

/// Headers whose values change from answer to answer, or with the server's build and place.
const VOLATILE: [&str; 24] = [
    "date",
    "expires",
    "last-modified",
    "etag",
    "age",
    "set-cookie",
    "content-length",
    "keep-alive",
    "x-request-id",
    "x-amzn-requestid",
    "x-amz-request-id",
    "x-amz-id-2",
    "x-amzn-trace-id",
    "x-envoy-upstream-service-time",
    "x-runtime",
    "x-kubernetes-pf-flowschema-uid",
    "x-kubernetes-pf-prioritylevel-uid",
    "audit-id",
    "report-to",
    "nel",
    "cf-ray",
    "x-served-by",
    "x-timer",
    "user-agent",
];

#[derive(Debug, Default)]
struct Answer {
    statuses: Vec<String>,
    headers: Vec<(String, String)>,
    /// What curl asked for, method and path, where `-v` shows it.
    requests: Vec<String>,
    body: String,
    elided: bool,
}

/// Whether a text is an answer with its head.
pub(super) fn looks_like(text: &str) -> bool {
    text.lines()
        .filter(|line| !line.trim().is_empty() && !elision::is_elision(line))
        .take(60)
        .any(|line| {
            let line = line.trim_start().trim_start_matches("< ");
            is_status(line)
        })
}

fn is_status(line: &str) -> bool {
    line.strip_prefix("HTTP/").is_some_and(|rest| {
        rest.split(' ')
            .nth(1)
            .is_some_and(|code| code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit()))
    })
}

/// Judges an answer.
pub(super) fn judge(task: &Task<'_>, binder: &mut Binder<'_>) -> Outcome {
    let (shown, actual) = (read(task.shown), read(task.actual));
    if actual.statuses.is_empty() {
        let first = task
            .actual
            .lines()
            .find(|line| !line.trim().is_empty())
            .map(short)
            .unwrap_or_default();
        return Outcome::fail(format!(
            "the page shows an HTTP answer, the output is `{first}`"
        ));
    }
    let mut reasons = Vec::new();
    if shown.statuses != actual.statuses {
        reasons.push(format!(
            "the status is {}, the page shows {}",
            actual.statuses.join(", "),
            shown.statuses.join(", ")
        ));
    }
    let asked = |request: &&String| {
        let agrees = |other: &String| super::line::agree_words(request, other);
        !actual.requests.iter().any(agrees)
    };
    if !actual.requests.is_empty()
        && let Some(request) = shown.requests.iter().find(asked)
    {
        reasons.push(format!(
            "`{}` is asked for, the page shows `{request}`",
            actual.requests.join("`, `")
        ));
    }
    for (name, value) in &shown.headers {
        let same: Vec<&String> = actual
            .headers
            .iter()
            .filter(|(other, _)| other == name)
            .map(|(_, value)| value)
            .collect();
        let agrees = |other: &&&String| {
            VOLATILE.contains(&name.as_str())
                || value == **other
                || super::line::word_agrees(value, other)
                || {
                    let (s, a) = (Line::new(value, Scan::LOOSE), Line::new(other, Scan::LOOSE));
                    s.canon.text == a.canon.text || super::line::agree_by_notation(&s, &a)
                }
        };
        if same.is_empty() && !VOLATILE.contains(&name.as_str()) {
            reasons.push(format!("the header {name} of the page is not sent"));
        } else if !same.is_empty() && !same.iter().any(|other| agrees(&other)) {
            reasons.push(format!(
                "the header {name} is `{}`, the page shows `{}`",
                short(same[0]),
                short(value)
            ));
        }
    }
    if reasons.is_empty()
        && !(shown.body.trim().is_empty() && (shown.elided || task.command.runs("curl")))
    {
        let (_, body) = choose::part(&task.with(shown.body.trim(), actual.body.trim()), binder);
        reasons.extend(body.reasons);
    } else if reasons.is_empty()
        && !shown.elided
        && shown.body.trim().is_empty()
        && !actual.body.trim().is_empty()
    {
        reasons.push(format!(
            "a body is printed, the page shows none: `{}`",
            short(actual.body.trim().lines().next().unwrap_or_default())
        ));
    }
    Outcome {
        reasons,
        ..Outcome::default()
    }
}

/// `> GET /health HTTP/1.1` without the version, which client and server agree on.
fn request(line: &str) -> Option<String> {
    let (request, version) = line.strip_prefix("> ")?.trim_end().rsplit_once(' ')?;
    version.starts_with("HTTP/").then(|| request.to_owned())
}

/// Parts a text. curl's own remarks (`* `), what it sent (`> `) and its marks of data (`{ `, `} `) are left out.
fn read(text: &str) -> Answer {
    let mut out = Answer::default();
    let verbose = text
        .lines()
        .any(|line| line.starts_with("< ") || line.starts_with("* ") || line.starts_with("> "));
    let mut in_head = false;
    for line in text.lines() {
        if elision::is_elision(line) {
            out.elided = true;
            if !in_head {
                out.body.push_str(line);
                out.body.push('\n');
            }
            continue;
        }
        let bare = line
            .strip_prefix("< ")
            .or_else(|| if line.trim() == "<" { Some("") } else { None });
        if verbose
            && bare.is_none()
            && (line.starts_with('*')
                || line.starts_with('>')
                || line.starts_with("{ [")
                || line.starts_with("} ["))
        {
            out.requests.extend(request(line));
            continue;
        }
        let head = bare.unwrap_or(line);
        if is_status(head.trim()) {
            in_head = true;
            // HTTP/2 has no reason phrase; which one a server writes is its own affair.
            out.statuses
                .push(head.trim().split(' ').take(2).skip(1).collect());
            continue;
        }
        if in_head && (bare.is_some() || !verbose) {
            if head.trim().is_empty() {
                in_head = false;
                continue;
            }
            // After an elision the next line may be the body's already.
            let is_name = |name: &&str| {
                !name.is_empty()
                    && name
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
            };
            if let Some((name, value)) = head.split_once(':')
                && is_name(&name.trim())
            {
                out.headers.push((
                    name.trim().to_ascii_lowercase(),
                    elision::without_marker(value)
                        .unwrap_or(value)
                        .trim()
                        .to_owned(),
                ));
                continue;
            }
        }
        in_head = false;
        out.body.push_str(line);
        out.body.push('\n');
    }
    out
}
