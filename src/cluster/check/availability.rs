//! `availability`: whether a Service answers for as long as a step runs.
//!
//! Entry points: [`begin`] before the step, [`end`] after it. What the answers come to is
//! [`judge`], without a cluster.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kube::Client;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::verifier::Availability;

use super::http::{ask, described, url};
use super::look::Unable;
use super::{Finding, Verdict};

/// How long the Service is asked after the step: what a step does to endpoints shows late.
const AFTER: Duration = Duration::from_secs(1);
/// How long the last answers may take: a little more than one request.
const LAST: Duration = Duration::from_secs(11);

/// Requests that are being made. They stop when it is dropped.
#[derive(Debug)]
pub(super) struct Probe {
    answers: Arc<Mutex<Vec<Reply>>>,
    start: Instant,
    /// Ends the asking; what was asked is still waited for.
    enough: CancellationToken,
    /// The requests, or why there are none.
    asking: Result<JoinHandle<()>, String>,
}

/// What came of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reply {
    /// When it came, since the first request.
    at: Duration,
    /// What it was.
    was: Was,
}

/// What an answer was.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Was {
    Served,
    Failed(String),
    /// The API server itself was not reached: that says nothing of the Service.
    Unknown(String),
}

impl Drop for Probe {
    fn drop(&mut self) {
        if let Ok(asking) = &self.asking {
            asking.abort();
        }
    }
}

/// Begins to ask.
pub(super) async fn begin(client: &Client, availability: &Availability) -> Probe {
    let answers = Arc::new(Mutex::new(Vec::new()));
    let start = Instant::now();
    let enough = CancellationToken::new();
    let asking = match url(client, &availability.endpoint).await {
        Ok(url) => {
            let pause = Duration::from_secs(1) / availability.rate;
            let asker = Asker {
                client: client.clone(),
                url,
                start,
                answers: answers.clone(),
            };
            Ok(tokio::spawn(keep_asking(asker, pause, enough.clone())))
        }
        Err(unable) => Err(unable.reason),
    };
    Probe {
        answers,
        start,
        enough,
        asking,
    }
}

/// What a request needs.
#[derive(Clone)]
struct Asker {
    client: Client,
    url: String,
    start: Instant,
    answers: Arc<Mutex<Vec<Reply>>>,
}

/// Asks at a steady rate, whether or not the last answer has come: a Service that hangs must
/// not slow the questions down.
async fn keep_asking(asker: Asker, pause: Duration, enough: CancellationToken) {
    let mut ticks = tokio::time::interval(pause);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    // Dropped with this task, it ends the requests that are still open.
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = enough.cancelled() => break,
        }
        while open.try_join_next().is_some() {}
        open.spawn(ask_once(asker.clone()));
    }
    // A request that hangs to its end is a failed one: it must be waited for.
    while open.join_next().await.is_some() {}
}

async fn ask_once(asker: Asker) {
    let was = match ask(&asker.client, &asker.url).await {
        Ok(answer) if answer.status < 500 && answer.own.is_none() => Was::Served,
        Ok(answer) => {
            let own = answer.own.map(|own| format!(": {own}"));
            Was::Failed(format!(
                "status {}{}",
                answer.status,
                own.unwrap_or_default()
            ))
        }
        Err(unable) => Was::Unknown(unable.reason),
    };
    let at = asker.start.elapsed();
    if let Ok(mut answers) = asker.answers.lock() {
        answers.push(Reply { at, was });
    }
}

/// Ends asking and judges.
pub(super) async fn end(availability: &Availability, probe: Option<Probe>) -> Finding {
    let start = Instant::now();
    let (end, seen, attempts) = match probe {
        None => {
            let reason = "the Service was not asked while the step ran";
            (Err(Unable::for_good(reason)), None, 0)
        }
        Some(mut probe) => match &probe.asking {
            Err(reason) => {
                let reason = format!("the Service could not be asked: {reason}");
                (Err(Unable::for_good(reason)), None, 0)
            }
            Ok(_) => {
                tokio::time::sleep(AFTER).await;
                let lasted = probe.start.elapsed();
                let replies = stop(&mut probe).await;
                let end = judge(availability, &replies, lasted);
                (end, Some(summary(&replies, lasted)), replies.len())
            }
        },
    };
    let (verdict, reason) = match end {
        Ok((true, reason)) => (Verdict::Pass, reason),
        Ok((false, reason)) => (Verdict::Fail, reason),
        Err(unable) => (Verdict::Broken, unable.reason),
    };
    let gap = availability
        .gap
        .map(|gap| format!(", no gap over {}", seconds(gap)));
    Finding {
        verdict,
        reason,
        expected: format!(
            "{} answers while the step runs: failed requests {}{}",
            described(&availability.endpoint),
            availability.failed,
            gap.unwrap_or_default()
        ),
        last_seen: seen,
        unchanged_for: Duration::ZERO,
        attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
        duration: start.elapsed(),
        events: Vec::new(),
    }
}

