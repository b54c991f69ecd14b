//! What a container has at a path, seen with whatever programs it has.
//!
//! Entry points: [`observe`], [`write()`], [`remove`]. One program a look where there is a shell;
//! without one, `cat` and `ls` by themselves.

use kube::Client;
use sha2::{Digest, Sha256};

use super::exec::{Container, NoExit, run};
use super::look::Unable;

/// How much of a file is kept for looking into; its hash is of all of it.
const KEPT: usize = 1 << 20;

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AtPath {
    /// Nothing.
    Nothing,
    /// A file.
    File(Content),
    /// A folder; its content is the list of what is in it.
    Folder(Content),
}

/// What is in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Content {
    /// How many bytes.
    pub length: u64,
    /// Of all of it, in lower-case hex.
    pub sha256: String,
    /// Its beginning, at most 1 MiB.
    pub head: Vec<u8>,
    /// Permissions, where the container has a program that tells them.
    pub mode: Option<u32>,
}

impl AtPath {
    /// In words: `a file of 12 bytes (sha256 0a1b2c3d…)`.
    pub fn words(&self) -> String {
        match self {
            Self::Nothing => "nothing".to_owned(),
            Self::File(content) if content.length == 0 => "an empty file".to_owned(),
            Self::File(content) => format!(
                "a file of {} bytes (sha256 {}…)",
                content.length,
                &content.sha256[..8]
            ),
            Self::Folder(_) => "a folder".to_owned(),
        }
    }
}

