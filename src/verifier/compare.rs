//! What a verifier says of one value: equal to, at least, matching, present.
//!
//! Entry points: [`Comparison::parse`] for what an author writes, [`Comparison::holds`] for what
//! the cluster has.

use std::cmp::Ordering;
use std::fmt;

use regex::Regex;
use serde_json::Value;

use super::quantity::Quantity;

/// What is asked of one value. Written as text:
///
/// | written | asks for |
/// | --- | --- |
/// | `2`, `true`, `text` | the same value; amounts with a unit are compared as amounts (`1Gi` is `1024Mi`) |
/// | `">= 2"` `"> 100Mi"` `"< 3"` `"<= 3"` | numbers and amounts, by size |
/// | `"== text"` `"!= text"` | exactly this, or anything else; `"== present"` is the word `present` |
/// | `"/^nginx:/"` `"!/x/"` | text that the regular expression finds, or does not find |
/// | `present` `absent` | a value that is there (and not null), or is not |
#[derive(Debug, Clone)]
pub enum Comparison {
    /// The same value.
    Equal(Value),
    /// Any other value. A value that is not there is also another.
    NotEqual(Value),
    /// By size: at least, at most, more or less than.
    Size(SizeOp, Amount),
    /// The expression finds something in it.
    Matches(Regex),
    /// The expression finds nothing in it; it is there.
    MatchesNot(Regex),
    /// It is there and not null.
    Present,
    /// It is not there, or null.
    Absent,
}

/// A comparison by size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizeOp {
    /// `>=`
    AtLeast,
    /// `>`
    MoreThan,
    /// `<=`
    AtMost,
    /// `<`
    LessThan,
}

/// A quantity and how its author wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    /// Its size.
    pub quantity: Quantity,
    /// As written.
    pub text: String,
}

impl Comparison {
    /// Reads what an author wrote as text.
    ///
    /// # Errors
    /// Why it cannot be understood: a broken regular expression, `>=` of something that is no
    /// number.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "present" => return Ok(Self::Present),
            "absent" => return Ok(Self::Absent),
            _ => {}
        }
        for (sign, op) in [
            (">=", SizeOp::AtLeast),
            ("<=", SizeOp::AtMost),
            (">", SizeOp::MoreThan),
            ("<", SizeOp::LessThan),
        ] {
            if let Some(rest) = text.strip_prefix(sign) {
                let rest = rest.trim();
                let quantity = Quantity::parse(rest).ok_or_else(|| {
                    format!("`{sign}` needs a number or an amount such as `100Mi`, not `{rest}`")
                })?;
                let text = rest.to_owned();
                return Ok(Self::Size(op, Amount { quantity, text }));
            }
        }
        if let Some(rest) = text.strip_prefix("==") {
            return Ok(Self::Equal(plain(rest.trim())));
        }
        if let Some(rest) = text.strip_prefix("!=") {
            return Ok(Self::NotEqual(plain(rest.trim())));
        }
        if let Some(inner) = between_slashes(text) {
            return Ok(Self::Matches(expression(inner)?));
        }
        if let Some(inner) = text.strip_prefix('!').and_then(between_slashes) {
            return Ok(Self::MatchesNot(expression(inner)?));
        }
        Ok(Self::Equal(Value::String(text.to_owned())))
    }

    /// This number.
    pub fn number(number: u64) -> Self {
        Self::Equal(Value::from(number))
    }

    /// This number or more.
    pub fn at_least(number: u32) -> Self {
        let amount = Amount {
            quantity: Quantity::from(number),
            text: number.to_string(),
        };
        Self::Size(SizeOp::AtLeast, amount)
    }

    /// Whether it holds for what is there; `None` where nothing is.
    pub fn holds(&self, actual: Option<&Value>) -> bool {
        let there = actual.filter(|value| !value.is_null());
        match (self, there) {
            (Self::Present, there) => there.is_some(),
            (Self::Absent, there) => there.is_none(),
            (Self::Equal(Value::Null), there) => there.is_none(),
            (Self::Equal(wanted), Some(actual)) => same(wanted, actual),
            (Self::NotEqual(wanted), there) => !there.is_some_and(|actual| same(wanted, actual)),
            (Self::Size(op, amount), Some(actual)) => {
                amount_of(actual).is_some_and(|actual| op.holds(actual.cmp(&amount.quantity)))
            }
            (Self::Matches(regex), Some(actual)) => regex.is_match(&text_of(actual)),
            (Self::MatchesNot(regex), Some(actual)) => !regex.is_match(&text_of(actual)),
            (Self::Equal(_) | Self::Size(..) | Self::Matches(_) | Self::MatchesNot(_), None) => {
                false
            }
        }
    }

    /// Whether it holds for a number, such as how many objects there are.
    pub fn holds_for(&self, number: u64) -> bool {
        self.holds(Some(&Value::from(number)))
    }
}

