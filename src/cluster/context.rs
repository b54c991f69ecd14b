//! Clusters of the user's own kubeconfig, or of a file that is named: only ever one context.

use std::path::Path;

use kube::config::Kubeconfig;

use super::connection::{Access, Tools};
use super::{ClusterError, Connection, Safety};

/// Connects to the context of that name in the user's kubeconfig, and to nothing else.
///
/// # Errors
/// When the kubeconfig cannot be read, has no such context, looks like production, or the cluster
/// does not answer.
pub(super) async fn connect(name: &str, safety: &Safety) -> Result<Connection, ClusterError> {
    let config = Kubeconfig::read().map_err(|error| ClusterError::Kubeconfig {
        cause: error.to_string(),
    })?;
    let by_hand = format!("kubectl --context {name} version");
    open(config, name, None, by_hand, safety).await
}

/// Connects to a context of that file; to its only one where no name is given.
///
/// # Errors
/// As [`connect`], and where there are several to choose from.
pub(super) async fn connect_file(
    file: &Path,
    context: Option<&str>,
    safety: &Safety,
) -> Result<Connection, ClusterError> {
    let config = Kubeconfig::read_from(file).map_err(|error| ClusterError::KubeconfigFile {
        path: file.to_owned(),
        cause: error.to_string(),
    })?;
    let name = match (context, config.contexts.as_slice()) {
        (Some(name), _) => name.to_owned(),
        (None, [only]) => only.name.clone(),
        (None, contexts) => {
            return Err(ClusterError::WhichContext {
                path: file.to_owned(),
                known: contexts.iter().map(|named| named.name.clone()).collect(),
            });
        }
    };
    let shown = file.display();
    let by_hand = format!("kubectl --kubeconfig {shown} --context {name} version");
    let named = file.file_name().and_then(|file| file.to_str());
    open(config, &name, named, by_hand, safety).await
}

/// `file`: the name of the user's file, where it was named. `by_hand`: how a person asks the cluster.
async fn open(
    config: Kubeconfig,
    name: &str,
    file: Option<&str>,
    by_hand: String,
    safety: &Safety,
) -> Result<Connection, ClusterError> {
    let only = only_context(config, name)?;
    let mut names = vec![name];
    names.extend(file);
    // Whoever works as `prod-admin`, or in the namespace `production`, is there.
    let contexts = only.contexts.iter();
    for context in contexts.filter_map(|named| named.context.as_ref()) {
        names.extend(context.user.as_deref());
        names.extend(context.namespace.as_deref());
    }
    names.extend(only.clusters.iter().map(|named| named.name.as_str()));
    let servers = only
        .clusters
        .iter()
        .filter_map(|named| named.cluster.as_ref());
    names.extend(servers.filter_map(|cluster| cluster.server.as_deref()));
    safety.check(name, names)?;
    Connection::open(
        "context",
        name.to_owned(),
        only,
        Tools::default(),
        Access {
            by_hand,
            ..Access::default()
        },
    )
    .await
}

/// The kubeconfig reduced to one context with its cluster and user, so that no command of a lab
/// can switch to another.
pub(super) fn only_context(mut config: Kubeconfig, name: &str) -> Result<Kubeconfig, ClusterError> {
    let known: Vec<String> = config
        .contexts
        .iter()
        .map(|context| context.name.clone())
        .collect();
    config.contexts.retain(|context| context.name == name);
    let Some(context) = config
        .contexts
        .first()
        .and_then(|named| named.context.as_ref())
    else {
        return Err(ClusterError::NoSuchContext {
            name: name.to_owned(),
            known,
        });
    };
    let cluster = context.cluster.clone();
    let user = context.user.clone();
    config.clusters.retain(|named| named.name == cluster);
    config
        .auth_infos
        .retain(|named| Some(&named.name) == user.as_ref());
    if config.clusters.is_empty() {
        return Err(ClusterError::HalfContext {
            name: name.to_owned(),
            kind: "cluster",
            lacks: cluster,
        });
    }
    config.current_context = Some(name.to_owned());
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "{current-context: prod, \
        clusters: [{name: c1, cluster: {server: 'https://one'}}, {name: c2, cluster: {server: 'https://two'}}], \
        contexts: [{name: dev, context: {cluster: c1, user: u1}}, {name: prod, context: {cluster: c2, user: u2}}], \
        users: [{name: u1}, {name: u2}]}";

    #[test]
    fn only_the_named_context_is_left() {
        let config = only_context(Kubeconfig::from_yaml(TWO).unwrap(), "dev").unwrap();
        assert_eq!(config.current_context.as_deref(), Some("dev"));
        let text = serde_json::to_string(&config).unwrap();
        assert!(
            text.contains("https://one") && !text.contains("two") && !text.contains("u2"),
            "{text}"
        );
    }

    #[test]
    fn a_context_that_does_not_exist_is_an_error_that_lists_those_that_do() {
        let error = only_context(Kubeconfig::from_yaml(TWO).unwrap(), "develop").unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("develop") && text.contains("dev, prod"),
            "{text}"
        );
    }

    #[test]
    fn a_context_without_its_cluster_is_told_so() {
        let text = "{contexts: [{name: dev, context: {cluster: gone, user: u}}], clusters: []}";
        let error = only_context(Kubeconfig::from_yaml(text).unwrap(), "dev").unwrap_err();
        assert!(error.is_usage());
        let text = error.to_string();
        assert!(text.contains("the cluster \"gone\", which"), "{text}");
    }

    #[tokio::test]
    async fn a_file_with_several_contexts_wants_a_name_and_production_a_confirmation() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("two");
        std::fs::write(&file, TWO).unwrap();
        let open = async |context, safety: Safety| match connect_file(&file, context, &safety).await
        {
            Ok(_) => panic!("there is no such cluster"),
            Err(error) => error.to_string(),
        };
        let which = open(None, Safety::default()).await;
        assert!(
            which.contains("dev, prod") && which.contains("#CONTEXT"),
            "{which}"
        );
        let who = TWO.replace("user: u1", "user: prod-admin, namespace: dev");
        std::fs::write(&file, who).unwrap();
        let refused = open(Some("dev"), Safety::default()).await;
        assert!(refused.contains("in prod-admin"), "{refused}");
        std::fs::write(&file, TWO).unwrap();
        let refused = open(Some("prod"), Safety::default()).await;
        assert!(refused.contains("--i-know-this-is prod"), "{refused}");
        let other = Safety {
            known: Some("dev".to_owned()),
        };
        let refused = open(Some("prod"), other).await;
        assert!(refused.contains("--i-know-this-is prod"), "{refused}");
    }
}
