//! The figures that matter to people, measured on the program itself next to bash: nothing is
//! asserted, everything is printed.
//!
//! `cargo bench --bench end_to_end [-- cluster]`; `cluster` adds the time from a warm cache to the
//! first pod Running. `LABPROOF_CORPUS` names a folder of pages to plan; without it pages are made up.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const LABPROOF: &str = env!("CARGO_BIN_EXE_labproof");
/// Runs of each measurement; the median is shown.
const RUNS: usize = 7;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    say("1,000 echo blocks, outputs compared", &echo(folder.path()));
    say("plan", &plan(folder.path()));
    say("a command that prints 1 GB", &gigabyte(folder.path()));
    if std::env::args().any(|argument| argument == "cluster") {
        say("cluster up, warm, to first pod Running", &cluster());
    }
}

fn say(what: &str, figures: &str) {
    anstream::println!("{what}: {figures}");
}

fn echo(folder: &Path) -> String {
    let (mut page, mut script) = (String::new(), String::new());
    for number in 0..1000 {
        let _ = write!(page, "```bash\n$ echo line {number}\nline {number}\n```\n\n");
        let _ = writeln!(script, "echo line {number}");
    }
    std::fs::write(folder.join("echo.md"), page).unwrap();
    std::fs::write(folder.join("echo.sh"), script).unwrap();
    let bash = median(|| quiet(Command::new("bash").arg(folder.join("echo.sh"))));
    let ours = median(|| {
        let page = folder.join("echo.md");
        quiet(Command::new(LABPROOF).arg("run").arg(page).args(["--cluster", "none"]))
    });
    format!(
        "labproof {} ms, bash {} ms, {} ms more",
        ours.as_millis(),
        bash.as_millis(),
        ours.saturating_sub(bash).as_millis()
    )
}

fn plan(folder: &Path) -> String {
    let corpus = std::env::var_os("LABPROOF_CORPUS").map(std::path::PathBuf::from);
    let pages = corpus.unwrap_or_else(|| {
        let pages = folder.join("pages");
        std::fs::create_dir(&pages).unwrap();
        let block = "Some words about what comes next.\n\n```bash wait=5\n$ kubectl get pods -n a \\\n  -o wide\nNAME READY\na-1  1/1\n```\n\n";
        for number in 0..190 {
            let text = format!("---\ntitle: {number}\n---\n\n# {number}\n\n{}", block.repeat(4));
            std::fs::write(pages.join(format!("{number}.md")), text).unwrap();
        }
        pages
    });
    let time = median(|| quiet(Command::new(LABPROOF).arg("plan").arg(&pages)));
    format!("{} ms for {}", time.as_millis(), pages.display())
}

fn gigabyte(folder: &Path) -> String {
    let page = folder.join("gigabyte.md");
    std::fs::write(&page, "```bash\n$ head -c 1000000000 /dev/zero\n```\n").unwrap();
    let started = Instant::now();
    let mut child = silent(Command::new(LABPROOF).arg("run").arg(page).args(["--cluster", "none"]))
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        // The kernel keeps the peak; the last reading before the end has it.
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        peak = peak.max(kilobytes.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(20));
    }
    format!("{:.1} s, {} MB at the most", started.elapsed().as_secs_f32(), peak / 1024)
}

fn cluster() -> String {
    let name = format!("bench-{}", std::process::id());
    let run = |arguments: &[&str]| {
        let status = Command::new(LABPROOF).args(arguments).stdout(Stdio::null()).status().unwrap();
        assert!(status.success(), "{arguments:?}");
    };
    // The first one fills the cache.
    run(&["cluster", "up", "--name", &name, "--yes"]);
    run(&["cluster", "down", "--name", &name]);
    let started = Instant::now();
    run(&["cluster", "up", "--name", &name, "--yes"]);
    let up = started.elapsed();
    let state = labproof::cluster::local::LocalCluster::find(&name).unwrap();
    let kubectl = |arguments: &[&str]| {
        let output = Command::new(state.bin_dir().join("kubectl"))
            .arg("--kubeconfig")
            .arg(state.kubeconfig())
            .args(arguments)
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    kubectl(&["run", "first", "--image=busybox:1.35", "--", "sleep", "60"]);
    while kubectl(&["get", "pod", "first", "-o", "jsonpath={.status.phase}"]) != "Running" {
        std::thread::sleep(Duration::from_millis(50));
    }
    let running = started.elapsed();
    let started = Instant::now();
    run(&["cluster", "down", "--name", &name]);
    format!(
        "{:.1} s (up {:.1} s), down {:.1} s",
        running.as_secs_f32(),
        up.as_secs_f32(),
        started.elapsed().as_secs_f32()
    )
}

fn median(measure: impl Fn() -> Duration) -> Duration {
    let mut times: Vec<Duration> = (0..RUNS).map(|_| measure()).collect();
    times.sort();
    times[RUNS / 2]
}

fn quiet(command: &mut Command) -> Duration {
    let started = Instant::now();
    silent(command).status().unwrap();
    started.elapsed()
}

fn silent(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}