impl SizeOp {
    fn holds(self, actual_to_wanted: Ordering) -> bool {
        match self {
            Self::AtLeast => actual_to_wanted.is_ge(),
            Self::MoreThan => actual_to_wanted.is_gt(),
            Self::AtMost => actual_to_wanted.is_le(),
            Self::LessThan => actual_to_wanted.is_lt(),
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::AtLeast => ">=",
            Self::MoreThan => ">",
            Self::AtMost => "<=",
            Self::LessThan => "<",
        }
    }
}

/// As a message shows it, and as an author would write it.
impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equal(value) => f.write_str(&shown(value)),
            Self::NotEqual(value) => write!(f, "!= {}", shown(value)),
            Self::Size(op, amount) => write!(f, "{} {}", op.sign(), amount.text),
            Self::Matches(regex) => write!(f, "/{regex}/"),
            Self::MatchesNot(regex) => write!(f, "!/{regex}/"),
            Self::Present => f.write_str("present"),
            Self::Absent => f.write_str("absent"),
        }
    }
}

/// A value as a message shows it: text in quotes, long ones cut.
pub fn shown(value: &Value) -> String {
    const MOST: usize = 160;
    let text = value.to_string();
    if text.len() <= MOST {
        return text;
    }
    format!("{}…", &text[..text.floor_char_boundary(MOST)])
}

/// `"!= 2"` is said of the number 2, `"!= text"` of text.
fn plain(text: &str) -> Value {
    match text.parse::<i64>() {
        Ok(number) => Value::from(number),
        Err(_) => Value::String(text.to_owned()),
    }
}

/// Whether two values are the same: texts with a unit by amount, `==` numbers also as text
/// (the API server gives some numbers as text, such as revisions).
fn same(wanted: &Value, actual: &Value) -> bool {
    match (wanted, actual) {
        (Value::String(wanted), Value::String(actual)) => {
            wanted == actual
                || (Quantity::has_unit(wanted) || Quantity::has_unit(actual))
                    && Quantity::parse(wanted).is_some()
                    && Quantity::parse(wanted) == Quantity::parse(actual)
        }
        (Value::Number(wanted), Value::Number(actual)) => {
            // Whole numbers as they are: as fractions, large ones that differ are the same.
            let is_whole = |number: &serde_json::Number| !number.is_f64();
            wanted == actual
                || !(is_whole(wanted) && is_whole(actual)) && wanted.as_f64() == actual.as_f64()
        }
        (Value::Number(wanted), Value::String(actual)) => {
            let wanted = wanted.to_string();
            wanted == *actual
                || Quantity::has_unit(actual) && Quantity::parse(&wanted) == Quantity::parse(actual)
        }
        // The text of a condition's status or of a label, which YAML takes for something else without quotes.
        (Value::Bool(wanted), Value::String(actual)) => {
            actual.eq_ignore_ascii_case(&wanted.to_string())
        }
        _ => wanted == actual,
    }
}

