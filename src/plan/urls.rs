//! URLs in commands whose files are on this disk → the files: a page runs without a network, and against what its author has.
//!
//! Entry point: [`read_from_disk`]. A URL is known by `[urls]` in `labproof.toml`, or stands on a page of the Kubernetes
//! site's own tree, where `https://k8s.io/examples/...` is a folder `examples` beside or above the page; there a file that the
//! page shows by a shortcode, for the reader to save, is read from that folder too. Only what programs are told to read is
//! replaced, in the command's text itself: what is shown is what runs. [`Lab::from_disk`] says which.

mod fetch;

use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use fetch::{SAID, asks_server, copying, file_url};

use super::Plan;
use crate::source::{Diagnostic, Severity};
use crate::syntax::{Simple, Word, simple_commands};

/// A part of the web that is a folder here, or one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlFolder {
    /// What its URLs begin with.
    pub prefix: String,
    /// Where they are.
    pub folder: PathBuf,
}

/// A URL of a command that is read from the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FromDisk {
    /// The page of the lab, from 0.
    pub page: usize,
    /// The command's line in the page.
    pub line: usize,
    /// As the page has it.
    pub url: String,
    /// The file or folder that the command reads.
    pub path: PathBuf,
}

/// The site whose pages say `https://k8s.io/examples/...`, as they write it.
const SITE: &[&str] = &[
    "https://k8s.io/",
    "http://k8s.io/",
    "https://kubernetes.io/",
    "http://kubernetes.io/",
];
/// Folders of its tree that hold files for commands.
const SITE_FOLDERS: &[&str] = &["examples", "docs"];
/// How far above a page its tree may begin.
const ABOVE: usize = 8;

/// A file of the site's `examples` that a page shows whole.
static SHOWN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"\{\{[<%]\s*code\w*\s[^}]*?file="([^"]+)""#).expect("the pattern is valid")
});

/// What kubectl reads.
const MANIFESTS: &[&str] = &["-f", "--filename", "-k", "--kustomize"];
/// Replaces URLs in the commands of a plan by the files that they stand for here.
pub(super) fn read_from_disk(plan: &mut Plan, folders: &[UrlFolder]) {
    for lab in &mut plan.labs {
        // What an earlier command names, it may have written.
        let mut earlier = String::new();
        for (index, page) in lab.pages.iter_mut().enumerate() {
            let disk = Disk::of(page.file.path(), page.file.text(), folders);
            for step in &mut page.steps {
                for command in &mut step.commands {
                    let rewritten = disk.rewrite(&command.text, &earlier);
                    if rewritten.text.is_none() || !command.text.contains("kubectl") {
                        earlier.push_str(&command.text);
                    }
                    if let Some(text) = rewritten.text {
                        command.text = text;
                    }
                    for (url, path) in rewritten.read {
                        lab.from_disk.push(FromDisk {
                            page: index,
                            line: command.line,
                            url,
                            path,
                        });
                    }
                    for problem in rewritten.problems {
                        let (file, span) = (&page.file, command.span);
                        plan.diagnostics.push(
                            Diagnostic::at(Severity::Warning, file, span, problem)
                                .with_help("the command runs as it is, and needs a network"),
                        );
                    }
                }
            }
        }
    }
}

/// What becomes of a command.
#[derive(Debug, Default)]
struct Rewritten {
    /// The new text; `None` where it stays.
    text: Option<String>,
    read: Vec<(String, PathBuf)>,
    /// URLs that are known and yet not read from the disk, and why.
    problems: Vec<String>,
}

/// A part of a text that is replaced.
struct Edit {
    start: usize,
    end: usize,
    text: String,
}

/// What is on the disk, as one page sees it.
struct Disk<'a> {
    folders: &'a [UrlFolder],
    /// The folders above the page.
    above: Vec<PathBuf>,
    /// Files that the page shows whole.
    shown: Vec<PathBuf>,
}

