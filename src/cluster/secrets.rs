//! The values of the cluster's Secrets, for the gate that masks them.
//!
//! Entry point: [`SecretReader::news`], called whenever output is about to be told: a Secret that was made a moment
//! before must be known by then, so it is a reading and no watch. Names and versions of all Secrets are one small request; only
//! those that are new or changed are read whole.

use std::collections::HashMap;
use std::time::Duration;

use futures::StreamExt;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, ListParams};
use kube::{Client, ResourceExt};
use tokio::sync::Mutex;

use super::connection::causes;

/// How long a reading may hold up a run.
const LIMIT: Duration = Duration::from_secs(3);
/// Secrets in one answer of the API server.
const PAGE: u32 = 500;
/// Secrets that are read at the same time.
const AT_ONCE: usize = 8;

/// A value of a Secret with its key.
pub type SecretValue = (String, Vec<u8>);

/// Reads Secrets, each version once.
pub struct SecretReader {
    api: Api<Secret>,
    client: Client,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// The version that was read, by UID.
    versions: HashMap<String, String>,
    /// The credentials may not list Secrets: nothing is asked any more.
    forbidden: bool,
}

impl SecretReader {
    /// A reader that has seen nothing yet.
    pub fn new(client: &Client) -> Self {
        Self {
            api: Api::all(client.clone()),
            client: client.clone(),
            seen: Mutex::default(),
        }
    }

    /// Values of Secrets that are new or were changed since the last call.
    ///
    /// # Errors
    /// Why they cannot be read. Credentials that may not list Secrets are told of once.
    pub async fn news(&self) -> Result<Vec<SecretValue>, String> {
        let mut seen = self.seen.lock().await;
        if seen.forbidden {
            return Ok(Vec::new());
        }
        match tokio::time::timeout(LIMIT, self.read(&mut seen)).await {
            Ok(Ok(values)) => Ok(values),
            Ok(Err(kube::Error::Api(status))) if status.code == 403 => {
                seen.forbidden = true;
                Err(status.message.clone())
            }
            Ok(Err(error)) => Err(causes(&error)),
            Err(_) => Err(format!("no answer in {} s", LIMIT.as_secs())),
        }
    }

    async fn read(&self, seen: &mut Seen) -> Result<Vec<SecretValue>, kube::Error> {
        let mut values = Vec::new();
        if seen.versions.is_empty() {
            let mut params = ListParams::default().limit(PAGE);
            loop {
                let page = self.api.list(&params).await?;
                for secret in page.items {
                    take(secret, seen, &mut values);
                }
                match page.metadata.continue_.filter(|next| !next.is_empty()) {
                    Some(next) => params = params.continue_token(&next),
                    None => return Ok(values),
                }
            }
        }
        let mut fresh = Vec::new();
        let mut params = ListParams::default().limit(PAGE);
        loop {
            let page = self.api.list_metadata(&params).await?;
            for secret in page.items {
                let known = secret.uid().and_then(|uid| seen.versions.get(&uid));
                if known != secret.resource_version().as_ref() {
                    fresh.push((secret.namespace().unwrap_or_default(), secret.name_any()));
                }
            }
            match page.metadata.continue_.filter(|next| !next.is_empty()) {
                Some(next) => params = params.continue_token(&next),
                None => break,
            }
        }
        let reading = fresh.into_iter().map(|(namespace, name)| {
            let api: Api<Secret> = Api::namespaced(self.client.clone(), &namespace);
            async move { api.get_opt(&name).await }
        });
        let mut reading = futures::stream::iter(reading).buffer_unordered(AT_ONCE);
        while let Some(secret) = reading.next().await {
            // One that went meanwhile has told its values before, or never had a reader.
            if let Some(secret) = secret? {
                take(secret, seen, &mut values);
            }
        }
        Ok(values)
    }
}

fn take(secret: Secret, seen: &mut Seen, values: &mut Vec<SecretValue>) {
    if let (Some(uid), Some(version)) = (secret.uid(), secret.resource_version()) {
        seen.versions.insert(uid, version);
    }
    let data = secret.data.unwrap_or_default();
    values.extend(data.into_iter().map(|(key, value)| (key, value.0)));
}
