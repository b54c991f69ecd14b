//! Verifier files: what is read, and what is refused with which words at which place.

use std::time::Duration;

use labproof::source::{Severity, SourceFile, render};
use labproof::verifier::{
    Across, By, Fate, Gap, Kind, PodsOf, Replicas, Target, Verifier, Which, Workload, parse,
};

fn read(text: &str) -> Result<Verifier, Vec<(usize, usize, String)>> {
    parse(&SourceFile::new("verifiers/lab.yaml", text)).map_err(|problems| {
        problems
            .iter()
            .map(|problem| {
                assert_eq!(problem.severity, Severity::Error);
                let at = problem.position().expect("a place");
                let help = problem.help.as_deref().unwrap_or_default();
                (at.line, at.column, format!("{} | {help}", problem.message))
            })
            .collect()
    })
}

/// The text is refused with exactly these problems: line, column, and a part of the words.
fn refused(text: &str, expected: &[(usize, usize, &str)]) {
    let problems = read(text).expect_err("must be refused");
    let shown = format!("{problems:#?}");
    assert_eq!(problems.len(), expected.len(), "{shown}");
    for ((line, column, message), (at_line, at_column, words)) in problems.iter().zip(expected) {
        assert_eq!((line, column), (at_line, at_column), "{shown}");
        assert!(message.contains(words), "`{words}` not in {shown}");
    }
}

/// One check below the head of a file; its first line is line 3.
fn refused_check(check: &str, expected: &[(usize, usize, &str)]) {
    refused(&format!("lab: lab\nchecks:\n{check}"), expected);
}

const DESIGN: &str = "\
lab: lab
checks:
  - name: the upload is lost with its pod
    after: delete-the-pod            # a step's id
    persistence:
      workload: deployment/assets
      namespace: assets
      path: /usr/share/nginx/html/assets/newproduct.png
      across: pod-deletion
      expect: lost                   # or: kept
  - name: two replicas serve
    after: scale
    within: 60s
    resource: {apiVersion: apps/v1, kind: Deployment, namespace: assets, name: assets}
    match: {status: {readyReplicas: 2}}
";

#[test]
fn the_example_of_the_design_is_read() {
    let verifier = read(DESIGN).unwrap();
    assert_eq!(verifier.step_ids(), ["delete-the-pod", "scale"]);
    let [lost, scaled] = &verifier.checks[..] else {
        panic!("two checks");
    };
    assert_eq!((lost.line, scaled.line), (3, 11));
    assert_eq!(lost.within, Duration::from_secs(30));
    assert_eq!(scaled.within, Duration::from_secs(60));
    assert!(lost.needs_arming() && !scaled.needs_arming());
    let Kind::Persistence(kind) = &lost.kind else {
        panic!("{:?}", lost.kind);
    };
    assert_eq!(
        kind.pods.of,
        PodsOf::Workload(Workload::Deployment, "assets".into())
    );
    assert_eq!(
        (kind.across, kind.expect),
        (Across::PodDeletion, Fate::Lost)
    );
    assert_eq!((kind.by, kind.marker), (By::Labproof, None));
    let Kind::Resource(kind) = &scaled.kind else {
        panic!("{:?}", scaled.kind);
    };
    assert_eq!(kind.which, Which::Every);
    assert_eq!(kind.objects.target, Target::Name("assets".into()));
    assert!(
        kind.expected
            .holds(&serde_json::json!({"status": {"readyReplicas": 2}}))
    );
}

#[test]
fn every_form_that_is_allowed_is_read() {
    let verifier = read(
        "lab: lab\nchecks:
  - name: a
    absent: {apiVersion: v1, kind: Pod, selector: {app: web, tier: front}}
  - name: b
    count: {apiVersion: v1, kind: Pod, namespace: x, selector: app=web, is: '>= 2'}
    match: {status: {phase: Running}}
  - name: c
    within: 1m30s
    file: {selector: app=web, container: nginx, path: /x, contains: hello, mode: '0644', replicas: different}
  - name: d
    file: {workload: sts/db, namespace: x, path: /x, exists: false}
  - name: e
    persistence: {workload: deploy/web, path: /data, across: pod-deletion, expect: kept, by: lab, marker: true}
",
    )
    .unwrap();
    let kinds: Vec<_> = verifier
        .checks
        .iter()
        .map(|check| check.kind.word())
        .collect();
    assert_eq!(kinds, ["absent", "count", "file", "file", "persistence"]);
    let Kind::Absent(objects) = &verifier.checks[0].kind else {
        panic!();
    };
    assert_eq!(
        objects.target,
        Target::Selector("app=web,tier=front".into())
    );
    let Kind::File(file) = &verifier.checks[2].kind else {
        panic!();
    };
    assert_eq!(
        (file.replicas, file.is.mode),
        (Replicas::Different, Some(0o644))
    );
    assert_eq!(file.pods.namespace, "default");
}

