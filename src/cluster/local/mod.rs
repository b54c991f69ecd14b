//! A real Kubernetes of one node or a few without Docker, made from Debian's packages and source.
//!
//! Entry point: [`LocalCluster::up`]. Steps: fill the cache (programs, images), lay out a state folder
//! (certificates, kubeconfig, what the node is told), start the node in namespaces of its own and wait
//! until it is ready. [`node::main`] is what then runs inside.
//!
//! A cluster lives exactly as long as its node process, which holds a lock for all its life. Interfaces,
//! rules, mounts and processes are in its namespaces and end with it; the state folder and the cgroups
//! are all that a host ever sees of it.

mod apt;
mod cache;
mod cgroup;
pub mod dns;
mod error;
mod image;
mod kubeconfig;
mod kubernetes;
mod lock;
mod member;
mod network;
pub mod node;
mod packages;
mod paths;
mod pki;
mod pulse;
mod python;
mod tool;
mod up;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

pub use self::cache::Supplies;
pub use self::cache::stock::{Entry, State};
pub use self::error::LocalError;
pub use self::image::ImageRecipe;
pub(crate) use self::image::known as known_images;
pub use self::kubernetes::release::Release;
pub(super) use self::lock::{Lock, is_held};
pub use self::member::MOST_NODES;
pub use self::node::spec::NodeFault;
pub(super) use self::paths::state_root;
pub use self::pulse::Pulse;
pub use self::up::{ApiServerExtras, UpOptions};

use self::cache::hold::Hold;
use self::cgroup::Cgroup;
use self::image::BuiltImage;
use self::node::spec::{Answer, Request};
use self::paths::StateDir;
use super::Progress;

/// The Kubernetes version of a local cluster, without a leading `v`.
pub const KUBERNETES_VERSION: &str = kubernetes::VERSION;

/// The name of the cluster that `labproof cluster up` brings up.
pub const DEFAULT_NAME: &str = "labproof";

/// Whether a local cluster can run on this machine, as far as that can be told without trying.
///
/// # Errors
/// What is missing, in words.
pub(super) fn can_run() -> Result<(), String> {
    if !cfg!(target_os = "linux") {
        return Err("this is not Linux, which a local cluster needs".to_owned());
    }
    if !rustix::process::geteuid().is_root() {
        return Err("labproof does not run as root, which a local cluster needs".to_owned());
    }
    Ok(())
}

/// Whether a local cluster puts a program of that name on the PATH of labs.
pub fn brings(tool: &str) -> bool {
    tool == "kubectl" || packages::SPARE.contains(&tool)
}

/// What the cache has for a local cluster.
pub(super) fn supplies() -> Supplies {
    cache::supplies(&paths::cache_root())
}

/// Everything in the cache; with `verify` all of its content is read. Recipes tell which images are still made.
pub fn cached(recipes: &[ImageRecipe], verify: bool) -> Vec<Entry> {
    cache::stock::list(&paths::cache_root(), recipes, verify)
}

/// Whether the image of a recipe is in the cache.
pub fn is_made(recipe: &ImageRecipe) -> bool {
    let images = cache::Cache::at(&paths::cache_root()).images;
    image::missing(&images, &[recipe]).is_empty()
}

/// Removes from the cache what nothing needs any more, or with `all` everything that nobody uses; gives what went, or
/// with `dry_run` what would go.
///
/// # Errors
/// Something cannot be removed.
pub async fn prune(
    recipes: &[ImageRecipe],
    all: bool,
    dry_run: bool,
    progress: &dyn Progress,
) -> Result<Vec<Entry>, LocalError> {
    cache::stock::prune(&paths::cache_root(), recipes, all, dry_run, progress).await
}

/// The folder of the cache.
pub fn cache_folder() -> PathBuf {
    paths::cache_root()
}

/// The archives of these images, made from their recipes where they are not in the cache yet.
pub(super) async fn image_archives(
    recipes: &[&ImageRecipe],
    confirm: &mut (dyn FnMut(&[String]) -> bool + Send),
    progress: &dyn Progress,
) -> Result<Vec<PathBuf>, LocalError> {
    cache::ensure_images(&paths::cache_root(), recipes, confirm, progress).await
}

/// A running local cluster.
#[derive(Debug)]
pub struct LocalCluster {
    name: String,
    kubeconfig: PathBuf,
    bin: PathBuf,
    state: StateDir,
    /// The connection that a node which shall not stay lives by.
    tie: Option<UnixStream>,
    /// The reservation of one that was made here and shall not stay: it is nobody else's from the start.
    reserved: Mutex<Option<Reservation>>,
    /// What it uses of the cache; its node holds most of it as well.
    _holds: Vec<Hold>,
}

/// The right to work on a cluster, held by one run at a time; given back when it is dropped or the
/// process ends.
#[derive(Debug)]
pub struct Reservation {
    _lock: Lock,
}

impl Reservation {
    fn try_take(state: &StateDir) -> Result<Option<Self>, LocalError> {
        Ok(Lock::try_take(&state.reservation())?.map(|lock| Self { _lock: lock }))
    }
}

