//! The page between two blocks: what its sentences say of the block below.

use std::sync::LazyLock;

use regex::Regex;

use super::pattern::{Pattern, says};
use super::tongues;

fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

/// What announces output without doubt.
static OUTPUT_WORDS: Pattern = LazyLock::new(|| {
    pattern(
        r"(?i)\boutputs?\b|\bresponse\b|\b(?:you|we)(?:['’]ll|\s+will|\s+should|\s+can|\s+may|\s+would)?(?:\s+(?:now|then|also|eventually|again|already|still|next|first|probably))*\s+(?:see|get|receive|be\s+presented)\b|\breturns?\b|\bprints?\b|\bsee\s+something\b",
    )
});

/// What announces output where nothing speaks against it.
static LIKELY_WORDS: Pattern = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:similar|like)\s+(?:to\s+)?(?:this|these|that|the\s+following|the\s+below|below)|\bresults?\b|\bsomething\s+like\b|\bexpect(?:ed|ing)?\b|\b(?:shows?|displays?|displayed|reports?|yields?|produces?|reveals?|lists?|looks?\s+(?:very\s+|much\s+|exactly\s+|just\s+)*like|see|gives?|shown|as\s+follows|logs?\s+(?:show|contain))\b",
    )
});

/// The fence holds a file or a command, whatever else the sentence says.
static OTHER_THINGS: Pattern = LazyLock::new(|| {
    pattern(
        r"(?i)\bmanifests?\b|\b(?:configuration|yaml|json|config)\s+(?:file|below)\b|\beditor\b|\bedit\s+(?:it|the|this|your)\b|\b(?:add|save|paste|copy|insert|append|replace)\s+(?:the\s+following|this|it|the)\b|\bfollowing\s+(?:\S+\s+)?(?:manifest|file|yaml|configuration|content|contents|command|commands|snippet|policy|definition|spec)\b|\bcreate\s+(?:a|the)\s+\S*\s*file\b|\bsource\s+code\b",
    )
});

/// A paragraph that only leads to the fence.
static CONNECTORS: Pattern = LazyLock::new(|| {
    pattern(r"(?i)^\W*(?:for\s+(?:example|instance)|example|e\.g\.|like\s+(?:this|so))\W*$")
});

/// Whether a sentence announces output without doubt.
pub(super) fn says_output(text: &str) -> bool {
    says(&OUTPUT_WORDS, text) || tongues::says_output(text)
}

/// Whether it announces output where nothing speaks against it.
pub(super) fn says_likely(text: &str) -> bool {
    says(&LIKELY_WORDS, text) || tongues::says_likely(text)
}

/// Whether it calls output by its name.
pub(super) fn names_output(text: &str) -> bool {
    text.to_lowercase().contains("output") || tongues::names_output(text)
}

/// Whether it announces a file or a command, and no output by name.
pub(super) fn says_other(text: &str) -> bool {
    !names_output(text)
        && (says(&OTHER_THINGS, text) || tongues::says_other(text) && !tongues::says_output(text))
}

/// Whether it only leads to the block.
pub(super) fn is_connector(text: &str) -> bool {
    says(&CONNECTORS, text)
}

/// Whether it ends as what leads to a block does.
pub(super) fn ends_open(text: &str) -> bool {
    text.ends_with([':', '：'])
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
    let english = words(&["output", "outputs"])
        && !words(&[
            "run", "execute", "use", "command", "commands", "enter", "type",
        ]);
    let abroad = tongues::names_output(&last) && !tongues::says_to_run(&last);
    ends_open(&last) && (english || abroad)
}

/// Whether the paragraph above a block speaks of what is printed, seen or returned.
pub(super) fn speaks_of_output(lead: &str) -> bool {
    prose(lead)
        .and_then(|mut paragraphs| paragraphs.pop())
        .is_some_and(|last| {
            let to_run = says(&TO_RUN, &last) || tongues::says_to_run(&last);
            says_output(&last) && ends_open(&last) && !to_run
        })
}

/// The reader is to run what follows, whatever it prints.
static TO_RUN: Pattern = LazyLock::new(|| {
    pattern(r"(?i)\b(?:run|running|execute|executing|use|using|enter|type|issue|commands?)\b")
});

/// What follows was printed elsewhere: where the reader has left something running.
static ELSEWHERE: Pattern = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:going|go|switch|switching|return|returning|back)\s+(?:back\s+)?(?:to|in|into)\s+(?:the|your)\b[^.]*\b(?:terminal|window|view|tab|shell|session|console|watch)|\b(?:other|first|original|previous)\s+(?:terminal|window|shell|tab)\b",
    )
});

/// Whether the prose sends the reader to another terminal to look at what is shown.
pub(super) fn is_elsewhere(lead: &str) -> bool {
    prose(lead)
        .and_then(|mut paragraphs| paragraphs.pop())
        .is_some_and(|last| says(&ELSEWHERE, &last) || tongues::says_elsewhere(&last))
}

/// "You should see the output ..." and the like.
static SEE_OUTPUT: Pattern = LazyLock::new(|| pattern(r"(?i)\bsee\s+(?:\S+\s+){0,4}outputs?\b"));

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

/// The paragraphs between two fences, without markup that shows nothing. `None`: a heading stands between.
pub(super) fn prose(lead: &str) -> Option<Vec<String>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_whatever_its_label() {
        assert!(announces_output("\nThe output is similar to this:\n"));
        assert!(announces_output("\nAusgabe:\n"));
        assert!(announces_output("\n执行命令后，输出如下：\n"));
        assert!(!announces_output("\nTo see the output, run:\n"));
        assert!(!announces_output("\nYou will see the output.\n"));
        assert!(!announces_output(
            "\nFühren Sie den Befehl für die Ausgabe aus:\n"
        ));
    }

    #[test]
    fn sentences_that_send_elsewhere() {
        assert!(is_elsewhere("\nGo back to your terminal:\n"));
        assert!(is_elsewhere("\n元の端末で、変更を監視します:\n"));
        assert!(!is_elsewhere("\nThe output:\n"));
    }
}
