//! `labproof learn`: a lab step by step, at the pace of whoever sits at the keyboard.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::args::LearnArgs;
use super::exit::Exit;
use super::rehearse::Extent;
use super::{output, rehearse};
use crate::event::{LabRecord, RunRecord, Verdict};
use crate::page::{Page, Step, text_start};
use crate::plan::Plan;
use crate::report::learner::Learner;
use crate::report::style::{BOLD, DIM, count, paint, wrapped};
use crate::run::{Pace, Wish};
use crate::source::{SourceFile, Span, nearest};

const KEYS: &str = "Enter runs the command that is shown. Anything else you type runs in the same shell, as often as \
you like.\n:skip passes over the step, :quit (or Ctrl-D) leaves, :help says this again.\n";

/// Columns beyond which a line is hard to read.
const WIDEST: usize = 100;

/// Goes through the lab of the path.
pub(super) async fn main(args: LearnArgs) -> Exit {
    let rehearsal = match rehearse::plan(&args.rehearse).await {
        Ok(rehearsal) => rehearsal,
        Err(exit) => return exit,
    };
    if let Err(problem) = fits(&rehearsal.plan, args.from.as_deref()) {
        output::error(&problem);
        return Exit::Invalid;
    }
    output::stdout(&format!(
        "{}\n{}\n",
        paint(BOLD, &rehearsal.plan.labs[0].title),
        paint(DIM, KEYS)
    ));
    let hand = Arc::new(Hand::new(args.from));
    let extent = Extent {
        pace: Some(hand.clone()),
        ..Extent::default()
    };
    let learner = Learner::new(anstream::stdout(), output::is_watched());
    let (record, exit) =
        rehearse::rehearse(&args.rehearse, &rehearsal, extent, vec![Box::new(learner)]).await;
    let place = hand.place();
    let at = match place.left || exit == Exit::Interrupted {
        true => place.asked.clone(),
        false => None,
    };
    drop(place);
    if at.is_none() && record.broken.is_none() {
        output::stdout(&hand.place().turn(None));
    }
    let steps = rehearsal.plan.steps();
    let steps = steps.filter(|(_, _, step)| step.skip.is_none()).count();
    output::stdout(&ending(&record, steps, at, &args.rehearse.paths[0]));
    exit
}

/// Whether the plan is one lab, with the step to begin at.
fn fits(plan: &Plan, from: Option<&str>) -> Result<(), String> {
    if plan.labs.len() != 1 {
        let labs: Vec<String> = plan
            .labs
            .iter()
            .map(|lab| lab.path.display().to_string())
            .collect();
        return Err(format!(
            "one lab is learnt at a time, and here are {}\nnext: name one of them: {}",
            labs.len(),
            labs.join(", ")
        ));
    }
    let ids: Vec<&str> = plan
        .steps()
        .filter(|(_, _, step)| step.skip.is_none())
        .map(|(_, _, step)| step.id.as_str())
        .collect();
    match from {
        Some(from) if !ids.contains(&from) => Err(match nearest(from, ids.iter().copied()) {
            Some(near) => format!("no step \"{from}\" runs here\nnext: did you mean \"{near}\"?"),
            None => format!(
                "no step \"{from}\" runs here\nnext: `labproof plan` shows the names of all"
            ),
        }),
        _ => Ok(()),
    }
}

/// The last words: how far it went of so many `steps`, and how to go on at the one where it was left.
fn ending(record: &RunRecord, steps: usize, at: Option<String>, path: &Path) -> String {
    if let Some(broken) = &record.broken {
        return format!("{broken}\n");
    }
    let of = steps;
    let steps = || {
        record
            .labs
            .iter()
            .flat_map(|lab| &lab.pages)
            .flat_map(|page| &page.steps)
    };
    let done = steps()
        .filter(|step| step.verdict != Verdict::Skipped)
        .count();
    let bad = steps()
        .filter(|step| step.verdict >= Verdict::Broken)
        .count();
    let mut text = format!("\n{} done of {}", count(done, "step"), of);
    if bad > 0 {
        text.push_str(&format!(", {bad} of them not as the page shows"));
    }
    let restored = |lab: &LabRecord| {
        lab.broken.is_none() && lab.leftovers.iter().all(|leftover| leftover.restored)
    };
    if record.cluster.profile != "none" && record.labs.iter().all(restored) {
        text.push_str("; the cluster is as it was before");
    }
    text.push('\n');
    if let Some(step) = at {
        text.push_str(&format!(
            "to go on here: labproof learn {} --from {step}\n",
            path.display()
        ));
    }
    text
}

/// Whoever sits at the keyboard.
#[derive(Debug)]
struct Hand {
    /// Lines that were typed; read from the first question on.
    typed: tokio::sync::Mutex<Option<UnboundedReceiver<String>>>,
    place: Mutex<Place>,
}

/// How far the pages have been shown.
#[derive(Debug, Default)]
struct Place {
    /// The step to go to without asking.
    from: Option<String>,
    page: Option<SourceFile>,
    /// Bytes of the page that have been shown.
    shown: usize,
    /// The step of the last question.
    asked: Option<String>,
    /// Whoever was asked wants no more.
    left: bool,
}

impl Hand {
    fn new(from: Option<String>) -> Self {
        Self {
            typed: tokio::sync::Mutex::default(),
            place: Mutex::new(Place {
                from,
                ..Place::default()
            }),
        }
    }

