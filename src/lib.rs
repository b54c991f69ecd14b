//! labproof rehearses Kubernetes workshop labs before an audience does.
//!
//! The modules stand in the order in which data flows through them; each one
//! imports only from those before it.
//!
//! | room | takes | gives |
//! | --- | --- | --- |
//! | [`source`] | paths | text with spans, diagnostics |
//! | [`syntax`] | bash text | command boundaries, command lines |
//! | [`page`] | markdown text | [`page::Page`]: steps, commands, shown output |
//! | [`verifier`] | `verifiers/*.yaml` | typed checks on cluster state |
//! | [`expect`] | shown and actual text | a [`expect::Judgement`] |
//! | [`plan`] | paths and options | a [`plan::Plan`]: labs in order, linked to their checks |
//! | [`lint`] | a plan | findings on how its pages are written |
//! | [`shell`] | command text | exit status and captured output |
//! | [`cluster`] | a profile | a connection; observations of its state |
//! | [`event`] | facts of a run | the contract of reports, the run record, redaction |
//! | [`update`] | a plan, the record of its run | pages with the output that was printed |
//! | [`run`] | a plan | events |
//! | [`report`] | events, the record | bytes: terminal, JSON, JUnit |
//! | [`cli`] | arguments | the exit code |

pub mod cli;
pub mod cluster;
pub mod event;
pub mod expect;
pub mod lint;
pub mod page;
pub mod plan;
pub mod report;
pub mod run;
pub mod shell;
pub mod source;
pub mod syntax;
pub mod update;
pub mod verifier;
