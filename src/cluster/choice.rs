//! Which cluster a run was told to use.

use std::fmt;
use std::str::FromStr;

/// The value of `--cluster`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Choice {
    /// `auto`: labproof decides and says what it took.
    #[default]
    Auto,
    /// `local`, `local:NAME`: a Kubernetes node that labproof brings up on this machine. Without a
    /// name it is the one that `cluster up` left running, if nobody uses it, else one of the run's own.
    Local(Option<String>),
    /// `context:NAME`: a context of the user's kubeconfig, by name.
    Context(String),
    /// `none`: no cluster; kubectl finds nothing.
    None,
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, name) = match text.split_once(':') {
            Some((kind, name)) => (kind, Some(name)),
            None => (text, None),
        };
        match (kind, name) {
            ("auto", None) => Ok(Choice::Auto),
            ("local", None) => Ok(Choice::Local(None)),
            ("local", Some(name)) if !name.is_empty() => Ok(Choice::Local(Some(name.to_owned()))),
            ("none", None) => Ok(Choice::None),
            ("context", Some(name)) if !name.is_empty() => Ok(Choice::Context(name.to_owned())),
            ("context", _) => Err("say which context: context:NAME \
                (`kubectl config get-contexts -o name` lists them)"
                .to_owned()),
            ("kind", name) => Err(format!(
                "kind clusters cannot be created yet; for one that runs, name its context: context:kind-{}",
                name.unwrap_or("NAME")
            )),
            ("eks", _) => Err(
                "EKS clusters cannot be looked up yet; after `aws eks update-kubeconfig`, \
                name the context: context:NAME"
                    .to_owned(),
            ),
            _ => Err("expected auto, local[:NAME], context:NAME or none".to_owned()),
        }
    }
}

impl Choice {
    /// The profile of a run on it, as `only=` names it.
    pub fn profile(&self) -> &'static str {
        match self {
            Choice::Auto | Choice::Local(_) => "local",
            Choice::Context(_) => "context",
            Choice::None => "none",
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Choice::Auto => f.write_str("auto"),
            Choice::Local(None) => f.write_str("local"),
            Choice::Local(Some(name)) => write!(f, "local:{name}"),
            Choice::Context(name) => write!(f, "context:{name}"),
            Choice::None => f.write_str("none"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_read_back_as_they_are_written() {
        for text in [
            "auto",
            "local",
            "local:two",
            "none",
            "context:arn:aws:eks:eu-west-1:1:cluster/x",
        ] {
            assert_eq!(
                text.parse::<Choice>().map(|choice| choice.to_string()),
                Ok(text.to_owned())
            );
        }
    }

    #[test]
    fn what_cannot_be_done_says_what_can() {
        for (text, hint) in [
            ("kind:dev", "context:kind-dev"),
            ("eks:prod", "context:NAME"),
            ("context:", "say which context"),
            ("locl", "expected auto"),
            ("local:", "expected auto"),
        ] {
            let error = text.parse::<Choice>().unwrap_err();
            assert!(error.contains(hint), "{text}: {error}");
        }
    }
}
