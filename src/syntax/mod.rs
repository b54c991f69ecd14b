//! Bash text: where a command ends, and which command lines it holds.
