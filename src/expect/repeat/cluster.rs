//! kubectl and helm: which of their verbs only read.
//!
//! Entry points: [`kubectl`] and [`helm`].

use super::programs::reads_only;
use super::words::Argument;

/// Flags of kubectl that take a value and may stand before the verb.
const KUBECTL_GLOBAL: [&str; 13] = [
    "-n",
    "--namespace",
    "--context",
    "--cluster",
    "--user",
    "--kubeconfig",
    "--as",
    "--as-group",
    "--request-timeout",
    "-s",
    "--server",
    "-v",
    "--v",
];

/// Verbs that read, without the flags that write, run or never end.
pub(super) fn kubectl(arguments: &[Argument]) -> bool {
    // These write files or run programs whatever the verb.
    let writes = |a: &Argument| {
        [
            "--profile",
            "--log-file",
            "--log-dir",
            "--cache-dir",
            "--output-directory",
        ]
        .iter()
        .any(|flag| a.text.starts_with(flag))
    };
    let own = arguments
        .iter()
        .position(|a| a.text == "--")
        .map_or(arguments, |at| &arguments[..at]);
    if own.iter().any(writes) {
        return false;
    }
    let mut rest = own.iter();
    let verb = loop {
        let Some(argument) = rest.next() else {
            return false;
        };
        let text = argument.text.as_str();
        if KUBECTL_GLOBAL.contains(&text) {
            rest.next();
        } else if text.starts_with("--")
            && KUBECTL_GLOBAL.iter().any(|flag| {
                text.strip_prefix(flag)
                    .is_some_and(|rest| rest.starts_with('='))
            })
        {
        } else if text.starts_with('-') || !argument.literal {
            return false;
        } else {
            break text;
        }
    };
    let after: Vec<&Argument> = rest.collect();
    let operands: Vec<&str> = operands(&after);
    let first = operands.first().copied().unwrap_or_default();
    match verb {
        "get" | "events" => !watches(&after),
        "describe" | "top" | "explain" | "version" | "api-resources" | "api-versions"
        | "options" | "diff" => true,
        "logs" => !follows(&after),
        "wait" => true,
        "cluster-info" => operands.is_empty(),
        "rollout" => matches!(first, "status" | "history"),
        "auth" => matches!(first, "can-i" | "whoami"),
        "config" => matches!(
            first,
            "view" | "get-contexts" | "current-context" | "get-clusters" | "get-users"
        ),
        "plugin" => first == "list",
        "kustomize" => !after.iter().any(|a| {
            a.text.starts_with("-o")
                || a.text.starts_with("--output")
                || a.text.starts_with("--enable")
                || a.text.starts_with('\0')
        }),
        "exec" => exec(arguments),
        _ => false,
    }
}

/// Words that are no flags and no values of the usual ones.
fn operands<'a>(arguments: &[&'a Argument]) -> Vec<&'a str> {
    let mut out = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let text = argument.text.as_str();
        if KUBECTL_GLOBAL.contains(&text)
            || matches!(text, "-o" | "-l" | "-f" | "-c" | "-L" | "--timeout")
        {
            rest.next();
        } else if !text.starts_with('-') {
            out.push(text);
        }
    }
    out
}

/// `-w`, `--watch`, also among other letters (`-Aw`); and flags that nobody can see.
fn watches(arguments: &[&Argument]) -> bool {
    arguments.iter().any(|a| {
        a.text.starts_with("--watch") && a.text != "--watch=false"
            || a.text.starts_with("--output-watch")
            || has_letter(&a.text, 'w', "onlfkLsc")
    })
}

fn follows(arguments: &[&Argument]) -> bool {
    arguments.iter().any(|a| {
        a.text.starts_with("--follow") && a.text != "--follow=false"
            || has_letter(&a.text, 'f', "nlcs")
    })
}

/// Whether a cluster of short flags holds a letter; what follows a letter in `valued` is that flag's value.
fn has_letter(text: &str, letter: char, valued: &str) -> bool {
    let Some(letters) = text.strip_prefix('-').filter(|rest| !rest.starts_with('-')) else {
        return false;
    };
    letters
        .chars()
        .take_while(|c| !valued.contains(*c))
        .any(|c| c == letter)
}

/// `kubectl exec POD -- PROGRAM`: as read-only as the program is; a shell in the container is unknown.
fn exec(arguments: &[Argument]) -> bool {
    let Some(at) = arguments.iter().position(|a| a.text == "--" && a.literal) else {
        return false;
    };
    let Some((program, rest)) = arguments[at + 1..].split_first() else {
        return false;
    };
    program.literal
        && !matches!(program.text.as_str(), "kubectl" | "helm" | "aws")
        && reads_only(&program.text, rest)
}

/// Subcommands that read.
pub(super) fn helm(arguments: &[Argument]) -> bool {
    let refs: Vec<&Argument> = arguments.iter().collect();
    let operands = operands(&refs);
    // Templates may be written to a directory and piped through programs.
    let risky = |a: &Argument| {
        ["--output-dir", "--post-renderer", "--destination"]
            .iter()
            .any(|flag| a.text.starts_with(flag))
            || a.text.starts_with('\0')
    };
    let [first, second] =
        [operands.first(), operands.get(1)].map(|o| o.copied().unwrap_or_default());
    if arguments.iter().any(risky) || !arguments.iter().any(|a| a.text == first && a.literal) {
        return false;
    }
    match first {
        "list" | "ls" | "status" | "history" | "hist" | "version" | "env" => true,
        "get" => matches!(
            second,
            "values" | "manifest" | "all" | "notes" | "hooks" | "metadata"
        ),
        "show" => matches!(second, "chart" | "values" | "readme" | "all" | "crds"),
        "search" => matches!(second, "repo" | "hub"),
        "repo" => matches!(second, "list" | "ls"),
        _ => false,
    }
}
