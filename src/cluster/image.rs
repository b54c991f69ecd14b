//! Names of images: what two spellings of one image have in common.

/// The registry of names that name none.
const USUAL: &str = "docker.io";

/// The registry of an image, and the rest of its name: what stands before the first `/`, if it is a host.
pub(in crate::cluster) fn split(image: &str) -> (&str, &str) {
    match image.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (host, rest),
        _ => (USUAL, image),
    }
}

/// The name with all that may be left out of it, as container runtimes complete it: `nginx` is
/// `docker.io/library/nginx:latest`.
pub(in crate::cluster) fn full_name(image: &str) -> String {
    let (host, rest) = split(image);
    let library = if host == USUAL && !rest.contains('/') {
        "library/"
    } else {
        ""
    };
    let last = rest.rsplit('/').next().unwrap_or(rest);
    let tag = if last.contains([':', '@']) {
        ""
    } else {
        ":latest"
    };
    format!("{host}/{library}{rest}{tag}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_filled_in() {
        for (image, full) in [
            ("nginx", "docker.io/library/nginx:latest"),
            ("nginx:1.25", "docker.io/library/nginx:1.25"),
            ("docker.io/nginx", "docker.io/library/nginx:latest"),
            (
                "docker.io/library/nginx:latest",
                "docker.io/library/nginx:latest",
            ),
            ("shop/web", "docker.io/shop/web:latest"),
            ("r.example/web:1", "r.example/web:1"),
            ("localhost:5000/web", "localhost:5000/web:latest"),
            ("nginx@sha256:0", "docker.io/library/nginx@sha256:0"),
        ] {
            assert_eq!(full_name(image), full, "{image}");
        }
    }
}
