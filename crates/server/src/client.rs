//! The client side: signed requests over HTTP, for our own commands and benchmarks.
//!
//! Start at [`Kinesis`] for calls and at [`HttpEndpoint`] for what is beneath them. What is asked and answered is written and read by
//! the api crate.

mod identity;
mod kinesis;
mod send;
mod subscription;
mod target;
mod tls;

pub use identity::{Identity, IdentityError, Recipient, Surroundings, from_environment};
pub use kinesis::{CallError, Kinesis, is_passing};
pub use send::{HttpEndpoint, HttpVersion, SendError};
pub use subscription::Subscription;
pub use target::{ENDPOINT_DEFAULT, InvalidTarget, Target};
pub use tls::AuthoritiesError;
pub(crate) use tls::client_config;
