//! Programs that only read, each with the flags and operands with which it does.
//!
//! Entry point: [`reads_only`]. A row says what is allowed; what no row allows is refused. Endless forms (`-w`, `-f`) are
//! refused too: asked again, they would hang again.

use super::cluster::{helm, kubectl};
use super::flags::Flags;
use super::scripts::{awk, find, sed, yq};
use super::web::{aws, curl, wget};
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
