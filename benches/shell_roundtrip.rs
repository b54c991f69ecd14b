//! What a command costs through a session, against bash running the same lines as one script; and
//! what large output costs. Prints figures, asserts nothing.
#![allow(clippy::print_stdout)]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use labproof::shell::{Limits, Session, SessionOptions};

const COMMANDS: usize = 1000;
const ROUNDS: usize = 7;

fn main() {
    let threads = tokio::runtime::Runtime::new().expect("a runtime");
    let single = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let commands: Vec<String> = (0..COMMANDS).map(|n| format!("echo line {n}")).collect();
    let bash = best(|| script(&commands));
    println!("{COMMANDS} echo: bash {:.1} ms", ms(bash));
    for (name, runtime) in [("multi-thread", &threads), ("current-thread", &single)] {
        let session = best(|| runtime.block_on(through_session(&commands)));
        println!(
            "{COMMANDS} echo: session ({name}) {:.1} ms, {:.1} ms more, ratio {:.1}",
            ms(session),
            ms(session) - ms(bash),
            session.as_secs_f64() / bash.as_secs_f64()
        );
    }
    let empty = best(|| threads.block_on(through_session(&[])));
    println!("a session without commands: {:.1} ms", ms(empty));
    for command in [
        "head -c 200M /dev/zero",
        "head -c 1G /dev/zero",
        "yes | head -c 200M",
        "for i in {1..20000}; do echo out; echo err >&2; done",
    ] {
        let time = threads.block_on(through_session(&[command.to_string()]));
        println!(
            "{command}: {:.2} s, peak memory {} MB",
            time.as_secs_f64(),
            peak_mb()
        );
    }
}

fn best(mut run: impl FnMut() -> Duration) -> Duration {
    (0..ROUNDS).map(|_| run()).min().unwrap_or_default()
}

/// With its output through a pipe to a reader, as anybody who compares output needs it.
fn script(commands: &[String]) -> Duration {
    let begun = Instant::now();
    let output = Command::new("bash")
        .args(["--noprofile", "--norc", "-c", &commands.join("\n")])
        .stdin(Stdio::null())
        .output()
        .expect("bash");
    assert!(output.status.success());
    begun.elapsed()
}

async fn through_session(commands: &[String]) -> Duration {
    let begun = Instant::now();
    let mut session = Session::start(SessionOptions::new("/"))
        .await
        .expect("a session");
    for command in commands {
        let limits = Limits::within(Duration::from_secs(60));
        session.run(command, limits).await.expect("an outcome");
    }
    session.end().await;
    begun.elapsed()
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|value| value.trim().trim_end_matches(" kB").parse::<u64>().ok())
        .map_or(0, |kb| kb / 1024)
}
