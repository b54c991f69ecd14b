//! Fetches the official programs of a version from the release site or a mirror of it.
//!
//! Entry point: [`fetch`]. For each program: its checksum, then the program itself, all at once and each going on
//! where an earlier attempt stopped. What does not have its checksum is thrown away; the folder of programs
//! appears only when all of them have.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::header::{CONTENT_RANGE, ETAG, IF_RANGE, RANGE};
use reqwest::{Client, Response, StatusCode};
use tokio::io::AsyncWriteExt;

use super::{PROGRAMS, version::Version};
use crate::cluster::Progress;
use crate::cluster::local::cache::seal;
use crate::cluster::local::error::LocalError;
use crate::cluster::local::paths::make_dir;

/// Where Kubernetes' releases are published; a mirror has the same layout,
/// `SITE/vVERSION/bin/linux/ARCHITECTURE/PROGRAM` and beside it `PROGRAM.sha256`.
const SITE: &str = "https://dl.k8s.io/release";

/// How long a site may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long it may send nothing.
const SILENCE: Duration = Duration::from_secs(30);
/// How often a transfer that broke off is taken up again without a byte in between.
const TRIES: u32 = 4;
/// A checksum is 64 digits, some sites add the file's name.
const LONGEST_CHECKSUM: usize = 4096;

/// Which official version is wanted, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    pub(crate) version: Version,
    mirror: Option<String>,
}

impl Release {
    /// The version as people write it (`1.31.0`), and a mirror in place of the release site.
    ///
    /// # Errors
    /// It is no released version, one that a local cluster cannot have, or the mirror is no http(s) address.
    pub fn new(version: &str, mirror: Option<&str>) -> Result<Self, LocalError> {
        let version = Version::parse(version)?;
        let mirror = mirror.map(|mirror| mirror.trim_end_matches('/').to_owned());
        if let Some(address) = &mirror
            && !reqwest::Url::parse(address)
                .is_ok_and(|url| ["http", "https"].contains(&url.scheme()) && url.has_host())
        {
            return Err(LocalError::Mirror {
                address: address.clone(),
            });
        }
        Ok(Self { version, mirror })
    }

    /// Whether it is this version.
    pub(crate) fn is(&self, version: &str) -> bool {
        self.version.to_string() == version
    }

    /// The site that it comes from.
    pub(crate) fn site(&self) -> &str {
        self.mirror.as_deref().unwrap_or(SITE)
    }

    /// Whether the user has named the site.
    pub(crate) fn is_mirrored(&self) -> bool {
        self.mirror.is_some()
    }

    fn address(&self, file: &str) -> Result<String, LocalError> {
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => {
                return Err(LocalError::Version {
                    version: self.version.to_string(),
                    reason: format!("has no programs for {other}"),
                });
            }
        };
        Ok(format!(
            "{}/v{}/bin/linux/{architecture}/{file}",
            self.site(),
            self.version
        ))
    }
}

/// Whether the site has the version; an error where it cannot be asked.
pub(crate) async fn is_there(release: &Release) -> Result<(), LocalError> {
    let site = Site::of(release)?;
    site.checksum(PROGRAMS[0]).await.map(|_| ())
}

/// Fetches all programs into `bin`, which appears when every one of them has its checksum. `work` keeps what an
/// interrupted attempt has got.
pub(crate) async fn fetch(
    release: &Release,
    work: &Path,
    bin: &Path,
    progress: &dyn Progress,
) -> Result<(), LocalError> {
    let site = Site::of(release)?;
    let draft = work.join("bin");
    make_dir(&draft)?;
    let transfers = PROGRAMS.map(|program| Transfer {
        site: &site,
        program,
        part: work.join(format!("{program}.part")),
        place: draft.join(program),
        done: AtomicU64::new(0),
        total: AtomicU64::new(0),
    });
    let show = async {
        loop {
            let told = |counts: [u64; PROGRAMS.len()]| counts.iter().sum::<u64>();
            let done = told(
                transfers
                    .each_ref()
                    .map(|one| one.done.load(Ordering::Relaxed)),
            );
            let total = told(
                transfers
                    .each_ref()
                    .map(|one| one.total.load(Ordering::Relaxed)),
            );
            let detail = format!("{} of {} MB", done >> 20, total >> 20);
            progress.advance(done, total, &detail);
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    };
    let each = transfers.iter().map(Transfer::run);
    tokio::select! {
        result = futures::future::try_join_all(each) => result.map(|_| ())?,
        () = show => {}
    }
    seal::put(&draft, bin, vec![release.address("")?])
}

/// The site, ready to be asked.
struct Site<'a> {
    release: &'a Release,
    client: Client,
}

