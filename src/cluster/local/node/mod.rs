//! The node's first process: PID 1 in namespaces of its own, whose end ends everything.
//!
//! Entry point: [`main`], behind the hidden command `labproof cluster node --state DIR`. Steps: take the
//! lock that says "alive", enter a root of its own, set the network up, start the programs in the order
//! in which they need each other, report that the cluster is ready, then carry the API server's port out,
//! answer requests and restart what ends.
//!
//! Its standard input is the listening socket on the host's loopback; its standard output is a socket to
//! the `up` that started it.

mod bootstrap;
mod component;
pub(crate) mod environment;
mod flags;
mod images;
mod log;
mod rooms;
mod root;
pub(crate) mod spec;
mod supervise;

use std::os::fd::AsFd;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::mpsc;

use self::component::{API_ADDRESS, Component, ETCD_ADDRESS, MemberComponents, containerd_socket};
use self::environment::{Environment, state_dir};
use self::log::BoundedLog;
use self::rooms::Room;
use self::spec::{Answer, KEEP, NodeSpec, Report, Request};
use self::supervise::{Death, Supervisor};
use super::cache::hold::Hold;
use super::cgroup::Cgroup;
use super::error::LocalError;
use super::image::registry::{self, Registry};
use super::lock::Lock;
use super::member::Member;
use super::network;
use super::paths::StateDir;

/// How often an image is tried to be loaded while the cluster starts.
const IMPORTS: usize = 3;
/// How long the API server may be silent.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs the node until it is told to stop; must be the first process of its namespaces, within a tokio
/// runtime.
///
/// # Errors
/// The node could not be set up, or a program ended for good. The `up` that started it has been told.
pub async fn main(state: &Path) -> Result<(), LocalError> {
    let outside = StateDir {
        dir: state.to_path_buf(),
    };
    let Some(_alive) = Lock::try_take(&outside.lock())? else {
        return Err(LocalError::Node {
            reason: "it is running already".to_owned(),
            log: outside.log("node"),
        });
    };
    let (listener, starter) = inherited()?;
    let (listen, mut say) = starter.into_split();
    // From here on failures are told to whoever started the node.
    let (reports, mut outbox) = mpsc::unbounded_channel::<Report>();
    let result = tokio::select! {
        result = run(&outside, listener, listen, reports.clone()) => result,
        // The sender in `reports` keeps this one pending for ever.
        () = deliver(&mut outbox, &mut say) => Ok(()),
    };
    while let Ok(report) = outbox.try_recv() {
        send(&mut say, &report).await;
    }
    if let Err(error) = &result {
        let report = match error {
            LocalError::ComponentDied {
                component, status, ..
            } => Report::Died {
                component: component.clone(),
                status: status.clone(),
            },
            other => Report::Failed(other.to_string()),
        };
        send(&mut say, &report).await;
    }
    result
}

/// The sockets that came as standard input and output.
fn inherited() -> Result<(TcpListener, UnixStream), LocalError> {
    let broken = LocalError::io("inherited", Path::new("standard input and output"));
    let open = || -> std::io::Result<(TcpListener, UnixStream)> {
        let listener = std::net::TcpListener::from(std::io::stdin().as_fd().try_clone_to_owned()?);
        listener.set_nonblocking(true)?;
        let starter =
            std::os::unix::net::UnixStream::from(std::io::stdout().as_fd().try_clone_to_owned()?);
        starter.set_nonblocking(true)?;
        Ok((
            TcpListener::from_std(listener)?,
            UnixStream::from_std(starter)?,
        ))
    };
    open().map_err(broken)
}

async fn deliver(
    outbox: &mut mpsc::UnboundedReceiver<Report>,
    say: &mut tokio::net::unix::OwnedWriteHalf,
) {
    while let Some(report) = outbox.recv().await {
        send(say, &report).await;
    }
}

async fn send(say: &mut tokio::net::unix::OwnedWriteHalf, report: &Report) {
    if let Ok(mut line) = serde_json::to_string(report) {
        line.push('\n');
        let _ = say.write_all(line.as_bytes()).await;
    }
}

