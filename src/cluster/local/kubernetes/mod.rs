//! Builds Kubernetes from Debian's source package: every program of the node, and kubectl. [`release`] fetches
//! other versions' official programs instead.
//!
//! Entry point: [`build`]. Steps: fetch the source, unpack and patch it, generate the OpenAPI
//! definitions that the package lacks, compile. The work folder stays as it is when something
//! interrupts; the next build finds the compiler's cache in it and goes on from there.

pub(crate) mod release;
mod tagged;
pub(crate) mod version;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use super::apt::{Apt, debs_in, names_in, unpack};
use super::cache::seal;
use super::error::{LocalError, tail};
use super::packages;
use super::paths::make_dir;
use super::tool;
use crate::cluster::Progress;

/// The version that the source package holds.
pub(crate) const VERSION: &str = "1.20.2";

/// The programs that are built, in one call, because they share nearly all packages.
pub(crate) const PROGRAMS: [&str; 6] = [
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "kubectl",
];

/// Leaves out the SDKs of clouds and of Docker.
const TAGS: &str = "providerless,dockerless";

/// Changes to the source: a file, what it says, what it shall say.
const EDITS: &[(&str, &str, &str)] = &[
    // A volume of the host-path provisioner belongs to root; pods that run as another user need it too.
    (
        "pkg/volume/hostpath/host_path.go",
        "return pv, os.MkdirAll(pv.Spec.HostPath.Path, 0750)",
        "if err := os.MkdirAll(pv.Spec.HostPath.Path, 0777); err != nil {\n\t\treturn nil, err\n\t}\n\
         \treturn pv, os.Chmod(pv.Spec.HostPath.Path, 0777)",
    ),
    // How often kubelet looks whether containers have started or ended, and kubelet and the namespace controller whether what
    // is deleted is gone. Their own periods (1 s, and 2 s, 2 s, 10 s, 60 s, 5 s, half of what pods may take) spare large clusters;
    // here they made deleting two pods take a minute. A pod is gone when each of them has looked, one after the other.
    (
        "pkg/kubelet/kubelet.go",
        "plegRelistPeriod = time.Second * 1",
        "plegRelistPeriod = 300 * time.Millisecond",
    ),
    (
        "pkg/kubelet/kubelet.go",
        "housekeepingPeriod = time.Second * 2",
        "housekeepingPeriod = 500 * time.Millisecond",
    ),
    (
        "pkg/kubelet/volumemanager/volume_manager.go",
        "desiredStateOfWorldPopulatorGetPodStatusRetryDuration = 2 * time.Second",
        "desiredStateOfWorldPopulatorGetPodStatusRetryDuration = 300 * time.Millisecond",
    ),
    (
        "pkg/kubelet/status/status_manager.go",
        "const syncPeriod = 10 * time.Second",
        "const syncPeriod = 500 * time.Millisecond",
    ),
    (
        "pkg/kubelet/kubelet.go",
        "ContainerGCPeriod = time.Minute",
        "ContainerGCPeriod = 500 * time.Millisecond",
    ),
    (
        "pkg/controller/namespace/namespace_controller.go",
        "namespaceDeletionGracePeriod = 5 * time.Second",
        "namespaceDeletionGracePeriod = time.Second",
    ),
    (
        "pkg/controller/namespace/namespace_controller.go",
        "t := estimate.Estimate/2 + 1",
        "t := estimate.Estimate/16 + 1",
    ),
];

/// Everything that decides what the programs are; a change makes the cache build anew.
pub(crate) fn recipe() -> String {
    format!(
        "{VERSION} {PROGRAMS:?} {TAGS} {EDITS:?} {:?} -s -w 1",
        packages::BUILD
    )
}

/// Where the build takes place.
struct Workshop {
    dir: PathBuf,
    go: PathBuf,
    source: PathBuf,
}

/// Builds all programs into `bin`, a folder that must not exist yet and appears when all are there.
pub(crate) async fn build(
    apt: &Apt,
    work: &Path,
    bin: &Path,
    stage: &mut dyn FnMut(&str),
    progress: &dyn Progress,
) -> Result<(), LocalError> {
    let workshop = Workshop {
        dir: work.to_path_buf(),
        go: work.join("toolchain"),
        source: work.join("gopath/src/k8s.io/kubernetes"),
    };
    stage("fetching the source of Kubernetes and the Go compiler");
    workshop.fetch(apt, progress).await?;
    stage("preparing the source of Kubernetes");
    workshop.unpack(progress).await?;
    workshop.generate(progress).await?;
    stage("compiling Kubernetes");
    workshop.compile(bin, progress).await
}

