//! What lint says about pages, what it keeps quiet about, and how it is told to.

use std::fs;

use labproof::lint::{self, LintOptions};
use labproof::plan::{self, PlanOptions};
use labproof::source::Diagnostic;

/// Findings on one page.
fn findings(text: &str, options: &LintOptions) -> Vec<Diagnostic> {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("page.md");
    fs::write(&path, text).unwrap();
    let plan = plan::build(&[path], &PlanOptions::default());
    lint::check(&plan, options)
}

/// `code:line` of every finding that is no note.
fn check(text: &str, expected: &[&str]) {
    let found: Vec<String> = findings(text, &LintOptions::default())
        .iter()
        .filter(|found| found.severity > labproof::source::Severity::Note)
        .map(|found| {
            format!(
                "{}:{}",
                found.code.unwrap_or("-"),
                found.position().map_or(0, |at| at.line)
            )
        })
        .collect();
    assert_eq!(found, expected, "{text}");
}

/// A transcript fence.
fn bash(content: &str) -> String {
    format!("```bash\n{content}\n```\n")
}

#[test]
fn mistakes() {
    check(
        &bash("$ kubectl get po\nNAME   READY\nx      1/1\n\nkubectl delete po x"),
        &["LP001:6"],
    );
    check(&bash("$ echo (x)"), &["LP002:2"]);
    check(&bash("$ kubectl wait --timeout=5m pod/x"), &["LP004:2"]);
    check(
        &bash("$ helm install x y --wait --timeout 10m"),
        &["LP004:2"],
    );
    check(
        &bash("$ TOKEN_A=$(x)\n$ echo ${TOKEN_B}\n$ echo $pod_name"),
        &["LP008:3", "LP008:4"],
    );
    check(
        &bash("$ POD_NAME=x\n$ kubectl logs $POD_NMAE"),
        &["LP008:3"],
    );
    check(
        &bash("$ kubectl get pods\nNAMESPACE   NAME   READY\na           x      1/1"),
        &["LP009:3"],
    );
    check(&bash("$ kubectl get po -n a -o yaml -n b"), &["LP022:2"]);
    check(
        "```yaml\na: [1\n```\n\n```bash\n$ true\n```\n",
        &["LP012:1"],
    );
    check(&bash("$ kubectl get po \u{2013}A"), &["LP026:2"]);
    check(&bash("$ kubectl get po\n$kubectl get no"), &["LP027:3"]);
    check(&bash("$ kubectl get po\n  --namespace=x"), &["LP028:3"]);
    check(&bash("$ kubectl logs -f x"), &["LP025:2"]);
}

#[test]
fn mistakes_in_flags_tables_and_prompts() {
    check(
        &bash(
            "$ kubectl delete pod -l a=b -l c=d -A\n$ aws ec2 x --region a --region b\n$ helm list -n a --namespace b",
        ),
        &["LP022:2", "LP022:3", "LP022:4"],
    );
    check(
        &bash(
            "$ kubectl get po x -o jsonpath='{.a[*}'\n$ kubectl get po x -o go-template='{{range .a}}'",
        ),
        &["LP023:2", "LP023:3"],
    );
    check(
        &bash("$ sleep 200\n$ timeout 5m true\n$ sleep 100"),
        &["LP004:2", "LP004:3"],
    );
    let pods = "NAME   READY   STATUS    RESTARTS   AGE";
    let row = "web    1/1     Running   0          5m";
    for (command, header, found) in [
        ("kubectl get po", "NAME   READY   STATUS   IP   NODE", true),
        (
            "kubectl get po -o wide",
            "NAME   READY   STATUS   IP   NODE",
            false,
        ),
        ("kubectl get po -L app", pods, true),
        (
            "kubectl get po -L a.b/app",
            "NAME   READY   STATUS   APP",
            false,
        ),
        ("kubectl get po --show-labels", pods, true),
        ("kubectl get po -o name", pods, true),
        ("kubectl get po --no-headers", pods, true),
        ("kubectl get pvc -A", pods, true),
        ("kubectl get pv -A", pods, false),
    ] {
        let expected: &[&str] = if found { &["LP009:3"] } else { &[] };
        check(&bash(&format!("$ {command}\n{header}\n{row}")), expected);
    }
    check(&bash(&format!("$ kubectl get po\n{row}")), &["LP010:3"]);
    check(
        &bash(&format!(
            "$ kubectl get po,svc\n{pods}\npod/web   1/1\npod/web   1/1"
        )),
        &["LP011:5"],
    );
    check(
        &bash("$ $ kubectl version\n$ kubectl apply -f x\n$ pod/x created"),
        &["LP030:2", "LP030:4"],
    );
    check(
        &format!(
            "{}{}",
            bash("$ true").repeat(3),
            bash("aws eks list-clusters")
        ),
        &["LP001:11"],
    );
    check(&bash("$ cd x\nls -la\ntotal 0"), &["LP001:3"]);
    check(&bash("$ cat install.sh\nls -la\nkubectl get pods"), &[]);
}

