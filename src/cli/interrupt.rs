//! Ctrl-C, SIGTERM and SIGHUP: end what runs, clean up, then go.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::output;

/// How long those who were told that there is no time left may take to say what stays.
const LAST_WORDS: Duration = Duration::from_millis(700);

/// A token that is cancelled at the first signal. A second one ends labproof at once.
pub(super) fn token() -> CancellationToken {
    tokens().0
}

/// The same, and a token that is cancelled at the second signal, just before labproof ends.
pub(super) fn tokens() -> (CancellationToken, CancellationToken) {
    let tokens = (CancellationToken::new(), CancellationToken::new());
    let (cancelled, leave) = tokens.clone();
    tokio::spawn(async move {
        let kinds = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
        ];
        // Without a handler the signal ends the process, as it would any other.
        let Ok(mut signals) = kinds.map(signal).into_iter().collect::<Result<Vec<_>, _>>() else {
            return;
        };
        for first in [true, false] {
            // A terminal that is closed says so twice, its shell and its system; nobody is there to be in a hurry.
            let heard = if first {
                signals.len()
            } else {
                signals.len() - 1
            };
            let received = signals[..heard]
                .iter_mut()
                .map(|signal| Box::pin(signal.recv()));
            futures::future::select_all(received).await;
            if first {
                output::stderr("\ninterrupted: cleaning up (once more to leave at once)\n");
                cancelled.cancel();
            } else {
                leave.cancel();
                tokio::time::sleep(LAST_WORDS).await;
                std::process::exit(130);
            }
        }
    });
    tokens
}
