//! Reads what a session writes, in the order in which it was written, on a thread of its own, so
//! that a background job is never kept waiting, whatever the rest of labproof does.
//!
//! stdout and stderr are pipes in packet mode with room for one packet: a second write waits until
//! the first has been read. An edge-triggered epoll queues the pipes in the order in which they
//! became readable. One event, one packet: so the packets come in exactly the order of the writes,
//! and a status report comes after all that was written before it.
//!
//! Entry points: [`Channels::open`], [`start`].

use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{EventfdFlags, Timespec, eventfd};
use rustix::fs::{MemfdFlags, OFlags, fcntl_setfl, memfd_create};
use rustix::io::{Errno, read};
use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};
use rustix::process::setpriority_process;
use tokio::sync::mpsc;

use super::Stream;
use super::capture::{Needle, Recorder};
use super::error::{During, ShellError};

/// How long the reader stays awake after an event: about what a short command takes.
const AWAKE: Duration = Duration::from_micros(150);
/// A wait that only looks.
const NOW: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 0,
};

const STDOUT: u64 = 0;
const STDERR: u64 = 1;
const STATUS: u64 = 2;
const QUIT: u64 = 3;
/// Ends of shells are this plus the number of the shell.
const SHELL: u64 = 16;

/// A status report is shorter; of more than this the beginning is dropped.
const LONGEST_REPORT: usize = 1 << 20;

/// labproof's ends, and the ends that shells open or inherit.
#[derive(Debug)]
pub(super) struct Channels {
    /// Tells the shell that a command is there.
    pub(super) control_write: OwnedFd,
    /// What the shell reads that from.
    pub(super) control_read: OwnedFd,
    /// What the shell reports to.
    pub(super) status_write: OwnedFd,
    /// stdout of every shell.
    pub(super) stdout_write: OwnedFd,
    /// stderr of every shell.
    pub(super) stderr_write: OwnedFd,
    /// A file in memory that holds the text of a command.
    pub(super) text: OwnedFd,
    /// A file in memory that takes the state of an ending shell.
    pub(super) dump: OwnedFd,
}

/// What the reader gets.
#[derive(Debug)]
pub(super) struct ReadEnds {
    stdout: OwnedFd,
    stderr: OwnedFd,
    status: OwnedFd,
}

impl Channels {
    /// Makes all pipes and files of a session.
    pub(super) fn open() -> Result<(Channels, ReadEnds), ShellError> {
        let (control_read, control_write) = pipe_with(PipeFlags::CLOEXEC).during("make a pipe")?;
        let (status, status_write) = pipe_with(PipeFlags::CLOEXEC).during("make a pipe")?;
        set_nonblocking(&status)?;
        let (stdout, stdout_write) = packet_pipe()?;
        let (stderr, stderr_write) = packet_pipe()?;
        let memory = |name| memfd_create(name, MemfdFlags::CLOEXEC).during("make a file in memory");
        let channels = Channels {
            control_write,
            control_read,
            status_write,
            stdout_write,
            stderr_write,
            text: memory("labproof-command")?,
            dump: memory("labproof-state")?,
        };
        let read_ends = ReadEnds {
            stdout,
            stderr,
            status,
        };
        Ok((channels, read_ends))
    }
}

/// A pipe in which only one packet can stand.
fn packet_pipe() -> Result<(OwnedFd, OwnedFd), ShellError> {
    let (read_end, write_end) =
        pipe_with(PipeFlags::DIRECT | PipeFlags::CLOEXEC).during("make a pipe in packet mode")?;
    // Rounded up to one page, which is one slot.
    fcntl_setpipe_size(&read_end, 1).during("shrink a pipe")?;
    set_nonblocking(&read_end)?;
    Ok((read_end, write_end))
}

/// On our end only: each end of a pipe has flags of its own.
fn set_nonblocking(fd: &OwnedFd) -> Result<(), ShellError> {
    fcntl_setfl(fd, OFlags::NONBLOCK).during("set up a pipe")
}

/// What the reader tells.
#[derive(Debug)]
pub(super) enum Event {
    /// A shell reported: all up to a NUL byte.
    Report(Vec<u8>),
    /// The text that was looked for appeared.
    SawText,
    /// The shell with this number ended.
    ShellEnded(u64),
}

/// Where output goes; exchanged between commands.
#[derive(Debug)]
pub(super) struct Tap {
    /// Keeps the output of the command that runs.
    pub(super) recorder: Recorder,
    /// Whether output is thrown away.
    pub(super) muted: bool,
    /// The text that is looked for.
    pub(super) needle: Option<Needle>,
    /// Where output goes at once, in addition.
    pub(super) live: Option<mpsc::Sender<(Stream, Vec<u8>)>>,
}

/// A running reader.
#[derive(Debug)]
pub(super) struct Reader {
    tap: Arc<Mutex<Tap>>,
    epoll: Arc<OwnedFd>,
    quit: OwnedFd,
    thread: Option<JoinHandle<()>>,
}

