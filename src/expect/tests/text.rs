//! Logs, text, single values, errors' neighbours, diffs.

use super::{fails, judged, judged_with, passes};
use crate::expect::{Bindings, Happened, Shown, Side, judge};
use crate::page::MatchKind;

const LOG: &str = "2026-11-21T00:46:51.123Z INFO [main] starting 3 workers on 10.1.1.1:8080
2026-11-21T00:46:52Z INFO [main] ready in 1.5s
GET /health 200
GET /catalog 200";

#[test]
fn logs() {
    let command = "kubectl logs deploy/web";
    passes(
        "text",
        command,
        LOG,
        &LOG.replace("2026-11-21", "2027-01-01")
            .replace("10.1.1.1", "10.9.9.9")
            .replace("1.5s", "900ms"),
    );
    fails(
        "starting 3 workers",
        command,
        LOG,
        &LOG.replace("3 workers", "2 workers"),
    );
    fails(
        "GET /catalog 200",
        command,
        LOG,
        &LOG.replace("/catalog 200", "/catalog 500"),
    );
    fails(
        "1 line more than the page shows, such as `GET /cart 200`",
        command,
        LOG,
        &format!("{LOG}\nGET /cart 200"),
    );
    fails(
        "another order",
        command,
        LOG,
        &LOG.lines().rev().collect::<Vec<_>>().join("\n"),
    );
    passes("text", command, "[...]\nGET /health 200\n[...]", LOG);
    passes(
        "text",
        command,
        "2026-01-01T00:00:00Z INFO [main] starting 3 workers on 10.1.1.1:8080\n...",
        LOG,
    );
    fails("", command, "...\nGET /health 200", LOG);
    fails("", command, "GET /health 200\n...", LOG);
    passes(
        "text",
        command,
        "...\nGET /[...] 200\nGET /catalog 200  <----- here",
        LOG,
    );
    passes(
        "value",
        "echo",
        "a long line that was cut bec...",
        "a long line that was cut because it was long",
    );
    fails(
        "",
        "echo",
        "a long line that was cut bec...",
        "another line",
    );
}

#[test]
fn dots_that_are_printed() {
    let waiting = "Waiting for the thing to be done...\ndone";
    passes("text", "make", waiting, waiting);
    fails(
        "",
        "make",
        "Endpoints: 10.1.1.1:80 + 2 more...",
        "Endpoints: 10.1.1.1:80 + 1 more...",
    );
    fails(
        "",
        "make",
        "Pulling image a...\nok",
        "Pulling image b...\nok",
    );
}

#[test]
fn values() {
    passes(
        "value",
        "kubectl get svc a -o jsonpath='{.spec.clusterIP}'",
        "10.96.1.2",
        "10.96.200.1",
    );
    fails(
        "",
        "kubectl get svc a -o jsonpath='{.spec.clusterIP}'",
        "10.96.1.2",
        "None",
    );
    passes(
        "value",
        "echo $POD",
        "web-5774b8d5f4-cv89c",
        "web-dbbdc96d6-xlrhl",
    );
    fails(
        "",
        "echo $POD",
        "web-5774b8d5f4-cv89c",
        "db-5774b8d5f4-cv89c",
    );
    fails(
        "",
        "kubectl get deploy a -o jsonpath='{.spec.replicas}'",
        "3",
        "2",
    );
    passes(
        "value",
        "kubectl exec a -- date",
        "Sat Nov 21 00:46:51 UTC 2026",
        "Sun Jan  3 10:06:51 UTC 2027",
    );
    fails(
        "",
        "md5sum f",
        "6c7831c26f0d0a5f807006854aa682f4  f",
        "4749dc77f58161220a3949600cd3b76b  f",
    );
    passes(
        "value",
        "kubectl get pods --no-headers | wc -l",
        "3",
        "       3",
    );
    passes(
        "value",
        "kubectl get secret a -o jsonpath='{.data.p}'",
        "xxxxxxxx",
        "cGFzcw==",
    );
    fails(
        "",
        "kubectl get secret a -o jsonpath='{.data.p}'",
        "cGFzcw==",
        "d29yZA==",
    );
    passes(
        "version",
        "kubectl version --client",
        "Client Version: v1.32.4",
        "Client Version: v1.32.4",
    );
    fails(
        "",
        "nginx -v",
        "nginx version: nginx/1.14.2",
        "nginx version: nginx/1.16.1",
    );
    passes(
        "value",
        "kubectl get ing",
        "k8s-ui-ui-1268651632.us-west-2.elb.amazonaws.com",
        "k8s-ui-ui-99.us-west-2.elb.amazonaws.com",
    );
}

#[test]
fn nothing() {
    passes("empty", "sed -i s/a/b/ f", "", "");
    fails(
        "the page shows that nothing is printed; 1 line printed: `x`",
        "true",
        "",
        "x",
    );
    passes(
        "empty",
        "kubectl get pods",
        "No resources found in a namespace.",
        "No resources found in a namespace.",
    );
    fails(
        "there are no resources in b, the page says so of a",
        "kubectl get pods",
        "No resources found in a namespace.",
        "No resources found in b namespace.",
    );
    fails(
        "nothing was printed",
        "kubectl get pods",
        "No resources found in a namespace.",
        "",
    );
    fails(
        "there is `a  1/1`",
        "kubectl get pods",
        "No resources found in a namespace.",
        "NAME  READY\na  1/1",
    );
    passes(
        "value",
        "kubectl get pods --no-headers | wc -l",
        "0\nNo resources found in a namespace.",
        "No resources found in a namespace.\n0",
    );
    fails(
        "",
        "kubectl get pods --no-headers | wc -l",
        "0\nNo resources found in a namespace.",
        "0",
    );
}

