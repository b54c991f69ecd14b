//! Commands that go on until somebody stops them: watches, followed logs, forwarded ports.
//!
//! Entry points: [`part`] finds such a command in a line of bash; [`is_reason`] says whether a step is better not run for it.

use super::{Command, StepOptions};
use crate::syntax::{Joint, Simple, simple_commands};

/// The reason why such a step does not run.
pub(crate) const ENDLESS: &str = "endless command";

/// The part of a command line that never ends by itself, where nothing beside it ends it.
pub(crate) fn part(parts: &[Simple]) -> Option<&Simple> {
    if parts.iter().any(ends_others) {
        return None;
    }
    let outer = || parts.iter().filter(|part| part.depth == 0);
    // In a loop or a condition it may well be ended by what stands around it.
    if outer().any(|part| matches!(part.name(), "for" | "while" | "until" | "kill")) {
        return None;
    }
    let found = outer().find(|part| never_ends(part))?;
    // In the background it ends with the shell.
    let background = outer()
        .skip_while(|part| !std::ptr::eq(*part, found))
        .find(|part| part.joint != Joint::Pipe)
        .is_some_and(|last| last.joint == Joint::Background);
    (!background).then_some(found)
}

/// Whether a step would only run into its deadline. One that also changes something runs all the same: skipped, it
/// would pull the ground from under the steps below it.
pub(super) fn is_reason(commands: &[Command], options: &StepOptions) -> bool {
    if options.until.is_some() {
        return false;
    }
    let may_be = |command: &Command| {
        [
            "watch",
            "-w",
            "-f",
            "-F",
            "--follow",
            "forward",
            "proxy",
            "tunnel",
            "stern",
            "while",
            "dashboard",
            "skaffold",
            "minikube",
        ]
        .iter()
        .any(|word| command.text.contains(word))
    };
    if !commands.iter().any(may_be) {
        return false;
    }
    let mut endless = false;
    for command in commands {
        let parts = simple_commands(&command.text);
        if part(&parts).is_some() || loops(&command.text, &parts) {
            endless = true;
        } else if !parts.iter().all(looks) {
            return false;
        }
    }
    endless
}

/// Whether a command is a loop whose condition always holds (`while true`, `while sleep 1`) and which nothing leaves.
fn loops(text: &str, parts: &[Simple]) -> bool {
    let mut words = text.split(|c: char| c.is_whitespace() || c == ';');
    let leaves = |part: &Simple| matches!(part.name(), "break" | "exit" | "return" | "kill");
    // What stands behind `done` is no command of its own.
    let background = text.trim_end().ends_with('&');
    !background
        && words.next() == Some("while")
        && matches!(words.next(), Some("true" | ":" | "sleep"))
        && !parts.iter().any(|part| leaves(part) || ends_others(part))
}

/// Whether `kubectl run` stays with what it started.
fn attaches(part: &Simple) -> bool {
    part.has(&["-i", "-it", "-ti", "--stdin", "--attach"])
}

/// Whether what runs in a container is such a loop: `-- sh -c "while sleep 1; do wget -q -O- http://web; done"`.
fn loops_inside(part: &Simple) -> bool {
    let mut words = part.command().iter().skip_while(|word| word.text != "--");
    let script = words
        .find(|word| word.text == "-c")
        .and_then(|_| words.next());
    script.is_some_and(|script| loops(&script.text, &simple_commands(&script.text)))
}

/// Whether a Python script is a loop whose condition always holds and which nothing leaves.
pub(super) fn is_endless_script(script: &str) -> bool {
    let lines = || script.lines().map(str::trim);
    let leaves = ["break", "return", "raise", "exit("];
    lines().any(|line| matches!(line, "while True:" | "while 1:"))
        && !lines().any(|line| leaves.iter().any(|word| line.contains(word)))
}

/// What ends the command that it runs or reads from.
fn ends_others(part: &Simple) -> bool {
    match part.name() {
        "timeout" | "head" => true,
        "grep" | "egrep" => part.command().iter().any(|word| {
            let flag = word.text.strip_prefix('-').unwrap_or("");
            flag.starts_with(['m', 'q'])
                || matches!(flag, "-quiet" | "-silent")
                || flag.starts_with("-max-count")
        }),
        _ => false,
    }
}

