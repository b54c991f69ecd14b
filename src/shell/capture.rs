//! Bounded capture of output: the beginning and the end of every stream are kept, the rest is
//! counted.
//!
//! Entry points: [`Recorder::record`] for every packet, [`Recorder::finish`] at the end.

use super::{Captured, Output, Stream};

/// Keeps stdout, stderr and both merged.
#[derive(Debug)]
pub(super) struct Recorder {
    merged: Ends,
    stdout: Ends,
    stderr: Ends,
}

impl Recorder {
    /// Keeps `limit` bytes of either end of each stream.
    pub(super) fn new(limit: usize) -> Self {
        Recorder {
            merged: Ends::new(limit),
            stdout: Ends::new(limit),
            stderr: Ends::new(limit),
        }
    }

    /// Adds bytes that were written to `stream`, after all that were added before.
    pub(super) fn record(&mut self, stream: Stream, bytes: &[u8]) {
        self.merged.push(bytes);
        match stream {
            Stream::Stdout => self.stdout.push(bytes),
            Stream::Stderr => self.stderr.push(bytes),
        }
    }

    /// Turns what was kept into text.
    pub(super) fn finish(self) -> Output {
        Output {
            merged: self.merged.finish(),
            stdout: self.stdout.finish(),
            stderr: self.stderr.finish(),
        }
    }
}

/// Both ends of one stream.
#[derive(Debug)]
struct Ends {
    limit: usize,
    head: Vec<u8>,
    /// Grows to twice the limit before its older half is dropped, so that a byte is moved once.
    tail: Vec<u8>,
    total: u64,
}

impl Ends {
    fn new(limit: usize) -> Self {
        Ends {
            limit,
            head: Vec::new(),
            tail: Vec::new(),
            total: 0,
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let room = (self.limit - self.head.len()).min(bytes.len());
        let (first, rest) = bytes.split_at(room);
        self.head.extend_from_slice(first);
        let rest = &rest[rest.len().saturating_sub(self.limit)..];
        if self.tail.len() + rest.len() > self.limit.saturating_mul(2) {
            self.tail.drain(..self.tail.len() - self.limit);
        }
        self.tail.extend_from_slice(rest);
    }

    fn finish(mut self) -> Captured {
        let excess = self.tail.len().saturating_sub(self.limit);
        self.tail.drain(..excess);
        let left_out = self.total - (self.head.len() + self.tail.len()) as u64;
        let text = if left_out == 0 {
            self.head.append(&mut self.tail);
            lossy(self.head)
        } else {
            let head = lossy(self.head);
            let gap = if head.is_empty() || head.ends_with('\n') {
                ""
            } else {
                "\n"
            };
            let tail = lossy(self.tail);
            format!("{head}{gap}[{left_out} bytes left out]\n{tail}")
        };
        Captured {
            text,
            total_bytes: self.total,
            truncated: left_out > 0,
        }
    }
}

/// Text without a copy where the bytes are valid.
fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Looks for a text in a stream that comes in pieces.
#[derive(Debug)]
pub(super) struct Needle {
    text: Vec<u8>,
    /// The end of what came before, shorter than the text.
    carried: Vec<u8>,
}

impl Needle {
    /// Looks for `text`.
    pub(super) fn new(text: &str) -> Self {
        Needle {
            text: text.as_bytes().to_vec(),
            carried: Vec::new(),
        }
    }

    /// Whether the text has appeared with these bytes.
    pub(super) fn seen_with(&mut self, bytes: &[u8]) -> bool {
        if self.text.is_empty() {
            return true;
        }
        self.carried.extend_from_slice(bytes);
        let seen = self
            .carried
            .windows(self.text.len())
            .any(|window| window == self.text);
        let keep = self.carried.len().min(self.text.len() - 1);
        self.carried.drain(..self.carried.len() - keep);
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(limit: usize, pieces: &[&str], text: &str, truncated: bool) {
        let mut recorder = Recorder::new(limit);
        for piece in pieces {
            recorder.record(Stream::Stdout, piece.as_bytes());
        }
        let output = recorder.finish();
        assert_eq!(output.stdout.text, text);
        assert_eq!(output.merged.text, text);
        assert_eq!(output.stdout.truncated, truncated);
        let total: usize = pieces.iter().map(|piece| piece.len()).sum();
        assert_eq!(output.stdout.total_bytes, total as u64);
        assert_eq!(output.stderr.text, "");
    }

    #[test]
    fn keeps_all_up_to_twice_the_limit() {
        check(4, &["ab", "cd", "ef", "gh"], "abcdefgh", false);
        check(4, &["abcdefgh"], "abcdefgh", false);
        check(4, &[], "", false);
    }

    #[test]
    fn leaves_out_the_middle() {
        check(2, &["abcdefgh"], "ab\n[4 bytes left out]\ngh", true);
        check(
            2,
            &["a\nc", "d", "e", "f", "g", "h"],
            "a\n[4 bytes left out]\ngh",
            true,
        );
        check(0, &["abc"], "[3 bytes left out]\n", true);
    }

    #[test]
    fn invalid_bytes_become_replacement_characters() {
        let mut recorder = Recorder::new(100);
        recorder.record(Stream::Stderr, b"a\0b\xff\xfec");
        let output = recorder.finish();
        assert_eq!(output.stderr.text, "a\0b\u{fffd}\u{fffd}c");
        assert_eq!(output.stderr.total_bytes, 6);
    }

    #[test]
    fn a_character_cut_between_packets_stays_whole() {
        let mut recorder = Recorder::new(2);
        recorder.record(Stream::Stdout, b"a\xc3");
        recorder.record(Stream::Stdout, b"\xa9b");
        assert_eq!(recorder.finish().stdout.text, "aéb");
    }

    #[test]
    fn a_needle_is_found_across_pieces() {
        let mut needle = Needle::new("ready");
        assert!(!needle.seen_with(b"not rea"));
        assert!(!needle.seen_with(b"d, re"));
        assert!(needle.seen_with(b"ady\n"));
        assert!(Needle::new("").seen_with(b""));
    }
}
