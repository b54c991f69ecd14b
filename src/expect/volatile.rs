//! Which tokens of an output differ between two healthy runs, and of what type each is.
//!
//! Entry point: [`canon`]: a line with every volatile token replaced by a placeholder for its [`Kind`],
//! beside the tokens themselves. Two lines agree if their canonical texts are equal and their tokens can be
//! bound to each other. Steps: timestamps (they span words), then atoms between delimiters ([`super::atoms`]).
//!
//! What is *not* volatile is as important: image tags, ports, counts, ordinals, loopback addresses and
//! networks (`10.0.0.0/16`) stay text.

use std::sync::LazyLock;

use regex::Regex;

use super::{atoms, measures};

/// Type of a volatile token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A date, a time, or both, in any of the usual notations.
    Time,
    /// `3m2s`, `47h`, `1.5ms`: an age or how long something took.
    Duration,
    /// A UUID.
    Uuid,
    /// An IPv4 address of the cluster.
    Ip,
    /// `pod-template-hash`, controller revision hash, hash of a kustomize generator, number of a CronJob's Job.
    Hash,
    /// A generated name; the token is the whole name, the placeholder its random end.
    Name,
    /// Hexadecimal id of twelve digits or more: containers, images, traces.
    Hex,
    /// Host name of a load balancer or another cloud endpoint.
    Host,
    /// Id of a cloud resource: `i-0abc…`, `vpc-0abc…`.
    Cloud,
    /// A cloud account's number.
    Account,
    /// A node named by its address: `ip-10-42-1-2.us-west-2.compute.internal`.
    Node,
    /// Part of a temporary path.
    Temp,
    /// The cluster's release.
    Release,
    /// A port of the node range.
    NodePort,
    /// A number whose value says nothing: a process id, a resource version, a counter of bytes.
    Number,
}

impl Kind {
    /// Whether the same token must stand for the same thing wherever the page repeats it.
    /// Times pass, and numbers are not names.
    pub(super) fn binds(self) -> bool {
        !matches!(
            self,
            Kind::Time
                | Kind::Duration
                | Kind::Temp
                | Kind::Number
                | Kind::NodePort
                | Kind::Account
        )
    }

    /// Whether two different tokens of one shown output must be two in the run. Not so for nodes: how many
    /// there are is the cluster's affair; nor for digests and hosts, which things may share.
    pub(super) fn one_to_one(self) -> bool {
        !matches!(self, Kind::Node | Kind::Host | Kind::Hex | Kind::Cloud)
    }

    /// What people call it.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Kind::Time => "time",
            Kind::Duration => "duration",
            Kind::Uuid => "UID",
            Kind::Ip => "address",
            Kind::Hash => "hash",
            Kind::Name => "generated name",
            Kind::Hex => "id",
            Kind::Host => "host name",
            Kind::Cloud => "resource id",
            Kind::Account => "account",
            Kind::Node => "node",
            Kind::Temp => "temporary name",
            Kind::Release => "release",
            Kind::NodePort => "node port",
            Kind::Number => "number",
        }
    }

    /// The character that stands for a token of this kind in a canonical text; from a private use area,
    /// so that no output contains it by accident.
    pub(super) fn mark(self) -> char {
        char::from_u32(0xE100 + self as u32).unwrap_or('\u{E1FF}')
    }
}

/// What counts as volatile depends on where a line comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Scan {
    /// Durations are measurements (tables, events, logs), not settings (`periodSeconds: 10s`).
    pub(super) durations: bool,
    /// Digests are content (`sha256sum`), not ids.
    pub(super) digests_fixed: bool,
    /// UUIDs are content: names of files.
    pub(super) uuids_fixed: bool,
    /// Short hexadecimal words are commits: git's output.
    pub(super) commits: bool,
    /// The command asks for a node port, so any number of that range is one.
    pub(super) node_ports: bool,
}

impl Scan {
    /// Settings and structure: manifests, describe.
    pub(super) const FIXED: Scan = Scan {
        durations: false,
        digests_fixed: false,
        uuids_fixed: false,
        commits: false,
        node_ports: false,
    };
    /// Measurements: logs, events, messages.
    pub(super) const LOOSE: Scan = Scan {
        durations: true,
        ..Scan::FIXED
    };
}

/// A line with its volatile tokens taken out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Canon {
    /// The line, blanks collapsed, a placeholder ([`Kind::mark`]) for each volatile token.
    pub(super) text: String,
    /// The tokens in order.
    pub(super) values: Vec<(Kind, String)>,
}

