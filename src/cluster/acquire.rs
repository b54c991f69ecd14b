//! From what the command line asks for to clusters that a run may work on, and back.

use std::path::PathBuf;
use std::sync::OnceLock;

use kube::config::Kubeconfig;

use super::connection::Tools;
use super::local::{ImageRecipe, LocalCluster, Reservation, UpOptions};
use super::{Choice, ClusterError, Connection, Progress, context, local};

/// What a run needs.
pub struct Request<'a> {
    /// Which cluster.
    pub choice: &'a Choice,
    /// How many, one for each lab that runs at the same time.
    pub jobs: usize,
    /// How many nodes each has, where labproof makes it.
    pub nodes: u8,
    /// Folders with image recipes.
    pub recipes: &'a [PathBuf],
    /// Told how far it is.
    pub progress: &'a dyn Progress,
    /// Asked before Debian packages are downloaded.
    pub confirm: &'a (dyn Fn(&[String]) -> bool + Sync),
}

/// A cluster that a run works on.
pub struct Cluster {
    connection: Connection,
    local: Option<Local>,
}

/// The part that only a local cluster has.
struct Local {
    cluster: LocalCluster,
    /// Keeps other runs away for as long as this one lasts.
    _reservation: Reservation,
    /// This run brought it up, so this run takes it down.
    ours: bool,
}

impl Cluster {
    /// The way to it.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Ends what this run started; anything else stays as it is.
    ///
    /// # Errors
    /// When something of a local cluster does not go away.
    pub async fn release(self, progress: &dyn Progress) -> Result<(), ClusterError> {
        match self.local {
            Some(local) if local.ours => Ok(local.cluster.down(progress).await?),
            _ => Ok(()),
        }
    }
}

/// Gets the clusters that are asked for.
///
/// # Errors
/// Why there is none, with what to do about it. What was brought up on the way is ended.
pub async fn acquire(request: &Request<'_>) -> Result<Vec<Cluster>, ClusterError> {
    let foreign = |connection| Cluster {
        connection,
        local: None,
    };
    match request.choice {
        Choice::None => (0..request.jobs)
            .map(|_| Connection::nowhere().map(foreign))
            .collect(),
        Choice::Context(_) if request.jobs > 1 => Err(ClusterError::OneCluster),
        Choice::Context(name) => Ok(vec![foreign(context::connect(name).await?)]),
        Choice::Auto => acquire_local(request, None).await,
        Choice::Local(name) => acquire_local(request, name.as_deref()).await,
    }
}

async fn acquire_local(
    request: &Request<'_>,
    name: Option<&str>,
) -> Result<Vec<Cluster>, ClusterError> {
    let recipes = &read_recipes(request.recipes)?;
    // Whoever says no is not asked again for the next one.
    let agreed = OnceLock::new();
    let confirm = &|packages: &[String]| *agreed.get_or_init(|| (request.confirm)(packages));
    let request = &Request {
        confirm,
        ..*request
    };
    let each = (0..request.jobs).map(async |job| match name {
        Some(name) => named(request, recipes, name).await,
        None => any(request, recipes, job).await,
    });
    let (mut clusters, mut errors) = (Vec::new(), Vec::new());
    for result in futures::future::join_all(each).await {
        match result {
            Ok(cluster) => clusters.push(cluster),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        return Ok(clusters);
    }
    for cluster in clusters {
        let _ = Cluster::release(cluster, request.progress).await;
    }
    // The first error is the one to tell.
    Err(errors.swap_remove(0))
}

/// The cluster of that name, which nobody else may be using.
async fn named(
    request: &Request<'_>,
    recipes: &[ImageRecipe],
    name: &str,
) -> Result<Cluster, ClusterError> {
    let ours = LocalCluster::find(name).is_none();
    let cluster = up(request, recipes, name, !ours).await?;
    match cluster.try_reserve()? {
        Some(reservation) => connect(cluster, reservation, ours).await,
        None => Err(ClusterError::InUse {
            name: name.to_owned(),
        }),
    }
}

/// The default cluster if it runs and nobody uses it, else one of this run's own.
async fn any(
    request: &Request<'_>,
    recipes: &[ImageRecipe],
    job: usize,
) -> Result<Cluster, ClusterError> {
    if let Some(cluster) = LocalCluster::find(local::DEFAULT_NAME)
        && cluster.nodes() >= request.nodes
        && let Some(reservation) = cluster.try_reserve()?
    {
        let cluster = up(request, recipes, local::DEFAULT_NAME, true).await?;
        return connect(cluster, reservation, false).await;
    }
    let name = format!("run-{}-{job}", std::process::id());
    let cluster = up(request, recipes, &name, false).await?;
    match cluster.try_reserve()? {
        Some(reservation) => connect(cluster, reservation, true).await,
        None => Err(ClusterError::InUse { name }),
    }
}

async fn up(
    request: &Request<'_>,
    recipes: &[ImageRecipe],
    name: &str,
    stay: bool,
) -> Result<LocalCluster, ClusterError> {
    let mut confirm = |packages: &[String]| (request.confirm)(packages);
    let options = UpOptions {
        name,
        nodes: request.nodes,
        images: recipes,
        confirm: &mut confirm,
        progress: request.progress,
        program: None,
        stay,
    };
    Ok(LocalCluster::up(options).await?)
}

async fn connect(
    cluster: LocalCluster,
    reservation: Reservation,
    ours: bool,
) -> Result<Cluster, ClusterError> {
    let config =
        Kubeconfig::read_from(cluster.kubeconfig()).map_err(|error| ClusterError::Kubeconfig {
            cause: error.to_string(),
        })?;
    let name = cluster.name().to_owned();
    let tools = Tools {
        first: Some(cluster.bin_dir().to_owned()),
        last: Some(cluster.spare_dir()),
    };
    let connection = Connection::open("local", name, config, tools).await?;
    Ok(Cluster {
        connection,
        local: Some(Local {
            cluster,
            _reservation: reservation,
            ours,
        }),
    })
}

fn read_recipes(folders: &[PathBuf]) -> Result<Vec<ImageRecipe>, ClusterError> {
    let mut recipes = Vec::new();
    for folder in folders {
        recipes.extend(ImageRecipe::read_dir(folder)?);
    }
    Ok(recipes)
}
