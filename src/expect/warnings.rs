//! Differences that are no failure: what clients and servers say about themselves.
//!
//! Entry points: [`take_out`] for lines of an output, [`is_aside`] for one, [`adds_only_noise`] for a whole stderr.
//! Everything here is a row of a table with its reason, so that nothing is ignored by accident.

use std::sync::LazyLock;

use regex::RegexSet;

use super::command::Command;
use super::volatile::{Scan, canon};
use super::{elision, normalise};

/// How a line of noise is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Noise {
    /// Depends on the client, the terminal, the machine: may be on either side.
    Client,
    /// A server's remark. Where the page shows it, it must come; where it does not, it is worth a word.
    Remark,
    /// A message about an empty answer: must be on both sides, but its place among the other lines is chance,
    /// because it goes to stderr.
    Message,
    /// What only an interactive shell prints: where both sides have it, it is text.
    Job,
    /// The same of a job's beginning, apart from it: the end of another job may be told beside it.
    Started,
    /// What a job in the background says in its own time, so that it may come with any later command. Where the page shows it,
    /// it must come, but below a request, which never prints it by itself.
    Spilled,
}

/// What is noise, how it is treated, and why.
const NOISE: &[(&str, Noise, &str)] = &[
    (
        r#"^Defaulted container "[^"]+" out of: "#,
        Noise::Client,
        "which container kubectl picked; releases before 1.22 said it otherwise",
    ),
    (
        r"^Defaulting container name to ",
        Noise::Client,
        "the same before kubectl 1.22",
    ),
    (
        r"^Use 'kubectl describe pod/",
        Noise::Client,
        "kubectl's advice after the line above, before 1.22",
    ),
    (
        r"^[EWI]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ (?:memcache|request|warnings|round_trippers|cached_discovery|helpers)\.go:\d+\]",
        Noise::Client,
        "klog lines of kubectl's own libraries",
    ),
    (
        r"^Flag --\S+ has been deprecated",
        Noise::Client,
        "the client's release",
    ),
    (
        r"^Unable to use a TTY - input is not a terminal",
        Noise::Client,
        "labproof has no terminal, the author had one",
    ),
    (
        r"^If you don't see a command prompt, try pressing enter",
        Noise::Client,
        "only with a terminal",
    ),
    (
        r"^mysql: \[Warning\] Using a password on the command line",
        Noise::Client,
        "the client's opinion",
    ),
    (
        r"^Warning: Using a password with '-a'",
        Noise::Client,
        "redis-cli's opinion",
    ),
    (
        r"^kubectl exec \[POD\] \[COMMAND\] is DEPRECATED",
        Noise::Client,
        "the client's release",
    ),
    (
        r"^(?:WARNING|Warning): version difference between client",
        Noise::Client,
        "the client's release",
    ),
    (
        r"^WARNING: Kubernetes configuration file is (?:group|world)-readable",
        Noise::Client,
        "helm about the machine",
    ),
    (
        r"^DEPRECATION WARNING",
        Noise::Client,
        "the client's release",
    ),
    (
        r"^# Warning: '\w+' is deprecated",
        Noise::Client,
        "kustomize's release",
    ),
    (
        r"^\s+% Total +% Received",
        Noise::Client,
        "curl's progress meter, printed where there is no terminal",
    ),
    (r"^\s+Dload +Upload", Noise::Client, "curl's progress meter"),
    (
        r"^\s*\d+ +\d+[kMG]? +\d+ +\d+[kMG]? +\d+ +\d+[kMG]? +\d+[kMG]? +\d+[kMG]? +[-\d:]+ +[-\d:]+ +[-\d:]+ +\d+[kMG]?$",
        Noise::Client,
        "curl's progress meter",
    ),
    (
        r"^Connecting to \S+ \([\d.:]+\)$",
        Noise::Client,
        "wget's progress",
    ),
    (
        r"^writ(?:ing|ten) to stdout$",
        Noise::Client,
        "busybox wget's progress",
    ),
    (
        r"^\S+ +\d+% \|[* ]+\|",
        Noise::Client,
        "busybox wget's progress",
    ),
    (
        r"^\s*\d+[KM][ .]+\d+% +[\d.]+[KMG]?=\S+$",
        Noise::Client,
        "wget's progress where there is no terminal",
    ),
    (
        r"^Forwarding from \[::1\]:\d+ -> \d+$",
        Noise::Client,
        "only where the machine has IPv6",
    ),
    (
        r"^Handling connection for \d+$",
        Noise::Spilled,
        "kubectl port-forward in the background, in its own time, where it runs in the same terminal",
    ),
    (
        r"^Forwarding from 127\.0\.0\.1:\d+ -> \d+$",
        Noise::Spilled,
        "kubectl port-forward in the background, in its own time",
    ),
    (
        r"^Error attaching, falling back to logs:",
        Noise::Client,
        "kubectl run whose container was done before it could attach; its output follows all the same",
    ),
    (
        r"^warning: couldn't attach to pod/\S+, falling back to streaming logs:",
        Noise::Client,
        "the same in later releases",
    ),
    (
        r"^\[\d+\] \d+$",
        Noise::Started,
        "bash about its jobs, only with a terminal",
    ),
    (
        r"^\[\d+\](?:[+-]? +(?:Done|Running|Terminated|Killed|Stopped|Exit \d+)\b)",
        Noise::Job,
        "bash about its jobs, only with a terminal",
    ),
    (
        r"^Picked up JAVA_TOOL_OPTIONS: ",
        Noise::Client,
        "the JVM about its environment",
    ),
    (
        r"^bash: (?:warning: )?(?:cannot set terminal process group|no job control in this shell)",
        Noise::Client,
        "no terminal",
    ),
    (
        r"^the input device is not a TTY",
        Noise::Client,
        "no terminal",
    ),
    (
        r"^Warning: ",
        Noise::Remark,
        "an API server's or kubectl's warning",
    ),
    (
        r"^No resources found",
        Noise::Message,
        "goes to stderr, so its place is chance",
    ),
];

