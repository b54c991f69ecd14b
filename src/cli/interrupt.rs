//! Ctrl-C, SIGTERM and SIGHUP: end what runs, clean up, then go.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::output;

/// A token that is cancelled at the first signal. A second one ends labproof at once.
pub(super) fn token() -> CancellationToken {
    let token = CancellationToken::new();
    let cancelled = token.clone();
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
            let received = signals.iter_mut().map(|signal| Box::pin(signal.recv()));
            futures::future::select_all(received).await;
            if first {
                output::stderr("\ninterrupted: cleaning up (once more to leave at once)\n");
                cancelled.cancel();
            } else {
                std::process::exit(130);
            }
        }
    });
    token
}
