//! The one gate that masks secrets before any sink sees an event.
//!
//! What it knows: shapes of secrets ([`SHAPES`]), `--redact` patterns, and values ([`Redactor::learn`]): credentials of
//! kubeconfigs, the Secrets of the cluster, and what commands and outputs give away by themselves (`spotted`). A value is known in
//! all the ways in which programs write it (`forms`, `spelling`), also in pieces (`broken`).

mod broken;
mod forms;
mod spelling;
mod spotted;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::RwLock;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::Regex;

use self::broken::Squeezed;
use self::spotted::Spotted;
use super::{CheckRecord, CommandRecord, Event, LeftoverRecord, RunRecord, SettlingRecord};

/// What stands where a secret stood.
pub const MASK: &str = "[masked]";

/// Shapes of secrets that are known without being told: AWS access key ids, AWS secret keys and session tokens beside their
/// variable's name, what signs a request to AWS, JSON Web Tokens (the form of service account tokens), tokens of ECR and EKS, of
/// bootstrapping nodes, and of hosts of code and images, private keys in PEM, bearer and basic credentials, passwords in URLs,
/// and the credentials of a kubeconfig.
const SHAPES: [&str; 13] = [
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    r#"(?i)(?P<keep>(?:secret_?access_?key|session_?token)"?\s*[=:]\s*"?)[A-Za-z0-9/+=]{16,}"#,
    r"(?i)(?P<keep>\bX-Amz-(?:Security-Token|Signature|Credential)=)[A-Za-z0-9%/+=._-]+",
    r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    r"\beyJwYXlsb2FkIjoi[A-Za-z0-9+/=]{20,}",
    r"\bk8s-aws-v1\.[A-Za-z0-9_-]{16,}",
    r"(?P<keep>--token[= ])[A-Za-z0-9._-]{6,}",
    r"\b(?:gh[oprsu]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}|dckr_pat_[\w-]{20,}|xox[abprs]-[\w-]{10,})",
    r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|\z)",
    r"(?i)(?P<keep>\bbearer\s+)[A-Za-z0-9._~+/-]{16,}=*",
    r"(?i)(?P<keep>\bauthorization:\s*basic\s+)[A-Za-z0-9+/=]{4,}",
    r#"(?P<keep>\b[a-z][a-z0-9+]*://[^\s/:@"']*:)[^\s/@"']+(?P<behind>@)"#,
    r#"(?P<keep>\b(?:client-key-data|token|password)"?:\s*"?)[A-Za-z0-9._=+/-]{16,}"#,
];

/// Bytes of a line of a key that is worth masking by itself.
const SHORTEST_LINE: usize = 6;
/// Bytes of a literal that are looked for at a time; what follows in its line goes with it.
const LONGEST: usize = 512;
/// Parts of that length of one literal that are known: a token has two or three.
const MOST_CHUNKS: usize = 8;

/// Masks secrets in text: known shapes, and the values that the run learns as it goes on.
#[derive(Debug)]
pub struct Redactor {
    shapes: Vec<Regex>,
    /// Those of them that may go over several lines.
    of_lines: Vec<Regex>,
    known: RwLock<Known>,
}

/// Texts that are secret.
#[derive(Debug, Default)]
struct Known {
    literals: BTreeSet<String>,
    finder: Option<AhoCorasick>,
}

impl Redactor {
    /// A gate that masks those literal values, those patterns and every known shape.
    pub fn new(literals: Vec<String>, patterns: Vec<Regex>) -> Self {
        let known = SHAPES
            .iter()
            .map(|shape| Regex::new(shape).expect("the shapes are valid patterns"));
        let shapes: Vec<Regex> = known.chain(patterns).collect();
        let of_lines = shapes.iter().enumerate().filter(|(index, shape)| {
            *index >= SHAPES.len() || shape.as_str().starts_with("-----BEGIN")
        });
        let redactor = Self {
            of_lines: of_lines.map(|(_, shape)| shape.clone()).collect(),
            shapes,
            known: RwLock::default(),
        };
        redactor.learn(literals.iter().map(|value| ("", value.as_bytes())));
        redactor
    }

