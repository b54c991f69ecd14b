//! Output that stands in a fence of its own, below the command's: does the prose between say so?

use std::sync::LazyLock;

use regex::Regex;

use super::info::is_shell;
use super::printed::{is_output, is_printed};
use super::tools::{first_word, is_command, is_outer};
use crate::syntax::{Joint, Simple, simple_commands};

fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

/// What announces output without doubt.
static OUTPUT_WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)\boutputs?\b|\bresponse\b|\b(?:you|we)(?:['’]ll|\s+will|\s+should|\s+can|\s+may|\s+would)?(?:\s+(?:now|then|also|eventually|again|already|still|next|first|probably))*\s+(?:see|get|receive|be\s+presented)\b|\breturns?\b|\bprints?\b|\bsee\s+something\b",
    )
});

/// What announces output where nothing speaks against it.
static LIKELY_WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:similar|like)\s+(?:to\s+)?(?:this|these|that|the\s+following|the\s+below|below)|\bresults?\b|\bsomething\s+like\b|\bexpect(?:ed|ing)?\b|\b(?:shows?|displays?|displayed|reports?|yields?|produces?|reveals?|lists?|looks?\s+(?:very\s+|much\s+|exactly\s+|just\s+)*like|see|gives?|shown|as\s+follows|logs?\s+(?:show|contain))\b",
    )
});

/// The fence holds a file or a command, whatever else the sentence says.
static OTHER_THINGS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)\bmanifests?\b|\b(?:configuration|yaml|json|config)\s+(?:file|below)\b|\beditor\b|\bedit\s+(?:it|the|this|your)\b|\b(?:add|save|paste|copy|insert|append|replace)\s+(?:the\s+following|this|it|the)\b|\bfollowing\s+(?:\S+\s+)?(?:manifest|file|yaml|configuration|content|contents|command|commands|snippet|policy|definition|spec)\b|\bcreate\s+(?:a|the)\s+\S*\s*file\b|\bsource\s+code\b",
    )
});

/// A paragraph that only leads to the fence.
static CONNECTORS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(r"(?i)^\W*(?:for\s+(?:example|instance)|example|e\.g\.|like\s+(?:this|so))\W*$")
});

fn says(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern
        .as_ref()
        .is_some_and(|pattern| pattern.is_match(text))
}

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
    let Some(mut prose) = prose(lead) else {
        return false;
    };
    // A list says more of what the sentence above it announces.
    while let [.., before, last] = prose.as_slice()
        && before.ends_with(':')
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
        [.., before, last] if says(&CONNECTORS, last) => Some(format!("{before} {last}")),
        _ => None,
    };
    let Some(last) = joined.as_ref().or(prose.last()) else {
        // Nothing between: a fence in no language is the output, a file in YAML is one only if the command prints YAML.
        return (plain(language) || is_shell(language)) && !is_outer(first_line)
            || structured(language) && prints_tree(command);
    };
    let output = says(&OUTPUT_WORDS, last);
    if is_outer(first_line)
        || (says(&OTHER_THINGS, last) && !last.to_lowercase().contains("output"))
    {
        return false;
    }
    // What a shell's label is on, and is no command, is no file, whatever the sentence says: unless it points to one.
    if is_shell(language) {
        return output || !last.ends_with(':') || says(&LIKELY_WORDS, last);
    }
    if !last.ends_with(':') {
        let table = prose.len() == 1 && is_header(first_line) && prints_table(command);
        return output && (last.to_lowercase().contains("output") || is_output(first_line))
            || table && says(&LIKELY_WORDS, last);
    }
    output
        || (!structured(language) || prints_tree(command))
            && (says(&LIKELY_WORDS, last) || is_output(first_line))
}

/// Whether a block shows what a command in the prose printed on a page with prompts, where `rest` stands between the two:
/// there, what the reader is to run has mostly a block of its own.
pub(super) fn plainly_of_inline(rest: &str, command: &str, first_line: &str) -> bool {
    rest.trim() == ":" && is_printed(first_line)
        || rest.trim_end().ends_with(':') && is_header(first_line) && prints_table(command)
}

