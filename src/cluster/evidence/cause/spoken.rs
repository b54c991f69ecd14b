//! What a command says itself, so that nothing else is to be told: an object's trouble beside it would be a wrong cause.

use std::sync::LazyLock;

use regex::Regex;

/// Answers that have nothing to do with how objects are: the command, its manifest or its name is wrong, or a program is missing.
static ALL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?mx)
        ^Error\ from\ server\ \((?:AlreadyExists|Invalid|Conflict|MethodNotAllowed|UnsupportedMediaType)\)
        | ^The\ \S+\ "[^"]*"\ is\ invalid
        | ^(?i:error):\ (?:unknown\ |invalid\ |error\ (?:parsing|validating|converting)|unable\ to\ (?:match|recognize|parse|decode)
            |no\ matches\ for\ kind|context\ |no\ context\ exists|the\ path\ |flag\ |required\ flag|must\ specify
            |exactly\ one|you\ must\ |arguments\ in\ |resource\ mapping\ not\ found|open\ |accumulating\ )
        | ^(?:error:\ )?the\ server\ doesn't\ have\ a\ resource\ type
        | ^(?:[\w./-]*bash|[\w./-]+\.sh):\ .*(?:command\ not\ found|syntax\ error|unbound\ variable|No\ such\ file\ or\ directory|Permission\ denied)"#,
    )
    .expect("the pattern is valid")
});

/// Whether an output says all there is to say.
pub(in super::super) fn says_all(output: &str) -> bool {
    ALL.is_match(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_says_what_is_wrong_is_believed() {
        for output in [
            "Error from server (AlreadyExists): deployments.apps \"web\" already exists",
            "The Deployment \"web\" is invalid: spec.selector: Required value",
            "error: unable to match a printer suitable for the output format \"wid\"",
            "Error: unknown flag: --namspace\nSee 'kubectl get --help' for usage.",
            "error: the server doesn't have a resource type \"pood\"",
            "the server doesn't have a resource type \"node/labproof\"",
            "error: error parsing page.yaml: error converting YAML to JSON: yaml: line 3",
            "error: context \"minikube\" does not exist",
            "error: the path \"web.yaml\" does not exist",
            "bash: line 4: jqq: command not found",
            "page.sh: line 1: x: unbound variable",
        ] {
            assert!(says_all(output), "{output}");
        }
        for output in [
            "error: timed out waiting for the condition on pods/web",
            "error: deployment \"web\" exceeded its progress deadline",
            "Error from server (BadRequest): container \"main\" in pod \"web\" is waiting to start: image can't be pulled",
            "error: unable to upgrade connection: container not found (\"main\")",
            "Error from server (NotFound): pods \"web\" not found",
            "cat: /x: No such file or directory\ncommand terminated with exit code 1",
            "",
        ] {
            assert!(!says_all(output), "{output}");
        }
    }
}
