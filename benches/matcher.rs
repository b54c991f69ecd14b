//! What a judgement costs. `cargo bench --bench matcher` prints figures; with `LABPROOF_PAIRS=FILE.jsonl` it
//! judges those pairs and writes the verdicts to `LABPROOF_VERDICTS` (default: nowhere).

#![allow(clippy::print_stdout, missing_docs)]

use std::fs::File;
use std::io::{BufReader, sink};
use std::time::Instant;

use labproof::expect::pairs;

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
    }
    Ok(())
}
