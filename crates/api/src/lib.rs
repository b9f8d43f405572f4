//! Requests, answers, errors and the operation table of every API, generated from `models/` and committed under `generated/`;
//! the traits a service implements.
//!
//! Start reading at [`Operation`] and [`Serve`]; `cargo xtask generate` makes `generated/` anew. Knows no service's behaviour.

mod codec;
// What is built decides which of its parts the generated code needs.
#[allow(dead_code)]
mod constraint;
mod context;
mod error;
// A model carries no prose, a structure of one member reads like one of ten, and its types are as deep as they are.
#[allow(missing_docs, clippy::single_match, clippy::type_complexity)]
mod generated;
pub mod handler;
mod operation;
mod remote;
mod resource;
#[allow(dead_code)]
mod rest;
mod service;
#[allow(dead_code)]
mod shown;

#[cfg(feature = "test-service")]
pub use generated::echo;
pub use generated::{cloudtrail, cloudwatch, dynamodb, iam, kinesis, kms, lambda, logs, sts};

pub use codec::Enumeration;
pub use context::{
    Context, FederatedUser, Principal, RequestId, RoleSession, Session, User, VpcEndpoint, WebIdentity,
};
pub use error::{ApiError, Fault};
pub use handler::{Descriptor, Register};
pub use operation::{
    BodyStream, ConditionKeys, DuplexOperation, Event, EventFrame, Feed, FeedOperation, Frames, Operation,
    Resource, Resources, Serve, ServeDuplex, ServeFeed,
};
pub use remote::{Endpoint, Remote, RemoteAnswer, RemoteRequest};
pub use rest::{AnswerParts, BoundParts, RequestParts};
pub use service::{OperationEntry, Service, services};
