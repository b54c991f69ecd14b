//! Pairs of shown and printed outputs with the verdict they must get, through the same door as `labproof compare --pairs`.
//!
//! `tests/expect_pairs.jsonl` is written in that format, with a `label` beside: pass or fail.

use std::fs;

use labproof::expect::pairs;

#[test]
fn verdicts_are_the_labels() {
    let text = fs::read_to_string("tests/expect_pairs.jsonl").expect("pairs");
    let mut out = Vec::new();
    pairs::judge_all(text.as_bytes(), &mut out).expect("judged");
    let verdicts = String::from_utf8(out).expect("UTF-8");
    let field = |line: &str, name: &str| {
        let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
        value[name].as_str().expect("text").to_owned()
    };
    let mut wrong = Vec::new();
    for (pair, verdict) in text.lines().zip(verdicts.lines()) {
        assert_eq!(field(pair, "id"), field(verdict, "id"), "the same order");
        if field(pair, "label") != field(verdict, "verdict") {
            wrong.push(format!("{pair}\n{verdict}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert_eq!(text.lines().count(), verdicts.lines().count());
}
