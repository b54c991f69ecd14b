//! A Deployment that makes no progress.

use super::super::scene::Scene;
use super::{brief, named};

pub(super) fn cause(scene: &Scene) -> Option<String> {
    scene.deployments.iter().find_map(|deployment| {
        let conditions = deployment.status.as_ref()?.conditions.as_ref()?;
        let stuck = conditions.iter().find(|condition| {
            condition.type_ == "Progressing"
                && condition.reason.as_deref() == Some("ProgressDeadlineExceeded")
        })?;
        let why = brief(stuck.message.as_deref().unwrap_or_default());
        Some(format!(
            "{} made no progress in the time it has ({why})",
            named("deployment", deployment)
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use serde_json::json;

    #[test]
    fn the_deadline_is_told() {
        let deployment = json!({"kind": "Deployment", "metadata": {"name": "web", "namespace": "x"}, "status": {"conditions": [
            {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
             "message": "ReplicaSet \"web-1\" has timed out progressing."}]}});
        check(
            &[deployment],
            "deployment x/web made no progress in the time it has (ReplicaSet \"web-1\" has timed out progressing.)",
        );
    }
}
