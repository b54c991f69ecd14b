//! Fences in other languages than the shell's: which program takes what they hold, and which only show a file.
//!
//! Entry points: [`Interpreters`], what pages and projects say of them; [`command()`], a fence as the command that runs
//! it; [`listing`], why a fence is not meant to be run.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::Command;
use super::bare;
use super::blocks::Fence;
use super::info::is_shell;
use super::pattern::{Pattern, says};
use crate::source::SourceFile;

/// Takes `python`, `python3` and `py` fences where nobody says otherwise. `-u`: what it prints and what it complains of
/// come in the order in which they happened. `-B`: no `__pycache__` is left beside the page.
pub const PYTHON: &str = "python3 -uB -";

/// The line that ends a script; one that holds this line gets a longer one.
const END: &str = "END_OF_BLOCK";

/// The programs that run fences in other languages than the shell's, by language.
///
/// A program is a command line of the lab's shell. It gets the whole fence on its stdin, so a script that reads stdin
/// finds it at its end. Each fence is a process of its own: files, the current directory and exported variables are
/// what it has in common with the steps around it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interpreters {
    /// `None`: the language does not run.
    programs: BTreeMap<String, Option<String>>,
}

impl Interpreters {
    /// Says what runs a language; `None`: nothing.
    ///
    /// # Errors
    /// In words, where that cannot be.
    pub fn set(&mut self, language: &str, program: Option<&str>) -> Result<(), String> {
        let language = language.to_lowercase();
        if is_shell(&language) {
            return Err(format!("`{language}` runs in the lab's own bash"));
        }
        if language.is_empty() || language.contains(char::is_whitespace) {
            return Err(format!("`{language}` cannot be a fence's language"));
        }
        let program = program.map(str::trim);
        if program.is_some_and(|program| program.is_empty() || program.contains('\n')) {
            return Err(format!(
                "`{language}` needs the command that takes a script on its stdin, such as \"{PYTHON}\", or false"
            ));
        }
        self.programs.insert(language, program.map(str::to_owned));
        Ok(())
    }

    /// These, and those of `others` for languages that these say nothing of.
    pub fn or(mut self, others: &Self) -> Self {
        for (language, program) in &others.programs {
            self.programs
                .entry(language.clone())
                .or_insert_with(|| program.clone());
        }
        self
    }

    /// The program for a language, lower case; `None` where fences of that language do not run.
    pub fn program(&self, language: &str) -> Option<&str> {
        let python = is_python(language);
        let said = self.programs.get(language);
        let said = said.or_else(|| self.programs.get("python").filter(|_| python));
        match said {
            Some(program) => program.as_deref(),
            None => python.then_some(PYTHON),
        }
    }
}

/// Whether a fence's language is Python's.
pub(crate) fn is_python(language: &str) -> bool {
    matches!(language, "python" | "python3" | "py")
}

/// A fence as one command: the program with the fence as a here-document.
pub(super) fn command(file: &SourceFile, fence: &Fence<'_>, program: &str) -> Vec<Command> {
    let mut commands = bare::raw(file, &fence.lines);
    for command in &mut commands {
        let mut end = END.to_owned();
        while command.text.lines().any(|line| line == end) {
            end.push('_');
        }
        command.text = format!("{program} <<'{end}'\n{}\n{end}", command.text);
    }
    commands
}

/// The script of such a command, as the page has it; `None` for a command of the shell.
pub(crate) fn script(text: &str) -> Option<&str> {
    let (first, rest) = text.split_once('\n')?;
    let end = first.split_once(" <<'")?.1.strip_suffix('\'')?;
    let inner = rest.strip_suffix(end)?.strip_suffix('\n')?;
    end.starts_with(END).then_some(inner)
}

