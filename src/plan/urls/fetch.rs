//! curl and wget: whether reading a file is all that they are told to do, and how they are told to read one of the disk.

use std::path::Path;

use crate::syntax::Word;

/// Options of curl whose value may be a URL that is only said.
pub(super) const SAID: &[&str] = &[
    "-e",
    "--referer",
    "-H",
    "--header",
    "-d",
    "--data",
    "-x",
    "--proxy",
    "-A",
    "--user-agent",
    "-b",
    "--cookie",
    "-w",
    "--write-out",
];
/// Options of curl that ask for what only a server has.
const OF_SERVER: &[&str] = &[
    "--head",
    "--include",
    "--write-out",
    "--request",
    "--data",
    "--form",
    "--dump-header",
];
/// The same of one letter, and others that take a value.
const OF_SERVER_LETTERS: &str = "IiwXdFD";
const WITH_VALUE: &str = "oHAbeuxmCTKEc";

/// A path as a URL; nothing in it needs quotes.
pub(super) fn file_url(path: &Path, _: &str) -> Option<String> {
    use std::fmt::Write;
    let mut url = "file://".to_owned();
    for byte in path.to_str()?.bytes() {
        match byte.is_ascii_alphanumeric() || b"/._-~".contains(&byte) {
            true => url.push(byte.into()),
            false => {
                let _ = write!(url, "%{byte:02X}");
            }
        }
    }
    Some(url)
}

/// Whether curl is to send something, or to show what is no part of the file.
pub(super) fn asks_server(words: &[Word]) -> bool {
    words[1..].iter().any(|word| {
        let long = |name: &&str| {
            let rest = word.text.strip_prefix(*name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['=', '-']))
        };
        let letters = word.text.strip_prefix('-').unwrap_or("");
        let own = letters.chars().take_while(|c| !WITH_VALUE.contains(*c));
        OF_SERVER.iter().any(|name| long(&name))
            || own.into_iter().any(|c| OF_SERVER_LETTERS.contains(c)) && !letters.starts_with('-')
    })
}

/// What copies the file that wget would fetch; `None` where it is told more than where to put it.
pub(super) fn copying(words: &[Word], url: &str, file: &str) -> Option<String> {
    const QUIET: &[&str] = &[
        "-q",
        "--quiet",
        "-nv",
        "--no-verbose",
        "--no-check-certificate",
    ];
    let (mut output, mut take) = (None, false);
    for word in &words[1..] {
        let text = word.text.as_str();
        let value = ["--output-document=", "-qO", "-O"]
            .into_iter()
            .find_map(|name| text.strip_prefix(name));
        match value {
            _ if take => (output, take) = (Some(text), false),
            Some(value) => (output, take) = (Some(value), value.is_empty()),
            None if text.starts_with("http") || QUIET.contains(&text) => {}
            None => return None,
        }
    }
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let name = output.or(url[..end].rsplit('/').next())?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    match name {
        "-" => Some(format!("cat {file}")),
        name if take || name.is_empty() || !name.bytes().all(fits) => None,
        name => Some(format!("cp {file} {name}")),
    }
}
