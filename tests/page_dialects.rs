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

#[test]
fn consoles_without_prompts() {
    check(
        "```console\nkubectl get nodes\n```\nThe output is similar to this:\n```\nNAME   STATUS\n```\n",
        &["kubectl get nodes => NAME   STATUS"],
    );
    check(
        "```console\nkubectl get nodes\n```\n```console\nNAME   STATUS\nx      Ready\n```\n",
        &["kubectl get nodes => NAME   STATUS\nx      Ready"],
    );
}

#[test]
fn shell_fences_that_hold_output() {
    check(
        "```shell\nkubectl apply -f x.yaml\n```\n\nThis creates the Service.\n\n```shell\nservice/x created\n```\n",
        &["kubectl apply -f x.yaml => service/x created"],
    );
    check(
        "```shell\nfor i in 0 1; do echo \"myid zk-$i\"; kubectl exec zk-$i -- cat myid; done\n```\n\nThey are numbers.\n\n```shell\nmyid zk-0\n1\nmyid zk-1\n2\n```\n",
        &[
            "for i in 0 1; do echo \"myid zk-$i\"; kubectl exec zk-$i -- cat myid; done => myid zk-0\n1\nmyid zk-1\n2",
        ],
    );
    check(
        "```shell\nkubectl exec zk-0 -- cat zoo.cfg\n```\n\nThe ports are those of the Service.\n\n```shell\nclientPort=2181\nserver.1=zk-0:2888\n```\n",
        &["kubectl exec zk-0 -- cat zoo.cfg => clientPort=2181\nserver.1=zk-0:2888"],
    );
    // A file that the reader is told of is none.
    check(
        "```sh\ngit clone x\n```\n\nWe build an image from this Dockerfile:\n\n```sh\nFROM golang\n\nRUN make\n```\n",
        &["git clone x"],
    );
    check(
        "```sh\nkubectl get po\n```\n\n```sh\nmytool up\n```\n",
        &["kubectl get po", "mytool up"],
    );
}

#[test]
fn output_of_other_languages_and_after_more_words() {
    check(
        "```sh\nkubectl get --raw /x\n```\n\nThe output is similar to this (abbreviated):\n\n```hexdump\n0000  2f\n```\n",
        &["kubectl get --raw /x => 0000  2f"],
    );
    check(
        "```sh\ntail -n 9 /var/log/syslog\n```\n\nYou should already see some logs.\n\nFor example:\n```\nJul  6 15:37:40 x\n```\n",
        &["tail -n 9 /var/log/syslog => Jul  6 15:37:40 x"],
    );
    check(
        "```sh\nkubectl get deploy\n```\n\nFor example:\n```\nreplicas\n```\n",
        &["kubectl get deploy"],
    );
    check(
        "```sh\nkubectl get deploy\n```\n\nNow running `curl http://localhost:8080` will return a JSON response that looks like:\n\n```json\n{\"a\": 1}\n```\n",
        &[
            "kubectl get deploy",
            "curl http://localhost:8080 => {\"a\": 1}",
        ],
    );
    check(
        "Run `kubectl get rs`, the output is:\n```ini\nNAME   READY\n```\n",
        &["kubectl get rs => NAME   READY"],
    );
}

#[test]
fn pages_in_other_languages() {
    check(
        "```shell\nkubectl get no\n```\nAusgabe:\n\n```shell\nall good here\n```\n",
        &["kubectl get no => all good here"],
    );
    check(
        "```shell\nkubectl get po x -o yaml\n```\n\nLa sortie montre que le Pod attend.\n\n```yaml\nspec:\n```\n",
        &["kubectl get po x -o yaml => spec:"],
    );
    check(
        "```bash\nmytool up\n```\n\n执行命令后，输出如下：\n\n```\nall good\n```\n",
        &["mytool up => all good"],
    );
    check(
        "```bash\nkubectl apply -f x.yaml\n```\n\n配置文件内容如下：\n\n```\nreplicas: 1\n```\n",
        &["kubectl apply -f x.yaml"],
    );
    // What the reader of a container's shell types there is as far from the host as on an English page.
    check(
        "```shell\nkubectl exec -it x -- sh\n```\n\n## Weiter\n\nIm Container:\n\n```shell\napt-get update\n```\n",
        &[
            "[interactive shell] kubectl exec -it x -- sh",
            "[typed into a container's shell] apt-get update",
        ],
    );
    // A sentence in a shell's fence is no command, in whatever script.
    check(
        "```shell\nkubectl get no\n```\n\n```shell\n关于type的值的一点说明：\n```\n",
        &["kubectl get no => 关于type的值的一点说明："],
    );
}

