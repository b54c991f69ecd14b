//! A Service that has nobody to send requests to.

use kube::Resource;

use super::super::related::selects;
use super::super::scene::Scene;
use super::named;

pub(super) fn cause(scene: &Scene) -> Option<String> {
    scene.services.iter().find_map(|service| {
        let selector = service.spec.as_ref()?.selector.as_ref()?;
        let of_it = |meta: &kube::api::ObjectMeta| {
            meta.name == service.metadata.name && meta.namespace == service.metadata.namespace
        };
        let endpoints = scene
            .endpoints
            .iter()
            .find(|endpoints| of_it(endpoints.meta()))?;
        let mut subsets = endpoints.subsets.iter().flatten();
        if subsets.any(|subset| subset.addresses.as_ref().is_some_and(|all| !all.is_empty())) {
            return None;
        }
        let terms: Vec<String> = selector
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let why = match scene
            .pods
            .iter()
            .filter(|pod| selects(service, pod))
            .count()
        {
            0 => format!("no pod has the labels of its selector, {}", terms.join(",")),
            1 => "the one pod that it selects is not ready".to_owned(),
            many => format!("none of the {many} pods that it selects is ready"),
        };
        Some(format!(
            "{} has no endpoints: {why}",
            named("service", service)
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use serde_json::json;

    #[test]
    fn a_selector_that_finds_nothing_is_told() {
        let service = json!({"kind": "Service", "metadata": {"name": "web", "namespace": "x"}, "spec": {"selector": {"app": "wbe"}}});
        let endpoints = |subsets| json!({"kind": "Endpoints", "metadata": {"name": "web", "namespace": "x"}, "subsets": subsets});
        check(
            &[service.clone(), endpoints(json!([]))],
            "service x/web has no endpoints: no pod has the labels of its selector, app=wbe",
        );
        let waiting = json!({"kind": "Pod", "metadata": {"name": "a", "namespace": "x", "labels": {"app": "wbe"}}});
        check(
            &[service.clone(), waiting, endpoints(json!([]))],
            "service x/web has no endpoints: the one pod that it selects is not ready",
        );
        check(
            &[
                service,
                endpoints(json!([{"addresses": [{"ip": "10.0.0.1"}]}])),
            ],
            "none",
        );
    }
}
