//! What a judgement costs. `cargo bench --bench matcher` prints a line a case; with `LABPROOF_PAIRS=FILE.jsonl` it
//! judges those pairs instead and writes the verdicts to `LABPROOF_VERDICTS` (default: nowhere).

#![allow(clippy::print_stdout, missing_docs)]

use std::fs::File;
use std::io::{BufReader, sink};
use std::time::Instant;

use labproof::expect::{Bindings, Happened, Shown, judge, pairs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if let Ok(path) = std::env::var("LABPROOF_PAIRS") {
        let input = BufReader::new(File::open(&path)?);
        let start = Instant::now();
        let tally = match std::env::var("LABPROOF_VERDICTS") {
            Ok(path) => pairs::judge_all(input, File::create(path)?)?,
            Err(_) => pairs::judge_all(input, sink())?,
        };
        println!(
            "{path}: {} pass, {} fail in {:.1?}",
            tally.passed,
            tally.failed,
            start.elapsed()
        );
        return Ok(());
    }
    let rows = 2_000;
    case(
        "table of 2,000 rows, another run",
        "kubectl get pods",
        &table(rows, 0),
        &table(rows, 7),
        true,
    );
    let broken = table(rows, 7).replacen("1/1", "0/1", 1);
    case(
        "the same, one pod not ready",
        "kubectl get pods",
        &table(rows, 0),
        &broken,
        false,
    );
    case(
        "the same, all not ready",
        "kubectl get pods",
        &table(rows, 0),
        &table(rows, 7).replace("1/1", "0/1"),
        false,
    );
    case(
        "the same with masks",
        "kubectl get pods",
        &table(rows, 0).replace("5774b8d5f4", "xxxxxxxxxx"),
        &table(rows, 7),
        true,
    );
    let log = log(50_000);
    let ten: Vec<&str> = log.lines().step_by(5_000).collect();
    case(
        "10 lines in a log of 50,000, elided",
        "kubectl logs a",
        &format!("[...]\n{}\n[...]", ten.join("\n[...]\n")),
        &log,
        true,
    );
    case(
        "10 lines against a log of 50,000",
        "kubectl logs a",
        &ten.join("\n"),
        &log,
        false,
    );
    case(
        "a log of 50,000 against itself",
        "kubectl logs a",
        &log,
        &log,
        true,
    );
    let big = log.repeat(100 * 1024 * 1024 / log.len() + 1);
    case(
        "10 lines in 100 MB, elided",
        "kubectl logs a",
        &format!("[...]\n{}\nnever", ten.join("\n[...]\n")),
        &big,
        false,
    );
    case(
        "a table in 100 MB",
        "kubectl get pods",
        &table(10, 0),
        &big,
        false,
    );
    case(
        "JSON in 100 MB",
        "kubectl get pods -o json",
        "{\"a\": 1}",
        &big,
        false,
    );
    let same = "a\n".repeat(20_000);
    case(
        "1,000 equal lines in 20,000, then another",
        "x",
        &format!("[...]\n{}b\n[...]", "a\n".repeat(1_000)),
        &same,
        false,
    );
    case(
        "masked lines in 20,000",
        "x",
        &format!("[...]\n{}[...]", "a xxxx\n".repeat(100)),
        &"a b\n".repeat(20_000).replacen("a b", "a c d", 3),
        true,
    );
    case(
        "100,000 brackets",
        "x",
        &"[".repeat(100_000),
        &"[".repeat(100_000),
        true,
    );
    case(
        "200 parts left out of a line of 100,000",
        "x",
        &format!("{}b", "[...]a".repeat(200)),
        &"a".repeat(100_000),
        false,
    );
    case(
        "a deep YAML",
        "kubectl get a -o yaml",
        &deep(3_000),
        &deep(3_000),
        true,
    );
    let pods = format!(
        "[{}]",
        vec!["{\"name\":\"a\",\"conditions\":[{\"type\":\"x\"},{\"type\":\"y\"}]}"; 20_000]
            .join(",")
    );
    case("JSON of 20,000 objects", "curl a", &pods, &pods, true);
    Ok(())
}

fn case(name: &str, command: &str, shown: &str, actual: &str, agrees: bool) {
    let start = Instant::now();
    let judgement = judge(
        Shown::new(command, shown),
        Happened {
            text: actual,
            stdout: None,
            exit_code: 0,
        },
        &Bindings::default(),
    );
    let time = start.elapsed();
    let unexpected = if judgement.agrees == agrees {
        ""
    } else {
        "  UNEXPECTED VERDICT"
    };
    println!("{:>10.1?}  {name}{unexpected}", time);
}

/// Pods of 20 ReplicaSets; `run` changes everything that is chance.
fn table(rows: usize, run: usize) -> String {
    const SAFE: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut out =
        "NAME                                READY   STATUS    RESTARTS   AGE\n".to_owned();
    for row in 0..rows {
        let set = row % 20;
        let hash = if run == 0 {
            format!("5774b8d{}f4", SAFE[20 + set % 7] as char)
        } else {
            format!("66f4b8{}c96", SAFE[20 + set % 7] as char)
        };
        let suffix: String = (0..5)
            .map(|i| SAFE[(row * 31 + run + row / 27usize.pow(i)) % 27] as char)
            .collect();
        out.push_str(&format!(
            "app{set}-{hash}-{suffix}   1/1     Running   0          {}s\n",
            row % 60 + run
        ));
    }
    out
}

fn log(lines: usize) -> String {
    (0..lines)
        .map(|n| {
            format!(
                "2026-11-21T00:46:51.{:03}Z INFO [worker-{}] request {n} from 10.1.2.3 took {}ms\n",
                n % 1000,
                n % 7,
                n % 90
            )
        })
        .collect()
}

fn deep(levels: usize) -> String {
    (0..levels)
        .map(|n| format!("{}a:\n", " ".repeat(n)))
        .collect()
}