#[test]
fn sessions_under_another_label_and_with_remarks() {
    check(
        "```yaml\n# 1 make it\n[root@m ~]# kubectl apply -f x\npod/x created\n\n#看\n[root@m ~]# kubectl get po\n[root@m ~]#\n```\n",
        &["kubectl apply -f x => pod/x created; kubectl get po"],
    );
    check("```yaml\nkubectl: get\n```\n", &[]);
    check("```markdown\nme@host:~$ kubectl get po\n```\n", &[]);
}

#[test]
fn output_that_begins_with_its_command() {
    check(
        "```bash\nkubectl get po\n```\n\nThe output:\n\n```output\nPS C:\\> kubectl get po\nNAME   READY\n```\n",
        &["kubectl get po => NAME   READY"],
    );
    check(
        "```bash\nkubectl get po\n```\n\nThe output shows it:\n\n```\nkubectl get po\nNAME   READY\n```\n",
        &["kubectl get po => NAME   READY"],
    );
}

#[test]
fn a_heading_parts_a_command_from_what_looks_like_its_output() {
    check(
        "```bash\nmytool up\n```\n\n## Look\n\n```bash\nothertool describe\n>\nAll: good\n```\n",
        &["mytool up", "othertool describe => All: good"],
    );
}

#[test]
fn diagrams_are_no_commands() {
    check(
        "```bash\nkubectl get po\n```\n\n## How\n\n```\ncurl (HTTPS + SNI)\n  └─► localhost\n```\n",
        &["kubectl get po"],
    );
}

#[test]
fn a_list_between_the_sentence_and_the_output() {
    check(
        "```sh\nkubectl get x -o yaml\n```\n\nThe output shows these changes:\n\n* The image is new.\n* The rest is not.\n\n```yaml\na: b\n```\n",
        &["kubectl get x -o yaml => a: b"],
    );
    check(
        "```sh\nkubectl get x -o yaml\n```\n\nWhat you do next:\n\n* Write a file.\n\n```yaml\na: b\n```\n",
        &["kubectl get x -o yaml"],
    );
}

#[test]
fn hugo_shortcodes() {
    check(
        "```sh\nkubectl get pods\n```\n{{< output >}}\nNAME   READY\nx      1/1\n{{< /output >}}\n",
        &["kubectl get pods => NAME   READY\nx      1/1"],
    );
    check(
        "```bash\naws sts get-caller-identity\n```\n\nSomeone else now.\n\n{{<output>}}\n{\n  \"Account\": \"x\"\n}\n{{</output>}}\n",
        &["aws sts get-caller-identity => {\n  \"Account\": \"x\"\n}"],
    );
    check(
        "1.  Do\n\n    {{< text bash yaml >}}\n    $ kubectl apply -f @samples/a/b.yaml@ -n x\n    kind: X\n    {{< /text >}}\n",
        &["kubectl apply -f samples/a/b.yaml -n x => kind: X"],
    );
    check(
        "{{< text syntax=bash snip_id=none >}}\n$ for i in 1 2; do \\\nkubectl get po; \\\ndone\none\n{{< /text >}}\n",
        &["for i in 1 2; do \\\nkubectl get po; \\\ndone => one"],
    );
}

#[test]
fn clicks() {
    check(
        "Run it:\n\n`kubectl get deployments`{{execute}}\n\nand `kubectl get rs`{{execute T2}}. See `kubectl get x`.\n",
        &["kubectl get deployments", "kubectl get rs"],
    );
    check(
        "```\nkubectl apply -f a.yaml\n```{{execute}}\n\nText.\n\n```plain\nls\nkubectl get po\n```{{exec}}\n\nThe output:\n\n```\nNAME   READY\n```\n\n```\nto copy\n```{{copy}}\n\nend\n",
        &[
            "kubectl apply -f a.yaml",
            "ls; kubectl get po => NAME   READY",
        ],
    );
}

