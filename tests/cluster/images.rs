//! The images of labs: what their recipes make does its job in a pod, and what cannot be had is said before the first command.

use std::path::Path;

use labproof::cluster::local::{ImageRecipe, LocalCluster, UpOptions};
use serde_json::Value;

use crate::labs::{root, run};
use crate::shared;
use crate::support::Pages;

/// What a pod of an image runs, and what it then prints. Untagged names and `latest` are asked for anew at each start.
const JOBS: &[(&str, &str, &str)] = &[
    (
        "busybox",
        "busybox | head -n 1 && nslookup -type=a kubernetes.default.svc.cluster.local",
        "Address: 10.",
    ),
    (
        "bash:5",
        "/usr/local/bin/bash -c 'x=(a b); echo ${x[1]}'",
        "b",
    ),
    ("debian", ". /etc/os-release; echo $VERSION_ID", "12"),
    (
        "curlimages/curl",
        "curl -sk https://kubernetes.default/version",
        "\"gitVersion\"",
    ),
    (
        "python:3.11",
        "python -c 'import json, ssl, sqlite3; print(json.dumps({\"a\": 6 * 7}))'",
        "{\"a\": 42}",
    ),
    (
        "perl:5.34.0",
        "perl -Mbignum=bpi -wle 'print bpi(40)'",
        "3.141592653589793238462643383279502884197",
    ),
    (
        "redis",
        "redis-server --save '' >/dev/null & until redis-cli ping; do sleep 0.2; done",
        "PONG",
    ),
    (
        "mysql:8.0",
        "/usr/local/bin/docker-entrypoint.sh mysqld >/dev/null 2>&1 & \
         until mysql -h 127.0.0.1 -uroot \"-p$MYSQL_ROOT_PASSWORD\" -e 'select 6 * 7 as answer'; do sleep 0.5; done 2>/dev/null",
        "answer\n42",
    ),
    (
        "httpd:2.4",
        "httpd-foreground & until (: </dev/tcp/127.0.0.1/80) 2>/dev/null; do sleep 0.3; done; exec 3<>/dev/tcp/127.0.0.1/80; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3",
        "It works!",
    ),
    (
        "nginx:1.25",
        "nginx -c /etc/nginx/lab.conf & until (: </dev/tcp/127.0.0.1/80) 2>/dev/null; do sleep 0.3; done; exec 3<>/dev/tcp/127.0.0.1/80; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3",
        "Welcome to nginx!",
    ),
];

/// Gives the shared cluster the images of these recipes.
fn add(files: &[&str]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("labs/images");
    let images: Vec<ImageRecipe> = files
        .iter()
        .flat_map(|file| ImageRecipe::read(&folder.join(file)).unwrap())
        .collect();
    let name = shared::cluster().name().to_owned();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime
        .block_on(LocalCluster::up(UpOptions {
            release: None,
            api_server: &labproof::cluster::local::ApiServerExtras::default(),
            python: false,
            name: &name,
            nodes: 1,
            images: &images,
            confirm: &mut |_| true,
            progress: &shared::Stages,
            stay: true,
            program: None,
        }))
        .unwrap();
}

