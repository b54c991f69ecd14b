//! Checks against a fake API server: what the client makes of refusals, absences and silence.
//!
//! The fake speaks plain HTTP and knows only what a test tells it. What real servers do is in
//! `cluster_checks.rs`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kube::{Client, Config};
use labproof::cluster::check::{Finding, Verdict, client, make};
use labproof::source::SourceFile;
use labproof::verifier::parse;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the fake answers; `None` ends the connection without a word.
type Answer = Option<(u16, Value)>;

/// A server that answers each path by `answer`, and a client of it.
async fn fake(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move { serve(stream, &*answer).await });
        }
    });
    let config = Config::new(format!("http://{address}").parse().unwrap());
    client(config).unwrap()
}

async fn serve(stream: TcpStream, answer: &(impl Fn(&str) -> Answer + ?Sized)) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut request = String::new();
    stream.read_line(&mut request).await.ok()?;
    let mut line = String::new();
    while stream.read_line(&mut line).await.ok()? > 2 {
        line.clear();
    }
    let path = request.split(' ').nth(1)?;
    if path.ends_with("/proxy/endless") {
        let head = "HTTP/1.1 200 X\r\nconnection: close\r\n\r\n";
        stream.write_all(head.as_bytes()).await.ok()?;
        loop {
            stream.write_all(&[b'y'; 1 << 16]).await.ok()?;
        }
    }
    let (code, body) = match known_kinds(path) {
        Some(body) => (200, body),
        None => answer(path)?,
    };
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {code} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.write_all(body.as_bytes()).await.ok()?;
    stream.shutdown().await.ok()
}

fn known_kinds(path: &str) -> Option<Value> {
    let resource = |name: &str, kind: &str, namespaced: bool| {
        json!({"name": name, "singularName": "", "namespaced": namespaced, "kind": kind,
            "verbs": ["get", "list", "watch"]})
    };
    let list = |version: &str, resources: Vec<Value>| json!({"kind": "APIResourceList", "groupVersion": version, "resources": resources});
    match path {
        "/api/v1" => Some(list(
            "v1",
            vec![
                resource("pods", "Pod", true),
                resource("configmaps", "ConfigMap", true),
            ],
        )),
        "/apis/apps/v1" => Some(list(
            "apps/v1",
            vec![
                resource("deployments", "Deployment", true),
                resource("replicasets", "ReplicaSet", true),
            ],
        )),
        _ => None,
    }
}

fn refusal(code: u16, reason: &str, message: &str) -> Answer {
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {},
        "status": "Failure", "message": message, "reason": reason, "code": code});
    Some((code, status))
}

fn not_found() -> Answer {
    refusal(404, "NotFound", "not found")
}

fn deployment(ready: u64) -> Answer {
    Some((
        200,
        json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "x", "uid": "1"},
        "status": {"readyReplicas": ready}}),
    ))
}

/// Makes the one check of a verifier, given as a flow map.
async fn finding(client: &Client, check: &str) -> Finding {
    let text = format!("lab: l\nchecks: [{check}]\n");
    let verifier = parse(&SourceFile::new("l.yaml", text)).unwrap();
    make(client, &verifier.checks[0], None).await
}

const READY: &str = "{name: a, within: 20s, match: {status: {readyReplicas: 2}}, \
    resource: {apiVersion: apps/v1, kind: Deployment, namespace: x, name: web}}";

const WEB: &str = "/apis/apps/v1/namespaces/x/deployments/web";

#[tokio::test]
async fn it_is_asked_until_it_is_so() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    let client = fake(move |path| match path.starts_with(WEB) {
        true => deployment(counter.fetch_add(1, Ordering::SeqCst) as u64),
        false => not_found(),
    })
    .await;
    let finding = finding(&client, READY).await;
    assert_eq!(finding.verdict, Verdict::Pass, "{finding:?}");
    assert_eq!(finding.attempts, 3);
}

#[tokio::test]
async fn what_is_not_so_in_time_fails_with_what_was_seen_and_the_events() {
    let client = fake(|path| match path {
        path if path.starts_with(WEB) => deployment(1),
        path if path.starts_with("/api/v1/namespaces/x/events") => {
            let event = |of: &str, kind: &str| {
                json!({"metadata": {"name": "e"}, "type": kind,
                "reason": "Failed", "message": format!("of {of}"), "count": 3,
                "involvedObject": {"kind": "Pod", "name": of}})
            };
            Some((
                200,
                json!({"kind": "EventList", "apiVersion": "v1", "metadata": {},
                "items": [event("web-1", "Normal"), event("web-2", "Warning"),
                          event("website", "Warning")]}),
            ))
        }
        _ => not_found(),
    })
    .await;
    let finding = finding(&client, &READY.replace("20s", "1s")).await;
    assert_eq!(finding.verdict, Verdict::Fail);
    let reason = "Deployment web: status.readyReplicas: expected 2, is 1";
    assert_eq!(
        (&*finding.reason, finding.last_seen.as_deref()),
        (reason, Some(reason))
    );
    assert_eq!(
        finding.events,
        [
            "Warning Failed pod/web-2: of web-2 (3 times)",
            "Normal Failed pod/web-1: of web-1 (3 times)",
        ]
    );
}