impl Workshop {
    /// Downloads what is missing; the mark is written when all of it is there.
    async fn fetch(&self, apt: &Apt, progress: &dyn Progress) -> Result<(), LocalError> {
        let mark = self.dir.join("fetched");
        if mark.exists() {
            return Ok(());
        }
        let (debs, source) = (self.dir.join("debs"), self.dir.join("source"));
        apt.download(packages::BUILD, &debs, progress).await?;
        apt.source("kubernetes", &source, progress).await?;
        for deb in debs_in(&debs)? {
            unpack(&deb, &self.go).await?;
        }
        std::fs::write(&mark, "").map_err(LocalError::io("written", &mark))
    }

    /// Lays the source tree out afresh, with Debian's patches and ours.
    async fn unpack(&self, progress: &dyn Progress) -> Result<(), LocalError> {
        let mark = self.dir.join("unpacked");
        if mark.exists() {
            return Ok(());
        }
        progress.advance(0, 3, "unpacking");
        remove_dir(&self.source)?;
        make_dir(&self.source)?;
        let packed = self.dir.join("source");
        let (original, debian) = (
            find(&packed, ".orig.tar.gz")?,
            find(&packed, ".debian.tar.xz")?,
        );
        let path = self.path();
        for (archive, into, strip) in [(original, self.source.clone(), "1"), (debian, packed, "0")]
        {
            let mut tar = tool::command("tar");
            tar.env("PATH", &path)
                .arg("--extract")
                .arg("--file")
                .arg(&archive);
            tar.arg("--directory")
                .arg(&into)
                .arg("--strip-components")
                .arg(strip);
            tool::output(&mut tar, &format!("unpacking {}", archive.display())).await?;
        }
        progress.advance(1, 3, "applying patches");
        self.patch(&path).await?;
        progress.advance(2, 3, "replacing reflect2");
        // The vendored 1.0.1 crashes on maps when built with Go 1.18 or newer.
        let vendored = self.source.join("vendor/github.com/modern-go/reflect2");
        remove_dir(&vendored)?;
        let mut copy = tool::command("cp");
        copy.arg("-a").arg(
            self.go
                .join("usr/share/gocode/src/github.com/modern-go/reflect2"),
        );
        copy.arg(&vendored);
        tool::output(&mut copy, "replacing the vendored reflect2").await?;
        std::fs::write(&mark, "").map_err(LocalError::io("written", &mark))
    }

    async fn patch(&self, path: &str) -> Result<(), LocalError> {
        let patches = self.dir.join("source/debian/patches");
        let series = read(&patches.join("series"))?;
        for name in series
            .lines()
            .map(str::trim)
            .filter(|name| !name.is_empty() && !name.starts_with('#'))
        {
            let mut patch = tool::command("patch");
            patch
                .env("PATH", path)
                .args(["-p1", "--batch", "--silent", "--input"]);
            patch.arg(patches.join(name)).current_dir(&self.source);
            tool::output(&mut patch, &format!("applying {name}")).await?;
        }
        for (file, old, new) in EDITS {
            let file = self.source.join(file);
            let text = read(&file)?;
            if text.matches(old).count() != 1 {
                return Err(LocalError::Tool {
                    program: "editing the source of Kubernetes".to_owned(),
                    tail: format!("{} does not hold {old:?} once", file.display()),
                });
            }
            std::fs::write(&file, text.replace(old, new))
                .map_err(LocalError::io("written", &file))?;
        }
        Ok(())
    }

    /// Makes `zz_generated.openapi.go`, which the API server needs and the package lacks.
    async fn generate(&self, progress: &dyn Progress) -> Result<(), LocalError> {
        let folder = self.source.join("pkg/generated/openapi");
        let made = folder.join("zz_generated.openapi.go");
        if made.exists() {
            return Ok(());
        }
        progress.advance(2, 3, "generating API definitions");
        let generator = self.dir.join("openapi-gen");
        let mut build = self.go();
        build.args(["build", "-o"]).arg(&generator);
        build.arg("k8s.io/kubernetes/vendor/k8s.io/kube-openapi/cmd/openapi-gen");
        tool::output(&mut build, "building openapi-gen").await?;
        let inputs = tagged::packages(&self.source)?.join(",");
        let mut generate = tool::contained(&generator);
        self.environment(&mut generate);
        // It writes into a folder of its own, so that a half-written file never counts as made.
        let draft = self.dir.join("generated");
        generate.args([
            "--output-file-base",
            "zz_generated.openapi",
            "--report-filename",
            "/dev/null",
        ]);
        generate.args([
            "--go-header-file",
            "hack/boilerplate/boilerplate.generatego.txt",
        ]);
        generate.args([
            "--output-package",
            "k8s.io/kubernetes/pkg/generated/openapi",
        ]);
        generate
            .args(["--input-dirs", &inputs])
            .arg("--output-base")
            .arg(&draft);
        tool::output(&mut generate, "generating API definitions").await?;
        let draft = draft.join("k8s.io/kubernetes/pkg/generated/openapi/zz_generated.openapi.go");
        std::fs::rename(&draft, &made).map_err(LocalError::io("moved", &draft))
    }

