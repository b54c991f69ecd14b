//! `http`: what a Service answers, through the API server's proxy.
//!
//! [`ask`] is also what `availability` repeats.

use std::time::Duration;

use http_body_util::BodyExt;
use k8s_openapi::api::core::v1::Service;
use kube::client::Body;
use kube::core::Request;
use kube::{Api, Client};
use serde_json::Value;

use crate::verifier::{Endpoint, Http};

use super::Finding;
use super::look::{Look, Unable};
use super::poll::{Poll, until};
use super::problem;

/// How long one answer may take.
const LIMIT: Duration = Duration::from_secs(10);
/// How much of an answer is looked at.
const KEPT: usize = 1 << 20;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// Its status.
    pub status: u16,
    /// What it says: all, or the beginning of much.
    pub body: String,
    /// Whether that is all.
    pub whole: bool,
    /// The API server's own words, where it is not the Service that answered.
    pub own: Option<String>,
    /// There was none in time: the status is ours.
    pub silent: bool,
}

/// Makes an `http` check.
pub(super) async fn make(client: &Client, http: &Http, within: Duration) -> Finding {
    let mut expected = format!("{}: status {}", described(&http.endpoint), http.status);
    if !http.body.is_empty() {
        expected.push_str(&format!(", {}", http.body));
    }
    until(Poll::new(expected, within), || async {
        look(client, http).await.unwrap_or_else(Look::from)
    })
    .await
}

async fn look(client: &Client, http: &Http) -> Result<Look, Unable> {
    let url = url(client, &http.endpoint).await?;
    let answer = ask(client, &url).await?;
    judge(http, &answer).map_err(Unable::for_good)
}

fn judge(http: &Http, answer: &Answer) -> Result<Look, String> {
    let Answer { status, own, .. } = answer;
    let seen = match own {
        Some(own) if answer.silent => own.clone(),
        Some(own) => format!("status {status} from the API server: {own}"),
        None => format!("status {status}, {} bytes", answer.body.len()),
    };
    let wrong = match http.status.holds(Some(&(*status).into())) {
        false => Some(format!("expected status {}, {seen}", http.status)),
        true => http.body.wrong_with(&answer.body, answer.whole)?,
    };
    let what = described(&http.endpoint);
    Ok(match wrong {
        None => Look::Holds(format!("{what}: {seen}")),
        Some(wrong) => Look::Not {
            reason: format!("{what}: {wrong}"),
            seen,
        },
    })
}

/// For messages: `http://assets.assets/index.html`.
pub(super) fn described(endpoint: &Endpoint) -> String {
    let scheme = if endpoint.https { "https" } else { "http" };
    let port = endpoint.port.as_ref().map(|port| format!(":{port}"));
    format!(
        "{scheme}://{}.{}{}{}",
        endpoint.service,
        endpoint.namespace,
        port.unwrap_or_default(),
        endpoint.path
    )
}

/// Where the API server passes a request on to the Service.
pub(super) async fn url(client: &Client, endpoint: &Endpoint) -> Result<String, Unable> {
    let Endpoint {
        service, namespace, ..
    } = endpoint;
    let api: Api<Service> = Api::namespaced(client.clone(), namespace);
    let found = api
        .get_opt(service)
        .await
        .map_err(|error| problem::unable(&error, &format!("get services in {namespace}")))?
        .ok_or_else(|| {
            Unable::for_now(format!(
                "there is no service {service} in namespace {namespace}"
            ))
        })?;
    let ports = found.spec.and_then(|spec| spec.ports).unwrap_or_default();
    let numbers: Vec<String> = ports.iter().map(|port| port.port.to_string()).collect();
    let port = match (&endpoint.port, &ports[..]) {
        (Some(port), all) => {
            let is_it = |number: &i32, name: &Option<String>| {
                number.to_string() == *port || name.as_ref() == Some(port)
            };
            if !all.iter().any(|known| is_it(&known.port, &known.name)) {
                return Err(Unable::for_now(format!(
                    "service {service} has no port {port}: it has {}",
                    numbers.join(", ")
                )));
            }
            port.clone()
        }
        (None, [only]) => only.port.to_string(),
        (None, _) => {
            return Err(Unable::for_now(format!(
                "service {service} has several ports: name one of {} with `port`",
                numbers.join(", ")
            )));
        }
    };
    let scheme = if endpoint.https { "https:" } else { "" };
    Ok(format!(
        "/api/v1/namespaces/{namespace}/services/{scheme}{service}:{port}/proxy{}",
        endpoint.path
    ))
}

