//! Starts programs, keeps them running, and reaps what others leave behind.
//!
//! A program that ends is started again, unless it ends over and over; while the cluster starts, that
//! is soon.

use std::collections::VecDeque;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitOptions, waitpid};
use tokio::process::Child;
use tokio::sync::mpsc;

use super::component::Component;
use super::environment::Environment;
use super::log::{BoundedLog, pump};
use super::spec::{GAVE_UP, NodeFault};
use crate::cluster::Disk;
use crate::cluster::local::error::{LocalError, last_words};
use crate::cluster::local::paths::StateDir;

/// A program that ended and is not started again.
#[derive(Debug)]
pub(crate) struct Death {
    pub(crate) component: String,
    pub(crate) status: String,
}

/// What all programs of the node have in common.
#[derive(Clone)]
pub(crate) struct Supervisor {
    state: StateDir,
    environment: Environment,
    started: Arc<AtomicBool>,
    children: Arc<Mutex<Vec<u32>>>,
    deaths: mpsc::UnboundedSender<Death>,
    journal: Arc<Mutex<BoundedLog>>,
    faults: Arc<Mutex<VecDeque<NodeFault>>>,
}

/// How many faults are remembered; the log has more.
const REMEMBERED: usize = 100;

/// More ends than this within [`WINDOW`] and a program is given up.
const RESTARTS: usize = 5;
/// The same while the cluster starts: on a slow machine one may lose patience with another.
const RESTARTS_AT_START: usize = 4;
const WINDOW: Duration = Duration::from_secs(60);

/// How often it is looked whether the node's disk is full: one system call.
const LOOK: Duration = Duration::from_millis(250);
/// A disk that was full less than this ago still is: it filled up again at once.
const STILL: Duration = Duration::from_secs(5);
/// How often it is looked, at most, before a program is started on a full disk all the same.
const LOOKS: usize = 12;
/// What is told of a full disk is told of this.
const DISK: &str = "the node's disk";

/// How often the node looks around.
const ROUND: Duration = Duration::from_secs(2);
/// A round that takes this much longer means that the node stood still; a machine that is merely busy takes less.
const STANDSTILL: Duration = Duration::from_secs(4);

impl Supervisor {
    /// A supervisor, and where it tells of programs that it gave up.
    pub(crate) fn new(
        state: &StateDir,
        environment: &Environment,
        journal: Arc<Mutex<BoundedLog>>,
    ) -> (Self, mpsc::UnboundedReceiver<Death>) {
        let (deaths, receiver) = mpsc::unbounded_channel();
        let supervisor = Self {
            state: state.clone(),
            environment: environment.clone(),
            started: Arc::default(),
            children: Arc::default(),
            deaths,
            journal,
            faults: Arc::default(),
        };
        (supervisor, receiver)
    }

    /// From now on a program may end more often before it is given up.
    pub(crate) fn keep_running(&self) {
        self.started.store(true, Ordering::Relaxed);
    }

    /// Starts a program and watches it.
    pub(crate) fn start(&self, component: &Component) -> Result<(), LocalError> {
        let log = Arc::new(Mutex::new(BoundedLog::create(
            &self.state.log(&component.name),
        )));
        let child = self.spawn(component, &log)?;
        tokio::spawn(self.clone().watch(component.clone(), child, log));
        Ok(())
    }

    fn spawn(
        &self,
        component: &Component,
        log: &Arc<Mutex<BoundedLog>>,
    ) -> Result<Child, LocalError> {
        let mut command = self
            .environment
            .command(component.member, &component.program);
        command.args(&component.arguments);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(LocalError::io("run", &component.program))?;
        self.children
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .extend(child.id());
        if let Some(output) = child.stdout.take() {
            tokio::spawn(pump(output, log.clone()));
        }
        if let Some(errors) = child.stderr.take() {
            tokio::spawn(pump(errors, log.clone()));
        }
        self.note(&format!(
            "started {} as process {:?}",
            component.name,
            child.id()
        ));
        Ok(child)
    }

    async fn watch(self, component: Component, mut child: Child, log: Arc<Mutex<BoundedLog>>) {
        let mut ends: Vec<Instant> = Vec::new();
        loop {
            let id = child.id();
            let status = match child.wait().await {
                Ok(status) => status.to_string(),
                Err(error) => error.to_string(),
            };
            if let Ok(mut children) = self.children.lock() {
                children.retain(|child| Some(*child) != id);
            }
            self.note(&format!("{} ended: {status}", component.name));
            self.remember(
                &component.name,
                format!("ended ({status}) and was started again"),
            );
            ends.retain(|end| end.elapsed() < WINDOW);
            ends.push(Instant::now());
            // Its last words come through a pipe.
            tokio::time::sleep(Duration::from_millis(200)).await;
            if self.is_disk_full() {
                // It did not end by its own fault, and would end again.
                ends.clear();
                self.wait_for_room().await;
            }
            let restarts = if self.started.load(Ordering::Relaxed) {
                RESTARTS
            } else {
                RESTARTS_AT_START
            };
            let again = ends.len() <= restarts;
            match again.then(|| self.spawn(&component, &log)) {
                Some(Ok(next)) => child = next,
                Some(Err(error)) => return self.give_up(&component, &error.to_string()),
                None => return self.give_up(&component, &status),
            }
        }
    }

