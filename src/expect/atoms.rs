//! Volatile tokens inside a stretch of text that holds no timestamp.
//!
//! Entry point: [`scan`]. Text is cut into atoms (letters, digits, `.`, `-`, `_`) at everything else; each atom is
//! looked at once, by hand-written tests, because a table of two thousand rows has tens of thousands of them.

use super::volatile::{Canon, Kind, Scan};

/// The alphabet of Kubernetes' generated names: no vowels, no digits that look like letters
/// (`k8s.io/apimachinery/pkg/util/rand`).
const SAFE: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// Words of five letters of that alphabet that authors really put at the end of names.
const WORDS_OF_SAFE: [&str; 6] = ["https", "http2", "xhttp", "mtls2", "nfsv4", "grpc2"];

/// Appends `text` (which begins at byte `at` of `line`) to `out`.
pub(super) fn scan(text: &str, line: &str, at: usize, scan: Scan, out: &mut Canon) {
    let bytes = text.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        if !is_atom(bytes[i]) {
            let start = i;
            while i < bytes.len() && !is_atom(bytes[i]) {
                i += 1;
            }
            out.text.push_str(&text[start..i]);
            continue;
        }
        let start = i;
        while i < bytes.len() && is_atom(bytes[i]) {
            i += 1;
        }
        // Points and dashes at the end close a sentence or draw a line; they are no part of a token.
        let mut end = i;
        while end > start && matches!(bytes[end - 1], b'.' | b'-' | b'_') {
            end -= 1;
        }
        atom(
            &text[start..end],
            &line[..at + start],
            &line[at + end..],
            scan,
            out,
        );
        out.text.push_str(&text[end..i]);
    }
}

fn is_atom(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_')
}

/// One atom, with the line before and after it.
fn atom(text: &str, before: &str, after: &str, scan: Scan, out: &mut Canon) {
    if text.is_empty() {
        return;
    }
    let has_digit = text.bytes().any(|b| b.is_ascii_digit());
    if has_digit {
        if scan.durations && is_duration(text) && !is_setting(before) {
            return out.push(Kind::Duration, text);
        }
        if is_ip(text) {
            if is_fixed_ip(text) || is_network(after) {
                return out.text.push_str(text);
            }
            return out.push(Kind::Ip, text);
        }
        if !scan.uuids_fixed
            && let Some(start) = uuid_in(text)
        {
            // `pvc-<uuid>`: what stands before and after the UUID is name.
            out.text.push_str(&text[..start]);
            out.push(Kind::Uuid, &text[start..start + 36]);
            return atom(&text[start + 36..], "", after, scan, out);
        }
        if let Some(kind) = cloud(text, before) {
            if kind == Kind::Host {
                out.text.push_str(load_balanced(text));
            }
            return out.push(kind, text);
        }
        if is_hex_id(text) && !scan.digests_fixed {
            return out.push(Kind::Hex, text);
        }
        if is_node_port(text, before, after) {
            return out.push(Kind::NodePort, text);
        }
        if scan.durations && is_epoch(text, before) {
            return out.push(Kind::Time, text);
        }
        if is_process_number(text, before) || is_rate(text, after) {
            return out.push(Kind::Number, text);
        }
        if is_hash_key(before) || is_bare_hash(text) {
            if let Some(cut) = text.rfind('-')
                && is_hash(&text[cut + 1..])
            {
                out.text.push_str(&text[..=cut]);
                return out.push(Kind::Hash, &text[cut + 1..]);
            }
            if is_hash(text) || is_bare_hash(text) {
                return out.push(Kind::Hash, text);
            }
        }
    } else if is_cloud_host(text) {
        out.text.push_str(load_balanced(text));
        return out.push(Kind::Host, text);
    }
    if let Some((prefix, rest)) = temp(text) {
        out.text.push_str(prefix);
        return out.push(Kind::Temp, rest);
    }
    name(text, out);
}

/// A generated name: `prefix-HASH-SUFFIX`, `prefix-HASH`, `prefix-SERIAL[-SUFFIX]`, `prefix-SUFFIX`, `prefix.HEX`; else text.
fn name(text: &str, out: &mut Canon) {
    // An event's name is its object's with a hexadecimal time: `web.17a3f4c5b6d7e8f9`.
    if let Some((prefix, hex)) = text.rsplit_once('.')
        && hex.len() == 16
        && hex.bytes().all(|b| b.is_ascii_hexdigit())
    {
        name(prefix, out);
        out.text.push('.');
        return out.push(Kind::Hex, hex);
    }
    let Some((head, last)) = text.rsplit_once('-') else {
        return out.text.push_str(text);
    };
    // `web-xxxxxxxxxx-xxxxx`: the author's mask is in the alphabet of generated names.
    if head.is_empty() || last.bytes().all(|b| b == b'x') {
        return out.text.push_str(text);
    }
    if let Some((prefix, middle)) = head.rsplit_once('-')
        && !prefix.is_empty()
        && is_suffix_after_hash(last)
        && (is_hash_before_suffix(middle) || is_authors_hash(middle) || is_serial(middle))
    {
        out.text.push_str(prefix);
        out.text.push('-');
        out.push(
            if is_serial(middle) {
                Kind::Serial
            } else {
                Kind::Hash
            },
            middle,
        );
        out.text.push('-');
        return out.push(Kind::Name, text);
    }
    if is_hash(last) && !is_serial(last) {
        out.text.push_str(head);
        out.text.push('-');
        return out.push(Kind::Hash, last);
    }
    if is_serial(last) {
        out.text.push_str(head);
        out.text.push('-');
        return out.push(Kind::Serial, last);
    }
    if is_suffix(last) && head.as_bytes()[0].is_ascii_lowercase() {
        out.text.push_str(head);
        out.text.push('-');
        return out.push(Kind::Name, text);
    }
    out.text.push_str(text);
}