impl<'a> Disk<'a> {
    fn of(page: &Path, text: &str, folders: &'a [UrlFolder]) -> Self {
        let page = std::fs::canonicalize(page).unwrap_or_else(|_| page.to_owned());
        let above = page.ancestors().skip(1).take(ABOVE);
        let mut disk = Self {
            folders,
            above: above.map(Path::to_owned).collect(),
            shown: Vec::new(),
        };
        let named = SHOWN
            .captures_iter(text)
            .map(|found| format!("examples/{}", &found[1]));
        let shown = named.filter_map(|named| disk.of_site(&named));
        disk.shown = shown.collect();
        disk
    }

    /// What becomes of a command; `earlier` is the text of those before it.
    fn rewrite(&self, text: &str, earlier: &str) -> Rewritten {
        let mut rewritten = Rewritten::default();
        if !text.contains("://") && self.shown.is_empty() {
            return rewritten;
        }
        let mut edits = Vec::new();
        for part in simple_commands(text) {
            let found = match part.name() {
                "kubectl" | "oc" => {
                    let words = part.flags(MANIFESTS).map(|(_, word)| word);
                    let mut found = Vec::new();
                    for word in words {
                        found.extend(self.urls_of(text, word, quoted));
                        found.extend(self.shown_as(text, word, earlier));
                    }
                    found
                }
                "curl" => self.curl(text, &part),
                "wget" => self.wget(text, &part),
                _ => continue,
            };
            for found in found {
                match found {
                    Ok((read, edit)) => {
                        rewritten.read.push(read);
                        edits.push(edit);
                    }
                    Err(problem) => rewritten.problems.push(problem),
                }
            }
        }
        if !edits.is_empty() {
            edits.sort_by_key(|edit| edit.start);
            let mut new = text.to_owned();
            for edit in edits.iter().rev() {
                new.replace_range(edit.start..edit.end, &edit.text);
            }
            rewritten.text = Some(new);
        }
        rewritten
    }

    /// The URLs of a word that are here, each written as `write` does it.
    fn urls_of(&self, text: &str, word: &Word, write: Write) -> Vec<Found> {
        let raw = &text[word.start..word.end];
        let mut found = Vec::new();
        for (at, url) in urls(raw) {
            match self.find(url) {
                Here::No => {}
                Here::Missing(problem) => found.push(Err(problem)),
                Here::Yes(path) => found.push(match write(&path, raw) {
                    Some(text) => {
                        let start = word.start + at;
                        let end = start + url.len();
                        Ok(((url.to_owned(), path), Edit { start, end, text }))
                    }
                    None => Err(format!(
                        "{url} is {} here, which cannot be written into this command",
                        path.display()
                    )),
                }),
            }
        }
        found
    }

    /// A file that the page shows, where a word is its bare name and nobody has put one there.
    fn shown_as(&self, text: &str, word: &Word, earlier: &str) -> Option<Found> {
        let (Word { start, end, .. }, name) = (word.clone(), word.text.as_str());
        let path = self.shown.iter().find(|path| path.ends_with(name))?;
        let beside = self.above.first().map(|folder| folder.join(name));
        let is_there = beside.is_some_and(|path| path.exists());
        if name.contains('/') || is_there || earlier.contains(name) || text[start..end] != *name {
            return None;
        }
        let edit = Edit {
            start,
            end,
            text: quoted(path, name)?,
        };
        Some(Ok(((name.to_owned(), path.clone()), edit)))
    }

    /// curl reads `file:` as well.
    fn curl(&self, text: &str, part: &Simple) -> Vec<Found> {
        let words = part.command();
        let mut found = Vec::new();
        for (before, word) in words.iter().zip(&words[1..]) {
            if word.text.starts_with("http") && !SAID.contains(&before.text.as_str()) {
                found.extend(self.urls_of(text, word, file_url));
            }
        }
        if asks_server(words) {
            for one in &mut found {
                let Ok(((url, _), _)) = one else { continue };
                *one = Err(format!(
                    "{url} is on the disk, but curl is asked for what only its server says"
                ));
            }
        }
        found
    }

