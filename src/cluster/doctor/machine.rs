//! What a local cluster needs of the machine.

use std::path::Path;
use std::time::Duration;

use super::Finding;
use crate::cluster::local::{self, Supplies};
use crate::cluster::program;

/// Memory that the control plane, the node and the pods of a lab take, in MB: 620 were measured for a
/// node without pods.
const MEMORY_MB: u64 = 1500;
/// How long a trial may take.
const TRIAL: Duration = Duration::from_secs(20);

/// Tries what the node will do, in namespaces of its own: mounts, an overlay, a process tree.
const TRY_MOUNTS: &str = "mount --make-rprivate / && mount -t tmpfs trial /tmp && cd /tmp && \
    mkdir a b c d && mount -t overlay -o lowerdir=a,upperdir=b,workdir=c trial d && echo x > d/x";
/// And its network: a bridge and a pair of interfaces.
const TRY_NETWORK: &str =
    "ip link add name trial type bridge && ip link add one type veth peer name other";

pub(super) async fn local() -> Vec<Finding> {
    let mut found = vec![system(), rights()];
    found.push(trial("namespaces", TRY_MOUNTS).await);
    if program::is_on_path("ip") {
        found.push(trial("network", TRY_NETWORK).await);
    }
    found.extend([cgroups(), memory()]);
    found.extend(supplies(&local::supplies()));
    found
}

fn system() -> Finding {
    let text = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim_matches('"').to_owned())
    };
    let pretty = field("PRETTY_NAME=").unwrap_or_else(|| "an unknown system".to_owned());
    let debian = field("ID=").as_deref() == Some("debian");
    if debian && field("VERSION_ID=").as_deref() == Some("12") {
        return Finding::good("system", format!("{pretty}, {}", std::env::consts::ARCH));
    }
    let next = "run labproof in a Debian 12 container or machine, or name a cluster that you have: \
        --cluster context:NAME";
    match debian {
        true => Finding::warning(
            "system",
            format!("{pretty}; labproof is tried on Debian 12"),
            next,
        ),
        false => Finding::problem(
            "system",
            format!("{pretty}; a local cluster needs Debian 12"),
            next,
        ),
    }
}

fn rights() -> Finding {
    match local::can_run() {
        Ok(()) => Finding::good("rights", "root"),
        Err(reason) => Finding::problem("rights", reason, "run it with sudo, or as root"),
    }
}

/// Runs a script in namespaces that end with it.
async fn trial(area: &'static str, script: &str) -> Finding {
    let mut command = program::command("unshare");
    command.args([
        "--net",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "sh",
        "-c",
        script,
    ]);
    let next = "in a container, start it with --privileged; on a machine, see whether the kernel has \
        overlayfs, bridge and veth";
    match program::ask(&mut command, TRIAL).await {
        Ok(answer) if answer.good => Finding::good(area, "can be made"),
        Ok(answer) => Finding::problem(area, answer.last_words(), next),
        Err(cause) => Finding::problem(area, format!("unshare: {cause}"), next),
    }
}

/// Controllers without which kubelet does not start.
const CONTROLLERS: [&str; 4] = ["cpu", "cpuset", "memory", "pids"];

fn cgroups() -> Finding {
    let table = std::fs::read_to_string("/proc/cgroups").unwrap_or_default();
    let unified = Path::new("/sys/fs/cgroup/cgroup.controllers");
    let unified = std::fs::read_to_string(unified).ok();
    let version = if unified.is_some() { "v2" } else { "v1" };
    let has = |name: &str| match &unified {
        Some(text) => text.split_whitespace().any(|word| word == name),
        None => is_on(&table, name),
    };
    let missing: Vec<&str> = CONTROLLERS.into_iter().filter(|name| !has(name)).collect();
    if missing.is_empty() {
        return Finding::good("cgroups", version);
    }
    let found = format!("{version} without {}", missing.join(", "));
    Finding::problem(
        "cgroups",
        found,
        "switch the controllers on (kernel command line: cgroup_enable=...)",
    )
}

/// Whether `/proc/cgroups` (name, hierarchy, number, enabled) has a controller switched on.
fn is_on(table: &str, name: &str) -> bool {
    table.lines().any(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.first() == Some(&name) && words.get(3) == Some(&"1")
    })
}

fn memory() -> Finding {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let free_mb = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
        .map(|kilobytes| kilobytes / 1024);
    match free_mb {
        Some(free) if free >= MEMORY_MB => Finding::good("memory", format!("{free} MB available")),
        Some(free) => Finding::warning(
            "memory",
            format!("{free} MB available; a cluster with a lab takes about {MEMORY_MB}"),
            "end what takes it, or leave --jobs at 1",
        ),
        None => Finding::warning(
            "memory",
            "cannot be read from /proc/meminfo",
            "see `free -m`",
        ),
    }
}

fn supplies(supplies: &Supplies) -> Vec<Finding> {
    let cache = supplies.cache.display();
    let mut found = Vec::new();
    if supplies.complete {
        found.push(Finding::good(
            "cache",
            format!("{cache} has all programs of the node"),
        ));
    } else {
        found.push(Finding::warning(
            "cache",
            format!("{cache} lacks programs of the node; the first `cluster up` makes them (4 to 9 minutes)"),
            "labproof cluster up --yes",
        ));
        if !program::is_on_path("apt-get") {
            found.push(Finding::problem(
                "packages",
                "there is no apt-get to fetch Debian's packages with",
                "run labproof on Debian, or copy a filled cache here",
            ));
        }
    }
    match (supplies.free_mb, supplies.needed_mb) {
        (Some(free), needed) if free < needed => found.push(Finding::problem(
            "disk",
            format!("{free} MB free at {cache}, {needed} needed"),
            "free some space, or set LABPROOF_CACHE to a folder on another disk",
        )),
        (Some(free), _) => found.push(Finding::good("disk", format!("{free} MB free at {cache}"))),
        (None, _) => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::doctor::Level;

    #[test]
    fn a_controller_that_is_switched_off_is_missing() {
        let table =
            "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t2\t10\t1\nmemory\t0\t1\t0\n";
        assert!(is_on(table, "cpu") && !is_on(table, "memory") && !is_on(table, "pids"));
    }

    #[test]
    fn a_cache_without_programs_or_room_is_said() {
        let mut lacking = Supplies {
            cache: "/cache".into(),
            complete: false,
            free_mb: Some(10),
            needed_mb: 3500,
        };
        let found = supplies(&lacking);
        assert!(
            found
                .iter()
                .any(|finding| finding.area == "disk" && finding.level == Level::Problem)
        );
        assert!(
            found
                .iter()
                .any(|finding| finding.area == "cache" && finding.level == Level::Warning)
        );
        lacking.complete = true;
        lacking.needed_mb = 0;
        assert!(
            supplies(&lacking)
                .iter()
                .all(|finding| finding.level == Level::Good)
        );
    }
}
