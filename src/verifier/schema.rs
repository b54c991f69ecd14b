//! The JSON Schema of verifier files, from which editors complete and check them.
//!
//! Entry point: [`schema`]. The keys that a map may have are listed here once more, next to what each means to its author;
//! the tests below ask the reader itself which keys and words it knows, so that the two cannot differ. What a schema
//! cannot say (that a name is given once, that a step is there) is left to the reader.

use serde_json::{Map, Value, json};

use super::kind::{Across, By, Fate, RolloutIs};

/// A key: its name, whether it must be there, its meaning, and the schema of its value.
type Key = (&'static str, bool, &'static str, Value);

const NEEDED: bool = true;
const OPTIONAL: bool = false;

/// The schema of a verifier file, draft 2020-12.
pub fn schema() -> Value {
    let mut check = map(
        "One assertion on the cluster, of exactly one kind.",
        vec![
            (
                "name",
                NEEDED,
                "What it proves; another one for each check.",
                text(),
            ),
            (
                "after",
                OPTIONAL,
                "Id of the step after which it is made; without it the end of the page or lab.",
                text(),
            ),
            (
                "within",
                OPTIONAL,
                "How long the cluster may take, 30s where nothing is said.",
                time(),
            ),
            (
                "match",
                OPTIONAL,
                "With `resource` and `count`: a part of the object, with comparisons.",
                reference("tree"),
            ),
        ]
        .into_iter()
        .chain(kinds())
        .collect(),
    );
    let one_of: Vec<Value> = kinds()
        .iter()
        .map(|(kind, ..)| match *kind {
            "resource" => json!({"required": [kind, "match"]}),
            "availability" | "bounds" => {
                json!({"required": [kind, "after"], "not": {"required": ["match"]}})
            }
            "count" => json!({"required": [kind]}),
            _ => json!({"required": [kind], "not": {"required": ["match"]}}),
        })
        .collect();
    check["oneOf"] = Value::from(one_of);
    let mut root = map(
        "",
        vec![
            (
                "lab",
                NEEDED,
                "The lab: the path of its directory or page below labs/.",
                text(),
            ),
            (
                "checks",
                NEEDED,
                "What the cluster must show.",
                json!({"type": "array", "minItems": 1, "items": check}),
            ),
        ],
    );
    let mut whole = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "labproof verifier",
        "description": "What a lab claims of the cluster, as checks.",
    });
    let head = whole.as_object_mut().expect("a map");
    head.append(root.as_object_mut().expect("a map"));
    whole["$defs"] = json!({
        "tree": {
            "description": "A partial tree: maps by key; a list as a list, or as a map that names its items or asks for any, all, none or count of them.",
            "type": "object",
            "minProperties": 1,
            "additionalProperties": reference("branch"),
        },
        "branch": {
            "anyOf": [
                {"type": "object", "additionalProperties": reference("branch")},
                {"type": "array", "items": {"anyOf": [
                    {"type": "object", "additionalProperties": reference("branch")},
                    reference("comparison"),
                ]}},
                reference("comparison"),
            ],
        },
        "comparison": {
            "description": "A value, or a text such as \">= 2\", \"< 1Gi\", \"!= x\", \"/regex/\", \"!/regex/\", present, absent.",
            "type": ["string", "number", "boolean", "null"],
        },
        "number": {
            "description": "A number, or a text such as \">= 2\", \"!= 0\", \"/^2/\".",
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {"type": "string", "pattern": r"^\s*\d+\s*$|^[<>]|^(==|!=)\s*\d+\s*$|^!?/.+/$"},
            ],
        },
    });
    whole
}

