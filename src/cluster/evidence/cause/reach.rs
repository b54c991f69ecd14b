//! An API server that does not answer.

use std::sync::LazyLock;

use regex::Regex;

use super::super::scene::Scene;
use super::brief;
use crate::cluster::connection::NO_CLUSTER;

/// What kubectl says when it meets nobody.
static UNREACHABLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"The connection to the server \S+ was refused|Unable to connect to the server: [^\n]+|the server is currently unable to handle the request|dial tcp \S+:6443: [^\n]+",
    )
    .expect("the pattern is valid")
});

pub(super) fn in_output(output: &str) -> Option<String> {
    let found = UNREACHABLE.find(output)?;
    if found.as_str().contains(NO_CLUSTER) {
        return Some("the run has no cluster (--cluster none)".to_owned());
    }
    Some(format!(
        "the API server did not answer ({})",
        brief(found.as_str())
    ))
}

/// Nothing at all could be read.
pub(super) fn cause(scene: &Scene) -> Option<String> {
    let gap = scene.gaps.first().filter(|_| scene.is_away())?;
    Some(format!("the API server does not answer ({})", brief(gap)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_answer_is_told() {
        assert_eq!(
            in_output("The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?").unwrap(),
            "the API server did not answer (The connection to the server 127.0.0.1:6443 was refused)"
        );
        assert_eq!(in_output("connection refused by the pod"), None);
        let none = "Unable to connect to the server: dial tcp: lookup no-cluster.labproof.invalid: no such host";
        assert_eq!(
            in_output(none).unwrap(),
            "the run has no cluster (--cluster none)"
        );
        let away = Scene {
            gaps: vec!["namespaces: no answer in 5 s".to_owned()],
            ..Scene::default()
        };
        assert_eq!(
            cause(&away).unwrap(),
            "the API server does not answer (namespaces: no answer in 5 s)"
        );
        assert_eq!(cause(&Scene::default()), None);
    }
}
