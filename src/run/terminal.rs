//! What of a command needs a terminal, which a lab's shell does not have.
//!
//! Entry point: [`without`]. `kubectl run -it` asks for a terminal inside the container too. Where its own stdin is none, it cannot
//! attach to that ("tty and stderr cannot both be true"), falls back to the logs of that moment, and what the program says later
//! is lost. Without `-t` it attaches as it does at a reader's terminal. `kubectl exec -it` does without by itself.

use std::borrow::Cow;

use crate::syntax::{self, Simple, Word};

/// The text of a command without a demand for a terminal that would lose its output.
pub(super) fn without(text: &str) -> Cow<'_, str> {
    if !text.contains("run") {
        return Cow::Borrowed(text);
    }
    let mut out = Cow::Borrowed(text);
    let calls = syntax::simple_commands(text);
    let mut flags: Vec<(&Word, String)> = calls.iter().filter(runs).flat_map(flags).collect();
    // From the end on, so that the places of the others stay.
    flags.sort_by_key(|(word, _)| std::cmp::Reverse(word.start));
    for (word, instead) in flags {
        // What is quoted or escaped is longer than what it says: left alone.
        if text.get(word.start..word.end) == Some(&word.text) {
            out.to_mut().replace_range(word.start..word.end, &instead);
        }
    }
    out
}

/// `kubectl run` that attaches.
fn runs(call: &&Simple) -> bool {
    let attaches = |word: &Word| short(word).is_some_and(|flags| flags.contains('i'));
    matches!(call.name(), "kubectl" | "k" | "oc")
        && options(call).any(|word| word.text == "run")
        && (call.has(&["--stdin"]) || options(call).any(attaches))
}

/// The words before `--`: what follows is the container's.
fn options(call: &Simple) -> impl Iterator<Item = &Word> {
    call.command().iter().take_while(|word| word.text != "--")
}

/// The letters of `-it`: flags of kubectl that take no value.
fn short(word: &Word) -> Option<&str> {
    let letters = word.text.strip_prefix('-')?;
    let known = |c: char| matches!(c, 'i' | 't' | 'q');
    (!letters.is_empty() && letters.chars().all(known)).then_some(letters)
}

/// The flags that ask for a terminal, and what stands for them.
fn flags(call: &Simple) -> impl Iterator<Item = (&Word, String)> {
    options(call).filter_map(|word| match word.text.as_str() {
        "--tty" | "--tty=true" => Some((word, "--stdin".to_owned())),
        _ => {
            let letters = short(word).filter(|letters| letters.contains('t'))?;
            let rest = letters.replace(['t', 'i'], "");
            Some((word, format!("-i{rest}")))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubectl_run_attaches_without_a_terminal() {
        for (text, expected) in [
            (
                "kubectl run a --rm -it --image=b -- sh -c 'echo -it'",
                "kubectl run a --rm -i --image=b -- sh -c 'echo -it'",
            ),
            (
                "kubectl -n x run -i -t a --rm --image=b -- ls -t",
                "kubectl -n x run -i -i a --rm --image=b -- ls -t",
            ),
            (
                "k run a --rm --tty --stdin --image=b -- ls | tail -1; k run c -tiq --image=d -- e",
                "k run a --rm --stdin --stdin --image=b -- ls | tail -1; k run c -iq --image=d -- e",
            ),
            ("kubectl run a -t --image=b", "kubectl run a -t --image=b"),
            ("kubectl exec -it a -- run", "kubectl exec -it a -- run"),
            ("docker run -it a", "docker run -it a"),
            ("echo \"kubectl run a -it\"", "echo \"kubectl run a -it\""),
            (
                "kubectl run a '-it' --image=b",
                "kubectl run a '-it' --image=b",
            ),
        ] {
            assert_eq!(without(text), expected);
        }
    }
}
