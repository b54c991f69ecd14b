//! `labproof compare`: the matcher by itself.

use std::path::Path;

use super::args::CompareArgs;
use super::exit::Exit;
use super::output;
use crate::expect::{self, Bindings, Happened, Shown};

/// Explains one pair, or judges many.
pub(super) fn main(args: &CompareArgs) -> Exit {
    match (&args.pairs, &args.expected, &args.actual) {
        (Some(pairs), _, _) => many(pairs),
        (None, Some(expected), Some(actual)) => one(args, expected, actual),
        // clap requires one form or the other.
        (None, _, _) => Exit::Invalid,
    }
}

fn one(args: &CompareArgs, expected: &Path, actual: &Path) -> Exit {
    let (Some(shown), Some(printed)) = (read(expected), read(actual)) else {
        return Exit::Invalid;
    };
    let judgement = expect::judge(
        Shown::new(&args.command, &shown),
        Happened {
            text: &printed,
            stdout: None,
            exit_code: args.exit_code,
        },
        &Bindings::default(),
    );
    let names = [expected, actual].map(|path| path.display().to_string());
    output::stdout(&expect::explain(&judgement, &names[0], &names[1]));
    if judgement.agrees {
        Exit::Good
    } else {
        Exit::Failed
    }
}

fn many(path: &Path) -> Exit {
    let file = match std::fs::File::open(path) {
        Ok(file) => std::io::BufReader::new(file),
        Err(error) => {
            output::error(&format!("{}: cannot be read: {error}", path.display()));
            return Exit::Invalid;
        }
    };
    match expect::pairs::judge_all(file, std::io::stdout().lock()) {
        Ok(_) => Exit::Good,
        Err(error) => {
            output::error(&format!("{}: {error}", path.display()));
            Exit::Invalid
        }
    }
}

fn read(path: &Path) -> Option<String> {
    match std::fs::read(path) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) => {
            output::error(&format!("{}: cannot be read: {error}", path.display()));
            None
        }
    }
}
