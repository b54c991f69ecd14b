//! Brings a cluster up: cache, state folder, node, and the wait until it is ready.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use super::cache::{self, Cache};
use super::cgroup::Cgroup;
use super::error::{LocalError, last_words, tail};
use super::image::{self, BuiltImage, ImageRecipe};
use super::kubernetes::release::Release;
use super::kubernetes::version::Version;
use super::member::{MOST_NODES, Member};
use super::node::spec::{Answer, KEEP, NodeSpec, Report, Request};
use super::packages::{self, Tools};
use super::paths::{StateDir, cache_root, make_dir, write_private};
use super::{
    Life, LocalCluster, Ready, Reservation, Turn, ask, clear, kubeconfig, life, pki, sweep,
};
use crate::cluster::Progress;
use crate::syntax::quoted;

/// How long a cluster may take to become ready.
const PATIENCE: Duration = Duration::from_secs(120);

/// What `up` needs to know.
pub struct UpOptions<'a> {
    /// The cluster's name: 1 to 24 lower-case letters, digits and dashes, a letter first.
    pub name: &'a str,
    /// How many nodes it shall have, 1 to [`MOST_NODES`]; one that runs may have more.
    pub nodes: u8,
    /// Images that can be pulled on the cluster.
    pub images: &'a [ImageRecipe],
    /// Whether these Debian packages may be fetched; asked only when some are missing.
    pub confirm: &'a mut (dyn FnMut(&[String]) -> bool + Send),
    /// The official version of Kubernetes that it shall have; without one, the version that is built here.
    pub release: Option<&'a Release>,
    /// Whether the cache shall have a python3 with the Kubernetes client.
    pub python: bool,
    /// More flags and configuration of the API server, of a cluster that is made; one that runs stays as
    /// it is.
    pub api_server: &'a ApiServerExtras,
    /// Told what happens.
    pub progress: &'a dyn Progress,
    /// Whether the cluster outlives this process. One that does not ends when the [`LocalCluster`] is
    /// dropped, or the process ends in whatever way.
    pub stay: bool,
    /// The labproof program that becomes the node; this process's own when `None`.
    pub program: Option<&'a Path>,
}

/// What the API server gets beside labproof's own flags: other ways to authenticate, an audit log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApiServerExtras {
    /// Flags, such as `--v=4`. They come last, and so count before labproof's own.
    pub flags: Vec<String>,
    /// Files that the flags name, by their names: the API server finds them in [`Self::FILES`].
    pub files: Vec<(String, String)>,
}

impl ApiServerExtras {
    /// Where the API server sees its files.
    pub const FILES: &'static str = "/labproof/state/api-server";
}