#[test]
fn every_other_kind_is_read() {
    let verifier = read(
        "lab: lab\nchecks:
  - name: owner
    owner: {apiVersion: v1, kind: Pod, selector: app=web, chain: [ReplicaSet, Deployment/web]}
  - name: bare
    owner: {apiVersion: v1, kind: Pod, name: bare, chain: []}
  - name: rollout
    rollout: {workload: deployment/web, is: complete, revision: 2, history: '>= 2', changeCause: /image/, oldReplicas: 0, oldReplicaSets: 1}
  - name: stateful
    rollout: {workload: sts/db, is: complete}
  - name: events
    events: {namespace: x, on: Pod/web-0, reason: FailedScheduling, type: Warning, contains: node, is: '>= 1'}
  - name: exec
    exec: {workload: deployment/web, command: 'cat /x | wc -l', exit: 0, equals: '1'}
  - name: exec list
    exec: {workload: deployment/web, command: [cat, /x], replicas: some}
  - name: logs
    logs: {workload: deployment/web, previous: true, matches: '^ERROR', replicas: some}
  - name: http
    http: {service: web, namespace: x, port: 8080, path: /a?b=c, status: '< 400', lacks: error}
  - name: availability
    after: roll
    availability: {service: web, port: http, failed: '<= 1', gap: 2s, rate: 20}
  - name: interruption
    after: roll
    availability: {service: web, failed: '>= 1', gap: '>= 1s'}
  - name: bounds
    after: roll
    bounds: {workload: deployment/web, namespace: x, pods: '<= 6', ready: '>= 4'}
",
    )
    .unwrap();
    let kinds: Vec<_> = verifier
        .checks
        .iter()
        .map(|check| check.kind.word())
        .collect();
    assert_eq!(
        kinds,
        [
            "owner",
            "owner",
            "rollout",
            "rollout",
            "events",
            "exec",
            "exec",
            "logs",
            "http",
            "availability",
            "availability",
            "bounds"
        ]
    );
    let Kind::Availability(interruption) = &verifier.checks[10].kind else {
        panic!();
    };
    assert_eq!(interruption.gap, Some(Gap::AtLeast(Duration::from_secs(1))));
    let Kind::Exec(exec) = &verifier.checks[5].kind else {
        panic!();
    };
    assert_eq!(exec.command, ["sh", "-c", "cat /x | wc -l"]);
    for across in [
        "pod-deletion",
        "container-restart",
        "rollout",
        "scale-to-zero",
    ] {
        let text = DESIGN.replace("pod-deletion", across);
        let verifier = read(&text).unwrap();
        let Kind::Persistence(kind) = &verifier.checks[0].kind else {
            panic!();
        };
        assert_eq!(kind.across.word(), across);
    }
}

#[test]
fn the_other_kinds_are_as_strict() {
    refused_check(
        "  - name: a
    rollout: {workload: deployment/web}
  - name: b
    rollout: {workload: sts/web, revision: 2}
  - name: c
    rollout: {workload: pod/web, is: done}
  - name: d
    owner: {apiVersion: v1, kind: Pod, chain: [replicaset]}
  - name: e
    logs: {workload: deployment/web}
  - name: f
    http: {service: web, port: 0, path: x}
  - name: g
    availability: {service: web, rate: 1000}
  - name: j
    availability: {service: web, gap: '> 1s'}
  - name: k
    bounds: {workload: pod/web, pods: 1}
  - name: l
    after: x
    bounds: {workload: deployment/web}
  - name: h
    exec: {workload: deployment/web, matches: '('}
  - name: i
    persistence: {workload: ds/x, path: /x, across: scale-to-zero, expect: lost}
",
        &[
            (4, 15, "`rollout` asks nothing"),
            (6, 25, "only `is: complete` can be asked"),
            (8, 25, "only a Deployment, StatefulSet or DaemonSet"),
            (8, 38, "`is` cannot be `done`"),
            (10, 48, "`replicaset` is no kind"),
            (12, 12, "`logs` asks nothing"),
            (14, 32, "`port` must be a number or a name"),
            (14, 41, "`path` must begin with `/`"),
            (16, 5, "`availability` needs `after`"),
            (16, 40, "`rate` must be requests a second"),
            (18, 5, "`availability` needs `after`"),
            (18, 39, "`gap` must be a length of time such as `2s`"),
            (20, 5, "`bounds` needs `after`"),
            (20, 24, "`bounds` are those of a workload"),
            (23, 14, "`bounds` asks nothing"),
            (25, 12, "`exec` needs `command`"),
            (25, 47, "`matches` is not a regular expression"),
            (27, 19, "`scale-to-zero` cannot be done with daemonset/x"),
        ],
    );
}