/// Whether the prose says that the fence below is output, whatever its label.
pub(super) fn announces_output(lead: &str) -> bool {
    let Some(last) = prose(lead).and_then(|mut paragraphs| paragraphs.pop()) else {
        return false;
    };
    let last = last.to_lowercase();
    let words = |known: &[&str]| {
        last.split(|c: char| !c.is_alphanumeric())
            .any(|word| known.contains(&word))
    };
    last.ends_with(':')
        && words(&["output", "outputs"])
        && !words(&[
            "run", "execute", "use", "command", "commands", "enter", "type",
        ])
}

/// Whether the paragraph above a block speaks of what is printed, seen or returned.
pub(super) fn speaks_of_output(lead: &str) -> bool {
    prose(lead)
        .and_then(|mut paragraphs| paragraphs.pop())
        .is_some_and(|last| {
            says(&OUTPUT_WORDS, &last) && last.ends_with(':') && !says(&TO_RUN, &last)
        })
}

/// The reader is to run what follows, whatever it prints.
static TO_RUN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(r"(?i)\b(?:run|running|execute|executing|use|using|enter|type|issue|commands?)\b")
});

/// What follows was printed elsewhere: where the reader has left something running.
static ELSEWHERE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:going|go|switch|switching|return|returning|back)\s+(?:back\s+)?(?:to|in|into)\s+(?:the|your)\b[^.]*\b(?:terminal|window|view|tab|shell|session|console|watch)|\b(?:other|first|original|previous)\s+(?:terminal|window|shell|tab)\b",
    )
});

/// Whether the prose sends the reader to another terminal to look at what is shown.
pub(super) fn is_elsewhere(lead: &str) -> bool {
    prose(lead)
        .is_some_and(|paragraphs| paragraphs.last().is_some_and(|last| says(&ELSEWHERE, last)))
}

/// "You should see the output ..." and the like.
static SEE_OUTPUT: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(?i)\bsee\s+(?:\S+\s+){0,4}outputs?\b"));

/// Whether the prose leaves no doubt that the fence below is output: it says so, or there is none.
pub(super) fn plainly_announces(lead: &str) -> bool {
    let Some(paragraphs) = prose(lead) else {
        return false;
    };
    match paragraphs.last() {
        None => true,
        Some(last) => announces_output(lead) || says(&SEE_OUTPUT, last),
    }
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

/// The paragraphs between two fences, without markup that shows nothing. `None`: a heading stands between.
fn prose(lead: &str) -> Option<Vec<String>> {
    let mut paragraphs = vec![String::new()];
    let mut comment = false;
    for line in lead.lines() {
        let line = line.trim_start_matches(['>', ' ', '\t']).trim_end();
        if comment || line.starts_with("<!--") {
            comment = !line.contains("-->");
            continue;
        }
        let heading = line.trim_start_matches('#');
        if heading.len() < line.len() && heading.starts_with(' ') {
            return None;
        }
        let markup = line.starts_with("{{")
            || line.starts_with(":::")
            || line.starts_with('<') && line.ends_with('>');
        let last = paragraphs.len() - 1;
        if line.is_empty() || markup {
            if !paragraphs[last].is_empty() {
                paragraphs.push(String::new());
            }
            continue;
        }
        if !paragraphs[last].is_empty() {
            paragraphs[last].push(' ');
        }
        paragraphs[last].push_str(line.trim_end_matches(['*', '_']));
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    Some(paragraphs)
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
static RUN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:run|running|runs|use|using|execute|executing|type|enter|issue|invoke|try|with|via|by|typing|entering|check|verify|list|view|inspect|describe|see|do)\b[^.`]*$",
    )
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
        ] {
            check(lead, "", "text", false);
            check(lead, "yaml", "spec:", false);
        }
        check("\n\n", "yaml", "spec:", false);
        check("\nIt looks like this:\n", "yaml", "spec:", false);
        check("\nYou will see:\n", "", "kubectl get pods", false);
    }

    #[test]
    fn output_whatever_its_label() {
        assert!(announces_output("\nThe output is similar to this:\n"));
        assert!(!announces_output("\nTo see the output, run:\n"));
        assert!(!announces_output("\nYou will see the output.\n"));
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
        check("The `kubectl get pods` command exists.", None);
        check("Run `kubectl`.", None);
        check("Run `kubectl logs <pod>`.", None);
        check("Set `replicas: 3`.", None);
    }
}