/// What is known of a cluster from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterStatus {
    /// The cluster's name.
    pub name: String,
    /// Whether it is there.
    pub life: Life,
    /// Whether a run works on it.
    pub reserved: bool,
    /// Where its files and logs are.
    pub folder: PathBuf,
}

/// How far a cluster has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// Its node runs, and it is not ready yet.
    Starting,
    /// It can be used.
    Running,
    /// It has ended without being taken down; `up` and `down` clear it away.
    Dead,
}

/// Written when a cluster is ready.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Ready {
    nodes: u8,
    /// The version of Kubernetes; a cluster of an older labproof has the one that is built here.
    #[serde(default = "built_version")]
    version: String,
    images: Vec<BuiltImage>,
}

fn built_version() -> String {
    KUBERNETES_VERSION.to_owned()
}

impl LocalCluster {
    /// Brings a cluster up, or finds it running; then only the images that it lacks are added.
    ///
    /// The future may be dropped at any moment; what it has started ends with it.
    ///
    /// # Errors
    /// Each [`LocalError`] says what stood in the way and what to do next.
    pub async fn up(options: UpOptions<'_>) -> Result<Self, LocalError> {
        up::up(options).await
    }

    /// The running cluster of that name.
    pub fn find(name: &str) -> Option<Self> {
        let state = StateDir::of(name).ok()?;
        (life(&state) == Some(Life::Running)).then(|| Self::at(name, state))
    }

    /// All clusters of this user, whatever has become of them, in the order of their names.
    pub fn list() -> Vec<ClusterStatus> {
        let mut all: Vec<ClusterStatus> = std::fs::read_dir(paths::state_root())
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let state = StateDir::of(&name).ok()?;
                let reserved = lock::is_held(&state.reservation());
                Some(ClusterStatus {
                    life: life(&state)?,
                    name,
                    reserved,
                    folder: state.dir,
                })
            })
            .collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }

    fn at(name: &str, state: StateDir) -> Self {
        Self {
            name: name.to_owned(),
            kubeconfig: state.kubeconfig(),
            bin: state.bin(),
            state,
            tie: None,
            reserved: Mutex::default(),
            _holds: Vec::new(),
        }
    }

    /// The names of the images that can be pulled on it.
    pub(super) fn images(&self) -> Result<Vec<String>, LocalError> {
        let ready = up::read_ready(&self.state)?;
        Ok(ready.images.into_iter().map(|image| image.name).collect())
    }

    /// The cluster's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version of Kubernetes, without a leading `v`; `None` where it has ended.
    pub fn version(&self) -> Option<String> {
        let ready = std::fs::read(self.state.ready()).ok()?;
        Some(serde_json::from_slice::<Ready>(&ready).ok()?.version)
    }

    /// The administrator's kubeconfig, with one context.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// A folder to put first on PATH: it holds a kubectl of the cluster's own version, nothing else.
    pub fn bin_dir(&self) -> &Path {
        &self.bin
    }

    /// A folder to put last on PATH: programs that labs use and the machine may lack.
    pub fn spare_dir(&self) -> PathBuf {
        self.state.spare()
    }

    /// A folder to put first on PATH: a python3 with the Kubernetes client, where [`UpOptions::python`] asked for it.
    pub fn python_dir() -> PathBuf {
        python::programs(&cache::Cache::at(&paths::cache_root()).python)
    }

    /// The folder of the components' logs.
    pub fn log_dir(&self) -> PathBuf {
        self.state.logs()
    }

    /// The file that `cluster up` keeps the cluster's baseline in.
    pub fn baseline(&self) -> PathBuf {
        self.state.baseline()
    }

    /// How many nodes it has; 0 when it has ended.
    pub fn nodes(&self) -> u8 {
        std::fs::read(self.state.ready())
            .ok()
            .and_then(|text| serde_json::from_slice::<Ready>(&text).ok())
            .map_or(0, |ready| ready.nodes)
    }

    /// What tells how the cluster is, for somebody beside.
    pub fn pulse(&self) -> Pulse {
        Pulse::of(&self.name, &self.state)
    }

    /// Whether it was made here, and ends when this value is dropped.
    pub fn ends_with_this(&self) -> bool {
        self.tie.is_some()
    }

    /// Takes the cluster for one run; `None` while another run has it.
    ///
    /// # Errors
    /// The lock file cannot be opened.
    pub fn try_reserve(&self) -> Result<Option<Reservation>, LocalError> {
        let reserved = self.reserved.lock();
        let mut reserved = reserved.unwrap_or_else(std::sync::PoisonError::into_inner);
        match reserved.take() {
            Some(reservation) => Ok(Some(reservation)),
            None => Reservation::try_take(&self.state),
        }
    }

    /// Ends the cluster and removes all that is left of it.
    ///
    /// # Errors
    /// Its files cannot be removed.
    pub async fn down(self, progress: &dyn Progress) -> Result<(), LocalError> {
        Self::remove(&self.name, progress).await
    }

    /// Removes the cluster of that name in whatever state it is: running, half started, dead or not there.
    ///
    /// # Errors
    /// The name cannot be a cluster's, or files cannot be removed.
    pub async fn remove(name: &str, progress: &dyn Progress) -> Result<(), LocalError> {
        let state = StateDir::of(name)?;
        if !paths::state_root().exists() {
            return Ok(());
        }
        progress.stage(1, 1, "taking the cluster down");
        let _turn = Turn::take(&state, || {
            progress.advance(0, 1, "waiting for another labproof")
        })
        .await?;
        clear(&state).await
    }
}

