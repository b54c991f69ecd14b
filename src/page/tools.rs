//! Words that begin a command on workshop pages, and the look of what commands print.
//!
//! Needed where nothing else tells commands from output: in fences without prompts, in prose, and where a
//! prompt is one that could be part of the text.

use std::sync::LazyLock;

use regex::Regex;

use crate::syntax::simple_commands;

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

/// Programs that stand on either side. Words that messages begin with as well (`file`, `node`, `test`) are left out.
const COMMON: [&str; 207] = [
    "7z",
    "Rscript",
    "alias",
    "ansible",
    "ansible-playbook",
    "apk",
    "apt",
    "apt-get",
    "argo",
    "awk",
    "base64",
    "bash",
    "brew",
    "buildah",
    "calicoctl",
    "cargo",
    "cat",
    "cd",
    "cdk",
    "cfssl",
    "chmod",
    "chown",
    "cilium",
    "clear",
    "clusterctl",
    "cmctl",
    "cmp",
    "conftest",
    "consul",
    "cosign",
    "cp",
    "crane",
    "crossplane",
    "curl",
    "cut",
    "dapr",
    "date",
    "df",
    "diff",
    "dig",
    "dnf",
    "docker-compose",
    "doctl",
    "dotnet",
    "dpkg",
    "du",
    "echo",
    "env",
    "envsubst",
    "etcdctl",
    "etcdutl",
    "eval",
    "exit",
    "export",
    "find",
    "fortio",
    "free",
    "gator",
    "gem",
    "getent",
    "gh",
    "glooctl",
    "gpg",
    "gradle",
    "grep",
    "gunzip",
    "gzip",
    "head",
    "hexdump",
    "hey",
    "hostname",
    "htpasswd",
    "hubble",
    "ibmcloud",
    "id",
    "ifconfig",
    "ip",
    "iptables",
    "java",
    "journalctl",
    "jq",
    "k0s",
    "k0sctl",
    "k9s",
    "kapp",
    "kbld",
    "kill",
    "killall",
    "kn",
    "kompose",
    "kops",
    "krew",
    "kubebuilder",
    "kubeconform",
    "kubefed",
    "kubelet",
    "kubeseal",
    "kumactl",
    "kyverno",
    "less",
    "linkerd",
    "ln",
    "ls",
    "lsblk",
    "lsof",
    "make",
    "man",
    "microk8s",
    "minio",
    "minishift",
    "mkdir",
    "modprobe",
    "mongosh",
    "mount",
    "mv",
    "mvn",
    "mysql",
    "nc",
    "netstat",
    "nohup",
    "nomad",
    "npm",
    "npx",
    "nsenter",
    "nslookup",
    "odo",
    "okteto",
    "openssl",
    "operator-sdk",
    "oras",
    "packer",
    "pacman",
    "pgrep",
    "ping",
    "pip",
    "pip3",
    "pkill",
    "printenv",
    "printf",
    "ps",
    "psql",
    "pulumi",
    "pwd",
    "python",
    "python3",
    "redis-cli",
    "rke",
    "rke2",
    "rm",
    "rmdir",
    "rpm",
    "rsync",
    "scp",
    "sed",
    "seq",
    "sestatus",
    "setenforce",
    "sh",
    "sha256sum",
    "skaffold",
    "skopeo",
    "sleep",
    "snap",
    "sops",
    "sort",
    "source",
    "ss",
    "ssh",
    "ssh-keygen",
    "strace",
    "subctl",
    "sudo",
    "sysctl",
    "systemctl",
    "tail",
    "talosctl",
    "tar",
    "tee",
    "telepresence",
    "telnet",
    "timeout",
    "tkn",
    "touch",
    "tr",
    "tree",
    "trivy",
    "umount",
    "uname",
    "unset",
    "unzip",
    "useradd",
    "vault",
    "vcluster",
    "velero",
    "vi",
    "vim",
    "virtctl",
    "watch",
    "wc",
    "wget",
    "whoami",
    "xargs",
    "yarn",
    "yq",
    "ytt",
    "yum",
    "zypper",
];

/// Those of them that are at home on a cluster's nodes too.
const OF_NODES: [&str; 8] = [
    "docker", "podman", "nerdctl", "kubeadm", "git", "k3s", "ctr", "crictl",
];

/// Whether a command runs a program of the reader's own machine, in a loop or a substitution perhaps.
pub(super) fn is_outer(text: &str) -> bool {
    OUTER.contains(&first_word(text))
        || simple_commands(text)
            .iter()
            .any(|part| OUTER.contains(&part.name()))
}

/// Whether a command runs a program that works on a cluster from outside.
pub(super) fn is_remote(text: &str) -> bool {
    simple_commands(text)
        .iter()
        .any(|part| OUTER.contains(&part.name()) && !OF_NODES.contains(&part.name()))
}

