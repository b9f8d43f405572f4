//! An operation and the service that answers it with their types erased: what stands between bytes and [`Operation`]s is compiled once, and
//! what each operation needs of its own in the crate of its service.

use std::any::Any;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use anabranch_wire::{Envelope, Malformed, Protocol, Violations};
use bytes::{Bytes, BytesMut};

use crate::operation::{BodyStream, DuplexOperation, FeedOperation, Frames, Serve, ServeDuplex, ServeFeed};
use crate::rest::{AnswerParts, RequestParts};
use crate::service::Service;
use crate::{ApiError, ConditionKeys, Context, Operation, Resources};

/// What is known of an operation without its types: the constants of [`Operation`] of the same names.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Descriptor {
    pub service: &'static Service,
    pub name: &'static str,
    pub action: &'static str,
    pub read_only: bool,
    pub has_output: bool,
    pub raw_body: bool,
    pub status: u16,
    pub data_type: Option<&'static str>,
    /// How it is asked and answered.
    pub form: Form,
}

impl Descriptor {
    /// Of an operation with one answer.
    pub fn of<Op: Operation>() -> &'static Self {
        const { &describe::<Op>(Form::Unary) }
    }
}

const fn describe<Op: Operation>(form: Form) -> Descriptor {
    Descriptor {
        service: Op::SERVICE,
        name: Op::NAME,
        action: Op::ACTION,
        read_only: Op::READ_ONLY,
        has_output: Op::HAS_OUTPUT,
        raw_body: Op::RAW_BODY,
        status: Op::STATUS,
        data_type: Op::DATA_TYPE,
        form,
    }
}

/// How an operation is asked and answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One request, one answer.
    Unary,
    /// One request, an answer with frames.
    Feed,
    /// An answer with frames while the request's body still comes.
    Duplex,
}

/// Reads the requests of one operation for the service that answers it.
pub trait Handler: Send + Sync {
    /// The operation.
    fn operation(&self) -> &'static Descriptor;
    /// Reads a request. `parts`: what REST puts outside the document.
    fn read(
        &self,
        protocol: Protocol,
        document: Bytes,
        parts: Option<&RequestParts<'_>>,
        violations: &mut Violations,
    ) -> Result<Box<dyn Call>, Malformed>;
}

/// A request together with the service that will answer it.
pub trait Call: Send {
    /// The operation.
    fn operation(&self) -> &'static Descriptor;
    /// Who calls, where nothing but the request itself says so.
    fn identify(&self, cx: &mut Context) -> Result<(), ApiError>;
    /// What the call is about.
    fn resources(&self, cx: &Context) -> Result<Resources, ApiError>;
    /// What the request gives to conditions.
    fn condition_keys(&self, cx: &Context) -> ConditionKeys;
    /// The request written down ([`Operation::parameters`]).
    fn parameters(&self) -> Option<Bytes>;
    /// The request itself.
    fn request_mut(&mut self) -> &mut dyn Any;
    /// Answers the call. `body` is of duplex operations.
    fn serve<'a>(self: Box<Self>, cx: &'a Context, body: Option<BodyStream>) -> Serving<'a>;
}

/// A call being answered.
pub type Serving<'a> = Pin<Box<dyn Future<Output = Result<Served, ApiError>> + Send + 'a>>;

/// An answer.
pub struct Served {
    /// The answer, or the initial response of a feed.
    pub answer: Box<dyn Answer>,
    /// The frames that follow it.
    pub frames: Option<Frames>,
}

