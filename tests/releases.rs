//! Official programs of a Kubernetes version, fetched from a mirror that stands in for the release site: it serves
//! Debian's build of 1.20.2 out of the cache as if it were the official one.
//!
//! Needs root on Debian and a cache with that build. With `LABPROOF_SKIP_CLUSTER_TESTS` set these tests are left out,
//! and say so.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

const PROGRAMS: [&str; 6] = [
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubectl",
    "kubelet",
];

/// What the stand-in mirror does to some file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    /// Another byte than its checksum is of.
    Corrupted,
    /// Closes the connection half way, each time a file is asked for from its beginning.
    Cut,
    /// Sends a little and then nothing.
    Slow,
}

/// What a client asked for: the path, and the range.
type Asked = Arc<Mutex<Vec<(String, Option<String>)>>>;

/// A server on loopback with the layout of the release site; its thread ends with the test's process.
struct StandInMirror {
    address: String,
    /// The lines and `Range` of all requests.
    asked: Asked,
}

#[derive(Clone)]
struct Served {
    files: Arc<BTreeMap<String, Vec<u8>>>,
    flaw: Option<(&'static str, Flaw)>,
    asked: Asked,
}

impl StandInMirror {
    /// Serves programs as v`version`.
    fn start(
        version: &str,
        programs: &BTreeMap<&str, Vec<u8>>,
        flaw: Option<(&'static str, Flaw)>,
    ) -> Self {
        let architecture = match std::env::consts::ARCH {
            "aarch64" => "arm64",
            _ => "amd64",
        };
        let mut files = BTreeMap::new();
        for (name, content) in programs {
            let path = format!("/v{version}/bin/linux/{architecture}/{name}");
            let sum: String = Sha256::digest(content)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            files.insert(format!("{path}.sha256"), sum.into_bytes());
            files.insert(path, content.clone());
        }
        let asked = Arc::new(Mutex::new(Vec::new()));
        let served = Served {
            files: Arc::new(files),
            flaw,
            asked: asked.clone(),
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let served = served.clone();
                std::thread::spawn(move || served.answer(connection));
            }
        });
        Self { address, asked }
    }

    fn ranges(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked
            .iter()
            .filter_map(|(_, range)| range.clone())
            .collect()
    }
}

impl Served {
    /// Answers one request and closes; what the client does not take is not this test's failure.
    fn answer(&self, mut connection: TcpStream) -> Option<()> {
        let mut lines = BufReader::new(connection.try_clone().ok()?).lines();
        let path = lines.next()?.ok()?.split(' ').nth(1)?.to_owned();
        let mut range = None;
        for line in lines
            .map_while(Result::ok)
            .take_while(|line| !line.is_empty())
        {
            if let Some(("range", value)) = line
                .split_once(": ")
                .map(|(name, value)| (name.to_lowercase(), value))
                .as_ref()
                .map(|(name, value)| (name.as_str(), *value))
            {
                range = Some(value.to_owned());
            }
        }
        self.asked
            .lock()
            .unwrap()
            .push((path.clone(), range.clone()));
        let Some(content) = self.files.get(&path) else {
            return write!(
                connection,
                "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
            )
            .ok();
        };
        let flaw = self
            .flaw
            .filter(|(name, _)| path.ends_with(name))
            .map(|(_, flaw)| flaw);
        let from: usize = range
            .as_ref()
            .and_then(|range| {
                range
                    .strip_prefix("bytes=")?
                    .strip_suffix('-')?
                    .parse()
                    .ok()
            })
            .unwrap_or(0);
        let mut body = content[from..].to_vec();
        let status = match from {
            0 => "200 OK".to_owned(),
            _ => format!(
                "206 Partial Content\r\nContent-Range: bytes {from}-{}/{}",
                content.len() - 1,
                content.len()
            ),
        };
        write!(
            connection,
            "HTTP/1.1 {status}\r\nETag: \"one\"\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )
        .ok()?;
        match flaw {
            Some(Flaw::Corrupted) => body[0] ^= 1,
            Some(Flaw::Cut) if from == 0 => body.truncate(content.len() / 2),
            Some(Flaw::Slow) => {
                connection.write_all(&body[..body.len() / 2]).ok()?;
                connection.flush().ok()?;
                std::thread::sleep(Duration::from_secs(60));
            }
            _ => {}
        }
        connection.write_all(&body).ok()
    }
}

/// The cache that other tests and people use.
fn warm_cache() -> PathBuf {
    std::env::var_os("LABPROOF_CACHE").map_or_else(
        || PathBuf::from(std::env::var("HOME").unwrap()).join(".cache/labproof"),
        PathBuf::from,
    )
}

fn entry(cache: &Path, start: &str) -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(cache)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            path.is_dir() && name.starts_with(start) && !name.ends_with("-release")
        })
        .collect();
    found.sort();
    found.into_iter().next()
}

