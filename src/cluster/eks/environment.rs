//! The variables that labs written for EKS expect, eks-workshop's above all.
//!
//! Known here: the cluster, its region and account, and the managed node group that eks-workshop calls its default
//! one. What the preparation of a single module makes (roles, buckets, chart versions) only that module knows.

use std::ffi::OsString;

use serde_json::Value;

use super::{Aws, Cli};

/// The node group that eks-workshop makes with its cluster.
const DEFAULT_NODE_GROUP: &str = "default";

/// What is known of a cluster.
pub(super) struct Facts<'a> {
    pub(super) name: &'a str,
    pub(super) region: &'a str,
    pub(super) account: &'a str,
    /// `cluster` of `describe-cluster`.
    pub(super) cluster: &'a Value,
    /// `nodegroup` of `describe-nodegroup`, of the node group that labs mean.
    pub(super) node_group: Option<&'a Value>,
}

/// The variables, each with its value.
pub(super) fn variables(facts: &Facts<'_>, aws: &Aws) -> Vec<(String, OsString)> {
    let mut all: Vec<(&str, String)> = vec![
        ("EKS_CLUSTER_NAME", facts.name.to_owned()),
        ("AWS_REGION", facts.region.to_owned()),
        ("AWS_DEFAULT_REGION", facts.region.to_owned()),
        ("AWS_ACCOUNT_ID", facts.account.to_owned()),
        // A pager would wait for a key that nobody presses.
        ("AWS_PAGER", String::new()),
    ];
    all.extend(aws.profile.clone().map(|profile| ("AWS_PROFILE", profile)));
    if facts.cluster["computeConfig"]["enabled"] == Value::Bool(true) {
        all.push(("EKS_CLUSTER_AUTO_NAME", facts.name.to_owned()));
    }
    if let Some(group) = facts.node_group {
        let scaling = &group["scalingConfig"];
        let values = [
            ("EKS_DEFAULT_MNG_NAME", &group["nodegroupName"]),
            ("EKS_DEFAULT_MNG_MIN", &scaling["minSize"]),
            ("EKS_DEFAULT_MNG_MAX", &scaling["maxSize"]),
            ("EKS_DEFAULT_MNG_DESIRED", &scaling["desiredSize"]),
        ];
        all.extend(values.into_iter().filter_map(|(key, value)| match value {
            Value::String(text) => Some((key, text.clone())),
            Value::Number(number) => Some((key, number.to_string())),
            _ => None,
        }));
    }
    all.into_iter()
        .map(|(key, value)| (key.to_owned(), value.into()))
        .collect()
}

impl Cli<'_> {
    /// The node group named `default`, else the only one. `None` also where the identity may not ask: the labs that
    /// need it say so themselves.
    pub(super) async fn default_node_group(&self) -> Option<Value> {
        let named = ["eks", "list-nodegroups", "--cluster-name", self.name];
        let list = self.json(&named).await.ok()?;
        let groups = list["nodegroups"].as_array()?;
        let names: Vec<&str> = groups.iter().filter_map(Value::as_str).collect();
        let group = match names.as_slice() {
            [only] => only,
            several => several.iter().find(|name| **name == DEFAULT_NODE_GROUP)?,
        };
        let mut answer = self
            .json(&[
                "eks",
                "describe-nodegroup",
                "--cluster-name",
                self.name,
                "--nodegroup-name",
                group,
            ])
            .await
            .ok()?;
        Some(answer["nodegroup"].take())
    }

    /// The keys that the CLI works with, wherever it has them from; for the gate that masks them.
    pub(super) async fn secrets(&self) -> Vec<String> {
        let ask = ["configure", "export-credentials", "--format", "process"];
        let text = self.run(&ask, None).await.unwrap_or_default();
        let keys: Value = serde_json::from_str(&text).unwrap_or_default();
        ["SecretAccessKey", "SessionToken"]
            .iter()
            .filter_map(|key| Some(keys[key].as_str()?.to_owned()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_labs_expect_is_set_and_nothing_that_is_not_known() {
        let cluster = json!({"computeConfig": {"enabled": true}});
        let group =
            json!({"nodegroupName": "blue", "scalingConfig": {"minSize": 1, "desiredSize": 3}});
        let mut facts = Facts {
            name: "shop",
            region: "eu-west-1",
            account: "1",
            cluster: &cluster,
            node_group: Some(&group),
        };
        let text = |facts: &Facts<'_>| {
            let all = variables(facts, &Aws::default()).into_iter();
            let lines = all.map(|(key, value)| format!("{key}={}", value.display()));
            lines.collect::<Vec<_>>().join(" ")
        };
        let all = text(&facts);
        for one in [
            "EKS_CLUSTER_NAME=shop",
            "EKS_CLUSTER_AUTO_NAME=shop",
            "EKS_DEFAULT_MNG_NAME=blue",
            "EKS_DEFAULT_MNG_DESIRED=3",
        ] {
            assert!(all.contains(one), "{one}: {all}");
        }
        assert!(!all.contains("MNG_MAX") && !all.contains("AWS_PROFILE"));
        facts.cluster = &Value::Null;
        facts.node_group = None;
        let all = text(&facts);
        assert!(!all.contains("AUTO") && !all.contains("MNG"), "{all}");
    }
}