#[tokio::test]
async fn a_forbidden_read_is_broken_with_verb_and_resource_and_not_waited_for() {
    let client = fake(|_| {
        let message = "deployments.apps \"web\" is forbidden: User \"u\" cannot get resource \
            \"deployments\" in API group \"apps\" in the namespace \"x\"";
        refusal(403, "Forbidden", message)
    })
    .await;
    let start = Instant::now();
    let finding = finding(&client, READY).await;
    assert_eq!(finding.verdict, Verdict::Broken);
    let reason = &finding.reason;
    assert!(
        reason.starts_with("not allowed to get deployments in x: "),
        "{reason}"
    );
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_server_that_is_away_for_a_while_is_survived() {
    let start = Instant::now();
    let client = fake(move |path| {
        let away = (500..3_000).contains(&start.elapsed().as_millis());
        match path.starts_with(WEB) && !away {
            true => deployment(u64::from(start.elapsed() > Duration::from_secs(3)) * 2),
            false => None,
        }
    })
    .await;
    let finding = finding(&client, READY).await;
    assert_eq!(finding.verdict, Verdict::Pass, "{finding:?}");
}

#[tokio::test]
async fn a_server_that_stays_away_is_broken() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let config = Config::new(format!("http://{address}").parse().unwrap());
    let client = client(config).unwrap();
    let finding = finding(&client, &READY.replace("20s", "1s")).await;
    assert_eq!(finding.verdict, Verdict::Broken);
    let reason = &finding.reason;
    assert!(
        reason.contains("the API server cannot be reached"),
        "{reason}"
    );
    assert!(
        reason.to_lowercase().contains("connection refused"),
        "{reason}"
    );
    assert!(finding.duration < Duration::from_secs(10));
}

#[tokio::test]
async fn absence_is_read_twice() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let client = fake(move |path| {
        log.lock().unwrap().push(path.to_owned());
        match path {
            "/api/v1/namespaces/x" => Some((
                200,
                json!({"apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": "x"}}),
            )),
            _ => not_found(),
        }
    })
    .await;
    let check = "{name: a, absent: {apiVersion: v1, kind: Pod, namespace: x, name: p}}";
    let finding = finding(&client, check).await;
    assert_eq!(finding.verdict, Verdict::Pass, "{finding:?}");
    let asked = seen.lock().unwrap();
    let readings = asked
        .iter()
        .filter(|path| path.ends_with("/pods/p"))
        .count();
    assert_eq!(readings, 2, "{asked:?}");
}

