//! Output that stands in a fence of its own, below the command's: does the prose between say so?

use std::sync::LazyLock;

use regex::Regex;

use super::info::is_shell;
use super::lead;
use super::pattern::{Pattern, says};
use super::printed::{is_output, is_printed};
use super::tools::{first_word, is_command, is_outer};
use crate::syntax::{Joint, Simple, simple_commands};

/// Languages that a fence of shown output has where it has one.
pub(super) fn may_be_output(language: &str) -> bool {
    plain(language)
        || structured(language)
        || matches!(language, "html" | "xml" | "http" | "log" | "logs")
}

fn plain(language: &str) -> bool {
    matches!(
        language,
        "" | "text"
            | "txt"
            | "plaintext"
            | "plain"
            | "none"
            | "output"
            | "console"
            | "terminal"
            | "stdout"
            | "nohighlight"
            | "diff"
    )
}

fn structured(language: &str) -> bool {
    matches!(
        language,
        "yaml" | "yml" | "json" | "toml" | "ini" | "properties"
    )
}

/// Whether a fence shows what `command`, in the fence before it, printed. `lead` is the page between the two.
pub(super) fn shows_output(lead: &str, command: &str, language: &str, first_line: &str) -> bool {
    let Some(mut prose) = lead::prose(lead) else {
        return false;
    };
    // A list says more of what the sentence above it announces.
    while let [.., before, last] = prose.as_slice()
        && lead::ends_open(before)
        && last.starts_with(['*', '-', '+'])
    {
        prose.pop();
    }
    if first_line.trim_start().starts_with("$ ") {
        return false;
    }
    if language == "output" {
        return true;
    }
    if is_header(first_line) && only_acts(command) {
        return false;
    }
    // Elsewhere it is a change that the reader is to make.
    if language == "diff" && !command.contains("diff") {
        return false;
    }
    // "For example:" points to the sentence before it.
    let joined = match prose.as_slice() {
        [.., before, last] if lead::is_connector(last) => Some(format!("{before} {last}")),
        _ => None,
    };
    let Some(last) = joined.as_ref().or(prose.last()) else {
        // Nothing between: a fence in no language is the output, a file in YAML is one only if the command prints YAML.
        return (plain(language) || is_shell(language)) && !is_outer(first_line)
            || structured(language) && prints_tree(command);
    };
    let output = lead::says_output(last);
    let likely = lead::says_likely(last);
    if is_outer(first_line) || lead::says_other(last) {
        return false;
    }
    // What a shell's label is on, and is no command, is no file, whatever the sentence says: unless it points to one.
    if is_shell(language) {
        return output || !lead::ends_open(last) || likely || is_output(first_line);
    }
    if !lead::ends_open(last) {
        let table = prose.len() == 1 && is_header(first_line) && prints_table(command);
        return output && (lead::names_output(last) || is_output(first_line)) || table && likely;
    }
    output || (!structured(language) || prints_tree(command)) && (likely || is_output(first_line))
}

/// Whether a block shows what a command in the prose printed on a page with prompts, where `rest` stands between the two:
/// there, what the reader is to run has mostly a block of its own.
pub(super) fn plainly_of_inline(rest: &str, command: &str, first_line: &str) -> bool {
    matches!(rest.trim(), ":" | "：") && is_printed(first_line)
        || lead::ends_open(rest.trim_end()) && is_header(first_line) && prints_table(command)
}

/// Whether a command prints YAML or JSON.
fn prints_tree(command: &str) -> bool {
    [
        "-o yaml",
        "-oyaml",
        "--output=yaml",
        "--output yaml",
        "-o=yaml",
        "-o json",
        "-ojson",
        "--output=json",
        "--output json",
        "-o=json",
        "config view",
        "| jq",
        "| yq",
        "kustomize ",
        "helm template",
        "--dry-run",
    ]
    .iter()
    .any(|mark| command.contains(mark))
        || first_word(command) == "cat"
            && [".yaml", ".yml", ".json"]
                .iter()
                .any(|end| command.trim_end().ends_with(end))
}

/// Whether a line is the header of a table as kubectl prints it.
fn is_header(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let upper = |word: &str| {
        word.chars()
            .all(|c| c.is_ascii_uppercase() || "()/-_%".contains(c))
    };
    words.clone().count() > 1 && line.trim().contains("  ") && words.all(upper)
}

/// Whether a command looks at objects.
fn prints_table(command: &str) -> bool {
    let mut words = command.split_whitespace();
    words.next() == Some("kubectl") && words.any(|word| matches!(word, "get" | "top"))
}

/// Whether a command is one that changes objects and prints a line for each, and no table.
fn only_acts(command: &str) -> bool {
    let parts = simple_commands(command);
    let [only] = parts.as_slice() else {
        return false;
    };
    let acts = [
        "annotate", "apply", "create", "delete", "expose", "label", "patch", "replace", "scale",
        "set",
    ];
    only.name() == "kubectl"
        && only
            .command()
            .iter()
            .skip(1)
            .take(5)
            .any(|word| acts.contains(&word.text.as_str()))
        && !only
            .command()
            .iter()
            .any(|word| word.text.starts_with("-o") || word.text.starts_with("--output"))
        && !only.command().iter().any(|word| word.text == "get")
}

