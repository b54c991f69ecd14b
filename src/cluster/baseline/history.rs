//! When something happened to an object, by the cluster's own count of its changes.
//!
//! Every change of an object raises one number, its `resourceVersion`; a list tells how far that has come.
//! [`Moment`]s taken between commands are held against the changes of an object, which the API server
//! replays from a moment on. So no clock is involved. The replay reaches back a while only: where it does not, there is
//! the second in which an object was made, by the server's clock.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, pin_mut, stream};
use kube::Client;
use kube::api::{DynamicObject, WatchEvent, WatchParams};
use serde_json::Value;

use super::diff::{Change, What};
use super::kinds::{AT_ONCE, Kind};
use super::snapshot::{Object, Snapshot, fingerprint, revision};

/// How long the API server may take to say where it is; nothing waits for it but the next command.
const ANSWER: Duration = Duration::from_secs(5);
/// A replay that is silent for so long is over.
const SILENCE: Duration = Duration::from_secs(1);
/// How long a replay may take.
const REPLAY: Duration = Duration::from_secs(10);

/// A moment in the history of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moment {
    /// The count of all changes so far; `None` where the server does not tell.
    pub revision: Option<u64>,
    /// Seconds since 1970 by the server's clock.
    pub second: Option<i64>,
}

impl Moment {
    /// Now. Of a server that does not answer nothing is known.
    pub async fn now(client: &Client) -> Self {
        let asked = tokio::time::timeout(ANSWER, Self::ask(client)).await;
        asked.ok().flatten().unwrap_or_default()
    }

    async fn ask(client: &Client) -> Option<Self> {
        let request = http::Request::get("/api/v1/namespaces?limit=1")
            .body(kube::client::Body::empty())
            .ok()?;
        let answer = client.send(request).await.ok()?;
        let second = answer
            .headers()
            .get(http::header::DATE)
            .and_then(|date| date.to_str().ok())
            .and_then(|date| jiff::fmt::rfc2822::parse(date).ok())
            .map(|time| time.timestamp().as_second());
        let body = answer.into_body().collect_bytes().await.ok()?;
        let list: Value = serde_json::from_slice(&body).ok()?;
        Some(Self {
            revision: list["metadata"]["resourceVersion"]
                .as_str()
                .and_then(|version| version.parse().ok()),
            second,
        })
    }
}

/// When changes happened, by UID of their objects; what the server does not remember is not there.
pub async fn happened(
    client: &Client,
    before: &Snapshot,
    since: Moment,
    changes: &[&Change],
) -> BTreeMap<String, u64> {
    let Some(since) = since.revision else {
        return BTreeMap::new();
    };
    let kinds: BTreeSet<&Arc<Kind>> = changes.iter().map(|change| &change.object.kind).collect();
    let replays = stream::iter(kinds).map(|kind| {
        let wanted = changes.iter().filter(|change| change.object.kind == *kind);
        let wanted: Vec<(&Change, Option<&Object>)> = wanted
            .map(|change| (*change, before.objects.get(&change.object.uid)))
            .collect();
        async move {
            let mut found = BTreeMap::new();
            let replay = replay(client, kind, since, &wanted, &mut found);
            let _ = tokio::time::timeout(REPLAY, replay).await;
            found
        }
    });
    let found: Vec<BTreeMap<String, u64>> = replays.buffer_unordered(AT_ONCE).collect().await;
    found.into_iter().flatten().collect()
}

/// Replays what happened to the objects of a kind.
async fn replay(
    client: &Client,
    kind: &Kind,
    since: u64,
    changes: &[(&Change, Option<&Object>)],
    found: &mut BTreeMap<String, u64>,
) {
    let api = kind.api(client, None);
    let Ok(events) = api.watch(&WatchParams::default(), &since.to_string()).await else {
        return;
    };
    pin_mut!(events);
    let mut open: BTreeMap<&str, Wanted<'_>> = changes
        .iter()
        .map(|(change, was)| (change.object.uid.as_str(), Wanted::new(change, *was)))
        .collect();
    while !open.is_empty()
        && let Ok(Some(Ok(event))) = tokio::time::timeout(SILENCE, events.next()).await
    {
        let (object, deleted) = match event {
            WatchEvent::Added(object) | WatchEvent::Modified(object) => (object, false),
            WatchEvent::Deleted(object) => (object, true),
            WatchEvent::Bookmark(_) => continue,
            // The server does not remember so far back.
            WatchEvent::Error(_) => return,
        };
        let (Some(uid), Some(at)) = (object.metadata.uid.clone(), revision(&object)) else {
            continue;
        };
        let Some(wanted) = open.get_mut(uid.as_str()) else {
            continue;
        };
        if wanted.happens(object, deleted) {
            found.insert(uid.clone(), at);
        }
        if wanted.is_over(at, deleted) {
            open.remove(uid.as_str());
        }
    }
}

/// An object whose moment is looked for.
struct Wanted<'a> {
    change: &'a Change,
    /// Its content as last seen.
    content: Option<String>,
    happened: bool,
}

impl<'a> Wanted<'a> {
    fn new(change: &'a Change, was: Option<&Object>) -> Self {
        Self {
            change,
            content: was.map(|was| was.digest.clone()),
            happened: false,
        }
    }

    /// Whether an event is what is looked for, as far as is known by then: an object that changes twice does so last.
    fn happens(&mut self, object: DynamicObject, deleted: bool) -> bool {
        let happens = match self.change.what {
            What::Added => !self.happened,
            What::Gone => {
                !self.happened && (deleted || object.metadata.deletion_timestamp.is_some())
            }
            What::Changed => {
                let content = fingerprint(&self.change.object.kind, object);
                self.content.replace(content.clone()) != Some(content)
            }
        };
        self.happened |= happens;
        happens
    }

    fn is_over(&self, at: u64, deleted: bool) -> bool {
        match self.change.what {
            What::Added | What::Gone => self.happened,
            What::Changed => deleted || self.change.object.revision == Some(at),
        }
    }
}
