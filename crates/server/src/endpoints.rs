//! Listeners that are VPC endpoints: what policies see of them, and their own policies.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use anabranch_api::VpcEndpoint;
use anabranch_governance::EndpointPolicies;
use anabranch_governance::iam::policy::{Document, DocumentKind};

use crate::config::VpcEndpointFlag;

/// A VPC endpoint's policy: AWS takes 20,480 characters (PrivateLink, vpc-endpoints-access).
const POLICY_BYTES_MAX: u64 = 20_480;

/// An endpoint's policy cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// Its file.
    #[error("cannot read the policy of {id}, `{}`", path.display())]
    Unreadable {
        /// The endpoint.
        id: String,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is too long.
    #[error("the policy of {id}, `{}`, has more than {POLICY_BYTES_MAX} bytes", path.display())]
    TooLong {
        /// The endpoint.
        id: String,
        /// The file.
        path: PathBuf,
    },
    /// It is no policy.
    #[error("the policy of {id}, `{}`, is none: {why}", path.display())]
    Malformed {
        /// The endpoint.
        id: String,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

/// Reads the policies of the endpoints that have one.
pub fn policies(flags: &[VpcEndpointFlag]) -> Result<EndpointPolicies, EndpointError> {
    let with_policy = flags.iter().filter_map(|flag| Some((flag, flag.policy.as_ref()?)));
    let read = with_policy.map(|(flag, path)| {
        let (id, path) = (flag.id.clone(), path.clone());
        let text = match fs::metadata(&path).and_then(|found| Ok((found.len(), fs::read_to_string(&path)?))) {
            Ok((bytes, _)) if bytes > POLICY_BYTES_MAX => return Err(EndpointError::TooLong { id, path }),
            Ok((_, text)) => text,
            Err(source) => return Err(EndpointError::Unreadable { id, path, source }),
        };
        match Document::parse(&text, DocumentKind::Resource) {
            Ok(document) => Ok((id, Arc::new(document))),
            Err(why) => Err(EndpointError::Malformed { id, path, why: why.to_string() }),
        }
    });
    read.collect()
}

/// What policies see of it.
pub fn vpc_endpoint(flag: &VpcEndpointFlag) -> VpcEndpoint {
    VpcEndpoint { id: flag.id.clone(), vpc: flag.vpc.clone() }
}
