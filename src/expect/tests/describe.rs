//! Descriptions.

use super::{fails, passes};

const POD: &str = "Name:             web-5774b8d5f4-cv89c
Namespace:        shop
Priority:         0
Service Account:  default
Node:             node1/10.244.0.1
Start Time:       Sat, 21 Nov 2026 00:47:55 +0000
Labels:           app=web
                  pod-template-hash=5774b8d5f4
Annotations:      <none>
Status:           Running
IP:               10.244.0.137
IPs:
  IP:           10.244.0.137
Controlled By:  ReplicaSet/web-5774b8d5f4
Containers:
  web:
    Container ID:   containerd://b349cffdb35596922e8103045d5c7a6ea56df1f5862586db6ea68f2ac1873a16
    Image:          nginx:1.14.2
    Image ID:       sha256:f0a8c9a90511de50b8a100fe800570d4aef768ff5e572dff1fc56c2035e2b08f
    Port:           80/TCP
    State:          Running
      Started:      Sat, 21 Nov 2026 00:47:56 +0000
    Ready:          True
    Restart Count:  0
    Liveness:       http-get http://:80/ delay=3s timeout=1s period=3s #success=1 #failure=3
    Environment:
      MODE:  fast
      LEVEL: 3
    Mounts:
      /data from data (rw)
Conditions:
  Type              Status
  Ready             True
Volumes:
  data:
    Type:       PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)
    ClaimName:  data
QoS Class:       BestEffort
Tolerations:     node.kubernetes.io/not-ready:NoExecute op=Exists for 300s
                 node.kubernetes.io/unreachable:NoExecute op=Exists for 300s
Events:
  Type    Reason     Age   From               Message
  ----    ------     ----  ----               -------
  Normal  Scheduled  31s   default-scheduler  Successfully assigned shop/web-5774b8d5f4-cv89c to node1
  Normal  Pulled     31s   kubelet            Container image \"nginx:1.14.2\" already present on machine
  Normal  Started    31s   kubelet            Started container web";

const COMMAND: &str = "kubectl describe pod -l app=web";

