//! What is known of programs: which every machine has, which run others, and how to get those that labs use besides.

/// The shell's own words, and programs that every machine has.
const EVERYWHERE: &[&str] = &[
    ".",
    ":",
    "[",
    "[[",
    "alias",
    "awk",
    "base64",
    "basename",
    "bash",
    "bg",
    "break",
    "builtin",
    "case",
    "cat",
    "cd",
    "chmod",
    "chown",
    "clear",
    "cmp",
    "comm",
    "command",
    "continue",
    "coproc",
    "cp",
    "csplit",
    "cut",
    "date",
    "dd",
    "declare",
    "df",
    "diff",
    "dirname",
    "disown",
    "do",
    "done",
    "du",
    "echo",
    "elif",
    "else",
    "env",
    "esac",
    "eval",
    "exec",
    "exit",
    "export",
    "expr",
    "false",
    "fg",
    "fi",
    "find",
    "fold",
    "for",
    "function",
    "getopts",
    "grep",
    "egrep",
    "fgrep",
    "groups",
    "head",
    "hostname",
    "id",
    "if",
    "in",
    "install",
    "jobs",
    "kill",
    "let",
    "ln",
    "local",
    "ls",
    "mapfile",
    "md5sum",
    "mkdir",
    "mktemp",
    "mv",
    "nl",
    "nohup",
    "nproc",
    "od",
    "paste",
    "popd",
    "printenv",
    "printf",
    "ps",
    "pushd",
    "pwd",
    "read",
    "readarray",
    "readlink",
    "readonly",
    "realpath",
    "return",
    "rm",
    "rmdir",
    "sed",
    "select",
    "seq",
    "set",
    "sh",
    "sha256sum",
    "shift",
    "shopt",
    "sleep",
    "sort",
    "source",
    "split",
    "stat",
    "sudo",
    "tail",
    "tee",
    "test",
    "time",
    "timeout",
    "touch",
    "tr",
    "true",
    "type",
    "uname",
    "uniq",
    "unset",
    "wait",
    "wc",
];

/// Programs that run the command in their own words.
pub(super) const WRAPPERS: &[&str] = &[
    "timeout", "watch", "xargs", "env", "nohup", "command", "exec", "nice", "stdbuf",
];

/// Programs that labs use and a machine may lack, and how to get each. Only these are looked for before a run: any
/// other word may be a function, or be made by the lab itself.
pub(crate) const TO_INSTALL: [(&str, &str); 12] = [
    ("aws", "install the AWS CLI version 2"),
    ("curl", "apt-get install curl"),
    ("docker", "install Docker, or give the fence `test=false`"),
    ("eksctl", "install eksctl"),
    ("envsubst", "apt-get install gettext-base"),
    ("git", "apt-get install git"),
    ("helm", "install Helm"),
    ("jq", "apt-get install jq"),
    (
        "kubectl",
        "install kubectl of your cluster's version (Debian: apt-get install kubernetes-client)",
    ),
    ("kustomize", "install kustomize, or use `kubectl kustomize`"),
    ("python3", "apt-get install python3"),
    ("yq", "apt-get install yq"),
];

/// Programs that labs use besides and often bring along themselves, and how to get each. They are not looked for before a run.
const TO_INSTALL_SOMETIMES: [(&str, &str); 22] = [
    ("argocd", "install the Argo CD CLI"),
    ("az", "install the Azure CLI"),
    ("cilium", "install the Cilium CLI"),
    ("dig", "apt-get install dnsutils"),
    ("flux", "install the Flux CLI"),
    ("gcloud", "install the Google Cloud CLI"),
    ("go", "apt-get install golang-go"),
    ("istioctl", "install istioctl"),
    ("kind", "install kind"),
    ("kubeseal", "install kubeseal"),
    ("linkerd", "install the Linkerd CLI"),
    ("make", "apt-get install make"),
    ("minikube", "install minikube"),
    ("nc", "apt-get install netcat-openbsd"),
    ("nslookup", "apt-get install dnsutils"),
    ("openssl", "apt-get install openssl"),
    ("terraform", "install Terraform"),
    ("tkn", "install the Tekton CLI"),
    ("tree", "apt-get install tree"),
    ("unzip", "apt-get install unzip"),
    ("velero", "install the Velero CLI"),
    ("wget", "apt-get install wget"),
];

/// Whether the shell or every machine has a program of that name.
pub(crate) fn is_everywhere(name: &str) -> bool {
    EVERYWHERE.contains(&name)
}

/// How to get a program that labs use.
pub(crate) fn how_to_get(name: &str) -> Option<&'static str> {
    let mut known = TO_INSTALL.into_iter().chain(TO_INSTALL_SOMETIMES);
    let (_, get) = known.find(|(tool, _)| *tool == name)?;
    Some(get)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_machine_has_needs_no_installing() {
        for (tool, _) in TO_INSTALL.into_iter().chain(TO_INSTALL_SOMETIMES) {
            assert!(!is_everywhere(tool), "{tool}");
        }
    }
}
