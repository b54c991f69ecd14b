//! Programs that only read, each with the flags and operands with which it does.
//!
//! Entry point: [`reads_only`]. A row says what is allowed; what no row allows is refused. Endless forms (`-w`, `-f`) are
//! refused too: asked again, they would hang again.

use super::cluster::{helm, kubectl};
use super::flags::{Flags, NONE};
use super::plain::PLAIN;
use super::scripts::{awk, find, sed, yq};
use super::web::{aws, curl, wget};
use super::words::Argument;

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
        "printf" => arguments.first().is_some_and(|format| {
            format.literal && !format.text.starts_with('-') && !stores(&format.text)
        }),
        // `-v` and `-R` evaluate the subscript of the name behind them: `test -v 'a[$(touch x)]'`.
        "test" | "[" => arguments
            .iter()
            .all(|a| !matches!(a.text.as_str(), "-v" | "-R")),
        // Their output is their arguments; a flag changes only how.
        "echo" | "true" | "false" | "pwd" | ":" => true,
        _ => PLAIN
            .iter()
            .find(|(names, _)| names.contains(&program))
            .is_some_and(|(_, flags)| allows(arguments, flags).is_some()),
    }
}

/// Whether a format of bash's `printf` stores how much it printed into a variable: `%n`.
fn stores(format: &str) -> bool {
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        let conversion =
            (c == '%').then(|| chars.find(|c| !"-+ #0'*.123456789hlLjzt".contains(*c)));
        if conversion == Some(Some('n')) {
            return true;
        }
    }
    false
}

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
