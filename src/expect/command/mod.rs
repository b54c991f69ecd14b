//! What a command says about its output: which programs run, what kubectl was asked for, whether order matters.
//!
//! Entry point: [`Command::read`]. A small reader of words, quotes and operators, enough to choose a rule; it decides
//! nothing about safety ([`super::repeat`] does, with a real parser).

mod tokens;

use crate::syntax::kubectl::takes_value;
use crate::syntax::{BROKEN_PIPE, BrokenPipe, Simple, broken_pipe, last_pipeline, simple_commands};
use tokens::{Token, tokens};

/// A command as pipelines of programs.
#[derive(Debug, Clone, Default)]
pub(super) struct Command {
    /// Pipelines in order, each a list of programs, each a list of words without quotes.
    pub(super) pipelines: Vec<Vec<Vec<String>>>,
    /// Whether there is a loop, a condition, `||`: things after which an exit status says less.
    pub(super) compound: bool,
    text: String,
}

impl Command {
    pub(super) fn read(text: &str) -> Command {
        let mut out = Command {
            text: text.to_owned(),
            ..Command::default()
        };
        let mut pipeline: Vec<Vec<String>> = Vec::new();
        let mut words: Vec<String> = Vec::new();
        for token in tokens(text) {
            match token {
                Token::Word(word) => {
                    if matches!(word.as_str(), "for" | "while" | "until" | "if" | "case")
                        && words.is_empty()
                    {
                        out.compound = true;
                    }
                    // Loop keywords are not programs; what follows them is.
                    let keyword = matches!(
                        word.as_str(),
                        "do" | "then" | "else" | "time" | "sudo" | "!" | "done" | "fi" | "{" | "}"
                    );
                    if !(keyword && words.is_empty()) {
                        words.push(word);
                    }
                }
                Token::Pipe => push(&mut pipeline, &mut words),
                Token::End { or } => {
                    out.compound |= or;
                    push(&mut pipeline, &mut words);
                    if !pipeline.is_empty() {
                        out.pipelines.push(std::mem::take(&mut pipeline));
                    }
                }
            }
        }
        push(&mut pipeline, &mut words);
        if !pipeline.is_empty() {
            out.pipelines.push(pipeline);
        }
        out
    }

    /// All programs with their words.
    fn programs(&self) -> impl Iterator<Item = &Vec<String>> {
        self.pipelines.iter().flatten()
    }

    /// Whether one of the programs is `name`.
    pub(super) fn runs(&self, name: &str) -> bool {
        self.programs().any(|words| program(words) == name)
    }

    /// Whether one of the programs is one of `names`, also inside `kubectl exec ... -- PROGRAM`.
    pub(super) fn runs_any(&self, names: &[&str]) -> bool {
        self.programs()
            .any(|words| names.contains(&program(words)) || names.contains(&inner(words)))
    }

    /// Whether the last program of a pipeline is one of `names`.
    pub(super) fn ends_in(&self, names: &[&str]) -> bool {
        self.pipelines.iter().any(|p| {
            p.len() > 1
                && p.last()
                    .is_some_and(|words| names.contains(&program(words)))
        })
    }