/// Starts the thread.
pub(super) fn start(
    ends: ReadEnds,
    limit: usize,
) -> Result<(Reader, mpsc::UnboundedReceiver<Event>), ShellError> {
    let epoll = epoll::create(CreateFlags::CLOEXEC).during("make an epoll")?;
    let quit = eventfd(0, EventfdFlags::CLOEXEC).during("make an eventfd")?;
    for (fd, token) in [
        (&ends.stdout, STDOUT),
        (&ends.stderr, STDERR),
        (&ends.status, STATUS),
        (&quit, QUIT),
    ] {
        watch(&epoll, fd, token)?;
    }
    let epoll = Arc::new(epoll);
    let tap = Arc::new(Mutex::new(Tap {
        recorder: Recorder::new(limit),
        muted: false,
        needle: None,
        live: None,
    }));
    let (sender, receiver) = mpsc::unbounded_channel();
    let thread = std::thread::Builder::new()
        .name("shell-reader".into())
        .spawn({
            let (epoll, tap) = (Arc::clone(&epoll), Arc::clone(&tap));
            move || read_all(&epoll, &ends, &tap, &sender)
        })
        .during("start a thread")?;
    let reader = Reader {
        tap,
        epoll,
        quit,
        thread: Some(thread),
    };
    Ok((reader, receiver))
}

impl Reader {
    /// The tap, to be held briefly: the reader waits for it.
    pub(super) fn tap(&self) -> MutexGuard<'_, Tap> {
        lock(&self.tap)
    }

    /// Has the end of the shell with this number reported, in turn with its output.
    pub(super) fn watch_shell(&self, pidfd: &OwnedFd, number: u64) -> Result<(), ShellError> {
        watch(&self.epoll, pidfd, SHELL + number)
    }

    /// Reads what is there and ends the thread. Nobody may write any more.
    pub(super) fn finish(&mut self) {
        self.tap().live = None;
        // Queued behind all output that came before. A counter at 0 takes a 1.
        let _ = rustix::io::write(&self.quit, &1_u64.to_ne_bytes());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn watch(epoll: &OwnedFd, fd: &OwnedFd, token: u64) -> Result<(), ShellError> {
    let flags = EventFlags::IN | EventFlags::ET;
    epoll::add(epoll, fd, EventData::new_u64(token), flags).during("watch a pipe")
}

fn lock(tap: &Mutex<Tap>) -> MutexGuard<'_, Tap> {
    tap.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The loop of the thread: one event, one packet.
fn read_all(
    epoll: &OwnedFd,
    ends: &ReadEnds,
    tap: &Mutex<Tap>,
    events: &mpsc::UnboundedSender<Event>,
) {
    // Writers wait for this thread, so it goes first where that is permitted (for root).
    let _ = setpriority_process(None, -15);
    let mut packet = vec![0; 65_536];
    let mut report = Vec::new();
    let mut active = Instant::now();
    loop {
        let mut ready = [epoll::Event {
            flags: EventFlags::empty(),
            data: EventData::new_u64(QUIT),
        }];
        match next_ready(epoll, &mut ready, active) {
            Ok(1..) => active = Instant::now(),
            Ok(0) | Err(Errno::INTR) => continue,
            Err(_) => return,
        }
        match ready[0].data.u64() {
            STDOUT => pass_on(Stream::Stdout, &ends.stdout, &mut packet, tap, events),
            STDERR => pass_on(Stream::Stderr, &ends.stderr, &mut packet, tap, events),
            STATUS => read_reports(&ends.status, &mut packet, &mut report, events),
            QUIT => return,
            shell => {
                // Half a report of a shell that is gone means nothing.
                report.clear();
                let _ = events.send(Event::ShellEnded(shell - SHELL));
            }
        }
    }
}

/// Waits for the next event; for a moment after the last one without going to sleep.
///
/// A command's output and its end come close together, and waking a processor that has gone idle
/// costs more than handling them: in a virtual machine 40 µs and more.
fn next_ready(
    epoll: &OwnedFd,
    ready: &mut [epoll::Event; 1],
    active: Instant,
) -> rustix::io::Result<usize> {
    while active.elapsed() < AWAKE {
        match epoll::wait(epoll, &mut *ready, Some(&NOW))? {
            0 => std::thread::yield_now(),
            some => return Ok(some),
        }
    }
    epoll::wait(epoll, ready, None)
}

fn pass_on(
    stream: Stream,
    fd: &OwnedFd,
    packet: &mut [u8],
    tap: &Mutex<Tap>,
    events: &mpsc::UnboundedSender<Event>,
) {
    let Ok(length @ 1..) = read(fd, &mut *packet) else {
        return;
    };
    let bytes = &packet[..length];
    let mut guard = lock(tap);
    if guard.muted {
        return;
    }
    guard.recorder.record(stream, bytes);
    if guard.needle.as_mut().is_some_and(|n| n.seen_with(bytes)) {
        // The command is ended for it; what it writes while it ends is no part of its output.
        guard.needle = None;
        guard.muted = true;
        let _ = events.send(Event::SawText);
    }
    let live = guard.live.clone();
    drop(guard);
    if let Some(live) = live {
        // Waits for a slow sink; where it is gone, nobody misses the bytes.
        let _ = live.blocking_send((stream, bytes.to_vec()));
    }
}

/// One read for one event here too: a second one could bring in the report of the next command,
/// ahead of its output. The buffer is as large as the pipe.
fn read_reports(
    fd: &OwnedFd,
    packet: &mut [u8],
    report: &mut Vec<u8>,
    events: &mpsc::UnboundedSender<Event>,
) {
    let Ok(length @ 1..) = read(fd, &mut *packet) else {
        return;
    };
    for piece in packet[..length].split_inclusive(|&byte| byte == 0) {
        report.extend_from_slice(piece);
        if report.len() > LONGEST_REPORT {
            report.drain(..report.len() - LONGEST_REPORT);
        }
        if report.last() == Some(&0) {
            let _ = events.send(Event::Report(std::mem::take(report)));
        }
    }
}
