//! A look repeated until it holds or the time is over: the one place that waits.
//!
//! Entry points: [`until`] for a claim, [`reach`] for an answer. A watch on what is looked at ends a wait early; without one the look
//! is repeated at an interval.

use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream::BoxStream;

use super::look::{Look, Unable};
use super::{Finding, Verdict};

/// The longest wait between two looks: a watch may miss what happened while it began.
const INTERVAL: Duration = Duration::from_secs(1);
/// The shortest: a storm of changes must not become a storm of looks.
const SHORTEST: Duration = Duration::from_millis(100);
/// One look that hangs is given up after this.
const LOOK_LIMIT: Duration = Duration::from_secs(20);
/// It may always go on to the end of the check's time, and this much longer: a program in a pod has a limit of its own, and is then
/// the one that is named.
const LOOK_SPARE: Duration = Duration::from_secs(5);
/// A wait that takes this much longer was none: labproof was stopped, and what it saw before is old.
const STANDSTILL: Duration = Duration::from_secs(2);

/// How a look is repeated.
pub(super) struct Poll {
    /// What is asked for, for the finding.
    pub expected: String,
    /// How long it may take to hold.
    pub within: Duration,
    /// Whether it must hold on two looks, an interval apart.
    pub twice: bool,
    /// Says that something changed; `None`: nothing can be watched.
    pub changes: Option<BoxStream<'static, ()>>,
}

impl Poll {
    /// One that must hold once and has no watch.
    pub fn new(expected: String, within: Duration) -> Self {
        Self {
            expected,
            within,
            twice: false,
            changes: None,
        }
    }
}

/// Looks until the claim holds or the time is over. Looks at least once.
pub(super) async fn until<F>(mut poll: Poll, mut look: impl FnMut() -> F) -> Finding
where
    F: Future<Output = Look>,
{
    let start = Instant::now();
    let mut deadline = start + poll.within;
    let mut state = State::new(start);
    let mut held = false;
    loop {
        let limit = look_limit(deadline);
        let now = match tokio::time::timeout(limit, look()).await {
            Ok(now) => now,
            Err(_) => no_answer(limit).into(),
        };
        state.note(now, Instant::now());
        match &state.last {
            Some(Look::Holds(_)) if held || !poll.twice => break,
            Some(Look::Holds(_)) => {
                // The second reading is owed even where the time is over.
                held = true;
                wait(INTERVAL, None).await;
                continue;
            }
            Some(Look::Not { .. }) | None => held = false,
            Some(Look::Unable(unable)) => {
                held = false;
                let lasted = state.unable_for();
                if unable.patience.limit().is_some_and(|limit| lasted >= limit) {
                    break;
                }
            }
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        let longest = INTERVAL.min(left);
        let begun = Instant::now();
        wait(longest, poll.changes.as_mut()).await;
        let late = begun.elapsed().saturating_sub(longest);
        if late >= STANDSTILL {
            deadline += late;
        }
    }
    state.finding(poll.expected, start)
}

/// Asks until there is an answer, the deadline has passed, or waiting on makes no sense.
pub(super) async fn reach<T, F>(deadline: Instant, mut ask: impl FnMut() -> F) -> Result<T, Unable>
where
    F: Future<Output = Result<T, Unable>>,
{
    let mut unable_since = None;
    loop {
        let limit = look_limit(deadline);
        let unable = match tokio::time::timeout(limit, ask()).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(unable)) => unable,
            Err(_) => no_answer(limit),
        };
        let now = Instant::now();
        let lasted = now - *unable_since.get_or_insert(now);
        let hopeless = unable.patience.limit().is_some_and(|limit| lasted >= limit);
        if hopeless || now >= deadline {
            return Err(unable);
        }
        wait(INTERVAL.min(deadline - now), None).await;
    }
}

/// How long a look may take.
fn look_limit(deadline: Instant) -> Duration {
    let left = deadline.saturating_duration_since(Instant::now());
    LOOK_LIMIT.max(left) + LOOK_SPARE
}

fn no_answer(limit: Duration) -> Unable {
    let seconds = limit.as_secs();
    Unable::for_now(format!("the cluster did not answer within {seconds} s"))
}

/// Waits for `longest`, or less when something changed.
async fn wait(longest: Duration, changes: Option<&mut BoxStream<'static, ()>>) {
    let Some(changes) = changes else {
        return tokio::time::sleep(longest).await;
    };
    let sleep = tokio::time::sleep(longest);
    tokio::pin!(sleep);
    tokio::select! {
        changed = changes.next() => match changed {
            Some(()) => tokio::time::sleep(SHORTEST.min(longest)).await,
            // The watch is over; the interval remains.
            None => sleep.await,
        },
        () = &mut sleep => {}
    }
}

