//! The data of a ConfigMap or a Secret in its description: kubectl before 1.23 walks over a map, so its keys stand in an order of
//! chance.
//!
//! Entry point: [`sorted_data`].

/// The text with the keys under `Data` and `====` in the order of their names, each with its value.
pub(super) fn sorted_data(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut out: Vec<&str> = Vec::with_capacity(lines.len());
    let mut at = 0;
    while at < lines.len() {
        out.push(lines[at]);
        at += 1;
        if lines[at - 1] != "====" {
            continue;
        }
        let ends = |line: &&str| {
            ["Events:", "BinaryData", "Name:"]
                .iter()
                .any(|key| line.starts_with(key))
        };
        let end = lines[at..]
            .iter()
            .position(ends)
            .map_or(lines.len(), |n| at + n);
        let mut entries = entries(&lines[at..end]);
        entries.sort_unstable();
        out.extend(entries.into_iter().flatten());
        at = end;
    }
    out.join("\n")
}

/// The keys with their values: of a ConfigMap `key:`, `----` and lines, of a Secret a line each.
fn entries<'t>(lines: &[&'t str]) -> Vec<Vec<&'t str>> {
    let ruled = lines.contains(&"----");
    let mut out: Vec<Vec<&str>> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let begins = !ruled || lines.get(at + 1) == Some(&"----");
        match out.last_mut() {
            Some(entry) if !begins => entry.push(line),
            _ => out.push(vec![line]),
        }
    }
    out
}
