//! Names that Kubernetes makes up: of pods, ReplicaSets, Jobs, events.
//!
//! Entry point: [`name`]: an atom with its generated parts taken out.

use super::volatile::{Canon, Kind};

/// The alphabet of Kubernetes' generated names: no vowels, no digits that look like letters
/// (`k8s.io/apimachinery/pkg/util/rand`).
const SAFE: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// Words of five letters of that alphabet that authors really put at the end of names.
const WORDS_OF_SAFE: [&str; 6] = ["https", "http2", "xhttp", "mtls2", "nfsv4", "grpc2"];

/// A generated name: `prefix-HASH-SUFFIX`, `prefix-HASH`, `prefix-SERIAL[-SUFFIX]`, `prefix-SUFFIX`, `prefix.HEX`; else text.
pub(super) fn name(text: &str, out: &mut Canon) {
    // An event's name is its object's with a hexadecimal time: `web.17a3f4c5b6d7e8f9`.
    if let Some((prefix, hex)) = text.rsplit_once('.')
        && hex.len() == 16
        && hex.bytes().all(|b| b.is_ascii_hexdigit())
    {
        name(prefix, out);
        out.text.push('.');
        return out.push(Kind::Hex, hex);
    }
    let Some((head, last)) = text.rsplit_once('-') else {
        return out.text.push_str(text);
    };
    // `web-xxxxxxxxxx-xxxxx`: the author's mask is in the alphabet of generated names.
    if head.is_empty() || last.bytes().all(|b| b == b'x') {
        return out.text.push_str(text);
    }
    if let Some((prefix, middle)) = head.rsplit_once('-')
        && !prefix.is_empty()
        && is_suffix_after_hash(last)
        && (is_hash_before_suffix(middle) || is_authors_hash(middle) || is_serial(middle))
    {
        out.text.push_str(prefix);
        out.text.push('-');
        out.push(Kind::Hash, middle);
        out.text.push('-');
        return out.push(Kind::Name, text);
    }
    if is_hash(last) || is_serial(last) {
        out.text.push_str(head);
        out.text.push('-');
        return out.push(Kind::Hash, last);
    }
    if (is_suffix(last) || is_old_suffix(last)) && head.as_bytes()[0].is_ascii_lowercase() {
        out.text.push_str(head);
        out.text.push('-');
        return out.push(Kind::Name, text);
    }
    out.text.push_str(text);
}

/// `5774b8d5f4`: eight to ten characters of the safe alphabet (the hash is a 32-bit number), digits among them.
pub(super) fn is_hash(text: &str) -> bool {
    (8..=10).contains(&text.len())
        && text.bytes().all(|b| SAFE.contains(&b))
        && has_digit(text)
        && (has_letter(text) || is_hash_of_digits(text))
}

/// Before a pod's suffix a shorter hash is plausible too: small numbers give short hashes.
fn is_hash_before_suffix(text: &str) -> bool {
    (5..=10).contains(&text.len())
        && text.bytes().all(|b| SAFE.contains(&b))
        && (has_digit(text) || text.len() >= 8)
}

/// A hash that an author made up (`7c9b6f8d41`): right in length and kind of characters only.
fn is_authors_hash(text: &str) -> bool {
    (8..=10).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && text.bytes().filter(u8::is_ascii_digit).count() >= 2
}

/// A hash that stands alone, as jsonpath prints it: two digits at least, or it may be a word.
pub(super) fn is_bare_hash(text: &str) -> bool {
    is_hash(text) && text.len() >= 9 && text.bytes().filter(u8::is_ascii_digit).count() >= 2
}

/// `cv89c`: the random end of a generated name.
fn is_suffix(text: &str) -> bool {
    text.len() == 5
        && text.bytes().all(|b| SAFE.contains(&b))
        && has_letter(text)
        && !WORDS_OF_SAFE.contains(&text)
}

/// `7ci7o`: releases before 1.9 took vowels, `0`, `1` and `3` too. A digit that a letter follows is in no word, so it
/// tells such an end from a name.
fn is_old_suffix(text: &str) -> bool {
    let bytes = text.as_bytes();
    is_suffix_after_hash(text)
        && bytes
            .windows(2)
            .any(|pair| pair[0].is_ascii_digit() && pair[1].is_ascii_lowercase())
        && bytes.iter().filter(|b| b.is_ascii_digit()).count() >= 2
}

/// After a hash any five characters are a suffix: old releases and authors use vowels too.
fn is_suffix_after_hash(text: &str) -> bool {
    text.len() == 5
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// The number of a CronJob's Job, or a ReplicaSet's hash of before 1.10: minutes since the epoch (8 digits since 2017's
/// controller v2, so above 24 million, which no date is), or ten digits.
fn is_serial(text: &str) -> bool {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    match text.len() {
        8 => {
            digits
                && text[..2]
                    .parse()
                    .is_ok_and(|millions: u8| (24..40).contains(&millions))
        }
        10 => digits && !text.starts_with('0') && !is_hash_of_digits(text),
        _ => false,
    }
}

/// `5989474687`: one hash in a hundred has no letter. It is the decimal digits of a number written in ten signs of the
/// safe alphabet, and the digits among those are 4 to 9.
fn is_hash_of_digits(text: &str) -> bool {
    (9..=10).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'4'..=b'9'))
}

pub(super) fn has_digit(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit())
}

pub(super) fn has_letter(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_alphabetic())
}
