//! labproof itself is stopped or killed.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Signal, kill_process};
use serde_json::Value;

use crate::own::{Own, pid, processes, say, steps, wait_for};
use crate::support::Pages;

#[test]
fn half_a_minute_in_which_labproof_is_stopped_is_held_against_nobody() {
    let pages = Pages::with(
        "# Stopped\n\n```bash timeout=10\n$ touch begun; sleep 5; echo done\ndone\n```\n\n\
         ```bash timeout=2 id=late\n$ sleep 60\n```\n",
    );
    let mut labproof = Command::new(env!("CARGO_BIN_EXE_labproof"))
        .args(["run", "page.md", "--cluster", "none", "--json", "r.json"])
        .current_dir(pages.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let id = pid(&labproof);
    wait_for(|| pages.path().join("begun").exists());
    std::thread::sleep(Duration::from_secs(1));
    kill_process(id, Signal::STOP).unwrap();
    std::thread::sleep(Duration::from_secs(30));
    kill_process(id, Signal::CONT).unwrap();
    // The deadline of the second step is what it was.
    assert_eq!(labproof.wait().unwrap().code(), Some(1));
    let record: Value = serde_json::from_str(&pages.read("r.json")).unwrap();
    let steps = steps(&record, 0);
    assert_eq!(steps[0]["verdict"], "pass", "{record}");
    assert_eq!(steps[1]["verdict"], "fail", "{record}");
}

/// How often labproof is killed.
const KILLS: u32 = 20;

#[test]
fn twenty_kills_of_labproof_leave_nothing_and_harm_nothing() {
    let Some(own) = Own::new("kill") else { return };
    // The same ones each time, as far as a busy machine allows; others are tried with another seed.
    let seed = std::env::var("LABPROOF_TEST_SEED").unwrap_or_else(|_| "20".to_owned());
    say(&format!(
        "the moments of the kills: LABPROOF_TEST_SEED={seed}"
    ));
    // Its own images, so that there is work on the cache; its own temporary files, so that they can be counted.
    let cache = own.pages.path().join("cache");
    let temporary = own.pages.path().join("tmp");
    std::fs::create_dir_all(&temporary).unwrap();
    borrow_cache(&cache);
    let marker = format!("3600.{}", std::process::id());
    own.pages.write(
        "lab/page.md",
        format!(
            "# Lab\n\n```bash\n$ sleep {marker} & kubectl create namespace killed\n$ kubectl create configmap made -n killed --from-literal=a=b\n```\n\n\
             ```bash\n$ kubectl get configmap made -n killed -o name\nconfigmap/made\n```\n"
        ),
    );
    let command = |arguments: &[&str]| {
        let mut command = match arguments {
            [] => own.run_command(&["lab"]),
            arguments => own.command(arguments),
        };
        command
            .env("LABPROOF_CACHE", &cache)
            .env("TMPDIR", &temporary);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    // The sandbox of pods is image enough.
    std::fs::remove_dir_all(own.pages.path().join("images")).unwrap();
    assert_eq!(command(&[]).status().unwrap().code(), Some(0));
    let whole = Instant::now();
    assert_eq!(command(&[]).status().unwrap().code(), Some(0));
    let whole = whole.elapsed();
    for kill in 0..KILLS {
        // One in each twentieth of a run, so that every phase has its share.
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one((&seed, kill));
        let part = (f64::from(kill) + (hash % 1000) as f64 / 1000.0) / f64::from(KILLS);
        let moment = whole.mul_f64(part);
        let up = ["cluster", "up", "--name", &own.name, "--yes"];
        let is_up = hash / 1000 % 4 == 0;
        if hash / 4000 % 4 == 0 {
            // A kill may have come before it was there again.
            let _ = std::fs::remove_dir_all(cache.join("images"));
        }
        let mut labproof = command(if is_up { &up } else { &[] }).spawn().unwrap();
        std::thread::sleep(moment);
        kill_process(pid(&labproof), Signal::KILL).unwrap();
        labproof.wait().unwrap();
        let what = if is_up { "cluster up" } else { "run" };
        say(&format!(
            "kill {kill}: {what} after {moment:.1?} of {whole:.1?}"
        ));
        let of_lab = || processes(|read| read("cmdline").contains(&marker));
        let of_node = || processes(|read| read("cmdline").contains(&own.folder()));
        wait_for(|| of_lab().is_empty());
        if is_up {
            // It may have been done, and then the cluster is to stay.
            assert!(
                command(&["cluster", "down", "--name", &own.name])
                    .status()
                    .unwrap()
                    .success()
            );
            // A node that was only just being made ends by itself.
            wait_for(|| own.traces().is_empty());
        }
        wait_for(|| of_node().is_empty());
    }
    let last = command(&[]).status().unwrap();
    assert_eq!(last.code(), Some(0), "{}", own.pages.read("r.json"));
    assert_eq!(own.traces(), [""; 0]);
    let left = std::fs::read_dir(&temporary).unwrap().flatten();
    let left: Vec<_> = left.map(|entry| entry.file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// A cache with the programs of the real one and without its images.
pub fn borrow_cache(cache: &Path) {
    std::fs::create_dir_all(cache.join("images")).unwrap();
    for entry in std::fs::read_dir(real_cache())
        .into_iter()
        .flatten()
        .flatten()
    {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("kubernetes-") || name.starts_with("node-") {
            std::os::unix::fs::symlink(entry.path(), cache.join(name)).unwrap();
        }
    }
}

pub fn real_cache() -> PathBuf {
    match std::env::var_os("LABPROOF_CACHE") {
        Some(folder) => folder.into(),
        None => Path::new(&std::env::var_os("HOME").unwrap()).join(".cache/labproof"),
    }
}
