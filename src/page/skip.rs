//! Why a step does not run: what its author said, or what its commands show.

use std::sync::LazyLock;

use regex::Regex;

use super::Command;
use super::pattern::{Pattern, says};
use super::placeholder::placeholder;
use super::tools::first_word;

/// Why a step does not run although nothing on its fence says so.
pub(super) fn reason(commands: &[Command]) -> Option<String> {
    if placeholder(commands).is_some() {
        return Some("placeholder".to_owned());
    }
    commands
        .iter()
        .find_map(|command| opens_shell(&command.text))
        .map(str::to_owned)
}

/// The reason why steps inside a container's shell do not run.
pub(super) const INSIDE: &str = "typed into a container's shell";
/// The reason why steps in a shell opened by `ssh` do not run.
pub(super) const ON_MACHINE: &str = "typed into another machine's shell";
/// The reason why the step that opens such a shell does not run.
pub(super) const INTERACTIVE: &str = "interactive shell";

/// Whether a command opens a file in an editor; what stands below it was typed there.
pub(super) fn edits_file(text: &str) -> bool {
    matches!(first_word(text), "vi" | "vim" | "nano" | "emacs")
}

/// Whether a command opens a shell on another machine.
pub(super) fn enters_machine(text: &str) -> bool {
    let machine = matches!(
        first_word(text),
        "ssh" | "minikube" | "vagrant" | "gcloud" | "multipass" | "limactl" | "aws"
    );
    machine && opens_shell(text) == Some(INTERACTIVE)
}

/// Flags of `ssh` that are followed by a value.
const SSH_VALUES: &str = "BbcDEeFIiJLlmOopQRSWw";

/// Whether the words log in to another machine and run nothing there.
fn is_at_machine(words: &[&str]) -> bool {
    let words = match words {
        ["sudo", rest @ ..] => rest,
        words => words,
    };
    let [program, rest @ ..] = words else {
        return false;
    };
    let flag = |word: &&&str| word.starts_with('-');
    match (*program, rest) {
        // `-N` and `-f` open no shell, `-V` and `-Q` tell of ssh itself.
        ("ssh", _) => {
            let mut operands = 0;
            let mut value = false;
            for word in rest {
                let of_flag = word.strip_prefix('-').filter(|flag| !flag.is_empty());
                match of_flag {
                    _ if value => value = false,
                    Some(flag) if flag.contains(['N', 'f', 'V', 'Q', 'G']) => return false,
                    Some(flag) => {
                        value = flag.len() == 1 && flag.chars().all(|c| SSH_VALUES.contains(c));
                    }
                    None => operands += 1,
                }
            }
            operands == 1
        }
        // Behind a machine's name, or without one, a word is a command.
        ("minikube", ["ssh", rest @ ..]) => rest
            .iter()
            .all(|word| word.starts_with('-') && *word != "--"),
        ("vagrant", ["ssh", rest @ ..]) => {
            rest.iter().filter(|word| !flag(word)).count() < 2
                && !rest
                    .iter()
                    .any(|word| word.starts_with("-c") || *word == "--command")
        }
        ("gcloud", ["compute", "ssh", rest @ ..]) => !rest
            .iter()
            .any(|word| *word == "--" || word.starts_with("--command")),
        ("multipass" | "limactl", ["shell", rest @ ..]) => rest.len() < 2,
        ("aws", ["ssm", "start-session", rest @ ..]) => {
            !rest.iter().any(|word| word.starts_with("--document-name"))
        }
        _ => false,
    }
}

/// Whether a word is a program that waits for what the reader types.
fn is_shell(word: &str) -> bool {
    let word = word.trim_matches(['"', '\'']);
    matches!(
        word.rsplit('/').next(),
        Some(
            "sh" | "bash"
                | "ash"
                | "zsh"
                | "fish"
                | "mysql"
                | "psql"
                | "redis-cli"
                | "python3"
                | "mongo"
                | "mongosh"
        )
    )
}

