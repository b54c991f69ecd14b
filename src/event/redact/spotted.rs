//! Text → the secret values that it tells: commands that make Secrets, and manifests of Secrets in commands and outputs.
//!
//! Entry points: [`in_command`] and [`in_output`]. A Secret that is only printed (`--dry-run -o yaml`), or is gone again before its cluster is
//! asked for it, is known by nothing else.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;
use serde_json::Value;

use crate::syntax::{Word, simple_commands};

/// A secret value under its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spotted {
    pub(super) key: String,
    pub(super) value: Vec<u8>,
}

impl Spotted {
    fn new(key: &str, value: impl Into<Vec<u8>>) -> Self {
        Self {
            key: key.to_owned(),
            value: value.into(),
        }
    }
}

/// Flags whose value is a secret.
const FLAGS: [&str; 4] = [
    "--docker-password",
    "--password",
    "--token",
    "--secret-string",
];
/// Flags of which a part of the value may be one: `key=value`, with commas between them.
const SETTING_FLAGS: [&str; 2] = ["--set", "--set-string"];
/// Names of variables and keys that hold secrets.
static TELLING_NAME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(password|passwd|_pwd|passphrase|secret|token|(api|secret|access|private)_?key)$",
    )
    .expect("the pattern is valid")
});
/// A variable with its value, as `env`, `export -p` and `declare -p` show it.
static VARIABLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?m)^(?:export |declare -[a-z-]+ )?([A-Za-z_][A-Za-z0-9_]*)=(.+)$"#)
        .expect("the pattern is valid")
});
static BEARER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\bbearer\s+([A-Za-z0-9._~+/-]+=*)").expect("the pattern is valid")
});
static SECRET_KIND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?m)"?\bkind"?:\s*"?Secret(List)?\b"#).expect("the pattern is valid")
});

/// Secret values that a command line gives away.
pub(super) fn in_command(text: &str) -> Vec<Spotted> {
    let mut found = in_manifests(text);
    for command in simple_commands(text) {
        // What a ConfigMap holds is no secret, unless it is called one.
        let open = |word: &Word| matches!(word.text.as_str(), "configmap" | "configmaps" | "cm");
        let is_open = command.command().iter().any(open);
        for (literal, _) in command.flags(&["--from-literal"]) {
            if let Some((key, value)) = literal.split_once('=')
                && (!is_open || TELLING_NAME.is_match(key))
            {
                found.push(Spotted::new(key, value));
            }
        }
        let flags = command.flags(&FLAGS);
        found.extend(flags.map(|(value, _)| Spotted::new("", value)));
        for (settings, _) in command.flags(&SETTING_FLAGS) {
            let settings = settings.split(',').filter_map(|one| one.split_once('='));
            let telling = settings.filter(|(name, _)| TELLING_NAME.is_match(name));
            found.extend(telling.map(|(name, value)| Spotted::new(name, value)));
        }
        if command.name() == "curl" {
            let users = command.flags(&["-u", "--user"]);
            let passwords = users.filter_map(|(user, _)| user.split_once(':'));
            found.extend(passwords.map(|(_, password)| Spotted::new("", password)));
        }
        for word in &command.words {
            let bearer = BEARER.captures(&word.text);
            found.extend(bearer.map(|bearer| Spotted::new("", &bearer[1])));
            if let Some((name, value)) = word.text.split_once('=')
                && TELLING_NAME.is_match(name)
                && !name.starts_with('-')
            {
                found.push(Spotted::new(name, value));
            }
        }
    }
    // What the shell has yet to fill in is no value.
    found.retain(|spotted| !spotted.value.starts_with(b"$") && !spotted.value.contains(&b'`'));
    found
}

/// Secret values in manifests within a text, which may hold anything else too, and of variables that say what they are.
pub(super) fn in_output(text: &str) -> Vec<Spotted> {
    let variables = VARIABLE.captures_iter(text);
    let telling = variables.filter(|variable| TELLING_NAME.is_match(&variable[1]));
    let mut found: Vec<Spotted> = telling
        .map(|variable| Spotted::new(&variable[1], unquoted(variable[2].trim_end())))
        .collect();
    found.extend(in_manifests(text));
    found
}

fn in_manifests(text: &str) -> Vec<Spotted> {
    let mut found = Vec::new();
    if !SECRET_KIND.is_match(text) {
        return found;
    }
    let from = text.find(['{', '[']).unwrap_or(text.len());
    match serde_json::from_str::<Value>(text[from..].trim_end()) {
        Ok(document) => of_json(&document, &mut found),
        Err(_) => of_yaml(text, &mut found),
    }
    found
}

fn of_json(value: &Value, found: &mut Vec<Spotted>) {
    match value {
        Value::Object(entries) => {
            if value["kind"] == "Secret" {
                of_entries(&value["data"], true, found);
                of_entries(&value["stringData"], false, found);
            }
            entries.values().for_each(|entry| of_json(entry, found));
        }
        Value::Array(items) => items.iter().for_each(|item| of_json(item, found)),
        _ => {}
    }
}

