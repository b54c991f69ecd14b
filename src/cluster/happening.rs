//! Events of the cluster in words.

use k8s_openapi::api::core::v1::Event;
use k8s_openapi::jiff::Timestamp;

/// When an event was last seen.
pub(super) fn time(event: &Event) -> Option<Timestamp> {
    let last = event.last_timestamp.as_ref().map(|time| time.0);
    last.or(event.event_time.as_ref().map(|time| time.0))
        .or(event
            .metadata
            .creation_timestamp
            .as_ref()
            .map(|time| time.0))
}

/// An event as one sentence; `cut` makes its message as short as whoever shows it wants.
pub(super) fn sentence(event: &Event, cut: impl Fn(&str) -> String) -> String {
    let object = &event.involved_object;
    let times = match event.count {
        Some(count) if count > 1 => format!(" ({count} times)"),
        _ => String::new(),
    };
    format!(
        "{} {} {}/{}: {}{times}",
        event.type_.as_deref().unwrap_or("Event"),
        event.reason.as_deref().unwrap_or("without a reason"),
        object.kind.as_deref().unwrap_or("object").to_lowercase(),
        object.name.as_deref().unwrap_or("?"),
        cut(event.message.as_deref().unwrap_or_default().trim()),
    )
}