/// What a cluster's locks say of it; `None` when there is no trace of it.
fn life(state: &StateDir) -> Option<Life> {
    if !state.dir.is_dir() {
        return None;
    }
    Some(
        match (lock::is_held(&state.lock()), state.ready().exists()) {
            (true, true) => Life::Running,
            (true, false) => Life::Starting,
            (false, _) => Life::Dead,
        },
    )
}

/// Clears away what clusters left that were killed, and marks of turns that nobody takes any more.
async fn sweep(own: &str) {
    let entries = std::fs::read_dir(paths::state_root());
    let names: std::collections::BTreeSet<String> = entries
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let turn = name
                .strip_prefix('.')
                .and_then(|rest| rest.strip_suffix(".turn"));
            Some(turn.unwrap_or(&name).to_owned())
        })
        .collect();
    for name in names.iter().filter(|name| *name != own) {
        let Ok(state) = StateDir::of(name) else {
            continue;
        };
        // Whoever brings a cluster up has its turn all the while.
        if matches!(life(&state), None | Some(Life::Dead))
            && let Ok(Some(_turn)) = Turn::try_take(&state)
            && matches!(life(&state), None | Some(Life::Dead))
        {
            let _ = clear(&state).await;
        }
    }
}

/// The right to bring a cluster up or down; its mark goes when nothing is left of the cluster.
struct Turn {
    _lock: Lock,
    state: StateDir,
}

impl Turn {
    fn try_take(state: &StateDir) -> Result<Option<Self>, LocalError> {
        let root = paths::state_root();
        paths::make_dir(&root)?;
        let lock = match Lock::try_take(&state.turn()) {
            // Another labproof has just removed the empty folder.
            Err(LocalError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                None
            }
            taken => taken?,
        };
        Ok(lock.map(|lock| Self {
            _lock: lock,
            state: state.clone(),
        }))
    }

    /// Waits for the turn; `waiting` is called once if somebody else has it.
    async fn take(state: &StateDir, waiting: impl FnOnce()) -> Result<Self, LocalError> {
        let mut waiting = Some(waiting);
        loop {
            if let Some(turn) = Self::try_take(state)? {
                return Ok(turn);
            }
            if let Some(waiting) = waiting.take() {
                waiting();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.state.dir.exists() {
            let _ = std::fs::remove_file(self.state.turn());
            // Only the last cluster leaves the folder empty.
            let _ = std::fs::remove_dir(paths::state_root());
        }
    }
}

/// Ends what runs under a name, and removes cgroups and files. The caller holds the turn.
async fn clear(state: &StateDir) -> Result<(), LocalError> {
    if lock::is_held(&state.lock()) {
        let _ = tokio::time::timeout(Duration::from_secs(2), ask(state, &Request::Stop)).await;
        for _ in 0..100 {
            if !lock::is_held(&state.lock()) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    let cgroup = Cgroup::of(state);
    // What did not listen is killed by its cgroup, which no process of anybody else is in.
    let removed = tokio::task::spawn_blocking(move || cgroup.remove(Duration::from_secs(10))).await;
    if !removed.unwrap_or(false) {
        return Err(LocalError::Tool {
            program: format!("removing the cgroups of {}", state.name()),
            tail: "processes in them do not end; look for them in /sys/fs/cgroup".to_owned(),
        });
    }
    closed(state).await;
    match std::fs::remove_dir_all(&state.dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(LocalError::io("removed", &state.dir)(error))
        }
        _ => Ok(()),
    }
}

/// Waits until nobody listens on the cluster's port of the host any more: `unshare`, which is in none of its cgroups, goes last, and
/// has the listener as its standard input.
async fn closed(state: &StateDir) {
    let Some(address) = kubeconfig::address(&state.kubeconfig()) else {
        return;
    };
    for _ in 0..100 {
        if tokio::net::TcpStream::connect(&address).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Asks a node for something; `Done` as well when it ended over it.
async fn ask(state: &StateDir, request: &Request) -> Result<Answer, LocalError> {
    let path = state.control();
    let failed = || LocalError::io("asked", &path);
    let mut line = serde_json::to_string(request).map_err(|error| failed()(error.into()))?;
    line.push('\n');
    let mut stream = UnixStream::connect(&path).await.map_err(failed())?;
    stream.write_all(line.as_bytes()).await.map_err(failed())?;
    let mut answer = String::new();
    BufReader::new(stream)
        .read_line(&mut answer)
        .await
        .map_err(failed())?;
    if answer.is_empty() {
        return Ok(Answer::Done);
    }
    serde_json::from_str(&answer).map_err(|error| failed()(error.into()))
}
