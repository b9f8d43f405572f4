//! What `build.rs` wrote for each service.

use aws_sdk_kinesis::config::http::HttpResponse;
use aws_sdk_kinesis::error::{ProvideErrorMetadata, SdkError};
use serde_json::{Value, json};

use crate::shapes::{Came, Trouble};

/// What the SDK made of a call.
pub fn answered<O: Came, E: ProvideErrorMetadata>(
    result: Result<O, SdkError<E, HttpResponse>>,
) -> Result<Value, Trouble>
where
    SdkError<E, HttpResponse>: std::fmt::Debug,
{
    Ok(json!({ "ok": true, "output": result.map_err(refused)?.came() }))
}

/// What a refusal of the service looks like to the driver; anything else is a client that broke.
pub fn refused<E: ProvideErrorMetadata>(error: SdkError<E, HttpResponse>) -> Trouble
where
    SdkError<E, HttpResponse>: std::fmt::Debug,
{
    match &error {
        SdkError::ServiceError(refusal) => Trouble::Refused(
            refusal.raw().status().as_u16(),
            refusal.err().code().map(str::to_owned),
            refusal.err().message().map(str::to_owned),
        ),
        SdkError::ConstructionFailure(_) => Trouble::Unsendable(format!("{error:?}")),
        other => Trouble::Broken(format!("{other:?}")),
    }
}

macro_rules! service {
    ($name:ident) => {
        #[allow(deprecated, reason = "the table calls all that the service has")]
        pub mod $name {
            use serde_json::Value;

            use super::answered;
            #[allow(unused_imports, reason = "not every service has structures in its requests")]
            use crate::shapes::{Built, Sent};
            use crate::shapes::{Came, Trouble, document, known, member};

            include!(concat!(env!("OUT_DIR"), "/", stringify!($name), ".rs"));
        }
    };
}

service!(cloudwatch);
service!(kinesis);
service!(logs);
service!(sts);