#[test]
fn as_the_fence_says() {
    let by = |match_kind, shown, actual| {
        judge(
            Shown {
                match_kind,
                ..Shown::new("x", shown)
            },
            Happened {
                text: actual,
                stdout: None,
                exit_code: 0,
            },
            &Bindings::default(),
        )
        .agrees
    };
    assert!(
        by(MatchKind::Exact, "a\nb", "a\nb\n")
            && !by(
                MatchKind::Exact,
                "web-5774b8d5f4-cv89c",
                "web-dbbdc96d6-xlrhl"
            )
    );
    assert!(by(MatchKind::Contains, "b", "a\nb c\nd") && !by(MatchKind::Contains, "e", "a\nb"));
    assert!(by(MatchKind::Lines, "a\nc", "a\nb\nc\nd") && !by(MatchKind::Lines, "c\na", "a\nb\nc"));
    assert!(
        by(MatchKind::Regex, "^a+$", "x\naaa\n")
            && !by(MatchKind::Regex, "^a+$", "x")
            && !by(MatchKind::Regex, "(", "(")
    );
    assert!(by(MatchKind::Ignore, "a", "b"));
    assert!(
        by(MatchKind::Json, "{\"a\": 1}", "{\"a\":1}")
            && by(MatchKind::Yaml, "a: 1", "a:  1")
            && by(MatchKind::Table, "A\n1", "A\n1")
    );
}

#[test]
fn what_the_client_says_is_noise() {
    passes(
        "value",
        "kubectl exec a -- cat f",
        "x",
        "Defaulted container \"a\" out of: a, b\nx",
    );
    let shown = Shown::new("kubectl get a", "1\n2");
    let split = Happened {
        text: "1\nWarning: v1 A is deprecated\n2",
        stdout: Some("1\n2"),
        exit_code: 0,
    };
    assert!(judge(shown, split, &Bindings::default()).agrees);
    let errors = Happened {
        text: "1\nError from server: a\n2",
        stdout: Some("1\n2"),
        exit_code: 0,
    };
    assert!(
        !judge(shown, errors, &Bindings::default()).agrees,
        "an error is no noise"
    );
    let judgement = judged(
        "kubectl apply -f a",
        "pod/a created",
        "Warning: autoscaling/v2beta2 is deprecated\npod/a created",
    );
    assert!(judgement.agrees && judgement.warnings.len() == 1);
}

#[test]
fn diffs_show_what_differs_and_no_more() {
    let judgement = judged(
        "kubectl get pods",
        "NAME                   READY   AGE\nweb-5774b8d5f4-cv89c   1/1     3s\ndb-0                   1/1     3s",
        "NAME                  READY   AGE\ndb-0                  0/1     9s\nweb-dbbdc96d6-xlrhl   1/1     9s",
    );
    let changed: Vec<(Side, &str)> = judgement
        .diff
        .iter()
        .filter(|line| line.side != Side::Both)
        .map(|line| (line.side, line.text.as_str()))
        .collect();
    assert_eq!(
        changed,
        [
            (Side::Shown, "db-0                   1/1     3s"),
            (Side::Actual, "db-0                  0/1     9s")
        ]
    );
    let judgement = judged_with(
        "kubectl logs a",
        LOG,
        &LOG.replace("200", "500").replace("2026", "2027"),
        0,
    );
    let changed = judgement
        .diff
        .iter()
        .filter(|line| line.side != Side::Both)
        .count();
    assert_eq!(changed, 4, "{:#?}", judgement.diff);
    assert_eq!(judgement.diff[0].shown_line, Some(0));
}

#[test]
fn times_since_1970_and_where_the_api_is() {
    let log = "{\"level\":\"info\",\"ts\":1720519200.123,\"msg\":\"started\",\"port\":8080}\n{\"level\":\"info\",\"ts\":1720519201.4,\"msg\":\"ready\",\"port\":8080}";
    let other = log.replace("17205192", "17952516");
    passes("text", "kubectl logs deploy/a", log, &other);
    fails(
        "",
        "kubectl logs deploy/a",
        log,
        &other.replacen("8080", "8081", 1),
    );
    fails("", "kubectl logs a", "total 1720519200", "total 1795251600");
    let api = "Kubernetes control plane is running at https://127.0.0.1:41235\nCoreDNS is running at https://127.0.0.1:41235/api/v1/namespaces/kube-system/services/kube-dns:dns/proxy";
    passes(
        "text",
        "kubectl cluster-info",
        api,
        &api.replace("127.0.0.1:41235", "ABC.gr7.us-west-2.eks.amazonaws.com"),
    );
    fails(
        "",
        "kubectl cluster-info",
        api,
        &api.replace("kube-dns:dns", "coredns:dns"),
    );
}