/// Whether a block that names no language is a manifest by its first lines.
pub(super) fn is_manifest<'a>(mut lines: impl Iterator<Item = &'a str>) -> bool {
    lines
        .find(|line| !line.trim().is_empty() && !line.starts_with('#') && *line != "---")
        .is_some_and(|line| line.starts_with("apiVersion: ") || line.starts_with("kind: "))
}

/// Whether all that a command prints goes to a file.
pub(super) fn is_silent(command: &str) -> bool {
    let parts = simple_commands(command);
    let outer: Vec<&Simple> = parts.iter().filter(|part| part.depth == 0).collect();
    let Some((last, before)) = outer.split_last() else {
        return false;
    };
    let shown = [">&", "/dev/std", "/dev/tty"];
    last.redirects
        && before.iter().all(|part| part.joint == Joint::Pipe)
        && !shown.iter().any(|target| command.contains(target))
}

/// A command that the prose before a fence of output tells the reader to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Inline<'a> {
    /// The command.
    pub text: &'a str,
    /// Its offset in the prose.
    pub start: usize,
}

/// Words that tell the reader to run what follows.
static RUN: Pattern = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?:\b(?:run|running|runs|use|using|execute|executing|type|enter|issue|invoke|try|with|via|by|typing|entering|check|verify|list|view|inspect|describe|see|do)\b|使用|执行|執行|运行|運行|通过|输入)[^.`。]*$",
    )
    .ok()
});

/// The last command in the prose of `lead` that its author tells the reader to run.
pub(super) fn inline_command(lead: &str) -> Option<Inline<'_>> {
    let mut found = None;
    let mut at = 0;
    let mut parts = lead.split('`').peekable();
    let mut code = false;
    let mut sentence = String::new();
    while let Some(part) = parts.next() {
        if code && parts.peek().is_some() {
            let words = part.split_whitespace().count();
            if words > 1 && is_command(part) && !part.contains(['\n', '<']) && says(&RUN, &sentence)
            {
                found = Some(Inline {
                    text: part.trim(),
                    start: at,
                });
            }
            sentence.push('x');
        } else {
            sentence.push_str(part);
        }
        code = !code;
        at += part.len() + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lead: &str, language: &str, first_line: &str, expected: bool) {
        assert_eq!(
            shows_output(lead, "kubectl get pods", language, first_line),
            expected,
            "{lead:?}"
        );
    }

    #[test]
    fn sentences_that_announce_output() {
        for lead in [
            "\n\nThe output is similar to this:\n\n",
            "\nOutput:\n",
            "\n**Output:**\n",
            "\n\n",
            "\nYou should see an output similar to the below:\n",
            "\nAnd see the frontend one you created:\n",
            "\nThe output shows that the Pod is not created, because it\nrequests too much:\n",
            "\nAfter few seconds, you should see the log output change as follows:\n",
            "\nWill reveal in its output:\n",
            "\nThe output shows two limits. Notice the defaults.\n",
            "\nwhich returns:\n",
            "\nThis will print something like this:\n",
            "\nText before.\n\nYou'll see:\n",
            "\nAusgabe:\n",
            "\n输出如下：\n",
            "\nLa sortie montre que le Pod attend.\n",
        ] {
            check(lead, "", "some text", true);
        }
        check("\nThe Pods:\n", "", "NAME   READY", true);
        check("\nThe output includes:\n", "yaml", "spec:", true);
    }

    #[test]
    fn sentences_that_announce_something_else() {
        for lead in [
            "\nCreate the file:\n",
            "\nHere's an example of how that manifest could look after you edit it:\n",
            "\n## Next\n",
            "\nIn the editor that appears, update the volume.\n",
            "\nAdd the following to the file:\n",
            "\n配置文件内容如下：\n",
            "\nErstellen Sie die Datei:\n",
        ] {
            check(lead, "", "text", false);
            check(lead, "yaml", "spec:", false);
        }
        check("\n\n", "yaml", "spec:", false);
        check("\nIt looks like this:\n", "yaml", "spec:", false);
        check("\nYou will see:\n", "", "kubectl get pods", false);
    }

    #[test]
    fn commands_in_prose() {
        let check = |lead: &str, expected: Option<&str>| {
            assert_eq!(
                inline_command(lead).map(|inline| inline.text),
                expected,
                "{lead}"
            );
        };
        check(
            "Run `kubectl get pods`.\n\nThe output:",
            Some("kubectl get pods"),
        );
        check(
            "To see the `nginx` status, run `kubectl rollout status x`.",
            Some("kubectl rollout status x"),
        );
        check(
            "使用 `kubectl get pods` 查看，输出如下：",
            Some("kubectl get pods"),
        );
        check("The `kubectl get pods` command exists.", None);
        check("Run `kubectl`.", None);
        check("Run `kubectl logs <pod>`.", None);
        check("Set `replicas: 3`.", None);
    }
}