/// Makes one request.
///
/// # Errors
/// The API server could not be reached, or does not let us ask.
pub(super) async fn ask(client: &Client, url: &str) -> Result<Answer, Unable> {
    let asking = ask_unlimited(client, url);
    tokio::time::timeout(LIMIT, asking)
        .await
        .unwrap_or_else(|_| {
            let seconds = LIMIT.as_secs();
            Ok(Answer {
                status: 504,
                body: String::new(),
                whole: true,
                own: Some(format!("no answer within {seconds} s")),
                silent: true,
            })
        })
}

async fn ask_unlimited(client: &Client, url: &str) -> Result<Answer, Unable> {
    let unusable = || Unable::for_good(format!("`{url}` is no address"));
    // Only its form is wanted: the address takes the place of the one it comes with.
    let mut request = Request::new("/api")
        .list(&kube::api::ListParams::default())
        .map_err(|_| unusable())?;
    *request.uri_mut() = url.parse().map_err(|_| unusable())?;
    let response = client
        .send(request.map(Body::from))
        .await
        .map_err(|error| problem::unable(&error, "ask a service"))?;
    let status = response.status().as_u16();
    let mut body = response.into_body();
    let mut bytes = Vec::new();
    // Some answers never end.
    while bytes.len() <= KEPT
        && let Some(frame) = body.frame().await
    {
        let frame = frame.map_err(|error| problem::unable(&error, "read a service's answer"))?;
        bytes.extend(frame.into_data().unwrap_or_default());
    }
    let body = String::from_utf8_lossy(&bytes[..bytes.len().min(KEPT)]).into_owned();
    let own = own_words(status, &body);
    if status == 403
        && let Some(own) = &own
    {
        return Err(Unable::for_good(format!(
            "not allowed to ask services through the API server (services/proxy): {own}"
        )));
    }
    Ok(Answer {
        status,
        body,
        whole: bytes.len() <= KEPT,
        own,
        silent: false,
    })
}

/// What the API server says where it is not the Service that answered.
fn own_words(status: u16, body: &str) -> Option<String> {
    if status < 400 {
        return None;
    }
    let body: Value = serde_json::from_str(body).ok()?;
    let is_own = body["kind"] == "Status" && body["apiVersion"] == "v1";
    is_own.then(|| {
        body["message"]
            .as_str()
            .unwrap_or("no reason given")
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verifier::{Comparison, TextIs};

    #[test]
    fn the_services_answer_is_told_from_the_api_servers() {
        let own = r#"{"kind":"Status","apiVersion":"v1","message":"no endpoints available"}"#;
        assert_eq!(
            own_words(503, own).as_deref(),
            Some("no endpoints available")
        );
        assert_eq!(own_words(200, own), None);
        assert_eq!(own_words(503, r#"{"error":"mine"}"#), None);
    }

    #[test]
    fn status_and_body_are_both_asked_for() {
        let http = Http {
            endpoint: Endpoint {
                service: "web".into(),
                namespace: "x".into(),
                port: None,
                https: false,
                path: "/".into(),
            },
            status: Comparison::number(200),
            body: TextIs {
                contains: Some("hi".into()),
                ..TextIs::default()
            },
        };
        let answer = |status, body: &str| Answer {
            status,
            body: body.into(),
            whole: true,
            own: None,
            silent: false,
        };
        let look = |status, body| judge(&http, &answer(status, body)).unwrap();
        assert!(matches!(look(200, "hi there"), Look::Holds(_)));
        let Look::Not { reason, .. } = look(500, "hi") else {
            panic!("an error");
        };
        assert_eq!(
            reason,
            "http://web.x/: expected status 200, status 500, 2 bytes"
        );
        assert!(matches!(look(200, "ho"), Look::Not { .. }));
    }
}
