//! Edits of a text: what findings repair and what a rewritten page takes over.

use super::Fix;

/// A text with edits applied. Of edits that overlap, the first counts; edits outside the text are left out.
pub fn apply(text: &str, fixes: &[&Fix]) -> String {
    let mut fixes = fixes.to_vec();
    fixes.sort_by_key(|fix| (fix.span.start, fix.span.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for fix in fixes {
        let Some(before) = text.get(at..fix.span.start) else {
            continue;
        };
        if fix.span.start < at || text.get(fix.span.start..fix.span.end).is_none() {
            continue;
        }
        out.push_str(before);
        out.push_str(&fix.replacement);
        at = fix.span.end;
    }
    out.push_str(&text[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::super::Span;
    use super::*;

    #[test]
    fn edits_apply_in_order_and_never_overlap() {
        let fix = |start, end, replacement: &str| Fix {
            span: Span::new(start, end),
            replacement: replacement.to_owned(),
            safe: true,
        };
        let all = [
            fix(4, 5, "X"),
            fix(0, 1, "Y"),
            fix(0, 3, "Z"),
            fix(99, 100, "W"),
            fix(6, 6, "!"),
        ];
        let all: Vec<&Fix> = all.iter().collect();
        assert_eq!(apply("abcdef", &all), "YbcdXf!");
    }
}