#[test]
fn what_recipes_make_does_its_job() {
    if shared::left_out("what_recipes_make_does_its_job") {
        return;
    }
    let turn = shared::alone();
    add(&[
        "bash.yaml",
        "curl.yaml",
        "debian.yaml",
        "httpd.yaml",
        "mysql.yaml",
        "perl.yaml",
        "python.yaml",
        "redis.yaml",
    ]);
    drop(turn);
    let mut manifest = String::new();
    for (number, (image, command, _)) in JOBS.iter().enumerate() {
        let command = serde_json::to_string(command).unwrap();
        manifest.push_str(&format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: job-{number}\nspec:\n  restartPolicy: Never\n  \
             containers:\n  - name: main\n    image: {image}\n    env: [{{name: MYSQL_ROOT_PASSWORD, value: \"it's secret\"}}]\n    \
             command: [sh, -c, {command}]\n"
        ));
    }
    let mut page = String::from("```bash timeout=300\n$ kubectl apply -f jobs.yaml\n");
    for (number, (_, _, printed)) in JOBS.iter().enumerate() {
        let printed = printed.lines().next_back().unwrap();
        page.push_str(&format!(
            "$ for i in $(seq 120); do kubectl logs job-{number} 2>/dev/null | grep -cF -- '{printed}' >/dev/null && break; sleep 1; done; \
             kubectl logs job-{number} | grep -oF -- '{printed}' | sort -u\n{printed}\n"
        ));
    }
    page.push_str("```\n");
    let pages = Pages::with(&page);
    pages.write("jobs.yaml", &manifest);
    run(pages.path(), &["page.md"]).exits(0);
}

#[test]
fn an_image_that_cannot_be_had_is_said_before_the_first_command() {
    if shared::left_out("an_image_that_cannot_be_had_is_said_before_the_first_command") {
        return;
    }
    let pages = Pages::with(
        "```bash\n$ kubectl apply -f web.yaml\ndeployment.apps/web created\n\
         $ kubectl set image deployment/web web=nginx:1.161\ndeployment.apps/web image updated\n\
         $ kubectl run there --image=docker.io/library/busybox:1.35 -- true\npod/there created\n```\n",
    );
    pages.write(
        "web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  selector: {matchLabels: {app: web}}\n  \
         template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - name: web\n        \
         image: example.invalid/shop/web:2\n",
    );
    let ended = run(pages.path(), &["page.md", "--json", "record.json"]).exits(0);
    let at = |text: &str| {
        ended
            .stdout
            .find(text)
            .unwrap_or_else(|| panic!("{text}: {}", ended.stdout))
    };
    assert!(
        at("web.yaml:12: pods will wait for the image example.invalid/shop/web:2")
            < at("kubectl apply")
    );
    assert!(at("page.md:4: pods will wait for the image nginx:1.161") < at("kubectl apply"));
    assert!(at("images/web.yaml beside the page") < at("kubectl apply"));
    let record: Value = serde_json::from_str(&pages.read("record.json")).unwrap();
    let warnings = record["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(root().join("labs/images/busybox.yaml").exists());
}

#[test]
fn a_tutorial_runs_whole_from_the_disk() {
    if shared::left_out("a_tutorial_runs_whole_from_the_disk") {
        return;
    }
    let pages = Pages::with(
        "```bash\n$ kubectl apply -f https://docs.example/greeter.yaml\npod/greeter created\n\
         $ kubectl wait --for=condition=Ready pod/greeter --timeout=110s\npod/greeter condition met\n\
         $ kubectl logs greeter\nat your service\n\
         $ wget -qO- https://docs.example/greeter.yaml | kubectl delete -f -\npod \"greeter\" deleted\n```\n",
    );
    pages.write(
        "labproof.toml",
        "[urls]\n\"https://docs.example/\" = \"files\"\n",
    );
    pages.write(
        "files/greeter.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: greeter\nspec:\n  terminationGracePeriodSeconds: 0\n  containers:\n  \
         - name: main\n    image: r.example/busybox:1.28\n    command: [sh, -c, echo at your service; sleep 600]\n",
    );
    let recipes = pages.path().join("images");
    std::os::unix::fs::symlink(root().join("labs/images"), recipes).unwrap();
    run(pages.path(), &["page.md", "--json", "record.json"])
        .exits(0)
        .says("greeter.yaml:9: r.example/busybox:1.28 is made by the recipe of busybox:1.28 here")
        .says("read from the disk; on the page: https://docs.example/greeter.yaml")
        .says("2 URLs of the pages read from the disk")
        .does_not_say("making the image mysql");
    let record: Value = serde_json::from_str(&pages.read("record.json")).unwrap();
    let command = &record["labs"][0]["pages"][0]["steps"][0]["commands"][3];
    let read = &command["from_disk"][0];
    assert_eq!(read["url"], "https://docs.example/greeter.yaml");
    let path = read["path"].as_str().unwrap();
    assert_eq!(command["text"], format!("cat {path} | kubectl delete -f -"));
}
