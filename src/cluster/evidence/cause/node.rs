//! A node that is not well.

use super::super::scene::Scene;
use super::{brief, named};

const PRESSURES: [&str; 4] = [
    "MemoryPressure",
    "DiskPressure",
    "PIDPressure",
    "NetworkUnavailable",
];

pub(super) fn cause(scene: &Scene) -> Option<String> {
    scene.nodes.iter().find_map(|node| {
        let conditions = node.status.as_ref()?.conditions.as_ref()?;
        let unwell = conditions
            .iter()
            .find(|condition| match condition.type_.as_str() {
                "Ready" => condition.status != "True",
                other => PRESSURES.contains(&other) && condition.status == "True",
            })?;
        let what = match unwell.type_.as_str() {
            "Ready" => "is not ready",
            other => &format!("has {other}"),
        };
        let why = brief(unwell.message.as_deref().unwrap_or("no message"));
        Some(format!("{} {what} ({why})", named("node", node)))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use serde_json::json;

    #[test]
    fn what_a_node_suffers_from() {
        let node = |kind: &str, status: &str| {
            json!({"kind": "Node", "metadata": {"name": "n"}, "status": {"conditions": [
            {"type": kind, "status": status, "message": "said so"}]}})
        };
        check(&[node("Ready", "Unknown")], "node n is not ready (said so)");
        check(
            &[node("DiskPressure", "True")],
            "node n has DiskPressure (said so)",
        );
        check(
            &[node("Ready", "True"), node("DiskPressure", "False")],
            "none",
        );
    }
}
