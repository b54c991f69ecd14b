//! Checks against a real cluster: pods are really deleted, files really read.
//!
//! Each test works in a namespace of its own and deletes it.

use std::time::Duration;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Node;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use kube::{Api, ResourceExt};
use labproof::cluster::check::{Armed, Verdict, arm, client, earlier, make, make_until};
use labproof::verifier::Check;
use serde_json::json;

use crate::room::{IMAGE, create, eventually, in_cluster};

const WEB: &str = "workload: deployment/web, namespace: NS";

#[tokio::test]
async fn a_file_in_a_pod_is_lost_with_it_and_uids_prove_it() {
    in_cluster("lost", |room| async move {
        room.deployment(1, IMAGE, json!({"emptyDir": {}})).await;
        let names = room.ready(1).await;
        room.run(&names[0], "echo precious > /data/file; touch /usr/share/nginx/html/assets/new.png").await;
        let old = room.pods().get(&names[0]).await.unwrap().uid().unwrap();
        let finding = room
            .expect(
                &format!("persistence: {{{WEB}, path: /usr/share/nginx/html/assets/new.png, across: pod-deletion, expect: lost}}"),
                Verdict::Pass,
                "new.png was lost",
            )
            .await;
        assert!(finding.reason.contains(&format!("{} (uid {old}) replaced by ", names[0])), "{finding:#?}");
        room.expect(
            &format!("persistence: {{{WEB}, path: /data/file, across: pod-deletion, expect: lost}}"),
            Verdict::Broken,
            "no pod has a file at /data/file",
        )
        .await;
        room.expect(
            &format!("persistence: {{{WEB}, path: /data, across: pod-deletion, expect: kept}}"),
            Verdict::Fail,
            "was lost; the claim is that it is kept",
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_file_on_a_claim_is_kept_and_shared() {
    in_cluster("kept", |room| async move {
        let claim = room.claim().await;
        room.deployment(2, IMAGE, claim).await;
        let names = room.ready(2).await;
        room.run(&names[0], "echo precious > /data/file").await;
        room.expect(
            &format!("file: {{{WEB}, path: /data/file, equals: precious, replicas: same}}"),
            Verdict::Pass,
            "a file of 9 bytes",
        )
        .await;
        let kept =
            format!("persistence: {{{WEB}, path: /data/file, across: pod-deletion, expect: kept}}");
        room.expect(&kept, Verdict::Pass, "/data/file was kept")
            .await;
        room.expect(
            &kept.replace("/data/file", "/data"),
            Verdict::Pass,
            "was kept",
        )
        .await;
        room.expect(
            &kept.replace("expect: kept", "expect: lost"),
            Verdict::Fail,
            "was kept; the claim is that it is lost",
        )
        .await;
        // The marker of the folder is gone: only the lab's own file is left.
        let names = room.ready(2).await;
        room.run(&names[0], r#"[ "$(ls -A /data)" = file ]"#).await;
    })
    .await;
}

#[tokio::test]
async fn a_step_that_deletes_is_judged_and_one_that_does_not_fails() {
    in_cluster("bylab", |room| async move {
        room.deployment(1, IMAGE, json!({"emptyDir": {}})).await;
        let names = room.ready(1).await;
        room.run(&names[0], "touch /data/file").await;
        let lost = room.check(&format!(
            "persistence: {{{WEB}, path: /data/file, across: pod-deletion, expect: lost, by: lab}}"
        ));
        let mut quick = lost.clone();
        quick.within = Duration::from_secs(2);
        let armed = arm(&room.client, &quick).await;
        let finding = make(&room.client, &quick, armed).await;
        assert_eq!(finding.verdict, Verdict::Fail, "{finding:#?}");
        assert!(
            finding.reason.contains("nothing was deleted"),
            "{finding:#?}"
        );

        let armed = arm(&room.client, &lost).await;
        room.pods()
            .delete(&names[0], &DeleteParams::default())
            .await
            .unwrap();
        let finding = make(&room.client, &lost, armed).await;
        assert_eq!(finding.verdict, Verdict::Pass, "{finding:#?}");
        assert!(
            finding.reason.contains("/data/file was lost"),
            "{finding:#?}"
        );

        let finding = make(&room.client, &lost, None).await;
        assert_eq!(finding.verdict, Verdict::Broken, "{finding:#?}");
        let armed = arm(&room.client, &lost).await;
        let finding = make(&room.client, &lost, armed).await;
        assert_eq!(
            finding.verdict,
            Verdict::Broken,
            "nothing was there to lose: {finding:#?}"
        );
    })
    .await;
}

#[tokio::test]
async fn what_replicas_do_not_share_is_different() {
    in_cluster("files", |room| async move {
        room.deployment(2, IMAGE, json!({"emptyDir": {}})).await;
        let names = room.ready(2).await;
        room.run(&names[0], "head -c 30000000 /dev/zero > /data/big; chmod 0600 /data/big").await;
        room.run(&names[1], "echo text > /data/note").await;
        let file = |rest: &str| format!("file: {{{WEB}, {rest}}}");
        for rest in [
            "path: /data/big, replicas: different",
            "path: /data/big, replicas: some, mode: '0600'",
            // 30,000,000 zero bytes.
            "path: /data/big, replicas: some, sha256: 5cea420a169be50cd615ee30e570f980afb5eb88e8431d652202fc99df58ed7d",
            "path: /data/note, contains: tex, replicas: some",
            "path: /no/such/file, exists: false",
            "path: /usr/share/nginx/html/assets/gentleman.jpg, replicas: same",
            "path: /data",
        ] {
            room.expect(&file(rest), Verdict::Pass, "/").await;
        }
    })
    .await;
}

#[tokio::test]
async fn objects_are_found_counted_and_missed() {
    in_cluster("objects", |room| async move {
        room.deployment(2, IMAGE, json!({"emptyDir": {}})).await;
        let names = room.ready(2).await;
        for (check, words) in [
            ("count: {apiVersion: v1, kind: Pod, namespace: NS, selector: app=web, is: 2}, match: {status: {conditions: {Ready: 'True'}}}", "there are 2"),
            ("resource: {apiVersion: v1, kind: Pod, namespace: NS, selector: {app: web}}, match: {spec: {containers: [{name: main, image: '/sample-assets/'}]}}", "all 2 objects"),
            ("resource: {apiVersion: v1, kind: Namespace, name: NS}, match: {status: {phase: Active}}", "as described"),
            ("absent: {apiVersion: v1, kind: Pod, namespace: NS, name: other}", "two readings"),
        ] {
            room.expect(check, Verdict::Pass, words).await;
        }
        // A watch wakes the look: the pod goes while the check waits for it.
        let absent = room.check(&format!("absent: {{apiVersion: v1, kind: Pod, namespace: NS, name: {}}}", names[0]));
        let going = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            room.pods().delete(&names[0], &DeleteParams::default()).await.unwrap();
        };
        let (finding, ()) = tokio::join!(make(&room.client, &absent, None), going);
        assert_eq!(finding.verdict, Verdict::Pass, "{finding:#?}");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_looked_into_is_broken_with_words() {
    in_cluster("broken", |room| async move {
        let nodes: Api<Node> = Api::all(room.client.clone());
        let node = nodes
            .list(&ListParams::default())
            .await
            .unwrap()
            .items
            .remove(0);
        let images = node.status.unwrap().images.unwrap_or_default();
        let pause = images
            .iter()
            .flat_map(|image| image.names.iter().flatten())
            .find(|name| name.contains("pause:"))
            .expect("the node has a pause image")
            .clone();
        room.deployment(1, &pause, json!({"emptyDir": {}})).await;
        room.ready(1).await;
        let file = format!("file: {{{WEB}, path: /x}}");
        room.expect(&file, Verdict::Broken, "neither sh nor cat")
            .await;
        let lost =
            format!("persistence: {{{WEB}, path: /data, across: pod-deletion, expect: lost}}");
        room.expect(&lost, Verdict::Broken, "neither sh nor cat")
            .await;
        room.expect(
            &file.replace("namespace", "container: side, namespace"),
            Verdict::Broken,
            "no container `side`: it has main",
        )
        .await;

        let mut config = room.config.clone();
        config.auth_info.impersonate =
            Some(format!("system:serviceaccount:{}:default", room.namespace));
        let stranger = client(config).unwrap();
        let finding = make(&stranger, &room.check(&file), None).await;
        assert_eq!(finding.verdict, Verdict::Broken, "{finding:#?}");
        assert!(
            finding.reason.contains("not allowed to get deployments"),
            "{finding:#?}"
        );
        // Nothing is waited for that waiting does not change.
        assert!(finding.duration < Duration::from_secs(60), "{finding:#?}");
    })
    .await;
}

#[tokio::test]
async fn who_may_not_run_programs_is_told_which_right_is_missing() {
    in_cluster("noexec", |room| async move {
        room.deployment(1, IMAGE, json!({"emptyDir": {}})).await;
        room.ready(1).await;
        let bindings: Api<k8s_openapi::api::rbac::v1::RoleBinding> =
            Api::namespaced(room.client.clone(), &room.namespace);
        create(&bindings, json!({"metadata": {"name": "view"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
            "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": room.namespace}]}))
        .await;
        let mut config = room.config.clone();
        config.auth_info.impersonate = Some(format!("system:serviceaccount:{}:default", room.namespace));
        let viewer = client(config).unwrap();
        // The authoriser learns of the binding a moment later.
        let seen: Api<Deployment> = Api::namespaced(viewer.clone(), &room.namespace);
        eventually("the right to view", || async { seen.get("web").await.is_ok() }).await;
        let finding = make(&viewer, &room.check(&format!("file: {{{WEB}, path: /x}}")), None).await;
        assert_eq!(finding.verdict, Verdict::Broken, "{finding:#?}");
        assert!(finding.reason.contains("pods/exec"), "{finding:#?}");
    })
    .await;
}

#[tokio::test]
async fn a_file_is_told_from_one_that_comes_later() {
    in_cluster("later", |room| async move {
        room.deployment(1, IMAGE, json!({"emptyDir": {}})).await;
        let api: Api<Deployment> = Api::namespaced(room.client.clone(), &room.namespace);
        let names = room.ready(1).await;
        let check = room.check(&format!("file: {{{WEB}, path: /data/x, contains: two}}"));
        // It is written anew once it was read, which its time of access tells.
        room.run(&names[0], "echo one > /data/x; touch -m -d '2020-01-02' /data/x; touch -a -d '2020-01-01' /data/x").await;
        let writing = async {
            let read = "for i in {1..500}; do [[ $(stat -c %x /data/x) > 2021 ]] && break; sleep 0.1; done; echo two > /data/x";
            room.run(&names[0], read).await;
        };
        let (finding, ()) = tokio::join!(make(&room.client, &check, None), writing);
        assert_eq!(finding.verdict, Verdict::Pass, "{finding:#?}");
        assert!(finding.attempts > 1);
        // A pod that cannot come is broken, and says why.
        let patch = json!({"spec": {"template": {"spec": {"containers": [
            {"name": "main", "image": "example.invalid/none:1"}]}}}});
        api.patch("web", &PatchParams::default(), &Patch::Strategic(patch))
            .await
            .unwrap();
        let mut check = room.check(&format!("file: {{{WEB}, path: /data/x}}"));
        check.within = Duration::from_secs(12);
        let finding = make(&room.client, &check, None).await;
        assert_eq!(finding.verdict, Verdict::Broken, "{finding:#?}");
        assert!(finding.reason.contains("is not ready"), "{finding:#?}");
        assert!(!finding.events.is_empty(), "{finding:#?}");
    })
    .await;
}

#[tokio::test]
async fn what_outlives_a_container_a_rollout_and_a_pause() {
    in_cluster("across", |room| async move {
        room.deployment(1, IMAGE, json!({"emptyDir": {}})).await;
        let names = room.ready(1).await;
        room.run(&names[0], "echo a > /data/volume; echo b > /tmp/layer")
            .await;
        let claim = |path: &str, across: &str, expect: &str| {
            format!("persistence: {{{WEB}, path: {path}, across: {across}, expect: {expect}}}")
        };
        // An emptyDir outlives its container, the container's own layer does not.
        room.expect(
            &claim("/data/volume", "container-restart", "kept"),
            Verdict::Pass,
            "restarts 1",
        )
        .await;
        room.run(&names[0], "echo b > /tmp/layer").await;
        room.expect(
            &claim("/tmp/layer", "container-restart", "lost"),
            Verdict::Pass,
            "was lost",
        )
        .await;
        room.expect(
            &claim("/data/volume", "rollout", "lost"),
            Verdict::Pass,
            "was lost",
        )
        .await;
        room.expect(
            &claim("/data", "scale-to-zero", "lost"),
            Verdict::Pass,
            "was lost",
        )
        .await;
        room.ready(1).await;
    })
    .await;
}

#[tokio::test]
async fn owners_rollouts_programs_logs_and_events() {
    in_cluster("kinds", |room| async move {
        room.deployment(2, IMAGE, json!({"emptyDir": {}})).await;
        room.ready(2).await;
        for (check, words) in [
            ("owner: {apiVersion: v1, kind: Pod, namespace: NS, selector: app=web, chain: [ReplicaSet, Deployment/web]}", "ReplicaSet/web-"),
            ("owner: {apiVersion: apps/v1, kind: Deployment, namespace: NS, name: web, chain: []}", "nothing"),
            ("rollout: {workload: deployment/web, namespace: NS, is: complete, revision: 1, history: 1, changeCause: absent, oldReplicaSets: 0}", "complete"),
            ("exec: {workload: deployment/web, namespace: NS, command: 'echo $((6*7)); exit 3', exit: 3, equals: '42'}", "2 of 2"),
            ("events: {namespace: NS, on: Pod, reason: Started, type: Normal, is: '>= 2'}", "Started"),
        ] {
            room.expect(check, Verdict::Pass, words).await;
        }
        let patch = json!({"spec": {"template": {"spec": {"containers": [
            {"name": "main", "command": ["bash", "-c",
                "echo second; trap 'exit 0' TERM; while :; do sleep 0.1; done"]}]}}}});
        let api: Api<Deployment> = Api::namespaced(room.client.clone(), &room.namespace);
        api.patch("web", &PatchParams::default(), &Patch::Strategic(patch)).await.unwrap();
        for (check, words) in [
            ("rollout: {workload: deployment/web, namespace: NS, is: complete, revision: 2, history: 2, oldReplicaSets: 1, oldReplicas: 0}", "complete"),
            ("logs: {workload: deployment/web, namespace: NS, matches: '^second$', lacks: error}", "2 of 2"),
        ] {
            room.expect(check, Verdict::Pass, words).await;
        }
        for (check, verdict, words) in [
            ("within: 1s, exec: {workload: deployment/web, namespace: NS, command: [nonesuch]}", Verdict::Broken, "has no `nonesuch`"),
            ("within: 1s, exec: {workload: deployment/web, namespace: NS, command: 'exit 1'}", Verdict::Fail, "exit status 1"),
            ("within: 1s, rollout: {workload: deployment/web, namespace: NS, is: paused}", Verdict::Fail, "it is complete"),
            ("within: 1s, owner: {apiVersion: v1, kind: Pod, namespace: NS, selector: app=web, chain: [StatefulSet]}", Verdict::Fail, "ReplicaSet/web-"),
        ] {
            let check = room.check(&check.replace("within: 1s, ", ""));
            let check = Check {
                within: Duration::from_secs(1),
                ..check
            };
            let finding = make(&room.client, &check, None).await;
            assert_eq!(finding.verdict, verdict, "{finding:#?}");
            assert!(finding.reason.contains(words), "{finding:#?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_service_answers_or_does_not_while_a_step_runs() {
    in_cluster("service", |room| async move {
        let api: Api<Deployment> = Api::namespaced(room.client.clone(), &room.namespace);
        create(
            &api,
            json!({"metadata": {"name": "web"}, "spec": {
            "replicas": 2, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {
                "containers": [{"name": "main", "image": IMAGE,
                    "ports": [{"containerPort": 8080}],
                    "readinessProbe": {"httpGet": {"path": "/health.html", "port": 8080},
                        "periodSeconds": 1}}]}}}}),
        )
        .await;
        let services: Api<k8s_openapi::api::core::v1::Service> =
            Api::namespaced(room.client.clone(), &room.namespace);
        create(
            &services,
            json!({"metadata": {"name": "web"}, "spec": {
            "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}}),
        )
        .await;
        room.ready(2).await;
        room.expect(
            "http: {service: web, namespace: NS, path: /health.html, contains: OK}",
            Verdict::Pass,
            "status 200",
        )
        .await;
        room.expect(
            "http: {service: web, namespace: NS, path: /no, status: 404}",
            Verdict::Pass,
            "status 404",
        )
        .await;
        let mut no_port = room.check("http: {service: web, namespace: NS, port: 81}");
        no_port.within = Duration::from_secs(1);
        let finding = make(&room.client, &no_port, None).await;
        assert_eq!(finding.verdict, Verdict::Broken, "{finding:#?}");
        assert!(
            finding.reason.contains("no port 81: it has 80"),
            "{finding:#?}"
        );

        let steady = room.check(
            "after: x, availability: {service: web, namespace: NS, path: /health.html, gap: 2s}",
        );
        let armed = arm(&room.client, &steady).await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let finding = make(&room.client, &steady, armed).await;
        assert_eq!(finding.verdict, Verdict::Pass, "{finding:#?}");
        // Ten a second, of which a busy machine may leave some out.
        assert!(finding.attempts >= 10, "{finding:#?}");

        let interrupted = room.check(
            "after: x, availability: {service: web, namespace: NS, failed: '>= 1', gap: '>= 2s'}",
        );
        let one = room.check(
            "after: x, bounds: {workload: deployment/web, namespace: NS, pods: '<= 9', ready: '>= 1'}",
        );
        let watched = arm(&room.client, &one).await;
        let finding = make(&room.client, &one, watched).await;
        assert_eq!(finding.verdict, Verdict::Pass, "{finding:#?}");
        assert!(finding.reason.contains("no change seen"), "{finding:#?}");

        let armed = arm(&room.client, &steady).await;
        let gap = arm(&room.client, &interrupted).await;
        let watched = arm(&room.client, &one).await;
        let none = json!({"spec": {"replicas": 0}});
        api.patch("web", &PatchParams::default(), &Patch::Merge(none))
            .await
            .unwrap();
        let endpoints: Api<k8s_openapi::api::core::v1::Endpoints> =
            Api::namespaced(room.client.clone(), &room.namespace);
        let ready = |subset: &k8s_openapi::api::core::v1::EndpointSubset| {
            subset.addresses.as_ref().is_some_and(|all| !all.is_empty())
        };
        eventually("no endpoint is left", || async {
            let now = endpoints.get("web").await.unwrap();
            !now.subsets.iter().flatten().any(ready)
        })
        .await;
        tokio::time::sleep(Duration::from_secs(4)).await;
        let finding = make(&room.client, &steady, armed).await;
        assert_eq!(finding.verdict, Verdict::Fail, "{finding:#?}");
        // Refused by a pod on its way out, or turned away for lack of endpoints: which comes first
        // is a race.
        let first = "the first with status 50";
        assert!(finding.reason.contains(first), "{finding:#?}");

        let finding = make(&room.client, &interrupted, gap).await;
        assert_eq!(finding.verdict, Verdict::Pass, "{finding:#?}");
        let finding = make(&room.client, &one, watched).await;
        assert_eq!(finding.verdict, Verdict::Fail, "{finding:#?}");
        let words = "ready 0, expected >= 1";
        assert!(finding.reason.contains(words), "{finding:#?}");

        for check in [&steady, &one] {
            let finding = make(&room.client, check, None).await;
            assert_eq!(finding.verdict, Verdict::Broken, "{finding:#?}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_interrupted_check_scales_back_and_one_node_cannot_be_drained() {
    in_cluster("owed", |room| async move {
        room.deployment(1, IMAGE, json!({"emptyDir": {}})).await;
        let names = room.ready(1).await;
        room.run(&names[0], "touch /data/file").await;
        let api: Api<Deployment> = Api::namespaced(room.client.clone(), &room.namespace);
        let replicas = || async { api.get("web").await.unwrap().spec.unwrap().replicas };
        let check = room.check(&format!(
            "persistence: {{{WEB}, path: /data/file, across: scale-to-zero, expect: lost}}"
        ));
        let at_zero = async {
            while replicas().await != Some(0) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let finding = make_until(&room.client, &check, None, at_zero).await;
        assert!(finding.is_none(), "{finding:#?}");
        assert_eq!(replicas().await, Some(1));

        let names = room.ready(1).await;
        room.run(&names[0], "touch /data/file").await;
        let nodes: Api<k8s_openapi::api::core::v1::Node> = Api::all(room.client.clone());
        let nodes = nodes.list(&kube::api::ListParams::default()).await.unwrap();
        if nodes.items.len() == 1 {
            room.expect(
                &format!(
                    "persistence: {{{WEB}, path: /data/file, across: node-drain, expect: lost}}"
                ),
                Verdict::Broken,
                "needs a second node",
            )
            .await;
        }
    })
    .await;
}

/// Claims as authors write them who have something odd to claim: true ones pass, false ones do not, and what cannot be told is not told.
#[tokio::test]
async fn odd_claims_are_judged_by_what_is_there() {
    in_cluster("odd", |room| async move {
        room.deployment(1, IMAGE, json!({"emptyDir": {}})).await;
        let names = room.ready(1).await;
        let hidden = "mkdir /data/shut; touch /data/shut/file; chmod 0700 /data/shut";
        room.run(&names[0], hidden).await;
        // Not all that is written is text.
        let script = "printf 'a\\377b\\nhello\\n'; trap 'exit 0' TERM; while :; do sleep 0.1; done";
        let nobody = json!({"metadata": {"name": "bare", "labels": {"app": "bare"}}, "spec": {
            "terminationGracePeriodSeconds": 1, "volumes": [{"name": "data", "emptyDir": {}}],
            "initContainers": [{"name": "before", "image": IMAGE, "imagePullPolicy": "IfNotPresent",
                "command": ["bash", "-c", "mkdir -m 0700 /data/shut"], "securityContext": {"runAsUser": 0},
                "volumeMounts": [{"name": "data", "mountPath": "/data"}]}],
            "containers": [{"name": "main", "image": IMAGE, "imagePullPolicy": "IfNotPresent",
                "command": ["bash", "-c", script], "securityContext": {"runAsUser": 65534},
                "volumeMounts": [{"name": "data", "mountPath": "/data"}]}]}});
        create(&room.pods(), nobody).await;
        let bare = "pod/bare, namespace: NS";
        for (check, verdict, words) in [
            (format!("logs: {{workload: {bare}, contains: hello}}"), Verdict::Pass, "1 of 1"),
            (format!("within: 1s, logs: {{workload: {bare}, previous: true, contains: hello}}"), Verdict::Fail, "never started again"),
            // Below a folder that the container's user may not search there may be anything.
            (format!("within: 1s, file: {{workload: {bare}, path: /data/shut/file, exists: false}}"), Verdict::Broken, "may not search /data/shut"),
            (format!("file: {{workload: {bare}, path: /tmp/no/such/file, exists: false}}"), Verdict::Pass, "nothing in pod bare"),
            (format!("file: {{{WEB}, path: /data/shut/file}}"), Verdict::Pass, "an empty file"),
            ("persistence: {selector: app=bare, namespace: NS, path: /etc/passwd, across: pod-deletion, expect: kept}".to_owned(), Verdict::Broken, "nothing controls pod bare"),
            ("within: 1s, events: {namespace: no-such-NS, reason: Failed, is: 0}".to_owned(), Verdict::Broken, "there is no namespace `no-such-"),
            ("count: {apiVersion: v1, kind: Pod, namespace: NS, is: '2'}".to_owned(), Verdict::Pass, "there are 2"),
            ("within: 1s, count: {apiVersion: v1, kind: Pod, namespace: NS, selector: app=none, is: '!= 0'}".to_owned(), Verdict::Fail, "there are 0"),
            (format!("exec: {{workload: {bare}, command: 'sleep 21; echo late', contains: late}}"), Verdict::Pass, "1 of 1"),
        ] {
            let within = match check.strip_prefix("within: 1s, ") {
                Some(_) => Duration::from_secs(1),
                None => Duration::from_secs(60),
            };
            let check = room.check(check.trim_start_matches("within: 1s, "));
            let finding = make(&room.client, &Check { within, ..check }, None).await;
            assert_eq!(finding.verdict, verdict, "{finding:#?}");
            assert!(finding.reason.contains(words), "`{words}` not in {finding:#?}");
        }
        assert!(room.pods().get_opt("bare").await.unwrap().is_some());
        // Right after a change the status is that of before it.
        let api: Api<Deployment> = Api::namespaced(room.client.clone(), &room.namespace);
        for revision in 1..=3 {
            let change = json!({"spec": {"template": {"metadata": {"labels": {"after": revision.to_string()}}}}});
            api.patch("web", &PatchParams::default(), &Patch::Merge(change)).await.unwrap();
            let mut before = room.check(&format!("rollout: {{workload: deployment/web, namespace: NS, revision: {revision}}}"));
            before.within = Duration::from_secs(1);
            let finding = make(&room.client, &before, None).await;
            assert_eq!(finding.verdict, Verdict::Fail, "{finding:#?}");
            // Two changes that the controller sees at once are one revision.
            let after = format!("rollout: {{workload: deployment/web, namespace: NS, revision: {}}}", revision + 1);
            room.expect(&after, Verdict::Pass, "").await;
        }
        // What happened to objects that are gone is nobody's claim any more.
        let happened = room.check("events: {namespace: NS, on: Pod/bare, reason: Started}");
        let made = |earlier| make(&room.client, &happened, earlier);
        assert_eq!(made(None).await.verdict, Verdict::Pass);
        let before = earlier(&room.client, &happened).await.map(Armed::from);
        assert_eq!(made(before).await.verdict, Verdict::Pass);
        room.pods().delete("bare", &DeleteParams::default()).await.unwrap();
        room.expect("absent: {apiVersion: v1, kind: Pod, namespace: NS, name: bare}", Verdict::Pass, "two readings").await;
        let happened = Check { within: Duration::from_secs(1), ..happened.clone() };
        let before = earlier(&room.client, &happened).await.map(Armed::from);
        let finding = make(&room.client, &happened, before).await;
        assert_eq!(finding.verdict, Verdict::Fail, "{finding:#?}");
        assert!(finding.reason.starts_with("it did not happen"), "{finding:#?}");
    })
    .await;
}
