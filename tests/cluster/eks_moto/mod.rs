//! `--cluster eks:NAME` without AWS: the real AWS CLI against moto's server, with the local cluster's API server
//! behind it, which takes no other credentials than the tokens of `aws eks get-token`.

mod aws;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpListener;

use crate::shared;
use crate::support::{Pages, ended};
use aws::{Aws, KEY};

const REGION: [&str; 2] = ["--region", "eu-west-1"];
const PAGE: &str =
    "# One\n\n```bash\n$ kubectl get namespace default -o name\nnamespace/default\n```\n";

#[test]
fn eks_moto_a_page_runs_with_the_tokens_of_the_aws_cli() {
    if shared::left_out("EKS (moto): a page") {
        return;
    }
    let aws = Aws::get();
    let page = format!(
        "{PAGE}\n```bash only=eks\n\
         $ echo $EKS_CLUSTER_NAME $AWS_REGION $AWS_DEFAULT_REGION $AWS_ACCOUNT_ID\n\
         workshop eu-west-1 eu-west-1 123456789012\n\
         $ echo $EKS_DEFAULT_MNG_NAME $EKS_DEFAULT_MNG_MIN $EKS_DEFAULT_MNG_MAX $EKS_DEFAULT_MNG_DESIRED\n\
         default 3 6 4\n\
         $ kubectl config get-contexts -o name\nworkshop\n\
         $ aws eks describe-cluster --name $EKS_CLUSTER_NAME --query cluster.status --output text\nACTIVE\n\
         $ kubectl auth can-i delete nodes\nyes\n\
         $ touch ran-on-eks; kubectl config set-context workshop --namespace=elsewhere\nContext \"workshop\" modified.\n\
         ```\n\n```bash only=local\n$ false\n```\n\n```bash id=wrong\n$ echo it is $AWS_SECRET_ACCESS_KEY\nnothing\n```\n"
    );
    let pages = Pages::with(&page);
    let own = pages.write("users-own", "{apiVersion: v1, kind: Config}\n");
    let seen = aws.run(&pages, "eks:workshop", &REGION);
    let seen = seen.exits(1).says("1 failed").does_not_say(KEY.1);
    assert!(pages.path().join("ran-on-eks").exists());
    let at = |text: &str| {
        let found = seen.stdout.find(text);
        found.unwrap_or_else(|| panic!("not said: {text}\n{}", seen.all()))
    };
    let who = "account 123456789012, region eu-west-1, as arn:aws:sts::123456789012:user/moto";
    assert!(
        at("eks cluster workshop") < at(who) && at(who) < at("page.md"),
        "{}",
        seen.all()
    );
    let text = std::fs::read_to_string(own).unwrap();
    assert_eq!(text, "{apiVersion: v1, kind: Config}\n");
    assert!(!pages.path().join(".kube/config").exists());
}

/// A run of a minute, with a check by labproof itself at its end.
fn long_run() -> Pages {
    let pages = Pages::new();
    let page = "# Long\n\n```bash\n$ kubectl get namespace default -o name\nnamespace/default\n$ sleep 60\n```\n\n\
        ```bash id=later\n$ kubectl get namespace default -o name\nnamespace/default\n```\n";
    pages.write("labs/long.md", page);
    pages.write(
        "verifiers/long.yaml",
        "lab: long\nchecks:\n  - name: it is there\n    after: later\n    within: 5s\n    \
         resource: {apiVersion: v1, kind: Namespace, name: default}\n    match: {status: {phase: Active}}\n",
    );
    pages
}

#[test]
fn eks_moto_tokens_are_renewed_during_a_run() {
    if shared::left_out("EKS (moto): tokens") {
        return;
    }
    let aws = Aws::get();
    let arguments = [
        "run",
        "labs/long.md",
        "--cluster",
        "eks:workshop",
        "--region",
        "eu-west-1",
    ];
    let pages = long_run();
    let before = aws.reviews().len();
    ended(&mut aws.labproof(&pages, &arguments).into()).exits(0);
    let reviews = aws.reviews();
    let good = reviews[before..]
        .iter()
        .filter(|line| line.ends_with("good"));
    let tokens: BTreeSet<&str> = good.filter_map(|line| line.split(' ').next()).collect();
    assert!(tokens.len() >= 3, "{reviews:?}");

    // The same with tokens that claim to live on while the server refuses them: kubectl, which asks for one each time,
    // still gets in, and the check says that it could not be made.
    let pages = long_run();
    aws.never_renew(&pages);
    ended(&mut aws.labproof(&pages, &arguments).into())
        .exits(3)
        .says("Unauthorized");
    assert!(aws.reviews().iter().any(|line| line.contains("expired")));
}

