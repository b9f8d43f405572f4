//! Requests, answers, errors and the operation table of every API, generated from `models/` and committed under `generated/`;
//! the traits a service implements.
//!
//! Start reading at [`Operation`] and [`Serve`]; `cargo xtask generate` makes `generated/` anew. Knows no service's behaviour.

mod context;
mod error;
mod operation;

pub use context::{Context, Principal, RequestId};
pub use error::{ApiError, Fault};
pub use operation::{
    BodyStream, DuplexOperation, Event, EventFrame, Feed, FeedOperation, Frames, Operation, Register,
    Resource, Resources, Serve, ServeDuplex, ServeFeed,
};