/// The paragraph above names a file that the reader is to make or look at.
static NAMES_FILE: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:save|saved|create|add|put|paste|copy|write|open|edit|replace|file|script|module|source|contents?|contains|looks? like|called|named)\b[^`]*`[^`\s]+\.[a-z]{1,4}`|`[^`\s]+\.[a-z]{1,4}`(?:\*\*)?:?\s*$").ok()
});

/// A first line that is nothing but a file's name: `# app.py`, `// file: src/app.js`.
static HEADED: Pattern = LazyLock::new(|| {
    Regex::new(r"^\s*(?:#|//|--)\s*(?:file(?:name)?:\s*)?([\w./-]+\.[a-z]{1,4})\s*$").ok()
});

/// Why a fence shows a file, a part of one or a session rather than something to run, if it does.
pub(super) fn listing(fence: &Fence<'_>, lead: &str) -> Option<String> {
    let lines = || fence.lines.iter().map(|line| line.text.as_ref());
    let first = lines().find(|line| !line.trim().is_empty())?;
    if first.starts_with(">>> ") || first.starts_with("In [") {
        return Some("interactive session".to_owned());
    }
    if lines().any(|line| matches!(line.trim_end(), "..." | "# ..." | "#..." | "// ...")) {
        return Some("a part of a script".to_owned());
    }
    if let Some(name) = HEADED.as_ref().and_then(|pattern| pattern.captures(first)) {
        return Some(format!("listing of {}", &name[1]));
    }
    let paragraph = lead.trim_end().rsplit("\n\n").next().unwrap_or_default();
    let named = says(&NAMES_FILE, paragraph.trim());
    named.then(|| "listing of a file".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::{Page, read};
    use super::*;

    fn page(text: &str) -> Page {
        read(&SourceFile::new("a.md", text), None).0
    }

    /// The steps of a page, each as its commands or as the reason why it does not run.
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = page(text)
            .steps
            .into_iter()
            .map(|step| match step.skip {
                Some(reason) => format!("[{reason}]"),
                None => step.commands[0].text.clone(),
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn python_runs_as_one_script() {
        let text = "python3 -uB - <<'END_OF_BLOCK'\nfor x in 1, 2:\n    print(x)\nEND_OF_BLOCK";
        for language in ["python", "python3", "py", "Python timeout=5", "{.python}"] {
            check(
                &format!("Run:\n\n```{language}\nfor x in 1, 2:\n    print(x)\n```\n"),
                &[text],
            );
        }
        assert_eq!(script(text), Some("for x in 1, 2:\n    print(x)"));
        assert_eq!(script("cat <<'EOF'\nx\nEOF"), None);
        check(
            "```py\nx = '''\nEND_OF_BLOCK\n'''\n```\n",
            &["python3 -uB - <<'END_OF_BLOCK_'\nx = '''\nEND_OF_BLOCK\n'''\nEND_OF_BLOCK_"],
        );
    }

    #[test]
    fn what_shows_a_file_does_not_run() {
        check(
            "```python title=\"src/app.py\"\nx = 1\n```\n",
            &["[listing of src/app.py]"],
        );
        check("```python:app.py\nx = 1\n```\n", &["[listing of app.py]"]);
        check(
            "```python\n# app.py\nx = 1\n```\n",
            &["[listing of app.py]"],
        );
        check(
            "Create a file called `app.py` with this in it:\n\n```python\nx = 1\n```\n",
            &["[listing of a file]"],
        );
        check(
            "`app.py`:\n\n```python\nx = 1\n```\n",
            &["[listing of a file]"],
        );
        check(
            "```python\ndef f():\n    g()\n\n...\n```\n",
            &["[a part of a script]"],
        );
        check("```python\n>>> 1 + 1\n2\n```\n", &["[interactive session]"]);
        check("```python test=false\nx = 1\n```\n", &["[test=false]"]);
        check("```javascript\nx = 1\n```\n", &[]);
    }

    #[test]
    fn an_author_who_says_that_it_runs_is_believed() {
        check(
            "```python test=true title=\"app.py\"\nx = 1\n```\n",
            &["python3 -uB - <<'END_OF_BLOCK'\nx = 1\nEND_OF_BLOCK"],
        );
    }

    #[test]
    fn output_below_is_its_output() {
        for text in [
            "```python\nprint(1)\n```\n\n```\n1\n```\n",
            "```python\nprint(1)\n```\n\nThe output is:\n\n```text\n1\n```\n",
            "```bash\n$ true\n```\n\n```python\nprint(1)\n```\n\nThis prints:\n\n```text\n1\n```\n",
        ] {
            let page = page(text);
            let command = &page.steps.last().unwrap().commands[0];
            assert_eq!(command.expected.as_ref().unwrap().text, "1", "{text}");
        }
    }

    #[test]
    fn pages_choose_their_programs() {
        check(
            "---\nlabproof: {interpreters: {js: node -, python: false}}\n---\n```js\nx\n```\n\n```py\nx\n```\n",
            &["node - <<'END_OF_BLOCK'\nx\nEND_OF_BLOCK"],
        );
        let mut programs = Interpreters::default();
        assert!(programs.set("bash", Some("sh")).is_err());
        assert!(programs.set("js", Some(" ")).is_err());
        programs.set("python3", Some("python3.12 -")).unwrap();
        assert_eq!(programs.program("python3"), Some("python3.12 -"));
        assert_eq!(programs.program("py"), Some(PYTHON));
    }
}
