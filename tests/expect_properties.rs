//! What holds of every judgement, tried on generated outputs.

use labproof::expect::{Bindings, Happened, Shown, judge, may_repeat};
use labproof::page::{MatchKind, Rows};
use proptest::prelude::*;

fn agrees(command: &str, shown: &str, actual: &str) -> bool {
    judge(
        Shown::new(command, shown),
        Happened {
            text: actual,
            stdout: None,
            exit_code: 0,
        },
        &Bindings::default(),
    )
    .agrees
}

const COMMANDS: [&str; 12] = [
    "kubectl get pods",
    "kubectl get pods -o yaml",
    "kubectl get pods -o json",
    "kubectl describe pods",
    "kubectl logs web",
    "kubectl apply -f a",
    "kubectl rollout status deploy/a",
    "ls -l",
    "curl -i http://a",
    "echo",
    "kubectl get pods --no-headers | sort",
    "helm list",
];

/// Lines as programs print them: words, numbers, generated names, a few signs.
fn line() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "[a-z]{1,8}",
        "[0-9]{1,4}",
        "web-[456789bcdf]{9}-[bcdfghjk2456]{5}",
        Just("1/1".to_owned()),
        Just("10.1.2.3".to_owned()),
        Just("<none>".to_owned()),
        Just("NAME".to_owned()),
        Just("READY".to_owned()),
        Just("{".to_owned()),
        Just("]".to_owned()),
        Just("key:".to_owned()),
        Just("...".to_owned()),
        Just("[...]".to_owned()),
        Just("xxxx".to_owned()),
        Just("3m2s".to_owned()),
        Just("2026-11-21T00:46:51Z".to_owned()),
        "\\PC{1,6}",
    ];
    (0usize..6, prop::collection::vec(word, 0..6))
        .prop_map(|(indent, words)| format!("{}{}", " ".repeat(indent), words.join("   ")))
}

fn lines() -> impl Strategy<Value = String> {
    prop::collection::vec(line(), 0..12).prop_map(|lines| lines.join("\n"))
}

/// A table of pods of two ReplicaSets: (hash, suffixes) twice, as text.
fn table(hashes: [&str; 2], suffixes: &[String], split: usize, restarts: &[u8]) -> String {
    let mut out = "NAME                    READY   STATUS    RESTARTS   AGE\n".to_owned();
    for (i, suffix) in suffixes.iter().enumerate() {
        let (name, hash) = if i < split {
            ("web", hashes[0])
        } else {
            ("api", hashes[1])
        };
        out.push_str(&format!(
            "{name}-{hash}-{suffix}   1/1     Running   {}          {}s\n",
            restarts[i % restarts.len()],
            i + 3
        ));
    }
    out
}