/// First line: what it is and its mode. The rest: its content. `$1` is the path. A link that
/// leads nowhere is nothing, as it is for who opens it. Below a folder that this user may not search there may be anything.
const LOOK: &str = r#"
m=$(stat -L -c %a "$1" 2>/dev/null)
if [ -d "$1" ]; then echo "folder $m"; ls -A "$1"
elif [ -e "$1" ]; then echo "file $m"; cat "$1"
else
  d=$1
  while d=${d%/*}; [ -n "$d" ] && [ ! -d "$d" ]; do :; done
  if [ -x "${d:-/}" ]; then echo nothing
  else echo "the container's user may not search ${d:-/}" >&2; exit 1; fi
fi"#;

/// Looks at a path.
pub(super) async fn observe(
    client: &Client,
    container: &Container<'_>,
    path: &str,
) -> Result<AtPath, Unable> {
    let mut reader = Reader::default();
    let command = ["sh", "-c", LOOK, "sh", path];
    match run(client, container, &command, |piece| reader.take(piece)).await {
        Ok(output) if output.code == 0 => reader.finish(container, path),
        Ok(output) => Err(unreadable(container, path, &output.stderr)),
        Err(NoExit::NoProgram) => without_shell(client, container, path).await,
        Err(NoExit::Unable(unable)) => Err(unable),
    }
}

/// `cat` tells a file from nothing and from a folder; where there is no `cat`, `ls` at least
/// tells whether something is there.
async fn without_shell(
    client: &Client,
    container: &Container<'_>,
    path: &str,
) -> Result<AtPath, Unable> {
    let mut hashing = Hashing::default();
    match run(client, container, &["cat", path], |piece| {
        hashing.take(piece)
    })
    .await
    {
        Ok(output) if output.code == 0 => return Ok(AtPath::File(hashing.finish(None))),
        Ok(output) if is_missing(&output.stderr) => return Ok(AtPath::Nothing),
        Ok(output) if output.stderr.to_lowercase().contains("is a directory") => {
            return Ok(AtPath::Folder(Hashing::default().finish(None)));
        }
        Ok(output) => return Err(unreadable(container, path, &output.stderr)),
        Err(NoExit::NoProgram) => {}
        Err(NoExit::Unable(unable)) => return Err(unable),
    }
    match run(client, container, &["ls", "-d", path], |_| {}).await {
        Ok(output) if output.code != 0 && is_missing(&output.stderr) => Ok(AtPath::Nothing),
        Err(NoExit::Unable(unable)) => Err(unable),
        Ok(_) | Err(NoExit::NoProgram) => Err(Unable::for_good(format!(
            "container {} of pod {} has neither sh nor cat: its files cannot be read",
            container.name, container.pod
        ))),
    }
}

/// Writes a file.
pub(super) async fn write(
    client: &Client,
    container: &Container<'_>,
    path: &str,
    text: &str,
) -> Result<(), Unable> {
    let script = r#"printf %s "$2" > "$1""#;
    let command = ["sh", "-c", script, "sh", path, text];
    match run(client, container, &command, |_| {}).await {
        Ok(output) if output.code == 0 => Ok(()),
        Ok(output) => Err(Unable::for_good(format!(
            "the marker {path} cannot be written in pod {}: {}",
            container.pod, output.stderr
        ))),
        Err(NoExit::NoProgram) => Err(Unable::for_good(format!(
            "container {} of pod {} has no sh: no marker can be written",
            container.name, container.pod
        ))),
        Err(NoExit::Unable(unable)) => Err(unable),
    }
}

/// Removes a file that [`write()`] made, where the container has the means.
pub(super) async fn remove(client: &Client, container: &Container<'_>, path: &str) {
    let removed = run(client, container, &["rm", "-f", path], |_| {}).await;
    // A marker that stays harms nothing; there is nobody to tell who could do more.
    drop(removed);
}

fn is_missing(stderr: &str) -> bool {
    stderr.to_lowercase().contains("no such file or directory")
}

fn unreadable(container: &Container<'_>, path: &str, stderr: &str) -> Unable {
    Unable::for_now(format!(
        "{path} cannot be read in pod {}: {stderr}",
        container.pod
    ))
}

/// Takes the output of [`LOOK`] apart while it comes.
#[derive(Default)]
struct Reader {
    head: Vec<u8>,
    /// Set once the first line is whole.
    body: Option<Hashing>,
}

impl Reader {
    fn take(&mut self, mut piece: &[u8]) {
        if self.body.is_none() {
            let Some(end) = piece.iter().position(|&byte| byte == b'\n') else {
                self.head.extend_from_slice(piece);
                return;
            };
            self.head.extend_from_slice(&piece[..end]);
            piece = &piece[end + 1..];
        }
        self.body.get_or_insert_default().take(piece);
    }

    fn finish(self, container: &Container<'_>, path: &str) -> Result<AtPath, Unable> {
        let head = String::from_utf8_lossy(&self.head).into_owned();
        let (kind, mode) = head.trim().split_once(' ').unwrap_or((head.trim(), ""));
        let mode = u32::from_str_radix(mode, 8).ok();
        let body = self.body.unwrap_or_default();
        match kind {
            "nothing" => Ok(AtPath::Nothing),
            "file" => Ok(AtPath::File(body.finish(mode))),
            "folder" => Ok(AtPath::Folder(body.finish(mode))),
            _ => Err(unreadable(container, path, "the shell gave no answer")),
        }
    }
}

/// A content on its way.
#[derive(Default)]
struct Hashing {
    sha256: Sha256,
    length: u64,
    head: Vec<u8>,
}

impl Hashing {
    fn take(&mut self, piece: &[u8]) {
        self.sha256.update(piece);
        self.length += piece.len() as u64;
        let room = KEPT.saturating_sub(self.head.len());
        self.head.extend_from_slice(&piece[..piece.len().min(room)]);
    }

    fn finish(self, mode: Option<u32>) -> Content {
        Content {
            length: self.length,
            sha256: hex(&self.sha256.finalize()),
            head: self.head,
            mode,
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a container would have said, for tests of what is made of it.
#[cfg(test)]
pub(super) fn file_of(text: &str) -> AtPath {
    let mut hashing = Hashing::default();
    hashing.take(text.as_bytes());
    AtPath::File(hashing.finish(Some(0o644)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTAINER: Container<'_> = Container {
        namespace: "n",
        pod: "p",
        name: "c",
    };

    /// What is read from output that comes in pieces of every length.
    fn check(output: &[u8], expected: &AtPath) {
        for size in 1..=output.len() {
            let mut reader = Reader::default();
            output.chunks(size).for_each(|piece| reader.take(piece));
            assert_eq!(&reader.finish(&CONTAINER, "/x").unwrap(), expected);
        }
    }

    #[test]
    fn the_first_line_says_what_it_is_however_the_pieces_fall() {
        check(b"nothing\n", &AtPath::Nothing);
        check(b"file 644\n", &file_of(""));
        check(
            b"file 644\nnothing\nfile 1\n",
            &file_of("nothing\nfile 1\n"),
        );
        let mut hashing = Hashing::default();
        hashing.take(b"a\n");
        check(b"folder \na\n", &AtPath::Folder(hashing.finish(None)));
        assert!(Reader::default().finish(&CONTAINER, "/x").is_err());
    }

    #[test]
    fn the_hash_is_of_all_and_what_is_kept_is_bounded() {
        let mut hashing = Hashing::default();
        let piece = vec![b'x'; 700_000];
        hashing.take(&piece);
        hashing.take(&piece);
        let content = hashing.finish(None);
        assert_eq!((content.length, content.head.len()), (1_400_000, KEPT));
        let AtPath::File(empty) = file_of("") else {
            panic!("a file");
        };
        assert!(empty.sha256.starts_with("e3b0c44298fc1c14"));
    }
}