#[test]
fn a_misspelt_key_is_told_what_was_meant_and_nothing_else() {
    refused(
        &DESIGN.replace("persistence:", "presistence:"),
        &[(
            5,
            5,
            "a check has no key `presistence` | did you mean `persistence`?",
        )],
    );
    refused(
        &DESIGN.replace("workload:", "workloud:"),
        &[(
            6,
            7,
            "`persistence` has no key `workloud` | did you mean `workload`?",
        )],
    );
    refused(
        &DESIGN.replace("checks:", "check:"),
        &[(
            2,
            1,
            "a verifier has no key `check` | did you mean `checks`?",
        )],
    );
    refused(
        &DESIGN.replace("within: 60s", "whithin: 60s"),
        &[(13, 5, "did you mean `within`?")],
    );
    refused(
        &DESIGN.replace("expect: lost", "expect: losst"),
        &[(10, 15, "`expect` cannot be `losst` | did you mean `lost`?")],
    );
    refused(
        &DESIGN.replace("apiVersion:", "apiversion:"),
        &[(14, 16, "did you mean `apiVersion`?")],
    );
}

#[test]
fn every_problem_of_a_file_is_reported_at_once_in_file_order() {
    refused(
        "lab: lab
checks:
  - name: one
    within: 60
    file: {workload: assets, path: usr/share}
  - after: x
    absent: {apiVersion: v1}
  - name: three
    zebra: 1
",
        &[
            (4, 13, "`within` must be a length of time"),
            (
                5,
                22,
                "`assets` names no workload | write `deployment/assets`",
            ),
            (5, 36, "`path` must be absolute"),
            (6, 5, "a check needs `name`"),
            (7, 14, "`absent` needs `kind`"),
            (8, 5, "asks nothing of the cluster"),
            (9, 5, "a check has no key `zebra` | known here: name, after"),
        ],
    );
}

#[test]
fn a_check_has_one_kind_and_only_the_keys_of_that_kind() {
    refused_check(
        "  - name: a
    absent: {apiVersion: v1, kind: Pod}
    count: {apiVersion: v1, kind: Pod, is: 0}
",
        &[(5, 5, "has `absent` and `count` | make two checks of it")],
    );
    refused_check(
        "  - name: a
    absent: {apiVersion: v1, kind: Pod}
    match: {a: b}
",
        &[(
            5,
            5,
            "`match` goes with `resource` or `count`, not with `absent`",
        )],
    );
    refused_check(
        "  - name: a
    resource: {apiVersion: v1, kind: Pod, name: a, selector: b=c}
",
        // A missing key is shown at the head of the check that lacks it.
        &[
            (3, 5, "needs `match`"),
            (4, 52, "by `name` or by `selector`"),
        ],
    );
    refused_check(
        "  - name: a
    persistence: {workload: pod/x, path: /x, across: pod-deletion, expect: lost}
",
        &[(4, 19, "nothing brings the bare pod `x` back")],
    );
    refused_check(
        "  - name: a
    file: {workload: pod/x, path: /x, exists: false, contains: x}
",
        &[(4, 12, "neither content nor mode")],
    );
}

#[test]
fn permissions_are_read_as_they_are_written() {
    for mode in ["'0644'", "0644", "644", "0o644", "\"644\""] {
        let check = format!("file: {{workload: pod/web, path: /x, mode: {mode}}}");
        let verifier = read(&format!("lab: lab\nchecks:\n  - name: a\n    {check}\n"));
        let verifier = verifier.unwrap_or_else(|problems| panic!("{mode}: {problems:?}"));
        let Kind::File(file) = &verifier.checks[0].kind else {
            panic!();
        };
        assert_eq!(file.is.mode, Some(0o644), "{mode}");
    }
}

