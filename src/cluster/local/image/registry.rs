//! A registry for the cluster's own containerd: read-only, and only of the images that the cluster shall have.
//!
//! Entry point: [`Registry::serve`]. A kubelet asks a registry for each `latest` anew, also where the image is there; and an
//! image that nothing makes is "not found" at once, as it would be elsewhere. The archives are served as they are.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::stream::{self, TryStreamExt};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

use super::{BuiltImage, hex};
use crate::cluster::image::full_name;

/// Where it listens, on the first node.
pub(crate) const PORT: u16 = 10260;

/// How long a client may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes of an archive that are held at once for each client.
const CHUNK: usize = 256 * 1024;

const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar";

type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// What containerd is told (`hosts.toml` of all registries): to ask nobody but the registry at that address.
pub(crate) fn hosts(address: &str) -> String {
    let server = format!("http://{address}:{PORT}");
    format!(
        "server = \"{server}\"\n[host.\"{server}\"]\n  capabilities = [\"pull\", \"resolve\"]\n"
    )
}

/// The images that the cluster shall have.
#[derive(Clone)]
pub(crate) struct Registry {
    folder: PathBuf,
    /// Archives, by the full name of the image.
    files: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Registry {
    /// One of the archives in `folder`, of no image yet.
    pub(crate) fn of(folder: PathBuf) -> Self {
        Self {
            folder,
            files: Arc::default(),
        }
    }

    /// Has these images from now on; gives those that were others until now.
    pub(crate) fn add(&self, images: &[BuiltImage]) -> Vec<BuiltImage> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let other = |image: &&BuiltImage| {
            let old = files.insert(full_name(&image.name), image.file.clone());
            old.is_some_and(|old| old != image.file)
        };
        images.iter().filter(other).cloned().collect()
    }

