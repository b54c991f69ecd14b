//! The look of what commands print: lines that no shell would run.

use std::sync::LazyLock;

use regex::Regex;

use super::pattern::{Pattern, says};
use super::tools::is_command;

/// First lines that no command has, as kubectl and its like print them.
static OUTPUT: Pattern = LazyLock::new(|| {
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
    !line.is_empty() && !is_command(line) && says(&OUTPUT, line)
}

/// Beginnings that no command line has, whoever printed them.
static NO_COMMAND: Pattern = LazyLock::new(|| {
    Regex::new(
        r#"(?x) ^(?:
            \d                                               # an address, a date, a number
          | \.\.\.$ | …
          | \[[A-Za-z0-9+*.!/-]                              # [INFO], [preflight], [...]; a test has a blank there
          | [A-Z][a-z]+[,.:;!?]?(?:\s|$)                     # a sentence, `Server:  10.0.0.10`
          | [A-Z]{2,}(?:\[\d+\])?(?:[:\s]|$)                 # WARNING: ..., INFO[0000] ..., PONG
          | [^\s'"$(){}<>;|&=]+[^\s'"$(){}<>;|&=:]:(?:\s|$)   # `client_address: ...`, `nslookup: can't resolve`
          | "[^"]*":
          | [^\s'"$(){}<>;|&=/]*[^\x00-\x7F][^\s'"$(){}<>;|&=/]*(?:\s|$)   # no program has a name with letters of other scripts
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

/// `curl (HTTPS and SNI)`: bash refuses a bare parenthesis there.
static REFUSED: Pattern = LazyLock::new(|| {
    Regex::new(r#"^[^\s()"'$`;|&<>=#]+(?:\s[^()"'$`;|&<>#]*)?\s\([^()]*[^\s()][^()]*\)"#).ok()
});

/// Whether bash would not take a line, whatever word it begins with.
pub(super) fn is_refused(line: &str) -> bool {
    says(&REFUSED, line.trim())
}

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
            && (is_refused(line) || says(&NO_COMMAND, line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parenthesis_that_bash_refuses() {
        assert!(is_refused("curl (HTTPS + SNI)"));
        assert!(is_refused("kubectl apply (or create) -f x"));
        assert!(!is_refused("curl \"$(minikube ip)\""));
        assert!(!is_refused("kubectl apply -f <(kustomize build)"));
        assert!(!is_refused("echo '(x)'"));
        assert!(!is_refused("kubectl get po # (all)"));
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
            "关于type的值的一点说明：",
            "Führen wir aus",
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
            "GRÜSSE=x",
            "./größe.sh",
        ] {
            assert!(!is_printed(line), "{line}");
        }
    }
}