/// An answer that can be written.
pub trait Answer: Send {
    /// Appends it to `out`.
    fn write(&self, protocol: Protocol, envelope: &Envelope<'_>, out: BytesMut) -> BytesMut;
    /// REST: gives the members bound to the status, headers and the raw body.
    fn unbind(&self, parts: &mut AnswerParts);
    /// The answer written down ([`Operation::elements`]).
    fn elements(&self) -> Option<Bytes>;
    /// The output itself.
    fn output_mut(&mut self) -> &mut dyn Any;
    /// The output itself, by value.
    fn into_output(self: Box<Self>) -> Box<dyn Any>;
}

/// Takes the handlers that a family's generated `register` function makes. `server` implements it to fill its table.
pub trait Register {
    /// One more operation.
    fn add(&mut self, handler: Box<dyn Handler>);
}

/// The handler of an operation with one answer.
pub fn unary<Op: Operation, S: Serve<Op>>(service: &Arc<S>) -> Box<dyn Handler> {
    Box::new(OfService::<Op, S, UnaryForm>(Arc::clone(service), PhantomData))
}

/// The handler of an operation that answers with frames.
pub fn feed<Op: FeedOperation, S: ServeFeed<Op>>(service: &Arc<S>) -> Box<dyn Handler> {
    Box::new(OfService::<Op, S, FeedForm>(Arc::clone(service), PhantomData))
}

/// The handler of an operation that reads and answers at once.
pub fn duplex<Op: DuplexOperation, S: ServeDuplex<Op>>(service: &Arc<S>) -> Box<dyn Handler> {
    Box::new(OfService::<Op, S, DuplexForm>(Arc::clone(service), PhantomData))
}

/// A typed request as a call with one answer.
pub fn unary_call<Op: Operation, S: Serve<Op>>(service: &Arc<S>, request: Op) -> Box<dyn Call> {
    Box::new(Asked::<Op, S, UnaryForm> { service: Arc::clone(service), request, form: PhantomData })
}

/// A typed request as a call that is answered with frames.
pub fn feed_call<Op: FeedOperation, S: ServeFeed<Op>>(service: &Arc<S>, request: Op) -> Box<dyn Call> {
    Box::new(Asked::<Op, S, FeedForm> { service: Arc::clone(service), request, form: PhantomData })
}

/// A typed request as a call that is answered while its body comes.
pub fn duplex_call<Op: DuplexOperation, S: ServeDuplex<Op>>(service: &Arc<S>, request: Op) -> Box<dyn Call> {
    Box::new(Asked::<Op, S, DuplexForm> { service: Arc::clone(service), request, form: PhantomData })
}

struct UnaryForm;
struct FeedForm;
struct DuplexForm;

/// What differs between the forms of operations.
trait Answering<Op: Operation, S>: Send + Sync + 'static {
    const FORM: Form;
    fn identify(_service: &S, _cx: &mut Context, _request: &Op) -> Result<(), Op::Error> {
        Ok(())
    }
    fn resources(service: &S, cx: &Context, request: &Op) -> Result<Resources, Op::Error>;
    fn condition_keys(_service: &S, _cx: &Context, request: &Op) -> ConditionKeys {
        request.condition_keys()
    }
    fn serve(service: Arc<S>, cx: &Context, request: Op, body: Option<BodyStream>) -> Serving<'_>;
}

impl<Op: Operation, S: Serve<Op>> Answering<Op, S> for UnaryForm {
    const FORM: Form = Form::Unary;
    fn identify(service: &S, cx: &mut Context, request: &Op) -> Result<(), Op::Error> {
        service.identify(cx, request)
    }
    fn resources(service: &S, cx: &Context, request: &Op) -> Result<Resources, Op::Error> {
        service.resources(cx, request)
    }
    fn condition_keys(service: &S, cx: &Context, request: &Op) -> ConditionKeys {
        service.condition_keys(cx, request)
    }
    fn serve(service: Arc<S>, cx: &Context, request: Op, _: Option<BodyStream>) -> Serving<'_> {
        Box::pin(async move { served::<Op>(service.serve(cx, request).await, None) })
    }
}

impl<Op: FeedOperation, S: ServeFeed<Op>> Answering<Op, S> for FeedForm {
    const FORM: Form = Form::Feed;
    fn resources(service: &S, cx: &Context, request: &Op) -> Result<Resources, Op::Error> {
        service.resources(cx, request)
    }
    fn serve(service: Arc<S>, cx: &Context, request: Op, _: Option<BodyStream>) -> Serving<'_> {
        Box::pin(async move {
            let feed = service.open(cx, request).await.map_err(Into::into)?;
            served::<Op>(Ok(feed.output), Some(feed.frames))
        })
    }
}

