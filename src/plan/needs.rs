//! What a lab needs before it can run: tools, images, namespaces, and what its cluster must have.
//!
//! Entry point: [`of`]. Only what the pages and the manifests beside them tell; a manifest that is not here is named in
//! [`Needs::unread`], because there may be more in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Lab;
use super::manifests::{self, Applied, Manifests};
use super::programs::{self, WRAPPERS};
use crate::page::script;
use crate::syntax::{Simple, simple_commands};

/// What a lab needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Programs that its commands run, the shell's own and the system's basic ones left out.
    pub tools: BTreeSet<String>,
    /// Images that its workloads run, and where each is asked for first: `FILE:LINE`.
    pub images: BTreeMap<String, String>,
    /// Not all that it applies can be read before it runs: it may ask for other images too.
    pub more_images: bool,
    /// Namespaces that it works in, and whether it makes them itself.
    pub namespaces: BTreeMap<String, bool>,
    /// What the cluster must have besides Kubernetes itself, and what asks for it first.
    pub addons: BTreeMap<String, String>,
    /// Manifests that are applied and are not here.
    pub unread: BTreeSet<String>,
}

/// Programs that take `-n NAMESPACE` as kubectl does.
const WITH_NAMESPACE: &[&str] = &["kubectl", "helm", "oc", "istioctl", "flux", "stern", "argo"];

/// Programs that make or apply what nothing here reads.
const BRING_IMAGES: &[&str] = &[
    "helm",
    "kustomize",
    "eksctl",
    "flux",
    "argocd",
    "istioctl",
    "terraform",
    "make",
    "bash",
    "sh",
    "source",
    ".",
    "eval",
];

const METRICS: &str = "metrics-server";

/// What a lab needs, from the steps of it that run.
pub fn of(lab: &Lab) -> Needs {
    let mut survey = Survey::default();
    survey.needs.more_images = !lab.suites.is_empty();
    for page in &lab.pages {
        for step in page.steps.iter().filter(|step| step.skip.is_none()) {
            survey.needs.more_images |= step.options.hook_script.is_some();
            for command in &step.commands {
                survey.needs.more_images |= script(&command.text).is_some();
                survey.command(page.file.path(), command.line, &command.text);
            }
        }
    }
    survey.finish()
}

/// The images of manifests that are applied before a lab, as [`Needs::images`], and whether there may be more.
pub fn of_setup(path: &Path) -> (BTreeMap<String, String>, bool) {
    let found = manifests::read(path);
    let images = found.images.iter();
    let images = images.map(|image| (image.name.clone(), place(path, 1, image)));
    (images.collect(), found.partial)
}

/// Where an image is asked for: in its manifest, else in the command of a page.
fn place(page: &Path, line: usize, image: &manifests::Image) -> String {
    let (file, line) = match &image.file {
        Some(file) => (file.as_path(), image.line),
        None => (page, line + image.line),
    };
    format!("{}:{line}", file.display())
}

#[derive(Default)]
struct Survey {
    needs: Needs,
    functions: BTreeSet<String>,
    /// Custom resources, by group, and the kinds of groups that the lab itself defines.
    custom: BTreeMap<String, String>,
    defined: BTreeSet<String>,
    volumes: bool,
    claims: bool,
    seen: BTreeSet<String>,
}

impl Survey {
    fn command(&mut self, page: &Path, line: usize, text: &str) {
        let parts = simple_commands(text);
        if text.contains("()") {
            self.functions.extend(
                text.match_indices("()")
                    .filter_map(|(at, _)| text[..at].split_whitespace().next_back())
                    .map(str::to_owned),
            );
        }
        for part in &parts {
            if part.name() == "alias" {
                let named = part.command().iter().skip(1);
                self.functions.extend(
                    named
                        .filter_map(|word| word.text.split_once('='))
                        .map(|(name, _)| name.to_owned()),
                );
            }
            self.tool(part);
            if WITH_NAMESPACE.contains(&part.name()) {
                self.flags(part);
            }
            if part.name() == "kubectl" {
                self.kubectl(page, line, part, text);
            } else if BRING_IMAGES.contains(&part.name()) || part.name().contains('/') {
                self.needs.more_images = true;
            }
        }
    }

    fn tool(&mut self, part: &Simple) {
        let words = part.command();
        let own = words.first().map(|word| word.text.as_str());
        let wrapped = own
            .filter(|name| WRAPPERS.contains(name))
            .and_then(|_| words[1..].iter().find(|word| is_program(&word.text)))
            .map(|word| word.text.as_str());
        for name in [own, wrapped].into_iter().flatten() {
            if is_program(name) && !programs::is_everywhere(name) {
                self.needs.tools.insert(name.to_owned());
            }
        }
    }

