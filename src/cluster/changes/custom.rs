//! Kinds that the cluster defines: which one a word means.
//!
//! Entry point: [`defined`].

use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, ListParams};

/// A kind that the cluster defines.
#[derive(Debug)]
pub(super) struct Custom {
    resource: ApiResource,
    namespaced: bool,
}

impl Custom {
    pub(super) fn api(&self, client: &Client, namespace: Option<&String>) -> Api<DynamicObject> {
        match namespace.filter(|_| self.namespaced) {
            Some(namespace) => Api::namespaced_with(client.clone(), namespace, &self.resource),
            None => Api::all_with(client.clone(), &self.resource),
        }
    }
}

/// The kind that a custom resource definition gives a word, by its plural, singular or short name.
pub(super) async fn defined(client: &Client, word: &str) -> Result<Option<Custom>, kube::Error> {
    let definition =
        GroupVersionKind::gvk("apiextensions.k8s.io", "v1", "CustomResourceDefinition");
    let api: Api<DynamicObject> =
        Api::all_with(client.clone(), &ApiResource::from_gvk(&definition));
    let definitions = api.list(&ListParams::default()).await?;
    Ok(definitions.iter().find_map(|one| custom(&one.data, word)))
}

/// What a definition says, if it defines the word.
fn custom(definition: &serde_json::Value, word: &str) -> Option<Custom> {
    let spec = &definition["spec"];
    let (group, names) = (spec["group"].as_str()?, &spec["names"]);
    let (name, of) = word.split_once('.').unwrap_or((word, ""));
    let is = |value: &serde_json::Value| {
        value
            .as_str()
            .is_some_and(|text| text.to_lowercase() == name)
    };
    let short = names["shortNames"].as_array();
    let named = is(&names["plural"])
        || is(&names["singular"])
        || is(&names["kind"])
        || short.is_some_and(|names| names.iter().any(is));
    // `widgets.v1.example.com` names the version too.
    let grouped = of.is_empty() || of == group || of.ends_with(&format!(".{group}"));
    let versions = spec["versions"].as_array()?;
    let served = versions.iter().find(|version| version["served"] == true)?;
    let kind = GroupVersionKind::gvk(group, served["name"].as_str()?, names["kind"].as_str()?);
    (named && grouped).then_some(())?;
    Some(Custom {
        resource: ApiResource::from_gvk_with_plural(&kind, names["plural"].as_str()?),
        namespaced: spec["scope"] == "Namespaced",
    })
}

#[cfg(test)]
mod tests {
    use super::custom;

    #[test]
    fn what_the_cluster_defines_is_found_by_every_name() {
        let definition = serde_json::json!({"spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "shortNames": ["wd"]},
            "versions": [{"name": "v1alpha1", "served": false}, {"name": "v1", "served": true}],
        }});
        for word in [
            "widgets",
            "widget",
            "wd",
            "widgets.example.com",
            "widgets.v1.example.com",
        ] {
            let found = custom(&definition, word).expect(word);
            assert_eq!(found.resource.version, "v1", "{word}");
            assert!(found.namespaced);
        }
        for word in ["gadgets", "widgets.other.com", "w"] {
            assert!(custom(&definition, word).is_none(), "{word}");
        }
    }
}
