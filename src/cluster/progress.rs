//! How long work tells how far it is; whoever listens decides how that looks.

/// Receives the progress of work that may take more than two seconds.
pub trait Progress: Send + Sync {
    /// A stage begins: which of how many (from 1), and what it does.
    fn stage(&self, number: usize, of: usize, what: &str);
    /// How far the stage is: `done` of `total` units, and what is being done right now.
    fn advance(&self, done: u64, total: u64, detail: &str);
}
