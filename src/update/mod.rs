//! The plan and the record of its run → the new text of every page whose shown output is stale.
//!
//! Entry point: [`pages`]. Steps: whether what a command printed may become the page's truth (`trust`); new text for
//! its block (`block`, by `table` or by `merge` and `word`, in the page's own `tokens`), kept only if the matcher judges it
//! to agree; the new text of the file (`file`). Nothing is written here.

mod block;
mod file;
mod merge;
mod table;
mod tokens;
mod trust;
mod word;

use std::path::PathBuf;

use crate::event::{CommandRecord, MASK, PageRecord, RunRecord};
use crate::expect::{self, Bindings, Happened, Shown};
use crate::page::{Expected, Page, Step};
use crate::plan::Plan;
use trust::Trust;

/// A line of a new block.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// A line of the old block, from 0, as it is.
    Kept(usize),
    /// Another text.
    New(String),
}

impl Piece {
    fn text<'a>(&'a self, old: &[&'a str]) -> &'a str {
        match self {
            Piece::Kept(line) => old.get(*line).copied().unwrap_or_default(),
            Piece::New(text) => text,
        }
    }
}

/// The text of a new block.
fn text_of(lines: &[Piece], old: &[&str]) -> String {
    let lines: Vec<&str> = lines.iter().map(|piece| piece.text(old)).collect();
    lines.join("\n")
}

/// What became of a page.
#[derive(Debug)]
pub struct PageUpdate {
    /// Its file.
    pub path: PathBuf,
    /// Text that the plan was made from.
    pub old: String,
    /// Text that it should have; the same where nothing changes.
    pub new: String,
    /// Every block that is stale, and every command that failed, in page order.
    pub blocks: Vec<BlockUpdate>,
}

/// What became of one stale block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockUpdate {
    /// Line of the shown output, or of the command where it shows none.
    pub line: usize,
    /// Why it was left alone; `None`: it is rewritten.
    pub left_alone: Option<String>,
}

/// The new text of every page of the plan. `accept`: what failed commands printed is the truth too.
pub fn pages(plan: &Plan, record: &RunRecord, accept: bool) -> Vec<PageUpdate> {
    let mut updates = Vec::new();
    for (lab, lab_record) in plan.labs.iter().zip(&record.labs) {
        let mut trust = Trust::new(accept);
        for (page, page_record) in lab.pages.iter().zip(&lab_record.pages) {
            updates.push(update(page, page_record, &mut trust));
        }
    }
    updates
}

/// A block with what is to be done about it.
struct Stale<'a> {
    expected: &'a Expected,
    new: Result<Vec<Piece>, String>,
}

fn update(page: &Page, record: &PageRecord, trust: &mut Trust) -> PageUpdate {
    let mut blocks: Vec<BlockUpdate> = Vec::new();
    let mut stale: Vec<Stale<'_>> = Vec::new();
    let mut bindings = Bindings::default();
    for (step, step_record) in page.steps.iter().zip(&record.steps) {
        trust.note_checks(&record.path, &step_record.checks);
        for (index, ran) in step_record.commands.iter().enumerate() {
            let shown = step
                .commands
                .get(index)
                .and_then(|command| command.expected.as_ref());
            let failure = trust.failure(ran);
            match shown {
                Some(expected) if compared(ran) => {
                    let last = index + 1 == step.commands.len();
                    if let Some(new) = renew(step, index, last, expected, ran, trust, &mut bindings)
                    {
                        stale.push(Stale { expected, new });
                    }
                }
                _ => blocks.extend(failure.map(|reason| BlockUpdate {
                    line: ran.line,
                    left_alone: Some(reason),
                })),
            }
            trust.note(&record.path, ran);
        }
    }
    let fresh: Vec<(usize, file::New<'_>)> = stale
        .iter()
        .enumerate()
        .filter_map(|(at, block)| {
            let lines = block.new.as_ref().ok()?;
            let expected = block.expected;
            Some((at, file::New { expected, lines }))
        })
        .collect();
    let (places, fresh): (Vec<usize>, Vec<file::New<'_>>) = fresh.into_iter().unzip();
    let (new, bad) = file::place(page, &fresh);
    let unfit: Vec<usize> = bad.into_iter().map(|index| places[index]).collect();
    blocks.extend(stale.iter().enumerate().map(|(at, block)| BlockUpdate {
        line: block.expected.line,
        left_alone: match &block.new {
            Err(reason) => Some(reason.clone()),
            Ok(_) if unfit.contains(&at) => {
                Some("the page would be read as something else with it".to_owned())
            }
            Ok(_) => None,
        },
    }));
    blocks.sort_by_key(|block| block.line);
    PageUpdate {
        path: page.file.path().to_owned(),
        old: page.file.text().to_owned(),
        new,
        blocks,
    }
}

/// Whether the output of a command was held against the page.
fn compared(ran: &CommandRecord) -> bool {
    ran.checks.iter().any(|check| check.kind == "output")
}

/// New lines for a block, or why there are none; nothing where the block agrees as it is.
fn renew(
    step: &Step,
    index: usize,
    last: bool,
    expected: &Expected,
    ran: &CommandRecord,
    trust: &Trust,
    bindings: &mut Bindings,
) -> Option<Result<Vec<Piece>, String>> {
    let happened = Happened {
        text: &ran.output,
        stdout: None,
        exit_code: ran.exit_code.unwrap_or(0),
    };
    let shown = Shown::of(step, &step.commands[index].text, &expected.text, last);
    let judgement = expect::judge(shown, happened, bindings);
    if !trust::output_failed(ran) {
        if judgement.agrees {
            *bindings = judgement.bindings;
        }
        return None;
    }
    if let Some(reason) = trust.against(step, ran, &expected.text) {
        return Some(Err(reason));
    }
    let Some(new) = block::rewrite(shown, happened, bindings) else {
        return Some(Err(
            "no text that keeps the author's notation agrees with what was printed".to_owned(),
        ));
    };
    let old: Vec<&str> = expected.text.lines().collect();
    let masked = |piece: &Piece| matches!(piece, Piece::New(text) if text.contains(MASK));
    if new.lines.iter().any(masked) {
        return Some(Err("a secret was printed; it is not written".to_owned()));
    }
    if ran.exit_code.is_some_and(|code| code != 0)
        && trust::failed(ran)
        && new.judgement.rule != "error"
    {
        return Some(Err(
            "it failed, and what it printed does not say so".to_owned()
        ));
    }
    if text_of(&new.lines, &old) == expected.text {
        return Some(Err("what was printed changes from run to run".to_owned()));
    }
    *bindings = new.judgement.bindings;
    Some(Ok(new.lines))
}