#[test]
fn mistakes_inside_containers_of_markdown() {
    let inner =
        bash("$ kubectl wait --timeout=5m pod/x\n$ kubectl get po\nweb    1/1     Running   0");
    let indented = |by: &str| inner.replace('\n', &format!("\n{by}"));
    check(
        &format!("1. a\n\n   {}", indented("   ")),
        &["LP004:4", "LP010:6"],
    );
    check(
        &format!(":::tip\n\n    {}\n:::\n", indented("    ")),
        &["LP004:4", "LP010:6"],
    );
    check(&format!("> {}", indented("> ")), &["LP004:2", "LP010:4"]);
    // Prompts behind the sign of a quote are prompts.
    let one = bash("$ kubectl get pods");
    let quoted = one.trim_end().replace('\n', "\n> ");
    check(&format!("{one}\n{one}\n> {quoted}\n"), &[]);
    check(
        &format!(
            "<Tabs>\n  <TabItem value=\"a\">\n\n  {}\n  </TabItem>\n</Tabs>\n",
            indented("  ")
        ),
        &["LP004:5", "LP010:7"],
    );
}

#[test]
fn a_block_that_begins_inside_another() {
    let one = "```bash\n$ kubectl get pods\nNAME\n";
    check(&format!("{one}\n{one}```\n"), &["LP034:5"]);
    check("~~~bash\n$ ls\n\n~~~bash\n$ true\n~~~\n", &["LP034:4"]);
    // How markdown is written is shown in a longer fence, or in one of other signs.
    check(&format!("````markdown\n{one}```\n````\n"), &[]);
    check(&format!("~~~markdown\n{one}```\n~~~\n"), &[]);
}

#[test]
fn a_manifest_whose_name_is_a_slip_of_the_hand() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("manifests")).unwrap();
    fs::write(root.path().join("manifests/web.yaml"), "kind: Pod\n").unwrap();
    fs::write(root.path().join("manifests/pod-1.yaml"), "kind: Pod\n").unwrap();
    let found = |text: &str| {
        let path = root.path().join("page.md");
        fs::write(&path, text).unwrap();
        let plan = plan::build(&[path], &PlanOptions::default());
        lint::check(&plan, &LintOptions::default())
            .into_iter()
            .filter(|found| found.code == Some("LP035"))
            .filter_map(|found| found.help)
            .collect::<Vec<_>>()
    };
    let applied = |path: &str| bash(&format!("$ kubectl apply -f {path}"));
    let meant = "did you mean `manifests/web.yaml`?";
    assert_eq!(found(&applied("manifests/wep.yaml")), [meant]);
    assert_eq!(found(&applied("manifests/web.yml")), [meant]);
    for right in [
        "manifests/web.yaml",
        "manifests/pod-2.yaml",
        "manifests/other.yaml",
        "$DIR/wep.yaml",
    ] {
        assert!(found(&applied(right)).is_empty(), "{right}");
    }
    let told = format!(
        "Save it as `wep.yaml`.\n\n{}",
        applied("manifests/wep.yaml")
    );
    let made = bash(
        "$ sed s/a/b/ manifests/web.yaml > manifests/wep.yaml\n$ kubectl apply -f manifests/wep.yaml",
    );
    assert!(found(&told).is_empty() && found(&made).is_empty());
}

#[test]
fn names_that_nothing_makes() {
    let made = "$ kubectl create ns shop\n$ kubectl create deploy web --image=x -n shop\n";
    check(
        &bash(&format!(
            "{made}$ kubectl get po -n store\n$ kubectl rollout status deploy/api -n shop"
        )),
        &["LP020:4", "LP021:5"],
    );
    // A program that may make anything, and nothing is known.
    check(
        &bash(&format!(
            "$ helm install x y\n{made}$ kubectl get po -n store\n$ kubectl describe deploy api"
        )),
        &[],
    );
    // Neither is it on a page that goes on with what another one made.
    check(
        &bash("$ kubectl get po -n store\n$ kubectl scale deploy/api --replicas=2"),
        &[],
    );
    check(&bash("$ kubectl get po -n kube-sytem"), &["LP020:2"]);
    check(
        &bash(
            "$ kubectl get po -n assets\nNAME   READY\nassets-0   1/1\n$ kubectl delete --all pods --namespace=assetss",
        ),
        &["LP020:5"],
    );
    check(
        &format!(
            "The Deployment `api` is there.\n\n{}",
            bash(&format!("{made}$ kubectl describe deploy api"))
        ),
        &[],
    );
    check(
        &bash(
            "$ cat <<EOF > x.yaml\nkind: Deployment\nmetadata:\n  name: api\nEOF\n$ kubectl apply -f x.yaml\n$ kubectl describe deploy api\n$ kubectl describe deploy web",
        ),
        &["LP021:9"],
    );
}

