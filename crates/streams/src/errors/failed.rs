//! Of what is not the caller's fault.

use std::error::Error as _;

use anabranch_api::kinesis::Error;
use anabranch_catalog::CatalogError;
use anabranch_log::LogError;

/// What we stand on failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    #[error("the catalog failed")]
    Catalog(#[from] CatalogError),
    #[error("the log failed")]
    Log(#[from] LogError),
    #[error("a value in the catalog cannot be read")]
    Undecodable(#[from] crate::stored::Undecodable),
    #[error("the key of tokens in the catalog has a wrong length")]
    TokenKey,
    #[error(
        "the records of {stream} are sealed under another master key: start with the one this data was written \
         with (--master-key-file or ANABRANCH_MASTER_KEY)"
    )]
    MasterKey { stream: String, source: anabranch_governance::kms::NotWrappedByThis },
    #[error("there is no data key {id} of {stream}, under which records are sealed")]
    NoDataKey { stream: String, id: u32 },
    #[error("a record of {stream} cannot be opened")]
    Unsealable { stream: String, source: anabranch_governance::kms::Unsealable },
    #[error("there is no id for a new log group")]
    Counter(#[from] anabranch_catalog::CounterError),
}

/// Something failed that the caller can do nothing about but retry; the cause is written to the server's own log here.
impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        let mut sentence = failed.to_string();
        let mut cause = failed.source();
        while let Some(error) = cause {
            sentence.push_str(": ");
            sentence.push_str(&error.to_string());
            cause = error.source();
        }
        tracing::error!("{sentence}");
        internal()
    }
}

/// Without a cause: that is never told to callers.
pub(crate) fn internal() -> Error {
    Error::InternalFailureException("Internal Failure".into())
}