async fn run(
    outside: &StateDir,
    listener: TcpListener,
    listen: OwnedReadHalf,
    reports: mpsc::UnboundedSender<Report>,
) -> Result<(), LocalError> {
    let spec = read_spec(outside)?;
    // Held for the node's life: `cluster cache prune` leaves what it runs.
    let _holds: Vec<Hold> = [&spec.tools, &spec.kubernetes]
        .into_iter()
        .filter_map(|entry| Hold::take(entry))
        .collect();
    Cgroup::of(outside).enter()?;
    rustix::system::sethostname(Member::FIRST.name().as_bytes())
        .map_err(|error| LocalError::io("named", Path::new("the host"))(error.into()))?;
    root::enter(outside, &spec)?;
    let inside = StateDir { dir: state_dir() };
    let journal = Arc::new(Mutex::new(BoundedLog::create(&inside.log("node"))));
    let environment = Environment::inside();
    let (supervisor, mut deaths) = Supervisor::new(&inside, &environment, journal);
    tokio::spawn(supervisor.clone().reap());
    tokio::spawn(supervisor.clone().watch_disk());
    tokio::spawn(forward(listener));
    let registry = Registry::of(environment::images_dir());
    registry.add(&spec.images);
    // All addresses of the namespace: the other nodes ask it too.
    let listener = TcpListener::bind(("0.0.0.0", registry::PORT))
        .await
        .map_err(LocalError::io("bound", Path::new("the images' port")))?;
    tokio::spawn(registry.clone().serve(listener));
    let control =
        UnixListener::bind(inside.control()).map_err(LocalError::io("bound", &inside.control()))?;

    let (kept, mut orphaned) = tokio::sync::oneshot::channel();
    tokio::spawn(wait_for_keep(listen, kept));
    let mut starting = Box::pin(start(&spec, &environment, &supervisor, &reports));
    let _rooms = tokio::select! {
        result = &mut starting => result?,
        death = deaths.recv() => return Err(died(&inside, death)),
        _ = &mut orphaned => return Ok(()),
    };
    drop(starting);
    supervisor.keep_running();
    supervisor.note("ready");
    let _ = reports.send(Report::Ready);
    tokio::select! {
        death = deaths.recv() => Err(died(&inside, death)),
        // An `up` that ends without a word was interrupted.
        _ = orphaned => Ok(()),
        () = answer_requests(control, &environment, &supervisor, &registry, spec.nodes) => Ok(()),
    }
}

fn read_spec(state: &StateDir) -> Result<NodeSpec, LocalError> {
    let path = state.spec();
    let text = std::fs::read(&path).map_err(LocalError::io("read", &path))?;
    serde_json::from_slice(&text).map_err(|error| LocalError::io("read", &path)(error.into()))
}

fn died(state: &StateDir, death: Option<Death>) -> LocalError {
    let (component, status) = death.map_or_else(
        || ("a program".to_owned(), String::new()),
        |death| (death.component, death.status),
    );
    LocalError::ComponentDied {
        log: state.log(&component),
        component,
        status,
        tail: String::new(),
    }
}

/// Resolves when the starter's connection ends before it said that the node shall stay.
async fn wait_for_keep(listen: OwnedReadHalf, orphaned: tokio::sync::oneshot::Sender<()>) {
    let mut lines = BufReader::new(listen).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if line == KEEP {
            // Never to be told anything: the other end waits for ever.
            let () = std::future::pending().await;
        }
    }
    let _ = orphaned.send(());
}

/// Starts everything; each program as soon as what it needs is there. Gives the rooms of the nodes after the first.
async fn start(
    spec: &NodeSpec,
    environment: &Environment,
    supervisor: &Supervisor,
    reports: &mpsc::UnboundedSender<Report>,
) -> Result<Vec<Room>, LocalError> {
    let begun = std::time::Instant::now();
    let waiting = |what: &str| {
        supervisor.note(&format!(
            "{:.2} s: waiting for {what}",
            begun.elapsed().as_secs_f32()
        ));
        let _ = reports.send(Report::Waiting(what.to_owned()));
    };
    let failed = |reason: String| LocalError::Node {
        reason,
        log: supervisor_log(),
    };
    link_programs(environment).await?;
    let members = Member::all(spec.nodes);
    let mut rooms = Vec::new();
    for member in members.iter().filter(|member| !member.is_first()) {
        rooms.push(rooms::make(environment, *member).await?);
    }
    let components = component::prepare(spec)?;
    let launch = |component: &Component| supervisor.start(component);
    waiting("etcd and containerd");
    let control_plane = async {
        for member in &members {
            network::set_up(environment, *member, &members).await?;
        }
        launch(&components.etcd)?;
        bootstrap::listening(ETCD_ADDRESS).await;
        launch(&components.apiserver)?;
        waiting("the API server");
        let client = super::kubeconfig::client(&component::kubeconfig("admin"), PATIENCE)
            .await
            .map_err(failed)?;
        bootstrap::api_answers(&client).await;
        // While it makes itself ready, those that bear a refusal can begin.
        launch(&components.controller_manager)?;
        for on in &components.members {
            bootstrap::listening_on(&containerd_socket(on.member)).await;
            launch(&on.kubelet)?;
        }
        waiting("the API server to be ready");
        bootstrap::api_ready(&client).await;
        launch(&components.scheduler)?;
        for on in &components.members {
            launch(&on.proxy)?;
        }
        launch(&components.dns)?;
        bootstrap::make_objects(&client).await.map_err(failed)?;
        Ok::<_, LocalError>(client)
    };
    let load = async |on: &MemberComponents| {
        launch(&on.containerd)?;
        let mut more = IMPORTS;
        loop {
            bootstrap::listening_on(&containerd_socket(on.member)).await;
            more -= 1;
            match images::load(environment, on.member, &spec.pause).await {
                // containerd may have ended over it; it is started again.
                Err(error) if more > 0 => supervisor.note(&error.to_string()),
                result => return result,
            }
        }
    };
    let loads = futures::future::try_join_all(components.members.iter().map(load));
    let node = async {
        let client = control_plane.await?;
        waiting("the nodes to be Ready");
        // Through kube-proxy's rules, as pods do.
        let dns_service = format!("{}:{}", network::SERVICE_DNS_ADDRESS, network::DNS_PORT);
        tokio::join!(
            bootstrap::nodes_ready(&client, &members),
            bootstrap::accounts_ready(&client, flags::accounts_have_secrets(spec.minor)),
            bootstrap::listening(&dns_service),
        );
        waiting("containerd");
        Ok::<_, LocalError>(())
    };
    tokio::try_join!(node, loads).map(|_| rooms)
}