/// Stops asking; the answers in the order in which they came.
async fn stop(probe: &mut Probe) -> Vec<Reply> {
    probe.enough.cancel();
    if let Ok(asking) = &mut probe.asking {
        // What has not come by then hangs for good; it is dropped with the probe.
        let _ = tokio::time::timeout(LAST, asking).await;
    }
    let answers = probe.answers.lock();
    answers.map(|answers| answers.clone()).unwrap_or_default()
}

/// Whether the claim holds, and why.
///
/// # Errors
/// Why it cannot be told.
fn judge(
    availability: &Availability,
    replies: &[Reply],
    lasted: Duration,
) -> Result<(bool, String), Unable> {
    let summary = summary(replies, lasted);
    let failed = replies
        .iter()
        .filter(|reply| matches!(reply.was, Was::Failed(_)))
        .count();
    let first = replies.iter().find_map(|reply| match &reply.was {
        Was::Failed(reason) => Some(reason),
        Was::Served | Was::Unknown(_) => None,
    });
    if !availability.failed.holds_for(failed as u64) {
        let first = first
            .map(|reason| format!(", the first with {reason}"))
            .unwrap_or_default();
        let wanted = &availability.failed;
        return Ok((
            false,
            format!("{summary}{first}; expected failed requests {wanted}"),
        ));
    }
    let unknown = replies.iter().find_map(|reply| match &reply.was {
        Was::Unknown(reason) => Some(reason),
        Was::Served | Was::Failed(_) => None,
    });
    // A gap may be the API server's own, and so may requests that would have failed.
    if let Some(reason) = unknown {
        return Err(Unable::for_good(format!(
            "{summary}; some were never made: {reason}"
        )));
    }
    let gap = longest_gap(replies, lasted);
    if let Some(most) = availability.gap
        && gap > most
    {
        return Ok((
            false,
            format!("{summary}; expected no gap over {}", seconds(most)),
        ));
    }
    if replies.is_empty() {
        return Err(Unable::for_good(format!(
            "the step took {}: no answer came in that time",
            seconds(lasted)
        )));
    }
    Ok((true, summary))
}

fn summary(replies: &[Reply], lasted: Duration) -> String {
    let served = replies
        .iter()
        .filter(|reply| reply.was == Was::Served)
        .count();
    format!(
        "{served} of {} requests served in {}, the longest gap {}",
        replies.len(),
        seconds(lasted),
        seconds(longest_gap(replies, lasted))
    )
}

/// The longest time without a served answer, from the beginning to the end.
fn longest_gap(replies: &[Reply], lasted: Duration) -> Duration {
    let mut served: Vec<Duration> = replies
        .iter()
        .filter(|reply| reply.was == Was::Served)
        .map(|reply| reply.at)
        .collect();
    served.push(lasted);
    served.sort();
    let mut before = Duration::ZERO;
    let mut longest = Duration::ZERO;
    for at in served {
        longest = longest.max(at.saturating_sub(before));
        before = at;
    }
    longest
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verifier::{Comparison, Endpoint};

    fn reply(tenths: u64, was: Was) -> Reply {
        Reply {
            at: Duration::from_millis(tenths * 100),
            was,
        }
    }

    /// `Ok` with the verdict, or `Err`, and a part of the words.
    fn check(replies: &[Reply], expected: Result<bool, ()>, words: &str) {
        let availability = Availability {
            endpoint: Endpoint {
                service: "web".into(),
                namespace: "x".into(),
                port: None,
                https: false,
                path: "/".into(),
            },
            failed: Comparison::number(0),
            gap: Some(Duration::from_secs(1)),
            rate: 10,
        };
        let judged = judge(&availability, replies, Duration::from_secs(2));
        let (is, said) = match judged {
            Ok((holds, said)) => (Ok(holds), said),
            Err(unable) => (Err(()), unable.reason),
        };
        assert_eq!(is, expected, "{said}");
        assert!(said.contains(words), "{said}");
    }

    #[test]
    fn failures_gaps_and_silence_are_told_apart() {
        let served = |tenths| reply(tenths, Was::Served);
        let good = [served(5), served(10), served(15)];
        check(
            &good,
            Ok(true),
            "3 of 3 requests served in 2.0 s, the longest gap 0.5 s",
        );
        let failed = reply(7, Was::Failed("status 503: no endpoints".into()));
        check(
            &[served(5), failed.clone(), served(10)],
            Ok(false),
            "the first with status 503",
        );
        check(
            &[served(5), served(16)],
            Ok(false),
            "expected no gap over 1.0 s",
        );
        let unknown = reply(7, Was::Unknown("refused".into()));
        check(
            &[served(5), unknown.clone(), served(15)],
            Err(()),
            "never made: refused",
        );
        // What failed for sure is told even where other requests were never made.
        check(&[failed, unknown], Ok(false), "status 503");
        check(&[], Ok(false), "no gap");
    }
}