/// Small files in place of programs: enough wherever none of them is run.
fn small() -> BTreeMap<&'static str, Vec<u8>> {
    PROGRAMS
        .map(|name| (name, format!("{name} ").repeat(100_000).into_bytes()))
        .into()
}

/// A cache of its own with the warm one's tools and images, so that only Kubernetes is missing.
fn cache_without_kubernetes() -> Option<tempfile::TempDir> {
    if std::env::var_os("LABPROOF_SKIP_CLUSTER_TESTS").is_some() {
        anstream::eprintln!("LEFT OUT: LABPROOF_SKIP_CLUSTER_TESTS is set");
        return None;
    }
    let warm = warm_cache();
    let node = entry(&warm, "node-").expect("`labproof cluster up` has filled the cache");
    let cache = tempfile::tempdir().unwrap();
    symlink(&node, cache.path().join(node.file_name().unwrap())).unwrap();
    symlink(warm.join("images"), cache.path().join("images")).unwrap();
    Some(cache)
}

struct Up {
    child: Child,
}

/// `cluster up` without images of labs, in an empty folder.
fn spawn_up(cache: &Path, name: &str, version: &str, mirror: &str) -> Up {
    let child = Command::new(env!("CARGO_BIN_EXE_labproof"))
        .args(["cluster", "up", "--yes", "--name", name])
        .args(["--kubernetes-version", version, "--mirror", mirror])
        .current_dir(cache)
        .env("LABPROOF_CACHE", cache)
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    Up { child }
}

fn up(cache: &Path, name: &str, version: &str, mirror: &str) -> Output {
    spawn_up(cache, name, version, mirror)
        .child
        .wait_with_output()
        .unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

fn name(what: &str) -> String {
    format!("r-{what}-{}", std::process::id())
}

/// No folder of programs has appeared.
fn assert_nothing_to_run(cache: &Path) {
    let left = std::fs::read_dir(cache).unwrap().flatten();
    let names: Vec<_> = left.map(|entry| entry.file_name()).collect();
    assert!(
        !names
            .iter()
            .any(|name| name.to_string_lossy().starts_with("kubernetes-")),
        "{names:?}"
    );
}

#[test]
fn a_real_cluster_comes_up_from_a_stand_in_mirror_through_a_cut_connection() {
    let Some(cache) = cache_without_kubernetes() else {
        return;
    };
    let built = entry(&warm_cache(), "kubernetes-1.20.2-").expect("Debian's build is in the cache");
    let programs = PROGRAMS
        .map(|name| (name, std::fs::read(built.join(name)).unwrap()))
        .into();
    let flaw = Some(("/kubelet", Flaw::Cut));
    let mirror = StandInMirror::start("1.20.2", &programs, flaw);
    let name = name("real");
    let output = up(cache.path(), &name, "v1.20.2", &mirror.address);
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_labproof"))
            .args(arguments)
            .current_dir(cache.path())
            .env("LABPROOF_CACHE", cache.path())
            .output()
            .unwrap()
    };
    let list = run(&["cluster", "cache", "list"]);
    let pruned = run(&["cluster", "cache", "prune", "--all", "--dry-run"]);
    let down = run(&["cluster", "down", "--name", &name]);
    let after = run(&["cluster", "cache", "prune", "--all", "--dry-run"]);
    assert!(output.status.success(), "{}", told(&output));
    assert!(
        told(&output).contains("runs Kubernetes v1.20.2"),
        "{}",
        told(&output)
    );
    assert!(down.status.success(), "{}", told(&down));
    // What was cut went on where it was, and was not fetched from its beginning again.
    let ranges = mirror.ranges();
    assert_eq!(ranges.len(), 1, "{ranges:?}");
    assert!(!ranges[0].starts_with("bytes=0-"), "{ranges:?}");
    let release = cache.path().join("kubernetes-1.20.2-release");
    for program in PROGRAMS {
        assert!(
            std::fs::read(release.join(program)).unwrap() == programs[program],
            "{program}"
        );
    }
    assert!(!cache.path().join("work").exists());
    // What the running cluster uses is listed as used and stays; later it may go.
    let list = told(&list);
    assert!(
        list.contains("Kubernetes v1.20.2, official programs"),
        "{list}"
    );
    assert!(
        list.contains(&format!("in use by cluster {name}")),
        "{list}"
    );
    assert!(list.contains(&mirror.address), "{list}");
    assert!(!told(&pruned).contains("official"), "{}", told(&pruned));
    assert!(told(&after).contains("official"), "{}", told(&after));
}

