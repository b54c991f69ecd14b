//! Differences that are no failure: what clients and servers say about themselves, what releases added or dropped.
//!
//! Entry points: [`take_out`] for lines of an output, [`is_added_label`], [`is_added_key`] and [`column()`] for what
//! comes and goes with Kubernetes' versions. Everything here is a row of a table with its reason, so that nothing
//! is ignored by accident.

use std::sync::LazyLock;

use regex::RegexSet;

use super::command::Command;
use super::volatile::{Scan, canon};
use super::{elision, normalise};

/// How a line of noise is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Noise {
    /// Depends on the client, the terminal, the machine: may be on either side.
    Client,
    /// A server's remark. Where the page shows it, it must come; where it does not, it is worth a word.
    Remark,
    /// A message about an empty answer: must be on both sides, but its place among the other lines is chance,
    /// because it goes to stderr.
    Message,
}

/// What is noise, how it is treated, and why.
const NOISE: &[(&str, Noise, &str)] = &[
    (
        r#"^Defaulted container "[^"]+" out of: "#,
        Noise::Client,
        "which container kubectl picked; releases before 1.22 said it otherwise",
    ),
    (
        r"^Defaulting container name to ",
        Noise::Client,
        "the same before kubectl 1.22",
    ),
    (
        r"^Use 'kubectl describe pod/",
        Noise::Client,
        "kubectl's advice after the line above, before 1.22",
    ),
    (
        r"^[EWI]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ (?:memcache|request|warnings|round_trippers|cached_discovery|helpers)\.go:\d+\]",
        Noise::Client,
        "klog lines of kubectl's own libraries",
    ),
    (
        r"^Flag --\S+ has been deprecated",
        Noise::Client,
        "the client's release",
    ),
    (
        r"^Unable to use a TTY - input is not a terminal",
        Noise::Client,
        "labproof has no terminal, the author had one",
    ),
    (
        r"^If you don't see a command prompt, try pressing enter",
        Noise::Client,
        "only with a terminal",
    ),
    (
        r"^mysql: \[Warning\] Using a password on the command line",
        Noise::Client,
        "the client's opinion",
    ),
    (
        r"^Warning: Using a password with '-a'",
        Noise::Client,
        "redis-cli's opinion",
    ),
    (
        r"^kubectl exec \[POD\] \[COMMAND\] is DEPRECATED",
        Noise::Client,
        "the client's release",
    ),
    (
        r"^(?:WARNING|Warning): version difference between client",
        Noise::Client,
        "the client's release",
    ),
    (
        r"^WARNING: Kubernetes configuration file is (?:group|world)-readable",
        Noise::Client,
        "helm about the machine",
    ),
    (
        r"^DEPRECATION WARNING",
        Noise::Client,
        "the client's release",
    ),
    (
        r"^# Warning: '\w+' is deprecated",
        Noise::Client,
        "kustomize's release",
    ),
    (
        r"^\s+% Total +% Received",
        Noise::Client,
        "curl's progress meter, printed where there is no terminal",
    ),
    (r"^\s+Dload +Upload", Noise::Client, "curl's progress meter"),
    (
        r"^\s*\d+ +\d+[kMG]? +\d+ +\d+[kMG]? +\d+ +\d+[kMG]? +\d+[kMG]? +\d+[kMG]? +[-\d:]+ +[-\d:]+ +[-\d:]+ +\d+[kMG]?$",
        Noise::Client,
        "curl's progress meter",
    ),
    (
        r"^Connecting to \S+ \([\d.:]+\)$",
        Noise::Client,
        "wget's progress",
    ),
    (
        r"^writ(?:ing|ten) to stdout$",
        Noise::Client,
        "busybox wget's progress",
    ),
    (
        r"^\S+ +\d+% \|[* ]+\|",
        Noise::Client,
        "busybox wget's progress",
    ),
    (
        r"^\s*\d+[KM][ .]+\d+% +[\d.]+[KMG]?=\S+$",
        Noise::Client,
        "wget's progress where there is no terminal",
    ),
    (
        r"^Picked up JAVA_TOOL_OPTIONS: ",
        Noise::Client,
        "the JVM about its environment",
    ),
    (
        r"^bash: (?:warning: )?(?:cannot set terminal process group|no job control in this shell)",
        Noise::Client,
        "no terminal",
    ),
    (
        r"^the input device is not a TTY",
        Noise::Client,
        "no terminal",
    ),
    (
        r"^Warning: ",
        Noise::Remark,
        "an API server's or kubectl's warning",
    ),
    (
        r"^No resources found",
        Noise::Message,
        "goes to stderr, so its place is chance",
    ),
];

