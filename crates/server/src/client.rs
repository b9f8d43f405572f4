//! The client side: signed requests over HTTP, for our own commands and benchmarks.
//!
//! Start at [`HttpEndpoint`]. Knows no operation: what is asked and answered is written and read by the api crate.

mod identity;
mod send;
mod signature;
mod target;
mod tls;

pub use identity::{Identity, IdentityError, Recipient, Surroundings};
pub use send::{HttpEndpoint, HttpVersion, Outgoing, SendError};
pub use target::{ENDPOINT_DEFAULT, InvalidTarget, Target};
pub use tls::AuthoritiesError;