impl Canon {
    pub(super) fn push(&mut self, kind: Kind, value: &str) {
        self.text.push(kind.mark());
        self.values.push((kind, value.to_owned()));
    }
}

/// The canonical form of a line.
pub(super) fn canon(line: &str, scan: Scan) -> Canon {
    let line = super::normalise::words(line);
    let mut out = Canon {
        text: String::with_capacity(line.len()),
        values: Vec::new(),
    };
    // Nearly every volatile token has a digit in it; the exceptions are suffixes of generated names.
    if !line.bytes().any(|b| b.is_ascii_digit() || b == b'-') {
        out.text = line;
        return out;
    }
    let mut at = 0;
    // `kubectl cluster-info`: where a cluster's API is.
    if let Some((_, rest)) = line.split_once(" is running at https://") {
        let start = line.len() - rest.len();
        let end = start + rest.find('/').unwrap_or(rest.len());
        let name = &line[..start];
        // What was the master before 1.20 is the control plane.
        match name.strip_prefix("Kubernetes master") {
            Some(rest) => out
                .text
                .push_str(&format!("Kubernetes control plane{rest}")),
            None => atoms::scan(name, &line, 0, scan, &mut out),
        }
        out.push(Kind::Host, &line[start..end]);
        at = end;
    } else if may_hold_time(&line) {
        for found in TIME.find_iter(&line) {
            atoms::scan(&line[at..found.start()], &line, at, scan, &mut out);
            out.push(Kind::Time, found.as_str());
            at = found.end();
        }
    }
    atoms::scan(&line[at..], &line, at, scan, &mut out);
    out
}

/// Whether the whole text is an age as kubectl prints it, or one of the words it prints instead.
pub(super) fn is_age(text: &str) -> bool {
    measures::is_duration(text) || matches!(text, "<invalid>" | "<unknown>")
}

/// Whether the whole text is a timestamp.
pub(super) fn is_time(text: &str) -> bool {
    may_hold_time(text)
        && TIME
            .find(text)
            .is_some_and(|found| found.start() == 0 && found.end() == text.len())
}