#[test]
fn variables_that_nothing_sets() {
    check(
        &bash("$ echo $TOKEN $HOME $AWS_REGION ${X:-1} '$Y'"),
        &["LP008:2"],
    );
    check(
        &bash("$ prepare-environment a\n$ echo $TOKEN $token"),
        &["LP008:3"],
    );
    for given in [
        "$ source env.sh\n$ echo $TOKEN",
        "$ export TOKEN\n$ echo $TOKEN",
        "$ read -p 'Which?' TOKEN\n$ echo $TOKEN",
        "$ echo \"$(awk '{print $TOKEN}' f)\"",
        "$ cat <<'EOF'\n$TOKEN\nEOF",
        "$ echo $EKS_CLUSTER_NAME $TOKEN",
    ] {
        check(&bash(given), &[]);
    }
    let placeholder = bash("$ export TOKEN=<your-token>");
    check(&format!("{placeholder}{}", bash("$ echo $TOKEN")), &[]);
    check(
        &format!("The script has set `TOKEN`.\n\n{}", bash("$ echo $TOKEN")),
        &[],
    );
    check(
        &format!("---\nsidebar_position: 3\n---\n{}", bash("$ echo $TOKEN")),
        &[],
    );
}

#[test]
fn outputs_and_sentences_that_contradict_the_command() {
    check(
        &bash("$ kubectl create deploy web --image=x\ndeployment.apps/wbe created"),
        &["LP031:3"],
    );
    check(
        &bash("$ kubectl delete svc web\nservice \"api\" deleted"),
        &["LP031:3"],
    );
    check(
        &bash("$ kubectl get deploy web\nNAME   READY   AGE\napi    1/1     5m"),
        &["LP031:4"],
    );
    check(
        &bash("$ kubectl describe svc web\nName:     api"),
        &["LP031:3"],
    );
    check(
        &bash(
            "$ kubectl scale deploy/web --replicas=5\n$ kubectl get deploy\nNAME   READY   AGE\nweb    3/3     5m",
        ),
        &["LP032:5"],
    );
    check(
        &format!(
            "Scale it up to three replicas:\n\n{}",
            bash("$ kubectl scale deploy/web --replicas=5")
        ),
        &["LP032:4"],
    );
    for fine in [
        "$ kubectl create secret generic web\nsecret/web created",
        "$ kubectl describe po web\nName:     web-5d4b9c7f6d-x2x9z",
        "$ kubectl delete deploy web api\ndeployment.apps \"web\" deleted\ndeployment.apps \"api\" deleted",
        "$ kubectl get deploy\nNAME   READY   AGE\napi    1/1     5m",
        "$ kubectl expose deploy web --name=front\nservice/front exposed",
        "$ kubectl scale deploy/web --replicas=5\n$ kubectl get deploy web\nNAME   READY   AGE\nweb    3/5     5m",
        "$ kubectl scale deploy/web --replicas=5\n$ kubectl delete deploy web\n$ kubectl get deploy\nNAME   READY   AGE\nweb    3/3     5m",
    ] {
        check(&bash(fine), &[]);
    }
    check(
        &format!(
            "It has 1 replica; scale from 1 to 5 replicas:\n\n{}",
            bash("$ kubectl scale deploy/web --replicas=5")
        ),
        &[],
    );
}

#[test]
fn lists_are_held_against_manifests_without_rendering() {
    let document = "$ cat <<EOF | kubectl apply -f -\nkind: Service\nmetadata:\n  name: web\nEOF\n";
    check(&bash(&format!("{document}service/web created")), &[]);
    check(
        &bash(&format!("{document}service/api created")),
        &["LP029:7"],
    );
}

