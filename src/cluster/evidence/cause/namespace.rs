//! A name that is not there: of a namespace, or of an object where there is one that is spelt much like it.

use std::sync::LazyLock;

use regex::Regex;

use super::super::scene::Scene;
use super::super::subjects::Subjects;
use crate::cluster::changes::kind_named;

pub(super) fn cause(scene: &Scene, subjects: &Subjects) -> Option<String> {
    let known = scene.namespaces.as_ref()?;
    let unknown = subjects
        .namespaces
        .iter()
        .find(|name| !known.contains(name))?;
    let mut cause = format!("the cluster has no namespace \"{unknown}\"");
    if let Some(near) = nearest(unknown, known) {
        cause.push_str(&format!("; there is one named \"{near}\""));
    }
    Some(cause)
}

static NOT_FOUND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"Error from server \(NotFound\): (?P<kind>[a-z.]+) "(?P<name>[^"]+)" not found"#)
        .expect("the pattern is valid")
});

/// An object that a command asks for in vain.
pub(super) fn misspelt(scene: &Scene, output: &str) -> Option<String> {
    let found = NOT_FOUND.captures(output)?;
    let kind = kind_named(&found["kind"])?;
    let objects = scene.objects();
    let alike = objects.iter().filter(|(one, _)| *one == kind);
    let names: Vec<String> = alike.filter_map(|(_, meta)| meta.name.clone()).collect();
    let (kind, name) = (kind.to_lowercase(), &found["name"]);
    if let Some(now) = generated(name).and_then(|stem| {
        let now = |other: &&String| generated(other) == Some(stem) && *other != name;
        names.iter().find(now)
    }) {
        return Some(format!(
            "names like {name} are made anew in every run, today there is {now}; ask for it by its labels (`-l`), or take it from the \
             cluster: POD=$(kubectl get pods -o name ...)"
        ));
    }
    let near = nearest(name, &names)?;
    Some(format!(
        "there is no {kind} \"{name}\"; there is one named \"{near}\""
    ))
}

/// What stands before the two generated parts of a Deployment's pod: the hash of its ReplicaSet, and five characters.
fn generated(name: &str) -> Option<&str> {
    let (rest, suffix) = name.rsplit_once('-')?;
    let (stem, hash) = rest.rsplit_once('-')?;
    (suffix.len() == 5
        && (6..=10).contains(&hash.len())
        && hash.contains(|c: char| c.is_ascii_digit()))
    .then_some(stem)
}

/// The known name that most resembles `name`, if one does.
fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a String> {
    let likeness =
        |candidate: &&String| similar::TextDiff::from_chars(name, candidate.as_str()).ratio();
    known
        .iter()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
        .filter(|candidate| likeness(candidate) > 0.7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_finds_the_one_that_was_meant() {
        let known = ["assets", "default", "kube-system"].map(str::to_owned);
        let mut subjects = Subjects::default();
        subjects.namespaces.insert("assetss".to_owned());
        let scene = Scene {
            namespaces: Some(known.to_vec()),
            ..Scene::default()
        };
        assert_eq!(
            cause(&scene, &subjects).unwrap(),
            "the cluster has no namespace \"assetss\"; there is one named \"assets\""
        );
        assert_eq!(nearest("zebra", &known), None);
    }
    #[test]
    fn an_object_that_is_spelt_otherwise_is_told() {
        let scene = super::super::tests::scene(&[serde_json::json!(
            {"kind": "Deployment", "metadata": {"name": "assets", "namespace": "x"}})]);
        let told = |kind: &str, name: &str| {
            misspelt(
                &scene,
                &format!("Error from server (NotFound): {kind} \"{name}\" not found"),
            )
        };
        assert_eq!(
            told("deployments.apps", "asset").unwrap(),
            "there is no deployment \"asset\"; there is one named \"assets\""
        );
        let scene = super::super::tests::scene(&[serde_json::json!(
            {"kind": "Pod", "metadata": {"name": "env-test-77d7fb594c-dxkt5", "namespace": "x"}})]);
        let pod = |name: &str| {
            misspelt(
                &scene,
                &format!("Error from server (NotFound): pods \"{name}\" not found"),
            )
        };
        assert!(
            pod("env-test-3380598928-kgj9d")
                .unwrap()
                .contains("today there is env-test-77d7fb594c-dxkt5")
        );
        assert_eq!(pod("other-3380598928-kgj9d"), None);
        assert_eq!(told("deployments.apps", "web"), None);
        assert_eq!(told("pods", "asset"), None);
    }
}