fn suffixes() -> impl Strategy<Value = Vec<String>> {
    prop::collection::btree_set("[bcdfghjklmnpqrstvwz]{3}[2456789][bcdfghjk]", 2..9)
        .prop_map(|set| set.into_iter().collect::<Vec<_>>())
        .prop_shuffle()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn an_output_matches_itself(text in lines(), command in prop::sample::select(&COMMANDS[..])) {
        // A text that begins like an error must not come with a status of 0.
        prop_assert!(agrees(command, &text, &text), "{text}");
    }

    #[test]
    fn nothing_panics(shown in lines(), actual in lines(), command in prop::sample::select(&COMMANDS[..]), kind in 0usize..9) {
        let kinds = [MatchKind::Auto, MatchKind::Exact, MatchKind::Contains, MatchKind::Lines, MatchKind::Regex, MatchKind::Table, MatchKind::Json, MatchKind::Yaml, MatchKind::Ignore];
        let shown = Shown { match_kind: kinds[kind], rows: Rows::Subset, ..Shown::new(command, &shown) };
        let judgement = judge(shown, Happened { text: &actual, stdout: Some(&actual), exit_code: 1 }, &Bindings::default());
        prop_assert_eq!(judgement.agrees, judgement.reasons.is_empty());
    }

    #[test]
    fn arbitrary_text_panics_nowhere(command in "\\PC*", shown in any::<String>(), actual in any::<String>()) {
        judge(Shown::new(&command, &shown), Happened { text: &actual, stdout: None, exit_code: 0 }, &Bindings::default());
        may_repeat(&command);
    }

    #[test]
    fn renaming_consistently_changes_nothing(old in suffixes(), split in 0usize..9, order in any::<bool>()) {
        let new: Vec<String> = old.iter().map(|s| s.bytes().rev().map(char::from).collect::<String>()).collect();
        let shown = table(["5774b8d5f4", "dbbdc96d6"], &old, split, &[0]);
        let mut actual = table(["66f4b8d5f4", "85488547fc"], &new, split, &[0]);
        if order {
            let mut rows: Vec<&str> = actual.lines().collect();
            rows[1..].reverse();
            actual = rows.join("\n");
        }
        prop_assert!(agrees("kubectl get pods", &shown, &actual));
    }

    #[test]
    fn pods_of_one_replica_set_share_its_hash(suffixes in suffixes(), at in 0usize..9) {
        let shown = table(["5774b8d5f4", "dbbdc96d6"], &suffixes, suffixes.len(), &[0]);
        let mut rows: Vec<String> = shown.lines().map(str::to_owned).collect();
        let at = 1 + at % suffixes.len();
        rows[at] = rows[at].replace("5774b8d5f4", "6666b8d5f4");
        prop_assert!(!agrees("kubectl get pods", &shown, &rows.join("\n")));
        prop_assert!(!agrees("kubectl get pods", &rows.join("\n"), &shown));
    }

    #[test]
    fn a_row_more_or_less_fails(suffixes in suffixes(), split in 0usize..9, at in 0usize..9) {
        let whole = table(["5774b8d5f4", "dbbdc96d6"], &suffixes, split, &[0]);
        let mut rows: Vec<&str> = whole.lines().collect();
        rows.remove(1 + at % suffixes.len());
        let less = rows.join("\n");
        prop_assert!(!agrees("kubectl get pods", &whole, &less));
        prop_assert!(!agrees("kubectl get pods", &less, &whole));
        let elided = format!("{less}\n...");
        prop_assert!(agrees("kubectl get pods", &elided, &whole));
    }

    #[test]
    fn a_file_more_or_less_fails(files in prop::collection::btree_set("[a-z]{1,8}\\.(png|txt)", 2..10), at in 0usize..10) {
        let files: Vec<String> = files.into_iter().collect();
        let mut fewer = files.clone();
        fewer.remove(at % files.len());
        prop_assert!(!agrees("ls /data", &files.join("\n"), &fewer.join("\n")));
        prop_assert!(!agrees("ls /data", &fewer.join("\n"), &files.join("\n")));
        let turned: Vec<String> = files.iter().rev().cloned().collect();
        prop_assert!(agrees("ls /data", &files.join("\n"), &turned.join("\n")));
    }

    #[test]
    fn a_key_more_or_less_fails(keys in prop::collection::btree_map("[a-z]{1,8}", 0u32..100, 2..10), at in 0usize..10) {
        let keys: Vec<(String, u32)> = keys.into_iter().collect();
        let object = |keys: &[(String, u32)]| format!("{{{}}}", keys.iter().map(|(k, v)| format!("\"{k}\": {v}")).collect::<Vec<_>>().join(", "));
        let mut fewer = keys.clone();
        fewer.remove(at % keys.len());
        prop_assert!(!agrees("curl -s a | jq", &object(&keys), &object(&fewer)));
        prop_assert!(!agrees("curl -s a | jq", &object(&fewer), &object(&keys)));
        let turned: Vec<(String, u32)> = keys.iter().rev().cloned().collect();
        prop_assert!(agrees("curl -s a | jq", &object(&keys), &object(&turned)));
        let elided = object(&fewer).replace('}', ", ...}");
        prop_assert!(agrees("curl -s a | jq", &elided, &object(&keys)));
        let mut other = keys.clone();
        let changed = at % keys.len();
        other[changed].1 += 1;
        prop_assert!(!agrees("curl -s a | jq", &object(&keys), &object(&other)));
    }
}