pub(super) async fn up(options: UpOptions<'_>) -> Result<LocalCluster, LocalError> {
    let UpOptions {
        name,
        nodes,
        images,
        python,
        release,
        confirm,
        api_server,
        progress,
        program,
        stay,
    } = options;
    if !cfg!(target_os = "linux") {
        return Err(LocalError::NotLinux);
    }
    if !(1..=MOST_NODES).contains(&nodes) {
        return Err(LocalError::ManyNodes {
            wanted: nodes,
            most: MOST_NODES,
        });
    }
    let state = StateDir::of(name)?;
    if !rustix::process::geteuid().is_root() {
        return Err(LocalError::NotRoot);
    }
    let _turn = Turn::take(&state, || {
        progress.stage(
            1,
            1,
            "waiting for another labproof that brings this cluster up or down",
        );
    })
    .await?;
    sweep(name).await;
    if let Some(release) = release
        && let Some(has) = LocalCluster::find(name).and_then(|cluster| cluster.version())
        && !release.is(&has)
    {
        return Err(LocalError::OtherVersion {
            name: name.to_owned(),
            has,
            wanted: release.version.to_string(),
        });
    }
    let pause = image::pause()?;
    let mut wanted: Vec<&ImageRecipe> = vec![&pause];
    wanted.extend(images);
    let (cache, holds) =
        cache::ensure(&cache_root(), &wanted, python, release, confirm, progress).await?;
    let images: Vec<BuiltImage> = images.iter().map(image::built).collect();
    if life(&state) == Some(Life::Running) {
        add_images(name, &state, nodes, &images).await?;
        return Ok(LocalCluster {
            _holds: holds,
            ..LocalCluster::at(name, state)
        });
    }
    progress.stage(1, 1, "starting the cluster");
    clear(&state).await?;
    let program = match program {
        Some(program) => program.to_path_buf(),
        None => std::env::current_exe()
            .map_err(LocalError::io("found", Path::new("labproof itself")))?,
    };
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))
        .map_err(LocalError::io("bound", Path::new("127.0.0.1:0")))?;
    let members = Member::all(nodes);
    // From here on, what was begun goes where it is not finished.
    let mut starting = Starting {
        name,
        state: &state,
        node: None,
        lines: None,
        keep: false,
    };
    lay_out(
        name,
        &state,
        (&cache, api_server),
        &members,
        (image::built(&pause), &images),
        &listener,
    )?;
    Cgroup::of(&state).create(&members)?;
    starting.spawn(&program, listener)?;
    match starting.wait(progress).await {
        Ok(()) => {}
        Err(error) => {
            // The logs that the message names stay.
            starting.end();
            starting.keep = true;
            return Err(error);
        }
    }
    let ready = Ready {
        nodes,
        version: cache.version.clone(),
        images,
    };
    // Before anybody can find it.
    let reserved = match stay {
        true => None,
        false => Reservation::try_take(&state)?,
    };
    write_ready(&state, &ready)?;
    let tie = starting.release(stay).await?;
    Ok(LocalCluster {
        tie,
        reserved: Mutex::new(reserved),
        _holds: holds,
        ..LocalCluster::at(name, state.clone())
    })
}

/// Gives a running cluster the images that it lacks.
async fn add_images(
    name: &str,
    state: &StateDir,
    nodes: u8,
    images: &[BuiltImage],
) -> Result<(), LocalError> {
    let mut ready = read_ready(state)?;
    if ready.nodes < nodes {
        return Err(LocalError::FewNodes {
            name: name.to_owned(),
            has: ready.nodes,
            wanted: nodes,
        });
    }
    let lacking: Vec<BuiltImage> = images
        .iter()
        .filter(|image| !ready.images.contains(image))
        .cloned()
        .collect();
    if lacking.is_empty() {
        return Ok(());
    }
    if let Answer::Failed(reason) = ask(state, &Request::Have(lacking.clone())).await? {
        let image = lacking
            .first()
            .map(|image| image.name.clone())
            .unwrap_or_default();
        return Err(LocalError::Image {
            image,
            reason: format!("could not be added: {reason}"),
        });
    }
    ready
        .images
        .retain(|old| lacking.iter().all(|new| new.name != old.name));
    ready.images.extend(lacking);
    write_ready(state, &ready)
}

/// What a complete cluster has.
pub(super) fn read_ready(state: &StateDir) -> Result<Ready, LocalError> {
    let path = state.ready();
    let text = std::fs::read(&path).map_err(LocalError::io("read", &path))?;
    serde_json::from_slice(&text).map_err(|error| LocalError::io("read", &path)(error.into()))
}

/// The mark of a complete cluster appears at once, whole.
fn write_ready(state: &StateDir, ready: &Ready) -> Result<(), LocalError> {
    let path = state.ready();
    let draft = path.with_extension("draft");
    let text = serde_json::to_vec(ready)
        .map_err(|error| LocalError::io("written", &path)(error.into()))?;
    write_private(&draft, &text)?;
    std::fs::rename(&draft, &path).map_err(LocalError::io("written", &path))
}

