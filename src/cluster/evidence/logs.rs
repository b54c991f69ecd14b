//! Logs of the pods in a scene: the last line of what ended badly, and the long form.

use std::time::Duration;

use futures::StreamExt;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, LogParams};
use kube::{Client, ResourceExt};

use super::Page;
use super::cause::has_last_words;
use super::scene::Scene;
use crate::cluster::connection::causes;

/// Lines of a log that a bundle keeps.
const LINES: i64 = 200;
/// Bytes that are read of them, and that are kept of their end.
const READ: i64 = 1 << 20;
const KEPT: usize = 64 << 10;
/// Logs in a bundle.
const MOST: usize = 24;
/// Containers whose last words are looked for.
const MOST_LAST: usize = 3;
/// Requests at the same time.
const AT_ONCE: usize = 6;
/// How long all logs may take; what came in until then is kept.
const ALL: Duration = Duration::from_secs(8);
/// How long one log may take.
const LIMIT: Duration = Duration::from_secs(5);

/// A container whose log is asked for.
struct Asked {
    namespace: String,
    pod: String,
    container: String,
    previous: bool,
}

/// Fills in the last line of each container that ended badly.
pub(super) async fn last_lines(client: &Client, scene: &mut Scene, limit: Duration) {
    let mut asked = Vec::new();
    for pod in &scene.pods {
        for container in super::cause::containers(pod).filter(|one| has_last_words(one)) {
            // What runs or waits now has said nothing yet; the run before it has.
            let ended = container
                .state
                .as_ref()
                .is_some_and(|state| state.terminated.is_some());
            asked.push(Asked::new(pod, &container.name, !ended));
        }
    }
    asked.truncate(MOST_LAST);
    let reading = asked.iter().map(|asked| read(client, asked, 20));
    let Ok(texts) = tokio::time::timeout(limit, futures::future::join_all(reading)).await else {
        return;
    };
    for (asked, text) in asked.into_iter().zip(texts) {
        let text = text.unwrap_or_default();
        if let Some(line) = text.lines().map(str::trim).rfind(|line| !line.is_empty()) {
            scene
                .last_lines
                .insert((asked.pod, asked.container), line.to_owned());
        }
    }
}

/// The ends of all logs, of former runs too.
pub(super) async fn pages(client: &Client, scene: &Scene) -> Vec<Page> {
    let mut asked = Vec::new();
    // Of many pods those that are not well tell most.
    let mut pods: Vec<&Pod> = scene.pods.iter().collect();
    pods.sort_by_key(|pod| super::cause::containers(pod).all(|one| one.ready));
    for pod in pods {
        for container in super::cause::containers(pod) {
            let state = container.state.as_ref();
            if state.is_some_and(|state| state.waiting.is_none()) {
                asked.push(Asked::new(pod, &container.name, false));
            }
            if container.restart_count > 0 {
                asked.push(Asked::new(pod, &container.name, true));
            }
        }
    }
    asked.truncate(MOST);
    let reading = asked.iter().map(|asked| async move {
        let run = if asked.previous { ".previous" } else { "" };
        let name = format!("logs/{}.{}{run}.log", asked.pod, asked.container);
        let text = read(client, asked, LINES)
            .await
            .unwrap_or_else(|why| format!("not read: {why}\n"));
        Page { name, text }
    });
    futures::stream::iter(reading)
        .buffered(AT_ONCE)
        .take_until(tokio::time::sleep(ALL))
        .collect()
        .await
}

impl Asked {
    fn new(pod: &Pod, container: &str, previous: bool) -> Self {
        Self {
            namespace: pod.namespace().unwrap_or_default(),
            pod: pod.name_any(),
            container: container.to_owned(),
            previous,
        }
    }
}

async fn read(client: &Client, asked: &Asked, lines: i64) -> Result<String, String> {
    let api: Api<Pod> = Api::namespaced(client.clone(), &asked.namespace);
    let params = LogParams {
        container: Some(asked.container.clone()),
        previous: asked.previous,
        tail_lines: Some(lines),
        limit_bytes: Some(READ),
        ..LogParams::default()
    };
    let text = match tokio::time::timeout(LIMIT, api.logs(&asked.pod, &params)).await {
        Ok(Ok(text)) => text,
        Ok(Err(kube::Error::Api(status))) => return Err(status.message.clone()),
        Ok(Err(error)) => return Err(causes(&error)),
        Err(_) => return Err(format!("no answer in {} s", LIMIT.as_secs())),
    };
    Ok(ending(&text, KEPT))
}

/// The end of a text. The mark before it tells the gate that it may begin within a secret.
fn ending(text: &str, size: usize) -> String {
    let mut from = text.len().saturating_sub(size);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    match from {
        0 => text.to_owned(),
        _ => format!("…{}", &text[from..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_long_log_is_kept_and_marked() {
        assert_eq!(ending("one\ntwo\n", 8), "one\ntwo\n");
        assert_eq!(ending("one\ntwo\n", 5), "…\ntwo\n");
        assert_eq!(ending("zw\u{f6}lf", 3), "…lf");
    }
}
