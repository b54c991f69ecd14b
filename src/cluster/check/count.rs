//! `count`: how many objects there are, or how many of them are like something.

use std::time::Duration;

use kube::Client;

use crate::verifier::Count;

use super::Finding;
use super::look::{Look, Unable};
use super::objects::{self, Found, described};
use super::poll::{Poll, until};
use super::resource::{listed, mismatches, no_namespace};

/// Makes a `count` check.
pub(super) async fn make(client: &Client, count: &Count, within: Duration) -> Finding {
    let what = described(&count.objects);
    let mut poll = Poll::new(format!("number of {what}: {}", count.is), within);
    poll.changes = objects::changes(client, &count.objects).await;
    until(poll, || async {
        let found = match objects::find(client, &count.objects).await {
            Ok(found) => found,
            Err(unable) => return unable.into(),
        };
        if found.is_empty()
            && let Some(namespace) = objects::missing_namespace(client, &count.objects).await
        {
            return Unable::for_now(no_namespace(&namespace)).into();
        }
        judge(&what, count, &found)
    })
    .await
}

fn judge(what: &str, count: &Count, found: &[Found]) -> Look {
    let counted: Vec<String> = found
        .iter()
        .filter(|object| {
            let expected = count.expected.as_ref();
            expected.is_none_or(|expected| mismatches(expected, &object.value).is_empty())
        })
        .map(|object| object.label.clone())
        .collect();
    let number = counted.len() as u64;
    let like = match count.expected {
        Some(_) => format!(" like that, of {}", found.len()),
        None => String::new(),
    };
    if count.is.holds_for(number) {
        return Look::Holds(format!("there are {number} {what}{like}"));
    }
    Look::Not {
        reason: format!("there are {number} {what}{like}, expected {}", count.is),
        seen: match counted.is_empty() {
            true => "none".to_owned(),
            false => format!("{number}: {}", listed(&counted)),
        },
    }
}
