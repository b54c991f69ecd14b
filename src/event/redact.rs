//! The one gate that masks secrets before any sink sees an event.

use std::borrow::Cow;

use regex::Regex;

use super::{CheckRecord, CommandRecord, Event};

/// What stands where a secret stood.
pub const MASK: &str = "[masked]";

/// Shapes of secrets that are known without being told: AWS access key ids, AWS secret keys and
/// session tokens beside their variable's name, JSON Web Tokens (the form of service account
/// tokens), private keys in PEM, bearer tokens, and the credentials of a kubeconfig.
const SHAPES: [&str; 6] = [
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    r#"(?i)(?P<keep>aws_?(?:secret_?access_?key|session_?token)"?\s*[=:]\s*"?)[A-Za-z0-9/+=]{16,}"#,
    r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
    r"(?i)(?P<keep>\bbearer\s+)[A-Za-z0-9._~+/-]{16,}=*",
    r"(?P<keep>\b(?:client-key-data|token):\s*)[A-Za-z0-9._=+/-]{16,}",
];

/// Masks secrets in text: known shapes, and literal values that the run knows.
#[derive(Debug)]
pub struct Redactor {
    literals: Vec<String>,
    shapes: Vec<Regex>,
}

impl Redactor {
    /// A gate that masks those literal values (ones under six bytes would mask half of a page and
    /// are ignored), those patterns and every known shape.
    pub fn new(literals: Vec<String>, patterns: Vec<Regex>) -> Self {
        let known = SHAPES
            .iter()
            .map(|shape| Regex::new(shape).expect("the shapes are valid patterns"));
        Self {
            literals: literals
                .into_iter()
                .filter(|value| value.len() >= 6)
                .collect(),
            shapes: known.chain(patterns).collect(),
        }
    }

    /// The text with every secret masked.
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut masked = Cow::Borrowed(text);
        for literal in &self.literals {
            if masked.contains(literal.as_str()) {
                masked = Cow::Owned(masked.replace(literal.as_str(), MASK));
            }
        }
        for shape in &self.shapes {
            let replaced = shape.replace_all(&masked, |found: &regex::Captures<'_>| {
                let keep = found.name("keep").map_or("", |keep| keep.as_str());
                format!("{keep}{MASK}")
            });
            if let Cow::Owned(replaced) = replaced {
                masked = Cow::Owned(replaced);
            }
        }
        masked
    }

    /// Masks every text of an event that can come from a command, a page or the cluster.
    pub fn redact(&self, event: &mut Event) {
        match event {
            Event::CommandStarted { text, .. } => self.apply(text),
            Event::CommandRepeated { reason, .. } => self.apply(reason),
            Event::CommandFinished { record, .. } => self.redact_command(record),
            Event::CheckFinished { record, .. } => self.redact_check(record),
            Event::StepFinished {
                reason: Some(reason),
                ..
            } => self.apply(reason),
            Event::LabFinished {
                broken, warnings, ..
            } => {
                broken.iter_mut().for_each(|text| self.apply(text));
                warnings.iter_mut().for_each(|text| self.apply(text));
            }
            Event::RunFinished { broken, .. } => {
                broken.iter_mut().for_each(|text| self.apply(text));
            }
            Event::Progress { what } => self.apply(what),
            Event::Settled { record, .. } => {
                record.unknown.iter_mut().for_each(|text| self.apply(text));
            }
            Event::StepFinished { reason: None, .. }
            | Event::RunStarted { .. }
            | Event::LabStarted { .. }
            | Event::StepStarted { .. } => {}
        }
    }

    fn redact_command(&self, record: &mut CommandRecord) {
        self.apply(&mut record.text);
        self.apply(&mut record.output);
        record.expected.iter_mut().for_each(|text| self.apply(text));
        record
            .checks
            .iter_mut()
            .for_each(|check| self.redact_check(check));
    }

    fn redact_check(&self, record: &mut CheckRecord) {
        let texts = record
            .reasons
            .iter_mut()
            .chain(&mut record.warnings)
            .chain(&mut record.diff)
            .chain(&mut record.likely_cause)
            .chain(std::iter::once(&mut record.name));
        texts.for_each(|text| self.apply(text));
    }

    fn apply(&self, text: &mut String) {
        if let Cow::Owned(masked) = self.mask(text) {
            *text = masked;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, masked: &str) {
        let redactor = Redactor::new(vec!["hunter22".to_owned()], Vec::new());
        assert_eq!(redactor.mask(text), masked);
    }

    #[test]
    fn secrets_are_masked_and_their_names_stay() {
        check("password hunter22!", "password [masked]!");
        check("id AKIAABCDEFGHIJKLMNOP.", "id [masked].");
        check(
            "AWS_SECRET_ACCESS_KEY=abcdefghijklmnopqrstuvwxyz0123456789ABCD",
            "AWS_SECRET_ACCESS_KEY=[masked]",
        );
        check(
            "Authorization: Bearer abcdefghijklmnop1234",
            "Authorization: Bearer [masked]",
        );
        check(
            "    client-key-data: LS0tLS1CRUdJTiBSU0E=",
            "    client-key-data: [masked]",
        );
        check(
            "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nafter",
            "[masked]\nafter",
        );
    }

    #[test]
    fn ordinary_output_is_left_alone() {
        for text in ["NAME READY\nassets-ddb8f87dc-ww4jn 1/1", "token: short", ""] {
            check(text, text);
        }
    }
}
