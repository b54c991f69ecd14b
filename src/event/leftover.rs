//! How a cluster differs after a lab from what it was before.

use serde::Serialize;

/// An object that a lab left in another state than it found it in.
#[derive(Debug, Clone, Serialize)]
pub struct LeftoverRecord {
    /// `added`, `changed`, `gone`.
    pub change: &'static str,
    /// Its kind.
    pub kind: String,
    /// Its namespace, where it has one.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Its UID.
    pub uid: String,
    /// How many objects go with it: what it owns, what is in it.
    pub with: usize,
    /// The page of the command that did it; `None` where that is not known.
    pub path: Option<String>,
    /// Id of the step.
    pub step: Option<String>,
    /// Line of the command; of the step, where one of its hooks or checks did it.
    pub line: Option<usize>,
    /// Whether it is as it was again.
    pub restored: bool,
    /// Why not, or what it took.
    pub reason: Option<String>,
}

impl LeftoverRecord {
    /// `shop/web`, or the name alone.
    pub fn place(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{namespace}/{}", self.name),
            None => self.name.clone(),
        }
    }

    /// `page.md:12`, where it is known.
    pub fn done_at(&self) -> Option<String> {
        Some(format!("{}:{}", self.path.as_ref()?, self.line?))
    }
}
