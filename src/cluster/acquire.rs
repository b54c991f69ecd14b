//! From what the command line asks for to clusters that a run may work on, and back.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::OnceLock;

use kube::config::Kubeconfig;

use super::connection::{Access, Tools};
use super::image::full_name;
use super::kind::{self, KindCluster};
use super::local::{ApiServerExtras, ImageRecipe, LocalCluster, Release, Reservation, UpOptions};
use super::supply::{self, StandIn, Supply};
use super::{Aws, Choice, ClusterError, Connection, Progress, Safety, context, eks, local};

/// What a run needs.
pub struct Request<'a> {
    /// Which cluster; decided ([`decide()`](super::decide())).
    pub choice: &'a Choice,
    /// What the user has confirmed.
    pub safety: &'a Safety,
    /// Which of the user's AWS settings to take.
    pub aws: &'a Aws,
    /// `--kubernetes-version`, for a cluster that is created.
    pub version: Option<&'a str>,
    /// `--mirror`: where a local cluster's version comes from, in place of the release site.
    pub mirror: Option<&'a str>,
    /// The directories of the labs.
    pub directories: &'a [PathBuf],
    /// The images that the labs need.
    pub images: &'a [String],
    /// The labs may need others too.
    pub more_images: bool,
    /// Files and folders that may name those.
    pub image_names: &'a [PathBuf],
    /// How many, one for each lab that runs at the same time.
    pub jobs: usize,
    /// Whether a local cluster shall bring a python3 with the Kubernetes client.
    pub python: bool,
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
    origin: Origin,
    lacks: Vec<Lack>,
    stand_ins: Vec<StandIn>,
}

/// An image that pods of a cluster will ask for in vain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// The image, as the lab calls it.
    pub image: String,
    /// Why it cannot be had.
    pub reason: String,
}

/// Where a cluster comes from, and so what becomes of it.
enum Origin {
    /// It was there; nothing is done to it.
    Foreign,
    /// A node in namespaces.
    Local(Local),
    /// A cluster of kind.
    Kind(KindCluster),
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

    /// The images of the request that cannot be had on it, as far as can be known.
    pub fn lacks(&self) -> &[Lack] {
        &self.lacks
    }

    /// Whether a new one can take its place: labproof made it, and nobody asked for this one by its name.
    pub fn is_replaceable(&self, choice: &Choice) -> bool {
        let unnamed = matches!(
            choice,
            Choice::Auto | Choice::Local(None) | Choice::Kind(None)
        );
        unnamed && !matches!(self.origin, Origin::Foreign)
    }

    /// Ends a replaceable cluster that nothing more can run on, also one that was there before this run.
    ///
    /// # Errors
    /// When something of it does not go away.
    pub async fn discard(self, progress: &dyn Progress) -> Result<(), ClusterError> {
        match self.origin {
            Origin::Local(local) => Ok(local.cluster.down(progress).await?),
            Origin::Kind(cluster) => cluster.delete(progress).await,
            Origin::Foreign => Ok(()),
        }
    }

    /// The images that come from recipes of another name.
    pub fn stand_ins(&self) -> &[StandIn] {
        &self.stand_ins
    }

    /// Ends what this run started; anything else stays as it is.
    ///
    /// # Errors
    /// When something of it does not go away.
    pub async fn release(self, progress: &dyn Progress) -> Result<(), ClusterError> {
        match self.origin {
            Origin::Local(local) if local.ours => Ok(local.cluster.down(progress).await?),
            Origin::Kind(cluster) => cluster.delete(progress).await,
            Origin::Local(_) | Origin::Foreign => Ok(()),
        }
    }
}

/// The way to a cluster that is there already, without making one or taking it from anybody; `None`
/// where there is none yet.
///
/// # Errors
/// As [`acquire`].
pub async fn existing(
    choice: &Choice,
    aws: &Aws,
    safety: &Safety,
) -> Result<Option<Connection>, ClusterError> {
    let found = match choice {
        Choice::Context(name) => context::connect(name, safety).await?,
        Choice::Kubeconfig { file, context } => {
            context::connect_file(file, context.as_deref(), safety).await?
        }
        Choice::Eks(name) => eks::connect(name, aws, safety).await?,
        Choice::Local(name) => {
            let name = name.as_deref().unwrap_or(local::DEFAULT_NAME);
            match LocalCluster::find(name) {
                Some(cluster) => open(&cluster, false).await?,
                None => return Ok(None),
            }
        }
        Choice::Auto | Choice::Kind(_) | Choice::None => return Ok(None),
    };
    Ok(Some(found))
}

