//! Whether what a command printed may still change by itself.
//!
//! Entry points: [`lists_objects`] for the command, [`trouble`] for its output. `labproof update` expects stale
//! output; where a list of objects stays the same and nothing in it is on its way, waiting longer brings nothing new.

use super::command::Command;

/// States of pods and objects in which something is wrong or not done yet.
const TROUBLE: [&str; 20] = [
    "BackOff",
    "CrashLoopBackOff",
    "ImagePullBackOff",
    "ErrImagePull",
    "ErrImageNeverPull",
    "InvalidImageName",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "ContainerCreating",
    "PodInitializing",
    "Pending",
    "Terminating",
    "OOMKilled",
    "Evicted",
    "Error",
    "NotReady",
    "Unknown",
    "pending",
    "unknown",
];

/// Words of a text that name such a state, or say that not all of something is there (`0/1`).
pub fn trouble(text: &str) -> impl Iterator<Item = &str> {
    let states = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| TROUBLE.contains(word));
    states.chain(text.split_whitespace().filter(|word| is_short(word)))
}

fn is_short(word: &str) -> bool {
    let Some((there, wanted)) = word.split_once('/') else {
        return false;
    };
    matches!((there.parse::<u32>(), wanted.parse::<u32>()), (Ok(there), Ok(wanted)) if there < wanted)
}

/// Whether a command is `kubectl get` with a table that tells by its columns what is on its way. A part of an object
/// (`-o jsonpath`) does not tell, nor do logs, answers of servers and what other programs make of a table.
pub fn lists_objects(command: &str) -> bool {
    let command = Command::read(command);
    let listed = |kubectl: super::command::Kubectl<'_>| {
        kubectl.verb == "get"
            && !kubectl.piped
            && kubectl.output.is_none_or(|output| output == "wide")
    };
    command.kubectl().is_some_and(listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        for command in ["kubectl get pods", "kubectl get deploy,svc -o wide -n shop"] {
            assert!(lists_objects(command), "{command}");
        }
        for command in [
            "kubectl get pod a -o yaml",
            "kubectl get pods -o jsonpath='{.items[*].status.phase}'",
            "kubectl get pods | grep web",
            "kubectl logs web",
            "kubectl describe pod a",
            "curl http://web",
        ] {
            assert!(!lists_objects(command), "{command}");
        }
    }

    #[test]
    fn on_its_way() {
        let told = |text: &str| trouble(text).count() > 0;
        assert!(told("web-0  0/1  Running  0  3s") && told("web  2/3  2  2  1m"));
        assert!(
            told("web-0  1/1  Terminating  0  3s")
                && told("svc  LoadBalancer  10.0.0.1  <pending>")
        );
        assert!(told("web  Deployment/web  <unknown>/50%  1  10  1"));
        assert!(!told("web-0  1/1  Running  0  3s") && !told("once  1/1  4s  9s"));
    }
}