    /// From now on masks those values, each under its key: plain, escaped and in base64. What is too short or too
    /// ordinary to be masked is said in `forms`.
    pub fn learn<'a>(&self, values: impl IntoIterator<Item = (&'a str, &'a [u8])>) {
        let mut forms = Vec::new();
        for (key, value) in values {
            forms.extend(match std::str::from_utf8(value) {
                Ok(text) => forms::of_value(key, text),
                Err(_) => forms::of_bytes(value),
            });
        }
        self.add(forms);
    }

    /// Learns the secrets that a command line gives away.
    pub fn learn_from_command(&self, text: &str) {
        self.learn_spotted(&spotted::in_command(text));
    }

    /// Learns the secrets that an output holds, and every line of those that have many: a diff takes them apart.
    pub fn learn_from_output(&self, text: &str) {
        self.learn_spotted(&spotted::in_output(text));
        let found = self.of_lines.iter().flat_map(|shape| shape.find_iter(text));
        let lines = found
            .filter(|found| found.as_str().contains('\n'))
            .flat_map(|found| found.as_str().lines());
        // A key that is cut off has no end, and what follows it in the output is no part of it.
        let lines = lines
            .map(str::trim)
            .filter(|line| line.len() >= SHORTEST_LINE && !line.contains(' '));
        self.add(lines.map(str::to_owned).collect());
        let pieces = self.broken(text).into_iter().map(|place| &text[place]);
        let pieces = pieces.filter(|piece| piece.contains('\n'));
        let pieces = pieces.flat_map(|piece| piece.lines().map(str::trim));
        let pieces = pieces.filter(|line| line.len() >= SHORTEST_LINE);
        self.add(pieces.map(str::to_owned).collect());
    }

    fn learn_spotted(&self, spotted: &[Spotted]) {
        self.learn(
            spotted
                .iter()
                .map(|one| (one.key.as_str(), one.value.as_slice())),
        );
    }

    fn add(&self, forms: Vec<String>) {
        {
            let known = self.known.read().expect("no holder panics");
            let mut chunks = forms.iter().flat_map(|form| chunks(form));
            if chunks.all(|chunk| known.literals.contains(chunk)) {
                return;
            }
        }
        let mut known = self.known.write().expect("no holder panics");
        for form in &forms {
            known.literals.extend(chunks(form).map(str::to_owned));
            if form.contains(char::is_whitespace) {
                known.literals.extend(broken::squeezed(form));
            }
        }
        known.finder = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&known.literals)
            .ok();
    }

    /// The text with every secret masked.
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let broken = self.broken(text);
        let mut masked = match broken.as_slice() {
            [] => self.mask_known(text),
            places => {
                let without = without(text, places);
                Cow::Owned(self.mask_known(&without).into_owned())
            }
        };
        for shape in &self.shapes {
            let replaced = shape.replace_all(&masked, |found: &regex::Captures<'_>| {
                let part = |name| found.name(name).map_or("", |part| part.as_str());
                format!("{}{MASK}{}", part("keep"), part("behind"))
            });
            if let Cow::Owned(replaced) = replaced {
                masked = Cow::Owned(replaced);
            }
        }
        masked
    }

    /// Where secrets stand that are not in one piece, in order and apart.
    fn broken(&self, text: &str) -> Vec<Range<usize>> {
        let known = self.known.read().expect("no holder panics");
        let mut places = broken::cut_off(text, &known.literals);
        if let Some(finder) = &known.finder
            && let Some(squeezed) = Squeezed::of(text)
        {
            let found = finder.find_iter(&squeezed.text);
            places.extend(found.filter_map(|found| squeezed.place(found.range())));
        }
        places.sort_by_key(|place| place.start);
        let mut end = 0;
        places.retain(|place| {
            let apart = place.start >= end;
            end = end.max(place.end);
            apart
        });
        places
    }

    fn mask_known<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let known = self.known.read().expect("no holder panics");
        let Some(finder) = &known.finder else {
            return Cow::Borrowed(text);
        };
        let mut masked = String::new();
        let mut done = 0;
        for found in finder.find_iter(text) {
            if found.start() < done {
                continue;
            }
            masked.push_str(&text[done..found.start()]);
            masked.push_str(MASK);
            done = found.end();
            if found.len() >= LONGEST {
                let rest = &text[done..];
                done += rest.find(['\n', '"', '\'']).unwrap_or(rest.len());
            }
        }
        if done == 0 {
            return Cow::Borrowed(text);
        }
        masked.push_str(&text[done..]);
        Cow::Owned(masked)
    }

    /// Masks every text of an event that can come from a command, a page or the cluster.
    pub fn redact(&self, event: &mut Event) {
        match event {
            Event::CommandStarted { text, .. } => {
                self.learn_from_command(text);
                self.apply(text);
            }
            Event::CommandRepeated { reason, .. } => self.apply(reason),
            Event::CommandTried { text, output, .. } => {
                self.learn_from_command(text);
                self.learn_from_output(output);
                self.apply(text);
                self.apply(output);
            }
            Event::CommandFinished { record, .. } => self.redact_command(record),
            Event::CheckFinished { record, .. } => self.redact_check(record),
            Event::StepFinished {
                reason: Some(reason),
                ..
            } => self.apply(reason),
            Event::LabFinished {
                broken,
                warnings,
                leftovers,
                ..
            } => {
                broken.iter_mut().for_each(|text| self.apply(text));
                warnings.iter_mut().for_each(|text| self.apply(text));
                leftovers
                    .iter_mut()
                    .for_each(|leftover| self.redact_leftover(leftover));
            }
            Event::Settled { record, .. } => self.redact_settling(record),
            Event::RunFinished { broken, .. } => {
                broken.iter_mut().for_each(|text| self.apply(text));
            }
            Event::Progress { what, .. } | Event::Warning { what } => self.apply(what),
            Event::StepFinished { reason: None, .. }
            | Event::RunStarted { .. }
            | Event::LabStarted { .. }
            | Event::StepStarted { .. } => {}
        }
    }

    /// Masks a whole record once more: what was learnt late may stand in what was told early.
    pub fn redact_record(&self, record: &mut RunRecord) {
        for lab in &mut record.labs {
            lab.broken.iter_mut().for_each(|text| self.apply(text));
            lab.warnings.iter_mut().for_each(|text| self.apply(text));
            lab.leftovers
                .iter_mut()
                .for_each(|leftover| self.redact_leftover(leftover));
            for step in lab.pages.iter_mut().flat_map(|page| &mut page.steps) {
                step.commands
                    .iter_mut()
                    .for_each(|command| self.redact_command(command));
                step.checks
                    .iter_mut()
                    .for_each(|check| self.redact_check(check));
                step.settling
                    .iter_mut()
                    .for_each(|settling| self.redact_settling(settling));
            }
        }
    }

    fn redact_leftover(&self, record: &mut LeftoverRecord) {
        self.apply(&mut record.name);
        record.reason.iter_mut().for_each(|text| self.apply(text));
    }

    fn redact_settling(&self, record: &mut SettlingRecord) {
        record.unknown.iter_mut().for_each(|text| self.apply(text));
    }

    fn redact_command(&self, record: &mut CommandRecord) {
        self.learn_from_output(&record.output);
        record
            .expected
            .iter()
            .for_each(|text| self.learn_from_output(text));
        self.apply(&mut record.text);
        for read in &mut record.from_disk {
            self.apply(&mut read.url);
        }
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
            .chain(&mut record.evidence)
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

/// The text with a mask in those places.
fn without(text: &str, places: &[Range<usize>]) -> String {
    let mut masked = String::new();
    let mut done = 0;
    for place in places {
        masked.push_str(&text[done..place.start]);
        masked.push_str(MASK);
        done = place.end;
    }
    masked.push_str(&text[done..]);
    masked
}

/// A long literal in parts, so that all of it is known where it is broken over lines.
fn chunks(literal: &str) -> impl Iterator<Item = &str> {
    let mut rest = literal;
    (0..MOST_CHUNKS).map_while(move |_| {
        let chunk = match rest.len() < LONGEST + LONGEST / 2 {
            true => rest,
            false => cut(rest),
        };
        rest = &rest[chunk.len()..];
        (!chunk.is_empty()).then_some(chunk)
    })
}

/// As much of a literal as is looked for.
fn cut(literal: &str) -> &str {
    let mut end = literal.len().min(LONGEST);
    while !literal.is_char_boundary(end) {
        end -= 1;
    }
    &literal[..end]
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
    fn what_was_learnt_is_masked_whole_in_base64_and_line_by_line() {
        let redactor = Redactor::new(Vec::new(), Vec::new());
        let long = "x".repeat(2000);
        redactor.learn([
            ("pw", "s3cret-s3cret".as_bytes()),
            ("pem", b"first-line-of-it\nsecond-line-of-it\n"),
            ("long", long.as_bytes()),
            ("binary", b"\xff\xfe\xfd\xfc\xfb\xfa"),
        ]);
        for (text, masked) in [
            ("pw=s3cret-s3cret.", "pw=[masked]."),
            ("pw: czNjcmV0LXMzY3JldA==", "pw: [masked]"),
            ("+second-line-of-it", "+[masked]"),
            (&format!("a {long} b\nc"), "a [masked]\nc"),
            ("b: //79/Pv6", "b: [masked]"),
        ] {
            assert_eq!(redactor.mask(text), masked);
        }
    }

    #[test]
    fn a_key_that_is_printed_is_masked_in_its_diff_too() {
        let redactor = Redactor::new(Vec::new(), Vec::new());
        let key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\n-----END PRIVATE KEY-----\n";
        redactor.learn_from_output(key);
        assert_eq!(redactor.mask("+MIIEvQIBADANBgkq"), "+[masked]");
    }

    #[test]
    fn credentials_are_known_in_yaml_and_json() {
        check(
            r#""client-key-data": "LS0tLS1CRUdJTiBSU0E=","#,
            r#""client-key-data": "[masked]","#,
        );
        check(
            r#""SecretAccessKey": "abcdefghijklmnop/1234""#,
            r#""SecretAccessKey": "[masked]""#,
        );
    }

    #[test]
    fn ordinary_output_is_left_alone() {
        for text in ["NAME READY\nassets-ddb8f87dc-ww4jn 1/1", "token: short", ""] {
            check(text, text);
        }
    }
    #[test]
    fn a_secret_that_is_broken_over_lines_is_masked_and_its_pieces_in_a_diff() {
        let redactor = Redactor::new(vec!["correct-horse-battery-staple".to_owned()], Vec::new());
        let folded = "pw: >-\n  correct-horse-\n  battery-staple\nname: db";
        assert_eq!(redactor.mask(folded), "pw: >-\n  [masked]\nname: db");
        redactor.learn_from_output(folded);
        assert_eq!(redactor.mask("+  battery-staple"), "+  [masked]");
        let encoded = "pw: Y29ycmVjdC1ob3JzZS\n1iYXR0ZXJ5LXN0YXBsZQ==";
        assert_eq!(redactor.mask(encoded), "pw: [masked]");
    }

    #[test]
    fn a_long_token_is_known_to_its_end_where_it_is_folded() {
        let token: String = (0..900)
            .map(|number| char::from(b'a' + (number * 7 % 23) as u8))
            .collect();
        let redactor = Redactor::new(vec![token.clone()], Vec::new());
        let lines: Vec<&str> = (0..900).step_by(60).map(|at| &token[at..at + 60]).collect();
        let masked = redactor.mask(&lines.join("\n  ")).into_owned();
        assert!(
            !lines.iter().any(|line| masked.contains(&line[..10])),
            "{masked}"
        );
        assert_eq!(redactor.mask(&format!("t={token}\nx")), "t=[masked]\nx");
    }

    #[test]
    fn what_was_cut_off_is_masked_as_far_as_it_is_there() {
        check(
            "cannot log in with hunter2…",
            "cannot log in with [masked]…",
        );
        check("a … unter22 b", "a … [masked] b");
    }

    #[test]
    fn credentials_in_addresses_and_headers_are_masked() {
        check(
            "DATABASE_URL=postgres://app:pa.ss@db:5432/app",
            "DATABASE_URL=postgres://app:[masked]@db:5432/app",
        );
        check(
            "> Authorization: Basic am9lOnB3",
            "> Authorization: Basic [masked]",
        );
        check(
            "kubeadm join --token abcdef.0123456789abcdef",
            "kubeadm join --token [masked]",
        );
        for text in [
            "http://10.0.0.1:80/x@y",
            "Get \"https://10.1.2.3:6443/api?timeout=1s\": x@y",
            "see https://example.com/a.b:c",
        ] {
            check(text, text);
        }
    }
}