#[test]
fn pages_that_label_nothing() {
    check(
        "# Smoke\n\n```\nkubectl run nginx --image=nginx\n```\n\n```\nPOD=$(kubectl get pods -o name)\n```\n\n```\ncurl --head http://x\n```\n\n> output\n\n```\nHTTP/1.1 200 OK\nServer: nginx\n```\n\nThe file:\n\n```\nFROM x\n```\n",
        &[
            "kubectl run nginx --image=nginx",
            "POD=$(kubectl get pods -o name)",
            "curl --head http://x => HTTP/1.1 200 OK\nServer: nginx",
        ],
    );
    check(
        "```\n$ kubectl get po\nNAME\n```\n\n```\n$ make-user a\n```\n",
        &["kubectl get po => NAME", "make-user a"],
    );
    // Where others are labelled, only what is known is a command.
    check(
        "```bash\n$ a\n```\n\n```\n$ kubectl get po\n```\n\n```\n$ some-words of theirs\n```\n",
        &["a", "kubectl get po"],
    );
}

#[test]
fn a_containers_shell_goes_on_under_the_next_heading() {
    check(
        "# Shell\n\n```shell\nkubectl exec -it demo -- bash\n```\n\n## A page\n\nIn your shell, write a file:\n\n```shell\necho a > /srv/a\n```\n\nNow fetch it:\n\n```shell\n# Type this inside your container\napt-get install curl\n```\n\nThen leave:\n\n```shell\nexit # ends it\n```\n\nIn a window of yours, not in the container:\n\n```shell\nls /srv\n```\n\n```shell\n# Lists what is in the container\nkubectl exec demo -- ls /srv\n```\n",
        &[
            "[interactive shell] kubectl exec -it demo -- bash",
            "[typed into a container's shell] echo a > /srv/a",
            "[typed into a container's shell] apt-get install curl",
            "[typed into a container's shell] exit # ends it",
            "ls /srv",
            "kubectl exec demo -- ls /srv",
        ],
    );
}

#[test]
fn prompts_here_and_there() {
    check(
        "```bash\n$ a\nx\n```\n\n```bash\nkubectl get po\n```\n",
        &["a => x", "kubectl get po"],
    );
    check(
        "```sh\n> go build main.go\n> sudo ./main\n\n2017/08/13 17:43:21 done\n```\n",
        &["go build main.go; sudo ./main => 2017/08/13 17:43:21 done"],
    );
    check(
        "```console\n# tool push x\nerror\n```\n",
        &["tool push x => error"],
    );
    check(
        "```shell\n[ root@curl-1:/ ]$ nslookup x\nServer:    y\n```\n",
        &["[typed into a container's shell] nslookup x => Server:    y"],
    );
    check(
        "```console\n[root@master ~]# kubectl get no\nNAME\n```\n",
        &["kubectl get no => NAME"],
    );
    check(
        "```bash\n$kubectl get po\nNAME\n```\n",
        &["kubectl get po => NAME"],
    );
}

#[test]
fn groups_in_braces() {
    let group = "{\n  mkdir -p a\n  mv b c\n}";
    check(
        &format!("```bash\nkubectl get po\n```\n\n```bash\n{group}\n```\n"),
        &["kubectl get po", group],
    );
    check(
        "```bash\nkubectl get po -o json\n```\n\n```bash\n{\n  \"items\": []\n}\n```\n",
        &["kubectl get po -o json => {\n  \"items\": []\n}"],
    );
}

#[test]
fn shells_on_other_machines() {
    check(
        "```\nkubectl get no\n```\n\nNext, from `vagrant ssh master`:\n\n```\ndocker load -i x.tar\nkubectl run x --image=x\n```\n",
        &[
            "kubectl get no",
            "[typed into another machine's shell] docker load -i x.tar; kubectl run x --image=x",
        ],
    );
    check(
        "```bash\nssh root@node-0\n```\n\n## Install\n\n```bash\n{\n  apt-get update\n}\n```\n\n### Look\n\n```bash\ncrictl ps\n```\n\n\
        ## Verify\n\n```bash\nkubectl get no\n```\n\n```bash\nmv a b\n```\n",
        &[
            "[interactive shell] ssh root@node-0",
            "[typed into another machine's shell] {\n  apt-get update\n}",
            "[typed into another machine's shell] crictl ps",
            "kubectl get no",
            "mv a b",
        ],
    );
    // A loop over kubectl is typed outside of the container.
    check(
        "```sh\nkubectl exec -it web -- sh\n```\n\n```sh\nfor i in 0 1; do kubectl exec web-$i -- hostname; done\n```\n",
        &[
            "[interactive shell] kubectl exec -it web -- sh",
            "for i in 0 1; do kubectl exec web-$i -- hostname; done",
        ],
    );
}