#[test]
fn what_does_not_have_its_checksum_is_thrown_away_and_named() {
    let Some(cache) = cache_without_kubernetes() else {
        return;
    };
    let mirror = StandInMirror::start("1.31.4", &small(), Some(("/kubectl", Flaw::Corrupted)));
    let output = up(cache.path(), &name("bad"), "1.31.4", &mirror.address);
    assert_eq!(output.status.code(), Some(3));
    for part in [
        "v1.31.4/bin/linux",
        "/kubectl",
        "checksum",
        "nothing of it was run",
    ] {
        assert!(told(&output).contains(part), "{}", told(&output));
    }
    let work = cache.path().join("work/kubernetes-1.31.4-release");
    assert!(!work.join("kubectl.part").exists() && !work.join("bin/kubectl").exists());
    assert_nothing_to_run(cache.path());
}

#[test]
fn a_version_that_the_mirror_lacks_and_a_mirror_that_is_not_there_say_what_to_do() {
    let Some(cache) = cache_without_kubernetes() else {
        return;
    };
    let mirror = StandInMirror::start("1.31.4", &small(), None);
    for (version, address, parts) in [
        (
            "1.31.5",
            mirror.address.as_str(),
            ["no Kubernetes v1.31.5", "--mirror"],
        ),
        (
            "1.31.4",
            "http://127.0.0.1:9",
            ["cannot be reached", "--kubernetes-version"],
        ),
        ("1.31.4", "not-a-url", ["no mirror", "https://"]),
        ("1.31", mirror.address.as_str(), ["three numbers", "1.31.0"]),
        (
            "1.99.0",
            mirror.address.as_str(),
            ["1.20 to 1.", "--cluster kind"],
        ),
    ] {
        let begun = Instant::now();
        let output = up(cache.path(), &name("none"), version, address);
        assert_eq!(output.status.code(), Some(3));
        for part in parts {
            assert!(told(&output).contains(part), "{version}: {}", told(&output));
        }
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
    assert_nothing_to_run(cache.path());
}

#[test]
fn a_killed_download_goes_on_where_it_was() {
    let Some(cache) = cache_without_kubernetes() else {
        return;
    };
    let files = small();
    let slow = StandInMirror::start("1.31.4", &files, Some(("/kubelet", Flaw::Slow)));
    let part = cache
        .path()
        .join("work/kubernetes-1.31.4-release/kubelet.part");
    let half = files["kubelet"].len() as u64 / 2;
    let mut killed = spawn_up(cache.path(), &name("kill"), "1.31.4", &slow.address);
    let begun = Instant::now();
    while std::fs::metadata(&part).map_or(0, |file| file.len()) < half {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing arrives");
        std::thread::sleep(Duration::from_millis(20));
    }
    killed.child.kill().unwrap();
    killed.child.wait().unwrap();
    assert_nothing_to_run(cache.path());

    // These are no programs, so the cluster cannot start; they are fetched and verified all the same.
    let mirror = StandInMirror::start("1.31.4", &files, None);
    let name = name("kill");
    let output = up(cache.path(), &name, "1.31.4", &mirror.address);
    assert_eq!(output.status.code(), Some(3), "{}", told(&output));
    let removed = Command::new(env!("CARGO_BIN_EXE_labproof"))
        .args(["cluster", "down", "--name", &name])
        .output()
        .unwrap();
    assert!(removed.status.success());
    let ranges = mirror.ranges();
    // Others may have been under way as well.
    assert!(ranges.contains(&format!("bytes={half}-")), "{ranges:?}");
    let release = cache.path().join("kubernetes-1.31.4-release");
    for program in PROGRAMS {
        assert!(
            std::fs::read(release.join(program)).unwrap() == files[program],
            "{program}"
        );
    }
}
