//! Authored text and what is wrong with it: files, spans, diagnostics.

mod diagnostic;
mod edit;
mod file;
mod github;
mod span;
mod suggest;

pub use diagnostic::{Diagnostic, Fix, Severity, render};
pub use edit::apply;
pub use file::SourceFile;
pub use github::annotation;
pub use span::{Position, Span};
pub use suggest::{is_one_edit, near_file, nearest};