    /// wget reads no files, so cp and cat do what it would.
    fn wget(&self, text: &str, part: &Simple) -> Vec<Found> {
        let words = part.command();
        let named = words[1..]
            .iter()
            .filter(|word| word.text.starts_with("http"));
        let mut found: Vec<Found> = named
            .flat_map(|word| self.urls_of(text, word, quoted))
            .collect();
        let alone = found.len() == 1;
        let (start, end) = (words[0].start, words[words.len() - 1].end);
        let apart = !text[start..end].contains(['<', '>', '\n']);
        for one in &mut found {
            let Ok(((url, _), edit)) = one else { continue };
            match copying(words, url, &edit.text).filter(|_| alone && apart) {
                Some(text) => *edit = Edit { start, end, text },
                None => {
                    *one = Err(format!(
                        "{url} is on the disk, but what wget is to do with it is more than copying"
                    ));
                }
            }
        }
        found
    }

    fn find(&self, url: &str) -> Here {
        let plain = url.split(['?', '#']).next().unwrap_or(url);
        let known = self
            .folders
            .iter()
            .filter(|folder| plain.starts_with(&folder.prefix))
            .max_by_key(|folder| folder.prefix.len());
        if let Some(known) = known {
            let rest = plain[known.prefix.len()..].trim_start_matches('/');
            let path = match rest.is_empty() {
                true => known.folder.clone(),
                false => known.folder.join(rest),
            };
            return match std::fs::canonicalize(&path) {
                Ok(path) if is_below(rest) => Here::Yes(path),
                _ => Here::Missing(format!(
                    "{url} is not in {}, where labproof.toml has {}",
                    known.folder.display(),
                    known.prefix
                )),
            };
        }
        let rest = SITE.iter().find_map(|site| plain.strip_prefix(site));
        rest.and_then(|rest| self.of_site(rest))
            .map_or(Here::No, Here::Yes)
    }

    /// A file of the site whose tree the page is in.
    fn of_site(&self, rest: &str) -> Option<PathBuf> {
        let (first, _) = rest.split_once('/')?;
        if !is_below(rest) || !SITE_FOLDERS.contains(&first) {
            return None;
        }
        let mut paths = self.above.iter().map(|above| above.join(rest));
        paths.find(|path| path.is_file())
    }
}

/// Whether a URL is on the disk.
enum Here {
    No,
    Yes(PathBuf),
    /// It should be, and why it is not.
    Missing(String),
}

/// A URL and what it stands for.
type Read = (String, PathBuf);
/// A URL that is read from the disk, with the edit that does it, or why it is not.
type Found = Result<(Read, Edit), String>;
/// How a path is written in place of a URL, given the word that holds it; `None` where it cannot be.
type Write = fn(&Path, &str) -> Option<String>;

/// The URLs in a word as it is written, each with its place.
fn urls(raw: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = raw[from..].find("http") {
        let start = from + at;
        let end = raw[start..]
            .find([',', '"', '\'', '\\', '$', '`', ' ', '\n'])
            .map_or(raw.len(), |length| start + length);
        let url = &raw[start..end];
        // What a variable ends is not known here.
        let whole = !raw[end..].starts_with(['$', '`', '\\']);
        if whole && (url.starts_with("http://") || url.starts_with("https://")) {
            found.push((start, url));
        }
        from = end.max(start + 1);
    }
    found
}

/// Whether a path stays below the folder that it is of.
fn is_below(rest: &str) -> bool {
    Path::new(rest)
        .components()
        .all(|part| matches!(part, Component::Normal(_)))
}

