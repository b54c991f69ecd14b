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
        &["LP008:4"],
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
