//! The processes of a session, as /proc shows them: which are ours, which belong to the command
//! that runs now, and how to end them.
//!
//! Entry points: [`Census::take`], then its methods.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::os::unix::fs::FileExt;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// One process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) pid: i32,
    pub(super) parent: i32,
    pub(super) group: i32,
    pub(super) session: i32,
    /// Clock ticks after boot.
    pub(super) start: u64,
    /// Whether it only waits to be reaped.
    pub(super) zombie: bool,
}

/// A moment, fine enough to tell which processes came after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Clock ticks after boot (10 ms).
    ticks: u64,
    /// The process id that was given out last; decides within one tick.
    last_pid: i32,
}

/// Reads moments; keeps its files open, since one is read before every command.
#[derive(Debug)]
pub(super) struct Clock {
    uptime: fs::File,
    load: fs::File,
}

impl Clock {
    /// Opens the files.
    pub(super) fn open() -> io::Result<Clock> {
        Ok(Clock {
            uptime: fs::File::open("/proc/uptime")?,
            load: fs::File::open("/proc/loadavg")?,
        })
    }

    /// The present moment.
    pub(super) fn now(&self) -> io::Result<Moment> {
        let mut buffer = [0; 128];
        let length = self.uptime.read_at(&mut buffer, 0)?;
        let ticks = ticks_of_uptime(&String::from_utf8_lossy(&buffer[..length]));
        let length = self.load.read_at(&mut buffer, 0)?;
        let load = String::from_utf8_lossy(&buffer[..length]);
        let last_pid = load
            .split_whitespace()
            .last()
            .and_then(|pid| pid.parse().ok());
        match (ticks, last_pid) {
            (Some(ticks), Some(last_pid)) => Ok(Moment { ticks, last_pid }),
            _ => Err(io::Error::other(
                "/proc/uptime or /proc/loadavg has another form",
            )),
        }
    }
}

/// `12345.67 ...` is 1234567 ticks: Linux shows both uptime and start times in hundredths.
fn ticks_of_uptime(text: &str) -> Option<u64> {
    let (seconds, rest) = text.split_once('.')?;
    let hundredths = rest.get(..2)?;
    Some(seconds.parse::<u64>().ok()? * 100 + hundredths.parse::<u64>().ok()?)
}

impl Moment {
    fn precedes(&self, process: &Process) -> bool {
        match process.start.cmp(&self.ticks) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Less => false,
            // Ids are given out upwards and wrap around.
            std::cmp::Ordering::Equal => {
                process.pid > self.last_pid || self.last_pid - process.pid > 16_000
            }
        }
    }
}

/// All processes at one time.
#[derive(Debug)]
pub(super) struct Census {
    processes: Vec<Process>,
}

impl Census {
    /// Reads /proc; what vanishes meanwhile is left out.
    pub(super) fn take() -> Census {
        let processes = fs::read_dir("/proc")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
            .filter_map(|pid| parse_stat(&fs::read(format!("/proc/{pid}/stat")).ok()?))
            .collect();
        Census { processes }
    }

    /// The living processes of a session: those in `sessions`, those that carry `marker` in their
    /// environment, and all their descendants.
    pub(super) fn members(&self, sessions: &[i32], marker: &str) -> Vec<Process> {
        self.select(|process| sessions.contains(&process.session) || carries(process.pid, marker))
    }

    fn select(&self, root: impl Fn(&Process) -> bool) -> Vec<Process> {
        let parents: HashMap<i32, i32> = self.processes.iter().map(|p| (p.pid, p.parent)).collect();
        let roots: HashSet<i32> = self
            .processes
            .iter()
            .filter(|process| root(process))
            .map(|process| process.pid)
            .collect();
        self.processes
            .iter()
            .filter(|p| !p.zombie)
            .filter(|p| lineage(p.pid, &parents).any(|pid| roots.contains(&pid)))
            .copied()
            .collect()
    }
}

/// Of a session's `members`, those that the command begun at `moment` has started: neither
/// earlier background jobs nor what these have started since. `shell` itself is none of them.
pub(super) fn started_since(members: &[Process], shell: i32, moment: Moment) -> Vec<Process> {
    let is_old = |p: &Process| p.pid != shell && !moment.precedes(p);
    let old: HashSet<i32> = members
        .iter()
        .filter(|p| is_old(p))
        .map(|p| p.pid)
        .collect();
    let old_groups: HashSet<i32> = members
        .iter()
        .filter(|p| is_old(p) && p.group != shell)
        .map(|p| p.group)
        .collect();
    let parents: HashMap<i32, i32> = members.iter().map(|p| (p.pid, p.parent)).collect();
    members
        .iter()
        .filter(|p| p.pid != shell && !old_groups.contains(&p.group))
        .filter(|p| !lineage(p.pid, &parents).any(|pid| old.contains(&pid)))
        .copied()
        .collect()
}

