//! Programs that talk to servers: which of their requests only ask.
//!
//! Entry points: [`aws`], [`curl`] and [`wget`].

use super::flags::Flags;
use super::words::Argument;

/// `describe-`, `list-`, `get-` and `head-` operations that print what they got.
pub(super) fn aws(arguments: &[Argument]) -> bool {
    const VALUED: [&str; 5] = [
        "--region",
        "--profile",
        "--output",
        "--query",
        "--endpoint-url",
    ];
    let mut rest = arguments.iter().peekable();
    let mut operands: Vec<&str> = Vec::new();
    while let Some(argument) = rest.next() {
        let text = argument.text.as_str();
        if VALUED.contains(&text) {
            rest.next();
        } else if text.starts_with("--") {
            // Flags of operations take values; a value is no operand.
            while operands.len() >= 2
                && rest.peek().is_some_and(|next| !next.text.starts_with("--"))
            {
                rest.next();
            }
        } else if argument.literal || operands.len() >= 2 {
            operands.push(text);
        } else {
            return false;
        }
    }
    let (Some(service), Some(operation)) = (operands.first(), operands.get(1)) else {
        return false;
    };
    // Operations that make something, or write what they got into a file that is named as an operand or a flag.
    const WRITES: [&str; 24] = [
        // These make what they get: an identity, a user.
        "get-id",
        "get-open-id-token-for-developer-identity",
        "get-cluster-credentials",
        "get-media-for-fragment-list",
        "get-object",
        "get-object-torrent",
        "get-export",
        "get-sdk",
        "get-job-output",
        "get-media",
        "get-snapshot-block",
        "get-clip",
        "get-configuration",
        "get-latest-configuration",
        "get-thing-shadow",
        "get-package-version-asset",
        "get-map-glyphs",
        "get-map-sprites",
        "get-map-style-descriptor",
        "get-map-tile",
        "get-tile",
        "get-hls-streaming-session-url",
        "describe-input-device-thumbnail",
        "get-images",
    ];
    if *service == "s3" {
        return *operation == "ls";
    }
    let reads = ["describe-", "list-", "get-", "head-"]
        .iter()
        .any(|prefix| operation.starts_with(prefix));
    reads
        && !WRITES.contains(operation)
        && operands.len() == 2
        && !arguments.iter().any(|a| a.text.starts_with("--outfile"))
}

/// Requests that only ask, with their answer on stdout.
pub(super) fn curl(arguments: &[Argument]) -> bool {
    const CURL: Flags<'_> = Flags {
        letters: "sSfLiIvkg46#",
        valued: "mHAeuXow",
        long: &[
            "silent",
            "show-error",
            "fail",
            "location",
            "include",
            "head",
            "verbose",
            "insecure",
            "compressed",
            "http1.0",
            "http1.1",
            "http2",
            "http0.9",
            "retry-all-errors",
            "retry-connrefused",
            "no-progress-meter",
            "fail-with-body",
            "ipv4",
            "ipv6",
        ],
        long_valued: &[
            "max-time",
            "connect-timeout",
            "header",
            "user-agent",
            "referer",
            "user",
            "request",
            "output",
            "write-out",
            "retry",
            "retry-delay",
            "retry-max-time",
            "resolve",
            "cacert",
            "noproxy",
        ],
    };
    let Some((found, _)) = CURL.read(arguments) else {
        return false;
    };
    found
        .iter()
        .all(|flag| match (flag.name.as_str(), flag.value) {
            ("-X" | "--request", value) => matches!(value, Some("GET" | "HEAD" | "OPTIONS")),
            ("-o" | "--output", value) => value == Some("/dev/null") || value == Some("-"),
            // `%output{file}` writes, `@file` reads a format that may.
            ("-w" | "--write-out", Some(value)) => {
                !value.contains("%output") && !value.starts_with('@') && !value.contains('\0')
            }
            _ => true,
        })
}

/// The same for wget, which writes a file unless told otherwise.
pub(super) fn wget(arguments: &[Argument]) -> bool {
    const WGET: Flags<'_> = Flags {
        letters: "qS46",
        valued: "OTt",
        long: &[
            "quiet",
            "server-response",
            "no-check-certificate",
            "spider",
            "no-verbose",
        ],
        long_valued: &["output-document", "timeout", "tries", "header"],
    };
    let Some((found, _)) = WGET.read(arguments) else {
        return false;
    };
    let to_stdout = found
        .iter()
        .any(|f| matches!(f.name.as_str(), "-O" | "--output-document"))
        || found.iter().any(|f| f.name == "--spider");
    to_stdout
        && found.iter().all(|f| {
            !matches!(f.name.as_str(), "-O" | "--output-document")
                || matches!(f.value, Some("-" | "/dev/null"))
        })
}
