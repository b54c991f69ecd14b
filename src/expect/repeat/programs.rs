//! Programs that only read, each with the flags and operands with which it does.
//!
//! Entry point: [`reads_only`]. A row says what is allowed; what no row allows is refused. Endless forms (`-w`, `-f`) are
//! refused too: asked again, they would hang again.

use super::flags::Flags;
use super::words::Argument;

const NONE: Flags<'_> = Flags {
    letters: "",
    valued: "",
    long: &[],
    long_valued: &[],
};

/// Whether a program with these arguments changes nothing and ends.
pub(super) fn reads_only(program: &str, arguments: &[Argument]) -> bool {
    // Devices are endless or worse.
    if arguments.iter().any(|a| {
        a.text.starts_with("/dev/")
            && !matches!(a.text.as_str(), "/dev/null" | "/dev/fd/63" | "/dev/stdin")
    }) {
        return false;
    }
    match program {
        "kubectl" => kubectl(arguments),
        "helm" => helm(arguments),
        "aws" => aws(arguments),
        "eksctl" => first_is(arguments, &["get", "version", "info"]) && all_known(arguments),
        "curl" => curl(arguments),
        "wget" => wget(arguments),
        "timeout" => timeout(arguments),
        "date" => allows(
            arguments,
            &Flags {
                letters: "uIR",
                valued: "d",
                long: &["utc", "rfc-email", "universal"],
                long_valued: &["date", "iso-8601"],
            },
        )
        .is_some_and(|operands| {
            operands
                .iter()
                .all(|o| o.literal && o.text.starts_with('+'))
        }),
        "env" => arguments.is_empty(),
        "hostname" => allows(
            arguments,
            &Flags {
                letters: "fisdI",
                ..NONE
            },
        )
        .is_some_and(|operands| operands.is_empty()),
        "find" => find(arguments),
        "sed" => sed(arguments),
        "awk" => awk(arguments),
        "yq" => yq(arguments),
        "uniq" => allows(
            arguments,
            &Flags {
                letters: "cdiuz",
                valued: "fsw",
                ..NONE
            },
        )
        .is_some_and(|operands| operands.len() <= 1),
        "ping" => {
            arguments.iter().any(|a| a.text == "-c")
                && allows(
                    arguments,
                    &Flags {
                        letters: "nq46",
                        valued: "cWwi",
                        ..NONE
                    },
                )
                .is_some()
        }
        "printf" => arguments
            .first()
            .is_some_and(|format| format.literal && !format.text.starts_with('-')),
        // Their output is their arguments; a flag changes only how.
        "echo" | "true" | "false" | "pwd" | ":" | "test" | "[" => true,
        _ => PLAIN
            .iter()
            .find(|(names, _)| names.contains(&program))
            .is_some_and(|(_, flags)| allows(arguments, flags).is_some()),
    }
}

