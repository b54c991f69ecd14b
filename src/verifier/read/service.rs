//! Checks that ask a Service: their keys → their types.

use super::super::compare::Comparison;
use super::super::fields::{Fields, Problems, duration, text_of};
use super::super::kind::{Availability, Endpoint, Gap, Http, Kind};
use super::super::node::{Entry, Value};
use super::values::{number, text_is};

/// How often a Service is asked where the author does not say, in requests a second.
const DEFAULT_RATE: u32 = 10;
/// The most: the requests share the API server with the lab.
const HIGHEST_RATE: u32 = 50;

pub(super) fn http(entry: &Entry, _: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<Kind> {
    let mut fields = Fields::of(&entry.value, "`http`", problems)?;
    let endpoint = endpoint(&mut fields, problems);
    let status = fields
        .take("status")
        .map(|entry| number(&entry.value, problems));
    let body = text_is(&mut fields, problems);
    fields.finish(problems);
    Some(Kind::Http(Http {
        endpoint: endpoint?,
        status: match status {
            Some(read) => read?,
            None => Comparison::number(200),
        },
        body,
    }))
}

pub(super) fn availability(
    entry: &Entry,
    check: &mut Fields<'_>,
    problems: &mut Problems<'_>,
) -> Option<Kind> {
    let mut fields = Fields::of(&entry.value, "`availability`", problems)?;
    let endpoint = endpoint(&mut fields, problems);
    let failed = fields
        .take("failed")
        .map(|entry| number(&entry.value, problems));
    let gap = gap(&mut fields, problems);
    let rate = fields.take("rate").map(|entry| match entry.value.value {
        Value::Int(rate) if (1..=i64::from(HIGHEST_RATE)).contains(&rate) => {
            u32::try_from(rate).ok()
        }
        _ => {
            let message = format!("`rate` must be requests a second, 1 to {HIGHEST_RATE}");
            problems.error(entry.value.span, message);
            None
        }
    });
    fields.finish(problems);
    if !check.took("after") {
        let message = "`availability` needs `after`: the step during which the Service is asked";
        problems.error(entry.key_span, message);
    }
    Some(Kind::Availability(Availability {
        endpoint: endpoint?,
        failed: match failed {
            Some(read) => read?,
            None => Comparison::number(0),
        },
        gap,
        rate: match rate {
            Some(read) => read?,
            None => DEFAULT_RATE,
        },
    }))
}

/// `2s`, `"<= 2s"` or `">= 2s"`.
fn gap(fields: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<Gap> {
    let entry = fields.take("gap")?;
    let read = match &entry.value.value {
        Value::Text(text) => match (text.strip_prefix(">="), text.strip_prefix("<=")) {
            (Some(least), _) => duration(least).map(Gap::AtLeast),
            (None, most) => duration(most.unwrap_or(text)).map(Gap::AtMost),
        },
        _ => None,
    };
    if read.is_none() {
        let message =
            "`gap` must be a length of time such as `2s`, the most, or `\">= 2s\"`, the least";
        problems.error(entry.value.span, message);
    }
    read
}

fn endpoint(fields: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<Endpoint> {
    let service = fields.need_text("service", problems);
    let namespace = fields.text("namespace", problems);
    let port = fields.take("port").map(|entry| match &entry.value.value {
        Value::Int(port) if (1..=65535).contains(port) => Some(port.to_string()),
        Value::Text(_) => text_of("port", &entry.value, problems),
        _ => {
            problems.error(entry.value.span, "`port` must be a number or a name");
            None
        }
    });
    let words = [("http", false), ("https", true)];
    let https = fields.word("scheme", &words, problems).unwrap_or(false);
    let path = fields.take("path").map(|entry| {
        let path = text_of("path", &entry.value, problems)?;
        let is_path = path.starts_with('/') && !path.contains(char::is_whitespace);
        if !is_path {
            let message = "`path` must begin with `/` and hold no blanks";
            problems.error(entry.value.span, message);
        }
        is_path.then_some(path)
    });
    Some(Endpoint {
        service: service?,
        namespace: namespace.unwrap_or_else(|| "default".to_owned()),
        port: match port {
            Some(read) => Some(read?),
            None => None,
        },
        https,
        path: match path {
            Some(read) => read?,
            None => "/".to_owned(),
        },
    })
}
