//! Full disks: the node's, the one of the cluster's folder, of the cache, of the reports. Each is a small file system in memory,
//! mounted in namespaces of its own, and gone with them.

use std::path::Path;
use std::process::Command;

use crate::kills::borrow_cache;
use crate::own::{FIRST, Own};
use crate::support::{Ended, Pages, ended};

/// Runs labproof where `small` in the folder of the pages is a file system of its own, with these options of tmpfs; before it
/// `prepare`, a script. What is on it afterwards is the last that is printed.
fn on_small_disk(
    pages: &Pages,
    options: &str,
    prepare: &str,
    set: (&str, &Path),
    arguments: &[&str],
) -> Ended {
    let script = "mkdir -p small && mount -t tmpfs -o \"$1\" small small && eval \"$2\" && shift 2\n\
        code=0; \"$@\" </dev/null || code=$?\n\
        echo \"left: $(ls -A small | tr '\\n' ' ')\"; exit $code";
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "bash", "-c", script, "bash", options, prepare])
        .arg(env!("CARGO_BIN_EXE_labproof"))
        .args(arguments)
        .env(set.0, set.1)
        .current_dir(pages.path());
    ended(&mut assert_cmd::Command::from_std(command))
}

#[test]
fn a_full_disk_takes_the_reports_and_not_the_verdict() {
    if Own::left_out("a full disk for reports") {
        return;
    }
    let pages = Pages::with("# Good\n\n```bash\n$ echo seen\nseen\n```\n");
    pages.write(
        "bad.md",
        "# Bad\n\n```bash\n$ echo other\nseen\n```\n\n```bash id=room\n$ head -c 100000 /dev/zero >small/mine\n```\n",
    );
    let fill = "{ head -c 1M /dev/zero >small/filler 2>/dev/null || true; }";
    let run = |page: &str| {
        let arguments = [
            "run",
            page,
            "--cluster",
            "none",
            "--json",
            "small/r.json",
            "--junit",
            "small/j.xml",
            "--events",
            "small/e.jsonl",
            "--artifacts",
            "small/artifacts",
        ];
        on_small_disk(
            &pages,
            "size=64k",
            fill,
            ("LC_ALL", Path::new("C")),
            &arguments,
        )
    };
    let disk = pages.path().join("small").display().to_string();
    let lost = |ended: Ended| {
        let mut ended = ended;
        for report in ["r.json", "j.xml", "e.jsonl"] {
            ended = ended.says(&format!(
                "small/{report}: cannot be written: No space left on device (os error 28): disk {disk} (0 kB of 64 kB free)"
            ));
        }
        ended
    };
    // The run was good, and who asked for its reports has none.
    lost(run("page.md")).exits(3).says("✓ pass");
    let bad = lost(run("bad.md")).exits(1);
    let bad = bad.says("FAIL bad.md:4").says("small/artifacts");
    // A command that had no room is no fault of the page's; that the disk is not the lab's own changes nothing.
    assert!(bad.stdout.contains("small/mine"), "{}", bad.all());

    let plan = Command::new(env!("CARGO_BIN_EXE_labproof"))
        .args(["plan", "page.md", "--format", "json"])
        .current_dir(pages.path())
        .stdout(
            std::fs::OpenOptions::new()
                .write(true)
                .open("/dev/full")
                .unwrap(),
        )
        .output()
        .unwrap();
    assert_eq!(plan.status.code(), Some(3));
    let said = String::from_utf8_lossy(&plan.stderr);
    assert!(said.contains("standard output cannot be written"), "{said}");
}

#[test]
fn a_lab_without_room_for_its_files_is_not_held_against_the_page() {
    if Own::left_out("a full disk for the lab") {
        return;
    }
    let pages = Pages::new();
    let page = "# Lab\n\n```bash id=there\n$ echo seen\nseen\n```\n\n```bash id=room\n$ head -c 100000 /dev/zero >mine\n```\n";
    pages.write("page.md", page);
    let fill =
        "cp page.md small/page.md && { head -c 1M /dev/zero >small/filler 2>/dev/null || true; }";
    let arguments = [
        "run",
        "small/page.md",
        "--cluster",
        "none",
        "--json",
        "r.json",
    ];
    let ran = on_small_disk(
        &pages,
        "size=64k",
        fill,
        ("LC_ALL", Path::new("C")),
        &arguments,
    );
    let disk = pages.path().join("small").display().to_string();
    ran.exits(3).says(&format!(
        "there is no room on this machine's disk {disk} (0 kB of 64 kB free); this may be its doing"
    ));
}