/// A process and its ancestors.
fn lineage(pid: i32, parents: &HashMap<i32, i32>) -> impl Iterator<Item = i32> {
    // Bounded, since a snapshot that is not taken at one instant may hold a circle.
    std::iter::successors(Some(pid), |pid| parents.get(pid).copied()).take(1000)
}

/// Sends a signal to processes; to whole groups where `shell` is not in them, so that a group
/// that forks meanwhile is caught too.
pub(super) fn signal(processes: &[Process], shell: i32, signal: Signal) {
    let groups: HashSet<i32> = processes
        .iter()
        .map(|p| p.group)
        .filter(|&group| group != shell && processes.iter().any(|p| p.pid == group))
        .collect();
    for group in groups.iter().filter_map(|&group| Pid::from_raw(group)) {
        // One that is gone already is as good.
        let _ = kill_process_group(group, signal);
    }
    for process in processes.iter().filter(|p| !groups.contains(&p.group)) {
        signal_one(process.pid, signal);
    }
}

/// Sends a signal to one process.
pub(super) fn signal_one(pid: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid) {
        let _ = kill_process(pid, signal);
    }
}

fn carries(pid: i32, marker: &str) -> bool {
    fs::read(format!("/proc/{pid}/environ")).is_ok_and(|environment| {
        environment
            .split(|&byte| byte == 0)
            .any(|entry| entry == marker.as_bytes())
    })
}

/// `pid (name) state ppid pgrp session ...`; the name may hold anything, also `) `.
fn parse_stat(stat: &[u8]) -> Option<Process> {
    let stat = String::from_utf8_lossy(stat);
    let (pid, rest) = stat.split_once(" (")?;
    let (_, rest) = rest.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<i32>().ok();
    Some(Process {
        pid: pid.parse().ok()?,
        zombie: matches!(*fields.first()?, "Z" | "X"),
        parent: number(1)?,
        group: number(2)?,
        session: number(3)?,
        start: fields.get(19)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHELL: i32 = 100;

    fn process(pid: i32, parent: i32, group: i32, start: u64) -> Process {
        Process {
            pid,
            parent,
            group,
            session: SHELL,
            start,
            zombie: false,
        }
    }

    fn check(members: &[Process], expected: &[i32]) {
        let moment = Moment {
            ticks: 1000,
            last_pid: 200,
        };
        let pids: Vec<i32> = started_since(members, SHELL, moment)
            .iter()
            .map(|p| p.pid)
            .collect();
        assert_eq!(pids, expected);
    }

    #[test]
    fn the_shell_and_earlier_jobs_are_spared() {
        check(
            &[
                process(SHELL, 1, SHELL, 10),
                process(150, SHELL, 150, 900),
                process(200, SHELL, 200, 1000),
                process(201, SHELL, 201, 1000),
                process(202, SHELL, SHELL, 1001),
            ],
            &[201, 202],
        );
    }

    #[test]
    fn what_an_earlier_job_starts_is_spared() {
        check(
            &[
                process(150, SHELL, 150, 900),
                process(250, 150, 150, 1500),
                process(251, 150, 251, 1500),
                process(252, 1, 150, 1500),
            ],
            &[],
        );
    }

    #[test]
    fn ids_wrap_around() {
        let moment = Moment {
            ticks: 1000,
            last_pid: 32_700,
        };
        let members = [
            process(301, SHELL, 301, 1000),
            process(32_600, SHELL, 32_600, 1000),
        ];
        let found = started_since(&members, SHELL, moment);
        assert_eq!(found, members[..1]);
    }

    #[test]
    fn stat_lines_are_read_whatever_the_name() {
        let line = b"12 (a) b (c) S 1 2 3 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 777 1 1\n";
        let expected = Process {
            pid: 12,
            parent: 1,
            group: 2,
            session: 3,
            start: 777,
            zombie: false,
        };
        assert_eq!(parse_stat(line), Some(expected));
        assert_eq!(parse_stat(b"12 (cut"), None);
    }

    #[test]
    fn uptime_is_read_in_ticks() {
        assert_eq!(ticks_of_uptime("123.45 99.00\n"), Some(12_345));
        assert_eq!(ticks_of_uptime("nothing"), None);
    }
}
