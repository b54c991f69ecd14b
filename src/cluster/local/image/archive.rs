//! Writes an image as an archive that `ctr images import`, `kind load image-archive` and
//! `docker load` read; the same tree always gives the same bytes.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};

use super::recipe::{ImageRecipe, hex};
use super::tree::{Kind, Tree};

/// Writes the whole archive to `path`.
pub(crate) fn write(recipe: &ImageRecipe, tree: &Tree, path: &Path) -> std::io::Result<()> {
    let layer = layer(tree)?;
    let layer_digest = hex(&Sha256::digest(&layer));
    let config = serde_json::to_vec(&config(recipe, &layer_digest))?;
    let config_name = format!("{}.json", hex(&Sha256::digest(&config)));
    let layer_name = format!("{layer_digest}/layer.tar");
    let manifest = json!([{
        "Config": config_name,
        "RepoTags": recipe.names(),
        "Layers": [layer_name],
    }]);
    let mut archive = Builder::new(BufWriter::new(File::create(path)?));
    for (name, bytes) in [
        (config_name.as_str(), &config),
        (&layer_name, &layer),
        ("manifest.json", &serde_json::to_vec(&manifest)?),
    ] {
        append(&mut archive, name, EntryType::Regular, 0o644, (0, 0), bytes)?;
    }
    archive.into_inner()?.into_inner()?.sync_all()
}

fn layer(tree: &Tree) -> std::io::Result<Vec<u8>> {
    let mut layer = Builder::new(Vec::new());
    for (path, entry) in &tree.entries {
        match &entry.kind {
            Kind::Directory => append(
                &mut layer,
                &format!("{path}/"),
                EntryType::Directory,
                entry.mode,
                entry.owner,
                &[],
            )?,
            Kind::File(bytes) => append(
                &mut layer,
                path,
                EntryType::Regular,
                entry.mode,
                entry.owner,
                bytes,
            )?,
            Kind::Link(target) => {
                let mut header = header(EntryType::Symlink, entry.mode, entry.owner, 0);
                layer.append_link(&mut header, path, target)?;
            }
        }
    }
    layer.into_inner()
}

fn append<W: Write>(
    archive: &mut Builder<W>,
    path: &str,
    kind: EntryType,
    mode: u32,
    owner: (u64, u64),
    bytes: &[u8],
) -> std::io::Result<()> {
    let mut header = header(kind, mode, owner, bytes.len() as u64);
    archive.append_data(&mut header, path, bytes)
}

/// A header without anything that differs from one machine or day to another.
fn header(kind: EntryType, mode: u32, owner: (u64, u64), size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(owner.0);
    header.set_gid(owner.1);
    header.set_mtime(0);
    header.set_size(size);
    header
}

fn config(recipe: &ImageRecipe, layer_digest: &str) -> Value {
    let content = &recipe.content;
    let mut run = Map::new();
    let mut env: Vec<String> = content
        .env
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if !content.env.contains_key("PATH") {
        env.insert(
            0,
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned(),
        );
    }
    run.insert("Env".to_owned(), json!(env));
    let lists = [("Entrypoint", &content.entrypoint), ("Cmd", &content.cmd)];
    for (key, words) in lists.into_iter().filter(|(_, words)| !words.is_empty()) {
        run.insert(key.to_owned(), json!(words));
    }
    let texts = [
        ("User", &content.user),
        ("WorkingDir", &content.working_dir),
    ];
    for (key, text) in texts {
        if let Some(text) = text {
            run.insert(key.to_owned(), json!(text));
        }
    }
    let ports: Map<String, Value> = content
        .ports
        .iter()
        .map(|port| (format!("{port}/tcp"), json!({})))
        .collect();
    if !ports.is_empty() {
        run.insert("ExposedPorts".to_owned(), Value::Object(ports));
    }
    let architecture = if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "amd64"
    };
    json!({
        "architecture": architecture,
        "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": run,
        "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{layer_digest}")]},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_recipe_gives_the_same_bytes() {
        let text = "image: example.org/a:1\ncmd: [/a]\nuser: '7'\nports: [80]\nfiles: [{path: /etc/a, content: hello}]\nlinks: {/b: /etc/a}\n";
        let recipe = ImageRecipe::parse_one(Path::new("a.yaml"), text).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let bytes = |name: &str| {
            let path = folder.path().join(name);
            write(&recipe, &Tree::build(&recipe, &[]).unwrap(), &path).unwrap();
            std::fs::read(path).unwrap()
        };
        let first = bytes("1.tar");
        assert_eq!(first, bytes("2.tar"));
        let names: Vec<String> = tar::Archive::new(first.as_slice())
            .entries()
            .unwrap()
            .map(|entry| {
                entry
                    .unwrap()
                    .path()
                    .unwrap()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        assert_eq!(names.last().map(String::as_str), Some("manifest.json"));
    }
}
