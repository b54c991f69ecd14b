//! Numbers that tell of a moment: how long something took, when it was, which process did it, how fast.
//!
//! Entry points: one test for each; `before` and `after` are the line around the number.

/// `3m2s`, `47h`, `5d1h`, `2y45d`, `1.5s`, `12ms`: what kubectl and Go print.
pub(super) fn is_duration(text: &str) -> bool {
    let mut rest = text;
    let mut parts = 0;
    while !rest.is_empty() {
        let digits = rest
            .bytes()
            .take_while(|b| b.is_ascii_digit() || *b == b'.')
            .count();
        if digits == 0 || !rest.as_bytes()[0].is_ascii_digit() {
            return false;
        }
        rest = &rest[digits..];
        let unit = ["ms", "us", "ns", "y", "w", "d", "h", "m", "s"]
            .iter()
            .find(|unit| rest.starts_with(**unit));
        let Some(unit) = unit else { return false };
        rest = &rest[unit.len()..];
        parts += 1;
        if parts > 6 {
            return false;
        }
    }
    parts > 0
}

/// Whether what stands before a duration makes it a setting: `timeout=5s`, `period=3s`.
pub(super) fn is_setting(before: &str) -> bool {
    let Some(key) = before.strip_suffix('=') else {
        return false;
    };
    [
        "timeout",
        "delay",
        "period",
        "interval",
        "ttl",
        "grace-period",
    ]
    .iter()
    .any(|name| key.ends_with(name))
}

/// `0.071` of `time=0.071 ms` and of `0.071/0.080/0.093 ms`.
pub(super) fn is_milliseconds(text: &str, after: &str) -> bool {
    let number = |c: char| c.is_ascii_digit() || matches!(c, '.' | '/');
    text.contains('.')
        && text.chars().all(number)
        && after.trim_start_matches(number).starts_with(" ms")
}

/// Numbers behind a word that says they are a process, a request, a version counter.
pub(super) fn is_process_number(text: &str, before: &str) -> bool {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    // `[1] 4711`: a job of bash and its process.
    if before.ends_with("] ") && before.starts_with('[') && before.len() < 6 {
        return true;
    }
    let key = before.trim_end_matches([' ', '"', '=', ':', '[', '\'']);
    key.len() < before.len()
        && ["pid", "PID", "resourceVersion", "Resource Version"]
            .iter()
            .any(|name| key.ends_with(name))
}

/// `"ts":1720519200.123`: seconds, or their thousandths, since 1970 behind a word that says they are a time.
pub(super) fn is_epoch(text: &str, before: &str) -> bool {
    let seconds = text.split('.').next().unwrap_or_default();
    if !matches!(seconds.len(), 10 | 13) || !text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return false;
    }
    let key = before.trim_end_matches([' ', '"', '=', ':', '[', '\'']);
    let word = key.rsplit(|c: char| !c.is_ascii_alphanumeric()).next();
    key.len() < before.len()
        && matches!(
            word,
            Some("ts" | "time" | "timestamp" | "epoch" | "Timestamp")
        )
}

/// `10.5 MB/s`: how fast something went.
pub(super) fn is_rate(text: &str, after: &str) -> bool {
    ["KB/s", "MB/s", "GB/s"].iter().any(|unit| {
        after
            .strip_prefix(' ')
            .is_some_and(|rest| rest.starts_with(unit))
    }) && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}