#[test]
fn what_is_no_mistake() {
    for content in [
        "$ kubectl port-forward svc/x 8080:80 &",
        "$ timeout 10 kubectl get po -w",
        "$ kubectl get po -A\nNAMESPACE   NAME   READY\na           x      1/1\nb           x      1/1",
        "$ kubectl get all -n x\nNAME    READY\npod/x   1/1\n\nNAME        TYPE\nservice/x   ClusterIP",
        "$ helm install x y\nNAME: x\nNOTES:\nRun this:\n  kubectl get po -n x",
        "$ kubectl exec x -- sh -c 'echo $HOME'",
        "$ awk '{print $NF}' f",
        "$ cat <<'EOF' >f\n$undefined\nEOF",
        "$ curl $EKS_ENDPOINT",
        "$ for pod in a b; do echo $pod; done",
        "$ kubectl get po web-1\n$ kubectl get po web-2\n$ kubectl get po web-2",
        "$ kubectl get deployment/cart\n$ kubectl get deployment/carts\n$ kubectl get deployment/carts",
        "$ kubectl get po -n app-a\n$ kubectl get po -n app-a\n$ kubectl get po -n app-b",
        "$ kubectl delete po x\npod \"x\" deleted\n$ kubectl apply -f x\npod/x created\n$ kubectl apply -f x\npod/x configured",
        "$ echo 'it\u{2019}s \u{2014} fine'",
        "$ kubectl get po -o custom-columns=A:.b\nA\nx\nx",
    ] {
        check(&bash(content), &[]);
    }
    check(
        "```yaml\nspec:\n  ...\n  a: {{ b }}\n```\n\n```json\n{ \"a\": 1, ... }\n```\n\n```bash\n$ true\n```\n",
        &[],
    );
}

#[test]
fn rules_are_switched_off_with_a_reason() {
    let mistake = bash("$ kubectl get po \u{2013}A");
    check(
        &format!("<!-- labproof: off LP026 it shows the mistake -->\n{mistake}"),
        &[],
    );
    check(
        &format!("{{/* labproof: off LP026,LP001 it shows the mistake */}}\n\n{mistake}"),
        &[],
    );
    check(
        &format!("---\nlabproof: {{lint: {{LP026: shown on purpose}}}}\n---\n{mistake}"),
        &[],
    );
    check(
        &format!("<!-- labproof: off LP026 -->\n{mistake}"),
        &["-:1", "LP026:3"],
    );
    check(
        &format!("<!-- labproof: off LP026 only this one -->\n{mistake}\n{mistake}"),
        &["LP026:7"],
    );
    check(
        &format!("<!-- labproof: off LP26 misspelt -->\n{mistake}"),
        &["-:1", "LP026:3"],
    );
    let options = LintOptions {
        off: vec![("LP026".to_owned(), "no".to_owned())],
        ..LintOptions::default()
    };
    assert!(
        findings(&mistake, &options)
            .iter()
            .all(|found| found.code != Some("LP026"))
    );
}

#[test]
fn safe_repairs_are_applied() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("page.md");
    fs::write(&path, bash("$ kubectl get po\n$kubectl get no\n$ a \\ \nb")).unwrap();
    let plan = plan::build(std::slice::from_ref(&path), &PlanOptions::default());
    let fixed = lint::fix(&lint::check(&plan, &LintOptions::default()));
    assert_eq!(
        fixed,
        [(path, bash("$ kubectl get po\n$ kubectl get no\n$ a \\\nb"))]
    );
}

#[test]
fn findings_can_be_read_by_programs() {
    let found = findings(&bash("$ kubectl get po \u{2013}A"), &LintOptions::default());
    let json = lint::render_json(&found);
    assert!(
        json.contains("\"code\": \"LP026\"") && json.contains("\"start\":"),
        "{json}"
    );
    assert!(
        lint::render_github(&found).contains(",line=2,col=18,title=LP026::"),
        "{}",
        lint::render_github(&found)
    );
    assert!(
        lint::render_text(&found, false).contains("[LP026]"),
        "{}",
        lint::render_text(&found, false)
    );
}

#[test]
fn codes_that_no_rule_has_are_told_of_in_a_project_too() {
    let text = "[lint.off]\nLP001 = \"why\"\nLP0O9 = \"why\"\n";
    let file = labproof::source::SourceFile::new("labproof.toml", text);
    let (project, _) = labproof::plan::project::read(&file);
    let found = labproof::lint::project_switches(&project);
    let messages: Vec<&str> = found.iter().map(|found| found.message.as_str()).collect();
    assert_eq!(messages, ["there is no rule `LP0O9`"]);
    assert_eq!(found[0].position().map(|at| at.line), Some(3));
}