/// Months, digits joined by colons, or digits joined by dashes: worth a look with the expression.
fn may_hold_time(line: &str) -> bool {
    let bytes = line.as_bytes();
    bytes.windows(3).any(|w| {
        w[0].is_ascii_digit() && matches!(w[1], b':' | b'-' | b'/') && w[2].is_ascii_digit()
    }) || MONTHS.iter().any(|month| line.contains(month))
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// The notations of time that tools of this trade print: RFC 1123 (describe, HTTP), `date`, RFC 3339 and its
/// looser relatives (helm, logs), Apache's and Python's, klog's prefix with its process id, syslog's and `ls -l`'s, a bare time.
static TIME: LazyLock<Regex> = LazyLock::new(|| {
    const MON: &str = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)";
    const DAY: &str = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*";
    const CLOCK: &str = r"\d{1,2}:\d\d(?::\d\d(?:[.,:]\d+)?)?";
    const ZONE: &str = r"(?: ?(?:Z\b|[+-]\d\d:?\d\d\b|(?:UTC|GMT|CET|CEST|EST|EDT|PST|PDT)\b))*";
    let alternatives = [
        format!(r"\b{DAY},? \d{{1,2}} {MON} \d{{4}} {CLOCK}{ZONE}"),
        format!(r"\b{DAY},? \d{{1,2}}-{MON}-\d{{2,4}} {CLOCK}{ZONE}"),
        format!(
            r"\b{DAY},? {MON} \d{{1,2}},? (?:\d{{4}} )?{CLOCK}(?: [AP]M)?{ZONE}(?: \d{{4}}\b)?"
        ),
        format!(r"\b\d{{4}}[-/]\d\d[-/]\d\d(?:[T _]{CLOCK}{ZONE})?(?: m=[+-][\d.]+)?"),
        format!(r"\b\d{{1,2}}/{MON}/\d{{4}}[: ]{CLOCK}{ZONE}"),
        r"\b[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+".to_owned(),
        format!(r"\b\d{{1,2}} {MON} \d{{4}}(?: {CLOCK}{ZONE})?"),
        format!(r"\b{MON} \d{{1,2}},? (?:{CLOCK}(?: \d{{4}}\b)?|\d{{4}}\b(?: {CLOCK})?){ZONE}"),
        format!(r"\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b{ZONE}"),
    ];
    // ASCII only: what people call digits elsewhere is no time here, and it compiles ten times faster.
    // The alternatives are constants: they compile, as the tests of this file show.
    Regex::new(&format!("(?-u){}", alternatives.join("|")))
        .unwrap_or_else(|error| unreachable!("constant expression: {error}"))
});

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of one canonical form.
    #[track_caller]
    fn same(a: &str, b: &str) {
        assert_eq!(
            canon(a, Scan::LOOSE).text,
            canon(b, Scan::LOOSE).text,
            "{a} | {b}"
        );
    }

    /// Lines that are really different.
    #[track_caller]
    fn differ(a: &str, b: &str) {
        assert_ne!(
            canon(a, Scan::LOOSE).text,
            canon(b, Scan::LOOSE).text,
            "{a} | {b}"
        );
    }

    #[test]
    fn times() {
        same(
            "CreationTimestamp: Sat, 21 Nov 2026 00:40:56 +0000",
            "CreationTimestamp: Fri, 1 Jan 2021 10:40:56 +0000",
        );
        same(
            "Sat Nov 21 00:46:51 UTC 2026",
            "Sun Jan  3 10:06:51 UTC 2027",
        );
        same(
            "a 2026-11-21T00:46:51Z b",
            "a 2026-11-21T00:46:51.537981050+01:00 b",
        );
        same(
            "--- x\t2026-11-21 00:46:51.537981050 +0000",
            "--- x 2026-11-22 00:51:35.445990835 +0000",
        );
        same(
            "[21/Nov/2026:00:40:56 +0000] GET",
            "[1/Jan/2027:01:00:00 +0000] GET",
        );
        same(
            "- - [21/Nov/2026 20:22:14] \"GET /\"",
            "- - [13/Feb/2024 10:00:00] \"GET /\"",
        );
        same(
            "E1121 00:52:12.742423    4519 memcache.go:265]",
            "E0101 10:52:12.1     19 memcache.go:265]",
        );
        same(
            "-rw-r--r-- 1 root root 17 Nov 21 00:46 a",
            "-rw-r--r-- 1 root root 17 Nov 21  2025 a",
        );
        same(
            "2024-06-11 04:13:53.862100855 +0000 UTC",
            "2024-07-11 04:13:53.1 +0000 UTC",
        );
        differ("a 2026-11-21T00:46:51Z b", "a today b");
    }

    #[test]
    fn names_and_addresses() {
        same("pod/web-5774b8d5f4-cv89c", "pod/web-84bff99c96-xlrhl");
        same("web-5774b8d5f4", "web-dbbdc96d6");
        same(
            "app=web,pod-template-hash=5774b8d5f4",
            "app=web,pod-template-hash=dbbdc96d6",
        );
        same(
            "pvc-56c9524a-8863-41fd-b737-faf8a8a46aff",
            "pvc-00c9524a-8863-41fd-b737-faf8a8a46aff",
        );
        same(
            "10.244.0.61:80,10.244.0.62:80 + 2 more...",
            "10.1.0.61:80,10.1.0.99:80 + 2 more...",
        );
        same("hello-28417843-abcd5", "hello-29417843-4xk2b");
        same("ui-5989474687-5gcbt", "ui-55fbd7f494-4hz9b");
        same("ui-5989474687", "ui-55fbd7f494");
        differ("backup-20240101", "backup-20240102");
        differ("10.244.0.61:80", "10.244.0.61:8080");
        differ("10.244.0.0/16", "10.245.0.0/16");
        differ("127.0.0.1", "10.0.0.1");
        differ("web-0", "web-1");
        differ("nginx:1.14.2", "nginx:1.16.1");
        differ("web-http2", "web-https");
        differ("staging-web-5774b8d5f4-cv89c", "stage-web-5774b8d5f4-cv89c");
        differ("10.0.0.1:80 + 2 more...", "10.0.0.1:80 + 1 more...");
        differ("ClusterIP None", "ClusterIP 10.0.0.1");
    }

    #[test]
    fn ages() {
        assert!(is_age("3m2s") && is_age("47h") && is_age("5d1h") && is_age("0s"));
        assert!(!is_age("3/3") && !is_age("m") && !is_age("<none>") && !is_age("12"));
        assert!(is_time("2025-11-21T00:46:51Z") && !is_time("soon"));
    }
}