/// What is remembered from look to look.
struct State {
    attempts: u32,
    last: Option<Look>,
    /// What was last seen, also where nothing could be seen after.
    seen: Option<String>,
    changed_at: Instant,
    unable_since: Option<Instant>,
    looked_at: Instant,
}

impl State {
    fn new(start: Instant) -> Self {
        Self {
            attempts: 0,
            last: None,
            seen: None,
            changed_at: start,
            unable_since: None,
            looked_at: start,
        }
    }

    fn note(&mut self, look: Look, now: Instant) {
        self.attempts += 1;
        self.looked_at = now;
        let seen = match &look {
            Look::Holds(seen) | Look::Not { seen, .. } => Some(seen),
            Look::Unable(_) => None,
        };
        self.unable_since = match seen {
            Some(_) => None,
            None => self.unable_since.or(Some(now)),
        };
        if seen.is_some() && seen != self.seen.as_ref() {
            self.seen = seen.cloned();
            self.changed_at = now;
        }
        self.last = Some(look);
    }

    fn unable_for(&self) -> Duration {
        self.unable_since
            .map_or(Duration::ZERO, |since| self.looked_at - since)
    }

    fn finding(self, expected: String, start: Instant) -> Finding {
        let (verdict, reason) = match self.last {
            Some(Look::Holds(seen)) => (Verdict::Pass, seen),
            Some(Look::Not { reason, .. }) => (Verdict::Fail, reason),
            Some(Look::Unable(unable)) => (Verdict::Broken, unable.reason),
            None => (Verdict::Broken, "the cluster was not looked at".to_owned()),
        };
        Finding {
            verdict,
            reason,
            expected,
            last_seen: self.seen,
            unchanged_for: Some(self.looked_at - self.changed_at),
            attempts: self.attempts,
            duration: start.elapsed(),
            events: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::look::Patience;
    use super::*;

    fn not(seen: &str) -> Look {
        Look::Not {
            reason: format!("not: {seen}"),
            seen: seen.to_owned(),
        }
    }

    fn unable(patience: Patience) -> Look {
        Look::Unable(Unable {
            reason: "away".to_owned(),
            patience,
        })
    }

    /// What comes of looks in this order; the last is repeated.
    async fn check(within_ms: u64, twice: bool, looks: &[Look]) -> Finding {
        let mut poll = Poll::new("it".to_owned(), Duration::from_millis(within_ms));
        poll.twice = twice;
        // Every look is followed by a change: the tests do not wait for the interval.
        poll.changes = Some(futures::stream::repeat(()).boxed());
        let mut at = 0;
        until(poll, || {
            let look = looks[at.min(looks.len() - 1)].clone();
            at += 1;
            async { look }
        })
        .await
    }

    #[tokio::test]
    async fn it_is_looked_at_until_it_holds() {
        let looks = [not("1"), unable(Patience::Long), Look::Holds("2".into())];
        let finding = check(5_000, false, &looks).await;
        assert_eq!(finding.verdict, Verdict::Pass);
        assert_eq!((finding.attempts, &*finding.reason), (3, "2"));
    }

    #[tokio::test]
    async fn what_does_not_hold_in_time_fails_with_what_was_last_seen() {
        let finding = check(250, false, &[not("1"), not("2")]).await;
        assert_eq!(finding.verdict, Verdict::Fail);
        assert_eq!(finding.last_seen.as_deref(), Some("2"));
        assert!(finding.attempts > 1);
    }

    #[tokio::test]
    async fn what_cannot_be_seen_at_the_end_is_broken_and_keeps_what_was_seen() {
        let finding = check(250, false, &[not("1"), unable(Patience::Long)]).await;
        assert_eq!(finding.verdict, Verdict::Broken);
        assert_eq!(finding.last_seen.as_deref(), Some("1"));
    }

    #[tokio::test]
    async fn what_will_not_change_is_not_waited_for() {
        let finding = check(60_000, false, &[unable(Patience::None)]).await;
        assert_eq!((finding.verdict, finding.attempts), (Verdict::Broken, 1));
        let finding = check(60_000, false, &[unable(Patience::Short)]).await;
        assert_eq!(finding.verdict, Verdict::Broken);
        assert!(finding.duration < Duration::from_secs(10));
    }

    #[tokio::test]
    async fn absence_must_hold_on_two_readings_even_without_time() {
        let holds = Look::Holds("gone".into());
        let finding = check(0, true, std::slice::from_ref(&holds)).await;
        assert_eq!((finding.verdict, finding.attempts), (Verdict::Pass, 2));
        let finding = check(0, true, &[holds, not("back")]).await;
        assert_eq!(finding.verdict, Verdict::Fail);
    }
}