    /// The kubectl call of the only pipeline, if that is what the command is; whether it is piped on.
    pub(super) fn kubectl(&self) -> Option<Kubectl<'_>> {
        let talking: Vec<_> = self
            .pipelines
            .iter()
            .filter(|p| !is_silent(&p[0]))
            .collect();
        let [pipeline] = talking.as_slice() else {
            return None;
        };
        Kubectl::of(&pipeline[0], pipeline.len() > 1)
    }

    /// Every kubectl call.
    pub(super) fn kubectls(&self) -> impl Iterator<Item = Kubectl<'_>> {
        self.pipelines
            .iter()
            .filter_map(|p| Kubectl::of(&p[0], p.len() > 1))
    }

    /// Whether a node port is what it asks for: `-o jsonpath='{.spec.ports[0].nodePort}'`, `echo $NODE_PORT`.
    pub(super) fn asks_for_node_port(&self) -> bool {
        let asks = |word: &String| {
            let asked =
                word.starts_with('$') || word.contains("path=") || word.contains("template=");
            asked
                && word
                    .to_ascii_lowercase()
                    .replace('_', "")
                    .contains("nodeport")
        };
        self.programs().flatten().any(asks)
    }

    /// Whether it is `kubectl get -w`.
    pub(super) fn watches(&self) -> bool {
        self.kubectls()
            .any(|kubectl| kubectl.has("-w") || kubectl.has("--watch"))
    }

    /// Whether a word stands in it as it is.
    pub(super) fn mentions(&self, word: &str) -> bool {
        self.programs()
            .flatten()
            .any(|other| other == word || other.split(['/', ',', '=']).any(|part| part == word))
    }

    /// Whether the order of lines was asked for.
    pub(super) fn sorts(&self) -> bool {
        self.runs_any(&["sort", "tac"])
            || self
                .programs()
                .any(|words| words.iter().any(|w| w.starts_with("--sort-by")))
    }

    /// Whether it was asked for by time, where things of one second have no order.
    pub(super) fn sorts_by_time(&self) -> bool {
        const FIELDS: [&str; 4] = [
            "creationTimestamp",
            "lastTimestamp",
            "firstTimestamp",
            "eventTime",
        ];
        self.programs()
            .flatten()
            .any(|word| FIELDS.iter().any(|f| word.contains(f)))
            && self.sorts()
    }

    /// Whether a non-zero status is part of what the program says: differences found, nothing found, not allowed,
    /// a reader that stopped early, a stream that was ended in time. Under `pipefail` what only filters follow may have said it.
    pub(super) fn status_is_an_answer(&self, status: i32) -> bool {
        let last = self.last_pipeline(0);
        match status {
            1 => last
                .iter()
                .rposition(|words| !is_filter(words))
                .is_some_and(|at| says_no(&last[at])),
            TIMED_OUT => last.iter().any(|words| ends_a_stream(words)),
            BROKEN_PIPE => broken_pipe(&self.text) == BrokenPipe::Harmless,
            _ => false,
        }
    }

    /// Whether the status is an answer even where the page shows none: differences that were looked for, a stream that has no
    /// other end.
    pub(super) fn status_is_harmless(&self, status: i32) -> bool {
        let counts = |words: &Vec<String>| {
            says_no(words) && words.iter().any(|word| word == "-c" || word == "--count")
        };
        match status {
            1 => match self.last_pipeline(0).last() {
                // `n=$(kubectl get pods | grep -c Evicted)`: none is a number too.
                Some(words) if words.is_empty() => self.last_pipeline(1).last().is_some_and(counts),
                Some(words) => {
                    Kubectl::of(words, false).is_some_and(|kubectl| kubectl.verb == "diff")
                }
                None => false,
            },
            TIMED_OUT => self.status_is_an_answer(status),
            // `kill $PID && wait $PID`: the status is that of what was killed.
            129..=159 => {
                let last = self.last_pipeline(0);
                self.runs("kill") && last.last().is_some_and(|words| program(words) == "wait")
            }
            _ => false,
        }
    }

    /// The programs whose status the command ends with, each as its words: of the text, or inside so many substitutions.
    fn last_pipeline(&self, depth: usize) -> Vec<Vec<String>> {
        let commands = simple_commands(&self.text);
        let words = |one: &Simple| one.command().iter().map(|word| word.text.clone()).collect();
        last_pipeline(&commands, depth)
            .into_iter()
            .map(words)
            .collect()
    }
}

/// What `timeout` ends with when it had to end its program.
const TIMED_OUT: i32 = 124;

/// Programs whose status 1 says that they found nothing, or a difference.
fn says_no(words: &[String]) -> bool {
    let has = |flags: &[&str]| words.iter().any(|word| flags.contains(&word.as_str()));
    match program(words) {
        "grep" | "egrep" | "fgrep" | "zgrep" | "test" | "[" | "[[" => true,
        "jq" | "yq" => has(&["-e", "--exit-status", "-er", "-re"]),
        _ if Kubectl::of(words, false).is_some_and(|kubectl| kubectl.verb == "auth") => {
            has(&["can-i"])
        }
        _ => compares(words) || matches!(inner(words), "grep" | "egrep" | "test"),
    }
}