/// Fills a new state folder.
fn lay_out(
    name: &str,
    state: &StateDir,
    (cache, api_server): (&Cache, &ApiServerExtras),
    members: &[Member],
    (pause, images): (BuiltImage, &[BuiltImage]),
    listener: &std::net::TcpListener,
) -> Result<(), LocalError> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .mode(0o700)
        .create(&state.dir)
        .map_err(LocalError::io("created", &state.dir))?;
    for folder in [state.logs(), state.root(), state.bin(), state.spare()] {
        make_dir(&folder)?;
    }
    pki::write(&state.pki(), members)?;
    make_dir(&state.api_server())?;
    for (name, text) in &api_server.files {
        write_private(&state.api_server().join(name), text.as_bytes())?;
    }
    let address = listener
        .local_addr()
        .map_err(LocalError::io("bound", Path::new("127.0.0.1:0")))?;
    let context = format!("labproof-{name}");
    kubeconfig::write(
        &state.kubeconfig(),
        &context,
        &format!("https://{address}"),
        &state.pki(),
        "admin",
    )?;
    write_kubectl(state, &cache.kubernetes.join("kubectl"))?;
    for program in packages::SPARE {
        write_spare(&state.spare().join(program), &cache.tools, program)?;
    }
    let system = rustix::system::sysinfo();
    let spec = NodeSpec {
        name: name.to_owned(),
        tools: cache.tools.dir.clone(),
        kubernetes: cache.kubernetes.clone(),
        archives: cache.images.clone(),
        pause,
        images: images.to_vec(),
        minor: Version::parse(&cache.version)?.minor,
        nodes: members.len().try_into().unwrap_or(1),
        pods_cgroup: Cgroup::of(state).pods_root(),
        memory: u64::from(system.mem_unit) * system.totalram / 2,
        api_server_flags: api_server.flags.clone(),
    };
    let text = serde_json::to_vec_pretty(&spec)
        .map_err(|error| LocalError::io("written", &state.spec())(error.into()))?;
    write_private(&state.spec(), &text)
}

/// Writes the cluster's kubectl: it keeps what it caches with the cluster and not in the user's HOME, which before 1.25 no variable
/// can tell it. A plugin must come before any flag.
fn write_kubectl(state: &StateDir, kubectl: &Path) -> Result<(), LocalError> {
    let cache = state.dir.join("kubectl-cache");
    let (kubectl, cache) = (kubectl.to_string_lossy(), cache.to_string_lossy());
    let (kubectl, cache) = (quoted(&kubectl), quoted(&cache));
    let script = format!(
        "#!/bin/sh\n\
         command -v \"kubectl-$1\" >/dev/null && exec {kubectl} \"$@\"\n\
         exec {kubectl} --cache-dir={cache} \"$@\"\n"
    );
    write_script(&state.bin().join("kubectl"), &script)
}

/// Writes a script that runs an unpacked program with the libraries that were unpacked with it.
fn write_spare(path: &Path, tools: &Tools, program: &str) -> Result<(), LocalError> {
    let script = format!(
        "#!/bin/sh\nLD_LIBRARY_PATH={} exec {} \"$@\"\n",
        quoted(&tools.libraries()),
        quoted(&tools.dir.join("usr/bin").join(program).to_string_lossy()),
    );
    write_script(path, &script)
}

fn write_script(path: &Path, script: &str) -> Result<(), LocalError> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, script)
        .and_then(|()| std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)))
        .map_err(LocalError::io("written", path))
}

/// A node that is not meant to stay yet: when this is dropped, it ends.
struct Starting<'a> {
    name: &'a str,
    state: &'a StateDir,
    node: Option<Child>,
    lines: Option<BufReader<UnixStream>>,
    keep: bool,
}

