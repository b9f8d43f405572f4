//! The table of handlers: for each operation that is built, how a request of it is decoded, taken through the door and answered.

use std::collections::HashMap;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use anabranch_api::{DuplexOperation, FeedOperation, Operation, Register, Serve, ServeDuplex, ServeFeed};

use super::answer::{Encoded, Refused};
use super::call::{self, Call};

/// What answers each operation, by its full name.
#[derive(Default)]
pub struct Handlers {
    by_name: HashMap<&'static str, Arc<dyn Handler>>,
}

/// Answers one operation.
pub(super) trait Handler: Send + Sync {
    /// How its requests' bodies are read.
    fn body(&self) -> BodyForm;
    /// Takes a call from decoding to encoding.
    fn answer(&self, call: Call) -> Answering;
}

/// How a request's body is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyForm {
    /// Before the request is looked at; it is a document.
    Document,
    /// Before the request is looked at; it may be anything.
    Raw,
    /// By the operation, while it answers.
    Streamed,
}

/// A call being answered.
pub(super) type Answering = Pin<Box<dyn Future<Output = Result<Encoded, Refused>> + Send>>;

impl Handlers {
    pub(super) fn get(&self, full_name: &str) -> Option<&Arc<dyn Handler>> {
        self.by_name.get(full_name)
    }
}

struct Unary<Op, S>(Arc<S>, PhantomData<fn(Op)>);
struct Feeding<Op, S>(Arc<S>, PhantomData<fn(Op)>);
struct Duplex<Op, S>(Arc<S>, PhantomData<fn(Op)>);

impl Register for Handlers {
    fn unary<Op: Operation, S: Serve<Op>>(&mut self, service: &Arc<S>) {
        self.by_name.insert(Op::NAME, Arc::new(Unary::<Op, S>(Arc::clone(service), PhantomData)));
    }
    fn feed<Op: FeedOperation, S: ServeFeed<Op>>(&mut self, service: &Arc<S>) {
        self.by_name.insert(Op::NAME, Arc::new(Feeding::<Op, S>(Arc::clone(service), PhantomData)));
    }
    fn duplex<Op: DuplexOperation, S: ServeDuplex<Op>>(&mut self, service: &Arc<S>) {
        self.by_name.insert(Op::NAME, Arc::new(Duplex::<Op, S>(Arc::clone(service), PhantomData)));
    }
}

impl<Op: Operation, S: Serve<Op>> Handler for Unary<Op, S> {
    fn body(&self) -> BodyForm {
        if Op::RAW_BODY { BodyForm::Raw } else { BodyForm::Document }
    }
    fn answer(&self, call: Call) -> Answering {
        Box::pin(call::unary::<Op, S>(Arc::clone(&self.0), call))
    }
}

impl<Op: FeedOperation, S: ServeFeed<Op>> Handler for Feeding<Op, S> {
    fn body(&self) -> BodyForm {
        BodyForm::Document
    }
    fn answer(&self, call: Call) -> Answering {
        Box::pin(call::feed::<Op, S>(Arc::clone(&self.0), call))
    }
}

impl<Op: DuplexOperation, S: ServeDuplex<Op>> Handler for Duplex<Op, S> {
    fn body(&self) -> BodyForm {
        BodyForm::Streamed
    }
    fn answer(&self, call: Call) -> Answering {
        Box::pin(call::duplex::<Op, S>(Arc::clone(&self.0), call))
    }
}
