//! `--min-coverage`: whether enough of a run was verified.

use crate::event::RunRecord;

/// How many steps are named.
const NAMED: usize = 10;

/// What is lacking where a share is below `minimum` percent: the shares, and the steps to look at.
pub(super) fn lacking(record: &RunRecord, minimum: u8) -> Option<String> {
    let minimum = usize::from(minimum);
    if record.coverage.percent >= minimum {
        return None;
    }
    let shares = record.coverage.shares();
    let low: Vec<String> = shares
        .into_iter()
        .filter_map(|(what, share)| Some((what, share.filter(|share| *share < minimum)?)))
        .map(|(what, share)| format!("{share} % of the {what}"))
        .collect();
    let found = match low.is_empty() {
        true => "there is nothing to verify".to_owned(),
        false => format!("{} verified", low.join(", ")),
    };
    let mut text = format!("coverage is below {minimum} %: {found}");
    let mut named = std::collections::BTreeSet::new();
    for item in &record.unproven {
        if named.len() < NAMED && named.insert((&item.path, &item.step)) {
            text.push_str(&format!(
                "\n  look at {}:{} {} ({})",
                item.path, item.line, item.step, item.reason
            ));
        }
    }
    Some(text)
}
