//! What a session promises, against the real bash: commands in, exact outcomes out.
//! One file a subject; `harness` has the helpers.

mod ends;
mod harness;
mod hostile;
mod jobs;
mod limits;
mod output;
mod state;
