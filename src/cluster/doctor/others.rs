//! What kind, EKS and every cluster need of the machine.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Finding;
use crate::cluster::kind::Engine;
use crate::cluster::program;

/// How long a program may take to say its version.
const ANSWER: Duration = Duration::from_secs(20);
/// Beginning of 2025: a clock before it makes every certificate look as if it were not valid yet.
const PLAUSIBLE: Duration = Duration::from_secs(1_735_689_600);

pub(super) async fn kind() -> Vec<Finding> {
    let kind = match version("kind", &["version"]).await {
        Ok(version) => Finding::good("kind", version),
        Err(cause) => Finding::problem("kind", cause, "install kind, or take --cluster local"),
    };
    let engine = match Engine::find().await {
        Ok(engine) => Finding::good("engine", format!("{engine} runs")),
        Err(error) => {
            let text = error.to_string();
            let (cause, next) = text.split_once("\nnext: ").unwrap_or((&text, ""));
            Finding::problem("engine", cause, next)
        }
    };
    vec![kind, engine]
}

pub(super) async fn aws() -> Finding {
    match version("aws", &["--version"]).await {
        Ok(version) => Finding::good("aws", version),
        Err(cause) => Finding::problem("aws", cause, "install the AWS CLI"),
    }
}

/// The first line that a program says of itself.
async fn version(name: &str, args: &[&str]) -> Result<String, String> {
    if !program::is_on_path(name) {
        return Err(format!("`{name}` is not on PATH"));
    }
    let answer = program::ask(program::command(name).args(args), ANSWER).await?;
    // The AWS CLI of version 1 said it on stderr.
    let said = format!("{}{}", answer.stdout, answer.stderr);
    Ok(said.lines().next().unwrap_or_default().trim().to_owned())
}

/// A proxy that also stands before the cluster: kubectl and the checks both heed these variables.
pub(super) fn proxy() -> Option<Finding> {
    let set = |names: [&str; 2]| {
        names
            .into_iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    };
    let proxy = set(["HTTPS_PROXY", "https_proxy"])?;
    let exempt = set(["NO_PROXY", "no_proxy"]).unwrap_or_default();
    Some(judge_proxy(&proxy, &exempt))
}

fn judge_proxy(proxy: &str, exempt: &str) -> Finding {
    let exempt = exempt.split(',').map(str::trim);
    let loopback = ["127.0.0.1", "127.0.0.0/8", "*"];
    // The credentials that a proxy's address may hold are nobody's business here.
    let shown = proxy.rsplit('@').next().unwrap_or_default();
    if exempt.into_iter().any(|name| loopback.contains(&name)) {
        return Finding::good("proxy", format!("{shown}, and not before 127.0.0.1"));
    }
    Finding::warning(
        "proxy",
        format!(
            "HTTPS_PROXY ({shown}) also stands before 127.0.0.1, where local and kind clusters listen"
        ),
        "export NO_PROXY=127.0.0.1,localhost,.svc,.cluster.local",
    )
}

pub(super) fn clock() -> Finding {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    if now < PLAUSIBLE {
        return Finding::problem(
            "clock",
            "the machine's clock is years behind; certificates would not be valid yet",
            "set it: date --set ...",
        );
    }
    Finding::good(
        "clock",
        jiff::Timestamp::now()
            .strftime("%Y-%m-%d %H:%M UTC")
            .to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::doctor::Level;

    #[test]
    fn a_proxy_before_the_cluster_is_a_warning_and_keeps_its_password() {
        let found = judge_proxy("http://me:secret@proxy:3128", "localhost, .corp");
        assert_eq!(found.level, Level::Warning);
        assert!(
            found.found.contains("proxy:3128") && !found.found.contains("secret"),
            "{found:?}"
        );
        assert_eq!(
            judge_proxy("http://proxy:3128", "localhost, 127.0.0.1").level,
            Level::Good
        );
    }
}