#[test]
fn what_would_always_or_never_hold_is_refused() {
    for (check, at, words) in [
        (
            "count: {apiVersion: v1, kind: Pod, is: present}",
            "present",
            "a number is asked for",
        ),
        (
            "exec: {workload: pod/web, command: x, exit: two}",
            "two",
            "a number is asked for",
        ),
        (
            "absent: {apiVersion: v1, kind: Pod, selector: 'app:web'}",
            "'app",
            "`app:web` selects nothing",
        ),
        (
            "absent: {apiVersion: v1, kind: Pod, selector: app in web}",
            "app in",
            "`app in web` selects nothing",
        ),
    ] {
        let line = format!("    {check}");
        let column = line.find(at).unwrap() + 1;
        refused_check(&format!("  - name: a\n{line}\n"), &[(4, column, words)]);
    }
}

#[test]
fn wrong_types_say_what_is_there() {
    refused(
        "- a\n- b\n",
        &[(1, 1, "a verifier must be a map, this is a list")],
    );
    refused(
        "lab: lab\nchecks: {}\n",
        &[(2, 9, "`checks` must be a list, this is a map")],
    );
    refused(
        "lab: lab\nchecks: []\n",
        &[(2, 1, "nothing would be verified")],
    );
    refused("", &[(1, 1, "the verifier is empty")]);
    refused_check(
        "  - name: 5
    resource: {apiVersion: v1, kind: Pod, which: two}
    match: [a]
  - pod
",
        &[
            (
                3,
                11,
                "`name` must be text, this is a number | put it in quotes",
            ),
            (4, 50, "`which` cannot be `two`"),
            (5, 12, "`match` must be a map"),
            (6, 5, "a check must be a map, this is text"),
        ],
    );
    refused_check(
        "  - name: a
    resource: {apiVersion: v1, kind: Pod, name: x}
    match: {spec: {containers: [{name: a}, b], nodeName: '/a(/', replicas: '>= many'}}
",
        &[
            (5, 32, "holds maps or single values, not both"),
            (5, 58, "`/a(/` is not a regular expression: unclosed group"),
            (5, 76, "needs a number or an amount"),
        ],
    );
}

#[test]
fn names_differ_and_the_lab_is_that_of_the_path() {
    refused_check(
        "  - name: a
    absent: {apiVersion: v1, kind: Pod}
  - name: a
    absent: {apiVersion: v1, kind: Node}
",
        &[(5, 11, "another check, in line 3, has this name")],
    );
    refused(
        &DESIGN.replace("lab: lab", "lab: storage/lab"),
        &[(1, 6, "stands for the lab `lab`, not `storage/lab`")],
    );
}

#[test]
fn a_step_that_no_page_has_is_shown_in_the_verifier() {
    let verifier = read(DESIGN).unwrap();
    assert!(
        verifier
            .unknown_steps(&["scale", "delete-the-pod"])
            .is_empty()
    );
    let problems = verifier.unknown_steps(&["scale", "delete-pod", "other"]);
    let text = render(&problems, false);
    assert!(text.contains("verifiers/lab.yaml:4:12"), "{text}");
    assert!(
        text.contains("no step of the lab has the id `delete-the-pod`"),
        "{text}"
    );
    assert!(text.contains("did you mean `delete-pod`?"), "{text}");
}

#[test]
fn a_problem_shows_its_line() {
    let problems = parse(&SourceFile::new(
        "verifiers/lab.yaml",
        DESIGN.replace("workload:", "workloud:"),
    ))
    .unwrap_err();
    let text = render(&problems, false);
    assert!(text.contains("verifiers/lab.yaml:6:7"), "{text}");
    assert!(text.contains("workloud: deployment/assets"), "{text}");
}

#[test]
fn files_that_cannot_be_read_say_so() {
    let directory = tempfile::tempdir().unwrap();
    let missing = labproof::verifier::load(&directory.path().join("no.yaml")).unwrap_err();
    assert!(missing[0].message.contains("cannot be read"), "{missing:?}");
    let binary = directory.path().join("binary.yaml");
    std::fs::write(&binary, b"\xff\xfe").unwrap();
    let problems = labproof::verifier::load(&binary).unwrap_err();
    assert!(
        problems[0].message.contains("not text in UTF-8"),
        "{problems:?}"
    );
}