fn supervisor_log() -> std::path::PathBuf {
    StateDir { dir: state_dir() }.log("node")
}

/// Gives iptables its usual names: Debian does that when the package is installed, and ours is only
/// unpacked. The kernel may know only one of the two kinds.
async fn link_programs(environment: &Environment) -> Result<(), LocalError> {
    let bin = Path::new(environment::BASE).join("bin");
    super::paths::make_dir(&bin)?;
    let sbin = environment::tools_dir().join("usr/sbin");
    let mut kind = "xtables-legacy-multi";
    let mut probe = super::tool::command(sbin.join("xtables-nft-multi"));
    environment.apply(&mut probe);
    probe.args(["iptables", "-w", "-S", "OUTPUT"]);
    if super::tool::output(&mut probe, "trying iptables")
        .await
        .is_ok()
    {
        kind = "xtables-nft-multi";
    }
    for name in [
        "iptables",
        "iptables-save",
        "iptables-restore",
        "ip6tables",
        "ip6tables-save",
        "ip6tables-restore",
    ] {
        let link = bin.join(name);
        std::os::unix::fs::symlink(sbin.join(kind), &link)
            .map_err(LocalError::io("created", &link))?;
    }
    Ok(())
}

/// Carries connections from the host's loopback to the API server inside.
async fn forward(listener: TcpListener) {
    loop {
        let Ok((mut outer, _)) = listener.accept().await else {
            // Out of file descriptors, most likely; some connection will end.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        tokio::spawn(async move {
            if let Ok(mut inner) = TcpStream::connect(API_ADDRESS).await {
                let _ = inner.set_nodelay(true);
                let _ = outer.set_nodelay(true);
                let _ = tokio::io::copy_bidirectional(&mut outer, &mut inner).await;
            }
        });
    }
}

/// Answers requests until one says stop.
async fn answer_requests(
    control: UnixListener,
    environment: &Environment,
    supervisor: &Supervisor,
    registry: &Registry,
    nodes: u8,
) {
    let (stop, mut stopped) = mpsc::channel::<()>(1);
    let answers = Answers {
        environment: environment.clone(),
        supervisor: supervisor.clone(),
        registry: registry.clone(),
        members: Member::all(nodes),
        stop,
    };
    loop {
        tokio::select! {
            _ = stopped.recv() => return,
            accepted = control.accept() => {
                if let Ok((connection, _)) = accepted {
                    tokio::spawn(answers.clone().give(connection));
                }
            }
        }
    }
}

/// What requests are answered with.
#[derive(Clone)]
struct Answers {
    environment: Environment,
    supervisor: Supervisor,
    registry: Registry,
    members: Vec<Member>,
    stop: mpsc::Sender<()>,
}

impl Answers {
    async fn give(self, connection: UnixStream) {
        let (read, mut write) = connection.into_split();
        let mut lines = BufReader::new(read).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let answer = match serde_json::from_str(&line) {
                Ok(Request::Stop) => {
                    let _ = self.stop.send(()).await;
                    return;
                }
                Ok(Request::Have(images)) => {
                    let changed = self.registry.add(&images);
                    load_all(&self.environment, &self.members, &changed).await
                }
                Ok(Request::Faults) => Answer::Faults(self.supervisor.faults()),
                Err(error) => Answer::Failed(error.to_string()),
            };
            let Ok(mut line) = serde_json::to_string(&answer) else {
                return;
            };
            line.push('\n');
            if write.write_all(line.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

/// Loads images that have changed: a kubelet that has pulled one does not ask for it again.
async fn load_all(
    environment: &Environment,
    members: &[Member],
    changed: &[super::image::BuiltImage],
) -> Answer {
    for image in changed {
        for member in members {
            if let Err(error) = images::load(environment, *member, image).await {
                return Answer::Failed(error.to_string());
            }
        }
    }
    Answer::Done
}