static NOISE_SET: LazyLock<RegexSet> = LazyLock::new(|| {
    // The expressions are constants: they compile, as the tests show.
    RegexSet::new(
        NOISE
            .iter()
            .map(|(expression, ..)| expression.replace(r"\d", "[0-9]")),
    )
    .unwrap_or_else(|error| unreachable!("constant expressions: {error}"))
});

/// What a line must begin with to be noise, where an expression says it in plain letters.
static BEGINNINGS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let plain = |expression: &'static str| {
        let rest = &expression[1..];
        let end = rest.find(|c: char| "\\[](){}.*+?|$".contains(c));
        &rest[..end.unwrap_or(rest.len())]
    };
    let beginnings = NOISE.iter().map(|(expression, ..)| plain(expression));
    beginnings
        .filter(|beginning| !beginning.is_empty())
        .collect()
});

/// Whether a line is worth a look with the expressions: a table has thousands that are not.
fn may_be_noise(line: &str) -> bool {
    let first = line.as_bytes().first().copied().unwrap_or(b'a');
    // The expressions that do not begin in plain letters: klog, warnings, progress.
    b"EIW 0123456789\t".contains(&first)
        || line.contains("% |")
        || BEGINNINGS
            .iter()
            .any(|beginning| line.starts_with(beginning))
}

fn noise(line: &str) -> Option<Noise> {
    if !may_be_noise(line) {
        return None;
    }
    NOISE_SET.matches(line).iter().next().map(|at| NOISE[at].1)
}

/// Whether a line is what a client or a server says about itself.
pub(super) fn is_aside(line: &str) -> bool {
    matches!(noise(line), Some(Noise::Client | Noise::Remark))
}

/// Both texts without noise, with what is worth a word about it.
#[derive(Debug, Clone)]
pub(super) struct Cleaned {
    pub(super) shown: String,
    pub(super) actual: String,
    pub(super) warnings: Vec<String>,
    /// A remark or message that only one side has.
    pub(super) reasons: Vec<String>,
}

/// Takes noise out of both sides. `None` if there is none.
pub(super) fn take_out(shown: &str, actual: &str, command: &Command) -> Option<Cleaned> {
    let plain = |line| noise(elision::without_marker(line).unwrap_or(line));
    let of_shown: Vec<Option<Noise>> = shown.lines().map(plain).collect();
    let of_actual: Vec<Option<Noise>> = actual.lines().map(noise).collect();
    if of_shown.iter().chain(&of_actual).all(Option::is_none) {
        return None;
    }
    // What a program inside a container says is the lab's business, not kubectl's.
    let from_inside = command
        .kubectls()
        .any(|kubectl| matches!(kubectl.verb, "exec" | "logs" | "run" | "debug"));
    let rest = |text: &str, kinds: &[Option<Noise>], drop: &dyn Fn(Noise) -> bool| {
        let kept = text
            .lines()
            .zip(kinds)
            .filter(|(_, kind)| !kind.is_some_and(drop))
            .map(|(line, _)| line);
        normalise::text(&kept.collect::<Vec<_>>().join("\n"))
    };
    // A message alone is the output: then it is judged as such.
    let other = |text: &str, kinds: &[Option<Noise>]| {
        text.lines()
            .zip(kinds)
            .any(|(line, kind)| kind.is_none() && !line.trim().is_empty())
    };
    let both = other(shown, &of_shown) && other(actual, &of_actual);
    let drop = |kind: Noise| match kind {
        Noise::Client => true,
        Noise::Remark => !from_inside,
        Noise::Message => both,
    };
    let mut out = Cleaned {
        shown: rest(shown, &of_shown, &drop),
        actual: rest(actual, &of_actual, &drop),
        warnings: Vec::new(),
        reasons: Vec::new(),
    };
    let canonical = |line: &str| canon(line, Scan::LOOSE).text;
    let mut printed: Vec<(String, &str, Noise)> = actual
        .lines()
        .zip(&of_actual)
        .filter_map(|(line, kind)| kind.map(|kind| (canonical(line), line, kind)))
        .collect();
    for (line, kind) in shown
        .lines()
        .zip(&of_shown)
        .filter_map(|(line, kind)| kind.map(|kind| (line, kind)))
    {
        let key = canonical(line);
        match printed
            .iter()
            .position(|(other, _, other_kind)| *other == key && *other_kind == kind)
        {
            Some(at) => {
                printed.swap_remove(at);
            }
            None if !drop(kind) => {}
            None if kind == Noise::Client => {}
            None => out.reasons.push(format!(
                "the page shows `{}`, the output does not",
                super::outcome::short(line)
            )),
        }
    }
    for (_, line, kind) in printed.into_iter().filter(|(_, _, kind)| drop(*kind)) {
        match kind {
            Noise::Client => {}
            Noise::Remark => out
                .warnings
                .push(format!("not on the page: {}", super::outcome::short(line))),
            Noise::Message => out.reasons.push(format!(
                "`{}` is printed, the page does not show it",
                super::outcome::short(line)
            )),
        }
    }
    Some(out)
}