    fn place(&self) -> std::sync::MutexGuard<'_, Place> {
        self.place.lock().expect("no holder panics")
    }

    /// The next line, asked for with a prompt; `None` at the end of the input.
    async fn line(&self) -> Option<String> {
        output::stdout(&paint(DIM, "[Enter] > "));
        let _ = std::io::stdout().flush();
        let mut typed = self.typed.lock().await;
        typed.get_or_insert_with(keyboard).recv().await
    }
}

/// Lines of stdin. A thread of its own, which nothing waits for: a read from a terminal cannot be called off.
fn keyboard() -> UnboundedReceiver<String> {
    let (send, typed) = unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            let Ok(line) = line else { break };
            if send.send(line).is_err() {
                break;
            }
        }
    });
    typed
}

impl Place {
    /// Whether a step is reached that is asked for.
    fn is_reached(&mut self, step: &Step) -> bool {
        if self.from.as_deref() == Some(step.id.as_str()) {
            self.from = None;
        }
        self.from.is_none()
    }

    /// What the pages say up to a step, its own block left out.
    fn up_to(&mut self, page: &Page, step: &Step) -> String {
        let mut text = match &self.page {
            Some(open) if open.path() == page.file.path() => String::new(),
            _ => self.turn(Some(&page.file)),
        };
        let span = Span::new(self.shown.min(step.span.start), step.span.start);
        text.push_str(page.file.slice(span));
        self.shown = step.span.end;
        prose(&text)
    }

    /// What is left of the page that is open; another one is opened in its place.
    fn turn(&mut self, next: Option<&SourceFile>) -> String {
        let rest = self.page.as_ref().map(|file| {
            file.slice(Span::new(self.shown, file.text().len()))
                .to_owned()
        });
        self.page = next.cloned();
        self.shown = next.map_or(0, text_start);
        rest.map(|rest| prose(&rest)).unwrap_or_default()
    }
}

/// Text of a page as wide as the terminal, headings standing out.
fn prose(text: &str) -> String {
    let width = output::width().unwrap_or(WIDEST).min(WIDEST);
    let lines: Vec<String> = paragraphs(text.trim())
        .iter()
        .flat_map(|paragraph| match paragraph.starts_with('#') {
            true => vec![paint(BOLD, paragraph)],
            false if is_sentence(paragraph) => wrapped(paragraph, width),
            false => vec![paragraph.clone()],
        })
        .collect();
    match lines.is_empty() {
        true => String::new(),
        false => format!("\n{}\n", lines.join("\n")),
    }
}

/// Whether a line is neither empty nor one that must stand by itself.
fn is_sentence(line: &str) -> bool {
    !line.starts_with("```")
        && line.starts_with(|first: char| first.is_alphabetic() || "`*_(".contains(first))
}

/// The lines of a text, those of a paragraph put together; blocks, lists and tables stay as they are.
fn paragraphs(text: &str) -> Vec<String> {
    let fence = |line: &str| line.trim_start().starts_with("```");
    let mut joined: Vec<String> = Vec::new();
    let (mut in_block, mut in_paragraph) = (false, false);
    for line in text.lines() {
        let goes_on = !in_block && !fence(line) && is_sentence(line);
        match joined.last_mut() {
            Some(last) if goes_on && in_paragraph => {
                last.push(' ');
                last.push_str(line);
            }
            _ => joined.push(line.to_owned()),
        }
        in_block ^= fence(line);
        in_paragraph = goes_on;
    }
    joined
}

#[async_trait]
impl Pace for Hand {
    async fn wish(&self, page: &Page, step: &Step, command: usize) -> Wish {
        if !self.place().is_reached(step) {
            // What stands before the step that is asked for has been read.
            self.place().up_to(page, step);
            return Wish::Run;
        }
        self.place().asked = Some(step.id.clone());
        if command == 0 {
            let text = self.place().up_to(page, step);
            output::stdout(&text);
        }
        let text = step.commands[command].text.trim();
        output::stdout(&format!("\n{}\n", paint(BOLD, &format!("$ {text}"))));
        loop {
            let Some(typed) = self.line().await else {
                output::stdout("\n");
                self.place().left = true;
                return Wish::Leave;
            };
            match typed.trim() {
                "" => return Wish::Run,
                same if same == text => return Wish::Run,
                ":skip" => return Wish::Skip,
                ":quit" => {
                    self.place().left = true;
                    return Wish::Leave;
                }
                ":help" => output::stdout(&paint(DIM, KEYS)),
                other => return Wish::Try(other.to_owned()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_put_together_and_nothing_else_is() {
        let text = "# A\none\ntwo\n\n- a\n- b\n\n```text\nx\ny\n```\nthree\nfour";
        let expected = "# A|one two||- a|- b||```text|x|y|```|three four";
        assert_eq!(paragraphs(text).join("|"), expected);
    }

    #[test]
    fn the_front_matter_is_not_for_reading() {
        let front_matter = |text: &str| text_start(&SourceFile::new("page.md", text));
        assert_eq!(front_matter("---\na: b\n---\n# T\n"), 13);
        assert_eq!(front_matter("# T\n---\n"), 0);
        assert_eq!(front_matter("---\nnever closed\n"), 0);
        assert_eq!(front_matter("+++\na = 1\n+++\n# T\n"), 14);
    }
}