static NOISE_SET: LazyLock<RegexSet> = LazyLock::new(|| {
    // The expressions are constants: they compile, as the tests show.
    RegexSet::new(
        NOISE
            .iter()
            .map(|(expression, ..)| expression.replace(r"\d", "[0-9]")),
    )
    .unwrap_or_else(|error| unreachable!("constant expressions: {error}"))
});

/// What a line must begin with to be noise, where an expression says it in plain letters.
static BEGINNINGS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let plain = |expression: &'static str| {
        let rest = &expression[1..];
        let end = rest.find(|c: char| "\\[](){}.*+?|$".contains(c));
        &rest[..end.unwrap_or(rest.len())]
    };
    let beginnings = NOISE.iter().map(|(expression, ..)| plain(expression));
    beginnings
        .filter(|beginning| !beginning.is_empty())
        .collect()
});

/// Whether a line is worth a look with the expressions: a table has thousands that are not.
fn may_be_noise(line: &str) -> bool {
    let first = line.as_bytes().first().copied().unwrap_or(b'a');
    // The expressions that do not begin in plain letters: klog, jobs, progress. A line of a log begins with digits too, but
    // a dash or a colon follows them.
    let number = || {
        let rest = line
            .trim_start()
            .trim_start_matches(|c: char| c.is_ascii_digit());
        line.len() > rest.len() && rest.starts_with([' ', 'k', 'K', 'M', 'G', '%'])
    };
    let progress = b" \t0123456789".contains(&first) && (number() || line.contains("Dload"));
    progress
        || b"EIW".contains(&first) && line.as_bytes().get(1).is_some_and(u8::is_ascii_digit)
        || line.starts_with('[') && line.as_bytes().get(1).is_some_and(u8::is_ascii_digit)
        || line.contains("% |")
        || BEGINNINGS
            .iter()
            .any(|beginning| line.starts_with(beginning))
}

fn noise(line: &str) -> Option<Noise> {
    if !may_be_noise(line) {
        return None;
    }
    NOISE_SET.matches(line).iter().next().map(|at| NOISE[at].1)
}