#[test]
fn a_cluster_or_a_cache_without_room_names_the_disk_and_leaves_nothing_behind() {
    let Some(own) = Own::new("room") else { return };
    let small = own.pages.path().join("small");
    let disk = format!("there is no room on disk {}", small.display());
    let up = ["cluster", "up", "--name", &own.name, "--yes"];
    for (options, what) in [
        ("size=32k", "(0 kB of 32 kB free)"),
        ("size=32m,nr_inodes=12", "(no inode free, "),
    ] {
        let runtime = ("XDG_RUNTIME_DIR", small.as_path());
        on_small_disk(&own.pages, options, "true", runtime, &up)
            .exits(3)
            .says(&disk)
            .says(what)
            .says("or set XDG_RUNTIME_DIR to a folder on another disk")
            .says("left: \n");
    }
    // Programs are there, images are to be made.
    let cache = own.pages.path().join("borrowed");
    borrow_cache(&cache);
    let prepare = "cp --recursive borrowed/. small";
    let filled = ("LABPROOF_CACHE", small.as_path());
    on_small_disk(&own.pages, "size=1g,nr_inodes=12", prepare, filled, &up)
        .exits(3)
        .says(&disk)
        .says("(no inode free, ")
        .says("or set LABPROOF_CACHE to a folder on another disk");
    on_small_disk(&own.pages, "size=10m", prepare, filled, &up)
        .exits(3)
        .says("has 9 MB free and 500 MB are needed; free some space, or set LABPROOF_CACHE");
    assert_eq!(own.traces(), [""; 0]);
}

/// A page that fills the disk of its node, and then uses its inodes up; what it should come to.
pub fn full_node() -> (String, [(&'static str, &'static str, &'static str); 6]) {
    let answers = "$ kubectl get namespaces kube-system -o name\nnamespace/kube-system\n```\n";
    let node = |script: &str| format!("../fault in '{FIRST}' bash -c '{script}'");
    // What is used, and a little more; `/proc` there knows nothing of who comes from outside.
    let fill = node(
        "used=$(stat -f -c \"(%b - %f) * %S / 1024\" /); mount -t tmpfs -o remount,size=$(($used + 8192))k labproof / && ! dd if=/dev/zero of=/filler bs=64k 2>&1",
    );
    let files = node(
        "used=$(stat -f -c \"%c - %d\" /); mount -t tmpfs -o remount,nr_inodes=$(($used)) labproof / && ! touch /one-more",
    );
    let write = "kubectl exec deployment/web -- sh -c 'head -c 1000000 /dev/zero >/big && rm /big'";
    let page = format!(
        "# Disk\n\n```bash id=before timeout=100\n\
         $ kubectl create deployment web --image=busybox:1.35 -- sh -c 'trap exit TERM; while :; do sleep 1; done'\n\
         $ kubectl rollout status deployment/web --timeout=90s\n$ {write}\n```\n\n\
         ```bash id=room\n$ {fill}\n```\n\n\
         ```bash id=full\n$ {write}\n```\n\n\
         ```bash id=emptied timeout=60\n$ ../fault kill KILL '/etcd '; sleep 1; {}\n{answers}\n\
         ```bash id=inodes\n$ {files}\n$ {write}\n```\n\n\
         ```bash id=works timeout=100\n$ {}\n$ {write}\n```\n",
        node("rm /filler"),
        node("mount -t tmpfs -o remount,nr_inodes=1000000,size=4g labproof /"),
    );
    (
        page,
        [
            ("before", "pass", ""),
            ("room", "pass", ""),
            ("full", "broken", "the node's disk was full (0 kB of "),
            ("emptied", "pass", ""),
            (
                "inodes",
                "broken",
                "the node's disk was out of inodes (no inode free, ",
            ),
            ("works", "pass", ""),
        ],
    )
}
