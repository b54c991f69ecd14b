//! A secret value → the texts in which it may be printed.
//!
//! Entry points: [`of_value`] for a value under a key, [`of_bytes`] for one that need not be text. The rules of what is left alone are
//! here: a report in which every `admin` is masked can no longer be read.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;

use super::spelling;

/// Values under so many bytes are left alone: they would mask half of a page.
const SHORTEST: usize = 6;
/// The shortest base64 form that is masked: that of a value of four bytes.
const SHORTEST_BASE64: usize = 8;
/// The longest base64 form that is also known line by line: packed releases of Helm are long, and no text.
const BROKEN: usize = 32 << 10;
/// Where `base64` and PEM break their lines.
const LINE_WIDTHS: [usize; 2] = [76, 64];

/// Words that stand in Secrets and in every other sentence; their base64 forms are masked all the same.
const ORDINARY: [&str; 23] = [
    "admin",
    "administrator",
    "catalog",
    "cluster",
    "database",
    "default",
    "disabled",
    "enabled",
    "example",
    "kubernetes",
    "kube-system",
    "localhost",
    "mariadb",
    "mongodb",
    "opaque",
    "Opaque",
    "password",
    "postgres",
    "postgresql",
    "production",
    "secret",
    "username",
    "wordpress",
];

/// Keys whose values are names; such a value is left alone where it also looks like a name ([`NAME`]).
static PUBLIC_KEY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(^|[-_.])(user(name)?|host(name)?|server|port|database|db|dbname|endpoint|namespace|region|name|email|type)$")
        .expect("the pattern is valid")
});
/// What names of objects, hosts and users look like.
static NAME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[a-z]+[0-9]{0,2}([-_.][a-z0-9]+)*$").expect("the pattern is valid")
});
/// Lines of a value of many lines that occur everywhere: those of any manifest or kubeconfig, and a key without a value.
static COMMON_LINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[-\s]*((apiVersion|kind|name|namespace|server|type|cluster|context|user|current-context):.*|[\w.-]+:|\W*)$")
        .expect("the pattern is valid")
});
/// The form of service account tokens: three parts, each of which is worth masking by itself.
static JSON_WEB_TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^eyJ[A-Za-z0-9_-]{13,}\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}$")
        .expect("the pattern is valid")
});
/// Keys of a JSON document whose values are secrets of their own, as in a registry's `config.json`.
static TELLING_KEY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(auth|pass(word|wd)?|secret|token|key)$").expect("the pattern is valid")
});

/// Every text that stands for a value: itself line by line, as programs write it elsewhere, in base64.
pub(super) fn of_value(key: &str, value: &str) -> Vec<String> {
    let mut forms = of_bytes(value.as_bytes());
    let text = value.trim_end_matches(['\r', '\n']);
    if text.contains('\n') {
        let lines = text.lines().map(str::trim);
        let telling = |line: &&str| line.len() >= SHORTEST && !COMMON_LINE.is_match(line);
        forms.extend(lines.filter(telling).map(str::to_owned));
    } else if text.len() >= SHORTEST && !is_ordinary(key, text) {
        forms.push(text.to_owned());
    }
    if text.len() >= SHORTEST && !is_ordinary(key, text) {
        let spelt = spelling::of(text).into_iter();
        forms.extend(spelt.filter(|form| form != text && form.len() >= SHORTEST));
    }
    if JSON_WEB_TOKEN.is_match(text) {
        forms.extend(text.split('.').map(str::to_owned));
    }
    // A kubeconfig holds its keys in base64, and so they are in a Secret once more.
    if let Ok(bytes) = STANDARD.decode(text)
        && let Ok(inner) = String::from_utf8(bytes)
        && inner.starts_with("-----BEGIN ")
    {
        forms.extend(of_value(key, &inner));
    }
    if let Ok(document @ serde_json::Value::Object(_)) = serde_json::from_str(text) {
        inside(&document, &mut forms);
    }
    forms
}

