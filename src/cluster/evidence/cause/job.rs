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
        let deadline = job.spec.as_ref()?.active_deadline_seconds;
        let (place, why) = (named("job", job), brief(why));
        if let (Some("DeadlineExceeded"), Some(seconds)) = (failed.reason.as_deref(), deadline) {
            return Some(format!(
                "{place} was given up ({why}; its activeDeadlineSeconds is {seconds})"
            ));
        }
        // With their restart policy OnFailure they are deleted in the end, and their last words with them.
        let pods = match status.failed.unwrap_or_default() {
            0 => "; its pods were deleted, and their logs with them".to_owned(),
            1 => " after one failed pod".to_owned(),
            many => format!(" after {many} failed pods"),
        };
        Some(format!("{place} was given up{pods} ({why})"))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use serde_json::json;

    #[test]
    fn the_backoff_limit_is_told() {
        let job = json!({"kind": "Job", "metadata": {"name": "load", "namespace": "x"}, "spec": {"template": {}}, "status": {"failed": 3, "conditions": [
            {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit"}]}});
        check(
            &[job],
            "job x/load was given up after 3 failed pods (Job has reached the specified backoff limit)",
        );
    }
    #[test]
    fn a_job_that_ran_too_long_is_told_with_its_deadline() {
        let job = json!({"kind": "Job", "metadata": {"name": "slow", "namespace": "x"}, "spec": {"template": {}, "activeDeadlineSeconds": 3},
            "status": {"conditions": [{"type": "Failed", "status": "True", "reason": "DeadlineExceeded",
            "message": "Job was active longer than specified deadline"}]}});
        check(
            &[job],
            "job x/slow was given up (Job was active longer than specified deadline; its activeDeadlineSeconds is 3)",
        );
    }
}