/// Whether a command opens something that waits for what the reader types.
fn opens_shell(text: &str) -> Option<&'static str> {
    // `exec ... -- sh <<EOF` and `echo x | ... sh` have their input.
    if text.contains("<<") || text.trim_end().ends_with('&') {
        return None;
    }
    let text = text.replace("\\\n", " ");
    let last = text.lines().last().unwrap_or("");
    let words: Vec<&str> = last.split_whitespace().collect();
    if words.contains(&"|") {
        return None;
    }
    let first = first_word(last);
    // A remark behind it is no argument.
    let said = words.iter().position(|word| word.starts_with('#'));
    if let [program, verb] = &words[..said.unwrap_or(words.len())]
        && matches!(
            (*program, *verb),
            ("aws", "configure") | ("docker", "login") | ("gcloud", "init")
        )
    {
        return Some("asks the reader");
    }
    match first {
        "kubectl" | "k" | "oc" | "docker" | "podman" | "nerdctl" | "crictl" => {}
        // compose gives every command a terminal.
        "docker-compose" if is_shell(words.last()?) => {
            let apart = words.contains(&"-T") || !words.contains(&"exec");
            return (!apart).then_some(INTERACTIVE);
        }
        // The same under a name that the page gave it.
        _ if matches!(
            words.get(1),
            Some(&("exec" | "edit" | "attach" | "kubectl"))
        ) => {}
        _ if is_at_machine(&words[..said.unwrap_or(words.len())]) => return Some(INTERACTIVE),
        "kops" if words.get(1) == Some(&"edit") => {
            return Some("interactive editor");
        }
        _ if edits_file(last) => return Some("interactive editor"),
        _ => return None,
    }
    if first == "kubectl" && words.contains(&"--edit") {
        return Some("interactive editor");
    }
    if words.contains(&"edit")
        && first != "docker"
        && words.iter().position(|word| *word == "edit") < Some(4)
    {
        return Some("interactive editor");
    }
    if first == "docker" && words.get(1) == Some(&"compose") && words.contains(&"exec") {
        return (!words.contains(&"-T") && is_shell(words.last()?)).then_some(INTERACTIVE);
    }
    let verb = words
        .iter()
        .find(|word| matches!(**word, "exec" | "run" | "attach" | "debug"))?;
    let flags = words.iter().take_while(|word| **word != "--");
    let (mut stdin, mut tty) = (false, false);
    for flag in flags {
        match *flag {
            "--stdin" | "--stdin=true" => stdin = true,
            "--tty" | "--tty=true" => tty = true,
            "--interactive" => stdin = true,
            _ if flag.starts_with('-')
                && !flag.starts_with("--")
                && flag.len() <= 4
                && !flag.contains('=') =>
            {
                stdin |= flag.contains('i');
                tty |= flag.contains('t');
            }
            _ => {}
        }
    }
    if !(stdin && tty) {
        return None;
    }
    let command: &[&str] = match words.iter().position(|word| *word == "--") {
        Some(at) => &words[at + 1..],
        None => &words[words.len() - 1..],
    };
    match (*verb, command) {
        ("attach", _) => Some(INTERACTIVE),
        // `-- sh -c '...'` ends by itself; `-- sh` and `-- sh -l` wait.
        (_, [shell, rest @ ..])
            if is_shell(shell)
                && rest
                    .iter()
                    .all(|word| matches!(*word, "-l" | "-i" | "--login")) =>
        {
            Some(INTERACTIVE)
        }
        ("debug", [_]) => Some(INTERACTIVE),
        ("run", _)
            if !words.contains(&"--") && first == "kubectl" && !last.contains("--command") =>
        {
            Some(INTERACTIVE)
        }
        _ => None,
    }
}

/// Says that a program, and not the reader, runs what follows.
static BY_PROGRAM: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:containers?|pods?|jobs?|images?|entrypoint)\s+(?:then\s+)?(?:runs?|executes?|will\s+run|will\s+execute)\s+(?:the\s+following|this|these)\s+(?:\S+\s+)?(?:commands?|script)\b[^.]*:?\s*$").ok()
});

/// Whether the prose before a fence says that a container runs what it holds.
pub(super) fn is_run_by_container(lead: &str) -> bool {
    says(&BY_PROGRAM, lead.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shells_that_wait_for_the_reader() {
        let check = |text: &str, expected: bool| {
            assert_eq!(opens_shell(text).is_some(), expected, "{text}")
        };
        check("kubectl exec -it redis -- /bin/bash", true);
        check("kubectl exec -i -t secret-test-pod -- /bin/bash", true);
        check("kubectl exec --stdin --tty shell-demo -- /bin/bash", true);
        check("kubectl exec -it x -n y -- sh", true);
        check(
            "kubectl run -i --tty --rm debug --image=busybox --restart=Never -- sh",
            true,
        );
        check("kubectl attach -it x", true);
        check("kubectl edit configmap sport", true);
        check("docker run -it ubuntu bash", true);
        check("kubectl exec -it x -- ls /", false);
        check("kubectl exec -it x -- sh -c 'ls'", false);
        check("kubectl exec x -- sh", false);
        check("echo a | kubectl exec -i x -- sh", false);
        check("kubectl get pods -o wide", false);
        check("aws configure   # your key", true);
        check("aws configure get region", false);
        check("kubectl run nginx --image=nginx", false);
        check("k exec -it x -- sh", true);
        check("k exec -it x -- ls", false);
        check("rk exec -it x -- sh", true);
        check("microk8s kubectl exec -it x -- sh", true);
        check("docker compose exec web bash", true);
        check("docker-compose exec web sh", true);
        check("docker compose exec -T web sh", false);
        check("docker compose exec web ls", false);
        check("ssh -i key.pem ubuntu@10.0.0.1", true);
        check("ssh -o StrictHostKeyChecking=no node1", true);
        check("ssh -i key.pem node1 hostname", false);
        check("ssh -N -L 8080:localhost:80 node1", false);
        check("ssh -V", false);
        check("minikube ssh", true);
        check("minikube ssh -- ls", false);
        check("minikube ssh 'ls'", false);
        check("vagrant ssh master", true);
        check("vagrant ssh master -c ls", false);
        check("gcloud compute ssh node1 --zone a", true);
        check("gcloud compute ssh node1 --command ls", false);
        check("multipass shell node1", true);
        check("multipass exec node1 -- ls", false);
        check("aws ssm start-session --target i-1", true);
    }

    #[test]
    fn what_a_container_runs_is_not_the_readers() {
        assert!(is_run_by_container(
            "The init container runs the following command\nand then terminates:\n"
        ));
        assert!(!is_run_by_container("Run the following command:"));
        assert!(!is_run_by_container("In the Pod, run this command:"));
    }
}