/// Whether every line that the merged output has beyond stdout is noise of the client: then stdout alone may be judged.
pub(super) fn adds_only_noise(merged: &str, stdout: &str) -> bool {
    let mut expected = stdout
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .peekable();
    for line in merged.lines() {
        if line.trim().is_empty() {
            continue;
        }
        if expected.peek().is_some_and(|next| *next == line.trim()) {
            expected.next();
        } else if !matches!(noise(line), Some(Noise::Client | Noise::Remark)) {
            return false;
        }
    }
    expected.peek().is_none()
}

/// Labels that servers add by themselves since some release: a page from before does not show them.
pub(super) fn is_added_label(label: &str) -> bool {
    const ADDED: [&str; 5] = [
        "apps.kubernetes.io/pod-index=",             // StatefulSet pods, 1.28
        "batch.kubernetes.io/job-name=",             // 1.27
        "batch.kubernetes.io/controller-uid=",       // 1.27
        "batch.kubernetes.io/job-completion-index=", // 1.28
        "kubernetes.io/metadata.name=",              // namespaces, 1.21
    ];
    ADDED.iter().any(|prefix| label.trim().starts_with(prefix))
}

/// Keys of `describe` that came (or went) with a release of kubectl: not showing them is an old page, not a lie.
pub(super) fn is_added_key(key: &str) -> bool {
    const ADDED: [&str; 17] = [
        "Service Account",           // pods, 1.24
        "Node-Selectors",            // pod templates, 1.31
        "Tolerations",               // pod templates, 1.31
        "SeccompProfile",            // pods, 1.25
        "IP Family Policy",          // services, 1.20
        "IP Families",               // services, 1.20
        "IPs",                       // services and pods, 1.16 and later
        "Internal Traffic Policy",   // services, 1.26
        "Session Affinity",          // services, moved
        "Runtime Class Name",        // pods, 1.26
        "VolumeAttributesClass",     // PVs, 1.31
        "VolumeAttributesClassName", // PVCs, 1.31
        "Ingress Class",             // ingresses, 1.22
        "Completion Mode",           // jobs, 1.21
        "Suspend",                   // jobs, 1.24
        "Backoff Limit",             // jobs, 1.32
        "Used By",                   // PVCs, 1.19
    ];
    ADDED.contains(&key)
}

