//! Volatile tokens inside a stretch of text that holds no timestamp.
//!
//! Entry point: [`scan`]. Text is cut into atoms (letters, digits, `.`, `-`, `_`) at everything else; each atom is
//! looked at once, by hand-written tests, because a table of two thousand rows has tens of thousands of them. Generated
//! names are told in [`super::names`], numbers in [`super::measures`], what a cloud gave in [`super::cloud`].

use super::cloud::{cloud, is_cloud_host, load_balanced};
use super::measures::{
    is_duration, is_epoch, is_milliseconds, is_process_number, is_rate, is_setting,
};
use super::names::{has_digit, has_letter, is_bare_hash, is_hash, name};
use super::volatile::{Canon, Kind, Scan};

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
            if (is_fixed_ip(text) && !is_client(before, after)) || is_network(after) {
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
        if scan.commits && is_commit(text) {
            return out.push(Kind::Hex, text);
        }
        // `index 3f4e5d6..9a8b7c6`.
        if scan.commits
            && let Some((from, to)) = text.split_once("..")
            && is_commit(from)
            && is_commit(to)
        {
            out.push(Kind::Hex, from);
            out.text.push_str("..");
            return out.push(Kind::Hex, to);
        }
        if is_device(before, after) || is_snapshot(before) {
            return out.push(Kind::Temp, text);
        }
        if is_node_port(text, before, after, scan.node_ports) {
            return out.push(Kind::NodePort, text);
        }
        if scan.durations && is_epoch(text, before) {
            return out.push(Kind::Time, text);
        }
        if scan.durations && is_milliseconds(text, after) {
            return out.push(Kind::Duration, text);
        }
        if is_process_number(text, before) || is_rate(text, after) || is_client_version(before) {
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
    } else if is_device(before, after) {
        return out.push(Kind::Temp, text);
    }
    if let Some((prefix, rest)) = temp(text) {
        out.text.push_str(prefix);
        return out.push(Kind::Temp, rest);
    }
    name(text, out);
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

/// Who asked, at the start of a line of an access log: `127.0.0.1 - - [21/Nov/2026`.
fn is_client(before: &str, after: &str) -> bool {
    before.is_empty() && after.starts_with(" - ")
}

/// The release of a program that asks, not of one that answers: `curl/7.74.0`.
fn is_client_version(before: &str) -> bool {
    ["curl/", "Wget/", "kube-probe/"]
        .iter()
        .any(|client| before.ends_with(client))
}

/// Seven to twelve hexadecimal digits: how git shortens a commit.
fn is_commit(text: &str) -> bool {
    (7..=12).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// `/dev/nvme1n1` of `/dev/nvme1n1 on /data type ext4`: which disk a volume got.
fn is_device(before: &str, after: &str) -> bool {
    before == "/dev/" && after.starts_with(" on /")
}

/// `31` of `snapshots/31/fs`: containerd counts the layers that it unpacked.
fn is_snapshot(before: &str) -> bool {
    before.ends_with("overlayfs/snapshots/")
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

/// `80:31234/TCP`, `http  31234/TCP` after `NodePort:`, `nodePort: 31234`: the default node port range.
fn is_node_port(text: &str, before: &str, after: &str, asked: bool) -> bool {
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
    asked
        || (protocol && (pair || before.starts_with("NodePort:")))
        || label.ends_with("nodePort")
        || (before.contains("NodePort:") && after.is_empty())
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