    /// Answers for as long as the listener is good.
    pub(crate) async fn serve(self, listener: TcpListener) {
        loop {
            let Ok((connection, _)) = listener.accept().await else {
                // Out of file descriptors, most likely; some connection will end.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let registry = self.clone();
            tokio::spawn(async move {
                let service = hyper::service::service_fn(move |request| {
                    let registry = registry.clone();
                    async move { Ok::<_, Infallible>(registry.answer(&request)) }
                });
                // A client that goes away has its reasons.
                let _ = hyper::server::conn::http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(PATIENCE)
                    .serve_connection(TokioIo::new(connection), service)
                    .await;
            });
        }
    }

    fn answer(&self, request: &Request<Incoming>) -> Response<Body> {
        let path = request.uri().path();
        let query = request.uri().query().unwrap_or_default();
        let host = query.split('&').find_map(|part| part.strip_prefix("ns="));
        let body = *request.method() == Method::GET;
        if !body && *request.method() != Method::HEAD {
            return plain(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED");
        }
        let Some(path) = path.strip_prefix("/v2/") else {
            return plain(StatusCode::NOT_FOUND, "UNSUPPORTED");
        };
        if path.is_empty() {
            return plain(StatusCode::OK, "");
        }
        let found = if let Some((name, reference)) = path.rsplit_once("/manifests/") {
            self.manifest(host, name, reference)
                .map(|bytes| manifest(bytes, body))
        } else if let Some((_, digest)) = path.rsplit_once("/blobs/sha256:") {
            self.blob(digest).map(|blob| blob.response(body))
        } else {
            None
        };
        found.unwrap_or_else(|| plain(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN"))
    }

    /// The manifest of a tag or, by its digest, of one of a repository's images.
    fn manifest(&self, host: Option<&str>, name: &str, reference: &str) -> Option<Vec<u8>> {
        let name = host.map_or_else(|| name.to_owned(), |host| format!("{host}/{name}"));
        if let Some(digest) = reference.strip_prefix("sha256:") {
            let manifests = self
                .archives()
                .into_iter()
                .filter_map(|archive| manifest_of(&archive));
            return manifests
                .into_iter()
                .find(|text| hex(&Sha256::digest(text)) == digest);
        }
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let file = files.get(&full_name(&format!("{name}:{reference}")))?;
        manifest_of(&self.folder.join(file))
    }

    fn blob(&self, digest: &str) -> Option<Blob> {
        let archives = self.archives();
        archives.iter().find_map(|archive| {
            let blobs = blobs(archive).ok()?;
            blobs.into_iter().find(|blob| blob.digest == digest)
        })
    }

    fn archives(&self) -> Vec<PathBuf> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<PathBuf> = files.values().map(|file| self.folder.join(file)).collect();
        all.sort();
        all.dedup();
        all
    }
}

/// A part of an archive that has a digest.
struct Blob {
    archive: PathBuf,
    digest: String,
    start: u64,
    size: u64,
    is_layer: bool,
}

impl Blob {
    fn response(self, body: bool) -> Response<Body> {
        let (kind, size) = ("application/octet-stream", self.size);
        let digest = format!("sha256:{}", self.digest);
        let body = if body { self.body() } else { empty() };
        headed(kind, size, &digest, body)
    }

    fn body(self) -> Body {
        let open = || -> std::io::Result<File> {
            let mut file = File::open(&self.archive)?;
            file.seek(SeekFrom::Start(self.start))?;
            Ok(file)
        };
        let chunks = stream::once(std::future::ready(open()))
            .map_ok(move |file| stream::try_unfold((file, self.size), next_chunk))
            .try_flatten();
        StreamBody::new(chunks.map_ok(Frame::data)).boxed_unsync()
    }
}

/// The next bytes of a file, and how many are left of those that are asked for.
async fn next_chunk(
    (mut file, left): (File, u64),
) -> std::io::Result<Option<(Bytes, (File, u64))>> {
    if left == 0 {
        return Ok(None);
    }
    let mut chunk = vec![0; CHUNK.min(usize::try_from(left).unwrap_or(CHUNK))];
    file.read_exact(&mut chunk)?;
    let left = left - chunk.len() as u64;
    Ok(Some((chunk.into(), (file, left))))
}

/// An archive's configuration and layers.
fn blobs(archive: &Path) -> std::io::Result<Vec<Blob>> {
    let mut tar = tar::Archive::new(File::open(archive)?);
    let mut found = Vec::new();
    for entry in tar.entries_with_seek()? {
        let entry = entry?;
        let path = entry.path()?.to_string_lossy().into_owned();
        let layer = path.strip_suffix("/layer.tar");
        let config = path
            .strip_suffix(".json")
            .filter(|name| *name != "manifest");
        if let Some(digest) = layer.or(config) {
            found.push(Blob {
                archive: archive.to_owned(),
                digest: digest.to_owned(),
                start: entry.raw_file_position(),
                size: entry.size(),
                is_layer: layer.is_some(),
            });
        }
    }
    Ok(found)
}

/// The manifest under which a registry offers an archive.
fn manifest_of(archive: &Path) -> Option<Vec<u8>> {
    let blobs = blobs(archive).ok()?;
    let part = |blob: &Blob, kind: &str| -> Value {
        json!({"mediaType": kind, "size": blob.size, "digest": format!("sha256:{}", blob.digest)})
    };
    let config = blobs.iter().find(|blob| !blob.is_layer)?;
    let layers: Vec<Value> = blobs
        .iter()
        .filter(|blob| blob.is_layer)
        .map(|blob| part(blob, LAYER))
        .collect();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": part(config, CONFIG),
        "layers": layers,
    });
    serde_json::to_vec(&manifest).ok()
}

fn manifest(bytes: Vec<u8>, body: bool) -> Response<Body> {
    let digest = format!("sha256:{}", hex(&Sha256::digest(&bytes)));
    let size = bytes.len() as u64;
    headed(
        MANIFEST,
        size,
        &digest,
        if body { full(bytes) } else { empty() },
    )
}

fn headed(kind: &str, size: u64, digest: &str, body: Body) -> Response<Body> {
    let response = Response::builder()
        .header("Content-Type", kind)
        .header("Content-Length", size)
        .header("Docker-Content-Digest", digest)
        .body(body);
    response.unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN"))
}

fn plain(status: StatusCode, code: &str) -> Response<Body> {
    let text = json!({"errors": [{"code": code}]}).to_string();
    let mut response = Response::new(full(text.into_bytes()));
    *response.status_mut() = status;
    response
}

fn full(bytes: Vec<u8>) -> Body {
    Full::new(Bytes::from(bytes))
        .map_err(|never| match never {})
        .boxed_unsync()
}

fn empty() -> Body {
    full(Vec::new())
}
