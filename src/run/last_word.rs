//! Answers of kubectl that are the same however often it is asked.
//!
//! Entry point: [`is_last`]. What is not there yet and what never will be look the same for most objects. A flag that kubectl does
//! not know, or a kind that is misspelt, is another matter: to ask for half a minute only keeps the author waiting.

use std::sync::LazyLock;

use regex::Regex;

use crate::cluster::{Connection, is_slip};

/// What kubectl says before it asks the cluster, or of the question itself.
static OF_THE_COMMAND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?mx)
        ^(?i:error):\ (?:unknown\ (?:flag|shorthand\ flag|command)
            |unable\ to\ match\ a\ printer\ suitable
            |no\ status\ viewer\ has\ been\ implemented)"#,
    )
    .expect("the pattern is valid")
});

/// The kind that a cluster does not have.
static KIND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?m)^(?:error: )?the server doesn't have a resource type "([^"/]+)"$"#)
        .expect("the pattern is valid")
});

/// Whether what a command printed will not be another at the next time. A kind that the cluster does not have may be on its way, as
/// the definition that the lab has just made or what an operator is about to make, unless it is a slip for one that all have.
pub(super) async fn is_last(connection: &Connection, output: &str) -> bool {
    if OF_THE_COMMAND.is_match(output) {
        return true;
    }
    match (&connection.client, KIND.captures(output)) {
        (Some(client), Some(kind)) => is_slip(client, &kind[1]).await,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kubectl_says_of_the_question_is_told_from_what_it_says_of_objects() {
        for output in [
            "Error: unknown flag: --namspace\nSee 'kubectl get --help' for usage.\n",
            "error: unknown shorthand flag: 'x' in -x\n",
            "error: unknown command \"gte\" for \"kubectl\"\n\nDid you mean this?\n\tget\n",
            "error: unable to match a printer suitable for the output format \"wid\", allowed formats are: yaml\n",
            "error: no status viewer has been implemented for CronJob\n",
        ] {
            assert!(OF_THE_COMMAND.is_match(output), "{output}");
        }
        for output in [
            "Error from server (NotFound): pods \"web\" not found\n",
            "error: no matching resources found\n",
            "error: deployment \"web\" exceeded its progress deadline\n",
            "error: the server doesn't have a resource type \"widgets\"\n",
            "No resources found in default namespace.\n",
        ] {
            assert!(!OF_THE_COMMAND.is_match(output), "{output}");
        }
        let kind = KIND
            .captures("a line\nerror: the server doesn't have a resource type \"deploymnts\"\n");
        assert_eq!(&kind.unwrap()[1], "deploymnts");
    }
}