/// The kinds of check, each with the schema of its map.
fn kinds() -> Vec<Key> {
    let kind = |name, about, keys| (name, OPTIONAL, about, map(about, keys));
    let comparison = || reference("comparison");
    let number = || reference("number");
    vec![
        kind(
            "resource",
            "Objects that are as `match` says.",
            join(
                objects(),
                vec![(
                    "which",
                    OPTIONAL,
                    "Whether every object found, or one, must match.",
                    words(&["every", "one"]),
                )],
            ),
        ),
        kind(
            "absent",
            "Objects that are not there, on two readings.",
            objects(),
        ),
        kind(
            "count",
            "How many objects there are, of those that `match` finds.",
            join(objects(), vec![("is", NEEDED, "How many.", number())]),
        ),
        kind(
            "owner",
            "Objects that others own.",
            join(
                objects(),
                vec![(
                    "chain",
                    NEEDED,
                    "Owners from the nearest up, as Kind or Kind/name.",
                    json!({"type": "array", "items": kind_name()}),
                )],
            ),
        ),
        kind(
            "rollout",
            "How far a workload's rollout is, and its history.",
            vec![
                ("workload", NEEDED, "As deployment/name.", workload()),
                ("namespace", OPTIONAL, "Default `default`.", text()),
                (
                    "is",
                    OPTIONAL,
                    "Where the rollout stands.",
                    words(
                        &[
                            RolloutIs::Complete,
                            RolloutIs::Progressing,
                            RolloutIs::Stuck,
                            RolloutIs::Paused,
                        ]
                        .map(RolloutIs::word),
                    ),
                ),
                ("revision", OPTIONAL, "The revision.", comparison()),
                (
                    "history",
                    OPTIONAL,
                    "How many revisions are kept.",
                    number(),
                ),
                (
                    "changeCause",
                    OPTIONAL,
                    "The change cause of the revision.",
                    comparison(),
                ),
                (
                    "oldReplicaSets",
                    OPTIONAL,
                    "How many old ReplicaSets are kept.",
                    number(),
                ),
                (
                    "oldReplicas",
                    OPTIONAL,
                    "How many pods they have together.",
                    number(),
                ),
            ],
        ),
        kind(
            "events",
            "What the cluster said happened.",
            join(
                vec![
                    ("namespace", OPTIONAL, "Default `default`.", text()),
                    (
                        "on",
                        OPTIONAL,
                        "The object, as Kind or Kind/name.",
                        kind_name(),
                    ),
                    ("reason", OPTIONAL, "The reason of the event.", text()),
                    ("type", OPTIONAL, "Its type.", words(&["Warning", "Normal"])),
                    (
                        "is",
                        OPTIONAL,
                        "How many; at least 1 where nothing is said.",
                        number(),
                    ),
                ],
                text_is(),
            ),
        ),
        kind(
            "file",
            "What the ready pods have at a path.",
            join(
                join(pods(), text_is()),
                vec![
                    ("path", NEEDED, "Absolute.", path()),
                    (
                        "exists",
                        OPTIONAL,
                        "Whether something is there; true where nothing is said.",
                        json!({"type": "boolean"}),
                    ),
                    (
                        "sha256",
                        OPTIONAL,
                        "Of its content.",
                        json!({"type": "string", "pattern": "^[0-9A-Fa-f]{64}$"}),
                    ),
                    (
                        "mode",
                        OPTIONAL,
                        "Its permissions in octal.",
                        json!({"type": ["string", "integer"]}),
                    ),
                    (
                        "replicas",
                        OPTIONAL,
                        "In which pods.",
                        words(&["every", "some", "same", "different"]),
                    ),
                ],
            ),
        ),
        kind(
            "persistence",
            "Whether what is at a path outlives its pod or container.",
            join(
                pods(),
                vec![
                    (
                        "path",
                        NEEDED,
                        "A file, or a folder that can hold a marker; absolute.",
                        path(),
                    ),
                    (
                        "across",
                        NEEDED,
                        "What happens between the two looks.",
                        words(&Across::ALL.map(Across::word)),
                    ),
                    (
                        "expect",
                        NEEDED,
                        "What becomes of it.",
                        words(&[Fate::Kept, Fate::Lost].map(Fate::word)),
                    ),
                    (
                        "by",
                        OPTIONAL,
                        "Who makes it happen.",
                        words(&[By::Labproof, By::Lab].map(By::word)),
                    ),
                    (
                        "marker",
                        OPTIONAL,
                        "Whether labproof may write a file of its own there.",
                        json!({"type": "boolean"}),
                    ),
                ],
            ),
        ),
        kind(
            "exec",
            "What a program says in the ready pods.",
            join(
                join(pods(), text_is()),
                vec![
                    (
                        "command",
                        NEEDED,
                        "A list is run as it is, a text by sh.",
                        json!({"anyOf": [text(), {"type": "array", "minItems": 1, "items": text()}]}),
                    ),
                    (
                        "exit",
                        OPTIONAL,
                        "Its exit status; 0 where nothing is said.",
                        number(),
                    ),
                    (
                        "replicas",
                        OPTIONAL,
                        "In which pods.",
                        words(&["every", "some"]),
                    ),
                ],
            ),
        ),
        kind(
            "logs",
            "What containers have written.",
            join(
                join(pods(), text_is()),
                vec![
                    (
                        "previous",
                        OPTIONAL,
                        "Of the run before this one.",
                        json!({"type": "boolean"}),
                    ),
                    (
                        "replicas",
                        OPTIONAL,
                        "In which pods.",
                        words(&["every", "some"]),
                    ),
                ],
            ),
        ),
        kind(
            "http",
            "What a Service answers.",
            join(
                join(endpoint(), text_is()),
                vec![(
                    "status",
                    OPTIONAL,
                    "The status; 200 where nothing is said.",
                    number(),
                )],
            ),
        ),
        kind(
            "bounds",
            "How many pods a workload has at every moment of the step.",
            vec![
                ("workload", NEEDED, "As deployment/name.", workload()),
                ("namespace", OPTIONAL, "Default `default`.", text()),
                (
                    "pods",
                    OPTIONAL,
                    "How many there are, ready or not.",
                    number(),
                ),
                ("ready", OPTIONAL, "How many of them serve.", number()),
            ],
        ),
        kind(
            "availability",
            "Requests to a Service for as long as the step runs.",
            join(
                endpoint(),
                vec![
                    (
                        "failed",
                        OPTIONAL,
                        "How many may fail; 0 where nothing is said.",
                        number(),
                    ),
                    (
                        "gap",
                        OPTIONAL,
                        "The longest time without an answer: `2s` or `<= 2s` at most, `>= 2s` at least.",
                        json!({"type": "string", "pattern": "^\\s*([<>]=)?\\s*([0-9]+(ms|s|m|h))+\\s*$"}),
                    ),
                    (
                        "rate",
                        OPTIONAL,
                        "Requests a second.",
                        json!({"type": "integer", "minimum": 1, "maximum": 50}),
                    ),
                ],
            ),
        ),
    ]
}

