//! What keeps a run from an EKS cluster, told apart by what the AWS CLI says.

use super::Aws;

/// Each message says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum EksError {
    /// There is no AWS CLI.
    #[error(
        "--cluster eks needs the AWS CLI, and `aws` is not on PATH\nnext: install the AWS CLI, or name a context: --cluster context:NAME"
    )]
    NoCli,
    /// No credentials are configured.
    #[error(
        "the AWS CLI has no credentials{}\nnext: run `aws configure` or `aws sso login`, or set AWS_PROFILE; `aws sts get-caller-identity` must answer",
        of_profile(.profile)
    )]
    NoCredentials {
        /// `--profile`, where one was given.
        profile: Option<String>,
    },
    /// The credentials have run out.
    #[error(
        "the AWS credentials{} have expired\nnext: renew them (`aws sso login`, or new temporary keys), then run again",
        of_profile(.profile)
    )]
    Expired {
        /// `--profile`, where one was given.
        profile: Option<String>,
    },
    /// The credentials are not accepted at all.
    #[error("AWS does not accept the credentials{}: {said}\nnext: see `aws configure list`", of_profile(.profile))]
    BadCredentials {
        /// `--profile`, where one was given.
        profile: Option<String>,
        /// What the CLI said.
        said: String,
    },
    /// No such profile.
    #[error(
        "the AWS CLI has no profile \"{name}\"\nnext: name one of `aws configure list-profiles`"
    )]
    NoProfile {
        /// The profile that was asked for.
        name: String,
    },
    /// No region is configured.
    #[error("no AWS region is set\nnext: say which: --region REGION")]
    NoRegion,
    /// There is no cluster of that name.
    #[error(
        "there is no EKS cluster \"{name}\"{}\nnext: `aws eks list-clusters` lists those of a region; another region is named with --region",
        .region.as_ref().map(|region| format!(" in {region}")).unwrap_or_default()
    )]
    NoCluster {
        /// The name that was asked for.
        name: String,
        /// `--region`, where one was given.
        region: Option<String>,
    },
    /// The identity may not ask.
    #[error(
        "AWS denies `aws {command}`: {said}\nnext: the identity needs the permission eks:DescribeCluster"
    )]
    Denied {
        /// What was asked.
        command: String,
        /// What the CLI said.
        said: String,
    },
    /// The cluster is not in use yet, or not any more.
    #[error("the EKS cluster \"{name}\" is {status}, not ACTIVE\nnext: {}", next_of(.name, .status))]
    NotActive {
        /// The cluster.
        name: String,
        /// EKS's word for its state.
        status: String,
    },
    /// The API server does not know the identity.
    #[error(
        "the EKS cluster \"{name}\" does not let {who} in\nnext: give it an access entry: aws eks create-access-entry --cluster-name {name} --principal-arn {principal}, and an access policy: aws eks associate-access-policy; or run as whoever created the cluster"
    )]
    NoAccessEntry {
        /// The cluster.
        name: String,
        /// The identity's ARN.
        who: String,
        /// What an access entry would name: of a session, its role.
        principal: String,
    },
    /// AWS is out of reach, or there is no such region.
    #[error(
        "the AWS CLI does not reach AWS{}: {said}\nnext: check the region's name, the network and HTTPS_PROXY",
        .region.as_ref().map(|region| format!(" in {region}")).unwrap_or_default()
    )]
    Unreachable {
        /// `--region`, where one was given.
        region: Option<String>,
        /// What the CLI said.
        said: String,
    },
    /// Anything else that the CLI says.
    #[error("`aws {command}` failed: {said}\nnext: run it by hand to see more")]
    Other {
        /// What was asked.
        command: String,
        /// What the CLI said.
        said: String,
    },
}

fn of_profile(profile: &Option<String>) -> String {
    profile
        .as_ref()
        .map(|name| format!(" of profile \"{name}\""))
        .unwrap_or_default()
}

fn next_of(name: &str, status: &str) -> String {
    match status {
        "CREATING" | "PENDING" => {
            format!(
                "it is still being created; wait for it: aws eks wait cluster-active --name {name}"
            )
        }
        "DELETING" => "it is being deleted; name another cluster".to_owned(),
        _ => format!("see the console, or `aws eks describe-cluster --name {name}`"),
    }
}

/// What an access entry names for that identity: `arn:aws:sts::1:assumed-role/ROLE/SESSION` is a session of
/// `arn:aws:iam::1:role/ROLE`.
pub(super) fn principal(arn: &str) -> String {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let role = |what: &str| {
        Some(
            what.strip_prefix("assumed-role/")?
                .split('/')
                .next()?
                .to_owned(),
        )
    };
    match parts.as_slice() {
        [_, partition, "sts", _, account, what] => match role(what) {
            Some(role) => format!("arn:{partition}:iam::{account}:role/{role}"),
            None => arn.to_owned(),
        },
        _ => arn.to_owned(),
    }
}

