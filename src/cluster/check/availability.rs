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
use super::{Finding, Verdict, problem};

/// How long the Service is asked after the step: what a step does to endpoints shows late.
const AFTER: Duration = Duration::from_secs(1);
/// How long the last answers may take: a little more than one request.
const LAST: Duration = Duration::from_secs(11);
/// How often the API server is asked for itself.
const HEARTBEAT: Duration = Duration::from_millis(500);
/// How long it may take to answer that before the silence is its own.
const ALIVE_WITHIN: Duration = Duration::from_secs(3);

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
    /// No answer in time: the Service's silence, or the API server's.
    Silent(String),
    /// The API server itself was not reached: that says nothing of the Service.
    Unknown(String),
    /// The API server answered by itself, as it should.
    Alive,
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
    let mut heartbeats = tokio::time::interval(HEARTBEAT);
    heartbeats.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            _ = ticks.tick() => drop(open.spawn(ask_once(asker.clone()))),
            _ = heartbeats.tick() => drop(open.spawn(ask_for_life(asker.clone()))),
            () = enough.cancelled() => break,
        }
        while open.try_join_next().is_some() {}
    }
    // A request that hangs to its end is a failed one: it must be waited for.
    while open.join_next().await.is_some() {}
}

async fn ask_once(asker: Asker) {
    let was = match ask(&asker.client, &asker.url).await {
        Ok(answer) if answer.status < 500 && answer.own.is_none() => Was::Served,
        Ok(answer) if answer.silent => Was::Silent(answer.own.unwrap_or_default()),
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
    asker.note(was);
}

/// Asks the API server for itself, so that its silence is told from the Service's.
async fn ask_for_life(asker: Asker) {
    let asked = tokio::time::timeout(ALIVE_WITHIN, asker.client.apiserver_version());
    asker.note(match asked.await {
        Ok(Ok(_)) => Was::Alive,
        Ok(Err(error)) => Was::Unknown(problem::unable(&error, "read its version").reason),
        Err(_) => Was::Unknown(format!(
            "the API server gave no answer within {} s",
            ALIVE_WITHIN.as_secs()
        )),
    });
}

impl Asker {
    fn note(&self, was: Was) {
        let at = self.start.elapsed();
        if let Ok(mut answers) = self.answers.lock() {
            answers.push(Reply { at, was });
        }
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
                // The last answers may have taken longer than the step.
                let lasted = replies.last().map_or(lasted, |last| lasted.max(last.at));
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
    let gap = availability.gap.map(|gap| format!(", {gap}"));
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
        unchanged_for: None,
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
    let unknown = replies.iter().find_map(|reply| match &reply.was {
        Was::Unknown(reason) => Some(reason),
        Was::Served | Was::Failed(_) | Was::Silent(_) | Was::Alive => None,
    });
    // While the API server is silent itself, silence says nothing of the Service.
    let failures: Vec<&String> = replies
        .iter()
        .filter_map(|reply| match &reply.was {
            Was::Failed(reason) => Some(reason),
            Was::Silent(reason) if unknown.is_none() => Some(reason),
            Was::Silent(_) | Was::Served | Was::Unknown(_) | Was::Alive => None,
        })
        .collect();
    if !availability.failed.holds_for(failures.len() as u64) {
        let first = failures
            .first()
            .map(|reason| format!(", the first with {reason}"));
        let (first, wanted) = (first.unwrap_or_default(), &availability.failed);
        return Ok((
            false,
            format!("{summary}{first}; expected failed requests {wanted}"),
        ));
    }
    // A gap may be the API server's own, and so may requests that would have failed.
    if let Some(reason) = unknown {
        return Err(Unable::for_good(format!(
            "{summary}; the API server was away meanwhile: {reason}"
        )));
    }
    let gap = longest_gap(replies, lasted);
    if let Some(wanted) = availability.gap
        && !wanted.holds(gap)
    {
        return Ok((false, format!("{summary}; expected {wanted}")));
    }
    if replies.iter().all(|reply| reply.was == Was::Alive) {
        return Err(Unable::for_good(format!(
            "the step took {}: no answer came in that time",
            seconds(lasted)
        )));
    }
    Ok((true, summary))
}

fn summary(replies: &[Reply], lasted: Duration) -> String {
    let count = |is: fn(&Was) -> bool| replies.iter().filter(|reply| is(&reply.was)).count();
    let served = count(|was| *was == Was::Served);
    let failed = count(|was| matches!(was, Was::Failed(_) | Was::Silent(_)));
    format!(
        "{served} requests served and {failed} failed in {}, the longest gap {}",
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
    use crate::verifier::{Comparison, Endpoint, Gap};

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
            gap: Some(Gap::AtMost(Duration::from_secs(1))),
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
            "3 requests served and 0 failed in 2.0 s, the longest gap 0.5 s",
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
            "away meanwhile: refused",
        );
        // Silence is the Service's, unless the API server was silent too.
        let silent = reply(12, Was::Silent("no answer".into()));
        let alive = reply(8, Was::Alive);
        check(
            &[served(5), silent.clone(), alive.clone()],
            Ok(false),
            "no answer",
        );
        check(&[served(5), silent, unknown.clone()], Err(()), "refused");
        check(&[alive], Ok(false), "no gap");
        // What failed for sure is told even where other requests were never made.
        check(&[failed, unknown], Ok(false), "status 503");
        check(&[], Ok(false), "no gap");
    }
}