impl Starting<'_> {
    fn spawn(&mut self, program: &Path, listener: std::net::TcpListener) -> Result<(), LocalError> {
        let broken = || LocalError::io("connected", Path::new("the node"));
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().map_err(broken())?;
        ours.set_nonblocking(true).map_err(broken())?;
        self.lines = Some(BufReader::new(
            UnixStream::from_std(ours).map_err(broken())?,
        ));
        let console = self.console();
        let errors =
            std::fs::File::create(&console).map_err(LocalError::io("created", &console))?;
        let mut command = Command::new("setsid");
        command.args([
            "unshare",
            "--net",
            "--mount",
            "--pid",
            "--ipc",
            "--uts",
            "--fork",
            "--mount-proc",
            "--kill-child",
            "--",
        ]);
        command
            .arg(program)
            .args(["cluster", "node", "--state"])
            .arg(&self.state.dir);
        command.stdin(Stdio::from(OwnedFd::from(listener)));
        command.stdout(Stdio::from(OwnedFd::from(theirs)));
        command.stderr(Stdio::from(errors)).current_dir("/");
        self.node = Some(
            command
                .spawn()
                .map_err(LocalError::io("run", Path::new("unshare")))?,
        );
        Ok(())
    }

    /// What the node prints before it has a log, and what unshare itself has to say.
    fn console(&self) -> PathBuf {
        self.state.log("node-console")
    }

    /// Reads what the node reports until it is ready.
    async fn wait(&mut self, progress: &dyn Progress) -> Result<(), LocalError> {
        let begun = Instant::now();
        let mut waiting_for = "the node".to_owned();
        let mut steps = 0;
        loop {
            let Some(lines) = &mut self.lines else {
                return Err(self.silent());
            };
            let mut line = String::new();
            let left = PATIENCE.saturating_sub(begun.elapsed());
            let Ok(read) = tokio::time::timeout(left, lines.read_line(&mut line)).await else {
                return Err(LocalError::NotReady {
                    waiting_for,
                    after: PATIENCE,
                    logs: self.state.logs(),
                });
            };
            if read.unwrap_or(0) == 0 {
                return Err(self.silent());
            }
            match serde_json::from_str(&line) {
                Ok(Report::Ready) => return Ok(()),
                Ok(Report::Waiting(what)) => {
                    steps += 1;
                    progress.advance(steps, 5, &format!("waiting for {what}"));
                    waiting_for = what;
                }
                Ok(Report::Failed(reason)) => {
                    return Err(LocalError::Node {
                        reason,
                        log: self.state.log("node"),
                    });
                }
                Ok(Report::Died { component, status }) => {
                    let log = self.state.log(&component);
                    let text = std::fs::read(&log).unwrap_or_default();
                    let tail = last_words(&String::from_utf8_lossy(&text));
                    return Err(LocalError::ComponentDied {
                        component,
                        status,
                        tail,
                        log,
                    });
                }
                Err(error) => {
                    return Err(LocalError::Node {
                        reason: error.to_string(),
                        log: self.console(),
                    });
                }
            }
        }
    }

    /// The node ended without a report: its console tells why.
    fn silent(&self) -> LocalError {
        let console = std::fs::read_to_string(self.console()).unwrap_or_default();
        if let Some(reason) = console
            .lines()
            .find_map(|line| line.strip_prefix("unshare: "))
        {
            return LocalError::Namespaces {
                reason: reason.to_owned(),
            };
        }
        let reason = match tail(&console, 5) {
            words if words.is_empty() => "it ended without a word".to_owned(),
            words => words,
        };
        LocalError::Node {
            reason,
            log: self.console(),
        }
    }

    /// Lets the node live on: by itself, or for as long as the connection that is given back.
    async fn release(mut self, stay: bool) -> Result<Option<UnixStream>, LocalError> {
        if stay && let Some(lines) = &mut self.lines {
            let word = format!("{KEEP}\n");
            lines
                .get_mut()
                .write_all(word.as_bytes())
                .await
                .map_err(|_| LocalError::Gone {
                    name: self.name.to_owned(),
                })?;
        }
        self.node = None;
        self.keep = true;
        Ok(self
            .lines
            .take()
            .filter(|_| !stay)
            .map(BufReader::into_inner))
    }

    /// Ends the node and removes its cgroups.
    fn end(&mut self) {
        if let Some(mut node) = self.node.take() {
            let _ = node.start_kill();
        }
        Cgroup::of(self.state).remove(Duration::from_secs(3));
    }
}

impl Drop for Starting<'_> {
    fn drop(&mut self) {
        if !self.keep {
            self.end();
            let _ = std::fs::remove_dir_all(&self.state.dir);
        }
    }
}
