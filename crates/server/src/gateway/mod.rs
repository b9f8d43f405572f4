//! Where requests come in.