    /// One `go build`, its output read line by line: with -v it names each package that it compiles.
    async fn compile(&self, bin: &Path, progress: &dyn Progress) -> Result<(), LocalError> {
        let commands = PROGRAMS.map(|program| format!("./cmd/{program}"));
        let mut list = self.go();
        list.args([
            "list",
            "-deps",
            "-tags",
            TAGS,
            "-f",
            "{{if .Stale}}{{.ImportPath}}{{end}}",
        ]);
        list.args(&commands);
        progress.advance(0, 1, "finding out what to compile");
        let stale = tool::output(&mut list, "listing the packages to compile").await?;
        let total = stale.lines().filter(|line| !line.is_empty()).count() as u64;

        let log = self.dir.join("build.log");
        let draft = self.dir.join("bin");
        make_dir(&draft)?;
        let mut build = self.go();
        build.args([
            "build",
            "-v",
            "-tags",
            TAGS,
            "-ldflags",
            &linker_flags(),
            "-o",
        ]);
        build.arg(format!("{}/", draft.display())).args(&commands);
        build.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = build
            .spawn()
            .map_err(LocalError::io("run", Path::new("go")))?;
        let mut said = String::new();
        if let Some(errors) = child.stderr.take() {
            let mut lines = BufReader::new(errors).lines();
            let mut done = 0;
            while let Ok(Some(line)) = lines.next_line().await {
                let _ = writeln!(said, "{line}");
                done = (done + 1).min(total);
                let linking = if done == total {
                    "linking"
                } else {
                    line.rsplit("/vendor/").next().unwrap_or(&line)
                };
                progress.advance(done, total, linking);
            }
        }
        let status = child
            .wait()
            .await
            .map_err(LocalError::io("run", Path::new("go")))?;
        let _ = std::fs::write(&log, &said);
        if !status.success() {
            return Err(
                LocalError::full("filled", &self.dir, &said).unwrap_or_else(|| LocalError::Build {
                    tail: tail(&said, 12),
                    log,
                }),
            );
        }
        seal::put(&draft, bin, names_in(&self.dir.join("source")))
    }

    fn path(&self) -> String {
        let own = packages::Tools {
            dir: self.go.clone(),
        };
        format!(
            "{}:{}",
            own.path(),
            std::env::var("PATH").unwrap_or_else(|_| "/usr/bin:/bin".to_owned())
        )
    }

    fn go(&self) -> Command {
        let mut command = tool::contained(self.go.join("usr/lib/go-1.19/bin/go"));
        self.environment(&mut command);
        command
    }

    fn environment(&self, command: &mut Command) {
        let root = self.go.join("usr/lib/go-1.19");
        let path = format!("{}:{}", root.join("bin").display(), self.path());
        command.current_dir(&self.source);
        command.env("GOROOT", &root).env("PATH", path);
        command
            .env("GOPATH", self.dir.join("gopath"))
            .env("GOCACHE", self.dir.join("gocache"));
        command.env("GO111MODULE", "off").env("CGO_ENABLED", "0");
        command.env_remove("GOFLAGS").env("GOENV", "off");
    }
}

/// The version has to be set in both copies of the version package: one for the programs
/// themselves, one for what `/version` answers.
fn linker_flags() -> String {
    let mut parts = VERSION.split('.');
    let (major, minor) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let mut flags = "-s -w".to_owned();
    for package in ["component-base/version", "client-go/pkg/version"] {
        for (name, value) in [
            ("gitVersion", format!("v{VERSION}").as_str()),
            ("gitMajor", major),
            ("gitMinor", minor),
        ] {
            let _ = write!(
                flags,
                " -X k8s.io/kubernetes/vendor/k8s.io/{package}.{name}={value}"
            );
        }
    }
    flags
}

fn find(folder: &Path, ending: &str) -> Result<PathBuf, LocalError> {
    std::fs::read_dir(folder)
        .map_err(LocalError::io("read", folder))?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.to_string_lossy().ends_with(ending))
        .ok_or_else(|| LocalError::Apt {
            doing: "fetch the source of Kubernetes".to_owned(),
            tail: format!("no file {ending} in {}", folder.display()),
        })
}

fn read(path: &Path) -> Result<String, LocalError> {
    std::fs::read_to_string(path).map_err(LocalError::io("read", path))
}

fn remove_dir(path: &Path) -> Result<(), LocalError> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(LocalError::io("removed", path)(error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_set_in_both_places() {
        let flags = linker_flags();
        for package in ["component-base/version", "client-go/pkg/version"] {
            for set in ["gitVersion=v1.20.2", "gitMajor=1", "gitMinor=20"] {
                assert!(
                    flags.contains(&format!("{package}.{set}")),
                    "{package} {set}"
                );
            }
        }
    }
}