impl<'a> Site<'a> {
    fn of(release: &'a Release) -> Result<Self, LocalError> {
        // Once a process; whoever was first (kube takes the same one) stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .user_agent(concat!("labproof/", env!("CARGO_PKG_VERSION")))
            // Checksums that came over TLS are worth nothing if a redirect leaves it.
            .https_only(release.site().starts_with("https:"))
            .build()
            .map_err(|error| failed(release.site(), &error))?;
        Ok(Self { release, client })
    }

    async fn get(&self, file: &str, from: u64, etag: Option<&str>) -> Result<Response, LocalError> {
        let address = self.release.address(file)?;
        let mut request = self.client.get(&address);
        if from > 0 {
            request = request.header(RANGE, format!("bytes={from}-"));
            if let Some(etag) = etag {
                request = request.header(IF_RANGE, etag);
            }
        }
        let response = request
            .send()
            .await
            .map_err(|error| failed(&address, &error))?;
        match response.status() {
            status if status.is_success() => Ok(response),
            StatusCode::RANGE_NOT_SATISFIABLE if from > 0 => Ok(response),
            StatusCode::NOT_FOUND | StatusCode::GONE => Err(LocalError::NoRelease {
                version: self.release.version.to_string(),
                address,
            }),
            status => Err(LocalError::Site {
                address,
                reason: format!("it answered {status}"),
            }),
        }
    }

    /// The SHA-256 that the site gives for a program, in hexadecimal digits.
    async fn checksum(&self, program: &str) -> Result<String, LocalError> {
        let file = format!("{program}.sha256");
        let mut tried = 0;
        let text = loop {
            tried += 1;
            match self.short(&file).await {
                Err(LocalError::Site { .. }) if tried < TRIES => pause(tried).await,
                text => break text?,
            }
        };
        let sum = text.split_whitespace().next().unwrap_or_default();
        if sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(sum.to_ascii_lowercase());
        }
        Err(LocalError::Site {
            address: self.release.address(&file)?,
            reason: "what it answered is no SHA-256 checksum".to_owned(),
        })
    }

    /// A short text.
    async fn short(&self, file: &str) -> Result<String, LocalError> {
        let mut response = self.get(file, 0, None).await?;
        let mut bytes = Vec::new();
        loop {
            let chunk = response.chunk().await;
            match chunk.map_err(|error| failed(response.url().as_str(), &error))? {
                Some(chunk) if bytes.len() <= LONGEST_CHECKSUM => bytes.extend_from_slice(&chunk),
                _ => return Ok(String::from_utf8_lossy(&bytes).into_owned()),
            }
        }
    }
}

/// One program on its way.
struct Transfer<'a> {
    site: &'a Site<'a>,
    program: &'static str,
    /// What there is of it.
    part: PathBuf,
    /// Where it is put when it has its checksum.
    place: PathBuf,
    /// Bytes of it that are here, and that there will be.
    done: AtomicU64,
    total: AtomicU64,
}

/// How a transfer ended.
enum Ended {
    /// The site has nothing more to send.
    Complete,
    /// Before that, and why.
    Broken(LocalError),
}

