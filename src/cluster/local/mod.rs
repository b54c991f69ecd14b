//! A real single-node Kubernetes without Docker.