/// Whether a line is what a client or a server says about itself.
pub(super) fn is_aside(line: &str) -> bool {
    matches!(noise(line), Some(Noise::Client | Noise::Remark))
}

/// Both texts without noise, with what is worth a word about it.
#[derive(Debug, Clone)]
pub(super) struct Cleaned {
    pub(super) shown: String,
    pub(super) actual: String,
    pub(super) warnings: Vec<String>,
    /// A remark or message that only one side has.
    pub(super) reasons: Vec<String>,
}

/// Takes noise out of both sides. `None` if there is none.
pub(super) fn take_out(shown: &str, actual: &str, command: &Command) -> Option<Cleaned> {
    let plain = |line| noise(elision::without_marker(line).unwrap_or(line));
    let of_shown: Vec<Option<Noise>> = shown.lines().map(plain).collect();
    let of_actual: Vec<Option<Noise>> = actual.lines().map(noise).collect();
    if of_shown.iter().chain(&of_actual).all(Option::is_none) {
        return None;
    }
    // What a program inside a container says is the lab's business, not kubectl's.
    let from_inside = command
        .kubectls()
        .any(|kubectl| matches!(kubectl.verb, "exec" | "logs" | "run" | "debug"));
    let rest = |text: &str, kinds: &[Option<Noise>], drop: &dyn Fn(Noise) -> bool| {
        let kept = text
            .lines()
            .zip(kinds)
            .filter(|(_, kind)| !kind.is_some_and(drop))
            .map(|(line, _)| line);
        normalise::text(&kept.collect::<Vec<_>>().join("\n"))
    };
    // A message alone is the output: then it is judged as such.
    let other = |text: &str, kinds: &[Option<Noise>]| {
        text.lines()
            .zip(kinds)
            .any(|(line, kind)| kind.is_none() && !line.trim().is_empty())
    };
    let both = other(shown, &of_shown) && other(actual, &of_actual);
    let requests = command.runs_any(&["curl", "wget"]);
    let on_both = |kind| of_shown.contains(&Some(kind)) && of_actual.contains(&Some(kind));
    let drop = |kind: Noise| match kind {
        Noise::Client => true,
        Noise::Job | Noise::Started => !on_both(kind),
        Noise::Spilled => requests || !of_shown.contains(&Some(kind)),
        Noise::Remark => !from_inside,
        Noise::Message => both,
    };
    let mut out = Cleaned {
        shown: rest(shown, &of_shown, &drop),
        actual: rest(actual, &of_actual, &drop),
        warnings: Vec::new(),
        reasons: Vec::new(),
    };
    let canonical = |line: &str| canon(line, Scan::LOOSE).text;
    let mut printed: Vec<(String, &str, Noise)> = actual
        .lines()
        .zip(&of_actual)
        .filter_map(|(line, kind)| kind.map(|kind| (canonical(line), line, kind)))
        .collect();
    for (line, kind) in shown
        .lines()
        .zip(&of_shown)
        .filter_map(|(line, kind)| kind.map(|kind| (line, kind)))
    {
        let key = canonical(line);
        match printed
            .iter()
            .position(|(other, _, other_kind)| *other == key && *other_kind == kind)
        {
            Some(at) => {
                printed.swap_remove(at);
            }
            None if !drop(kind) => {}
            None if !matches!(kind, Noise::Remark | Noise::Message) => {}
            None => out.reasons.push(format!(
                "the page shows `{}`, the output does not",
                super::outcome::short(line)
            )),
        }
    }
    for (_, line, kind) in printed.into_iter().filter(|(_, _, kind)| drop(*kind)) {
        match kind {
            Noise::Client | Noise::Job | Noise::Started | Noise::Spilled => {}
            Noise::Remark => out
                .warnings
                .push(format!("not on the page: {}", super::outcome::short(line))),
            Noise::Message => out.reasons.push(format!(
                "`{}` is printed, the page does not show it",
                super::outcome::short(line)
            )),
        }
    }
    Some(out)
}