/// Programs that count, sort or cut what they read: a 1 behind which they stand is not theirs.
fn is_filter(words: &[String]) -> bool {
    const FILTERS: [&str; 11] = [
        "wc", "sort", "uniq", "head", "tail", "cut", "tr", "awk", "sed", "cat", "column",
    ];
    FILTERS.contains(&program(words))
}

/// Programs whose status 1 says that two things differ.
fn compares(words: &[String]) -> bool {
    const PROGRAMS: [&str; 3] = ["diff", "cmp", "colordiff"];
    PROGRAMS.contains(&program(words))
        || PROGRAMS.contains(&inner(words))
        || Kubectl::of(words, false).is_some_and(|kubectl| kubectl.verb == "diff")
}

/// `timeout 5 kubectl get pods -w`: what never ends by itself, ended in time. `timeout 60 bash -c 'until …'` has failed instead.
fn ends_a_stream(words: &[String]) -> bool {
    const PROGRAMS: [&str; 5] = ["kubectl", "k", "tail", "watch", "journalctl"];
    let mut words = words.iter().skip_while(|word| is_assignment(word));
    if words.next().is_none_or(|word| word != "timeout") {
        return false;
    }
    let mut called = words
        .map(String::as_str)
        .skip_while(|word| !PROGRAMS.contains(word));
    let program = called.next();
    let words: Vec<&str> = called.take_while(|word| *word != "--").collect();
    let has = |options: &[&str]| words.iter().any(|word| options.contains(word));
    match program {
        Some("watch") => true,
        Some("tail" | "journalctl") => has(&["-f", "-F", "--follow"]),
        Some(_) => {
            has(&[
                "-w",
                "--watch",
                "--watch-only",
                "--follow",
                "port-forward",
                "proxy",
            ]) || has(&["logs"]) && has(&["-f"])
        }
        None => false,
    }
}

/// A call of kubectl.
#[derive(Debug, Clone)]
pub(super) struct Kubectl<'a> {
    /// `get`, `describe`, `rollout`, ...
    pub(super) verb: &'a str,
    /// The words after the verb that are no flags.
    pub(super) args: Vec<&'a str>,
    /// Value of `-o`.
    pub(super) output: Option<&'a str>,
    /// All words.
    pub(super) words: &'a [String],
    /// Whether its output goes through another program.
    pub(super) piped: bool,
}

impl<'a> Kubectl<'a> {
    fn of(words: &'a [String], piped: bool) -> Option<Kubectl<'a>> {
        if !matches!(program(words), "kubectl" | "k" | "oc") {
            return None;
        }
        let mut plain: Vec<&str> = Vec::new();
        let mut output = None;
        let mut iter = words.iter().skip_while(|w| is_assignment(w)).skip(1);
        while let Some(word) = iter.next() {
            match word.as_str() {
                "--" => break,
                "-o" | "--output" => output = iter.next().map(String::as_str),
                _ if word.starts_with("--output=") => output = word.strip_prefix("--output="),
                _ if word.starts_with("-o") && !word.starts_with("--") => {
                    output = word.strip_prefix("-o").map(|o| o.trim_start_matches('='))
                }
                _ if takes_value(word, plain.first().copied()) => {
                    iter.next();
                }
                _ if word.starts_with('-') => {}
                _ => plain.push(word),
            }
        }
        let verb = plain.first().copied()?;
        Some(Kubectl {
            verb,
            args: plain.split_off(1),
            output,
            words,
            piped,
        })
    }

    /// Whether a flag is among the words, alone or with `=`.
    pub(super) fn has(&self, flag: &str) -> bool {
        self.words.iter().any(|w| {
            w == flag
                || w.strip_prefix(flag)
                    .is_some_and(|rest| rest.starts_with('='))
        })
    }
}

/// The program that a list of words calls, without its directory.
pub(super) fn program(words: &[String]) -> &str {
    let name = words
        .iter()
        .find(|w| !is_assignment(w))
        .map(String::as_str)
        .unwrap_or_default();
    name.rsplit('/').next().unwrap_or(name)
}

/// The program behind `--` of `kubectl exec`, or behind `watch`, `timeout N`.
fn inner(words: &[String]) -> &str {
    let Some(at) = words.iter().position(|w| w == "--") else {
        return "";
    };
    let rest = &words[at + 1..];
    if matches!(program(rest), "sh" | "bash")
        && let Some(script) = rest.iter().skip_while(|w| !w.starts_with("-c")).nth(1)
    {
        return script.split_whitespace().next().unwrap_or_default();
    }
    program(rest)
}

/// `NAME=value` before a program.
fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && !name.as_bytes()[0].is_ascii_digit()
    })
}

