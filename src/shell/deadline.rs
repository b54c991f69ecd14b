//! A deadline that counts only the time in which this process could run: what happened while it was stopped, or the machine stood
//! still, is read after that, and a command must not be ended for it unread.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::time::sleep;

/// How often it is looked at the clock.
const TICK: Duration = Duration::from_millis(500);
/// A tick that takes this much longer was no tick: a machine that is merely busy takes less.
const STANDSTILL: Duration = Duration::from_secs(2);

/// How long this process stood still, in milliseconds.
#[derive(Debug, Default)]
pub(super) struct Standstill(AtomicU64);

impl Standstill {
    pub(super) fn total(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// Resolves when `limit` is over, and adds up how long it stood still.
pub(super) async fn passed(limit: Duration, stood_still: &Standstill) {
    let mut left = limit;
    while !left.is_zero() {
        let tick = left.min(TICK);
        let begun = Instant::now();
        sleep(tick).await;
        let late = begun.elapsed().saturating_sub(tick);
        if late >= STANDSTILL {
            let late = u64::try_from(late.as_millis()).unwrap_or(u64::MAX);
            stood_still.0.fetch_add(late, Ordering::Relaxed);
            // What came in meanwhile is read first.
            left = left.max(TICK);
            continue;
        }
        left = left.saturating_sub(begun.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn time_in_which_nothing_could_run_does_not_count() {
        let stood_still = Standstill::default();
        let begun = Instant::now();
        let stop = async {
            sleep(Duration::from_millis(100)).await;
            // The one thread of this runtime does nothing else meanwhile.
            std::thread::sleep(Duration::from_millis(3_000));
        };
        tokio::join!(passed(Duration::from_secs(1), &stood_still), stop);
        assert!(begun.elapsed() >= Duration::from_millis(3_800));
        assert!(stood_still.total() >= Duration::from_secs(2));
    }

    #[tokio::test]
    async fn all_other_time_does() {
        let stood_still = Standstill::default();
        let begun = Instant::now();
        passed(Duration::from_millis(700), &stood_still).await;
        assert!(begun.elapsed() >= Duration::from_millis(700));
        assert_eq!(stood_still.total(), Duration::ZERO);
    }
}