/// Gets the clusters that are asked for.
///
/// # Errors
/// Why there is none, with what to do about it. What was brought up on the way is ended.
pub async fn acquire(request: &Request<'_>) -> Result<Vec<Cluster>, ClusterError> {
    let foreign = |connection| Cluster {
        connection,
        origin: Origin::Foreign,
        // What its nodes have or can pull is not known here.
        lacks: Vec::new(),
        stand_ins: Vec::new(),
    };
    let safety = request.safety;
    let one = match request.choice {
        Choice::None => {
            return (0..request.jobs)
                .map(|_| Connection::nowhere().map(foreign))
                .collect();
        }
        Choice::Auto | Choice::Local(None) => return acquire_local(request, None).await,
        Choice::Kind(None) => return acquire_kind(request, None).await,
        _ if request.jobs > 1 => return Err(ClusterError::OneCluster),
        Choice::Local(Some(name)) => return acquire_local(request, Some(name)).await,
        Choice::Kind(Some(name)) => return acquire_kind(request, Some(name)).await,
        Choice::Context(name) => context::connect(name, safety).await?,
        Choice::Kubeconfig { file, context } => {
            context::connect_file(file, context.as_deref(), safety).await?
        }
        Choice::Eks(name) => eks::connect(name, request.aws, safety).await?,
    };
    Ok(vec![foreign(one)])
}

async fn acquire_kind(
    request: &Request<'_>,
    name: Option<&str>,
) -> Result<Vec<Cluster>, ClusterError> {
    let mut clusters = Vec::new();
    for job in 0..request.jobs {
        let wanted = kind::Wanted {
            name,
            job,
            directories: request.directories,
            version: request.version,
            nodes: request.nodes,
        };
        let next = match KindCluster::acquire(&wanted, request.progress).await {
            Ok((cluster, connection)) => {
                let loaded = load_images(request, &cluster).await;
                let origin = Origin::Kind(cluster);
                let (lacks, loaded) = match loaded {
                    Ok(lacks) => (lacks, Ok(())),
                    Err(error) => (Vec::new(), Err(error)),
                };
                clusters.push(Cluster {
                    connection,
                    origin,
                    lacks,
                    stand_ins: Vec::new(),
                });
                loaded
            }
            Err(error) => Err(error),
        };
        if let Err(error) = next {
            return Err(give_back(clusters, request.progress, error).await);
        }
    }
    Ok(clusters)
}

/// Puts the labs' images into a kind cluster: what the engine has or can pull, else what a recipe makes. Gives what
/// cannot be had.
async fn load_images(
    request: &Request<'_>,
    cluster: &KindCluster,
) -> Result<Vec<Lack>, ClusterError> {
    let mut missing = cluster.load(request.images, request.progress).await?;
    let recipes = supply::read(request.recipes)?;
    let wanted: Vec<&ImageRecipe> = missing
        .iter()
        .filter_map(|(image, _)| recipes.iter().find(|recipe| is_same(recipe.image(), image)))
        .collect();
    let mut confirm = |packages: &[String]| (request.confirm)(packages);
    for archive in local::image_archives(&wanted, &mut confirm, request.progress).await? {
        cluster.load_archive(&archive).await?;
    }
    missing.retain(|(image, _)| !recipes.iter().any(|recipe| is_same(recipe.image(), image)));
    let lacks = missing.into_iter();
    Ok(lacks
        .map(|(image, reason)| Lack { image, reason })
        .collect())
}

fn is_same(one: &str, other: &str) -> bool {
    full_name(one) == full_name(other)
}

/// Ends the clusters that are there already; the error is the one to tell.
async fn give_back(
    clusters: Vec<Cluster>,
    progress: &dyn Progress,
    error: ClusterError,
) -> ClusterError {
    for cluster in clusters {
        let _ = cluster.release(progress).await;
    }
    error
}

async fn acquire_local(
    request: &Request<'_>,
    name: Option<&str>,
) -> Result<Vec<Cluster>, ClusterError> {
    let recipes = supply::read(request.recipes)?;
    let Supply { recipes, stand_ins } = supply::needed(
        recipes,
        request.images,
        request.more_images,
        request.image_names,
    );
    let recipes = &recipes;
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
            Ok(mut cluster) => {
                cluster.stand_ins.clone_from(&stand_ins);
                clusters.push(cluster);
            }
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        return Ok(clusters);
    }
    // The first error is the one to tell.
    Err(give_back(clusters, request.progress, errors.swap_remove(0)).await)
}