fn of_entries(entries: &Value, encoded: bool, found: &mut Vec<Spotted>) {
    for (key, value) in entries.as_object().into_iter().flatten() {
        if let Some(text) = value.as_str() {
            found.extend(entry(key, text, encoded));
        }
    }
}

fn entry(key: &str, text: &str, encoded: bool) -> Option<Spotted> {
    match encoded {
        true => Some(Spotted::new(key, STANDARD.decode(text.trim()).ok()?)),
        false => Some(Spotted::new(key, text)),
    }
}

/// Line by line: around a manifest in a command or an output stands what is no YAML.
fn of_yaml(text: &str, found: &mut Vec<Spotted>) {
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let (outer, head) = indented(line);
        let encoded = match head.trim_end() {
            "data:" => true,
            "stringData:" => false,
            _ => continue,
        };
        let mut inner = None;
        while let Some(line) = lines.peek() {
            let (indent, rest) = indented(line);
            if indent <= outer || *inner.get_or_insert(indent) != indent {
                break;
            }
            lines.next();
            let Some((key, value)) = rest.split_once(':') else {
                break;
            };
            let value = value.trim();
            if matches!(value.as_bytes().first(), Some(b'|' | b'>')) {
                let block = block(&mut lines, indent);
                found.extend(entry(key, &block, encoded));
            } else {
                found.extend(entry(key, unquoted(value), encoded));
            }
        }
    }
}

/// The lines of a block scalar, without their indentation.
fn block(lines: &mut std::iter::Peekable<std::str::Lines<'_>>, indent: usize) -> String {
    let mut block = String::new();
    while let Some(line) = lines.peek() {
        let (deeper, rest) = indented(line);
        if deeper <= indent && !rest.is_empty() {
            break;
        }
        block.push_str(rest);
        block.push('\n');
        lines.next();
    }
    block
}

fn indented(line: &str) -> (usize, &str) {
    let rest = line.trim_start_matches(' ');
    (line.len() - rest.len(), rest)
}

fn unquoted(value: &str) -> &str {
    for quote in ['"', '\''] {
        let inner = value
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner {
            return inner;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(found: Vec<Spotted>) -> Vec<String> {
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        found
            .iter()
            .map(|one| format!("{}={}", one.key, text(&one.value)))
            .collect()
    }

    #[test]
    fn commands_that_make_secrets() {
        let check = |command: &str, expected: &[&str]| {
            assert_eq!(shown(in_command(command)), expected, "{command}");
        };
        check(
            "kubectl create secret generic db --from-literal=user=joe --from-literal 'pw=a b=c'",
            &["user=joe", "pw=a b=c"],
        );
        check(
            "kubectl create configmap c --from-literal=color=blue --from-literal=password=pw1",
            &["password=pw1"],
        );
        check("export DB_PASSWORD=hunter22 X=1", &["DB_PASSWORD=hunter22"]);
        check("kubectl set env deploy/web API_KEY=abc", &["API_KEY=abc"]);
        check(
            "kubectl create secret docker-registry r --docker-password=pw1",
            &["=pw1"],
        );
        check(
            "helm install db x --set a=b,auth.password=pw1 --set-string=token=t2",
            &["auth.password=pw1", "token=t2"],
        );
        check(
            "curl -u joe:pw1 -H 'Authorization: Bearer abc' http://x",
            &["=pw1", "=abc"],
        );
        check(
            "PASSWORD=$(pwgen) TOKEN=$T SECRET_NAME=db kubectl get pods -l app=web",
            &[],
        );
    }

    #[test]
    fn manifests_of_secrets_in_the_midst_of_something_else() {
        let yaml = "secret/db created\napiVersion: v1\ndata:\n  pw: aHVudGVyMjI=\n  \
            other: bm8=\nkind: Secret\nmetadata:\n  name: db\n";
        assert_eq!(shown(in_output(yaml)), ["pw=hunter22", "other=no"]);
        let here = "kubectl apply -f - <<'EOF'\nkind: Secret\nstringData:\n  pem: |\n    one\n    two\n  pw: \"x y\"\nEOF\n";
        assert_eq!(shown(in_command(here)), ["pem=one\ntwo\n", "pw=x y"]);
        let list = r#"{"kind": "List", "items": [{"kind": "Secret", "data": {"pw": "aHVudGVyMjI="}},
            {"kind": "ConfigMap", "data": {"color": "blue"}}]}"#;
        assert_eq!(shown(in_output(list)), ["pw=hunter22"]);
        let env = "HOME=/root\nDB_PASSWORD=hunter22\ndeclare -x API_TOKEN=\"a b\"\nPWD=/root\n";
        assert_eq!(
            shown(in_output(env)),
            ["DB_PASSWORD=hunter22", "API_TOKEN=a b"]
        );
        assert!(in_output("kind: ConfigMap\ndata:\n  color: blue\n").is_empty());
    }
}