/// Whether a cluster of that status can be worked on. One that is updated goes on serving.
pub(super) fn usable(name: &str, status: &str) -> Result<(), EksError> {
    if matches!(status, "ACTIVE" | "UPDATING") {
        return Ok(());
    }
    Err(EksError::NotActive {
        name: name.to_owned(),
        status: status.to_owned(),
    })
}

/// What the CLI's complaint means. The words are those of botocore's exceptions and of AWS's error codes.
pub(super) fn classify(name: &str, aws: &Aws, command: &[&str], said: &str) -> EksError {
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let profile = aws.profile.clone();
    if says(&["Unable to locate credentials", "NoCredentials"]) {
        EksError::NoCredentials { profile }
    } else if says(&[
        "ExpiredToken",
        "has expired",
        "RequestExpired",
        "Error loading SSO Token",
    ]) {
        EksError::Expired { profile }
    } else if says(&[
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "Partial credentials found",
    ]) {
        EksError::BadCredentials {
            profile,
            said: said.to_owned(),
        }
    } else if says(&["could not be found"]) && says(&["config profile"]) {
        EksError::NoProfile {
            name: profile.unwrap_or_default(),
        }
    } else if says(&["You must specify a region"]) {
        EksError::NoRegion
    } else if says(&[
        "Could not connect to the endpoint URL",
        "Connect timeout on endpoint URL",
        "doesn't match a supported format",
    ]) {
        EksError::Unreachable {
            region: aws.region.clone(),
            said: said.to_owned(),
        }
    } else if says(&["ResourceNotFoundException"]) {
        EksError::NoCluster {
            name: name.to_owned(),
            region: aws.region.clone(),
        }
    } else if says(&["AccessDenied"]) {
        EksError::Denied {
            command: command.join(" "),
            said: said.to_owned(),
        }
    } else {
        other(command, said.to_owned())
    }
}

pub(super) fn other(command: &[&str], said: String) -> EksError {
    EksError::Other {
        command: command.join(" "),
        said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(said: &str, expected: &str) {
        let aws = Aws {
            region: Some("eu-west-1".to_owned()),
            profile: Some("dev".to_owned()),
        };
        let message = classify("shop", &aws, &["eks", "describe-cluster"], said).to_string();
        assert!(message.contains(expected), "{said}: {message}");
        assert!(message.contains("\nnext: "), "{message}");
    }

    #[test]
    fn each_complaint_has_its_own_message() {
        check(
            "Unable to locate credentials. You can configure credentials by running \"aws configure\".",
            "no credentials of profile \"dev\"",
        );
        check(
            "An error occurred (ExpiredTokenException) when calling the DescribeCluster operation: The security token included in the request is expired",
            "have expired",
        );
        check(
            "An error occurred (UnrecognizedClientException) when calling the DescribeCluster operation: The security token included in the request is invalid.",
            "does not accept",
        );
        check(
            "The config profile (dev) could not be found",
            "no profile \"dev\"",
        );
        check(
            "You must specify a region. You can also configure your region by running \"aws configure\".",
            "--region",
        );
        check(
            "An error occurred (ResourceNotFoundException) when calling the DescribeCluster operation: No cluster found for name: shop.",
            "no EKS cluster \"shop\" in eu-west-1",
        );
        check(
            "An error occurred (AccessDeniedException) when calling the DescribeCluster operation: User: arn is not authorized",
            "eks:DescribeCluster",
        );
        check(
            "Could not connect to the endpoint URL: \"https://eks\"",
            "does not reach AWS in eu-west-1",
        );
        check("Something new", "`aws eks describe-cluster` failed");
    }

    #[test]
    fn a_session_is_let_in_by_its_role() {
        assert_eq!(
            principal("arn:aws-cn:sts::1:assumed-role/Admin/me@example"),
            "arn:aws-cn:iam::1:role/Admin"
        );
        assert_eq!(
            principal("arn:aws:iam::1:user/me"),
            "arn:aws:iam::1:user/me"
        );
    }

    #[test]
    fn only_a_cluster_that_serves_is_usable() {
        assert!(usable("shop", "ACTIVE").is_ok() && usable("shop", "UPDATING").is_ok());
        for (status, next) in [
            ("CREATING", "aws eks wait cluster-active --name shop"),
            ("DELETING", "name another"),
            ("FAILED", "console"),
        ] {
            let message = usable("shop", status).unwrap_err().to_string();
            assert!(
                message.contains(next) && message.contains(status),
                "{message}"
            );
        }
    }
}
