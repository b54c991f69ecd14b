//! Which cluster a run was told to use.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The value of `--cluster`, or of `cluster` in `labproof.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Choice {
    /// `auto`: labproof decides and says what it took.
    #[default]
    Auto,
    /// `local`, `local:NAME`: a Kubernetes node that labproof brings up on this machine. Without a
    /// name it is the one that `cluster up` left running, if nobody uses it, else one of the run's own.
    Local(Option<String>),
    /// `kind`, `kind:NAME`: a kind cluster. One of that name that runs is used and stays; any other is
    /// created for the run and deleted after it.
    Kind(Option<String>),
    /// `eks:NAME`: a cluster of Amazon EKS, by name.
    Eks(String),
    /// `context:NAME`: a context of the user's kubeconfig, by name.
    Context(String),
    /// `kubeconfig:FILE`, `kubeconfig:FILE#CONTEXT`: a context of that file; without a name the file
    /// must hold one context alone.
    Kubeconfig {
        /// The file.
        file: PathBuf,
        /// The context in it.
        context: Option<String>,
    },
    /// `none`: no cluster; kubectl finds nothing.
    None,
}

/// The forms that can be given, for messages.
const FORMS: &str =
    "auto, local[:NAME], kind[:NAME], eks:NAME, context:NAME, kubeconfig:FILE[#CONTEXT] or none";

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, name) = match text.split_once(':') {
            Some((kind, name)) => (kind, Some(name)),
            None => (text, None),
        };
        let owned = |name: &str| name.to_owned();
        match (kind, name) {
            ("auto", None) => Ok(Choice::Auto),
            ("none", None) => Ok(Choice::None),
            ("local", None) => Ok(Choice::Local(None)),
            ("kind", None) => Ok(Choice::Kind(None)),
            ("local", Some(name)) if !name.is_empty() => Ok(Choice::Local(Some(owned(name)))),
            ("kind", Some(name)) if is_kind_name(name) => Ok(Choice::Kind(Some(owned(name)))),
            ("kind", Some(_)) => Err(
                "the name of a kind cluster is lower-case letters, digits, `.` and `-`; \
                a context named `kind-NAME` belongs to the cluster NAME"
                    .to_owned(),
            ),
            ("eks", Some(name)) if !name.is_empty() => Ok(Choice::Eks(owned(name))),
            ("eks", _) => {
                Err("say which cluster: eks:NAME (`aws eks list-clusters` lists them)".to_owned())
            }
            ("context", Some(name)) if !name.is_empty() => Ok(Choice::Context(owned(name))),
            ("context", _) => Err("say which context: context:NAME \
                (`kubectl config get-contexts -o name` lists them)"
                .to_owned()),
            ("kubeconfig", Some(rest)) if !rest.is_empty() && !rest.starts_with('#') => {
                // A file may have `#` in its name; a context of a cloud may have `/` and `:`, hardly `#`.
                let (file, context) = match rest.rsplit_once('#') {
                    Some((file, context)) if !context.is_empty() => (file, Some(owned(context))),
                    _ => (rest, None),
                };
                Ok(Choice::Kubeconfig {
                    file: PathBuf::from(file),
                    context,
                })
            }
            ("kubeconfig", _) => {
                Err("say which file: kubeconfig:FILE or kubeconfig:FILE#CONTEXT".to_owned())
            }
            _ => Err(format!("expected {FORMS}")),
        }
    }
}

/// What kind itself accepts as a cluster's name.
fn is_kind_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte))
}

impl Choice {
    /// The profile of a run on it, as `only=` names it; `None` where it is not decided yet
    /// ([`decide()`](super::decide())).
    pub fn profile(&self) -> Option<&'static str> {
        match self {
            Choice::Auto => None,
            Choice::Local(_) => Some("local"),
            Choice::Kind(_) => Some("kind"),
            Choice::Eks(_) => Some("eks"),
            Choice::Context(_) | Choice::Kubeconfig { .. } => Some("context"),
            Choice::None => Some("none"),
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Choice::Auto => f.write_str("auto"),
            Choice::Local(None) => f.write_str("local"),
            Choice::Local(Some(name)) => write!(f, "local:{name}"),
            Choice::Kind(None) => f.write_str("kind"),
            Choice::Kind(Some(name)) => write!(f, "kind:{name}"),
            Choice::Eks(name) => write!(f, "eks:{name}"),
            Choice::Context(name) => write!(f, "context:{name}"),
            Choice::Kubeconfig { file, context } => {
                write!(f, "kubeconfig:{}", file.display())?;
                context.iter().try_for_each(|name| write!(f, "#{name}"))
            }
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
            "kind",
            "kind:dev",
            "eks:workshop",
            "none",
            "context:arn:aws:eks:eu-west-1:1:cluster/x",
            "kubeconfig:/tmp/kube config",
            "kubeconfig:conf#arn:aws:eks:eu-west-1:1:cluster/x",
        ] {
            assert_eq!(
                text.parse::<Choice>().map(|choice| choice.to_string()),
                Ok(text.to_owned())
            );
        }
    }

    #[test]
    fn a_file_and_its_context_are_told_apart() {
        let choice = "kubeconfig:a#b#dev".parse::<Choice>();
        let expected = Choice::Kubeconfig {
            file: PathBuf::from("a#b"),
            context: Some("dev".to_owned()),
        };
        assert_eq!(choice, Ok(expected));
    }

    #[test]
    fn what_cannot_be_taken_says_what_can() {
        for (text, hint) in [
            ("kind:Dev", "lower-case"),
            ("eks", "eks:NAME"),
            ("context:", "say which context"),
            ("kubeconfig:", "say which file"),
            ("kubeconfig:#dev", "say which file"),
            ("locl", "expected auto"),
            ("local:", "expected auto"),
        ] {
            let error = text.parse::<Choice>().unwrap_err();
            assert!(error.contains(hint), "{text}: {error}");
        }
    }
}
