//! Fetches Debian packages with apt-get, with lists, status and archives of its own.
//!
//! The mirrors are the machine's; its lists, its package database and its locks are not touched.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::process::Command;

use super::error::{LocalError, tail};
use super::packages::SUITE;
use super::paths::make_dir;
use super::tool;
use crate::cluster::Progress;

/// Debian's archive keys, where the package that holds them keeps them.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// A private apt, its package lists up to date.
pub(crate) struct Apt {
    dir: PathBuf,
}

/// A mirror as the machine names it, and the suite to take from it.
#[derive(Debug, PartialEq, Eq)]
struct Source {
    base: String,
    suite: String,
}

impl Apt {
    /// Finds the machine's mirrors and fetches the lists of packages into `dir`.
    pub(crate) async fn prepare(dir: &Path) -> Result<Self, LocalError> {
        for part in ["lists/partial", "cache/archives/partial", "none"] {
            make_dir(&dir.join(part))?;
        }
        let apt = Self {
            dir: dir.to_path_buf(),
        };
        let sources = sources_of(&machine_indexes(&dir.join("none")).await?);
        if sources.is_empty() {
            return Err(LocalError::NotDebian {
                found: "names no Debian mirror to apt".to_owned(),
            });
        }
        let options = if Path::new(KEYRING).exists() {
            format!("[signed-by={KEYRING}] ")
        } else {
            String::new()
        };
        let list: String = sources
            .iter()
            .flat_map(|Source { base, suite }| {
                ["deb", "deb-src"].map(|kind| format!("{kind} {options}{base} {suite} main\n"))
            })
            .collect();
        for (name, contents) in [("sources.list", list.as_str()), ("status", "")] {
            let path = dir.join(name);
            std::fs::write(&path, contents).map_err(LocalError::io("written", &path))?;
        }
        apt.run(apt.get(&["update"]), "fetch the package lists")
            .await?;
        Ok(apt)
    }

    /// Downloads exactly these packages into `into`.
    pub(crate) async fn download(
        &self,
        packages: &[&str],
        into: &Path,
        progress: &dyn Progress,
    ) -> Result<(), LocalError> {
        let mut arguments = vec!["download"];
        arguments.extend(packages);
        self.fetch(&arguments, into, progress).await
    }

    /// Downloads a source package's files into `into`, still packed.
    pub(crate) async fn source(
        &self,
        package: &str,
        into: &Path,
        progress: &dyn Progress,
    ) -> Result<(), LocalError> {
        self.fetch(&["source", "--download-only", package], into, progress)
            .await
    }

    /// Downloads the packages and all that they depend on into `into`.
    pub(crate) async fn download_closure(
        &self,
        packages: &[String],
        into: &Path,
        progress: &dyn Progress,
    ) -> Result<(), LocalError> {
        make_dir(&into.join("partial"))?;
        let archives = format!("Dir::Cache::archives={}", into.display());
        let mut arguments = vec![
            "install",
            "--download-only",
            "--yes",
            "--no-install-recommends",
            "-o",
            &archives,
        ];
        arguments.extend(packages.iter().map(String::as_str));
        self.fetch(&arguments, into, progress).await
    }