fn amount_of(value: &Value) -> Option<Quantity> {
    match value {
        Value::Number(number) => Quantity::parse(&number.to_string()),
        Value::String(text) => Quantity::parse(text),
        _ => None,
    }
}

/// Text as it is; anything else as JSON.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The inner part of `/.../`. A path such as `/usr/share` has no closing slash; one that has
/// (`/tmp/`) must be written `"== /tmp/"`.
fn between_slashes(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('/')?.strip_suffix('/')?;
    (!inner.is_empty()).then_some(inner)
}

fn expression(inner: &str) -> Result<Regex, String> {
    Regex::new(inner).map_err(|error| {
        let reason = reason_of(&error);
        format!("`/{inner}/` is not a regular expression: {reason}")
    })
}

/// Why a regular expression is none: the last line of its error; those before draw it.
pub(super) fn reason_of(error: &regex::Error) -> String {
    let text = error.to_string();
    let reason = text.lines().last().unwrap_or_default().trim();
    reason.strip_prefix("error: ").unwrap_or(reason).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Whether what an author wrote holds for a value.
    fn check(written: &str, actual: Value, holds: bool) {
        let comparison = Comparison::parse(written).unwrap();
        assert_eq!(comparison.holds(Some(&actual)), holds, "{written} {actual}");
    }

    #[test]
    fn must_hold() {
        check(">= 2", json!(2), true);
        check("> 100Mi", json!("1Gi"), true);
        check("<= 1", json!("500m"), true);
        check(">=2", json!("3"), true);
        check("1024Mi", json!("1Gi"), true);
        check("/^public\\.ecr/", json!("public.ecr.aws/x"), true);
        check("!/x/", json!("y"), true);
        check("!= 2", json!(3), true);
        check("== 2", json!("2"), true);
        check("== present", json!("present"), true);
        check("present", json!(false), true);
        check("/^3$/", json!(3), true);
        check("/usr/share", json!("/usr/share"), true);
        check("== /tmp/", json!("/tmp/"), true);
    }

    #[test]
    fn must_not_hold() {
        check(">= 2", json!(1), false);
        check(">= 2", json!("two"), false);
        check(">= 2", json!([1, 2, 3]), false);
        check("1.10", json!("1.1"), false);
        check("/^nginx$/", json!("nginx:1"), false);
        check("!= 2", json!(2), false);
        check(
            "== 9007199254740993",
            json!(9_007_199_254_740_992_i64),
            false,
        );
        check("present", Value::Null, false);
        check("absent", json!(""), false);
        check("true", json!(true), false);
    }

    #[test]
    fn what_yaml_takes_for_no_text_is_compared_as_the_text_it_is() {
        let check = |wanted: Value, actual: Value, holds| {
            let comparison = Comparison::Equal(wanted.clone());
            assert_eq!(comparison.holds(Some(&actual)), holds, "{wanted} {actual}");
        };
        check(json!(true), json!("True"), true);
        check(json!(false), json!("false"), true);
        check(json!(true), json!("Unknown"), false);
        check(json!(true), json!(1), false);
        check(json!(3), json!("3"), true);
        check(json!(3), json!("3.0"), false);
    }

    #[test]
    fn nothing_there_is_absent_and_not_equal_to_anything() {
        for (written, holds) in [
            ("absent", true),
            ("present", false),
            (">= 0", false),
            ("!= 2", true),
            ("/.*/", false),
            ("!/x/", false),
            ("x", false),
        ] {
            let comparison = Comparison::parse(written).unwrap();
            assert_eq!(comparison.holds(None), holds, "{written}");
        }
    }

    #[test]
    fn what_cannot_be_understood_says_why() {
        for (written, words) in [
            (">= many", "not `many`"),
            ("/a(/", "unclosed group"),
            ("<", "needs a number"),
        ] {
            let reason = Comparison::parse(written).unwrap_err();
            assert!(reason.contains(words), "{reason}");
        }
    }
}
