//! Kubeconfig files, one for the administrator and one for each component, and clients by them.

use std::path::Path;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::json;

use super::error::LocalError;
use super::paths::write_private;

/// Writes a kubeconfig for `server` that holds the authority and the client's certificate and key from
/// `pki` within itself. JSON is YAML too.
pub(crate) fn write(
    path: &Path,
    cluster: &str,
    server: &str,
    pki: &Path,
    client: &str,
) -> Result<(), LocalError> {
    let data = |name: String| {
        let file = pki.join(name);
        std::fs::read(&file)
            .map(|bytes| base64(&bytes))
            .map_err(LocalError::io("read", &file))
    };
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": cluster, "cluster": {
            "server": server,
            "certificate-authority-data": data("ca.crt".to_owned())?,
        }}],
        "users": [{"name": client, "user": {
            "client-certificate-data": data(format!("{client}.crt"))?,
            "client-key-data": data(format!("{client}.key"))?,
        }}],
        "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": client}}],
        "current-context": cluster,
    });
    write_private(path, format!("{config:#}\n").as_bytes())
}

/// Host and port of the server that a kubeconfig names; `None` where the file is not there or names none.
pub(crate) fn address(path: &Path) -> Option<String> {
    let config = Kubeconfig::read_from(path).ok()?;
    let server = config.clusters.first()?.cluster.as_ref()?.server.as_ref()?;
    server.strip_prefix("https://").map(str::to_owned)
}

/// A client with the rights of the file's user, for the node's own programs; it gives a silent server up
/// after `patience`. The error is a sentence.
pub(crate) async fn client(path: &Path, patience: Duration) -> Result<Client, String> {
    let config = Kubeconfig::read_from(path).map_err(|error| error.to_string())?;
    let mut config = Config::from_custom_kubeconfig(config, &KubeConfigOptions::default())
        .await
        .map_err(|error| error.to_string())?;
    config.connect_timeout = Some(Duration::from_secs(2));
    config.read_timeout = Some(patience);
    config.proxy_url = None;
    Client::try_from(config).map_err(|error| error.to_string())
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk
            .iter()
            .fold(0_usize, |sum, byte| (sum << 8) | usize::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            if place <= chunk.len() {
                text.push(char::from(DIGITS[(group >> (18 - 6 * place)) & 63]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_in_its_standard() {
        for (text, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }
}
