//! The words that labproof and the driver exchange: command texts, tokens and reports.

use std::hash::{BuildHasher, RandomState};
use std::os::fd::OwnedFd;

use rustix::fs::{fstat, ftruncate};
use rustix::io::{pread, pwrite, write};

use super::error::{During, ShellError};
use super::reader::Channels;

/// What the driver reports when a command has ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Report {
    /// `$?`.
    pub(super) status: i32,
    /// Whether `set -x` is on.
    pub(super) xtrace: bool,
    /// `$PWD`.
    pub(super) directory: Vec<u8>,
    /// `trap -p EXIT`, where it was asked for.
    pub(super) exit_trap: Vec<u8>,
}

/// What the driver is to do besides running the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Nothing.
    Plain,
    /// Report the EXIT trap.
    ReportTrap,
    /// Dump the state before the command, and report the EXIT trap.
    Dump,
    /// Do not run anything: end.
    Quit,
}

impl Mode {
    /// As the driver reads it; digits, since `nocasematch` may be on.
    fn letter(self, in_file: bool) -> char {
        match (self, in_file) {
            (Mode::Plain, false) => '-',
            (Mode::Plain, true) => '1',
            (Mode::ReportTrap, false) => '2',
            (Mode::ReportTrap, true) => '3',
            (Mode::Dump, false) => '4',
            (Mode::Dump, true) => '5',
            (Mode::Quit, _) => 'q',
        }
    }
}

/// A token that cannot be foreseen, of 12 digits.
pub(super) fn nonce() -> String {
    format!("{:012x}", RandomState::new().hash_one(0_u8) >> 16)
}

/// Replaces the contents of a file in memory.
pub(super) fn fill(file: &OwnedFd, mut bytes: &[u8]) -> Result<(), ShellError> {
    ftruncate(file, 0).during("empty a file in memory")?;
    let mut offset = 0;
    while !bytes.is_empty() {
        let written = pwrite(file, bytes, offset).during("fill a file in memory")?;
        bytes = &bytes[written..];
        offset += written as u64;
    }
    Ok(())
}

/// The contents of a file in memory.
pub(super) fn contents(file: &OwnedFd) -> Result<Vec<u8>, ShellError> {
    let size = fstat(file).during("read a file in memory")?.st_size;
    let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
    let mut length = 0;
    while length < bytes.len() {
        match pread(file, &mut bytes[length..], length as u64).during("read a file in memory")? {
            0 => break,
            more => length += more,
        }
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// Longer texts go through a file: bash reads a pipe byte by byte, a file in blocks.
const LONGEST_IN_PIPE: usize = 200;

/// Hands a command to the driver.
pub(super) fn send(
    channels: &Channels,
    nonce: &str,
    mode: Mode,
    text: &[u8],
) -> Result<(), ShellError> {
    let in_file = text.len() > LONGEST_IN_PIPE;
    if in_file {
        fill(&channels.text, text)?;
    }
    let mut message = format!("{nonce}{}", mode.letter(in_file)).into_bytes();
    if !in_file {
        message.extend_from_slice(text);
    }
    message.push(0);
    // Short enough to be written whole; the driver reads each before it reports again.
    write(&channels.control_write, &message).during("write to bash")?;
    Ok(())
}

/// Reads `<trap>@<nonce> <status> <flags> <directory>\0`; `None` where it is not the report that
/// is waited for, whoever wrote it.
pub(super) fn parse_report(bytes: &[u8], nonce: &str) -> Option<Report> {
    let bytes = bytes.strip_suffix(b"\0")?;
    let key = format!("@{nonce} ").into_bytes();
    let at = bytes.windows(key.len()).position(|window| window == key)?;
    let mut fields = bytes[at + key.len()..].splitn(3, |&byte| byte == b' ');
    let status = std::str::from_utf8(fields.next()?).ok()?.parse().ok()?;
    let flags = fields.next()?;
    Some(Report {
        status,
        xtrace: flags.contains(&b'x'),
        directory: fields.next()?.to_vec(),
        exit_trap: bytes[..at].to_vec(),
    })
}

/// Quotes bytes as one bash word.
pub(super) fn quote(bytes: &[u8]) -> Vec<u8> {
    let mut quoted = vec![b'\''];
    for &byte in bytes {
        match byte {
            b'\'' => quoted.extend_from_slice(b"'\\''"),
            _ => quoted.push(byte),
        }
    }
    quoted.push(b'\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: Option<(i32, &[u8], &[u8])>) {
        let report = parse_report(bytes, "n1");
        let found = report
            .as_ref()
            .map(|r| (r.status, &r.directory[..], &r.exit_trap[..]));
        assert_eq!(found, expected);
    }

    #[test]
    fn reports_are_read() {
        check(b"@n1 0 hB /tmp\0", Some((0, b"/tmp", b"")));
        check(b"@n1 3 hB /a b\nc\0", Some((3, b"/a b\nc", b"")));
        check(
            b"trap -- 'x' EXIT\n@n1 1 h /\0",
            Some((1, b"/", b"trap -- 'x' EXIT\n")),
        );
        check(b"garbage@n1 1 h /\0", Some((1, b"/", b"garbage")));
    }

    #[test]
    fn other_words_are_no_report() {
        check(b"@n2 0 hB /tmp\0", None);
        check(b"n1 0 hB /tmp\0", None);
        check(b"@n1 zero hB /tmp\0", None);
        check(b"@n1 0 hB /tmp", None);
        check(b"\0", None);
    }

    #[test]
    fn words_are_quoted() {
        assert_eq!(quote(b"it's"), b"'it'\\''s'");
    }
}
