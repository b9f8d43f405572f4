use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

/// Whose fault an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The caller's: 4xx. Retrying the same does not help, unless the error says so.
    Client,
    /// Ours: 5xx. SDKs retry.
    Server,
}

/// An error as the protocols write it. A service's own enum, generated from its model, becomes one.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiError {
    /// The error's shape name (`ResourceNotFoundException`), which JSON and CBOR answer.
    pub code: Cow<'static, str>,
    /// The code Query and REST answer where the model gives another one.
    pub query_code: Option<&'static str>,
    /// The HTTP status.
    pub status: u16,
    /// Whose fault it is.
    pub fault: Fault,
    /// The sentence; none where AWS sends none.
    pub message: Option<Cow<'static, str>>,
    /// Further members of the model's error, as the inside of a JSON object (`"Item":{…}`): DynamoDB's, which speaks JSON alone.
    pub members: Option<Bytes>,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.message {
            Some(message) => write!(f, "{}: {message}", self.code),
            None => f.write_str(&self.code),
        }
    }
}

impl std::error::Error for ApiError {}

impl ApiError {
    /// An error of the caller, status 400.
    pub fn client(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code: Cow::Borrowed(code),
            query_code: None,
            status: 400,
            fault: Fault::Client,
            message: Some(message.into()),
            members: None,
        }
    }

    /// An error of a model; no message when it is empty.
    pub(crate) fn modeled(
        code: &'static str,
        query_code: Option<&'static str>,
        status: u16,
        fault: Fault,
        message: Cow<'static, str>,
    ) -> Self {
        let message = Some(message).filter(|m| !m.is_empty());
        Self { code: Cow::Borrowed(code), query_code, status, fault, message, members: None }
    }

    /// Something went wrong in here that the caller can do nothing about, status 500. The cause goes to the server's own
    /// log, never to the caller.
    pub fn internal() -> Self {
        Self {
            code: Cow::Borrowed("InternalFailure"),
            query_code: None,
            status: 500,
            fault: Fault::Server,
            message: None,
            members: None,
        }
    }
}
