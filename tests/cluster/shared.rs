//! The local cluster that the tests share. It ends with the process of the tests, however that ends.

use std::path::Path;
use std::sync::OnceLock;

use labproof::cluster::Progress;
use labproof::cluster::local::{ApiServerExtras, ImageRecipe, LocalCluster, UpOptions};
use tokio::runtime::Runtime;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// A cluster to test on, and the runtime that its connection lives by.
pub struct Shared {
    pub cluster: LocalCluster,
    pub runtime: Runtime,
}

impl Shared {
    /// Ends it before the process does.
    pub fn end(self) {
        self.runtime.block_on(self.cluster.down(&Stages)).unwrap();
    }
}

/// Whether the cluster tests are to be left out; then it is said on the terminal, because cargo hides
/// what a passing test prints.
pub fn left_out(test: &str) -> bool {
    let left_out = std::env::var_os("LABPROOF_SKIP_CLUSTER_TESTS").is_some();
    if left_out {
        let line = format!("LEFT OUT: {test}: LABPROOF_SKIP_CLUSTER_TESTS is set\n");
        std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()).unwrap();
    }
    left_out
}

/// The cluster, brought up by the first test that asks.
pub fn cluster() -> &'static LocalCluster {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    let shared = SHARED.get_or_init(|| {
        // A thread of its own: the caller may be inside another runtime.
        let name = format!("tests-{}", std::process::id());
        std::thread::spawn(move || bring_up(&name, 1))
            .join()
            .unwrap()
    });
    &shared.cluster
}

/// A cluster of so many nodes.
pub fn bring_up(name: &str, nodes: u8) -> Shared {
    let recipes = Path::new(env!("CARGO_MANIFEST_DIR")).join("labs/images");
    // What most tests run; runs of labs and some tests add others.
    let images: Vec<ImageRecipe> = ["busybox", "nginx", "retail-store-sample-assets"]
        .iter()
        .flat_map(|file| ImageRecipe::read(&recipes.join(format!("{file}.yaml"))).unwrap())
        .collect();
    let runtime = Runtime::new().unwrap();
    let cluster = runtime
        .block_on(LocalCluster::up(UpOptions {
            api_server: &ApiServerExtras::default(),
            release: None,
            python: false,
            name,
            nodes,
            images: &images,
            confirm: &mut |_| true,
            progress: &Stages,
            stay: false,
            program: Some(Path::new(env!("CARGO_BIN_EXE_labproof"))),
        }))
        .unwrap();
    // It is this process's own from the start, and the runs of the tests are to have it.
    drop(cluster.try_reserve().unwrap());
    Shared { cluster, runtime }
}

/// Shows stages, so that a first run of minutes is seen to go on.
pub struct Stages;

impl Progress for Stages {
    fn stage(&self, number: usize, of: usize, what: &str) {
        let line = format!("[{number}/{of}] {what}\n");
        std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()).unwrap();
    }
    fn advance(&self, _: u64, _: u64, _: &str) {}
}

/// Tests in namespaces of their own run side by side; a lab has the cluster to itself.
static TURN: RwLock<()> = RwLock::const_new(());

/// The cluster beside others.
pub async fn beside_others() -> RwLockReadGuard<'static, ()> {
    TURN.read().await
}

/// The cluster alone.
pub fn alone() -> RwLockWriteGuard<'static, ()> {
    TURN.blocking_write()
}
