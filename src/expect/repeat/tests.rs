//! What may be asked again, and what tries to look like it.

use super::*;

#[test]
fn reading_may_be_repeated() {
    for command in [
        "kubectl get pods",
        "kubectl get pods -n assets -o wide --sort-by=.metadata.name",
        "kubectl -n carts get pod",
        "kubectl --namespace ui rollout status --timeout=10s deployment/ui",
        "kubectl describe pods -l app=nginx | grep Image",
        "kubectl get pods -o json | jq -r '.items[].metadata.name' | sort | wc -l",
        "kubectl get pods --no-headers 2>/dev/null | wc -l",
        "kubectl get pods $POD -n \"$NS\" -o yaml",
        "kubectl get $(kubectl get pods -o name | head -1) -o yaml",
        "kubectl get deploy -o jsonpath='{.items[*].metadata.name}'",
        "kubectl logs deploy/web --tail=5 && echo",
        "kubectl auth can-i list pods --as=jane",
        "kubectl config view --minify",
        "kubectl exec web-0 -- cat /data/index.html",
        "kubectl exec -it web-0 -n a -- ls -la /data",
        "for i in 0 1; do kubectl exec \"web-$i\" -- cat /data/index.html; done",
        "curl -s http://localhost:8080/health",
        "curl -sS -o /dev/null -w '%{http_code}\\n' http://$HOST/",
        "curl --head -X GET --retry 3 -k https://a",
        "kubectl exec p -- wget -qO- http://localhost/",
        "aws eks describe-cluster --name $EKS_CLUSTER_NAME --query cluster.status --output text",
        "aws s3 ls s3://bucket",
        "helm list -A",
        "helm get values ui -n ui",
        "cat <<EOF\nhello\nEOF",
        "kubectl get pods | awk '{print $1}'",
        "kubectl get pods | sed -n '1,3p'",
        "timeout 5 kubectl get pods",
        "diff <(kubectl get a -o yaml) <(kubectl get b -o yaml)",
        "kubectl wait --for=condition=Ready pod/a --timeout=5s",
        "kubectl get pods # only a look",
    ] {
        assert!(may_repeat(command), "{command}");
    }
}

#[test]
fn changing_may_not() {
    for command in [
        "kubectl apply -f a.yaml",
        "kubectl delete pod a",
        "kubectl get pods > pods.txt",
        "kubectl get pods >> pods.txt",
        "kubectl get pods | tee pods.txt",
        "kubectl get pods -o name | xargs kubectl delete",
        "kubectl get pods -o yaml | kubectl delete -f -",
        "kubectl get pods -o yaml | kubectl apply -f-",
        "kubectl get pods; kubectl delete pods --all",
        "kubectl get pods && rm -rf /tmp/x",
        "kubectl get pods || kubectl create ns a",
        "kubectl get pods & ",
        "kubectl get $(kubectl delete pod a -o name)",
        "kubectl get \"$(touch /tmp/x)\"",
        "kubectl get `touch /tmp/x`",
        "echo $(kubectl delete pod a)",
        "echo ${X:=1}",
        "echo $((i++))",
        "echo ${x@P}",
        "echo ${a[$(touch x)]}",
        "POD=$(kubectl get pods -o name)",
        "PATH=. kubectl get pods",
        "export A=1",
        "cd /tmp",
        "bash -c 'kubectl get pods'",
        "sh -c 'ls'",
        "eval kubectl get pods",
        "source x.sh",
        ". x.sh",
        "exec kubectl get pods",
        "command kubectl get pods",
        "./kubectl get pods",
        "/tmp/kubectl get pods",
        "$KUBECTL get pods",
        "kubectl $VERB pods",
        "kubectl --profile-output=x get pods",
        "kubectl get pods --log-file=x",
        "kubectl get() { kubectl delete \"$@\"; }",
        "get() { :; }; get pods",
        "alias kubectl='rm -rf'",
        "kubectl exec a -- sh -c 'echo x > /data/f'",
        "kubectl exec a -- bash -c 'ls'",
        "kubectl exec a -- rm /data/f",
        "kubectl exec a ls",
        "kubectl exec a -- tee /x",
        "kubectl exec a -- kubectl get pods",
        "kubectl cp a:/x y",
        "kubectl rollout undo deploy/a",
        "kubectl rollout restart deploy/a",
        "kubectl config use-context a",
        "kubectl config set-context a",
        "kubectl auth reconcile -f a",
        "kubectl cluster-info dump --output-directory=/tmp/x",
        "kubectl kustomize app -o out",
        "kubectl annotate pod a b=c",
        "kubectl scale deploy a --replicas=3",
        "kubectl create deploy a --image=b --dry-run=client",
        "kubectl debug a",
        "kubectl neat get pods",
        "curl -X POST http://a",
        "curl -XDELETE http://a",
        "curl -sXPOST http://a",
        "curl --request PUT http://a",
        "curl -d x=y http://a",
        "curl --data x http://a",
        "curl --dat x http://a",
        "curl -T f http://a",
        "curl -F a=b http://a",
        "curl -O http://a/f",
        "curl -o f http://a",
        "curl -sof http://a",
        "curl -K cfg http://a",
        "curl -c jar http://a",
        "curl -D head http://a",
        "curl -w '%output{f}x' http://a",
        "curl $ARGS",
        "curl http://a $OPTS",
        "curl -X $METHOD http://a",
        "wget http://a/f",
        "wget -O f http://a",
        "wget -qO- --post-data=x http://a",
        "aws s3 cp a s3://b",
        "aws s3api get-object --bucket a --key b out",
        "aws ec2 terminate-instances --instance-ids i-1",
        "aws $OP",
        "helm install a b",
        "helm template a b --output-dir x",
        "helm upgrade a b",
        "sed -i 's/a/b/' f",
        "sed -n 'w out' f",
        "sed 's/a/b/w out' f",
        "sed 's/a/touch x/e' f",
        "sed '1e touch x' f",
        "awk '{print > \"f\"}' a",
        "awk 'BEGIN{system(\"touch x\")}'",
        "awk -i inplace '{print}' f",
        "find . -delete",
        "find . -exec rm {} ';'",
        "find . -fprint x",
        "sort -o f f",
        "sort --output=f f",
        "sort --compress-program=x f",
        "uniq a b",
        "date -s 2020-01-01",
        "date 010100002020",
        "hostname evil",
        "env FOO=1 rm x",
        "printf -v PATH x",
        "yq -i '.a=1' f",
        "yq -s '.a' f",
        "tree -o x",
        "ls 3<>f",
        "cat f >| g",
        "cat f &> g",
        "cat f 2> g",
        "ls > $F",
        "echo x > /dev/sda",
        "while true; do kubectl get pods; done",
        "if true; then rm x; fi",
        "for PATH in .; do ls; done",
        "for i in $(touch x); do ls; done",
        "coproc ls",
        "cat <(touch x)",
        "ls >(touch x)",
        "cat <<EOF\n$(touch x)\nEOF",
        "cat <<< $(touch x)",
        "kubectl get pods 'unterminated",
        "ls $'-o\\x20f'",
        "kubectl run a --image=b",
        "ssh a ls",
        "sudo kubectl get pods",
        "watch kubectl get pods",
        "nohup ls",
        "",
        "   ",
    ] {
        assert!(!may_repeat(command), "{command}");
    }
}