/// Programs that never write, with the flags that are theirs and harmless.
const PLAIN: &[(&[&str], Flags<'_>)] = &[
    (
        &["cat"],
        Flags {
            letters: "AbEnsTuv",
            ..NONE
        },
    ),
    (
        &["ls"],
        Flags {
            letters: "aAlhrRtS1dFiknpsGgoX",
            long: &["all", "human-readable", "recursive", "reverse", "full-time"],
            long_valued: &["color", "sort", "time-style"],
            ..NONE
        },
    ),
    (
        &["head"],
        Flags {
            letters: "qvz0123456789",
            valued: "nc",
            long_valued: &["lines", "bytes"],
            ..NONE
        },
    ),
    // `-f` never ends.
    (
        &["tail"],
        Flags {
            letters: "qvz0123456789",
            valued: "nc",
            long_valued: &["lines", "bytes"],
            ..NONE
        },
    ),
    (
        &["grep", "egrep", "fgrep", "zgrep"],
        Flags {
            letters: "EFGPivwxcLloqshHnrRaz0123456789",
            valued: "eABCm",
            long: &[
                "ignore-case",
                "invert-match",
                "count",
                "only-matching",
                "quiet",
                "line-number",
                "extended-regexp",
                "perl-regexp",
                "fixed-strings",
            ],
            long_valued: &[
                "color",
                "colour",
                "regexp",
                "after-context",
                "before-context",
                "context",
                "max-count",
                "include",
                "exclude",
            ],
        },
    ),
    (
        &["wc"],
        Flags {
            letters: "clmwL",
            long: &["lines", "words", "bytes", "chars"],
            ..NONE
        },
    ),
    // `-o` writes, `--compress-program` runs.
    (
        &["sort"],
        Flags {
            letters: "bdfgihMnRrVuzc",
            valued: "kt",
            long: &["numeric-sort", "reverse", "unique", "version-sort"],
            long_valued: &["key"],
        },
    ),
    (
        &["cut"],
        Flags {
            letters: "szn",
            valued: "dfcb",
            long: &["complement"],
            long_valued: &["delimiter", "fields", "characters"],
        },
    ),
    (
        &["tr"],
        Flags {
            letters: "cCdst",
            long: &["delete", "squeeze-repeats"],
            ..NONE
        },
    ),
    (
        &["column"],
        Flags {
            letters: "txe",
            valued: "sco",
            ..NONE
        },
    ),
    (
        &["rev", "tac", "nl", "fold", "paste", "expand"],
        Flags {
            letters: "sb",
            valued: "dw",
            ..NONE
        },
    ),
    (
        &["jq"],
        Flags {
            letters: "rcnseSjaCMR",
            valued: "",
            long: &[
                "raw-output",
                "compact-output",
                "null-input",
                "slurp",
                "exit-status",
                "sort-keys",
                "tab",
                "join-output",
                "monochrome-output",
                "raw-input",
                "color-output",
            ],
            long_valued: &["indent"],
        },
    ),
    (
        &["base64"],
        Flags {
            letters: "di",
            valued: "w",
            long: &["decode", "ignore-garbage"],
            long_valued: &["wrap"],
        },
    ),
    (
        &[
            "md5sum",
            "sha1sum",
            "sha224sum",
            "sha256sum",
            "sha384sum",
            "sha512sum",
            "cksum",
            "b2sum",
        ],
        Flags {
            letters: "bt",
            ..NONE
        },
    ),
    (
        &[
            "printenv", "id", "whoami", "groups", "arch", "nproc", "uptime",
        ],
        Flags {
            letters: "ugGnr0",
            long: &["all"],
            ..NONE
        },
    ),
    (
        &["uname"],
        Flags {
            letters: "asnrvmpio",
            ..NONE
        },
    ),
    (
        &["df", "du"],
        Flags {
            letters: "hTikmPasxc",
            valued: "dt",
            long: &["human-readable"],
            long_valued: &["max-depth"],
        },
    ),
    (
        &["stat"],
        Flags {
            letters: "Lft",
            valued: "c",
            long_valued: &["format", "printf"],
            ..NONE
        },
    ),
    (
        &[
            "file", "which", "type", "basename", "dirname", "realpath", "readlink", "seq",
            "strings",
        ],
        Flags {
            letters: "bafmnLz",
            valued: "s",
            ..NONE
        },
    ),
    (
        &["diff", "cmp"],
        Flags {
            letters: "uqrswbBiNcyl",
            valued: "U",
            long: &["unified", "brief", "recursive"],
            long_valued: &["color"],
        },
    ),
    (
        &["nslookup", "host", "getent"],
        Flags {
            letters: "",
            long_valued: &[],
            long: &[],
            valued: "t",
        },
    ),
    (
        &["dig"],
        Flags {
            letters: "46",
            valued: "tpx",
            ..NONE
        },
    ),
    (&["sleep"], NONE),
    (
        &["tree"],
        Flags {
            letters: "adfhplC",
            valued: "LIP",
            ..NONE
        },
    ),
    (
        &["ps"],
        Flags {
            letters: "efAauxlw",
            valued: "op",
            ..NONE
        },
    ),
    (
        &["free"],
        Flags {
            letters: "hmgbk",
            ..NONE
        },
    ),
];

/// The operands, if every flag is allowed.
fn allows<'a>(arguments: &'a [Argument], flags: &Flags<'_>) -> Option<Vec<&'a Argument>> {
    flags.read(arguments).map(|(_, operands)| operands)
}

fn first_is(arguments: &[Argument], words: &[&str]) -> bool {
    arguments
        .first()
        .is_some_and(|a| a.literal && words.contains(&a.text.as_str()))
}

/// Whether no argument may turn out to be another flag.
fn all_known(arguments: &[Argument]) -> bool {
    arguments.iter().all(|a| !a.text.starts_with('\0'))
}

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

fn kubectl(arguments: &[Argument]) -> bool {
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

fn helm(arguments: &[Argument]) -> bool {
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

fn aws(arguments: &[Argument]) -> bool {
    const VALUED: [&str; 5] = [
        "--region",
        "--profile",
        "--output",
        "--query",
        "--endpoint-url",
    ];
    let mut rest = arguments.iter().peekable();
    let mut operands: Vec<&str> = Vec::new();
    while let Some(argument) = rest.next() {
        let text = argument.text.as_str();
        if VALUED.contains(&text) {
            rest.next();
        } else if text.starts_with("--") {
            // Flags of operations take values; a value is no operand.
            while operands.len() >= 2
                && rest.peek().is_some_and(|next| !next.text.starts_with("--"))
            {
                rest.next();
            }
        } else if argument.literal || operands.len() >= 2 {
            operands.push(text);
        } else {
            return false;
        }
    }
    let (Some(service), Some(operation)) = (operands.first(), operands.get(1)) else {
        return false;
    };
    // Operations that write what they got into a file that is named as an operand or a flag.
    const WRITES: [&str; 8] = [
        "get-object",
        "get-object-torrent",
        "get-export",
        "get-sdk",
        "get-job-output",
        "get-media",
        "get-snapshot-block",
        "get-clip",
    ];
    if *service == "s3" {
        return *operation == "ls";
    }
    let reads = ["describe-", "list-", "get-", "head-"]
        .iter()
        .any(|prefix| operation.starts_with(prefix));
    reads
        && !WRITES.contains(operation)
        && operands.len() == 2
        && !arguments.iter().any(|a| a.text.starts_with("--outfile"))
}

fn curl(arguments: &[Argument]) -> bool {
    const CURL: Flags<'_> = Flags {
        letters: "sSfLiIvkg46#",
        valued: "mHAeuXow",
        long: &[
            "silent",
            "show-error",
            "fail",
            "location",
            "include",
            "head",
            "verbose",
            "insecure",
            "compressed",
            "http1.0",
            "http1.1",
            "http2",
            "http0.9",
            "retry-all-errors",
            "retry-connrefused",
            "no-progress-meter",
            "fail-with-body",
            "ipv4",
            "ipv6",
        ],
        long_valued: &[
            "max-time",
            "connect-timeout",
            "header",
            "user-agent",
            "referer",
            "user",
            "request",
            "output",
            "write-out",
            "retry",
            "retry-delay",
            "retry-max-time",
            "resolve",
            "cacert",
            "noproxy",
        ],
    };
    let Some((found, _)) = CURL.read(arguments) else {
        return false;
    };
    found
        .iter()
        .all(|flag| match (flag.name.as_str(), flag.value) {
            ("-X" | "--request", value) => matches!(value, Some("GET" | "HEAD" | "OPTIONS")),
            ("-o" | "--output", value) => value == Some("/dev/null") || value == Some("-"),
            // `%output{file}` writes, `@file` reads a format that may.
            ("-w" | "--write-out", Some(value)) => {
                !value.contains("%output") && !value.starts_with('@') && !value.contains('\0')
            }
            _ => true,
        })
}

fn wget(arguments: &[Argument]) -> bool {
    const WGET: Flags<'_> = Flags {
        letters: "qS46",
        valued: "OTt",
        long: &[
            "quiet",
            "server-response",
            "no-check-certificate",
            "spider",
            "no-verbose",
        ],
        long_valued: &["output-document", "timeout", "tries", "header"],
    };
    let Some((found, _)) = WGET.read(arguments) else {
        return false;
    };
    let to_stdout = found
        .iter()
        .any(|f| matches!(f.name.as_str(), "-O" | "--output-document"))
        || found.iter().any(|f| f.name == "--spider");
    to_stdout
        && found.iter().all(|f| {
            !matches!(f.name.as_str(), "-O" | "--output-document")
                || matches!(f.value, Some("-" | "/dev/null"))
        })
}

/// `timeout 5 PROGRAM`: as read-only as the program is.
fn timeout(arguments: &[Argument]) -> bool {
    let rest: Vec<&Argument> = arguments
        .iter()
        .skip_while(|a| a.text.starts_with('-'))
        .collect();
    let [limit, program, ..] = rest.as_slice() else {
        return false;
    };
    let from = arguments.len() - rest.len() + 2;
    limit.literal
        && limit.text.starts_with(|c: char| c.is_ascii_digit())
        && program.literal
        && reads_only(&program.text, &arguments[from..])
}

fn find(arguments: &[Argument]) -> bool {
    const ACTS: [&str; 9] = [
        "-delete", "-exec", "-execdir", "-ok", "-okdir", "-fprint", "-fprint0", "-fprintf", "-fls",
    ];
    arguments
        .iter()
        .all(|a| !a.text.contains('\0') && !ACTS.contains(&a.text.as_str()))
}

/// Printing, deleting and substituting lines; no `w`, no `e`, no `-i`.
fn sed(arguments: &[Argument]) -> bool {
    let Some((found, operands)) = (Flags {
        letters: "nEr",
        valued: "e",
        long: &["quiet", "regexp-extended"],
        long_valued: &["expression"],
    })
    .read(arguments) else {
        return false;
    };
    let mut scripts: Vec<&str> = found
        .iter()
        .filter(|f| matches!(f.name.as_str(), "-e" | "--expression"))
        .filter_map(|f| f.value)
        .collect();
    if scripts.is_empty() {
        match operands.first() {
            Some(script) if !script.text.contains('\0') => scripts.push(&script.text),
            _ => return false,
        }
    }
    scripts
        .iter()
        .all(|script| !script.contains('\0') && is_plain_sed(script))
}

/// `10p`, `1,/x/d`, `$q`, `s/a/b/g`: one command, whose flags are among `g`, `p`, `I` and numbers.
fn is_plain_sed(script: &str) -> bool {
    let script = script.trim();
    if let Some(rest) = script.strip_prefix('s')
        && let Some(mark) = rest
            .chars()
            .next()
            .filter(|c| matches!(c, '/' | '|' | '#' | ',' | ':' | '@'))
    {
        let parts: Vec<&str> = rest[1..].split(mark).collect();
        return parts.len() == 3
            && !rest.contains('\n')
            && !rest.contains('\\')
            && parts[2]
                .chars()
                .all(|c| matches!(c, 'g' | 'p' | 'I') || c.is_ascii_digit());
    }
    let Some(address) = script.strip_suffix(['p', 'd', 'q']) else {
        return false;
    };
    let is_address = |part: &str| {
        part == "$"
            || (!part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
            || (part.len() > 2
                && part.starts_with('/')
                && part.ends_with('/')
                && !part[1..part.len() - 1].contains(['/', '\n']))
    };
    address.is_empty() || address.split(',').count() <= 2 && address.split(',').all(is_address)
}

/// Scripts that neither write, run nor read anything by themselves.
fn awk(arguments: &[Argument]) -> bool {
    let Some((found, operands)) = (Flags {
        letters: "",
        valued: "F",
        long: &[],
        long_valued: &[],
    })
    .read(arguments) else {
        return false;
    };
    let Some(script) = operands.first() else {
        return false;
    };
    let risky = ['>', '|', '@', '\0']
        .iter()
        .any(|c| script.text.contains(*c))
        || ["system", "getline", "close", "while", "for"]
            .iter()
            .any(|w| script.text.contains(w));
    !risky
        && found
            .iter()
            .all(|f| f.value.is_some_and(|value| !value.contains('\0')))
}

/// `yq` without `-i` (in place) and `-s` (splits into files).
fn yq(arguments: &[Argument]) -> bool {
    let allowed = Flags {
        letters: "rePMCnjNcy",
        valued: "opI",
        long: &["unwrapScalar", "prettyPrint", "null-input", "exit-status"],
        long_valued: &["output-format", "input-format", "indent"],
    };
    let Some((_, operands)) = allowed.read(arguments) else {
        return false;
    };
    // `eval` and its like are subcommands of v4; `load` only reads.
    operands
        .iter()
        .all(|o| !o.text.contains("system(") && !matches!(o.text.as_str(), "shell-completion"))
}
