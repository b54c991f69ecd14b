//! The events under a description: as sets, without their times and repeats.
//!
//! Entry points: [`events`] takes them out of a text, [`missing_events`] holds two sets against each other.

use crate::expect::bindings::Binder;
use crate::expect::events::Event;
use crate::expect::outcome::readable;
use crate::expect::volatile::Kind;
use crate::expect::{elision, normalise};

/// The events of a text, and the text without them and without what says that there are none.
pub(super) fn events(text: &str) -> (Vec<Event>, String) {
    let mut events = Vec::new();
    let mut rest = String::with_capacity(text.len());
    for line in text.lines() {
        if let Some(event) = Event::read(elision::without_marker(line).unwrap_or(line)) {
            events.push(event);
            continue;
        }
        let words = normalise::words(elision::without_marker(line).unwrap_or(line));
        let frame = words.starts_with("Type Reason Age From Message")
            || words.starts_with("Type Reason Age From SubObjectPath Message");
        let rule = words.starts_with("---- ------ ");
        if frame || rule || words == "Events: <none>" || words == "Events:" {
            continue;
        }
        rest.push_str(line);
        rest.push('\n');
    }
    (events, rest)
}

/// Shown events that did not come, and warnings that came without being shown.
pub(super) fn missing_events(
    shown: &[Event],
    actual: &[Event],
    cut: bool,
    binder: &mut Binder<'_>,
) -> Vec<String> {
    let mut reasons: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for event in shown
        .iter()
        .filter(|event| seen.insert(event.canon.clone().text))
    {
        let mut same = actual
            .iter()
            .filter(|other| other.canon.text == event.canon.text)
            .peekable();
        if same.peek().is_some() {
            // Pods of one template have the same events; which is whose was decided elsewhere.
            let _ = same.any(|other| binder.bind_all(&event.canon.values, &other.canon.values));
            let (promised, came) = (of_one_form(shown, event), of_one_form(actual, event));
            let told_whole = !actual.iter().any(|other| other.combined);
            if came < promised && told_whole {
                reasons.push(format!(
                    "the event `{}` came {came} times for different objects, the page shows {promised}",
                    readable(&event.canon.text)
                ));
            }
            continue;
        }
        // Where such events came at all, the shown one must be among them: it names the image.
        let expected = !event.is_optional() || actual.iter().any(|other| other.is_like(event));
        if expected {
            reasons.push(format!(
                "the event `{}` of the page did not come",
                readable(&event.canon.text)
            ));
        }
    }
    if !cut {
        let unshown = actual.iter().filter(|event| {
            !event.is_transient()
                && !shown
                    .iter()
                    .any(|other| other.canon.text == event.canon.text)
        });
        for event in unshown.take(2) {
            reasons.push(format!(
                "the event `{}` came, the page does not show it",
                readable(&event.canon.text)
            ));
        }
    }
    reasons.truncate(4);
    reasons
}

/// Of how many different objects events of this form tell: pods that a Job made.
fn of_one_form(events: &[Event], like: &Event) -> usize {
    let named = |event: &&Event| event.canon.text == like.canon.text;
    let values = events.iter().filter(named).map(|event| {
        let kept = event.canon.values.iter();
        kept.filter(|(kind, _)| matches!(kind, Kind::Name | Kind::Hash))
            .map(|(_, value)| value.as_str())
            .collect::<Vec<_>>()
    });
    values.collect::<std::collections::HashSet<_>>().len()
}
