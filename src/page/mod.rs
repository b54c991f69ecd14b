//! Markdown lab pages → [`Page`]s: front matter, steps, commands and the output shown for each.
//!
//! Entry point: [`read`]. It never fails: what is wrong with a page becomes [`Diagnostic`]s
//! beside the part that could be read.
//!
//! Steps: the front matter is split off and read (`front`, `keys`); the fences are found wherever they stand (`blocks`,
//! `gaps`, `execute`), and code by indentation; each fence's info string is read (`info`, `annotation`); code that names no
//! shell is labelled where it plainly is commands (`label`); a dialect is chosen per language (`dialect`); what is in
//! the shell fences becomes commands and shown output (`transcript` by its `prompt` with what stands `below`, `bare`, `follow` where the output
//! has a fence of its own and the `lead` between, in whatever of the `tongues`, says so); a fence in another language is a script for that language's `interpreter`; and what cannot run
//! says why (`skip`, `placeholder`, `endless`). `steps` puts these together.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::source::{Diagnostic, Severity, SourceFile, Span};

mod annotation;
mod bare;
mod below;
mod blocks;
mod dialect;
pub(crate) mod endless;
mod execute;
mod follow;
mod front;
mod gaps;
mod info;
mod interpreter;
mod keys;
mod label;
mod lead;
mod pattern;
mod placeholder;
mod printed;
mod prompt;
mod skip;
mod steps;
mod tongues;
mod tools;
mod transcript;

pub use dialect::Dialect;
pub(crate) use info::is_shell;
pub use interpreter::Interpreters;
pub(crate) use interpreter::{is_python, script};
pub use label::Unread;

/// One markdown page of a lab.
#[derive(Debug, Clone)]
pub struct Page {
    /// The text it was read from.
    pub file: SourceFile,
    /// `title` of the front matter, else the first heading, else the file's stem.
    pub title: String,
    /// What the front matter says.
    pub front: FrontMatter,
    /// Fenced blocks in page order, those that are skipped included.
    pub steps: Vec<Step>,
    /// Blocks that look like commands and are no steps, in page order.
    pub unread: Vec<Unread>,
}

/// The keys of the front matter that labproof knows. Other keys are left alone:
/// site generators have their own.
#[derive(Debug, Clone, Default)]
pub struct FrontMatter {
    /// `title`.
    pub title: Option<String>,
    /// `weight`, else `sidebar_position`: the order among the pages of a directory.
    pub weight: Option<f64>,
    /// `lab: true`, or eks-workshop's `sidebar_custom_props: {module: true}`:
    /// the index page that makes its directory (with all below it) one lab.
    pub lab: bool,
    /// `labproof: {dialect: ...}`: how the page's shell fences are written, where it says so.
    pub dialect: Option<Dialect>,
    /// `labproof: {interpreters: {js: "node -", python: false}}`: what runs fences in other languages.
    pub interpreters: Interpreters,
    /// `labproof: {lint: {LP001: reason}}`: rules that are off on this page, and why.
    pub lint_off: Vec<(String, String)>,
    /// `labproof: {home: private}`: the lab's commands have an empty HOME that goes with the lab.
    pub private_home: bool,
    /// `labproof: {nodes: N}`: how many nodes the cluster must have that the page runs on.
    pub nodes: Option<u8>,
    /// `labproof: {tags: [...]}`: words that `--filter` finds the page by.
    pub tags: Vec<String>,
}

/// A fenced block that runs, or says why it does not.
#[derive(Debug, Clone)]
pub struct Step {
    /// `id=` of the fence, else `<page stem>-<number>`, numbered from 1 over the page's steps.
    pub id: String,
    /// The whole block, both fences included.
    pub span: Span,
    /// Line of the opening fence, from 1.
    pub line: usize,
    /// First word of the info string, lower case: `bash`.
    pub language: String,
    /// Nearest heading above, if any.
    pub section: Option<String>,
    /// What the fence's annotations ask for.
    pub options: StepOptions,
    /// Why it does not run, if it does not.
    pub skip: Option<String>,
    /// Commands in order; at least one unless the step is skipped.
    pub commands: Vec<Command>,
}

/// A command and the output that the page shows for it.
#[derive(Debug, Clone)]
pub struct Command {
    /// Exactly what bash gets: prompt and indentation removed, continuations and
    /// here-documents whole, no line break at the end.
    pub text: String,
    /// Its first line in the page, from 1.
    pub line: usize,
    /// Its bytes in the page, prompt included.
    pub span: Span,
    /// What the page shows that it prints; `None` where the page shows nothing.
    pub expected: Option<Expected>,
}

/// Output shown on a page.
#[derive(Debug, Clone)]
pub struct Expected {
    /// The text without the fence's indentation, without leading and trailing blank lines.
    pub text: String,
    /// Line of the page on which `text` begins, from 1.
    pub line: usize,
    /// Its bytes in the page.
    pub span: Span,
}