#[tokio::test]
async fn nothing_in_a_namespace_that_is_not_there_proves_nothing() {
    let client = fake(|path| match path.contains("/pods?") {
        true => Some((
            200,
            json!({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": []}),
        )),
        false => not_found(),
    })
    .await;
    for check in [
        "{name: a, within: 1s, absent: {apiVersion: v1, kind: Pod, namespace: typo, selector: a=b}}",
        "{name: a, within: 1s, count: {apiVersion: v1, kind: Pod, namespace: typo, is: 0}}",
    ] {
        let finding = finding(&client, check).await;
        assert_eq!(finding.verdict, Verdict::Broken, "{finding:?}");
        assert!(
            finding.reason.contains("no namespace `typo`"),
            "{}",
            finding.reason
        );
    }
}

#[tokio::test]
async fn a_kind_that_is_not_served_is_broken_with_what_was_meant() {
    let client = fake(|_| not_found()).await;
    for (kind, words) in [
        (
            "apiVersion: apps/v1, kind: Deploymnt",
            "did you mean `Deployment`?",
        ),
        (
            "apiVersion: app/v1, kind: Deployment",
            "serves no `apiVersion: app/v1`",
        ),
        (
            "apiVersion: v1, kind: Widget",
            "has no kind `Widget` in `v1`",
        ),
    ] {
        let check = format!("{{name: a, within: 1s, absent: {{{kind}, namespace: x}}}}");
        let finding = finding(&client, &check).await;
        assert_eq!(finding.verdict, Verdict::Broken, "{finding:?}");
        assert!(finding.reason.contains(words), "{}", finding.reason);
    }
}

#[tokio::test]
async fn a_list_is_read_to_its_end_and_large_objects_are_no_matter() {
    let client = fake(|path| {
        if !path.contains("/configmaps") {
            return not_found();
        }
        let item = |name: String| {
            json!({"metadata": {"name": name, "namespace": "x",
            "annotations": {"big": "x".repeat(1 << 20)}}})
        };
        let (items, next) = match path.contains("continue=more") {
            false => (
                (0..2).map(|at| item(format!("a{at}"))).collect::<Vec<_>>(),
                "more",
            ),
            true => (vec![item("b".to_owned())], ""),
        };
        Some((
            200,
            json!({"kind": "ConfigMapList", "apiVersion": "v1",
            "metadata": {"continue": next}, "items": items}),
        ))
    })
    .await;
    let check =
        "{name: a, within: 1s, count: {apiVersion: v1, kind: ConfigMap, namespace: x, is: 2}}";
    let finding = finding(&client, check).await;
    assert_eq!(finding.verdict, Verdict::Fail, "{finding:?}");
    assert_eq!(finding.reason, "there are 3 ConfigMap in x, expected 2");
    assert!(format!("{finding:?}").len() < 5_000);
}

#[tokio::test]
async fn a_failed_request_of_a_service_is_seen_and_not_tried_again_behind_our_back() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    let client = fake(move |path| match path {
        "/api/v1/namespaces/x/services/web" => Some((
            200,
            json!({"apiVersion": "v1",
            "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}}),
        )),
        "/api/v1/namespaces/x/services/web:80/proxy/a?b=c" => {
            match counter.fetch_add(1, Ordering::SeqCst) {
                0 => refusal(
                    503,
                    "ServiceUnavailable",
                    "no endpoints available for service",
                ),
                _ => Some((200, json!("fine"))),
            }
        }
        _ => not_found(),
    })
    .await;
    let check =
        "{name: a, within: 5s, http: {service: web, namespace: x, path: '/a?b=c', status: 503}}";
    let first = finding(&client, check).await;
    assert_eq!(first.verdict, Verdict::Pass, "{first:?}");
    assert!(
        first.reason.contains("from the API server: no endpoints"),
        "{first:?}"
    );
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    let check = check.replace("status: 503", "contains: fine");
    let second = finding(&client, &check).await;
    assert_eq!(
        (second.verdict, second.attempts),
        (Verdict::Pass, 1),
        "{second:?}"
    );
}

#[tokio::test]
async fn who_may_not_watch_is_not_heard_asking_all_the_time() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    let client = fake(move |path| {
        counter.fetch_add(1, Ordering::SeqCst);
        match path.starts_with(WEB) {
            true => deployment(1),
            false => refusal(403, "Forbidden", "may not watch"),
        }
    })
    .await;
    let finding = finding(&client, &READY.replace("20s", "3s")).await;
    assert_eq!(finding.verdict, Verdict::Fail);
    let asked = asked.load(Ordering::SeqCst);
    assert!(asked < 20, "{asked} requests in 3 s");
}

#[tokio::test]
async fn an_answer_without_end_is_read_as_far_as_it_is_looked_at() {
    let client = fake(|path| match path {
        "/api/v1/namespaces/x/services/web" => Some((
            200,
            json!({"apiVersion": "v1",
            "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}}),
        )),
        _ => not_found(),
    })
    .await;
    let check =
        "{name: a, within: 5s, http: {service: web, namespace: x, path: /endless, contains: yy}}";
    let found = finding(&client, check).await;
    assert_eq!(found.verdict, Verdict::Pass, "{found:?}");
    let found = finding(&client, &check.replace("yy", "z")).await;
    assert_eq!(found.verdict, Verdict::Broken, "{found:?}");
    assert!(found.reason.contains("it goes on"), "{found:?}");
}

#[tokio::test]
async fn what_a_gone_owner_made_was_not_made_by_nothing() {
    let client = fake(|path| match path {
        "/api/v1/namespaces/x/pods/p" => Some((
            200,
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "x",
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1",
                    "uid": "1", "controller": true}]}}),
        )),
        _ => not_found(),
    })
    .await;
    for chain in ["[]", "[ReplicaSet]"] {
        let check = format!(
            "{{name: a, within: 1s, owner: {{apiVersion: v1, kind: Pod, namespace: x, name: p, chain: {chain}}}}}"
        );
        let found = finding(&client, &check).await;
        assert_eq!(found.verdict, Verdict::Broken, "{found:?}");
        let words = "Pod p is controlled by ReplicaSet/web-1, which is gone";
        assert!(found.reason.contains(words), "{found:?}");
    }
}

#[tokio::test]
async fn a_status_of_before_the_change_is_not_taken_for_that_of_after_it() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    let client = fake(move |path| match path.starts_with(WEB) {
        true => {
            // It is scaled to 3 and the controller has not seen it; what it then says is something else.
            let seen = counter.fetch_add(1, Ordering::SeqCst) / 2;
            Some((
                200,
                json!({"apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": {"name": "web", "namespace": "x", "uid": "1", "generation": 2},
                "status": {"observedGeneration": 1 + seen.min(1), "readyReplicas": 2 + seen.min(1)}}),
            ))
        }
        false => not_found(),
    })
    .await;
    let found = finding(&client, &READY.replace("20s", "3s")).await;
    assert_eq!(found.verdict, Verdict::Fail, "{found:?}");
    let words = "status.readyReplicas: expected 2, is 3";
    assert!(found.reason.contains(words), "{found:?}");
}
