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
    _runtime: Runtime,
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
        std::thread::spawn(bring_up).join().unwrap()
    });
    &shared.cluster
}

fn bring_up() -> Shared {
    let recipes = Path::new(env!("CARGO_MANIFEST_DIR")).join("labs/images");
    let images = ImageRecipe::read_dir(&recipes).unwrap();
    let name = format!("tests-{}", std::process::id());
    let runtime = Runtime::new().unwrap();
    let cluster = runtime
        .block_on(LocalCluster::up(UpOptions {
            api_server: &ApiServerExtras::default(),
            python: false,
            name: &name,
            nodes: 1,
            images: &images,
            confirm: &mut |_| true,
            progress: &Stages,
            stay: false,
            program: Some(Path::new(env!("CARGO_BIN_EXE_labproof"))),
        }))
        .unwrap();
    Shared {
        cluster,
        _runtime: runtime,
    }
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
