//! Programs with a language of their own: which of their scripts only read.
//!
//! Entry points: [`find`], [`sed`], [`awk`] and [`yq`].

use super::flags::Flags;
use super::words::Argument;

/// Searches without actions.
pub(super) fn find(arguments: &[Argument]) -> bool {
    const ACTS: [&str; 9] = [
        "-delete", "-exec", "-execdir", "-ok", "-okdir", "-fprint", "-fprint0", "-fprintf", "-fls",
    ];
    arguments
        .iter()
        .all(|a| !a.text.contains('\0') && !ACTS.contains(&a.text.as_str()))
}

/// Printing, deleting and substituting lines; no `w`, no `e`, no `-i`.
pub(super) fn sed(arguments: &[Argument]) -> bool {
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
pub(super) fn awk(arguments: &[Argument]) -> bool {
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
pub(super) fn yq(arguments: &[Argument]) -> bool {
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
