//! Clusters of the user's own kubeconfig, only ever by the name of a context.

use kube::config::Kubeconfig;

use super::connection::Tools;
use super::{ClusterError, Connection};

/// Connects to the context of that name and to nothing else.
///
/// # Errors
/// When the kubeconfig cannot be read, has no such context, or the cluster does not answer.
pub(super) async fn connect(name: &str) -> Result<Connection, ClusterError> {
    let config = Kubeconfig::read().map_err(|error| ClusterError::Kubeconfig {
        cause: error.to_string(),
    })?;
    let only = only_context(config, name)?;
    Connection::open("context", name.to_owned(), only, Tools::default()).await
}

/// The kubeconfig reduced to one context with its cluster and user, so that no command of a lab
/// can switch to another.
fn only_context(mut config: Kubeconfig, name: &str) -> Result<Kubeconfig, ClusterError> {
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
}