#[test]
fn what_is_typed_into_an_editor() {
    check(
        "```bash\nkubectl get po web -o yaml > web.yaml\nvi web.yaml\n```\n\nAdd a label:\n\n```bash\nkind: Pod\nmetadata:\n  name: web\n```\n",
        &["[interactive editor] kubectl get po web -o yaml > web.yaml; vi web.yaml"],
    );
}

#[test]
fn code_without_a_language_beside_labelled_fences() {
    let page = |block: &str| format!("```bash\nkubectl get no\n```\n\nThen:\n\n{block}");
    let first = "kubectl get no";
    check(
        &page("```\nkubectl apply -f a.yaml\nvelero restore get\n```\n"),
        &[first, "kubectl apply -f a.yaml; velero restore get"],
    );
    check(
        &page("```\n$ kubectl get po\nNAME   READY\n```\n"),
        &[first, "kubectl get po => NAME   READY"],
    );
    check(
        &page("```\nA=$HOME/x\nmkdir -p $A\n```\n"),
        &[first, "A=$HOME/x; mkdir -p $A"],
    );
    // A file, output and prose are none.
    for block in [
        "```\n[default]\nkey = minio\n```\n",
        "```\napiVersion: v1\nkind: Pod\n```\n",
        "```\nKEY=value\n```\n",
        "Create the file `run.sh`:\n\n```\nkubectl get po\n```\n",
    ] {
        check(&page(block), &[first]);
    }
    // Where the labelled ones have prompts, one without is no command.
    check(
        "```bash\n$ kubectl get no\n```\n\nNames:\n\n```\n# in a pod\ncurl http://ui:80\n```\n",
        &["kubectl get no"],
    );
}

#[test]
fn pages_without_a_single_label() {
    check(
        "```\n. functions.sh\n```\n\n```\n$ make-user a\nnamespace/a created\n```\n",
        &[". functions.sh", "make-user a => namespace/a created"],
    );
    check(
        "```\nBASE=$(mktemp -d)\n```\n\n```\ncp a $BASE\n```\n\n```\nviewer $BASE/a\n```\n\nExpect something like:\n\n> ```\n> some text\n> ```\n",
        &[
            "BASE=$(mktemp -d)",
            "cp a $BASE",
            "viewer $BASE/a => some text",
        ],
    );
    check(
        "```text\n./scripts/up.sh\n```\n\n```text\nvault status\n```\n",
        &["./scripts/up.sh", "vault status"],
    );
    check(
        "```\n$ kubectl exec -it web -- bash\nroot@web:/#\n```\n\n```\nroot@web:/# cat x\ny\n```\n\n```\nroot@web:/# exit\n```\n\n```\nkubectl get po\n```\n",
        &[
            "[interactive shell] kubectl exec -it web -- bash",
            "[typed into a container's shell] cat x => y",
            "[typed into a container's shell] exit",
            "kubectl get po",
        ],
    );
}

#[test]
fn indented_code() {
    check(
        "1. Do:\n\n        kubectl apply -f a.yaml\n\n   in your terminal.\n2. Look:\n\n        kubectl get po\n\n        NAME   READY\n        x      1/1\n",
        &[
            "kubectl apply -f a.yaml",
            "kubectl get po => NAME   READY\nx      1/1",
        ],
    );
    check("Run:\n\n\t$ tool up\n\tready\n", &["tool up => ready"]);
    check(
        "```sh\nkubectl get no\n```\n\n- x\n\n      a paragraph that is set in too far\n\nThe output:\n\n```\nNAME   STATUS\n```\n",
        &["kubectl get no => NAME   STATUS"],
    );
    check(
        "!!! note\n\n    Words.\n\n    ```bash\n    kubectl get no\n    ```\n",
        &["kubectl get no"],
    );
}

