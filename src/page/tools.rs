//! Words that begin a command on workshop pages, and the look of what commands print.
//!
//! Needed where nothing else tells commands from output: in fences without prompts, in prose, and where a
//! prompt is one that could be part of the text.

use std::sync::LazyLock;

use regex::Regex;

/// Programs of the reader's own machine: seeing one of them, a reader has left a container's shell.
const OUTER: [&str; 26] = [
    "kubectl",
    "minikube",
    "helm",
    "docker",
    "podman",
    "nerdctl",
    "eksctl",
    "aws",
    "gcloud",
    "az",
    "kind",
    "k3d",
    "kubeadm",
    "kustomize",
    "flux",
    "argocd",
    "istioctl",
    "terraform",
    "git",
    "oc",
    "k3s",
    "ctr",
    "crictl",
    "kubectx",
    "kubens",
    "stern",
];

/// Programs that stand on either side.
const COMMON: [&str; 58] = [
    "apt", "apt-get", "awk", "base64", "bash", "cat", "cd", "chmod", "chown", "cp", "curl", "cut",
    "date", "dig", "dnf", "echo", "env", "exit", "export", "find", "for", "getent", "grep", "head",
    "hostname", "htpasswd", "id", "jq", "kill", "ls", "make", "mkdir", "mount", "mv", "npm",
    "nslookup", "openssl", "ping", "pip", "printenv", "printf", "ps", "pwd", "python3", "rm",
    "sed", "sh", "sleep", "source", "ssh", "sudo", "tail", "tar", "touch", "vi", "watch", "wget",
    "yq",
];

/// Whether a line begins with a program of the reader's own machine.
pub(super) fn is_outer(line: &str) -> bool {
    OUTER.contains(&first_word(line))
}

/// Whether a line plainly begins with a known program.
pub(super) fn is_command(line: &str) -> bool {
    let word = first_word(line);
    OUTER.contains(&word) || COMMON.contains(&word)
}

/// The first word of a command line, `sudo` and assignments before it left out.
pub(super) fn first_word(line: &str) -> &str {
    line.split_whitespace()
        .find(|word| {
            let assignment = word.split_once('=').is_some_and(|(name, _)| {
                name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            });
            *word != "sudo" && !assignment
        })
        .unwrap_or("")
}

/// First lines that no command has, as kubectl and its like print them.
static OUTPUT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?x) ^(?:
            [A-Z][A-Z0-9()_/%.-]*(?:\ [A-Z][A-Z0-9()_/%-]*)* (?:\s{2,}[A-Z][A-Z0-9()_/%.-]*(?:\ [A-Z]+)*)+ \s* $  # the header of a table
          | [a-z][a-z0-9.-]*/[a-z0-9.:-]+ (?:\ \S+)* \ (?:created|configured|unchanged|deleted|patched|scaled|labeled|annotated|exposed|edited|replaced|condition\ met|image\ updated|restarted|rolled\ back|autoscaled)\b
          | [a-z][a-z.]*\ "[^"]+"\ (?:created|configured|deleted|patched|scaled|labeled|exposed|cordoned|drained|set|force\ deleted)
          | Error\ from\ server
          | error:\ 
          | (?:Name|Namespace|Status|Labels|apiVersion|kind|metadata|spec|Defaulted|Events):(?:\s|$)
          | \{ \s* (?:"|$) | \[ \s* (?:\{|"|$) | [\]\}],? \s* $
          | No\ resources\ found
          | Waiting\ for\ (?:deployment|rollout|daemon|stateful|pods)
          | \d{4}-\d\d-\d\d[T\ ]\d\d:\d\d
          | HTTP/\d
          | (?:Forwarding\ from|Starting\ to\ serve|Switched\ to\ context|Found\ \d+\ pods)
          | [+|][-=]{3,}
        )"#,
    )
    .ok()
});

/// Whether a line plainly is what a command printed.
pub(super) fn is_output(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty()
        && !is_command(line)
        && OUTPUT
            .as_ref()
            .is_some_and(|pattern| pattern.is_match(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, command: bool, output: bool) {
        assert_eq!(
            (is_command(line), is_output(line)),
            (command, output),
            "{line}"
        );
    }

    #[test]
    fn commands_and_output_look_different() {
        check("kubectl get pods", true, false);
        check("sudo A=1 helm ls", true, false);
        check("NAME      READY   STATUS", false, true);
        check("NAME   NOMINATED NODE   READINESS GATES", false, true);
        check(
            "standard (default)   kubernetes.io/gce-pd      1d",
            false,
            false,
        );
        check("deployment.apps/nginx created", false, true);
        check("pod \"nginx\" deleted", false, true);
        check("Name:         frontend", false, true);
        check("{", false, true);
        check("[ -f x ] && y", false, false);
        check("{ a; b; }", false, false);
        check("./run.sh", false, false);
        check("", false, false);
    }
}
