//! What should not stand on a public page.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::super::view::LabView;
use super::super::{Findings, Rule};
use crate::source::{Severity, Span};

pub(super) const SECRET: Rule = Rule {
    code: "LP017",
    title: "a possible secret",
    severity: Severity::Error,
    explanation: "The text has the form of a key that opens something. If it is one, it has to be revoked: taking it off the page is not enough.",
    example: "```bash\n$ export TOKEN=ghp_0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R\n```\n",
    check: secret,
};

static SECRETS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bxox[abpr]-[0-9A-Za-z-]{20,}|-----BEGIN (?:RSA |EC |OPENSSH )?PRIVATE KEY-----|\bAIza[0-9A-Za-z_-]{35}\b|\bglpat-[0-9A-Za-z_-]{20}\b|\bsk_live_[0-9a-zA-Z]{24,}|(?i:aws_secret_access_key|secretaccesskey)\W{1,4}[A-Za-z0-9/+]{40}\b",
    )
    .ok()
});

fn secret(lab: &LabView<'_>, findings: &mut Findings) {
    let Some(pattern) = SECRETS.as_ref() else {
        return;
    };
    for page in &lab.pages {
        let text = page.file().text();
        for found in pattern.find_iter(text) {
            // AWS's documentation uses keys that hold EXAMPLE.
            if found.as_str().contains("EXAMPLE") || found.as_str().contains("XXXX") {
                continue;
            }
            // The first line of a key with nothing under it shows what one looks like.
            if found.as_str().starts_with("-----") {
                let below = text[found.end()..].trim_start().trim_start_matches("\\n");
                let letters = below
                    .bytes()
                    .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
                if letters.count() < 40 {
                    continue;
                }
            }
            findings.add(
                page.file(),
                Span::new(found.start(), found.end()),
                "this has the form of a secret",
            );
        }
    }
}

pub(super) const ACCOUNT: Rule = Rule {
    code: "LP018",
    title: "a possible account id",
    severity: Severity::Note,
    explanation: "Twelve digits where AWS has an account id, and none of those that documentation uses. It is no secret, but it is somebody's.",
    example: "```text\narn:aws:iam::682844965773:role/web\n```\n\n```bash\n$ true\n```\n",
    check: account,
};

static ACCOUNTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:(\d{12}):|\b(\d{12})\.dkr\.ecr\.|"(?:OwnerId|AccountId|GroupOwnerId|Account)": "(\d{12})"|(?i:account[_-]?id)[=: "']{1,4}(\d{12})\b"#).ok()
});

/// Accounts in which AWS itself keeps the images of its add-ons.
const OF_AWS: [&str; 6] = [
    "602401143452",
    "877085696533",
    "800184023465",
    "961992271922",
    "900612956339",
    "066635153087",
];

fn account(lab: &LabView<'_>, findings: &mut Findings) {
    let Some(pattern) = ACCOUNTS.as_ref() else {
        return;
    };
    for page in &lab.pages {
        let mut said = HashSet::new();
        for found in pattern.captures_iter(page.file().text()) {
            let Some(id) = (1..=4).find_map(|group| found.get(group)) else {
                continue;
            };
            if is_made_up(id.as_str()) || !said.insert(id.as_str()) {
                continue;
            }
            let span = Span::new(id.start(), id.end());
            findings
                .add(
                    page.file(),
                    span,
                    format!("`{}` may be a real account", id.as_str()),
                )
                .help = Some("use 111122223333 or 123456789012".to_owned());
        }
    }
}

/// Few different digits, or digits in a row: 111122223333, 123456789012, 012345678901.
fn is_made_up(id: &str) -> bool {
    let digits: Vec<u8> = id.bytes().map(|byte| byte - b'0').collect();
    let different: HashSet<u8> = digits.iter().copied().collect();
    let steps = |by: u8| {
        digits
            .windows(2)
            .filter(|two| (two[0] + by) % 10 == two[1])
            .count()
    };
    different.len() <= 4 || steps(1) >= 8 || steps(9) >= 8 || OF_AWS.contains(&id)
}
