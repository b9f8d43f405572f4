use anabranch_api::kinesis::SubscribeToShard;
use anabranch_api::{ApiError, Endpoint, Operation, Remote};
use anabranch_wire::Protocol;

use super::{HttpEndpoint, SendError, Subscription, send};

/// Kinesis Data Streams at the other end of HTTP, spoken to in JSON. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Kinesis {
    remote: Remote<HttpEndpoint>,
}

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// There is no answer.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The server refused, or what it answered cannot be read.
    #[error(transparent)]
    Refused(#[from] ApiError),
}

impl CallError {
    /// The error's name, if the server refused.
    pub fn code(&self) -> Option<&str> {
        match self {
            CallError::Refused(error) => Some(&error.code),
            CallError::Send(_) => None,
        }
    }

    /// Whether nobody listens there.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, CallError::Send(SendError::Unreachable { .. }))
    }

    /// Whether the server showed a certificate that is not believed.
    pub fn is_disbelief(&self) -> bool {
        // The reason comes through layers that pass on its words alone (rustls, `Error::InvalidCertificate`).
        matches!(self, CallError::Send(SendError::Unreachable { cause, .. }) if cause.starts_with("invalid peer certificate"))
    }

    /// Whether the same call may succeed at once or a little later. A call without answer may nevertheless have been done.
    pub fn is_passing(&self) -> bool {
        match self {
            CallError::Send(error) => {
                matches!(
                    error,
                    SendError::Broken { .. } | SendError::BrokenOff { .. } | SendError::Late { .. }
                )
            }
            CallError::Refused(error) => error.status >= 500 || is_passing(&error.code),
        }
    }
}

/// Whether a request, or a record in one, that was refused with this code may be taken later.
pub fn is_passing(code: &str) -> bool {
    matches!(
        code,
        "ProvisionedThroughputExceededException"
            | "LimitExceededException"
            | "ThrottlingException"
            | "KMSThrottlingException"
            | "InternalFailure"
            | "InternalFailureException"
            | "ServiceUnavailable"
            | "ServiceUnavailableException"
    )
}

impl Kinesis {
    /// Kinesis at this endpoint.
    pub fn new(endpoint: HttpEndpoint) -> Self {
        Self { remote: Remote::new(endpoint, Protocol::Json11) }
    }

    /// Where requests go.
    pub fn endpoint(&self) -> &HttpEndpoint {
        self.remote.endpoint()
    }

    /// One call; done with the whole answer.
    pub async fn call<Op: Operation>(&self, request: Op) -> Result<Op::Output, CallError> {
        let answer = self.endpoint().send(self.remote.request(&request)).await?;
        Ok(self.remote.answer::<Op>(answer)?)
    }

    /// Opens a subscription; done when the server accepted it.
    pub async fn subscribe(&self, request: SubscribeToShard) -> Result<Subscription, CallError> {
        let response = self.endpoint().open(self.remote.request(&request)).await?;
        if response.status().is_success() {
            return Ok(Subscription::new(self.endpoint().target().clone(), response.into_body()));
        }
        let refusal = send::read(response, self.endpoint().target()).await?;
        self.remote.answer::<SubscribeToShard>(refusal)?;
        let cause = "it is neither events nor an error".to_owned();
        Err(SendError::BrokenOff { target: self.endpoint().target().clone(), cause }.into())
    }
}
