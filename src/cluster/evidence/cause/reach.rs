//! An API server that does not answer, or a host of the web that cannot be found from here.

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

/// What kubectl, curl and wget say of a name that nobody knows.
static NO_HOST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:dial tcp: lookup |Could not resolve host: |unable to resolve host address \W?)(?P<host>[A-Za-z0-9.-]+[A-Za-z0-9])")
        .expect("the pattern is valid")
});

/// What kubectl says of a context that its kubeconfig has not.
static NO_CONTEXT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?:context "(?P<name>[^"]+)" does not exist|no context exists with the name: "(?P<asked>[^"]+)")"#,
    )
    .expect("the pattern is valid")
});

/// `server`: host and port of the cluster's API server.
pub(super) fn in_output(output: &str, server: Option<&str>) -> Option<String> {
    if output.contains(NO_CLUSTER) {
        return Some("the run has no cluster (--cluster none)".to_owned());
    }
    if let Some(found) = NO_CONTEXT.captures(output) {
        let name = found.name("name").or_else(|| found.name("asked"))?.as_str();
        return Some(format!(
            "a lab sees one context, that of the cluster it runs on, and not \"{name}\": leave it out on the page, or run on it with \
             --cluster context:{name}"
        ));
    }
    if let Some(found) = NO_HOST.captures(output)
        && server.is_none_or(|server| !server.starts_with(&found["host"]))
    {
        return Some(format!(
            "{} cannot be found from here; what it serves is read from a folder if `[urls]` in labproof.toml says which",
            &found["host"]
        ));
    }
    let found = UNREACHABLE.find(output)?;
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
            in_output("The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?", None).unwrap(),
            "the API server did not answer (The connection to the server 127.0.0.1:6443 was refused)"
        );
        let none = "Unable to connect to the server: dial tcp: lookup no-cluster.labproof.invalid: no such host";
        assert_eq!(
            in_output(none, None).unwrap(),
            "the run has no cluster (--cluster none)"
        );
        assert_eq!(in_output("connection refused by the pod", None), None);
        let lookup = "Unable to connect to the server: dial tcp: lookup api.example on 10.0.0.1:53: no such host";
        let ours = in_output(lookup, Some("api.example:443")).unwrap();
        assert!(ours.starts_with("the API server did not answer"), "{ours}");
        for other in [lookup, "curl: (6) Could not resolve host: api.example"] {
            let other = in_output(other, Some("127.0.0.1:6443")).unwrap();
            assert!(
                other.starts_with("api.example cannot be found from here"),
                "{other}"
            );
        }
        for none in [
            "error: context \"dev\" does not exist",
            "error: no context exists with the name: \"dev\"",
        ] {
            let told = in_output(none, None).unwrap();
            assert!(told.ends_with("--cluster context:dev"), "{told}");
        }
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