impl Transfer<'_> {
    async fn run(&self) -> Result<(), LocalError> {
        let wanted = self.site.checksum(self.program).await?;
        if self.place.exists() {
            if sha256(&self.place).await? == wanted {
                let size = size(&self.place);
                self.told(size, size);
                return Ok(());
            }
            remove(&self.place)?;
        }
        let resumed = size(&self.part) > 0;
        self.receive().await?;
        let mut found = sha256(&self.part).await?;
        if found != wanted && resumed {
            // The beginning was of another file, perhaps: once more, from nothing.
            self.forget()?;
            self.receive().await?;
            found = sha256(&self.part).await?;
        }
        if found != wanted {
            self.forget()?;
            return Err(LocalError::Checksum {
                address: self.site.release.address(self.program)?,
                wanted,
                found,
            });
        }
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&self.part, std::fs::Permissions::from_mode(0o755))
            .and_then(|()| std::fs::rename(&self.part, &self.place))
            .map_err(LocalError::io("moved", &self.part))?;
        remove(&self.tag())
    }

    /// Receives until the site has nothing more to send, taking up again what breaks off.
    async fn receive(&self) -> Result<(), LocalError> {
        let mut fruitless = 0;
        loop {
            let before = size(&self.part);
            match self.attempt(before).await? {
                Ended::Complete => return Ok(()),
                Ended::Broken(error) => {
                    fruitless = if size(&self.part) > before {
                        1
                    } else {
                        fruitless + 1
                    };
                    if fruitless >= TRIES {
                        return Err(error);
                    }
                    pause(fruitless).await;
                }
            }
        }
    }

    async fn attempt(&self, from: u64) -> Result<Ended, LocalError> {
        let etag = std::fs::read_to_string(self.tag()).ok();
        let mut response = match self.site.get(self.program, from, etag.as_deref()).await {
            Ok(response) => response,
            Err(error @ LocalError::Site { .. }) => return Ok(Ended::Broken(error)),
            Err(error) => return Err(error),
        };
        if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
            // There is nothing after what there is; its checksum tells whether it is the right thing.
            self.told(from, from);
            return Ok(Ended::Complete);
        }
        let goes_on = response.status() == StatusCode::PARTIAL_CONTENT
            && starts_at(&response) == Some(from)
            && from > 0;
        if response.status() == StatusCode::PARTIAL_CONTENT && !goes_on {
            self.forget()?;
            return Ok(Ended::Broken(LocalError::Site {
                address: response.url().to_string(),
                reason: "it sent another part of the file than it was asked for".to_owned(),
            }));
        }
        let at = if goes_on { from } else { 0 };
        // A weak one does not promise the same bytes.
        match response
            .headers()
            .get(ETAG)
            .and_then(|tag| tag.to_str().ok())
        {
            Some(tag) if tag.starts_with('"') => {
                std::fs::write(self.tag(), tag).map_err(LocalError::io("written", &self.tag()))?
            }
            _ => remove(&self.tag())?,
        }
        self.told(at, at + response.content_length().unwrap_or(0));
        let mut file = tokio::fs::OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(!goes_on)
            .append(goes_on)
            .open(&self.part)
            .await
            .map_err(LocalError::io("opened", &self.part))?;
        let ended = loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    file.write_all(&chunk)
                        .await
                        .map_err(LocalError::io("written", &self.part))?;
                    self.done.fetch_add(chunk.len() as u64, Ordering::Relaxed);
                }
                Ok(None) => break Ended::Complete,
                Err(error) => {
                    break Ended::Broken(failed(response.url().as_str(), &error));
                }
            }
        };
        file.flush()
            .await
            .map_err(LocalError::io("written", &self.part))?;
        Ok(ended)
    }

    fn told(&self, done: u64, total: u64) {
        self.done.store(done, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }

    /// Where the site's mark of this version of the file is kept, for as long as the file is a part.
    fn tag(&self) -> PathBuf {
        self.part.with_extension("etag")
    }

    fn forget(&self) -> Result<(), LocalError> {
        remove(&self.part)?;
        remove(&self.tag())
    }
}

/// What went wrong with a request; reqwest puts the cause behind its own words.
fn failed(address: &str, error: &reqwest::Error) -> LocalError {
    use std::error::Error;
    let cause = std::iter::successors(error.source(), |cause| (*cause).source()).last();
    let reason = cause.map_or_else(|| error.to_string(), ToString::to_string);
    let address = address.to_owned();
    if error.is_connect() || error.is_builder() {
        return LocalError::Unreachable { address, reason };
    }
    let reason = if error.is_timeout() {
        format!("it sent nothing for {} s", SILENCE.as_secs())
    } else {
        format!("the transfer broke off ({reason})")
    };
    LocalError::Site { address, reason }
}

/// Where a part begins: `Content-Range: bytes 5-9/10`.
fn starts_at(response: &Response) -> Option<u64> {
    let range = response.headers().get(CONTENT_RANGE)?.to_str().ok()?;
    range
        .strip_prefix("bytes ")?
        .split('-')
        .next()?
        .parse()
        .ok()
}

/// Longer each time, because the site may be overloaded.
async fn pause(tried: u32) {
    tokio::time::sleep(Duration::from_millis(200) * 2u32.pow(tried.min(6))).await;
}

async fn sha256(path: &Path) -> Result<String, LocalError> {
    let path = path.to_path_buf();
    let hash = move || seal::sha256(&path).map_err(LocalError::io("read", &path));
    tokio::task::spawn_blocking(hash)
        .await
        .unwrap_or_else(|error| {
            Err(LocalError::io("read", Path::new("the download"))(
                error.into(),
            ))
        })
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}

fn remove(path: &Path) -> Result<(), LocalError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(LocalError::io("removed", path)(error))
        }
        _ => Ok(()),
    }
}
