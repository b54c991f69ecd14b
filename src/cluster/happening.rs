//! Events of the cluster in words.

use k8s_openapi::api::core::v1::Event;
use k8s_openapi::jiff::Timestamp;

/// When an event was last seen.
pub(super) fn time(event: &Event) -> Option<Timestamp> {
    let last = event.last_timestamp.as_ref().map(|time| time.0);
    let series = event.series.as_ref();
    let last = series
        .and_then(|series| series.last_observed_time.as_ref())
        .map(|time| time.0)
        .or(last);
    last.or(event.event_time.as_ref().map(|time| time.0))
        .or(event
            .metadata
            .creation_timestamp
            .as_ref()
            .map(|time| time.0))
}

/// How often it happened: newer reporters count in a series.
pub(super) fn times(event: &Event) -> u64 {
    let series = event.series.as_ref().and_then(|series| series.count);
    let counted = event.count.max(series).unwrap_or(1);
    u64::try_from(counted).unwrap_or(1).max(1)
}

/// An event as one sentence; `cut` makes its message as short as whoever shows it wants.
pub(super) fn sentence(event: &Event, cut: impl Fn(&str) -> String) -> String {
    let object = &event.involved_object;
    let times = match times(event) {
        1 => String::new(),
        times => format!(" ({times} times)"),
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