/// The base64 forms of a value: as it is, with a line end as `echo` adds one, and broken into lines.
pub(super) fn of_bytes(value: &[u8]) -> Vec<String> {
    let trimmed = value.strip_suffix(b"\n").unwrap_or(value);
    let with_end = [trimmed, b"\n"].concat();
    let mut forms = Vec::new();
    for bytes in [trimmed, with_end.as_slice()] {
        let whole = STANDARD.encode(bytes);
        for width in LINE_WIDTHS {
            if whole.len() > width && whole.len() <= BROKEN {
                let lines = whole.as_bytes().chunks(width);
                forms.extend(lines.map(|line| String::from_utf8_lossy(line).into_owned()));
            }
        }
        forms.push(whole);
    }
    forms.retain(|form| form.len() >= SHORTEST_BASE64);
    forms
}

/// Whether a value is a word or a name that must stay readable.
fn is_ordinary(key: &str, value: &str) -> bool {
    ORDINARY.contains(&value) || PUBLIC_KEY.is_match(key) && NAME.is_match(value)
}

/// Secrets inside a document.
fn inside(document: &serde_json::Value, forms: &mut Vec<String>) {
    match document {
        serde_json::Value::Object(entries) => {
            for (key, value) in entries {
                match value {
                    serde_json::Value::String(text) if TELLING_KEY.is_match(key) => {
                        forms.extend(of_value(key, text));
                    }
                    other => inside(other, forms),
                }
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| inside(item, forms)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: &str, value: &str, has: &[&str], lacks: &[&str]) {
        let forms = of_value(key, value);
        for form in has {
            assert!(forms.iter().any(|one| one == form), "{form}: {forms:?}");
        }
        for form in lacks {
            assert!(!forms.iter().any(|one| one == form), "{form}: {forms:?}");
        }
    }

    #[test]
    fn a_value_is_known_plain_escaped_and_in_base64() {
        check(
            "pw",
            "s3<\"t-x",
            &["s3<\"t-x", "s3<\\\"t-x", "s3\\u003c\\\"t-x", "czM8InQteA=="],
            &[],
        );
        // What `echo VALUE | base64` prints.
        check("pw", "hunter22", &["aHVudGVyMjI=", "aHVudGVyMjIK"], &[]);
        check(
            "pw",
            "hunter22\n",
            &["hunter22", "aHVudGVyMjIK", "aHVudGVyMjI="],
            &[],
        );
        let auth = r#"{"auths":{"r.example":{"username":"joe-doe","password":"pa55word!"}}}"#;
        check(".dockerconfigjson", auth, &["pa55word!"], &["joe-doe"]);
    }

    #[test]
    fn words_that_must_stay_readable_are_left_alone_but_for_their_base64() {
        check("role", "admin", &["YWRtaW4="], &["admin"]);
        check("on", "true", &["dHJ1ZQ=="], &["true"]);
        check(
            "namespace",
            "kube-public",
            &["a3ViZS1wdWJsaWM="],
            &["kube-public"],
        );
        check("DB_USER", "catalog_user", &[], &["catalog_user"]);
        check("password", "catalog_user", &["catalog_user"], &[]);
        check("user", "R2d2xyZ!", &["R2d2xyZ!"], &[]);
    }

    #[test]
    fn parts_of_a_token_are_known() {
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlcm5l.6sPqIrUdSx0N8UIDE2Pb";
        check("token", token, &["6sPqIrUdSx0N8UIDE2Pb", token], &[]);
    }

    #[test]
    fn a_key_in_base64_is_known_as_it_is_too() {
        let pem = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG\n-----END KEY-----\n";
        check("", &STANDARD.encode(pem), &["MIIEvQIBADANBgkqhkiG"], &[]);
    }

    #[test]
    fn a_value_of_many_lines_is_known_line_by_line() {
        let pem = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG\nabcdefgh\n-----END KEY-----\n";
        check("tls.key", pem, &["MIIEvQIBADANBgkqhkiG", "abcdefgh"], &[]);
        let config =
            "apiVersion: v1\nkind: Config\nusers:\n- name: me\n  user:\n    token: abcdef123\n";
        check(
            "config",
            config,
            &["token: abcdef123"],
            &["apiVersion: v1", "users:", "- name: me"],
        );
    }
}
