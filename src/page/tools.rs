//! Words that begin a command on workshop pages.
//!
//! Needed where nothing else tells commands from output: in fences without prompts, in prose, and where a
//! prompt is one that could be part of the text.

use std::sync::LazyLock;

use regex::Regex;

use super::pattern::{Pattern, says};

use crate::syntax::simple_commands;

/// Programs of the reader's own machine: seeing one of them, a reader has left a container's shell.
const OUTER: [&str; 27] = [
    "kubectl",
    "k",
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
const COMMON: [&str; 212] = [
    "7z",
    "Rscript",
    "alias",
    "ansible",
    "ansible-playbook",
    "apk",
    "apt",
    "apt-get",
    "arkade",
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
    "kbcli",
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
    "limactl",
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
    "multipass",
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
    "vagrant",
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
static SYNTAX: Pattern = LazyLock::new(|| {
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
        || says(&SYNTAX, line.trim_start())
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

#[cfg(test)]
mod tests {
    use super::super::printed::is_output;
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
}