/// `5774b8d5f4`: eight to ten characters of the safe alphabet (the hash is a 32-bit number), digits among them.
fn is_hash(text: &str) -> bool {
    (8..=10).contains(&text.len())
        && text.bytes().all(|b| SAFE.contains(&b))
        && has_digit(text)
        && (has_letter(text) || is_hash_of_digits(text))
}

/// Before a pod's suffix a shorter hash is plausible too: small numbers give short hashes.
fn is_hash_before_suffix(text: &str) -> bool {
    (5..=10).contains(&text.len())
        && text.bytes().all(|b| SAFE.contains(&b))
        && (has_digit(text) || text.len() >= 8)
}

/// A hash that an author made up (`7c9b6f8d41`): right in length and kind of characters only.
fn is_authors_hash(text: &str) -> bool {
    (8..=10).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && text.bytes().filter(u8::is_ascii_digit).count() >= 2
}

/// A hash that stands alone, as jsonpath prints it: two digits at least, or it may be a word.
fn is_bare_hash(text: &str) -> bool {
    is_hash(text) && text.len() >= 9 && text.bytes().filter(u8::is_ascii_digit).count() >= 2
}

/// `cv89c`: the random end of a generated name.
fn is_suffix(text: &str) -> bool {
    text.len() == 5
        && text.bytes().all(|b| SAFE.contains(&b))
        && has_letter(text)
        && !WORDS_OF_SAFE.contains(&text)
}

/// After a hash any five characters are a suffix: old releases and authors use vowels too.
fn is_suffix_after_hash(text: &str) -> bool {
    text.len() == 5
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// Minutes since the epoch (8 digits since 2017's controller v2, so above 24 million, which no date is), or the older
/// ten digits.
fn is_serial(text: &str) -> bool {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    match text.len() {
        8 => {
            digits
                && text[..2]
                    .parse()
                    .is_ok_and(|millions: u8| (24..40).contains(&millions))
        }
        10 => digits && !text.starts_with('0') && !is_hash_of_digits(text),
        _ => false,
    }
}

/// `5989474687`: one hash in a hundred has no letter. It is the decimal digits of a number written in ten signs of the
/// safe alphabet, and the digits among those are 4 to 9.
fn is_hash_of_digits(text: &str) -> bool {
    (9..=10).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'4'..=b'9'))
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit())
}