    fn flags(&mut self, part: &Simple) {
        let names = ["-n", "--namespace"];
        if let Some(name) = part.flag(&names).filter(|name| is_name(name)) {
            let made = part.has(&["--create-namespace"]);
            self.namespace(name, made);
        }
    }

    fn namespace(&mut self, name: &str, made: bool) {
        *self.needs.namespaces.entry(name.to_owned()).or_default() |= made;
    }

    fn addon(&mut self, what: &str, why: &str) {
        self.needs
            .addons
            .entry(what.to_owned())
            .or_insert_with(|| why.to_owned());
    }

    fn kubectl(&mut self, page: &Path, line: usize, part: &Simple, text: &str) {
        let here = format!("{}:{line}", page.display());
        let words: Vec<&str> = part
            .command()
            .iter()
            .map(|word| word.text.as_str())
            .take_while(|word| *word != "--")
            .filter(|word| !word.starts_with('-'))
            .collect();
        match words.get(1..).unwrap_or_default() {
            ["create", "namespace" | "ns", name, ..] if is_name(name) => self.namespace(name, true),
            ["create", "ingress" | "ing", ..] => {
                self.addon("an ingress controller", "kubectl create ingress")
            }
            ["kustomize", path, ..] => self.applied(page, line, path, text),
            ["patch" | "edit", ..] => {
                self.needs.more_images |=
                    text.contains(['$', '`']) || text.contains("image") || text.contains("file")
            }
            ["top", ..] => self.addon(METRICS, "kubectl top"),
            ["autoscale", ..] => self.addon(METRICS, "kubectl autoscale"),
            ["set", "image", _, rest @ ..] => {
                for image in rest.iter().filter_map(|word| word.split_once('=')) {
                    self.image(image.1, &here);
                }
            }
            _ => {}
        }
        if let Some(image) = part.flag(&["--image"]) {
            self.image(image, &here);
        }
        if words
            .iter()
            .any(|word| matches!(*word, "apply" | "create" | "replace" | "run"))
        {
            for (path, _) in part.flags(&["-f", "--filename", "-k", "--kustomize"]) {
                self.applied(page, line, path, text);
            }
        }
    }

    fn image(&mut self, image: &str, place: &str) {
        if image.is_empty() || image.contains(['$', '<', '{', ' ', '`']) {
            self.needs.more_images = true;
        } else {
            let images = &mut self.needs.images;
            images
                .entry(image.to_owned())
                .or_insert_with(|| place.to_owned());
        }
    }

    /// What a command applies, each path once.
    fn applied(&mut self, page: &Path, line: usize, path: &str, text: &str) {
        if path != "-" && !self.seen.insert(path.to_owned()) {
            return;
        }
        for applied in manifests::applied(page, path, text) {
            match applied {
                Applied::Here(found) => {
                    for image in &found.images {
                        self.image(&image.name, &place(page, line, image));
                    }
                    self.manifests(found);
                }
                Applied::Elsewhere(path) => {
                    self.needs.more_images = true;
                    self.needs.unread.insert(path);
                }
                Applied::Unknown => self.needs.more_images = true,
            }
        }
    }

    fn manifests(&mut self, found: Manifests) {
        self.needs.more_images |= found.partial;
        self.claims |= found.claims;
        for name in found.namespaces {
            self.namespace(&name, false);
        }
        if found.load_balancer {
            self.addon(
                "load balancers for Services",
                "a Service of type LoadBalancer",
            );
        }
        for object in found.objects {
            match object.kind.as_str() {
                "Namespace" => self.namespace(&object.name, true),
                "PersistentVolume" => self.volumes = true,
                "Ingress" => self.addon("an ingress controller", "an Ingress"),
                "HorizontalPodAutoscaler" => self.addon(METRICS, "a HorizontalPodAutoscaler"),
                "NetworkPolicy" => {
                    self.addon("a network plugin that enforces policies", "a NetworkPolicy")
                }
                "CustomResourceDefinition" => {
                    let group = object.name.split_once('.').map_or("", |(_, group)| group);
                    self.defined.insert(group.to_owned());
                }
                _ => {}
            }
            let group = object.group();
            if !manifests::is_built_in(group) {
                self.custom
                    .entry(group.to_owned())
                    .or_insert_with(|| object.kind.clone());
            }
        }
    }

    fn finish(mut self) -> Needs {
        if self.claims && !self.volumes {
            self.addon(
                "a StorageClass that provisions volumes",
                "a PersistentVolumeClaim",
            );
        }
        for (group, kind) in std::mem::take(&mut self.custom) {
            if !self.defined.contains(&group) {
                self.addon(&format!("the resources of {group}"), &format!("a {kind}"));
            }
        }
        self.needs
            .tools
            .retain(|tool| !self.functions.contains(tool));
        self.needs
    }
}

/// A word that can be the name of a program found on PATH.
fn is_program(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase() || c == '[')
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+'))
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
