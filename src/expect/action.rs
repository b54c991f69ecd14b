//! `kind/name verb`: what kubectl says it did, as a multiset of lines.
//!
//! Entry points: [`judge`] and [`is_action`].

use std::sync::LazyLock;

use regex::Regex;

use super::bindings::Binder;
use super::constant;
use super::outcome::{Outcome, Task, readable, short};
use super::volatile::{Kind, Scan, canon};
use super::{elision, empty, table};

/// Judges lines of actions: each shown one must be printed, no other may.
pub(super) fn judge(task: &Task<'_>, binder: &mut Binder<'_>) -> Outcome {
    let each = |text: &str, of: &dyn Fn(&str) -> String| -> String {
        text.lines().map(of).collect::<Vec<_>>().join("\n")
    };
    // Where both say in which namespace they deleted, it must be the same.
    let tells = |text: &str| text.lines().any(|line| NAMESPACE.is_match(line));
    let both = tells(task.shown) && tells(task.actual);
    let node = |line: &str| match line
        .strip_prefix("node/")
        .and_then(|rest| rest.split_once(' '))
    {
        // A node that the command does not name is the cluster's: `$NODE`.
        Some((name, verb)) if !task.command.mentions(name) => {
            format!("node/{} {verb}", Kind::Node.mark())
        }
        _ => line.to_owned(),
    };
    let same = |line: &str| {
        if both {
            node(line)
        } else {
            node(&NAMESPACE.replace(line, "$1"))
        }
    };
    let (shown, actual) = (each(task.shown, &same), each(task.actual, &same));
    let mut outcome = table::rows(&task.with(&shown, &actual), binder);
    if !outcome.agrees() && shown.lines().any(is_of_old) {
        let (shown, actual) = (each(&shown, &without_group), each(&actual, &without_group));
        let mut renamed = table::rows(&task.with(&shown, &actual), binder);
        if renamed.agrees() {
            renamed.warnings.push(
                "objects are named as an older kubectl named them: page may be stale".to_owned(),
            );
            return renamed;
        }
    }
    if !outcome.agrees()
        && let Some(reason) = nothing_done(&shown, &actual)
    {
        outcome.reasons = vec![reason];
    }
    outcome
}

/// Whether a line names an object as releases before 1.11 did (`deployment "web" created`), or by a group that is gone.
fn is_of_old(line: &str) -> bool {
    let quoted = line
        .split_once(" \"")
        .is_some_and(|(kind, _)| !kind.contains(['.', ' ', '/']));
    quoted || line.contains(".extensions/") || line.contains(".extensions \"")
}

/// The line with its object as `kind/name`.
fn without_group(line: &str) -> String {
    OBJECT.replace(line, "$1/$2$3").into_owned()
}

/// `deployment.apps/web`, `deployment.apps "web"`, `deployment "web"`.
static OBJECT: LazyLock<Regex> =
    LazyLock::new(|| constant(r#"^([a-z]+)(?:\.[a-z0-9.-]+)?(?:/(\S+)| "([^"]+)")"#));

/// Why, where kubectl says that there was nothing to act on.
fn nothing_done(shown: &str, actual: &str) -> Option<String> {
    let said = actual.lines().find(|line| !line.trim().is_empty());
    if said.is_some() && !empty::is_no_resources(actual) {
        return None;
    }
    let promised: Vec<&str> = shown.lines().filter(|line| is_action(line)).collect();
    let first = readable(&canon(promised.first()?, Scan::LOOSE).text);
    let more = match promised.len() {
        1 => String::new(),
        many => format!(" and {} more", many - 1),
    };
    let verb = VERB.captures(promised[0]).map_or("done", |found| {
        found.get(1).map_or("done", |verb| verb.as_str())
    });
    let said = said.map_or_else(
        || "nothing was printed".to_owned(),
        |line| format!("nothing was {verb} (`{}`)", short(line)),
    );
    Some(format!("the page shows `{first}`{more}, and {said}"))
}

/// What was done: the word after the object.
static VERB: LazyLock<Regex> =
    LazyLock::new(|| constant(r#"^(?:\S+/\S+|\S+ "[^"]+") (?:force )?(\w+ed)\b"#));

/// kubectl 1.34 says where it deleted: `pod "web-0" deleted from default namespace`.
static NAMESPACE: LazyLock<Regex> =
    LazyLock::new(|| constant(r#"^(\S+ "[^"]+" (?:force )?deleted) from \S+ namespace"#));

/// `deployment.apps/web created`, `pod "web-0" deleted`, with what may follow in parentheses.
static ACTION: LazyLock<Regex> = LazyLock::new(|| {
    constant(concat!(
        r#"^evicting pod \S+$|^(?:\S+/\S+|[a-z][\w.-]* "[^"]+") "#,
        r"(?:created|configured|unchanged|deleted|force deleted|patched|scaled|exposed|labeled|unlabeled|not labeled|annotated|replaced|restarted|",
        r"rolled back|paused|resumed|edited|autoscaled|tainted|untainted|cordoned|uncordoned|drained|evicted|serverside-applied|pruned|",
        r"image updated|env updated|resource requirements updated|serviceaccount updated|subjects updated|selector updated|already .*|skipped rollback.*)",
        r"(?: from \S+ namespace)?(?: \([^)]*\))?$"
    ))
});

/// Whether a line says what kubectl did.
pub(super) fn is_action(line: &str) -> bool {
    ACTION.is_match(elision::without_marker(line).unwrap_or(line).trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions() {
        for line in [
            "deployment.apps/web created",
            "pod \"web-0\" deleted",
            "pod \"web-0\" deleted from default namespace",
            "pod \"a\" force deleted",
            "deployment.apps/web image updated",
            "pod/a created (dry run)",
            "job.batch/x unchanged   <-----",
            "horizontalpodautoscaler.autoscaling/web autoscaled",
            "node/n1 cordoned",
            "evicting pod default/web-5774b8d5f4-cv89c",
        ] {
            assert!(is_action(line), "{line}");
        }
        for line in [
            "pod/web-0 condition met",
            "NAME READY",
            "error: x",
            "pod/web",
            "the web created",
        ] {
            assert!(!is_action(line), "{line}");
        }
    }
}