fn other() -> String {
    [
        ("5774b8d5f4", "dbbdc96d6"),
        ("cv89c", "xlrhl"),
        ("10.244.0.137", "10.244.7.9"),
        (
            "node1/10.244.0.1",
            "ip-10-42-1-2.us-west-2.compute.internal/10.42.1.2",
        ),
        ("to node1", "to ip-10-42-1-2.us-west-2.compute.internal"),
        ("21 Nov 2026", "22 Dec 2027"),
        ("b349cffdb355", "000cffdb3559"),
        ("31s ", "2m "),
    ]
    .iter()
    .fold(POD.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[test]
fn another_run() {
    passes("describe", COMMAND, POD, &other());
    passes("describe", COMMAND, &other(), POD);
}

#[test]
fn what_matters() {
    let say = |words: &str, from: &str, to: &str| {
        fails(words, COMMAND, POD, &other().replacen(from, to, 1))
    };
    say(
        "Image is nginx:1.16.1, the page shows nginx:1.14.2",
        "nginx:1.14.2",
        "nginx:1.16.1",
    );
    say("MODE", "fast", "slow");
    say("Liveness", "period=3s", "period=30s");
    say("Restart Count", "Restart Count:  0", "Restart Count:  4");
    say(
        "Ready True",
        "Ready             True",
        "Ready             False",
    );
    say(
        "Status is Pending, the page shows Running",
        "Status:           Running",
        "Status:           Pending",
    );
    say("app=web", "app=web", "app=wep");
    say("ClaimName", "ClaimName:  data", "ClaimName:  date");
    say(
        "`/data from data (rw)`",
        "/data from data (rw)",
        "/data from data (ro)",
    );
    say(
        "Started container web",
        "Normal  Started    2m   kubelet            Started container web",
        "",
    );
    fails(
        "Unhealthy",
        COMMAND,
        POD,
        &format!(
            "{}\n  Warning  Unhealthy  1s  kubelet  Liveness probe failed: HTTP probe failed with statuscode: 500",
            other()
        ),
    );
    fails(
        "hash",
        COMMAND,
        POD,
        &other().replacen(
            "pod-template-hash=dbbdc96d6",
            "pod-template-hash=dbbdc96d7",
            1,
        ),
    );
}

#[test]
fn parts_of_it() {
    let middle: String = POD.lines().skip(14).take(9).collect::<Vec<_>>().join("\n");
    passes("describe", COMMAND, &middle, &other());
    passes(
        "describe",
        COMMAND,
        &format!("...\n{middle}\n..."),
        &other(),
    );
    fails(
        "1.16.1",
        COMMAND,
        &middle.replace("1.14.2", "1.16.1"),
        &other(),
    );
    // As authors do: an elision here, and keys left out there without a word.
    let loose = "Name:             web-5774b8d5f4-cv89c\nNamespace:        shop\n[...]\nContainers:\n  web:\n    Image:          nginx:1.14.2\n    Port:           80/TCP\n    Environment:\n      MODE:  fast\n      LEVEL: 3\n[...]";
    passes("describe", COMMAND, loose, &other());
    fails(
        "",
        COMMAND,
        &loose.replace("      LEVEL: 3\n", "      LEVEL: 4\n"),
        &other(),
    );
    passes(
        "describe",
        COMMAND,
        "[...]\n  Normal  Started    1s   kubelet            Started container web",
        &other(),
    );
    fails(
        "did not come",
        COMMAND,
        "[...]\n  Normal  Killing    1s   kubelet            Stopping container web",
        &other(),
    );
}

#[test]
fn releases_add_keys_and_events_repeat() {
    let old: String = POD
        .lines()
        .filter(|line| !line.starts_with("Service Account:"))
        .collect::<Vec<_>>()
        .join("\n");
    passes("describe", COMMAND, &old, &other());
    passes(
        "describe",
        COMMAND,
        POD,
        &other().replace("Service Account:  default\n", ""),
    );
    passes(
        "describe",
        COMMAND,
        POD,
        &other().replace(
            "2m   kubelet            Started",
            "3s (x2 over 64s)  kubelet  Started",
        ),
    );
    passes(
        "describe",
        COMMAND,
        POD,
        &other().replace(
            "Container image \"nginx:1.14.2\" already present on machine",
            "Successfully pulled image \"nginx:1.14.2\" in 1.2s",
        ),
    );
    passes(
        "describe",
        COMMAND,
        POD,
        &format!(
            "{}\n  Normal  Pulling  1s  kubelet  Pulling image \"nginx:1.14.2\"",
            other()
        ),
    );
}

#[test]
fn a_list_that_goes_on() {
    let role = "Name:         reader\nLabels:       <none>\nPolicyRule:\n  Resources  Non-Resource URLs  Resource Names  Verbs\n  ---------  -----------------  --------------  -----\n  pods       []                 []              [get list]";
    let more = format!("{role}\n  secrets    []                 []              [get]");
    let command = "kubectl describe clusterrole reader";
    passes("describe", command, role, role);
    passes("describe", command, &format!("{role}\n  ..."), &more);
    fails("`secrets [] [] [get]` follows", command, role, &more);
    fails("secrets", command, &more, role);
    // A part from the middle ends where its author wanted.
    let rows: Vec<&str> = more.lines().skip(2).take(4).collect();
    passes("describe", command, &rows.join("\n"), &more);
    let below = format!("{more}\nEvents:  <none>\nOther:  x");
    passes("describe", command, role, &below);
}

/// A key that only a setting or a failure brings is no key that an author cuts: alone between two shown lines it is
/// a difference, among others that every description has it is cut with them.
#[test]
fn what_a_setting_brings_beside_an_elision() {
    let command = "kubectl describe pod a";
    let page = "Name:  a\n...\nContainers:\n  a:\n    Image:  nginx:1.25\n    Ready:  True\n...\nEvents:  <none>";
    let run = |between: &str| {
        format!(
            "Name:  a\nNamespace:  b\nContainers:\n  a:\n    Image:  nginx:1.25\n{between}    Ready:  True\n    Restart Count:  0\nEvents:  <none>"
        )
    };
    passes("describe", command, page, &run(""));
    fails(
        "",
        command,
        page,
        &run("    Liveness:  http-get http://:80/ delay=3s\n"),
    );
    fails("", command, page, &run("    Command:\n      sh\n"));
    fails(
        "",
        command,
        page,
        &run("    Last State:  Terminated\n      Reason:  Error\n"),
    );
    fails(
        "",
        command,
        page,
        &run("    Limits:\n      memory:  64Mi\n"),
    );
    passes(
        "describe",
        command,
        page,
        &run("    Port:  80/TCP\n    Host Port:  0/TCP\n"),
    );
}

#[test]
fn other_kinds() {
    let service = "Name:              web\nNamespace:         a\nLabels:            <none>\nSelector:          app=web\nType:              NodePort\nIP:                10.96.1.2\nPort:              http  80/TCP\nTargetPort:        8080/TCP\nNodePort:          http  31234/TCP\nEndpoints:         10.1.1.1:8080,10.1.1.2:8080\nSession Affinity:  None\nEvents:            <none>";
    let run = service
        .replace("10.96.1.2", "10.96.9.9")
        .replace("31234", "30001")
        .replace("10.1.1.1", "10.1.1.7")
        .replace(
            "IP:                ",
            "IP Family Policy:  SingleStack\nIP Families:       IPv4\nIP:                ",
        );
    passes("describe", "kubectl describe svc web", service, &run);
    fails(
        "TargetPort",
        "kubectl describe svc web",
        service,
        &run.replace("TargetPort:        8080", "TargetPort:        80"),
    );
    fails(
        "Endpoints",
        "kubectl describe svc web",
        service,
        &run.replace(",10.1.1.2:8080", ""),
    );
    fails(
        "Type is ClusterIP, the page shows NodePort",
        "kubectl describe svc web",
        service,
        &run.replace("NodePort\n", "ClusterIP\n"),
    );
    fails(
        "Endpoints",
        "kubectl describe svc web",
        service,
        &run.replace("10.1.1.7:8080,10.1.1.2:8080", "<none>"),
    );
    let quota = "Name:       q\nNamespace:  a\nResource    Used  Hard\n--------    ----  ----\npods        1     2\nrequests.cpu  500m  1";
    passes("describe", "kubectl describe quota q", quota, quota);
    fails(
        "pods 1 2",
        "kubectl describe quota q",
        quota,
        &quota.replace("1     2", "2     2"),
    );
    fails(
        "500m",
        "kubectl describe quota q",
        quota,
        &quota.replace("500m", "400m"),
    );
    let config = "Name:         c\nNamespace:    a\nLabels:       <none>\nAnnotations:  <none>\n\nData\n====\ncolor:\n----\nblue\n\nEvents:  <none>";
    passes("describe", "kubectl describe cm c", config, config);
    fails(
        "blue",
        "kubectl describe cm c",
        config,
        &config.replace("blue", "green"),
    );
}

#[test]
fn keys_of_data_stand_in_an_order_of_chance() {
    let secret = "Name:         safe\nNamespace:    a\nType:  Opaque\n\nData\n====\npin:   4 bytes\nuser:  5 bytes";
    let turned = secret.replace(
        "pin:   4 bytes\nuser:  5 bytes",
        "user:  5 bytes\npin:   4 bytes",
    );
    passes("describe", "kubectl describe secret safe", secret, &turned);
    fails(
        "pin is 7 bytes",
        "kubectl describe secret safe",
        secret,
        &turned.replace("4 bytes", "7 bytes"),
    );
    let config =
        "Name:         c\n\nData\n====\na:\n----\none\ntwo\nb:\n----\nthree\n\nEvents:  <none>";
    let turned = config.replace(
        "a:\n----\none\ntwo\nb:\n----\nthree",
        "b:\n----\nthree\na:\n----\none\ntwo",
    );
    passes("describe", "kubectl describe cm c", config, &turned);
    fails(
        "in another order",
        "kubectl describe cm c",
        config,
        &turned.replace("one\ntwo", "two\none"),
    );
}
