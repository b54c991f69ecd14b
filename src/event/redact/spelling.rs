//! A secret text → how else programs write it: within quotes, in a URL, in hexadecimal, in base64 with something before or behind it.
//!
//! Entry point: [`of`].

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// Longer values, and those of many lines, are keys and documents: nobody quotes them, and each form costs memory and time.
const LONGEST: usize = 256;
/// Bytes of a value that is looked for in hexadecimal and within other base64.
const SHORTEST_INSIDE: usize = 9;

/// All other forms of a text.
pub(super) fn of(text: &str) -> Vec<String> {
    let mut forms = in_json(text);
    if text.len() > LONGEST || text.contains('\n') {
        return forms;
    }
    // An object as JSON within an annotation, that of `kubectl apply` for one.
    let twice: Vec<String> = forms.iter().flat_map(|form| in_json(form)).collect();
    forms.extend(twice);
    forms.extend(in_quotes(text));
    forms.extend(in_url(text));
    if !text.is_ascii() {
        forms.push(in_ascii(text));
    }
    let bytes = text.as_bytes();
    for engine in [&STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
        forms.push(engine.encode(bytes));
    }
    if bytes.len() >= SHORTEST_INSIDE {
        forms.extend(inside_base64(bytes));
        let hexadecimal = bytes.iter().map(|byte| format!("{byte:02x}"));
        forms.push(hexadecimal.collect());
    }
    forms
}

/// As JSON writes it; Go's encoder also escapes `<`, `>` and `&`.
fn in_json(text: &str) -> Vec<String> {
    let quoted = serde_json::Value::from(text).to_string();
    let plain = quoted[1..quoted.len() - 1].to_owned();
    let go = plain
        .replace('<', r"\u003c")
        .replace('>', r"\u003e")
        .replace('&', r"\u0026");
    vec![plain, go]
}

/// As YAML and a shell write it in single quotes.
fn in_quotes(text: &str) -> Vec<String> {
    match text.contains('\'') {
        true => vec![text.replace('\'', "''"), text.replace('\'', r"'\''")],
        false => Vec::new(),
    }
}

/// As a URL writes it, with either case of its digits, as a form does, and as JavaScript and jq do, who leave more as it is.
fn in_url(text: &str) -> Vec<String> {
    let written = |upper: bool, plain: &[u8]| -> String {
        let byte = |byte: u8| match (byte, upper) {
            (byte, _) if plain.contains(&byte) => char::from(byte).to_string(),
            (b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~', _) => {
                char::from(byte).to_string()
            }
            (_, true) => format!("%{byte:02X}"),
            (_, false) => format!("%{byte:02x}"),
        };
        text.bytes().map(byte).collect()
    };
    let upper = written(true, b"");
    let form = upper.replace("%20", "+");
    vec![written(false, b""), written(true, b"!'()*"), form, upper]
}

/// As JSON in plain ASCII writes it.
fn in_ascii(text: &str) -> String {
    let mut written = String::new();
    for unit in text.encode_utf16() {
        match u8::try_from(unit).ok().filter(u8::is_ascii) {
            Some(byte) => written.push(char::from(byte)),
            None => written.push_str(&format!("\\u{unit:04x}")),
        }
    }
    written
}

/// What of its base64 does not depend on what stands before and behind it: one form for each place in a group of three bytes.
fn inside_base64(bytes: &[u8]) -> impl Iterator<Item = String> {
    (0..3_usize).map(move |before| {
        let mut padded = vec![0; before];
        padded.extend(bytes);
        let whole = STANDARD_NO_PAD.encode(&padded);
        // A character stands for six bits; those that share some with a neighbour may be any.
        let start = (before * 8).div_ceil(6);
        let end = padded.len() * 8 / 6;
        whole[start..end].to_owned()
    })
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn a_text_is_known_however_it_is_written() {
        let check = |text: &str, form: &str| {
            let forms = of(text);
            assert!(forms.iter().any(|one| one == form), "{form}: {forms:?}");
        };
        check("a\"b<c", r#"a\"b\u003cc"#);
        check("a\"b<c", r#"a\\\"b\\u003cc"#);
        check("it's me", "it''s me");
        check("it's me", r"it'\''s me");
        check("p@ss w/d", "p%40ss%20w%2Fd");
        check("p@ss w/d", "p%40ss%20w%2fd");
        check("p@ss w/d", "p%40ss+w%2Fd");
        check("it's me", "it's%20me");
        check("pässe", r"p\u00e4sse");
        check("hunter22!", "68756e746572323221");
    }

    #[test]
    fn a_text_is_found_within_the_base64_of_more() {
        let secret = "tr0ub4dor&3";
        for before in ["", "j", "jo", "joe:", "user:"] {
            for behind in ["", "\n", "@host"] {
                let encoded = STANDARD.encode(format!("{before}{secret}{behind}"));
                let found = of(secret).into_iter().any(|form| encoded.contains(&form));
                assert!(found, "{before}{secret}{behind}: {encoded}");
            }
        }
    }
}