#[test]
fn eks_moto_what_stands_in_the_way_has_its_own_message() {
    if shared::left_out("EKS (moto): messages") {
        return;
    }
    let aws = Aws::get();
    let pages = Pages::with(PAGE);
    let run = |cluster: &str, more: &[&str]| aws.run(&pages, cluster, more);
    run("eks:newborn", &REGION)
        .exits(3)
        .says("is CREATING")
        .says("aws eks wait cluster-active --name newborn");
    run("eks:leaving", &REGION).exits(3).says("is DELETING");
    run("eks:wrokshop", &REGION)
        .exits(2)
        .says("there is no EKS cluster \"wrokshop\" in eu-west-1");
    run("eks:workshop", &["--region", "us-east-1"])
        .exits(2)
        .says("in us-east-1");
    run("eks:workshop", &[]).exits(2).says("--region REGION");
    run(
        "eks:workshop",
        &["--region", "eu-west-1", "--profile", "nobody"],
    )
    .exits(2)
    .says("no profile \"nobody\"");
    // Its name is signed into the token, and the authenticator knows another one.
    run("eks:closed", &REGION)
        .exits(3)
        .says("does not let arn:aws:sts::123456789012:user/moto in")
        .says("aws eks create-access-entry --cluster-name closed");
    let with = |env: &[(&str, Option<&str>)]| {
        let arguments = [
            "run",
            "page.md",
            "--cluster",
            "eks:workshop",
            "--region",
            "eu-west-1",
        ];
        let mut command = aws.labproof(&pages, &arguments);
        for (name, value) in env {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        ended(&mut command.into())
    };
    with(&[("AWS_ACCESS_KEY_ID", None), ("AWS_SECRET_ACCESS_KEY", None)])
        .exits(3)
        .says("the AWS CLI has no credentials")
        .says("aws configure");
    with(&[("AWS_SECRET_ACCESS_KEY", Some("another"))])
        .exits(3)
        .says("create-access-entry");
    with(&[("AWS_ENDPOINT_URL", Some("http://127.0.0.1:1"))])
        .exits(3)
        .says("does not reach AWS in eu-west-1");
    with(&[("PATH", Some("/nowhere"))])
        .exits(3)
        .says("`aws` is not on PATH");
}

/// moto takes any credentials for good; this one endpoint takes none.
#[test]
fn eks_stand_in_of_an_endpoint_that_says_expired() {
    if shared::left_out("EKS (stand-in): expired credentials") {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let body = include_str!("stand_in_of_expired.xml");
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 403 Forbidden\r\nContent-Type: text/xml\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
            );
        }
    });
    let pages = Pages::with(PAGE);
    let arguments = [
        "run",
        "page.md",
        "--cluster",
        "eks:workshop",
        "--region",
        "eu-west-1",
    ];
    let mut command = Aws::get().labproof(&pages, &arguments);
    command.env("AWS_ENDPOINT_URL", url);
    ended(&mut command.into())
        .exits(3)
        .says("the AWS credentials have expired")
        .says("aws sso login");
}

#[test]
fn eks_moto_the_guard_knows_the_cluster_and_the_profile() {
    if shared::left_out("EKS (moto): the guard") {
        return;
    }
    let aws = Aws::get();
    let pages = Pages::with(PAGE);
    aws.run(&pages, "eks:shop-prod", &REGION)
        .exits(2)
        .says("looks like production (\"prod\" in shop-prod)");
    // It is let through, and the next thing that stands in the way is told.
    aws.run(
        &pages,
        "eks:shop-prod",
        &["--region", "eu-west-1", "--i-know-this-is", "shop-prod"],
    )
    .exits(3)
    .says("create-access-entry");
    aws.run(
        &pages,
        "eks:workshop",
        &["--region", "eu-west-1", "--profile", "prod-admin"],
    )
    .exits(2)
    .says("(\"prod\" in profile prod-admin)")
    .says("--i-know-this-is workshop");
}

#[test]
fn eks_moto_doctor_says_who_the_cluster_takes_one_for() {
    if shared::left_out("EKS (moto): doctor") {
        return;
    }
    let aws = Aws::get();
    let pages = Pages::with(PAGE);
    let doctor = |cluster: &str| {
        let arguments = [
            "cluster",
            "doctor",
            "--cluster",
            cluster,
            "--region",
            "eu-west-1",
        ];
        ended(&mut aws.labproof(&pages, &arguments).into())
    };
    doctor("eks:workshop")
        .exits(0)
        .says("aws-cli/1.")
        .says("account 123456789012, region eu-west-1")
        .says("namespaces, deployments and exec are allowed");
    doctor("eks:newborn")
        .exits(3)
        .says("is CREATING")
        .says("aws eks wait cluster-active");
}