    fn give_up(&self, component: &Component, status: &str) {
        let text = std::fs::read(self.state.log(&component.name)).unwrap_or_default();
        let words = last_words(&String::from_utf8_lossy(&text));
        let words = words.lines().next().unwrap_or("no last words");
        self.note(&format!(
            "{GAVE_UP}{}: it ended too often, the last time with {status}; it said: {words}",
            component.name
        ));
        let _ = self.deaths.send(Death {
            component: component.name.clone(),
            status: status.to_owned(),
        });
    }

    /// Adds a line to the node's own log.
    pub(crate) fn note(&self, text: &str) {
        if let Ok(mut journal) = self.journal.lock() {
            journal.line(&format!("{:.3} {text}", jiff::Timestamp::now()));
        }
    }

    /// What went wrong since the cluster was ready, in the order of time.
    pub(crate) fn faults(&self) -> Vec<NodeFault> {
        self.is_disk_full();
        let faults = self.faults.lock();
        let faults = faults.unwrap_or_else(std::sync::PoisonError::into_inner);
        faults.iter().cloned().collect()
    }

    fn remember(&self, component: &str, what: String) {
        if !self.started.load(Ordering::Relaxed) {
            return;
        }
        if let Ok(mut faults) = self.faults.lock() {
            if faults.len() == REMEMBERED {
                faults.pop_front();
            }
            faults.push_back(NodeFault {
                component: component.to_owned(),
                what,
                at: jiff::Timestamp::now(),
                until: None,
            });
        }
    }

    /// Looks for ever whether the disk is full.
    pub(crate) async fn watch_disk(self) {
        loop {
            self.is_disk_full();
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Whether the node's disk is full now; that it is, is remembered as one fault for as long as it lasts.
    fn is_disk_full(&self) -> bool {
        let Some(disk) = Disk::full(Path::new("/")) else {
            return false;
        };
        let now = jiff::Timestamp::now();
        let faults = self.faults.lock();
        let mut faults = faults.unwrap_or_else(std::sync::PoisonError::into_inner);
        let before = now.checked_sub(STILL).unwrap_or(now);
        let what = format!("was {} (", disk.lack());
        let lasts = |fault: &&mut NodeFault| {
            fault.component == DISK && fault.what.starts_with(&what) && fault.last_seen() >= before
        };
        match faults.iter_mut().rev().find(lasts) {
            Some(lasts) => lasts.until = Some(now),
            None => {
                drop(faults);
                let what = format!("{what}{})", disk.state());
                self.note(&format!("{DISK} {what}"));
                self.remember(DISK, what);
            }
        }
        true
    }

    async fn wait_for_room(&self) {
        for _ in 0..LOOKS {
            if !self.is_disk_full() {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Reaps orphans for ever: as the first process, the node inherits every process whose parent ends.
    pub(crate) async fn reap(self) {
        let mut seen: Vec<Pid> = Vec::new();
        loop {
            let begun = Instant::now();
            tokio::time::sleep(ROUND).await;
            let late = begun.elapsed().saturating_sub(ROUND);
            if late >= STANDSTILL {
                self.remember("the node", format!("stood still for {} s", late.as_secs()));
            }
            let children = self
                .children
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .clone();
            let ended = orphans(&children);
            // The node's own helpers are reaped at once by whoever waits for them; what is still there
            // at a second look is nobody's.
            for orphan in ended.iter().filter(|orphan| seen.contains(orphan)) {
                let _ = waitpid(Some(*orphan), WaitOptions::NOHANG);
            }
            seen = ended;
        }
    }
}

/// Ended children of this process that it did not start itself.
fn orphans(own: &[u32]) -> Vec<Pid> {
    let this = std::process::id().to_string();
    std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|id| !own.contains(id))
        .filter(|id| {
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            // The name in brackets may hold blanks; state and parent come after it.
            let mut fields = stat
                .rsplit(')')
                .next()
                .unwrap_or_default()
                .split_whitespace();
            fields.next() == Some("Z") && fields.next() == Some(this.as_str())
        })
        .filter_map(|id| Pid::from_raw(i32::try_from(id).ok()?))
        .collect()
}
