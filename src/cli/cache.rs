//! `labproof cluster cache`: what local clusters are made from, listed and cleared away.

use std::path::Path;
use std::time::SystemTime;

use super::args::CacheCommand;
use super::cluster::{self, ended};
use super::exit::Exit;
use super::{interrupt, output, progress};
use crate::cluster::local::{self, Entry, ImageRecipe, LocalError, State};
use crate::report::style::{BOLD, DIM, count, paint};

/// Lists the cache, or removes what is not needed.
pub(super) async fn main(command: CacheCommand) -> Exit {
    match command {
        CacheCommand::List { verify } => match recipes() {
            Ok(recipes) => list(&local::cached(&recipes, verify), verify),
            Err(error) => ended(Err(error)),
        },
        CacheCommand::Prune { all, dry_run } => {
            let cancel = interrupt::token();
            let pruned = tokio::select! {
                pruned = prune(all, dry_run) => pruned,
                () = cancel.cancelled() => return Exit::Interrupted,
            };
            ended(pruned)
        }
    }
}

/// What images may be made from here: the recipes of this folder and labproof's own.
fn recipes() -> Result<Vec<ImageRecipe>, LocalError> {
    let mut recipes = cluster::recipes(&[])?;
    recipes.extend(local::known_images()?);
    Ok(recipes)
}

fn list(entries: &[Entry], in_full: bool) -> Exit {
    let folder = local::cache_folder();
    if entries.is_empty() {
        output::stdout(&format!("nothing is in {}\n", folder.display()));
    }
    let mut exit = Exit::Good;
    for entry in entries {
        output::stdout(&format!(
            "{:>9}  {}  {}\n",
            megabytes(entry.size),
            paint(BOLD, &entry.what),
            paint(DIM, &inside(&entry.path, &folder)),
        ));
        let mut notes = vec![format!("last used {}", ago(entry.last_used))];
        if !entry.used_by.is_empty() {
            notes.push(format!("in use by {}", entry.used_by.join(", ")));
        }
        notes.extend(entry.stale.map(str::to_owned));
        notes.push(match &entry.state {
            State::Whole => "complete".to_owned(),
            State::Unrecorded => "made by an older labproof, which kept no checksums".to_owned(),
            State::Unfinished => "the next `cluster up` goes on with it".to_owned(),
            State::Changed(path) => {
                exit = Exit::Broken;
                format!("CHANGED since it was put there: {}", inside(path, &folder))
            }
        });
        output::stdout(&format!("           {}\n", notes.join("; ")));
        if !entry.made_from.is_empty() {
            let from = match &*entry.made_from {
                many @ [_, _, ..] if !in_full => count(many.len(), "package"),
                whole => whole.join(" "),
            };
            output::stdout(&paint(DIM, &format!("           from {from}\n")));
        }
    }
    if !entries.is_empty() {
        let total = entries.iter().map(|entry| entry.size).sum();
        output::stdout(&format!(
            "{:>9}  in {}\n",
            megabytes(total),
            folder.display()
        ));
    }
    exit
}

async fn prune(all: bool, dry_run: bool) -> Result<(), LocalError> {
    let recipes = recipes()?;
    let shown = progress::Shown::new();
    let gone = local::prune(&recipes, all, dry_run, &shown).await;
    shown.finish();
    let gone = gone?;
    for entry in &gone {
        output::stdout(&format!(
            "{} {:>9}  {}\n",
            if dry_run { "would remove" } else { "removed" },
            megabytes(entry.size),
            entry.what
        ));
    }
    if gone.is_empty() {
        output::stdout("there is nothing to remove\n");
    }
    Ok(())
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn inside(path: &Path, folder: &Path) -> String {
    let path = path.strip_prefix(folder).unwrap_or(path);
    path.display().to_string()
}

fn ago(time: Option<SystemTime>) -> String {
    let Some(elapsed) = time.and_then(|time| time.elapsed().ok()) else {
        return "at an unknown time".to_owned();
    };
    match elapsed.as_secs() / 60 {
        0 => "just now".to_owned(),
        minutes if minutes < 120 => format!("{minutes} min ago"),
        minutes if minutes < 48 * 60 => format!("{} h ago", minutes / 60),
        minutes => format!("{} days ago", minutes / 60 / 24),
    }
}