/// Whether every line that the merged output has beyond stdout is noise of the client: then stdout alone may be judged.
pub(super) fn adds_only_noise(merged: &str, stdout: &str) -> bool {
    let mut expected = stdout
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .peekable();
    for line in merged.lines() {
        if line.trim().is_empty() {
            continue;
        }
        if expected.peek().is_some_and(|next| *next == line.trim()) {
            expected.next();
        } else if !matches!(noise(line), Some(Noise::Client | Noise::Remark)) {
            return false;
        }
    }
    expected.peek().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn cleaned(command: &str, shown: &str, actual: &str) -> Cleaned {
        take_out(shown, actual, &Command::read(command)).expect("noise")
    }

    #[test]
    fn client_noise_may_be_on_either_side() {
        let out = cleaned(
            "kubectl exec a -- ls",
            "x",
            "Defaulted container \"a\" out of: a, b\nx",
        );
        assert_eq!(
            (out.actual.as_str(), out.reasons.len(), out.warnings.len()),
            ("x", 0, 0)
        );
        let out = cleaned(
            "kubectl exec a -- ls",
            "Unable to use a TTY - input is not a terminal or the right kind of file\nx",
            "x",
        );
        assert_eq!((out.shown.as_str(), out.reasons.len()), ("x", 0));
    }

    #[test]
    fn remarks_are_worth_a_word_and_are_required_where_shown() {
        let out = cleaned("kubectl apply -f a", "x", "Warning: deprecated\nx");
        assert_eq!(
            (out.actual.as_str(), out.warnings.len(), out.reasons.len()),
            ("x", 1, 0)
        );
        let out = cleaned(
            "kubectl apply -f a",
            "Warning: would violate PodSecurity\nx",
            "x",
        );
        assert_eq!(out.reasons.len(), 1);
        let out = cleaned("kubectl logs a", "Warning: low on fuel\nx", "x");
        assert_eq!(
            out.shown, "Warning: low on fuel\nx",
            "what an application says is text"
        );
    }

    #[test]
    fn jobs_in_the_background_speak_in_their_own_time() {
        let out = cleaned(
            "curl localhost:8080",
            "hello",
            "Forwarding from 127.0.0.1:8080 -> 80\nHandling connection for 8080\nhello",
        );
        assert_eq!((out.actual.as_str(), out.reasons.len()), ("hello", 0));
        let out = cleaned(
            "kubectl port-forward svc/web 8080:80 &",
            "[1] 7\nForwarding from 127.0.0.1:8080 -> 80",
            "[1]+  Done                    sleep 1",
        );
        assert_eq!(
            (out.shown.as_str(), out.actual.as_str()),
            ("Forwarding from 127.0.0.1:8080 -> 80", ""),
            "what is shown must come"
        );
        let handled = "hello\nHandling connection for 8080";
        assert_eq!(cleaned("curl web", handled, "hello").shown, "hello");
        assert_eq!(cleaned("cat forward.log", handled, "hello").shown, handled);
        let jobs = "[1]+  Running                 sleep 9 &";
        assert_eq!(cleaned("jobs", jobs, jobs).actual, jobs);
    }

    #[test]
    fn a_container_that_was_done_before_kubectl_could_attach() {
        let out = cleaned(
            "kubectl run a --rm -i --image=b -- echo hi",
            "hi",
            "Error attaching, falling back to logs: Internal error occurred\nhi",
        );
        assert_eq!((out.actual.as_str(), out.reasons.len()), ("hi", 0));
    }

    #[test]
    fn a_message_has_no_place_but_must_be_there() {
        let out = cleaned(
            "kubectl get pods | wc -l",
            "0\nNo resources found in a namespace.",
            "No resources found in a namespace.\n0",
        );
        assert_eq!(
            (out.shown.as_str(), out.actual.as_str(), out.reasons.len()),
            ("0", "0", 0)
        );
    }

    #[test]
    fn stderr_that_is_only_noise() {
        assert!(adds_only_noise("Warning: x\na\nb", "a\nb"));
        assert!(!adds_only_noise("error: x\na\nb", "a\nb"));
        assert!(!adds_only_noise("a", "a\nb"));
    }
}