fn objects() -> Vec<Key> {
    vec![
        ("apiVersion", NEEDED, "As in a manifest.", text()),
        ("kind", NEEDED, "As in a manifest.", text()),
        ("namespace", OPTIONAL, "Where they are.", text()),
        ("name", OPTIONAL, "The one of that name.", text()),
        ("selector", OPTIONAL, "Those with these labels.", selector()),
    ]
}

fn pods() -> Vec<Key> {
    vec![
        ("namespace", OPTIONAL, "Default `default`.", text()),
        (
            "workload",
            OPTIONAL,
            "Whose pods, as deployment/name.",
            workload(),
        ),
        (
            "selector",
            OPTIONAL,
            "Pods with these labels, in place of `workload`.",
            selector(),
        ),
        ("container", OPTIONAL, "Which of their containers.", text()),
    ]
}

fn endpoint() -> Vec<Key> {
    vec![
        ("service", NEEDED, "Its name.", text()),
        ("namespace", OPTIONAL, "Default `default`.", text()),
        (
            "port",
            OPTIONAL,
            "Number or name; the first where nothing is said.",
            json!({"type": ["integer", "string"]}),
        ),
        (
            "scheme",
            OPTIONAL,
            "Default http.",
            words(&["http", "https"]),
        ),
        ("path", OPTIONAL, "Default /.", path()),
    ]
}

fn text_is() -> Vec<Key> {
    vec![
        ("contains", OPTIONAL, "A part of the text.", text()),
        (
            "equals",
            OPTIONAL,
            "The whole text.",
            json!({"type": "string"}),
        ),
        (
            "matches",
            OPTIONAL,
            "A regular expression that finds something in it.",
            text(),
        ),
        ("lacks", OPTIONAL, "What must not be in it.", text()),
    ]
}

