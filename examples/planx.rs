//! scratch
#![allow(clippy::print_stdout)]
use std::time::Instant;
fn main() {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let mode = args.remove(0);
    let paths: Vec<std::path::PathBuf> = args.iter().map(Into::into).collect();
    for _ in 0..(if mode == "time" { 5 } else { 1 }) {
        let t = Instant::now();
        let plan = labproof::plan::build(&paths, &Default::default());
        let e = t.elapsed();
        match mode.as_str() {
            "json" => println!("{}", labproof::plan::json::to_json(&plan)),
            "text" => {
                println!("{}", labproof::plan::text::render(&plan, false));
                println!("{}", labproof::source::render(&plan.diagnostics, false));
            }
            _ => println!(
                "{e:?} {} labs {} steps",
                plan.labs.len(),
                plan.steps().count()
            ),
        }
    }
}
