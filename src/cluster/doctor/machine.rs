//! What a local cluster needs of the machine.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Finding, Level};
use crate::cluster::local::{self, Supplies, state_root};
use crate::cluster::{Disk, program};

/// Memory that the control plane, the node and the pods of a lab take, in MB: 620 were measured for a
/// node without pods.
const MEMORY_MB: u64 = 1500;
/// Room for certificates, logs and private files, in MB: a cluster's logs take 8 at most for each of its programs.
const LITTLE_MB: u64 = 100;
/// How long a trial may take.
const TRIAL: Duration = Duration::from_secs(20);

/// Tries what the node will do, in namespaces of its own: mounts, an overlay, a process tree.
const TRY_MOUNTS: &str = "mount --make-rprivate / && mount -t tmpfs trial /tmp && cd /tmp && \
    mkdir a b c d && mount -t overlay -o lowerdir=a,upperdir=b,workdir=c trial d && echo x > d/x";
/// And its network: a bridge and a pair of interfaces.
const TRY_NETWORK: &str =
    "ip link add name trial type bridge && ip link add one type veth peer name other";

pub(super) async fn local() -> Vec<Finding> {
    let rights = rights();
    let may = rights.level == Level::Good;
    let mut found = vec![system(), rights];
    // Without the rights nothing can be tried, and it would look as if the machine could not.
    if may {
        found.push(trial("namespaces", TRY_MOUNTS).await);
        if program::is_on_path("ip") {
            found.push(trial("network", TRY_NETWORK).await);
        }
    }
    found.extend([cgroups(), memory()]);
    found.extend(supplies(&local::supplies()));
    found.extend(disks());
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
        Err(reason) => Finding::problem(
            "rights",
            reason,
            "run it with sudo, or as root; without, name a cluster that you have: --cluster context:NAME",
        ),
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

/// Where cgroups are mounted.
const CGROUPS: &str = "/sys/fs/cgroup";
/// Controllers without which kubelet does not start.
const CONTROLLERS: [&str; 4] = ["cpu", "cpuset", "memory", "pids"];

fn cgroups() -> Finding {
    let table = std::fs::read_to_string("/proc/cgroups").unwrap_or_default();
    let unified = Path::new(CGROUPS).join("cgroup.controllers");
    let unified = std::fs::read_to_string(unified).ok();
    let version = if unified.is_some() { "v2" } else { "v1" };
    let has = |name: &str| match &unified {
        Some(text) => text.split_whitespace().any(|word| word == name),
        None => is_on(&table, name),
    };
    let missing: Vec<&str> = CONTROLLERS.into_iter().filter(|name| !has(name)).collect();
    if !missing.is_empty() {
        let found = format!("{version} without {}", missing.join(", "));
        let next = "switch the controllers on (kernel command line: cgroup_enable=...)";
        return Finding::problem("cgroups", found, next);
    }
    let top = Path::new(CGROUPS);
    let folders: Vec<PathBuf> = match version {
        "v2" => vec![top.to_owned()],
        _ => CONTROLLERS.map(|name| top.join(name)).to_vec(),
    };
    match folders.iter().find_map(|folder| closed(folder)) {
        None => Finding::good("cgroups", version),
        Some(found) => Finding::problem(
            "cgroups",
            found,
            "in a container, start it with --privileged; on a machine, mount the cgroup file systems below /sys/fs/cgroup",
        ),
    }
}

/// Why no cgroup can be made in a folder.
fn closed(folder: &Path) -> Option<String> {
    if !folder.is_dir() {
        return Some(format!("{} is not mounted", folder.display()));
    }
    let refused = rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).err()?;
    // Who lacks the rights is told so above.
    (refused == rustix::io::Errno::ROFS).then(|| format!("{} is read-only", folder.display()))
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
    // What a container may take is less than what its machine has.
    let files = ["memory.max", "memory/memory.limit_in_bytes"];
    let limit_mb = files.iter().find_map(|file| {
        let text = std::fs::read_to_string(Path::new(CGROUPS).join(file)).ok()?;
        Some(text.trim().parse::<u64>().ok()? >> 20)
    });
    judge_memory(free_mb, limit_mb)
}

fn judge_memory(free_mb: Option<u64>, limit_mb: Option<u64>) -> Finding {
    let limited = limit_mb.filter(|limit| free_mb.is_none_or(|free| *limit < free));
    let of = limited.map_or("", |_| " to this container");
    match limited.or(free_mb) {
        Some(free) if free >= MEMORY_MB => {
            Finding::good("memory", format!("{free} MB available{of}"))
        }
        Some(free) => Finding::warning(
            "memory",
            format!("{free} MB available{of}; a cluster with a lab takes about {MEMORY_MB}"),
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

/// Disks beside the cache's that a cluster and its runs write to, where there is little room.
fn disks() -> Vec<Finding> {
    let places = [
        (state_root(), "XDG_RUNTIME_DIR"),
        (std::env::temp_dir(), "TMPDIR"),
    ];
    let little = |(place, variable): (PathBuf, &str)| {
        let disk = Disk::of(&place)?;
        let next = format!("free some space, or set {variable} to a folder on another disk");
        let found = format!("{disk} holds {}", place.display());
        match () {
            () if disk.is_full() => Some(Finding::problem("disk", found, next)),
            () if disk.free_mb() < LITTLE_MB => Some(Finding::warning("disk", found, next)),
            () => None,
        }
    };
    places.into_iter().filter_map(little).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_containers_limit_counts_where_it_is_less() {
        for (free, limit, level, words) in [
            (Some(8000), None, Level::Good, "8000 MB available"),
            (Some(8000), Some(u64::MAX >> 20), Level::Good, "8000 MB"),
            (
                Some(8000),
                Some(512),
                Level::Warning,
                "512 MB available to this container",
            ),
            (Some(100), Some(512), Level::Warning, "100 MB available;"),
            (None, None, Level::Warning, "cannot be read"),
        ] {
            let found = judge_memory(free, limit);
            assert_eq!(found.level, level, "{found:?}");
            assert!(found.found.contains(words), "{found:?}");
        }
    }

    #[test]
    fn a_cgroup_folder_that_is_not_there_is_told() {
        assert_eq!(closed(Path::new("/proc/self")), None);
        let found = closed(Path::new("/nowhere/at/all")).unwrap();
        assert!(found.contains("not mounted"), "{found}");
    }

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