/// The cluster of that name, which nobody else may be using.
async fn named(
    request: &Request<'_>,
    recipes: &[ImageRecipe],
    name: &str,
) -> Result<Cluster, ClusterError> {
    let cluster = up(request, recipes, name).await?;
    match cluster.try_reserve()? {
        Some(reservation) => connect(request, cluster, reservation).await,
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
    let release = release(request)?;
    let fits = |cluster: &LocalCluster| {
        release
            .as_ref()
            .is_none_or(|release| cluster.version().is_some_and(|has| release.is(&has)))
    };
    if let Some(cluster) = LocalCluster::find(local::DEFAULT_NAME)
        && fits(&cluster)
        && cluster.nodes() >= request.nodes
        && let Some(reservation) = cluster.try_reserve()?
    {
        let cluster = up(request, recipes, local::DEFAULT_NAME).await?;
        return connect(request, cluster, reservation).await;
    }
    let name = format!("run-{}-{job}", std::process::id());
    let cluster = up(request, recipes, &name).await?;
    match cluster.try_reserve()? {
        Some(reservation) => connect(request, cluster, reservation).await,
        None => Err(ClusterError::InUse { name }),
    }
}

/// A cluster that runs, or else one that ends with this run.
async fn up(
    request: &Request<'_>,
    recipes: &[ImageRecipe],
    name: &str,
) -> Result<LocalCluster, ClusterError> {
    let mut confirm = |packages: &[String]| (request.confirm)(packages);
    let release = release(request)?;
    let options = UpOptions {
        name,
        nodes: request.nodes,
        images: recipes,
        release: release.as_ref(),
        python: request.python,
        api_server: &ApiServerExtras::default(),
        confirm: &mut confirm,
        progress: request.progress,
        program: None,
        stay: false,
    };
    Ok(LocalCluster::up(options).await?)
}

/// The official version that is asked for.
fn release(request: &Request<'_>) -> Result<Option<Release>, local::LocalError> {
    let version = request.version;
    version
        .map(|version| Release::new(version, request.mirror))
        .transpose()
}

async fn connect(
    request: &Request<'_>,
    cluster: LocalCluster,
    reservation: Reservation,
) -> Result<Cluster, ClusterError> {
    let ours = cluster.ends_with_this();
    let mut connection = open(&cluster, request.python).await?;
    connection.access.ends_with_run = ours;
    let has: BTreeSet<String> = cluster.images()?.iter().map(|it| full_name(it)).collect();
    let lacks = request
        .images
        .iter()
        .filter(|it| !has.contains(&full_name(it)));
    let lacks = lacks.map(|image| Lack {
        image: image.clone(),
        reason: unmade(image, &has),
    });
    Ok(Cluster {
        lacks: lacks.collect(),
        stand_ins: Vec::new(),
        connection,
        origin: Origin::Local(Local {
            cluster,
            _reservation: reservation,
            ours,
        }),
    })
}

/// Why a local cluster has not an image, and which others of its name there are.
fn unmade(image: &str, has: &BTreeSet<String>) -> String {
    let split = |image: &str| {
        let (name, tag) = image.rsplit_once(':')?;
        Some((name.to_owned(), tag.to_owned()))
    };
    let wanted = split(&full_name(image)).unwrap_or_default().0;
    let known = local::known_images().unwrap_or_default();
    let known = known.iter().map(|recipe| full_name(recipe.image()));
    let tags: BTreeSet<String> = known
        .chain(has.iter().cloned())
        .filter_map(|other| split(&other))
        .filter_map(|(name, tag)| (name == wanted).then_some(tag))
        .collect();
    let others = match tags.is_empty() {
        true => String::new(),
        false => format!(
            " (of this name they make {})",
            Vec::from_iter(tags).join(", ")
        ),
    };
    format!("a local cluster pulls nothing from the web, and no recipe makes it{others}")
}

/// The way to a local cluster that runs; with `python`, commands find a python3 with the Kubernetes client.
///
/// # Errors
/// When it does not answer.
pub async fn open(cluster: &LocalCluster, python: bool) -> Result<Connection, ClusterError> {
    let path = cluster.kubeconfig();
    let config = Kubeconfig::read_from(path).map_err(|error| ClusterError::KubeconfigFile {
        path: path.to_owned(),
        cause: error.to_string(),
    })?;
    let name = cluster.name().to_owned();
    let tools = Tools {
        first: Some(cluster.bin_dir().to_owned()),
        python: python.then(LocalCluster::python_dir),
        last: Some(cluster.spare_dir()),
    };
    let access = Access {
        pulse: Some(cluster.pulse()),
        by_hand: format!(
            "labproof cluster status; labproof cluster down --name {name} takes it away"
        ),
        ..Access::default()
    };
    Connection::open("local", name, config, tools, access).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_tags_of_an_image_are_named() {
        let has = BTreeSet::from([full_name("nginx:0.1"), full_name("shop/web:2")]);
        let told = unmade("nginx:1.91", &has);
        assert!(told.contains("they make 0.1, 1.14.2, "), "{told}");
        assert!(unmade("shop/web:1", &has).ends_with("they make 2)"));
        assert!(unmade("shop/api:1", &has).ends_with("no recipe makes it"));
    }
}