fn never_ends(part: &Simple) -> bool {
    let words: Vec<&str> = part
        .command()
        .iter()
        .map(|word| word.text.as_str())
        .take_while(|word| *word != "--")
        .collect();
    let verb = |verb: &str| words.iter().skip(1).any(|word| *word == verb);
    let job = words
        .iter()
        .any(|word| word.starts_with("job/") || word.starts_with("jobs/"));
    match name_of(part) {
        "watch" | "stern" => words.len() > 1,
        // Whatever name a page has for kubectl.
        _ if words.get(1) == Some(&"port-forward") => true,
        "kubectl" | "oc" if verb("port-forward") => true,
        "kubectl" | "oc" if verb("exec") || attaches(part) && verb("run") => loops_inside(part),
        "kubectl" if verb("proxy") => words
            .iter()
            .skip(1)
            .all(|word| *word == "proxy" || word.starts_with('-')),
        "kubectl" | "oc" if verb("get") || verb("events") => {
            part.has(&["-w", "--watch", "--watch-only"])
        }
        // The log of a job ends with the job.
        "kubectl" | "oc" if verb("logs") => part.has(&["-f", "--follow"]) && !job,
        "tail" | "journalctl" => part.has(&["-f", "-F", "--follow"]),
        "docker" if verb("logs") => part.has(&["-f", "--follow"]),
        "flux" if verb("get") => part.has(&["--watch", "-w"]),
        "minikube" => verb("tunnel") || verb("dashboard") || verb("mount"),
        "dapr" | "istioctl" | "linkerd" => verb("dashboard"),
        "skaffold" => verb("dev"),
        _ => false,
    }
}

/// The program's name; `k` is the common alias of kubectl.
fn name_of(part: &Simple) -> &str {
    match part.name() {
        "k" => "kubectl",
        name => name,
    }
}

/// Whether a command only looks, as far as its words plainly tell.
fn looks(part: &Simple) -> bool {
    let words = part.command();
    match name_of(part) {
        "kubectl" | "oc" => words.iter().any(|word| {
            matches!(
                word.text.as_str(),
                "get" | "describe" | "logs" | "top" | "events"
            )
        }),
        "echo" | "cat" | "ls" | "jq" | "grep" | "sort" | "watch" | "clear" => !part.redirects,
        "flux" => words.iter().any(|word| word.text == "get"),
        // It sets a variable: what gives its value is looked at by itself.
        "" | "export" => words.len() <= 2,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn check(lines: &[&str], expected: bool) {
        let commands: Vec<Command> = lines
            .iter()
            .map(|text| Command {
                text: (*text).to_owned(),
                line: 1,
                span: Span::default(),
                expected: None,
            })
            .collect();
        let found = is_reason(&commands, &StepOptions::default());
        assert_eq!(found, expected, "{lines:?}");
    }

    #[test]
    fn what_never_ends() {
        check(&["kubectl get pods --watch"], true);
        check(&["kubectl get pods -n shop -w | grep web"], true);
        check(&["kubectl logs -f deploy/web | jq ."], true);
        check(&["kubectl port-forward svc/web 8080:80"], true);
        check(&["kubectl proxy --port=8080"], true);
        check(&["watch kubectl get pods"], true);
        check(&["kubectl get pods", "kubectl get pods -w"], true);
        check(&["while sleep 1; do curl -s web; done"], true);
        check(
            &[
                "kubectl run -i --tty load --rm --image=busybox -- /bin/sh -c \"while sleep 0.01; do wget -q -O- http://web; done\"",
            ],
            true,
        );
        check(&["while true\ndo\n  curl web\n  sleep 1\ndone"], true);
    }

    #[test]
    fn what_ends_or_is_needed() {
        check(&["kubectl proxy --port=8080 &"], false);
        check(
            &["kubectl port-forward svc/web 8080:80 >/dev/null 2>&1 &"],
            false,
        );
        check(&["timeout 10 kubectl get pods -w"], false);
        check(&["kubectl get pods -w | head -3"], false);
        check(&["kubectl logs -f web | grep -m1 ready"], false);
        check(&["kubectl logs -f job/pi"], false);
        check(&["kubectl apply -f web.yaml", "kubectl get pods -w"], false);
        check(&["kubectl apply -f watch.yaml"], false);
        check(&["kubectl exec web -- tail -f /x &"], false);
        check(&["while true; do curl -s web && break; done"], false);
        check(&["while true; do curl web; done &"], false);
        check(
            &["kubectl run load --image=busybox -- sh -c 'while true; do wget web; done'"],
            false,
        );
        check(
            &["kubectl exec web -- sh -c 'while true; do wget web && break; done'"],
            false,
        );
        check(&["while sleep 1; do curl web; done | head -3"], false);
        check(&["while ! curl -s web; do sleep 1; done"], false);
    }
}
