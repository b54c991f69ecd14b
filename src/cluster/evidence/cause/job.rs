//! A Job that was given up.

use super::super::scene::Scene;
use super::{brief, named};

pub(super) fn cause(scene: &Scene) -> Option<String> {
    scene.jobs.iter().find_map(|job| {
        let status = job.status.as_ref()?;
        let conditions = status.conditions.as_ref()?;
        let failed = conditions
            .iter()
            .find(|condition| condition.type_ == "Failed" && condition.status == "True")?;
        let why = failed
            .message
            .as_deref()
            .or(failed.reason.as_deref())
            .unwrap_or("no reason given");
        let pods = status.failed.unwrap_or_default();
        Some(format!(
            "{} was given up after {pods} failed pods ({})",
            named("job", job),
            brief(why)
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use serde_json::json;

    #[test]
    fn the_backoff_limit_is_told() {
        let job = json!({"kind": "Job", "metadata": {"name": "load", "namespace": "x"}, "status": {"failed": 3, "conditions": [
            {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit"}]}});
        check(
            &[job],
            "job x/load was given up after 3 failed pods (Job has reached the specified backoff limit)",
        );
    }
}