/// A path as a word of the shell, or within a quoted one.
fn quoted(path: &Path, raw: &str) -> Option<String> {
    let path = path.to_str()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+@%=:".contains(&byte);
    if path.bytes().all(is_plain) {
        return Some(path.to_owned());
    }
    // kubectl takes a comma for the end of a name.
    let fits = !raw.contains(['"', '\'']) && !path.contains(',') && !path.contains('\n');
    fits.then(|| format!("'{}'", path.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Holds the text of a command on a page of a tree with an `examples` folder and a mapped one; `@` is the tree.
    #[track_caller]
    fn check(text: &str, expected: &str, problems: &[&str]) {
        let tree = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(tree.path()).unwrap();
        for folder in ["docs/tasks", "examples/app", "our files"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        for file in [
            "docs/tasks/page.md",
            "examples/app/web.yaml",
            "our files/x.yaml",
        ] {
            fs::write(root.join(file), "").unwrap();
        }
        let folders = [UrlFolder {
            prefix: "https://our.example/".to_owned(),
            folder: root.join("our files"),
        }];
        let page = "{{% code_sample file=\"app/web.yaml\" %}}";
        let disk = Disk::of(&root.join("docs/tasks/page.md"), page, &folders);
        let rewritten = disk.rewrite(text, "cat > mine/web.yml");
        let place = |text: &str| text.replace(root.to_str().unwrap(), "@");
        let told: Vec<String> = rewritten.problems.iter().map(|it| place(it)).collect();
        assert_eq!(told, problems, "{text}");
        assert_eq!(
            rewritten.text.is_some(),
            !rewritten.read.is_empty(),
            "{text}"
        );
        let new = rewritten.text.as_deref().unwrap_or(text);
        assert_eq!(place(new), expected, "{text}");
    }

    #[test]
    fn what_kubectl_is_told_to_read() {
        let same = |text: &str| check(text, text, &[]);
        check(
            "kubectl apply -f https://k8s.io/examples/app/web.yaml -n x",
            "kubectl apply -f @/examples/app/web.yaml -n x",
            &[],
        );
        check(
            "kubectl create --filename=\"https://kubernetes.io/examples/app/web.yaml\" && echo https://k8s.io/examples/app/web.yaml",
            "kubectl create --filename=\"@/examples/app/web.yaml\" && echo https://k8s.io/examples/app/web.yaml",
            &[],
        );
        check(
            "kubectl apply -f https://our.example/x.yaml?raw=true,https://k8s.io/examples/app/web.yaml",
            "kubectl apply -f '@/our files/x.yaml',@/examples/app/web.yaml",
            &[],
        );
        same("kubectl apply -f https://k8s.io/examples/app/gone.yaml");
        same("kubectl apply -f https://k8s.io/examples/app/$NAME");
        same("kubectl apply -f https://k8s.io/examples/../docs/tasks/page.md");
        same("kubectl apply -f ./web.yaml");
        check(
            "kubectl apply -f web.yaml",
            "kubectl apply -f @/examples/app/web.yaml",
            &[],
        );
        same("kubectl annotate pod x see=https://k8s.io/examples/app/web.yaml");
    }

    #[test]
    fn what_is_known_and_cannot_be_read_is_told() {
        check(
            "kubectl apply -f https://our.example/gone.yaml",
            "kubectl apply -f https://our.example/gone.yaml",
            &[
                "https://our.example/gone.yaml is not in @/our files, where labproof.toml has https://our.example/",
            ],
        );
        check(
            "kubectl apply -f 'https://our.example/x.yaml'",
            "kubectl apply -f 'https://our.example/x.yaml'",
            &[
                "https://our.example/x.yaml is @/our files/x.yaml here, which cannot be written into this command",
            ],
        );
        check(
            "curl -sI https://our.example/x.yaml",
            "curl -sI https://our.example/x.yaml",
            &[
                "https://our.example/x.yaml is on the disk, but curl is asked for what only its server says",
            ],
        );
        check(
            "wget -c https://our.example/x.yaml",
            "wget -c https://our.example/x.yaml",
            &[
                "https://our.example/x.yaml is on the disk, but what wget is to do with it is more than copying",
            ],
        );
    }

    #[test]
    fn what_curl_and_wget_fetch() {
        check(
            "curl -fsSLO https://our.example/x.yaml | cat",
            "curl -fsSLO file://@/our%20files/x.yaml | cat",
            &[],
        );
        check(
            "curl -e https://our.example/x.yaml \"https://k8s.io/examples/app/web.yaml\" -o w.yaml",
            "curl -e https://our.example/x.yaml \"file://@/examples/app/web.yaml\" -o w.yaml",
            &[],
        );
        check(
            "kubectl apply -f <(wget -qO- https://k8s.io/examples/app/web.yaml)",
            "kubectl apply -f <(cat @/examples/app/web.yaml)",
            &[],
        );
        check(
            "wget -q https://our.example/x.yaml && ls",
            "cp '@/our files/x.yaml' x.yaml && ls",
            &[],
        );
        check(
            "wget -O y.yaml https://our.example/x.yaml",
            "cp '@/our files/x.yaml' y.yaml",
            &[],
        );
    }
}
