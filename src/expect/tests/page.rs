//! Several outputs of one page: tokens keep what they stand for.

use super::{fails, passes};
use crate::expect::{Bindings, Happened, Shown, judge};

/// Judges the outputs of a page in order; whether each agrees.
fn page(outputs: &[(&str, &str, &str)]) -> Vec<bool> {
    let mut bindings = Bindings::default();
    let step = |(command, shown, actual): &(&str, &str, &str)| {
        let judgement = judge(
            Shown::new(command, shown),
            Happened {
                text: actual,
                stdout: None,
                exit_code: 0,
            },
            &bindings,
        );
        bindings = judgement.bindings;
        judgement.agrees
    };
    outputs.iter().map(step).collect()
}

const ONE: (&str, &str, &str) = (
    "kubectl get pods",
    "NAME                   READY   AGE\nweb-5774b8d5f4-cv89c   1/1     3s",
    "NAME                  READY   AGE\nweb-dbbdc96d6-xlrhl   1/1     3s",
);

#[test]
fn a_pod_keeps_its_name() {
    assert_eq!(
        page(&[
            ONE,
            (
                "kubectl delete pod x",
                "pod \"web-5774b8d5f4-cv89c\" deleted",
                "pod \"web-dbbdc96d6-xlrhl\" deleted"
            )
        ]),
        [true, true]
    );
    assert_eq!(
        page(&[
            ONE,
            (
                "kubectl delete pod x",
                "pod \"web-5774b8d5f4-cv89c\" deleted",
                "pod \"web-dbbdc96d6-58mgh\" deleted"
            )
        ]),
        [true, false]
    );
    assert_eq!(
        page(&[
            ONE,
            (
                "kubectl get rs -o name",
                "replicaset.apps/web-5774b8d5f4",
                "replicaset.apps/web-85488547fc"
            )
        ]),
        [true, false]
    );
    assert_eq!(
        page(&[
            ("echo", "10.1.1.1", "10.2.2.2"),
            ("echo", "10.1.1.1", "10.3.3.3")
        ]),
        [true, false]
    );
    assert_eq!(
        page(&[
            (
                "echo",
                "46e3ff59-ef60-496d-b4d2-5f28cc6b1e08",
                "00e3ff59-ef60-496d-b4d2-5f28cc6b1e08"
            ),
            (
                "echo",
                "46e3ff59-ef60-496d-b4d2-5f28cc6b1e08",
                "46e3ff59-ef60-496d-b4d2-5f28cc6b1e08"
            )
        ]),
        [true, false]
    );
}

#[test]
fn which_of_several_is_not_known() {
    let two = (
        "kubectl get pods",
        "NAME                   READY   AGE\nweb-5774b8d5f4-cv89c   1/1     3s\nweb-5774b8d5f4-nclqv   1/1     3s",
        "NAME                  READY   AGE\nweb-dbbdc96d6-58mgh   1/1     3s\nweb-dbbdc96d6-xlrhl   1/1     3s",
    );
    assert_eq!(
        page(&[
            two,
            (
                "kubectl delete pod x",
                "pod \"web-5774b8d5f4-cv89c\" deleted",
                "pod \"web-dbbdc96d6-xlrhl\" deleted"
            )
        ]),
        [true, true]
    );
    assert_eq!(
        page(&[
            two,
            (
                "kubectl delete pod x",
                "pod \"web-5774b8d5f4-cv89c\" deleted",
                "pod \"web-66666666f-xlrhl\" deleted"
            )
        ]),
        [true, false]
    );
}

#[test]
fn what_failed_binds_nothing() {
    let failed = (
        "kubectl get pods",
        ONE.1,
        "NAME                  READY   AGE\nweb-85488547fc-zzzzz   0/1     3s",
    );
    assert_eq!(page(&[failed, ONE]), [false, true]);
}

#[test]
fn a_page_of_two_days() {
    let later = (
        "kubectl get pods",
        "NAME                   READY   AGE\nweb-6d4cf56db6-9klmd   1/1     3s",
        ONE.2,
    );
    assert_eq!(
        page(&[ONE, later]),
        [true, true],
        "two names on the page for one pod of the run"
    );
}

#[test]
fn what_ended_a_stream_is_no_output() {
    let table = "NAME   READY   STATUS    RESTARTS   AGE\nweb    1/1     Running   0          3s";
    passes(
        "table",
        "kubectl get pod web -w",
        &format!("{table}\n^C\n$"),
        table,
    );
    fails(
        "Error",
        "kubectl get pod web -w",
        &format!("{table}\n^C"),
        &table.replace("Running", "Error  "),
    );
}
