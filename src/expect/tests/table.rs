//! Tables.

use super::{fails, judged, passes};
use crate::expect::{Bindings, Happened, Shown, judge};
use crate::page::Rows;

const PODS: &str = "NAME                   READY   STATUS    RESTARTS   AGE
web-5774b8d5f4-cv89c   1/1     Running   0          10s
web-5774b8d5f4-nclqv   1/1     Running   0          10s
db-0                   1/1     Running   0          10s";

fn again(from: &[&str], to: &[&str]) -> String {
    from.iter()
        .zip(to)
        .fold(PODS.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[test]
fn names_hashes_ages_and_order_are_chance() {
    passes(
        "table",
        "kubectl get pods",
        PODS,
        &again(
            &["5774b8d5f4", "cv89c", "nclqv", "10s"],
            &["dbbdc96d6", "xlrhl", "58mgh", "3d"],
        ),
    );
    let reordered = "NAME READY STATUS RESTARTS AGE\ndb-0 1/1 Running 0 1s\nweb-5774b8d5f4-zzzzz 1/1 Running 0 1s\nweb-5774b8d5f4-yyyyy 1/1 Running 0 1s";
    passes("table", "kubectl get pods", PODS, reordered);
    passes("table", "kubectl get pods", reordered, PODS);
}

#[test]
fn states_counts_and_ordinals_are_not() {
    let say = |words, from: &str, to: &str| {
        fails(words, "kubectl get pods", PODS, &PODS.replacen(from, to, 1))
    };
    say(
        "row `web-*`: READY is 0/1, the page shows 1/1",
        "1/1 ",
        "0/1 ",
    );
    say(
        "row `web-*`: STATUS is Pending, the page shows Running",
        "Running",
        "Pending",
    );
    say("RESTARTS is 7, the page shows 0", " 0  ", " 7  ");
    say("`db-1`", "db-0", "db-1");
    say(
        "1 pod of the page missing: `db-0`",
        "\ndb-0                   1/1     Running   0          10s",
        "",
    );
    fails(
        "1 pod more than the page shows: `web-*`",
        "kubectl get pods",
        PODS,
        &format!("{PODS}\nweb-5774b8d5f4-zzzzz   1/1     Running   0          10s"),
    );
    fails(
        "of 1 hash, here they are of 2",
        "kubectl get pods",
        PODS,
        &PODS.replacen("5774b8d5f4", "6666b8d5f4", 1),
    );
    fails("nothing was printed", "kubectl get pods", PODS, "");
    fails(
        "No resources found",
        "kubectl get pods",
        PODS,
        "No resources found in default namespace.",
    );
}

#[test]
fn two_replica_sets_stay_two() {
    let shown = "NAME             DESIRED   CURRENT   READY   AGE\nweb-85488547fc   0         0         0       7s\nweb-dbbdc96d6    3         3         3       4s";
    passes(
        "table",
        "kubectl get rs",
        shown,
        "NAME DESIRED CURRENT READY AGE\nweb-6d4cf56db6 3 3 3 4s\nweb-7d4cf56db6 0 0 0 4s",
    );
    fails(
        "DESIRED is 1",
        "kubectl get rs",
        shown,
        "NAME DESIRED CURRENT READY AGE\nweb-6d4cf56db6 3 3 3 4s\nweb-7d4cf56db6 1 1 0 4s",
    );
    fails(
        "missing",
        "kubectl get rs",
        shown,
        "NAME DESIRED CURRENT READY AGE\nweb-6d4cf56db6 3 3 3 4s",
    );
}

#[test]
fn several_tables() {
    let all = "NAME                       READY   STATUS    RESTARTS   AGE
pod/web-5774b8d5f4-cv89c   1/1     Running   0          14s

NAME          TYPE        CLUSTER-IP     EXTERNAL-IP   PORT(S)   AGE
service/web   ClusterIP   10.96.208.38   <none>        80/TCP    20s

NAME                  READY   UP-TO-DATE   AVAILABLE   AGE
deployment.apps/web   1/1     1            1           14s

NAME                             DESIRED   CURRENT   READY   AGE
replicaset.apps/web-5774b8d5f4   1         1         1       14s";
    passes(
        "parts",
        "kubectl get all",
        all,
        &all.replace("5774b8d5f4", "dbbdc96d6")
            .replace("10.96.208.38", "10.96.1.2"),
    );
    fails(
        "hash",
        "kubectl get all",
        all,
        &all.replacen("5774b8d5f4", "dbbdc96d6", 1),
    );
    fails(
        "service",
        "kubectl get all",
        all,
        &all.replacen("80/TCP", "8080/TCP", 1),
    );
    let without = all
        .split("\n\n")
        .filter(|part| !part.contains("service/"))
        .collect::<Vec<_>>()
        .join("\n\n");
    fails("a table of service", "kubectl get all", all, &without);
    fails(
        "a table of service is printed",
        "kubectl get all",
        &without,
        all,
    );
    passes(
        "parts",
        "kubectl get all",
        &format!("{without}\n..."),
        &format!("{without}\n\nNAME  READY  AGE\nstatefulset.apps/db  1/1  4s"),
    );
}

#[test]
fn the_authors_tables() {
    passes(
        "table",
        "kubectl get pods",
        "NAME READY STATUS\nweb-5774b8d5f4-cv89c 1/1 Running\nweb-5774b8d5f4-nclqv 1/1 Running\ndb-0 1/1 Running",
        PODS,
    );
    passes(
        "table",
        "kubectl get pods",
        "NAME\tREADY\tAGE\nweb-xxxxxxxxxx-xxxxx\t1/1\t1h\nweb-xxxxxxxxxx-xxxxx\t1/1\t1h\ndb-0\t1/1\t1h",
        PODS,
    );
    passes(
        "table",
        "kubectl get pods",
        "# some time later\nNAME   READY   STATUS    RESTARTS   AGE\ndb-0   1/1     Running   0          10s   <---\n...",
        PODS,
    );
    fails(
        "READY",
        "kubectl get pods",
        "NAME   READY   STATUS    RESTARTS   AGE\ndb-0   0/1     Running   0          10s\n...",
        PODS,
    );
    let shown = Shown {
        rows: Rows::Subset,
        ..Shown::new("kubectl get pods", "NAME   READY\ndb-0   1/1")
    };
    assert!(
        judge(
            shown,
            Happened {
                text: PODS,
                stdout: None,
                exit_code: 0
            },
            &Bindings::default()
        )
        .agrees
    );
    let empty_cells = "NAME        STATUS    VOLUME   CAPACITY   ACCESS MODES   STORAGECLASS   AGE\nwww-web-0   Pending                                      fast           26s";
    passes(
        "table",
        "kubectl get pvc",
        "NAME  STATUS  VOLUME  CAPACITY  ACCESS MODES  STORAGECLASS  AGE\nwww-web-0  Pending  fast  2m",
        empty_cells,
    );
    fails(
        "slow",
        "kubectl get pvc",
        "NAME  STATUS  VOLUME  CAPACITY  ACCESS MODES  STORAGECLASS  AGE\nwww-web-0  Pending  slow  2m",
        empty_cells,
    );
}

#[test]
fn columns_come_and_go() {
    let old = "NAME  STATUS  VOLUME  CAPACITY  ACCESS MODES  STORAGECLASS  AGE\na  Bound  v1  1Gi  RWO  fast  3s";
    let new = "NAME   STATUS   VOLUME   CAPACITY   ACCESS MODES   STORAGECLASS   VOLUMEATTRIBUTESCLASS   AGE\na      Bound    v1       1Gi        RWO            fast           <unset>                 3s";
    let judgement = judged("kubectl get pvc", old, new);
    assert!(
        judgement.agrees && judgement.warnings[0].contains("VOLUMEATTRIBUTESCLASS is new"),
        "{judgement:?}"
    );
    let judgement = judged("kubectl get pvc", new, old);
    assert!(
        judgement.agrees && judgement.warnings[0].contains("is not printed any more"),
        "{judgement:?}"
    );
    fails(
        "the page shows the column",
        "kubectl get svc",
        "NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE\na ClusterIP None <none> 80/TCP 1s",
        PODS,
    );
}

#[test]
fn order_where_it_was_asked_for() {
    let shown = "NAME   READY   AGE\na      1/1     3s\nb      1/1     2s";
    let swapped = "NAME   READY   AGE\nb      1/1     2s\na      1/1     3s";
    passes("table", "kubectl get pods", shown, swapped);
    fails(
        "another order",
        "kubectl get pods --sort-by=.metadata.name",
        shown,
        swapped,
    );
    fails(
        "another order",
        "kubectl get pods --sort-by=.metadata.creationTimestamp",
        shown,
        swapped,
    );
    passes(
        "table",
        "kubectl get pods --sort-by=.metadata.creationTimestamp",
        "NAME READY AGE\na 1/1 3s\nb 1/1 3s",
        "NAME READY AGE\nb 1/1 9s\na 1/1 9s",
    );
    passes(
        "table",
        "kubectl get pods --no-headers",
        "a 1/1 Running 0 3s\nb 1/1 Running 0 3s",
        "b   1/1   Running   0   9s\na   1/1   Running   0   1m",
    );
    fails(
        "another order",
        "kubectl get pods --no-headers | sort",
        "a 1/1\nb 1/1",
        "b 1/1\na 1/1",
    );
}

#[test]
fn other_tables() {
    passes(
        "table",
        "kubectl get hpa",
        "NAME REFERENCE TARGETS MINPODS MAXPODS REPLICAS AGE\nw Deployment/w 0%/80% 1 5 1 1m",
        "NAME   REFERENCE      TARGETS       MINPODS   MAXPODS   REPLICAS   AGE\nw      Deployment/w   cpu: 3%/80%   1         5         1          15s",
    );
    passes(
        "table",
        "kubectl get cronjobs",
        "NAME  SCHEDULE  SUSPEND  ACTIVE  LAST SCHEDULE  AGE\nc  */1 * * * *  False  0  30s  2m",
        "NAME   SCHEDULE      TIMEZONE   SUSPEND   ACTIVE   LAST SCHEDULE   AGE\nc      */1 * * * *   <none>     False     0        5s              20s",
    );
    fails(
        "SUSPEND is True",
        "kubectl get cronjobs",
        "NAME  SCHEDULE  SUSPEND  ACTIVE  LAST SCHEDULE  AGE\nc  */1 * * * *  False  0  30s  2m",
        "NAME   SCHEDULE      SUSPEND   ACTIVE   LAST SCHEDULE   AGE\nc      */1 * * * *   True      0        5s              20s",
    );
    passes(
        "table",
        "kubectl get jobs",
        "NAME COMPLETIONS DURATION AGE\nhello-28417843 1/1 4s 1m\nhello-28417844 1/1 5s 2s",
        "NAME             STATUS     COMPLETIONS   DURATION   AGE\nhello-29417843   Complete   1/1           4s         1m\nhello-29417844   Complete   1/1           3s         2s",
    );
    fails(
        "COMPLETIONS is 0/1",
        "kubectl get jobs",
        "NAME  COMPLETIONS  DURATION  AGE\npi  1/1  4s  1m",
        "NAME   COMPLETIONS   DURATION   AGE\npi     0/1           4s         1m",
    );
    passes(
        "table",
        "kubectl top pods",
        "NAME CPU(cores) MEMORY(bytes)\nweb-0 3m 12Mi",
        "NAME    CPU(cores)   MEMORY(bytes)\nweb-0   1m           9Mi",
    );
    passes(
        "table",
        "kubectl get nodes",
        "NAME STATUS ROLES AGE VERSION\nip-10-42-1-2.us-west-2.compute.internal Ready <none> 3d v1.33.4-eks-e386d34",
        "NAME    STATUS   ROLES    AGE   VERSION\nnode1   Ready    <none>   3m    v1.33.4",
    );
    fails(
        "STATUS is NotReady",
        "kubectl get nodes",
        "NAME STATUS ROLES AGE VERSION\nn1 Ready <none> 3d v1.33.4",
        "NAME    STATUS     ROLES    AGE   VERSION\nnode1   NotReady   <none>   3m    v1.33.4",
    );
    passes(
        "table",
        "kubectl get svc",
        "NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE\nui LoadBalancer 172.16.1.2 a-b.elb.us-west-2.amazonaws.com 80:30549/TCP 1m",
        "NAME   TYPE           CLUSTER-IP   EXTERNAL-IP   PORT(S)        AGE\nui     LoadBalancer   10.96.1.2    172.18.0.3    80:31999/TCP   1m",
    );
    fails(
        "EXTERNAL-IP is <pending>",
        "kubectl get svc",
        "NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE\nui LoadBalancer 172.16.1.2 a-b.elb.us-west-2.amazonaws.com 80:30549/TCP 1m",
        "NAME   TYPE           CLUSTER-IP   EXTERNAL-IP   PORT(S)        AGE\nui     LoadBalancer   10.96.1.2    <pending>     80:31999/TCP   1m",
    );
    fails(
        "ENDPOINTS",
        "kubectl get endpoints",
        "NAME  ENDPOINTS  AGE\nweb  10.1.1.1:80,10.1.1.2:80,10.1.1.3:80 + 2 more...  1m",
        "NAME   ENDPOINTS                                         AGE\nweb    10.1.1.1:80,10.1.1.2:80,10.1.1.3:80 + 1 more...   1m",
    );
    passes(
        "table",
        "helm list",
        "NAME  NAMESPACE  REVISION  UPDATED  STATUS  CHART  APP VERSION\nui  ui  1  2024-06-11 03:58:39.862100855 +0000 UTC  deployed  ui-1.2.1  1.2.1",
        "NAME\tNAMESPACE\tREVISION\tUPDATED                                \tSTATUS  \tCHART   \tAPP VERSION\nui  \tui       \t1       \t2026-06-11 03:58:39.862100855 +0000 UTC\tdeployed\tui-1.2.1\t1.2.1      ",
    );
    fails(
        "CHART",
        "helm list",
        "NAME  NAMESPACE  REVISION  UPDATED  STATUS  CHART  APP VERSION\nui  ui  1  2024-06-11 03:58:39.862100855 +0000 UTC  deployed  ui-1.2.1  1.2.1",
        "NAME\tNAMESPACE\tREVISION\tUPDATED\tSTATUS\tCHART\tAPP VERSION\nui\tui\t1\t2026-06-11 03:58:39 +0000 UTC\tdeployed\tui-1.3.0\t1.2.1",
    );
    passes(
        "parts",
        "kubectl rollout history deploy/web",
        "deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         <none>\n2         image updated",
        "deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         <none>\n2         image updated\n",
    );
    passes(
        "table",
        "kubectl get pods -l app=web -o custom-columns=POD:.metadata.name",
        "POD\nweb-0\nweb-1",
        "POD\nweb-1\nweb-0",
    );
    fails(
        "web-2",
        "kubectl get pods -l app=web -o custom-columns=POD:.metadata.name",
        "POD\nweb-0\nweb-1",
        "POD\nweb-0\nweb-2",
    );
    passes(
        "table",
        "kubectl api-resources --api-group=apps",
        "NAME  SHORTNAMES  APIVERSION  NAMESPACED  KIND\ndeployments  deploy  apps/v1  true  Deployment",
        "NAME          SHORTNAMES   APIVERSION   NAMESPACED   KIND\ndeployments   deploy       apps/v1      true         Deployment",
    );
    passes(
        "table",
        "kubectl get networkpolicy",
        "NAME  POD-SELECTOR  AGE\na  app=web  1s",
        "NAME   POD-SELECTOR   AGE\na      app=web        40s",
    );
    passes(
        "table",
        "kubectl get cm",
        "NAME  DATA  AGE\nkube-root-ca.crt  1  1s\na  2  1s",
        "NAME               DATA   AGE\na                  2      9s\nkube-root-ca.crt   1      9s",
    );
    fails(
        "DATA is 1, the page shows 0",
        "kubectl get cm",
        "NAME  DATA  AGE\na  0  1s",
        "NAME   DATA   AGE\na      1      9s",
    );
    passes(
        "table",
        "kubectl get quota",
        "NAME  AGE  REQUEST  LIMIT\nq  5s  requests.cpu: 0/1, pods: 1/2  limits.cpu: 0/2",
        "NAME   AGE   REQUEST                         LIMIT\nq      50s   requests.cpu: 0/1, pods: 1/2   limits.cpu: 0/2",
    );
    fails(
        "REQUEST is",
        "kubectl get quota",
        "NAME  AGE  REQUEST  LIMIT\nq  5s  requests.cpu: 0/1, pods: 1/2  limits.cpu: 0/2",
        "NAME   AGE   REQUEST                         LIMIT\nq      50s   requests.cpu: 0/1, pods: 2/2   limits.cpu: 0/2",
    );
}

#[test]
fn events() {
    let shown = "LAST SEEN   TYPE      REASON      OBJECT                     MESSAGE
10s         Normal    Scheduled   pod/web-5774b8d5f4-cv89c   Successfully assigned a/web-5774b8d5f4-cv89c to node1
9s          Warning   Failed      pod/web-5774b8d5f4-cv89c   Failed to pull image \"nope:1\"";
    passes("table", "kubectl get events", shown, "LAST SEEN   TYPE      REASON      OBJECT                     MESSAGE
1s          Warning   Failed      pod/web-dbbdc96d6-xlrhl   Failed to pull image \"nope:1\"
2s          Normal    Scheduled   pod/web-dbbdc96d6-xlrhl   Successfully assigned a/web-dbbdc96d6-xlrhl to ip-10-42-1-2.us-west-2.compute.internal");
    fails("missing", "kubectl get events", shown, "LAST SEEN   TYPE      REASON      OBJECT                     MESSAGE
2s          Normal    Scheduled   pod/web-dbbdc96d6-xlrhl   Successfully assigned a/web-dbbdc96d6-xlrhl to node1");
}

#[test]
fn what_runtimes_and_helm_tell_of_time() {
    let docker = "CONTAINER ID   IMAGE        COMMAND                  CREATED         STATUS         PORTS                  NAMES\n4c01db0b339c   nginx:1.25   \"/docker-entrypoint.…\"   5 seconds ago   Up 4 seconds   0.0.0.0:8080->80/tcp   web";
    let other = docker
        .replace("4c01db0b339c", "99aadb0b3311")
        .replace("5 seconds ago", "2 minutes ago")
        .replace("Up 4 seconds", "Up 2 minutes");
    passes("table", "docker ps", docker, &other);
    fails(
        "STATUS is Exited (1)",
        "docker ps",
        docker,
        &other.replace("Up 2 minutes", "Exited (1) 2 minutes ago"),
    );
    fails("8081", "docker ps", docker, &other.replace("8080", "8081"));
    let helm = "REVISION\tUPDATED                 \tSTATUS    \tCHART       \n1       \tTue Jul  9 10:00:00 2024\tdeployed  \tnginx-15.3.5";
    passes(
        "table",
        "helm history web",
        helm,
        &helm.replace("Tue Jul  9 10:00:00 2024", "Sat Nov 21 09:00:11 2026"),
    );
}

#[test]
fn a_history_under_an_old_heading() {
    let command = "kubectl rollout history deployment web";
    let old =
        "deployments \"web\"\nREVISION    CHANGE-CAUSE\n1           <none>\n2           <none>";
    let new = "deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>";
    passes("parts", command, old, new);
    fails("api", command, old, &new.replace("web", "api"));
    fails(
        "missing: `2`",
        command,
        old,
        &new.replace("\n2         <none>", ""),
    );
}

#[test]
fn what_every_namespace_has_today_is_no_row_too_many() {
    let command = "kubectl get configmaps";
    let old = "NAME          DATA   AGE\ngame-config   2      27s";
    let new = format!("{old}\nkube-root-ca.crt   1      3d");
    passes("table", command, old, &new);
    passes("table", command, &new, &new);
    fails("kube-root-ca.crt", command, &new, old);
    fails(
        "1 row more",
        command,
        old,
        &format!("{new}\nother   1   3d"),
    );
}
