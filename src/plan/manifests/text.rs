//! The text of manifests, line by line → objects, images, namespaces.

use super::{Image, Manifests, Object};

/// What a text of manifests holds.
pub(crate) fn of_text(text: &str) -> Manifests {
    let mut found = Manifests::default();
    text_into(text, &mut found);
    found
}

pub(super) fn text_into(text: &str, found: &mut Manifests) {
    let mut object = Object::default();
    let mut section = "";
    // The indentation of what stands in `metadata`.
    let mut inside = None;
    for (number, line) in text.lines().enumerate() {
        if line.starts_with("---") {
            end(&mut object, found);
            continue;
        }
        if let Some((key, value)) = key_of(line, 0) {
            section = key;
            inside = None;
            match key {
                "apiVersion" => value.clone_into(&mut object.api),
                "kind" => value.clone_into(&mut object.kind),
                _ => {}
            }
            continue;
        }
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        if section == "metadata" && !trimmed.is_empty() && !trimmed.starts_with('#') {
            let inside = *inside.get_or_insert(indent);
            match key_of(line, inside) {
                Some(("name", name)) => name.clone_into(&mut object.name),
                Some(("namespace", name)) if is_plain(name) => {
                    found.namespaces.push(name.to_owned());
                }
                _ => {}
            }
            continue;
        }
        let item = trimmed.strip_prefix("- ").unwrap_or(trimmed).trim_start();
        match key_of(item, 0) {
            Some(("image", image)) if is_plain(image) => found.images.push(Image {
                name: image.to_owned(),
                file: None,
                line: number + 1,
            }),
            Some(("image", _)) => found.partial = true,
            Some(("type", "LoadBalancer")) if object.kind == "Service" => {
                found.load_balancer = true;
            }
            Some(("volumeClaimTemplates", _)) => found.claims = true,
            _ => {}
        }
    }
    end(&mut object, found);
}

fn end(object: &mut Object, found: &mut Manifests) {
    let object = std::mem::take(object);
    if object.kind.is_empty() {
        // JSON and templates; an empty document has nothing at all.
        found.partial |= !object.api.is_empty();
        return;
    }
    found.claims |= object.kind == "PersistentVolumeClaim";
    found.partial |= object.kind.ends_with("List") || !is_plain(&object.name);
    found.objects.push(object);
}

/// `key: value` at that indentation, the value without quotes and comment.
pub(super) fn key_of(line: &str, indent: usize) -> Option<(&str, &str)> {
    let text = line.get(indent..)?;
    if !line[..indent].bytes().all(|byte| byte == b' ') || text.starts_with([' ', '\t', '-', '#']) {
        return None;
    }
    let (key, value) = text.split_once(':')?;
    (value.is_empty() || value.starts_with([' ', '\r'])).then(|| (key, unquoted(value)))
}

pub(super) fn unquoted(value: &str) -> &str {
    let value = value.split(" #").next().unwrap_or("");
    value.trim().trim_matches(['"', '\''])
}

/// A name without variables, templates and the like.
pub(super) fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'/' | b':' | b'_' | b'@')
        })
}