#[test]
fn endless_may_not() {
    for command in [
        "kubectl get pods -w",
        "kubectl get pods --watch",
        "kubectl get pods -Aw",
        "kubectl get pods --watch-only=true",
        "kubectl get hpa -n ui --watch",
        "kubectl logs -f web",
        "kubectl logs web --follow",
        "kubectl events --watch",
        "tail -f log",
        "tail -F log",
        "ping host",
        "cat /dev/zero",
        "kubectl port-forward svc/a 80",
        "kubectl proxy",
    ] {
        assert!(!may_repeat(command), "{command}");
    }
    assert!(
        may_repeat("kubectl get pods -owide"),
        "the value of a flag is no flag"
    );
}

#[test]
fn names_that_the_lab_defined() {
    let mut defined = Defined::default();
    defined.note("kubectl() { command rm -rf /tmp/x; }");
    assert!(!may_repeat_after("kubectl get pods", &defined));
    assert!(may_repeat_after("curl http://a", &defined));
    let mut defined = Defined::default();
    defined.note("alias ls='rm -rf'");
    assert!(!may_repeat_after("ls", &defined));
    for unseen in [
        "source ~/.bashrc",
        ". x",
        "eval \"$(x)\"",
        "PATH=/tmp:$PATH",
        "export PATH=/tmp",
        "$SETUP",
        "unterminated '",
    ] {
        let mut defined = Defined::default();
        defined.note(unseen);
        assert!(!may_repeat_after("kubectl get pods", &defined), "{unseen}");
    }
    let mut defined = Defined::default();
    for harmless in [
        "kubectl apply -f a",
        "export A=1",
        "POD=$(kubectl get pods -o name)",
        "for i in 1 2; do echo $i; done",
    ] {
        defined.note(harmless);
    }
    assert!(may_repeat_after("kubectl get pods", &defined));
}

#[test]
fn nesting_is_no_crash() {
    for command in [
        "(".repeat(5000),
        "$(".repeat(5000),
        "{ ".repeat(5000),
        "! ".repeat(3000),
        "if ".repeat(3000),
        "echo ${".repeat(2000),
        "a|".repeat(8000),
    ] {
        assert!(!may_repeat(&command));
    }
}
