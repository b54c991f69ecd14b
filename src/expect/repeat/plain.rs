//! Programs that never write, whatever they are told with these flags.

use super::super::text::DIGEST_PROGRAMS;
use super::flags::{Flags, NONE};

/// Programs that never write, with the flags that are theirs and harmless.
pub(super) const PLAIN: &[(&[&str], Flags<'_>)] = &[
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
        &DIGEST_PROGRAMS,
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
