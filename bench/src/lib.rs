//! The path of a request without its connection, for benchmarks: well-formed? → authenticate → decode → the door → encode, over the real
//! services, log and catalog. Start at [`Path`].

mod bodies;
mod path;
mod recorder;

pub use bodies::{get_records, lease, lease_table, put_record, put_records, renewal};
pub use path::{Failure, Path, Signed};
pub use recorder::Recorded;