    /// Runs one downloading command in `into`, telling how many bytes of how many have come.
    async fn fetch(
        &self,
        arguments: &[&str],
        into: &Path,
        progress: &dyn Progress,
    ) -> Result<(), LocalError> {
        make_dir(into)?;
        let mut ask = self.get(arguments);
        ask.arg("--print-uris").current_dir(into);
        let total = sizes(&self.run(ask, "look the packages up").await?);
        let mut command = self.get(arguments);
        command.current_dir(into);
        let run = self.run(command, "download the packages");
        let watch = async {
            loop {
                progress.advance(folder_size(into).min(total), total, "downloading");
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
        };
        tokio::select! {
            result = run => result?,
            () = watch => String::new(),
        };
        progress.advance(total, total, "downloaded");
        Ok(())
    }

    /// apt-get with everything that it writes below our own folder.
    fn get(&self, arguments: &[&str]) -> Command {
        let mut command = tool::contained("apt-get");
        let dir = self.dir.display();
        for option in [
            format!("Dir::Etc::SourceList={dir}/sources.list"),
            format!("Dir::Etc::SourceParts={dir}/none"),
            format!("Dir::State::Lists={dir}/lists"),
            format!("Dir::State::status={dir}/status"),
            format!("Dir::State::extended_states={dir}/extended_states"),
            format!("Dir::Cache={dir}/cache"),
            // The folders may be ones that apt's own user cannot enter.
            "APT::Sandbox::User=root".to_owned(),
            "Debug::NoLocking=true".to_owned(),
            "Acquire::Retries=3".to_owned(),
            // Else a mirror that cannot be reached is only a warning.
            "APT::Update::Error-Mode=any".to_owned(),
            "Acquire::Languages=none".to_owned(),
            // Hooks of the machine act on its own folders, not on ours.
            "APT::Update::Pre-Invoke=".to_owned(),
            "APT::Keep-Downloaded-Packages=true".to_owned(),
        ] {
            command.arg("-o").arg(option);
        }
        command.args(["-q"]).args(arguments);
        command
    }

    async fn run(&self, mut command: Command, doing: &str) -> Result<String, LocalError> {
        tool::output(&mut command, doing)
            .await
            .map_err(|error| match error {
                LocalError::Tool { tail: said, .. } => LocalError::full("filled", &self.dir, &said)
                    .unwrap_or_else(|| LocalError::Apt {
                        doing: doing.to_owned(),
                        tail: tail(&said, 8),
                    }),
                other => other,
            })
    }
}

/// The address of every index that the machine's own configuration names.
async fn machine_indexes(no_lists: &Path) -> Result<String, LocalError> {
    let mut command = tool::command("apt-get");
    command
        .arg("-o")
        .arg(format!("Dir::State::Lists={}", no_lists.display()));
    command.args(["update", "--print-uris"]);
    tool::output(&mut command, "asking apt-get for the machine's mirrors")
        .await
        .map_err(|_| LocalError::NotDebian {
            found: "has no working apt-get".to_owned(),
        })
}

/// The Debian mirrors among the indexes; on a machine with another suite, the same mirror's [`SUITE`].
fn sources_of(indexes: &str) -> Vec<Source> {
    let mut sources = Vec::new();
    for line in indexes.lines() {
        let Some(address) = line.split('\'').nth(1) else {
            continue;
        };
        let Some((base, suite)) = address
            .strip_suffix("/InRelease")
            .and_then(|rest| rest.rsplit_once("/dists/"))
        else {
            continue;
        };
        let last = base.rsplit('/').next().unwrap_or_default();
        let suite = if last.ends_with("debian-security") || suite == format!("{SUITE}-security") {
            format!("{SUITE}-security")
        } else if last == "debian" || suite == SUITE {
            SUITE.to_owned()
        } else {
            continue;
        };
        let source = Source {
            base: base.to_owned(),
            suite,
        };
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    sources
}

/// The sum of the sizes in the answer to `--print-uris`: `'ADDRESS' FILE SIZE HASH`.
fn sizes(answer: &str) -> u64 {
    answer
        .lines()
        .filter(|line| line.starts_with('\''))
        .filter_map(|line| line.split_whitespace().nth(2)?.parse::<u64>().ok())
        .sum()
}

/// The size of the files in a folder and in its `partial`.
fn folder_size(folder: &Path) -> u64 {
    [folder.to_path_buf(), folder.join("partial")]
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flat_map(|entries| entries.flatten())
        .filter_map(|entry| entry.metadata().ok())
        .filter(std::fs::Metadata::is_file)
        .map(|metadata| metadata.len())
        .sum()
}

/// The packages in a folder, in the order of their names.
pub(crate) fn debs_in(folder: &Path) -> Result<Vec<PathBuf>, LocalError> {
    let entries = std::fs::read_dir(folder).map_err(LocalError::io("read", folder))?;
    let mut debs: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .collect();
    debs.sort();
    Ok(debs)
}

/// The names of the files in a folder, sorted: those of packages tell their versions.
pub(crate) fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

/// Unpacks a package's files into a folder.
pub(crate) async fn unpack(deb: &Path, into: &Path) -> Result<(), LocalError> {
    let mut command = tool::command("dpkg-deb");
    command.arg("--extract").arg(deb).arg(into);
    let unpacked = tool::output(&mut command, &format!("unpacking {}", deb.display())).await;
    unpacked
        .map(|_| ())
        .map_err(|error| LocalError::full("filled", into, &error.to_string()).unwrap_or(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_mirrors_give_the_suite_that_holds_kubernetes() {
        let indexes = "'http://mirror.example/debian/dists/trixie/InRelease' a 0 \n\
            'http://mirror.example/debian/dists/trixie-updates/InRelease' b 0 \n\
            'http://mirror.example/debian-security/dists/trixie-security/InRelease' c 0 \n\
            'http://mirror.example/debian/dists/trixie/main/binary-amd64/Packages.xz' d 0 \n\
            'http://other.example/node_20.x/dists/nodistro/InRelease' e 0 \n";
        let found: Vec<String> = sources_of(indexes)
            .iter()
            .map(|source| format!("{} {}", source.base, source.suite))
            .collect();
        assert_eq!(
            found,
            [
                "http://mirror.example/debian bookworm",
                "http://mirror.example/debian-security bookworm-security"
            ]
        );
    }

    #[test]
    fn download_sizes_are_summed() {
        let answer = "Reading package lists...\n'http://m/a.deb' a_1.deb 100 SHA256:x\n'http://m/b.deb' b.deb 23 MD5Sum:y\n";
        assert_eq!(sizes(answer), 123);
    }
}
