//! kubectl's flags: which of them take the next word as their value.
//!
//! Entry point: [`takes_value`]. Whoever looks for the operands of a command that somebody wrote needs to know.

/// Flags with a value, whatever the verb (`kubectl options`, and the help of the verbs that pages use).
const WITH_VALUE: [&str; 64] = [
    "-n",
    "--namespace",
    "-o",
    "--output",
    "-l",
    "--selector",
    "-f",
    "--filename",
    "-k",
    "--kustomize",
    "-c",
    "--container",
    "-L",
    "--label-columns",
    "-p",
    "--patch",
    "--patch-file",
    "--type",
    "-s",
    "--server",
    "-v",
    "--v",
    "--context",
    "--cluster",
    "--user",
    "--kubeconfig",
    "--as",
    "--as-group",
    "--token",
    "--request-timeout",
    "--cache-dir",
    "--field-selector",
    "--sort-by",
    "--chunk-size",
    "--template",
    "--timeout",
    "--for",
    "--replicas",
    "--current-replicas",
    "--port",
    "--target-port",
    "--protocol",
    "--name",
    "--image",
    "--env",
    "--tail",
    "--since",
    "--since-time",
    "--limit-bytes",
    "--from",
    "--from-literal",
    "--from-file",
    "--from-env-file",
    "--to-revision",
    "--revision",
    "--grace-period",
    "--min",
    "--max",
    "--cpu-percent",
    "--schedule",
    "--restart",
    "--overrides",
    "--field-manager",
    "--subresource",
];

/// Whether a flag takes the word behind it as its value. `verb`: the kubectl verb before the flag, if one was read.
/// `logs -f` follows and `logs -p` looks at the previous container; elsewhere they name a file and a patch.
pub fn takes_value(flag: &str, verb: Option<&str>) -> bool {
    WITH_VALUE.contains(&flag) && !(verb == Some("logs") && matches!(flag, "-f" | "-p"))
}

#[cfg(test)]
mod tests {
    use super::takes_value;

    #[test]
    fn values_follow_some_flags() {
        assert!(takes_value("-n", None) && takes_value("-f", Some("apply")));
        assert!(takes_value("-p", Some("patch")) && takes_value("--as", Some("get")));
        assert!(!takes_value("-f", Some("logs")) && !takes_value("-p", Some("logs")));
        assert!(!takes_value("-A", Some("get")) && !takes_value("--watch", Some("get")));
    }
}