#[test]
fn what_looks_like_commands_and_is_not_run_is_told() {
    let unread = |text: &str| {
        let (page, _) = page::read(&SourceFile::new("page.md", text), None);
        let found = page.unread.into_iter();
        found
            .map(|block| (block.line, block.reason))
            .collect::<Vec<_>>()
    };
    let labelled = "```bash\n$ kubectl get no\n```\n";
    let told = unread(&format!(
        "{labelled}\n```text\nkubectl get po\n```\n\n    curl http://ui:80\n"
    ));
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!((told[0].0, told[1].0), (5, 9));
    assert!(told[0].1.contains("labelled `text`"), "{told:?}");
    assert!(told[1].1.contains("indented"), "{told:?}");
    assert_eq!(unread(&format!("{labelled}\n```\nsome text\n```\n")), []);
    assert_eq!(
        unread(&format!("{labelled}\n```yaml\nkind: Pod\n```\n")),
        []
    );
}

#[test]
fn output_and_the_command_that_printed_it() {
    // What goes to a file is not printed.
    check(
        "```sh\nflux create x --export > a.yaml\n```\n\nThe output is similar to:\n\n```yaml\nkind: X\n```\n",
        &["flux create x --export > a.yaml"],
    );
    // A manifest is no output of a command that prints none.
    check(
        "```\nkubectl delete -f a.yaml\n```\n\nA Pod looks like this:\n\n```\napiVersion: v1\nkind: Pod\n```\n",
        &["kubectl delete -f a.yaml"],
    );
    check(
        "```sh\ncat a.yaml\n```\n\nWhich looks like this:\n\n```yaml\nkind: Pod\n```\n",
        &["cat a.yaml => kind: Pod"],
    );
    // A command that acts prints no table.
    check(
        "```sh\nkubectl delete ns x\n```\n\nThe list would be:\n\n```\nNAME      STATUS\ndefault   Active\n```\n",
        &["kubectl delete ns x"],
    );
    // Seen in another terminal.
    check(
        "```sh\nkubectl scale deploy/x --replicas=2\n```\n\nBack in the first terminal you should see:\n\n```\nx scaled\n```\n",
        &["kubectl scale deploy/x --replicas=2"],
    );
    // On a page with prompts a command of the prose has its output too.
    check(
        "```console\n$ kubectl get po\nNAME   READY\n```\n\n## Next\n\nVerify it by running `docker version`. The output should be similar to this:\n\n```console\nClient:\n Version: 1\n```\n",
        &[
            "kubectl get po => NAME   READY",
            "docker version => Client:\n Version: 1",
        ],
    );
    check(
        "```\nkind get clusters\nkind\nkind-2\n```\n",
        &["kind get clusters => kind\nkind-2"],
    );
}

#[test]
fn commands_that_wait_for_the_reader() {
    for (command, reason) in [
        ("kubectl create --edit -f a.yaml", "interactive editor"),
        ("kops edit cluster x", "interactive editor"),
        ("aws configure", "asks the reader"),
        ("flux get kustomizations --watch", "endless command"),
        ("skaffold dev", "endless command"),
        ("curl [EXTERNAL_IP]:80", "placeholder"),
        ("curl http://x:{nodePort}", "placeholder"),
        (
            "A=$(kubectl get po -o name)\nkubectl port-forward $A 80",
            "endless command",
        ),
    ] {
        let shown = command.replace('\n', "; ");
        check(
            &format!("```bash\n{command}\n```\n"),
            &[&format!("[{reason}] {shown}")],
        );
    }
    check(
        "```python\nwhile True:\n    send()\n```\n",
        &[
            "[endless command] python3 -uB - <<'END_OF_BLOCK'\nwhile True:\n    send()\nEND_OF_BLOCK",
        ],
    );
}

#[test]
fn what_is_typed_on_a_node() {
    check(
        "## Prepare\n\nIn your shell on that Node, create a directory:\n\n```shell\nsudo mkdir /mnt/data\n```\n\nTest it:\n\n```shell\ncat /mnt/data/x\n```\n\nYou can now close the shell to your Node.\n\n## Create\n\n```shell\nkubectl apply -f a.yaml\n```\n\n```shell\nls\n```\n",
        &[
            "[typed into another machine's shell] sudo mkdir /mnt/data",
            "[typed into another machine's shell] cat /mnt/data/x",
            "kubectl apply -f a.yaml",
            "ls",
        ],
    );
}
