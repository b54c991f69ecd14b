//! May a command be asked again until its output matches? Only if it surely changes nothing.
//!
//! Entry point: [`may_repeat`].

/// Whether running the command again is harmless. Unknown means not.
pub fn may_repeat(_command: &str) -> bool {
    false
}
