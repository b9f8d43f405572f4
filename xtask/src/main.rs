//! Commands of the workshop: `cargo xtask generate`.
fn main() {}
