//! The cache of local clusters under stress: two labproofs at once, kills in the middle, files that change.
//!
//! Needs root on Debian, a cache that `cluster up` has filled, and a Debian mirror. With
//! `LABPROOF_SKIP_CLUSTER_TESTS` set these tests are left out, and say so.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Once;
use std::time::{Duration, Instant};

/// An image of one small package.
const RECIPE: &str = "image: example.org/test/busybox:1.0\npackages: [busybox-static]\n\
                      files: [{path: /a, content: a}]\nentrypoint: [/bin/busybox]\n";

/// A cache with the programs of the machine's own one, which is filled where it is not, and without images.
fn cache_without_images() -> Option<tempfile::TempDir> {
    if std::env::var_os("LABPROOF_SKIP_CLUSTER_TESTS").is_some() {
        anstream::eprintln!("LEFT OUT: LABPROOF_SKIP_CLUSTER_TESTS is set");
        return None;
    }
    static FILLED: Once = Once::new();
    let own = std::env::var_os("LABPROOF_CACHE").map_or_else(
        || PathBuf::from(std::env::var("HOME").unwrap()).join(".cache/labproof"),
        PathBuf::from,
    );
    FILLED.call_once(|| {
        std::fs::create_dir_all(&own).unwrap();
        let name = name("fill");
        let up = ["cluster", "up", "--yes", "--name", &name];
        let filled = labproof(&own, &up).output().unwrap();
        down(&own, &name);
        assert!(filled.status.success(), "{}", told(&filled));
    });
    let cache = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(&own).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if name.starts_with("node-") || name.starts_with("kubernetes-1.20.2-") {
            symlink(entry.path(), cache.path().join(name)).unwrap();
        }
    }
    // Of what other versions of labproof left there only the links go.
    let pruned = labproof(cache.path(), &["cluster", "cache", "prune"])
        .output()
        .unwrap();
    assert!(pruned.status.success(), "{}", told(&pruned));
    std::fs::create_dir(cache.path().join("recipes")).unwrap();
    std::fs::write(cache.path().join("recipes/busybox.yaml"), RECIPE).unwrap();
    Some(cache)
}

fn labproof(cache: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_labproof"));
    command
        .args(arguments)
        .current_dir(cache)
        .env("LABPROOF_CACHE", cache)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn spawn_up(cache: &Path, name: &str) -> Child {
    let recipes = cache.join("recipes");
    let recipes = recipes.to_str().unwrap();
    labproof(
        cache,
        &[
            "cluster", "up", "--yes", "--name", name, "--images", recipes,
        ],
    )
    .spawn()
    .unwrap()
}

fn down(cache: &Path, name: &str) {
    let output = labproof(cache, &["cluster", "down", "--name", name])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", told(&output));
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

fn name(what: &str) -> String {
    format!("c-{what}-{}", std::process::id())
}

fn archives(cache: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(cache.join("images"))
        .into_iter()
        .flatten()
        .flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "tar"))
        .collect()
}

/// Every image is complete by its checksums, and the cache list says so.
fn assert_images_whole(cache: &Path, images: usize) {
    let list = labproof(cache, &["cluster", "cache", "list", "--verify"])
        .output()
        .unwrap();
    assert!(list.status.success(), "{}", told(&list));
    let list = told(&list);
    let lines: Vec<&str> = list.lines().collect();
    let complete = |two: &&[&str]| two[0].contains(" image ") && two[1].contains("; complete");
    assert_eq!(lines.windows(2).filter(complete).count(), images, "{list}");
    assert!(
        list.contains("image example.org/test/busybox:1.0"),
        "{list}"
    );
    assert!(
        list.contains("busybox-static_1"),
        "the version of its package: {list}"
    );
    assert!(!list.contains("interrupted"), "{list}");
}

#[test]
fn two_labproofs_fill_one_cache_at_once_and_a_changed_image_is_made_again() {
    let Some(cache) = cache_without_images() else {
        return;
    };
    let names = [name("one"), name("two")];
    let both = names.each_ref().map(|name| spawn_up(cache.path(), name));
    let both = both.map(|child| child.wait_with_output().unwrap());
    names.iter().for_each(|name| down(cache.path(), name));
    for output in &both {
        assert!(output.status.success(), "{}", told(output));
    }
    assert_images_whole(cache.path(), 2);

    // One byte in the middle, same length: not loaded, but made again.
    let archive = archives(cache.path()).remove(0);
    let sound = std::fs::read(&archive).unwrap();
    let mut damaged = sound.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    std::fs::write(&archive, &damaged).unwrap();
    let list = labproof(cache.path(), &["cluster", "cache", "list"])
        .output()
        .unwrap();
    assert_eq!(list.status.code(), Some(3));
    assert!(told(&list).contains("CHANGED since"), "{}", told(&list));
    let again = spawn_up(cache.path(), &names[0])
        .wait_with_output()
        .unwrap();
    down(cache.path(), &names[0]);
    assert!(again.status.success(), "{}", told(&again));
    assert!(
        std::fs::read(&archive).unwrap() == sound,
        "the same bytes as before"
    );
    assert_images_whole(cache.path(), 2);
}

#[test]
fn a_fill_that_was_killed_at_any_moment_goes_on() {
    let Some(cache) = cache_without_images() else {
        return;
    };
    let name = name("kill");
    for moment in [300, 900, 1500, 2500] {
        let mut child = spawn_up(cache.path(), &name);
        std::thread::sleep(Duration::from_millis(moment));
        child.kill().unwrap();
        child.wait().unwrap();
        // What stands under its final name is complete, always.
        for archive in archives(cache.path()) {
            let mut seal = archive.clone().into_os_string();
            seal.push(".seal");
            assert!(Path::new(&seal).exists(), "{}", archive.display());
        }
    }
    let begun = Instant::now();
    let output = spawn_up(cache.path(), &name).wait_with_output().unwrap();
    down(cache.path(), &name);
    assert!(output.status.success(), "{}", told(&output));
    // Nobody waits for one that is dead.
    assert!(begun.elapsed() < Duration::from_secs(300));
    assert_images_whole(cache.path(), 2);
}

#[test]
fn prune_removes_what_is_old_and_never_what_a_cluster_uses() {
    let Some(cache) = cache_without_images() else {
        return;
    };
    let path = cache.path();
    for old in ["node-000000000000", "python-000000000000", "work/apt"] {
        std::fs::create_dir_all(path.join(old)).unwrap();
        std::fs::write(path.join(old).join("file"), "content").unwrap();
    }
    std::fs::write(path.join("of-somebody-else"), "").unwrap();
    let prune = |more: &[&str]| {
        let arguments = [&["cluster", "cache", "prune"], more].concat();
        told(&labproof(path, &arguments).output().unwrap())
    };
    let dry = prune(&["--dry-run"]);
    assert_eq!(dry.matches("would remove").count(), 3, "{dry}");
    assert!(path.join("node-000000000000").exists());
    let real = prune(&[]);
    assert_eq!(real.matches("removed").count(), 3, "{real}");
    assert!(!path.join("node-000000000000").exists() && !path.join("work").exists());
    assert!(path.join("of-somebody-else").exists());
    assert!(prune(&[]).contains("nothing to remove"));

    let name = name("prune");
    let output = spawn_up(path, &name).wait_with_output().unwrap();
    let all = prune(&["--all", "--dry-run"]);
    down(path, &name);
    assert!(output.status.success(), "{}", told(&output));
    assert!(
        all.contains("nothing to remove"),
        "all of it is in use: {all}"
    );
}