/// Compound commands and assignments that run something.
static SYNTAX: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"^(?:\.\s+[\w~./-]+(?:\s|$)|(?:\w+=\S*\s+)*go\s+(?:build|env|generate|get|install|mod|run|test|version|vet)\b|for\s+\w+\s+in\s|for\s*\(\(|(?:while|until)\s.*(?:;|\[|\bdo$)|if\s+(?:\[|!|.*;\s*then)|case\s.*\sin$|[A-Za-z_]\w*="?(?:\$\(|`))"#,
    )
    .ok()
});

/// Whether a line plainly begins with a known program.
pub(super) fn is_command(line: &str) -> bool {
    let word = first_word(line);
    OUTER.contains(&word)
        || COMMON.contains(&word)
        || line.trim_start().starts_with("sudo ")
        || SYNTAX
            .as_ref()
            .is_some_and(|pattern| pattern.is_match(line.trim_start()))
}

/// Whether a line only sets a variable.
pub(super) fn is_assignment(line: &str) -> bool {
    let Some((name, value)) = line.split_once('=') else {
        return false;
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let quoted = value.len() > 1
        && ['"', '\'']
            .iter()
            .any(|mark| value.starts_with(*mark) && value.ends_with(*mark));
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(plain)
        && (quoted || !value.contains([' ', ';', ',']))
}

/// Whether a line is the name of such a program and nothing else: alone it would only print how it is used.
pub(super) fn is_lone_program(line: &str) -> bool {
    OUTER.contains(&line.trim())
}

/// The first word of a command line, `sudo` with its flags and assignments before it left out.
pub(super) fn first_word(line: &str) -> &str {
    let mut sudo = false;
    line.split_whitespace()
        .find(|word| {
            let assignment = word.split_once('=').is_some_and(|(name, _)| {
                name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            });
            let flag = sudo && word.starts_with('-');
            sudo |= *word == "sudo";
            *word != "sudo" && !assignment && !flag
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

/// Beginnings that no command line has, whoever printed them.
static NO_COMMAND: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?x) ^(?:
            \d                                               # an address, a date, a number
          | \.\.\.$ | …
          | \[[A-Za-z0-9+*.!/-]                              # [INFO], [preflight], [...]; a test has a blank there
          | [A-Z][a-z]+[,.:;!?]?(?:\s|$)                     # a sentence, `Server:  10.0.0.10`
          | [A-Z]{2,}(?:\[\d+\])?(?:[:\s]|$)                 # WARNING: ..., INFO[0000] ..., PONG
          | [^\s'"$(){}<>;|&=]+[^\s'"$(){}<>;|&=:]:(?:\s|$)   # `client_address: ...`, `nslookup: can't resolve`
          | [^\s()"'$`;|&<>=\#]+(?:\s[^()"'$`;|&<>\#]*)?\s\([^()]*[^\s()][^()]*\)   # bash refuses a bare parenthesis there
          | "[^"]*":
          | [-*+|]\s | -{3,}\s*$ | ={3,} | [│├└┌✓✔✗√•→]
          | [a-z0-9.-]+-\d+$                                # web-0
          | [a-z0-9.-]+-[a-f0-9]{8,10}-[a-z0-9]{5}(?:\s|$)   # a Pod of a Deployment
          | [0-9a-f]{12,}$                                  # a container's id
          | /(?:Users|home|root|tmp|var)/[\w./-]*[\w/]$      # a file somewhere; a script there is looked at below
          | [a-z0-9-]+(?:\.[a-z0-9-]+){3,}$                 # a DNS name
          | [A-Za-z][\w-]*\.[\w.-]+\s*=                     # a property
          | \S+(?:\ {2,}\S+){3,}$                           # the row of a table
          | \S+\ (?:is|are|was|were|has|have|will|already|cannot|did|does)\ \w
        )"#,
    )
    .ok()
});

/// Whether a line cannot be a command: what stands there was printed.
pub(super) fn is_printed(line: &str) -> bool {
    let line = line.trim();
    // What ends a here-document that was not seen to begin is a mistake to tell of, not output.
    let delimiter = matches!(line, "EOF" | "EOT" | "END" | "EOL");
    let script = line.starts_with('/') && [".sh", ".py"].iter().any(|end| line.ends_with(end));
    is_output(line)
        || !delimiter
            && !script
            && !is_command(line)
            && NO_COMMAND
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
        check("sudo -E B=2 helm ls", true, false);
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

    #[test]
    fn lines_that_no_shell_would_run() {
        for line in [
            "Server:    10.0.0.10",
            "nslookup: can't resolve 'x'",
            "Storing signatures",
            "WARNING: it is late",
            "[preflight] Running",
            "10.244.0.5",
            "web-0",
            "...",
            "- name: x",
            "pod-a is ready",
            "data    (253:1)",
            "a row of it (10%)",
            "zk-0.zk-hs.default.svc.cluster.local",
            "server.1=zk-0:2888",
            "zk-2      1/1       Terminating   0         9m",
        ] {
            assert!(is_printed(line), "{line}");
        }
        for line in [
            "./run.sh",
            "A=1",
            "KUBECONFIG=x tool",
            "[ -f x ] && y",
            "[[ -f x ]]",
            "tool run it",
            "Get-Item x",
            "for i in 1; do",
            "if [ -f x ]; then",
            "NODES=$(kubectl get nodes)",
            "EOF",
            "f () {",
            "a=(b c)",
            "(cd x; make)",
            "tool x # why (or not)",
            ": x",
            "bin/tool x",
        ] {
            assert!(!is_printed(line), "{line}");
        }
    }
}
