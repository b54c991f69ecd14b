//! Words in commands that the reader, or a site's generator, is to replace: `<pod-name>`, `[EXTERNAL_IP]`, `YOUR_KEY`.

use std::sync::LazyLock;

use regex::Regex;

use super::Command;

/// A name in angle brackets: what the reader is to fill in.
static PLACEHOLDER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"<(\p{L}[\p{L}\p{N}_.-]*(?: [\p{L}\p{N}_.-]+)*)>").ok());

/// A name of two words or more in square brackets or braces that stands for a word or a part of an address:
/// `[EXTERNAL_IP]`, `{nodePort}`. bash would take the braces as they are; `{a,b}` and `${a}` it would not. In a
/// here-document they are YAML's lists and maps: `[ReadWriteOnce]`.
static BRACKETED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:^|[\s/:=@])(\[(?:[A-Z]{2,}(?:_[A-Z]{2,})+|[a-z]{2,}(?:-[a-z]{2,})+)\])(?:$|[\s/:@])|(?:^|[\s/:@])(\{(?:[A-Z]{2,}(?:_[A-Z]{2,})+|[a-z]{2,}(?:-[a-z]{2,})+|[a-z]+(?:[A-Z][a-z]+)+)\})(?:$|[\s/:@])").ok()
});

/// A name in capitals that the reader is to replace: `YOUR_API_KEY`, and any such name of an object, which has none.
static CAPITALS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?:^|[\s=/:"',@])(YOUR[-_][A-Z0-9_-]+)(?:$|[^=A-Z0-9_-])|\b(?:kubectl|oc|k)\s+(?:-\S+\s+(?:[^-\s]\S*\s+)?)*(?:get|describe|delete|logs|scale|cordon|uncordon|drain|label|annotate|taint|top|port-forward|rollout\s+\w+)\s(?:[^|;&<>\n]*[\s/])?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:\s|$)"#).ok()
});

/// What a site's generator fills in before a reader sees the page: `{{% param tool %}}`, `{{ site.version }}`. A template
/// that kubectl or docker fills in begins with a dot or one of Go's own words, one of GitHub's workflows with a `$`.
static TEMPLATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(\{\{[%<].*?[%>]\}\}|\{%-? .*?%\})|(?:^|[^$])(\{\{\s*(?:site|page|book|params?|variables|vars|var|env)\b[^}]*\}\})").ok()
});

/// What kubectl prints in angle brackets itself, and tags of HTML.
const LITERAL: [&str; 30] = [
    "none", "unset", "unknown", "pending", "invalid", "nil", "no value", "a", "b", "i", "p", "br",
    "h1", "h2", "h3", "div", "span", "html", "head", "body", "title", "ul", "li", "ol", "pre",
    "code", "table", "tr", "td", "script",
];

/// The placeholder that a command holds, if any.
pub(super) fn placeholder(commands: &[Command]) -> Option<&str> {
    let pattern = PLACEHOLDER.as_ref()?;
    let bracketed = BRACKETED.as_ref()?;
    let template = TEMPLATE.as_ref()?;
    let capitals = CAPITALS.as_ref()?;
    commands.iter().find_map(|command| {
        if command.text.contains("{{") || command.text.contains("{%") {
            let found = template.captures(&command.text);
            if let Some(found) = found.and_then(|found| found.get(1).or(found.get(2))) {
                return Some(found.as_str());
            }
        }
        // What `sed` looks for is to be replaced by the command itself.
        if !command.text.contains("sed ")
            && let Some(found) = capitals.captures(&command.text)
        {
            return found.get(1).or(found.get(2)).map(|name| name.as_str());
        }
        if !command.text.contains("<<")
            && let Some(found) = bracketed.captures(&command.text)
        {
            return found.get(1).or(found.get(2)).map(|name| name.as_str());
        }
        if !command.text.contains('<') {
            return None;
        }
        pattern.captures_iter(&command.text).find_map(|found| {
            let (whole, name) = (found.get(0)?, found.get(1)?.as_str());
            let before = command.text[..whole.start()].chars().next_back();
            // `2<in>` and `cat<<EOF>x` redirect; `</x>` below makes it markup.
            // In Python's regular expressions `(?P<name>...)` names a group.
            let redirects =
                before.is_some_and(|c| matches!(c, '<' | '&' | 'P') || c.is_ascii_digit());
            let markup = LITERAL.iter().any(|known| known.eq_ignore_ascii_case(name))
                || command.text.contains(&format!("</{name}>"));
            (!redirects && !markup).then(|| whole.as_str())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn check(text: &str, expected: Option<&str>) {
        let command = Command {
            text: text.to_owned(),
            line: 1,
            span: Span::default(),
            expected: None,
        };
        assert_eq!(placeholder(&[command]), expected, "{text}");
    }

    #[test]
    fn placeholders() {
        check("kubectl logs <pod-name>", Some("<pod-name>"));
        check("kubectl delete node/<node name>", Some("<node name>"));
        check("curl http://<node-ip>:<port>", Some("<node-ip>"));
        check("kubectl get sts <sts 名称>", Some("<sts 名称>"));
        check("{{% param tool %}} get pods", Some("{{% param tool %}}"));
        check(
            "helm install x --version {{ site.version }}",
            Some("{{ site.version }}"),
        );
        check("docker ps --format '{{.Names}} {{ json .Labels }}'", None);
        check("cat >ci.yml <<'EOF'\nrun: echo ${{ env.NAME }}\nEOF", None);
        check("kubectl logs POD_NAME", Some("POD_NAME"));
        check("kubectl -n x delete pod/POD_NAME", Some("POD_NAME"));
        check(
            "helm install x --set key=YOUR_API_KEY",
            Some("YOUR_API_KEY"),
        );
        check("kubectl exec x -- printenv DB_HOST", None);
        check("kubectl set env deploy/x DB_HOST=y", None);
        check("kubectl logs $POD_NAME \"${POD_NAME}\"", None);
        check("sed -i 's/YOUR_KEY/x/' a.yaml", None);
        check("YOUR_NAME=x", None);
        check("cat <in >out", None);
        check("cat <<EOF>out\nEOF", None);
        check("diff <(a) <(b)", None);
        check("echo '<h1>x</h1>'", None);
        check("grep '<none>'", None);
        check("curl [EXTERNAL_IP]:[NodePort]", Some("[EXTERNAL_IP]"));
        check("curl -i [cluster-node-ip]:30080", Some("[cluster-node-ip]"));
        check("wget $(minikube ip):{nodePort}", Some("{nodePort}"));
        check("kubectl get {resource-type}", Some("{resource-type}"));
        check("helm install x --set a={some-thing} ${some}/x {a,b}", None);
        check("ls [a-z]* [A-Z_]x", None);
        check(
            "kubectl apply -f - <<EOF\naccessModes: [ReadWriteOnce]\nargs: [some-thing]\nEOF",
            None,
        );
        check("helm install x --set modes=[ReadWriteOnce]", None);
        check("[[ -f x ]] && [ -n y ]", None);
        check("kubectl get po -o jsonpath={.items[0].metadata}", None);
        check("echo '<x>1</x>'", None);
    }
}
