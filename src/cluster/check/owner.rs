//! `owner`: what made objects, from the nearest owner up.

use std::time::Duration;

use kube::Client;
use serde_json::Value;

use crate::verifier::{Objects, Owner, OwnerName, Target};

use super::Finding;
use super::look::{Look, Unable};
use super::objects::{self, Found, described};
use super::poll::{Poll, until};
use super::resource::listed;

/// Makes an `owner` check.
pub(super) async fn make(client: &Client, owner: &Owner, within: Duration) -> Finding {
    let what = described(&owner.objects);
    let expected = match owner.chain.is_empty() {
        true => format!("{what}, owned by nothing"),
        false => format!("{what}, controlled by {}", written(&owner.chain)),
    };
    let mut poll = Poll::new(expected, within);
    poll.changes = objects::changes(client, &owner.objects).await;
    until(poll, || async {
        look(client, &what, owner).await.unwrap_or_else(Look::from)
    })
    .await
}

async fn look(client: &Client, what: &str, owner: &Owner) -> Result<Look, Unable> {
    let found = objects::find(client, &owner.objects).await?;
    if found.is_empty() {
        return Ok(Look::Not {
            reason: format!("there is no {what}"),
            seen: "no such object".to_owned(),
        });
    }
    let mut seen = Vec::new();
    let mut wrong = Vec::new();
    for object in &found {
        let chain = owners(client, object, &owner.objects, owner.chain.len().max(1)).await?;
        let words = format!("{} ← {}", object.label, shown(&chain));
        if !agrees(&owner.chain, &chain) {
            wrong.push(words.clone());
        }
        seen.push(words);
    }
    Ok(match wrong.is_empty() {
        true => Look::Holds(listed(&seen)),
        false => Look::Not {
            reason: format!("not so made: {}", listed(&wrong)),
            seen: listed(&seen),
        },
    })
}

/// The owners of an object, at most `depth`, each found by the UID that the one below names.
async fn owners(
    client: &Client,
    object: &Found,
    objects: &Objects,
    depth: usize,
) -> Result<Vec<OwnerName>, Unable> {
    let mut chain = Vec::new();
    let mut value = object.value.clone();
    while chain.len() < depth {
        let Some((owner, uid)) = controller(&value, objects) else {
            break;
        };
        let found = objects::find(client, &owner).await?;
        let name = match owner.target {
            Target::Name(name) => Some(name),
            Target::Selector(_) | Target::All => None,
        };
        let Some(above) = found
            .into_iter()
            .find(|above| above.value["metadata"]["uid"] == *uid)
        else {
            // Named, but gone: neither made by it any more nor by nothing. The cluster will take this one too.
            return Err(Unable::for_now(format!(
                "{} is controlled by {}/{}, which is gone",
                object.label,
                owner.kind,
                name.as_deref().unwrap_or_default()
            )));
        };
        chain.push(OwnerName {
            kind: owner.kind,
            name,
        });
        value = above.value;
    }
    Ok(chain)
}

/// The controller that an object names, or where it names none its first owner, and its UID: a Job that was made by hand from a
/// CronJob goes with that too.
fn controller(value: &Value, below: &Objects) -> Option<(Objects, String)> {
    let owners = value["metadata"]["ownerReferences"].as_array()?;
    let controls = |owner: &&Value| owner["controller"] == true;
    let owner = owners.iter().find(controls).or(owners.first())?;
    let text = |key: &str| owner[key].as_str().map(str::to_owned);
    let objects = Objects {
        api_version: text("apiVersion")?,
        kind: text("kind")?,
        namespace: below.namespace.clone(),
        target: Target::Name(text("name")?),
    };
    Some((objects, text("uid")?))
}

fn agrees(wanted: &[OwnerName], chain: &[OwnerName]) -> bool {
    if wanted.is_empty() {
        return chain.is_empty();
    }
    wanted.len() <= chain.len()
        && wanted.iter().zip(chain).all(|(wanted, owner)| {
            wanted.kind == owner.kind && (wanted.name.is_none() || wanted.name == owner.name)
        })
}

fn shown(chain: &[OwnerName]) -> String {
    match chain.is_empty() {
        true => "nothing".to_owned(),
        false => written(chain),
    }
}

fn written(chain: &[OwnerName]) -> String {
    let names: Vec<String> = chain
        .iter()
        .map(|owner| match &owner.name {
            Some(name) => format!("{}/{name}", owner.kind),
            None => owner.kind.clone(),
        })
        .collect();
    names.join(" ← ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(names: &[&str]) -> Vec<OwnerName> {
        let split = |name: &&str| match name.split_once('/') {
            Some((kind, name)) => (kind.to_owned(), Some(name.to_owned())),
            None => ((*name).to_owned(), None),
        };
        names
            .iter()
            .map(split)
            .map(|(kind, name)| OwnerName { kind, name })
            .collect()
    }

    #[test]
    fn who_controls_comes_before_who_only_owns() {
        let objects = Objects {
            api_version: "v1".into(),
            kind: "Pod".into(),
            namespace: None,
            target: Target::All,
        };
        let owner = |kind: &str, controls: bool| serde_json::json!({"apiVersion": "v1", "kind": kind, "name": "a", "uid": kind, "controller": controls});
        let first = |owners: &[Value]| {
            let value = serde_json::json!({"metadata": {"ownerReferences": owners}});
            controller(&value, &objects).map(|(_, uid)| uid)
        };
        let (only_owns, controls) = (owner("CronJob", false), owner("Job", true));
        assert_eq!(first(&[]), None);
        assert_eq!(first(std::slice::from_ref(&only_owns)).unwrap(), "CronJob");
        assert_eq!(first(&[only_owns, controls]).unwrap(), "Job");
    }

    #[test]
    fn a_chain_agrees_from_the_nearest_owner_up() {
        let made = chain(&["ReplicaSet/web-1", "Deployment/web"]);
        let agrees = |wanted: &[&str], made: &[OwnerName]| agrees(&chain(wanted), made);
        assert!(agrees(&["ReplicaSet", "Deployment/web"], &made));
        assert!(agrees(&["ReplicaSet"], &made));
        assert!(!agrees(&["Deployment/web"], &made));
        assert!(!agrees(&["ReplicaSet", "Deployment/other"], &made));
        assert!(!agrees(&["ReplicaSet", "Deployment", "X"], &made));
        assert!(agrees(&[], &[]));
        assert!(!agrees(&[], &made));
    }
}