fn has_letter(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// Labels whose value is a hash.
fn is_hash_key(before: &str) -> bool {
    let before = before.trim_end_matches(['"', '\'', ' ']);
    let Some(before) = before.strip_suffix(['=', ':']) else {
        return false;
    };
    let before = before.trim_end_matches(['"', '\'']);
    [
        "pod-template-hash",
        "controller-revision-hash",
        "pod-template-generation",
    ]
    .iter()
    .any(|key| before.ends_with(key))
}

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
fn is_setting(before: &str) -> bool {
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

fn is_ip(text: &str) -> bool {
    let mut parts = 0;
    for part in text.split('.') {
        parts += 1;
        if parts > 4
            || part.is_empty()
            || part.len() > 3
            || !part.bytes().all(|b| b.is_ascii_digit())
        {
            return false;
        }
        if part.parse::<u16>().map_or(true, |n| n > 255) {
            return false;
        }
    }
    parts == 4
}

/// Addresses that mean the same everywhere: loopback, any, broadcast, and the cloud's metadata service.
fn is_fixed_ip(text: &str) -> bool {
    text.starts_with("127.")
        || text == "0.0.0.0"
        || text.starts_with("255.")
        || text == "169.254.169.254"
}

/// `/16` after an address makes it a network, which is configuration.
fn is_network(after: &str) -> bool {
    let Some(rest) = after.strip_prefix('/') else {
        return false;
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    (1..=2).contains(&digits)
        && !rest[digits..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '.')
}

/// Where a UUID begins in an atom.
fn uuid_in(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    if bytes.len() < 36 {
        return None;
    }
    (0..=bytes.len() - 36).find(|&start| {
        bytes[start..start + 36]
            .iter()
            .enumerate()
            .all(|(i, b)| match i {
                8 | 13 | 18 | 23 => *b == b'-',
                _ => b.is_ascii_hexdigit(),
            })
            && (start == 0 || !bytes[start - 1].is_ascii_hexdigit())
    })
}

/// Twelve to sixty-four hexadecimal digits, letters among them (or long enough that none are needed).
fn is_hex_id(text: &str) -> bool {
    (12..=128).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        && (text.len() >= 32 || has_letter(text))
        && has_digit(text)
}

/// Cloud ids, accounts, nodes named by address, endpoints with digits in their names.
fn cloud(text: &str, before: &str) -> Option<Kind> {
    if let Some(rest) = text.strip_prefix("ip-") {
        let numbers = rest.split('.').next().unwrap_or_default();
        if numbers
            .split('-')
            .filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
            .count()
            == 4
        {
            return Some(Kind::Node);
        }
    }
    if is_cloud_host(text) {
        return Some(Kind::Host);
    }
    if text.len() == 12
        && text.bytes().all(|b| b.is_ascii_digit())
        && before.ends_with([':', '/', '"', ' '])
    {
        return Some(Kind::Account);
    }
    let (prefix, id) = text.split_once('-')?;
    const PREFIXES: [&str; 20] = [
        "i", "vpc", "subnet", "sg", "vol", "eni", "rtb", "igw", "nat", "snap", "lt", "eipalloc",
        "eipassoc", "acl", "fs", "fsap", "fsvol", "vpce", "sgr", "pcx",
    ];
    (PREFIXES.contains(&prefix)
        && (8..=17).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_hexdigit()))
    .then_some(Kind::Cloud)
}

/// Host names that a cloud gives to what it makes.
fn is_cloud_host(text: &str) -> bool {
    const ENDS: [&str; 4] = [
        ".amazonaws.com",
        ".cloudfront.net",
        ".cloudapp.azure.com",
        ".on.aws",
    ];
    const KINDS: [&str; 8] = [
        ".elb.",
        ".rds.",
        ".eks.",
        ".cache.",
        ".efs.",
        ".execute-api.",
        ".es.",
        ".fsx.",
    ];
    let Some(end) = ENDS.iter().find(|end| text.ends_with(**end)) else {
        return false;
    };
    *end != ".amazonaws.com"
        || (KINDS.iter().any(|kind| text.contains(kind)) && text.split('.').count() > 4)
}

/// Of a load balancer that AWS' controller made, what it is for: `k8s-NAMESPACE-NAME` of `k8s-ui-ui-5ddc3ba496-10794`.
pub(super) fn load_balanced(host: &str) -> &str {
    let label = host.split('.').next().unwrap_or_default();
    let mut end = 0;
    if label.starts_with("k8s-") {
        for part in label.split('-') {
            let number = part.bytes().all(|b| b.is_ascii_digit());
            let hex = part.len() >= 8 && part.bytes().all(|b| b.is_ascii_hexdigit());
            let random = number || hex && has_digit(part);
            if random || part.bytes().all(|b| b == b'x') {
                break;
            }
            end += part.len() + 1;
        }
    }
    label[..end.min(label.len())].trim_end_matches('-')
}

/// `80:31234/TCP`, `http  31234/TCP` after `NodePort:`, `nodePort: 31234`: the default node port range.
fn is_node_port(text: &str, before: &str, after: &str) -> bool {
    if text.len() != 5
        || !text
            .parse::<u32>()
            .is_ok_and(|port| (30000..=32767).contains(&port))
    {
        return false;
    }
    let protocol = ["/TCP", "/UDP", "/SCTP"]
        .iter()
        .any(|p| after.starts_with(p));
    let pair = before
        .strip_suffix(':')
        .is_some_and(|b| b.ends_with(|c: char| c.is_ascii_digit()));
    let label = before.trim_end_matches([' ', '"', ':']);
    (protocol && (pair || before.starts_with("NodePort:")))
        || label.ends_with("nodePort")
        || (before.contains("NodePort:") && after.is_empty())
}

/// Numbers behind a word that says they are a process, a request, a version counter.
fn is_process_number(text: &str, before: &str) -> bool {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let key = before.trim_end_matches([' ', '"', '=', ':', '[', '\'']);
    key.len() < before.len()
        && ["pid", "PID", "resourceVersion", "Resource Version"]
            .iter()
            .any(|name| key.ends_with(name))
}

/// `"ts":1720519200.123`: seconds, or their thousandths, since 1970 behind a word that says they are a time.
fn is_epoch(text: &str, before: &str) -> bool {
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
fn is_rate(text: &str, after: &str) -> bool {
    ["KB/s", "MB/s", "GB/s"].iter().any(|unit| {
        after
            .strip_prefix(' ')
            .is_some_and(|rest| rest.starts_with(unit))
    }) && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// Names that `kubectl diff` and `mktemp` make up.
fn temp(text: &str) -> Option<(&str, &str)> {
    for prefix in ["LIVE-", "MERGED-"] {
        if let Some(rest) = text.strip_prefix(prefix)
            && !rest.is_empty()
            && rest.bytes().all(|b| b.is_ascii_digit())
        {
            return Some((prefix, rest));
        }
    }
    let rest = text.strip_prefix("tmp.")?;
    ((6..=12).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
        .then_some(("tmp.", rest))
}