/// Keys that servers put into objects by themselves, by release. A page from before does not show them.
pub(super) fn is_added_field(key: &str) -> bool {
    const ADDED: [&str; 20] = [
        "managedFields",         // 1.18 to 1.20 in every `-o yaml`
        "selfLink",              // gone in 1.24
        "internalTrafficPolicy", // services, 1.22
        "ipFamilies",            // services, 1.20
        "ipFamilyPolicy",        // services, 1.20
        "allocateLoadBalancerNodePorts",
        "clusterIPs",                           // services, 1.20
        "enableServiceLinks",                   // pods, 1.13
        "preemptionPolicy",                     // pods, 1.15
        "podReplacementPolicy",                 // jobs, 1.28
        "completionMode",                       // jobs, 1.21
        "suspend",                              // jobs, 1.21
        "hostIPs",                              // pods, 1.28
        "podIPs",                               // pods, 1.16
        "allocatedResources",                   // pods, 1.33
        "observedGeneration",                   // pod conditions, 1.33
        "terminatingReplicas",                  // deployments, 1.33
        "persistentVolumeClaimRetentionPolicy", // stateful sets, 1.27
        "recursiveReadOnly",                    // mounts, 1.30
        "lastPhaseTransitionTime",              // PVs, 1.28
    ];
    ADDED.contains(&key)
}

/// Keys under which a server notes who set what and when: which manager came first is chance, and nobody reads it.
pub(super) fn is_bookkeeping(key: &str) -> bool {
    key == "managedFields"
}

/// Columns that came or went with a release.
pub(super) fn column(name: &str) -> bool {
    const COLUMNS: [&str; 20] = [
        "VOLUMEATTRIBUTESCLASS",
        "VOLUMEMODE",
        "TIMEZONE",
        "SECRETS",
        "CLASS",
        "REASON",
        "NODE",
        "IP",
        "NOMINATED NODE",
        "READINESS GATES",
        "CONTAINERS",
        "IMAGES",
        "SELECTOR",
        "ALLOWVOLUMEEXPANSION",
        "RECLAIMPOLICY",
        "VOLUMEBINDINGMODE",
        "DESIRED",
        "CURRENT",
        "APIGROUP",
        "APIVERSION",
    ];
    COLUMNS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn cleaned(command: &str, shown: &str, actual: &str) -> Cleaned {
        take_out(shown, actual, &Command::read(command)).expect("noise")
    }

    #[test]
    fn client_noise_may_be_on_either_side() {
        let out = cleaned(
            "kubectl exec a -- ls",
            "x",
            "Defaulted container \"a\" out of: a, b\nx",
        );
        assert_eq!(
            (out.actual.as_str(), out.reasons.len(), out.warnings.len()),
            ("x", 0, 0)
        );
        let out = cleaned(
            "kubectl exec a -- ls",
            "Unable to use a TTY - input is not a terminal or the right kind of file\nx",
            "x",
        );
        assert_eq!((out.shown.as_str(), out.reasons.len()), ("x", 0));
    }

    #[test]
    fn remarks_are_worth_a_word_and_are_required_where_shown() {
        let out = cleaned("kubectl apply -f a", "x", "Warning: deprecated\nx");
        assert_eq!(
            (out.actual.as_str(), out.warnings.len(), out.reasons.len()),
            ("x", 1, 0)
        );
        let out = cleaned(
            "kubectl apply -f a",
            "Warning: would violate PodSecurity\nx",
            "x",
        );
        assert_eq!(out.reasons.len(), 1);
        let out = cleaned("kubectl logs a", "Warning: low on fuel\nx", "x");
        assert_eq!(
            out.shown, "Warning: low on fuel\nx",
            "what an application says is text"
        );
    }

    #[test]
    fn a_message_has_no_place_but_must_be_there() {
        let out = cleaned(
            "kubectl get pods | wc -l",
            "0\nNo resources found in a namespace.",
            "No resources found in a namespace.\n0",
        );
        assert_eq!(
            (out.shown.as_str(), out.actual.as_str(), out.reasons.len()),
            ("0", "0", 0)
        );
    }

    #[test]
    fn stderr_that_is_only_noise() {
        assert!(adds_only_noise("Warning: x\na\nb", "a\nb"));
        assert!(!adds_only_noise("error: x\na\nb", "a\nb"));
        assert!(!adds_only_noise("a", "a\nb"));
    }
}
