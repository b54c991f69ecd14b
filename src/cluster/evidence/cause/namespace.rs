//! A namespace that is not there.

use super::super::scene::Scene;
use super::super::subjects::Subjects;

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
}
