//! `--cluster auto`: what a machine can do decides.
//!
//! Entry point: [`decide`].

use super::kind::Engine;
use super::{Choice, ClusterError, program};

/// What was decided, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Never [`Choice::Auto`].
    pub choice: Choice,
    /// Why, in words, where labproof had the choice.
    pub why: Option<String>,
}

/// Decides where the choice was left to labproof: a kind that is installed and can run, else a local
/// cluster, else nothing.
///
/// # Errors
/// [`ClusterError::Nothing`] with the three ways to get a cluster.
pub async fn decide(choice: Choice) -> Result<Decision, ClusterError> {
    if choice != Choice::Auto {
        return Ok(Decision { choice, why: None });
    }
    let kind = match program::is_on_path("kind") {
        false => Err("kind is not installed".to_owned()),
        true => match Engine::find().await {
            Ok(engine) => Ok(engine.to_string()),
            Err(_) => Err("kind is installed, but no container engine runs".to_owned()),
        },
    };
    pick(kind, super::local::can_run())
}

/// `kind`: the engine it would use, or why it cannot run. `local`: why a local cluster cannot run.
fn pick(kind: Result<String, String>, local: Result<(), String>) -> Result<Decision, ClusterError> {
    let decided = |choice, why: String| {
        let why = Some(why);
        Ok(Decision { choice, why })
    };
    match (kind, local) {
        (Ok(engine), _) => decided(Choice::Kind(None), format!("kind and {engine} are here")),
        (Err(no_kind), Ok(())) => decided(Choice::Local(None), no_kind),
        (Err(no_kind), Err(no_local)) => Err(ClusterError::Nothing { no_kind, no_local }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_comes_before_local_and_nothing_is_said_so() {
        let no = |text: &str| Err(text.to_owned());
        let kind = pick(Ok("docker".to_owned()), Ok(())).unwrap();
        assert_eq!(kind.choice, Choice::Kind(None));
        assert!(kind.why.unwrap().contains("docker"));
        let local = pick(no("kind is not installed"), Ok(())).unwrap();
        assert_eq!(local.choice, Choice::Local(None));
        assert_eq!(local.why.as_deref(), Some("kind is not installed"));
        let nothing = pick(no("kind is not installed"), Err("not root".to_owned()));
        let message = nothing.unwrap_err().to_string();
        for way in [
            "kind",
            "--cluster local",
            "--cluster context:NAME",
            "not root",
        ] {
            assert!(message.contains(way), "{way}: {message}");
        }
    }

    #[tokio::test]
    async fn what_was_named_is_taken() {
        let decision = decide(Choice::None).await.unwrap();
        assert_eq!((decision.choice, decision.why), (Choice::None, None));
    }
}
