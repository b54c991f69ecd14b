//! `labproof plan`: what a lab needs, and how long it took last time.

mod support;

use serde_json::{Value, json};
use support::Pages;

fn needs(pages: &Pages) -> Value {
    let plan = pages
        .labproof(&["plan", "page.md", "--format", "json"])
        .exits(0);
    let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
    plan["labs"][0]["needs"].clone()
}

fn page(commands: &str) -> Pages {
    Pages::with(&format!("```bash\n{commands}\n```\n"))
}

#[test]
fn tools_are_programs_and_not_words_of_the_shell() {
    let needs = needs(&page(
        "$ cd /tmp && kubectl get pods -o json | jq .items\n$ greet() { echo hi; }\n$ greet\n\
         $ for i in 1 2; do helm list; done\n$ X=$(aws sts get-caller-identity)\n$ timeout 5 stern web",
    ));
    assert_eq!(
        needs["tools"],
        json!(["aws", "helm", "jq", "kubectl", "stern"])
    );
}

#[test]
fn images_namespaces_and_addons_come_from_commands_and_manifests() {
    let pages = page(
        "$ kubectl create namespace shop\n$ kubectl run web --image=nginx:1.25 -n shop\n$ kubectl apply -f app/web.yaml\n\
         $ kubectl kustomize over | kubectl apply -f-\n$ kubectl top pods -n kube-system\n$ kubectl apply -f gone.yaml\n\
         $ kubectl apply -f - <<EOF\napiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata:\n  name: web\nEOF",
    );
    pages.write(
        "app/web.yaml",
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\n  namespace: front\n---\n\
         apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: data\n",
    );
    pages.write("over/kustomization.yaml", "resources: \n  - job.yaml\n");
    pages.write(
        "over/job.yaml",
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: load\nspec:\n  image: load:2\n",
    );
    let needs = needs(&pages);
    assert_eq!(needs["images"], json!(["load:2", "nginx:1.25"]));
    assert_eq!(
        needs["namespaces"],
        json!([
            {"name": "front", "made_by_lab": false},
            {"name": "kube-system", "made_by_lab": false},
            {"name": "shop", "made_by_lab": true},
        ])
    );
    let addons: Vec<&str> = needs["addons"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|addon| addon["name"].as_str())
        .collect();
    assert_eq!(
        addons,
        [
            "a StorageClass that provisions volumes",
            "an ingress controller",
            "metrics-server",
            "the resources of cert-manager.io",
        ]
    );
    assert_eq!(needs["unread_manifests"], json!(["gone.yaml"]));
    pages
        .labproof(&["plan", "page.md"])
        .exits(0)
        .says("shop (made here)")
        .says("metrics-server (kubectl top)");
}

#[test]
fn a_record_tells_how_long_it_took() {
    let pages = page("$ sleep 0.2");
    pages.run(&["--json", "last.json"]).exits(0);
    // How long it really took is the machine's affair.
    let mut record: Value = serde_json::from_str(&pages.read("last.json")).unwrap();
    record["labs"][0]["duration_ms"] = json!(310);
    record["labs"][0]["pages"][0]["steps"][0]["duration_ms"] = json!(220);
    pages.write("last.json", record.to_string());
    pages
        .labproof(&["plan", "./page.md", "--record", "last.json"])
        .exits(0)
        .says("last run: 0.3 s")
        .says(", pass (")
        .says("took 0.2 s");
    pages.write("odd.json", "{}");
    pages
        .labproof(&["plan", "page.md", "--record", "odd.json"])
        .exits(2)
        .says("is no record of a run");
}

#[test]
fn urls_whose_files_are_here_are_read_from_the_disk() {
    let pages = Pages::new();
    let page = "```bash\n$ kubectl apply -f https://docs.example/web.yaml\n$ curl -sLO https://docs.example/web.yaml\n\
                $ kubectl delete -f https://docs.example/gone.yaml\n$ kubectl apply -f https://k8s.io/examples/job.yaml\n```\n";
    pages.write("site/docs/page.md", page);
    pages.write(
        "site/examples/job.yaml",
        "kind: Job\nmetadata:\n  name: load\nspec:\n  image: load:2\n",
    );
    pages.write(
        "site/labproof.toml",
        "[urls]\n\"https://docs.example/\" = \"../files\"\n",
    );
    let web = pages.write(
        "files/web.yaml",
        "kind: Pod\nmetadata:\n  name: web\nspec:\n  image: web:1\n",
    );
    let web = web.canonicalize().unwrap();
    let web = web.to_str().unwrap();
    let plan = pages
        .labproof(&["plan", "site/docs", "--format", "json"])
        .exits(0)
        .says("https://docs.example/gone.yaml is not in");
    let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
    let lab = &plan["labs"][0];
    assert_eq!(lab["needs"]["images"], json!(["load:2", "web:1"]));
    let commands = &lab["pages"][0]["steps"][0]["commands"];
    assert_eq!(commands[0]["text"], format!("kubectl apply -f {web}"));
    assert_eq!(commands[1]["text"], format!("curl -sLO file://{web}"));
    assert_eq!(
        commands[2]["text"],
        "kubectl delete -f https://docs.example/gone.yaml"
    );
    assert_eq!(commands[2]["from_disk"], json!([]));
    assert_eq!(
        commands[0]["from_disk"],
        json!([{"url": "https://docs.example/web.yaml", "path": web}])
    );
    pages
        .labproof(&["plan", "site/docs"])
        .exits(0)
        .says("read from the disk; on the page: https://k8s.io/examples/job.yaml");
    // A folder that is not there is a mistake of the project, not of its pages.
    pages.write(
        "site/labproof.toml",
        "[urls]\n\"https://docs.example/\" = \"gone\"\n",
    );
    pages
        .labproof(&["plan", "site/docs"])
        .exits(2)
        .says("gone is not there");
}