impl<Op: DuplexOperation, S: ServeDuplex<Op>> Answering<Op, S> for DuplexForm {
    const FORM: Form = Form::Duplex;
    fn resources(service: &S, cx: &Context, request: &Op) -> Result<Resources, Op::Error> {
        service.resources(cx, request)
    }
    fn serve(service: Arc<S>, cx: &Context, request: Op, body: Option<BodyStream>) -> Serving<'_> {
        let body = body.unwrap_or_else(|| Box::pin(futures_util::stream::empty()));
        Box::pin(async move {
            let feed = service.open(cx, request, body).await.map_err(Into::into)?;
            served::<Op>(Ok(feed.output), Some(feed.frames))
        })
    }
}

fn served<Op: Operation>(
    output: Result<Op::Output, Op::Error>,
    frames: Option<Frames>,
) -> Result<Served, ApiError> {
    let output = output.map_err(Into::into)?;
    Ok(Served { answer: Box::new(Output::<Op>(output)), frames })
}

struct OfService<Op, S, F>(Arc<S>, PhantomData<fn(Op, F)>);

impl<Op, S, F> Handler for OfService<Op, S, F>
where
    Op: Operation,
    S: Send + Sync + 'static,
    F: Answering<Op, S>,
{
    fn operation(&self) -> &'static Descriptor {
        descriptor::<Op, S, F>()
    }

    fn read(
        &self,
        protocol: Protocol,
        document: Bytes,
        parts: Option<&RequestParts<'_>>,
        violations: &mut Violations,
    ) -> Result<Box<dyn Call>, Malformed> {
        let mut request = Op::read(protocol, document, violations)?;
        if let Some(parts) = parts {
            request.bind(parts, violations)?;
        }
        request.check(violations);
        Ok(Box::new(Asked::<Op, S, F> { service: Arc::clone(&self.0), request, form: PhantomData }))
    }
}

struct Asked<Op, S, F> {
    service: Arc<S>,
    request: Op,
    form: PhantomData<fn(F)>,
}

impl<Op, S, F> Call for Asked<Op, S, F>
where
    Op: Operation,
    S: Send + Sync + 'static,
    F: Answering<Op, S>,
{
    fn operation(&self) -> &'static Descriptor {
        descriptor::<Op, S, F>()
    }
    fn identify(&self, cx: &mut Context) -> Result<(), ApiError> {
        F::identify(&self.service, cx, &self.request).map_err(Into::into)
    }
    fn resources(&self, cx: &Context) -> Result<Resources, ApiError> {
        F::resources(&self.service, cx, &self.request).map_err(Into::into)
    }
    fn condition_keys(&self, cx: &Context) -> ConditionKeys {
        F::condition_keys(&self.service, cx, &self.request)
    }
    fn parameters(&self) -> Option<Bytes> {
        self.request.parameters()
    }
    fn request_mut(&mut self) -> &mut dyn Any {
        &mut self.request
    }
    fn serve<'a>(self: Box<Self>, cx: &'a Context, body: Option<BodyStream>) -> Serving<'a> {
        F::serve(self.service, cx, self.request, body)
    }
}

fn descriptor<Op: Operation, S, F: Answering<Op, S>>() -> &'static Descriptor {
    const { &describe::<Op>(F::FORM) }
}

struct Output<Op: Operation>(Op::Output);

impl<Op: Operation> Answer for Output<Op> {
    fn write(&self, protocol: Protocol, envelope: &Envelope<'_>, out: BytesMut) -> BytesMut {
        Op::write(&self.0, protocol, envelope, out)
    }
    fn unbind(&self, parts: &mut AnswerParts) {
        Op::unbind(&self.0, parts);
    }
    fn elements(&self) -> Option<Bytes> {
        Op::elements(&self.0)
    }
    fn output_mut(&mut self) -> &mut dyn Any {
        &mut self.0
    }
    fn into_output(self: Box<Self>) -> Box<dyn Any> {
        Box::new(self.0)
    }
}
