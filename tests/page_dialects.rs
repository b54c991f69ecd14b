//! Whole pages in the forms that authors write them in, and the plan each one becomes.

use labproof::page;
use labproof::source::{Severity, SourceFile};

/// Steps of a page, a line each: `[reason] command => output; command`.
fn check(text: &str, expected: &[&str]) {
    let file = SourceFile::new("page.md", text);
    let (page, diagnostics) = page::read(&file, None);
    assert!(
        diagnostics
            .iter()
            .all(|problem| problem.severity != Severity::Error),
        "{diagnostics:?}"
    );
    let found: Vec<String> = page
        .steps
        .iter()
        .map(|step| {
            let commands: Vec<String> = step
                .commands
                .iter()
                .map(|command| match &command.expected {
                    Some(shown) => format!("{} => {}", command.text, shown.text),
                    None => command.text.clone(),
                })
                .collect();
            let reason = step
                .skip
                .as_ref()
                .map_or(String::new(), |reason| format!("[{reason}] "));
            format!("{reason}{}", commands.join("; "))
        })
        .collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn transcripts() {
    check(
        "```bash\n$ a\n1\n\n2\n$ b \\\n  c\n```\n",
        &["a => 1\n\n2; b \\\n  c"],
    );
    check(
        "```console\nuser@box:~$ kubectl get no\nNAME\n```\n",
        &["kubectl get no => NAME"],
    );
    check(
        "```console\n# kubectl get no\nNAME   STATUS\n```\n",
        &["kubectl get no => NAME   STATUS"],
    );
    check(
        "```bash\n$ a\n```\n\n```bash\njust text\n```\n",
        &["a", "[no prompt] "],
    );
    check(
        "```bash\n# only words\n```\n\n```bash\n$ a\n```\n",
        &["[no command] ", "a"],
    );
}

#[test]
fn output_in_the_next_fence() {
    check(
        "```shell\nkubectl get po\n```\n\nThe output is similar to this:\n\n```\nNAME   READY\n```\n",
        &["kubectl get po => NAME   READY"],
    );
    check(
        "1. Do:\n\n   ```shell\n   kubectl get po\n   ```\n\n   Output:\n\n   ```none\n   NAME\n     x\n   ```\n",
        &["kubectl get po => NAME\n  x"],
    );
    check(
        "```sh\nkubectl apply -f a.yaml\n```\n\nCreate this file:\n\n```\ntext\n```\n",
        &["kubectl apply -f a.yaml"],
    );
    check(
        "```sh\na\n```\n\n## Next\n\nThe output:\n\n```\nx\n```\n",
        &["a"],
    );
    check(
        "```sh\nkubectl get po\n```\n\n```bash\nNAME   READY\nx      1/1\n```\n",
        &["kubectl get po => NAME   READY\nx      1/1"],
    );
    check(
        "Run `kubectl get nodes`. The output is similar to:\n\n```\nNAME   STATUS\n```\n",
        &["kubectl get nodes => NAME   STATUS"],
    );
    check(
        "```sh\nkubectl get po\nNAME   READY\nx      1/1\nkubectl get no\n```\n",
        &["kubectl get po => NAME   READY\nx      1/1; kubectl get no"],
    );
    check(
        "```console\n$ kubectl get po\n```\n\nThe output:\n\n```\nx\n```\n",
        &["kubectl get po => x"],
    );
}

#[test]
fn shells_in_containers() {
    check(
        "```sh\nkubectl exec -it web -- bash\n```\n\nIn your shell:\n\n```sh\nls /data\n```\n\nThe output:\n\n```\nx\n```\n\n```sh\nexit\n```\n\n```sh\necho out\n```\n",
        &[
            "[interactive shell] kubectl exec -it web -- bash",
            "[typed into a container's shell] ls /data => x",
            "[typed into a container's shell] exit",
            "echo out",
        ],
    );
    check(
        "```sh\nkubectl exec -it web -- sh\n```\n\n```sh\nls\n```\n\n```sh\nkubectl get po\n```\n",
        &[
            "[interactive shell] kubectl exec -it web -- sh",
            "[typed into a container's shell] ls",
            "kubectl get po",
        ],
    );
    check(
        "```sh\nroot@web:/# ls\nx\n```\n",
        &["[typed into a container's shell] ls => x"],
    );
    check(
        "```sh\nkubectl logs <pod>\n```\n",
        &["[placeholder] kubectl logs <pod>"],
    );
}

#[test]
fn fences_anywhere() {
    check(":::tip Title\n\n```bash\n$ a\n```\n\n:::\n", &["a"]);
    check(
        "!!! info\n    ```bash\n    $ a\n    b\n    ```\n",
        &["a => b"],
    );
    check(
        "<Tabs>\n<TabItem value=\"x\">\n\n```bash\n$ a\n```\n\n</TabItem>\n</Tabs>\n",
        &["a"],
    );
    check(
        "{{< tabs >}}\n{{% tab name=\"x\" %}}\n~~~bash\n$ a\n~~~\n{{% /tab %}}\n{{< /tabs >}}\n",
        &["a"],
    );
    check("> ```bash\n> $ a\n> b\n> ```\n", &["a => b"]);
    check("``` shell\na\n```\n", &["a"]);
    check("```{.bash}\n$ a\n```\n", &["a"]);
    check(
        "```bash title=\"x y\" {2}\r\n$ a\r\nb\r\n```\r\n",
        &["a => b"],
    );
    check(
        "- x\n\n\t```sh\n\tcat <<EOF\n\t  y\n\tEOF\n\t```\n",
        &["cat <<EOF\n  y\nEOF"],
    );
    check(
        "<!--\n```bash\n$ a\n```\n-->\n\n{/* \n```bash\n$ b\n```\n*/}\n\n```bash\n$ c\n```\n",
        &["c"],
    );
}

#[test]
fn front_matter_settles_the_dialect() {
    check(
        "---\nlabproof: {dialect: bare}\n---\n```bash\necho a\n$ b\n```\n",
        &["echo a; $ b"],
    );
    check(
        "---\nlabproof: {dialect: transcript}\n---\n```bash\necho a\n```\n",
        &["[no prompt] "],
    );
}

#[test]
fn output_in_the_next_fence_of_pages_with_prompts() {
    // Some output stands below its command; the rest where the page says so.
    let page = |lead: &str, language: &str, shown: &str| {
        format!(
            "```bash\n$ a\n1\n```\n\n```bash\n$ kubectl get svc -o yaml\n```\n{lead}\n```{language}\n{shown}\n```\n"
        )
    };
    check(
        &page("\nOutput:\n", "", "x"),
        &["a => 1", "kubectl get svc -o yaml => x"],
    );
    check(
        &page("", "yaml", "kind: Service"),
        &["a => 1", "kubectl get svc -o yaml => kind: Service"],
    );
    check(
        &page("\nThe file looks like this:\n", "yaml", "kind: Service"),
        &["a => 1", "kubectl get svc -o yaml"],
    );
}

#[test]
fn commands_that_never_end() {
    check(
        "```bash\n$ kubectl get pods -w\nNAME\n```\n",
        &["[endless command] kubectl get pods -w => NAME"],
    );
    check(
        "```bash until=Running\n$ kubectl get pods -w\n```\n",
        &["kubectl get pods -w"],
    );
    check(
        "```shell\nkubectl port-forward svc/web 80 &\n```\n",
        &["kubectl port-forward svc/web 80 &"],
    );
}
