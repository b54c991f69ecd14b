//! A small process beside each session that ends it when labproof is gone, however it went.
//!
//! It waits for the end of its stdin, the other end of which only labproof holds, then kills what
//! is left of the session. Entry point: [`start`].

use std::io;
use std::process::{Child, Command, Stdio};

/// Knows a session's processes by the marker in their environment or by the session of the first
/// such process; three rounds, for what is forked meanwhile.
const WATCH: &str = r#"
read -r _
sessions=' '
for round in 1 2 3; do
  for entry in /proc/[0-9]*; do
    pid=${entry#/proc/}
    [[ $pid != $$ ]] || continue
    { read -r -d '' stat <"$entry/stat"; } 2>/dev/null
    fields=(${stat##*) })
    session=" ${fields[3]} "
    if [[ $sessions != *"$session"* ]]; then
      { mapfile -d '' -t entries <"$entry/environ"; } 2>/dev/null || continue
      for variable in "${entries[@]}"; do
        if [[ $variable == "$1" ]]; then
          sessions+=$session
          kill -KILL "$pid"
        fi
      done
    else
      kill -KILL "$pid"
    fi
  done
done 2>/dev/null
"#;

/// Starts the guard of the session that `marker` marks.
pub(super) fn start(marker: &str) -> io::Result<Child> {
    Command::new("setsid")
        .args([
            "bash",
            "--noprofile",
            "--norc",
            "-c",
            WATCH,
            "labproof-guard",
            marker,
        ])
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .current_dir("/")
        .spawn()
}
