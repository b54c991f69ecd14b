//! Before and after runs on a local cluster a machine is the same. It is a machine of the test's own, so that nobody else changes it:
//! namespaces for processes, mounts, network and IPC, with file systems in memory where programs leave things.

use std::process::Command;

use crate::own::Own;

/// Called with CLUSTER LABPROOF CACHE PAGES: makes the machine, then snapshots, a run, a killed one, and what follows.
const MACHINE: &str = r##"
set -eu
mount -t tmpfs machine /mnt
mkdir /mnt/work /mnt/cache && touch /mnt/labproof
mount --bind "$4" /mnt/work && mount --bind "$3" /mnt/cache && mount --bind "$2" /mnt/labproof
for folder in /tmp /run /dev/shm; do mount -t tmpfs -o mode=1777 machine "$folder"; done
ip link set lo up
export HOME=/mnt/work/home LABPROOF_CACHE=/mnt/cache
unset KUBECONFIG XDG_RUNTIME_DIR XDG_CACHE_HOME TMPDIR
cd /mnt/work

# The host may lack these; the cluster brings them.
rules() {
  local tools
  tools=$(printf '%s\n' /mnt/cache/node-*/usr/sbin/xtables-nft-multi | tail -n 1)
  export LD_LIBRARY_PATH="${tools%/usr/sbin/*}/usr/lib/$(uname -m)-linux-gnu" XTABLES_LIBDIR="${tools%/usr/sbin/*}/usr/lib/$(uname -m)-linux-gnu/xtables"
  "$tools" "$1" 2>&1 | grep -v '^#' || true
}

snapshot() {
  echo '== processes'
  local entry name
  for entry in /proc/[0-9]*; do read -r name <"$entry/comm" && echo "$name"; done
  echo '== listening'; ss -Hltn; ss -Hlun; ss -Hlx
  echo '== links'; ip -o link; ip -o address; ip route
  echo '== rules'; (rules iptables-save; rules ip6tables-save); cat /proc/net/ip_tables_names 2>/dev/null || true
  echo '== mounts'; cat /proc/self/mounts
  echo '== ipc'; cat /proc/sysvipc/shm /proc/sysvipc/sem /proc/sysvipc/msg
  echo '== kernel'
  (cd /proc/sys && grep . vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/hostname \
    kernel/keys/root_maxkeys kernel/keys/root_maxbytes kernel/core_pattern net/ipv4/ip_forward fs/inotify/max_user_watches \
    net/ipv4/conf/all/route_localnet net/netfilter/nf_conntrack_max 2>/dev/null) || true
  echo '== files'
  find /run /tmp /dev/shm "$HOME" \( -type d -printf '%p %m\n' \) -o -printf '%p %m %s %T@ %l\n' | sort
  find "$HOME" -type f -exec sha256sum {} +
  echo '== cgroups'; find /sys/fs/cgroup -type d -name "labproof-$CLUSTER-*"
}

# A cluster's processes are gone a moment after it.
alone() {
  local try others
  for try in {1..600}; do
    others=(/proc/[0-9]*)
    [ ${#others[@]} -gt 1 ] || return 0
    sleep 0.1
  done
}

CLUSTER=$1
run() { /mnt/labproof run lab --cluster "$1" --yes --json "$2" >"$2.txt" 2>&1 </dev/null; }
told() { echo "$1 went wrong"; cat "$2.txt"; exit 1; }
snapshot >before.state
# Its own name, then one that is named.
run local first.json || told 'the first run' first.json
alone
snapshot >run.state
rm -f begun
run "local:$CLUSTER" killed.json & killed=$!
until [ -e begun ]; do kill -0 $killed || told 'the run that is to be killed' killed.json; sleep 0.05; done
kill -9 $(cat /proc/$killed/task/$killed/children) ; wait $killed || true
run "local:$CLUSTER" next.json || told 'the run after a kill' next.json
alone
snapshot >kill.state
/mnt/labproof cluster up --name "$CLUSTER" --nodes 3 --yes >up.txt 2>&1 || { cat up.txt; exit 1; }
/mnt/labproof cluster down --name "$CLUSTER" >/dev/null
alone
snapshot >down.state
"##;

#[test]
fn a_machine_is_the_same_before_and_after_also_when_labproof_was_killed() {
    let Some(own) = Own::new("trace") else { return };
    own.pages.write("home/.kube/config", "{apiVersion: v1, kind: Config, current-context: mine, contexts: [{name: mine, context: {cluster: c, user: u}}]}");
    own.pages.write("home/notes", "mine");
    own.pages.write(
        "lab/page.md",
        "# Lab\n\n```bash timeout=100\n\
         $ kubectl config set-context --current --namespace=shop; kubectl create namespace shop\n\
         $ kubectl create deployment web --image=busybox:1.35 -- sh -c 'trap exit TERM; httpd -f -p 8080 & wait'\n\
         $ kubectl expose deployment web --port=80 --target-port=8080\n\
         $ kubectl rollout status deployment/web --timeout=90s\n\
         $ kubectl port-forward service/web 18080:80 >/dev/null & kubectl proxy --port=18001 >/dev/null & sleep 1; touch ../begun\n\
         $ kubectl exec deployment/web -- sh -c 'mount -t tmpfs x /tmp >/dev/null 2>&1; echo in it'\nin it\n\
         $ sleep 1\n```\n",
    );
    // What the cache lacks is made where there is a network; the listing names what it has.
    let list = own.command(&["cluster", "cache", "list"]).output().unwrap();
    let list = String::from_utf8_lossy(&list.stdout).into_owned();
    if !["busybox:1.35", "pause", "kubernetes-"]
        .iter()
        .all(|part| list.contains(part))
    {
        let warm = "# Warm\n\n```bash\n$ kubectl run a --image=busybox:1.35\n```\n";
        own.pages.write("warm/page.md", warm);
        own.run(&["warm"]).exits(0);
    }
    let cache = crate::kills::real_cache();
    let output = Command::new("unshare")
        .args([
            "--mount",
            "--net",
            "--pid",
            "--ipc",
            "--uts",
            "--fork",
            "--kill-child",
            "--mount-proc",
        ])
        .args(["bash", "-c", MACHINE, "machine", &own.name])
        .arg(env!("CARGO_BIN_EXE_labproof"))
        .arg(cache)
        .arg(own.pages.path())
        .output()
        .unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{said}");
    let before = own.pages.read("before.state");
    for seen in [
        "== files",
        "/home/.kube/config",
        "== mounts",
        "machine /run tmpfs",
        "127.0.0.1/8",
        "kernel/panic:",
    ] {
        assert!(
            before.contains(seen),
            "the machine does not show {seen}: {before} {said}"
        );
    }
    for after in ["run.state", "kill.state", "down.state"] {
        let now = own.pages.read(after);
        let changed: Vec<String> = similar::TextDiff::from_lines(&before, &now)
            .iter_all_changes()
            .filter(|change| change.tag() != similar::ChangeTag::Equal)
            .map(|change| format!("{}{change}", change.tag()))
            .collect();
        assert_eq!(changed, [""; 0], "{after}");
    }
    assert_eq!(own.traces(), [""; 0]);
}