/// What the annotations of a fence ask for.
#[derive(Debug, Clone)]
pub struct StepOptions {
    /// `id=`: the step's name, where the author gave one.
    pub id: Option<String>,
    /// `only=PROFILE` or `only=local,kind`: the kinds of cluster on which the step runs.
    pub only: Option<String>,
    /// `timeout=`: how long one command may take. Default 120 s.
    pub timeout: Duration,
    /// `wait=`: upper bound of the settling after the step.
    pub wait: Duration,
    /// `hook=NAME`: runs `tests/hook-NAME.sh before|after`.
    pub hook: Option<String>,
    /// That script, where it is; the plan looks for it.
    pub hook_script: Option<PathBuf>,
    /// `hookTimeout=`. Default 300 s.
    pub hook_timeout: Duration,
    /// `expectError=true`: a command of the step must fail.
    pub expect_error: bool,
    /// `raw=true`: the block is one script, with no prompts and no output in it.
    pub raw: bool,
    /// `exit=N`: the exit status that the step's last command must have.
    pub exit: Option<i32>,
    /// `match=`: how output is compared.
    pub match_kind: MatchKind,
    /// `rows=`: whether the shown rows of a table are all there are.
    pub rows: Rows,
    /// `absent=TEXT`: must not occur in the output.
    pub absent: Option<String>,
    /// `until=TEXT`: a stream runs until it shows this.
    pub until: Option<String>,
    /// `verify=NAME`: checks of the lab's verifier to run after the step.
    pub verify: Option<String>,
}

impl Default for StepOptions {
    fn default() -> Self {
        Self {
            id: None,
            only: None,
            timeout: Duration::from_secs(120),
            wait: Duration::ZERO,
            hook: None,
            hook_script: None,
            hook_timeout: Duration::from_secs(300),
            expect_error: false,
            raw: false,
            exit: None,
            match_kind: MatchKind::Auto,
            rows: Rows::Exact,
            absent: None,
            until: None,
            verify: None,
        }
    }
}

/// `match=`: how shown and actual output are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MatchKind {
    /// The rule is chosen from the command and the text.
    #[default]
    Auto,
    /// The same text.
    Exact,
    /// The shown text occurs in the output.
    Contains,
    /// Every shown line occurs, in order.
    Lines,
    /// The shown text is a regular expression that the output must match.
    Regex,
    /// A kubectl table, by column.
    Table,
    /// A JSON document.
    Json,
    /// A YAML document.
    Yaml,
    /// Not compared.
    Ignore,
}

/// `rows=`: what a shown table says about rows that it does not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rows {
    /// There are none.
    #[default]
    Exact,
    /// There may be more.
    Subset,
}

/// Reads a page. `profile` is the kind of cluster of the run, for `only=`; `None` when there is none yet.
pub fn read(file: &SourceFile, profile: Option<&str>) -> (Page, Vec<Diagnostic>) {
    read_as(file, profile, None, &Interpreters::default())
}

/// The same, with the dialect and the interpreters of the project where the page names none itself.
pub fn read_as(
    file: &SourceFile,
    profile: Option<&str>,
    dialect: Option<Dialect>,
    interpreters: &Interpreters,
) -> (Page, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let (mut front, start) = match front::split(file.text()) {
        Ok(Some(head)) => (front::read(file, head, &mut diagnostics), head.end),
        Ok(None) => (FrontMatter::default(), 0),
        Err(span) => {
            diagnostics.push(
                Diagnostic::at(
                    Severity::Error,
                    file,
                    span,
                    "the front matter is never closed",
                )
                .with_help("end it with a line that holds `---` and nothing else"),
            );
            (FrontMatter::default(), 0)
        }
    };
    front.dialect = front.dialect.or(dialect);
    front.interpreters = std::mem::take(&mut front.interpreters).or(interpreters);
    let blocks = blocks::find(file, start);
    let stem = stem(file.path());
    let title = front
        .title
        .clone()
        .or_else(|| blocks.first_title.clone())
        .unwrap_or_else(|| stem.clone());
    let source = steps::Source {
        file,
        blocks: &blocks,
        front: &front,
        stem: &stem,
        profile,
    };
    let (steps, unread) = steps::read(&source, &mut diagnostics);
    let page = Page {
        file: file.clone(),
        title,
        front,
        steps,
        unread,
    };
    (page, diagnostics)
}

/// The file's name without its extension.
pub(crate) fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(
        || "page".to_owned(),
        |stem| stem.to_string_lossy().into_owned(),
    )
}

/// A fence of a page, whatever it holds.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    /// Lower case; empty where the fence names none.
    pub language: String,
    /// Both fences included.
    pub span: Span,
    /// The info string.
    pub info: Span,
    /// The content, lines joined.
    pub text: String,
}

/// Where the text of a page begins, behind its front matter.
pub(crate) fn text_start(file: &SourceFile) -> usize {
    match front::split(file.text()) {
        Ok(Some(head)) => head.end,
        Ok(None) | Err(_) => 0,
    }
}

/// Every fence of a page.
pub(crate) fn blocks(page: &Page) -> Vec<Block> {
    let file = &page.file;
    blocks::find(file, text_start(file))
        .fences
        .iter()
        .filter(|fence| !fence.indented)
        .map(|fence| {
            let texts: Vec<&str> = fence.lines.iter().map(|line| line.text.as_ref()).collect();
            Block {
                language: info::read(file, fence.info, &page.front.interpreters, &mut Vec::new())
                    .language,
                span: fence.span,
                info: fence.info,
                text: texts.join("\n"),
            }
        })
        .collect()
}
