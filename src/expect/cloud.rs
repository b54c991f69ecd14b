//! What a cloud gives to what it makes: ids, accounts, host names.
//!
//! Entry points: [`cloud()`], [`is_cloud_host`] and [`load_balanced`].

use super::names::has_digit;
use super::volatile::Kind;

/// Cloud ids, accounts, nodes named by address, endpoints with digits in their names.
pub(super) fn cloud(text: &str, before: &str) -> Option<Kind> {
    if let Some(rest) = text.strip_prefix("ip-") {
        let numbers = rest.split('.').next().unwrap_or_default();
        if numbers
            .split('-')
            .filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
            .count()
            == 4
        {
            return Some(Kind::Node);
        }
    }
    if is_cloud_host(text) {
        return Some(Kind::Host);
    }
    if text.len() == 12
        && text.bytes().all(|b| b.is_ascii_digit())
        && before.ends_with([':', '/', '"', ' '])
    {
        return Some(Kind::Account);
    }
    let (prefix, id) = text.split_once('-')?;
    const PREFIXES: [&str; 20] = [
        "i", "vpc", "subnet", "sg", "vol", "eni", "rtb", "igw", "nat", "snap", "lt", "eipalloc",
        "eipassoc", "acl", "fs", "fsap", "fsvol", "vpce", "sgr", "pcx",
    ];
    (PREFIXES.contains(&prefix)
        && (8..=17).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_hexdigit()))
    .then_some(Kind::Cloud)
}

/// Host names that a cloud gives to what it makes.
pub(super) fn is_cloud_host(text: &str) -> bool {
    const ENDS: [&str; 4] = [
        ".amazonaws.com",
        ".cloudfront.net",
        ".cloudapp.azure.com",
        ".on.aws",
    ];
    const KINDS: [&str; 8] = [
        ".elb.",
        ".rds.",
        ".eks.",
        ".cache.",
        ".efs.",
        ".execute-api.",
        ".es.",
        ".fsx.",
    ];
    let Some(end) = ENDS.iter().find(|end| text.ends_with(**end)) else {
        return false;
    };
    *end != ".amazonaws.com"
        || (KINDS.iter().any(|kind| text.contains(kind)) && text.split('.').count() > 4)
}

/// Of a load balancer that AWS' controller made, what it is for: `k8s-NAMESPACE-NAME` of `k8s-ui-ui-5ddc3ba496-10794`.
pub(super) fn load_balanced(host: &str) -> &str {
    let label = host.split('.').next().unwrap_or_default();
    let mut end = 0;
    if label.starts_with("k8s-") {
        for part in label.split('-') {
            let number = part.bytes().all(|b| b.is_ascii_digit());
            let hex = part.len() >= 8 && part.bytes().all(|b| b.is_ascii_hexdigit());
            let random = number || hex && has_digit(part);
            if random || part.bytes().all(|b| b == b'x') {
                break;
            }
            end += part.len() + 1;
        }
    }
    label[..end.min(label.len())].trim_end_matches('-')
}
