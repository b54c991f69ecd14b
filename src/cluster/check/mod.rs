//! Verifier checks made against a live cluster.