/// Programs that print nothing by themselves: a command's output comes from the others.
fn is_silent(words: &[String]) -> bool {
    matches!(
        program(words),
        "" | "export"
            | "cd"
            | "sleep"
            | "set"
            | "unset"
            | "mkdir"
            | "touch"
            | "source"
            | "."
            | "for"
            | "while"
            | "true"
    )
}

fn push(pipeline: &mut Vec<Vec<String>>, words: &mut Vec<String>) {
    if !words.is_empty() {
        pipeline.push(std::mem::take(words));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubectl_calls() {
        let command = Command::read("kubectl -n a get pods -o wide --sort-by=.metadata.name");
        let kubectl = command.kubectl().expect("kubectl");
        assert_eq!(
            (kubectl.verb, kubectl.args.as_slice(), kubectl.output),
            ("get", &["pods"][..], Some("wide"))
        );
        assert!(command.sorts());
        let command = Command::read("export A=1\nkubectl get pods -A | grep 'a b' 2>/dev/null");
        let kubectl = command.kubectl().expect("kubectl");
        assert!(kubectl.piped && kubectl.has("-A"));
        assert!(Command::read("a; b").kubectl().is_none());
    }

    #[test]
    fn statuses() {
        assert!(Command::read("kubectl diff -f a").status_is_an_answer(1));
        assert!(Command::read("kubectl auth can-i list pods").status_is_an_answer(1));
        assert!(!Command::read("kubectl get pods").status_is_an_answer(1));
        for (text, status) in [
            ("kubectl get pods | grep -c Evicted", 1),
            ("kubectl get pods | grep Evicted | wc -l", 1),
            ("for i in 1 2; do kubectl get pods | grep -c x; done", 1),
            ("kubectl get cm a -o json | jq -e .data.b", 1),
            ("diff <(echo a) <(echo b)", 1),
            ("kubectl exec a -- diff x y", 1),
            ("timeout 3 kubectl get pods -w", 124),
            ("timeout -s INT 5 kubectl logs -f web", 124),
        ] {
            assert!(Command::read(text).status_is_an_answer(status), "{text}");
        }
        for (text, status) in [
            ("kubectl get pods | grep -c Evicted", 2),
            ("kubectl get cm a -o json | jq .data.b", 1),
            ("diff a b; kubectl get pods", 1),
            ("kubectl get pods | grep web | ./restart", 1),
            (
                "timeout 60 bash -c 'until curl -f web; do sleep 1; done'",
                124,
            ),
            ("timeout 60 kubectl apply -f a.yaml", 124),
            ("kubectl auth reconcile", 1),
        ] {
            assert!(!Command::read(text).status_is_an_answer(status), "{text}");
        }
        assert!(Command::read("kubectl diff -f a").status_is_harmless(1));
        assert!(Command::read("timeout 3 kubectl get pods -w").status_is_harmless(124));
        assert!(Command::read("n=$(kubectl get pods | grep -c x)").status_is_harmless(1));
        assert!(Command::read("kill $PID && wait $PID 2>/dev/null").status_is_harmless(143));
        assert!(!Command::read("wait $PID").status_is_harmless(143));
        // Nothing shown says that nothing differs.
        assert!(!Command::read("diff expected.txt actual.txt").status_is_harmless(1));
        assert!(Command::read("kubectl logs a | head -1").status_is_an_answer(141));
        assert!(!Command::read("a | head -1 && b | c").status_is_an_answer(141));
        assert!(!Command::read("pod=$(kubectl get pods | grep x)").status_is_harmless(1));
        assert!(!Command::read("kubectl get pods | grep web").status_is_harmless(1));
        assert!(!Command::read("kubectl auth can-i list pods").status_is_harmless(1));
        assert!(Command::read("for i in 1 2; do kubectl get pods; done").compound);
        assert!(Command::read("kubectl exec a -- md5sum f").runs_any(&["md5sum"]));
    }
}