fn join(mut keys: Vec<Key>, more: Vec<Key>) -> Vec<Key> {
    keys.extend(more);
    keys
}

/// The schema of a map with these keys and no others.
fn map(about: &str, keys: Vec<Key>) -> Value {
    let required: Vec<&str> = keys.iter().filter(|key| key.1).map(|key| key.0).collect();
    let mut properties = Map::new();
    for (name, _, about, mut value) in keys {
        value["description"] = about.into();
        properties.insert(name.to_owned(), value);
    }
    let mut map =
        json!({"type": "object", "additionalProperties": false, "properties": properties});
    if !required.is_empty() {
        map["required"] = required.into();
    }
    if !about.is_empty() {
        map["description"] = about.into();
    }
    map
}

fn text() -> Value {
    json!({"type": "string", "pattern": "\\S"})
}

fn time() -> Value {
    json!({"type": "string", "pattern": "^\\s*([0-9]+(ms|s|m|h))+\\s*$"})
}

fn path() -> Value {
    json!({"type": "string", "pattern": "^/"})
}

fn workload() -> Value {
    json!({"type": "string", "pattern": "^[A-Za-z]+/.+"})
}

fn kind_name() -> Value {
    json!({"type": "string", "pattern": "^[A-Z]"})
}

fn selector() -> Value {
    let labels = json!({"type": "object", "minProperties": 1, "additionalProperties": text()});
    json!({"anyOf": [text(), labels]})
}

fn words(words: &[&str]) -> Value {
    json!({"enum": words})
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;
    use crate::verifier::parse;

    /// What the reader says it knows where it finds a word that nobody knows.
    fn known(check: &str) -> Vec<String> {
        let text = format!("lab: lab\nchecks:\n  - {{name: a, after: b, {check}}}\n");
        let problems = parse(&SourceFile::new("verifiers/lab.yaml", text.as_str()))
            .expect_err("has a word that nobody knows");
        let help = problems
            .iter()
            .filter_map(|problem| problem.help.as_deref())
            .find_map(|help| help.strip_prefix("known here: "));
        let help = help.unwrap_or_else(|| panic!("{check}: {problems:#?}"));
        let mut words: Vec<String> = help.split(", ").map(str::to_owned).collect();
        words.sort();
        words.dedup();
        words
    }

    fn sorted<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
        let mut words: Vec<String> = words.map(str::to_owned).collect();
        words.sort();
        words
    }

    #[test]
    fn the_schema_has_the_keys_and_words_that_the_reader_knows() {
        for (kind, _, _, schema) in kinds() {
            let properties = schema["properties"].as_object().unwrap();
            let keys = sorted(properties.keys().map(String::as_str));
            // Without its needed keys the reader would give up before it has asked for all.
            assert_eq!(known(&format!("{kind}: {{zzzzzzzz: 1}}")), keys, "{kind}");
            for (key, value) in properties {
                if let Some(words) = value["enum"].as_array() {
                    let words = sorted(words.iter().filter_map(Value::as_str));
                    let check = format!("{kind}: {{{key}: zzzzzzzz}}");
                    assert_eq!(known(&check), words, "{kind} {key}");
                }
            }
        }
        let all = schema();
        let check = &all["properties"]["checks"]["items"];
        let keys = sorted(
            check["properties"]
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str),
        );
        let mut read = known("zzzzzzzz: 1, absent: {apiVersion: v1, kind: Pod}");
        read.push("match".to_owned());
        read.sort();
        assert_eq!(read, keys);
    }

    /// `LABPROOF_WRITE_SCHEMA=1` writes the file anew.
    #[test]
    fn the_file_in_the_repository_is_this_schema() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/verifiers/schema.json");
        let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
        if std::env::var_os("LABPROOF_WRITE_SCHEMA").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        assert!(
            std::fs::read_to_string(path).unwrap_or_default() == text,
            "run the tests with LABPROOF_WRITE_SCHEMA=1 to write verifiers/schema.json anew"
        );
    }
}
