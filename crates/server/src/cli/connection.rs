//! The flags that say which server a command talks to, and as whom.

use std::path::PathBuf;

use super::Failure;
use crate::client::{
    CallError, ENDPOINT_DEFAULT, HttpEndpoint, HttpVersion, Kinesis, Target, from_environment,
};

#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Connection")]
pub(super) struct Connection {
    /// Where the server answers [default: AWS_ENDPOINT_URL_KINESIS, AWS_ENDPOINT_URL, then http://127.0.0.1:4566]
    #[arg(long, value_name = "URL")]
    pub(super) endpoint: Option<String>,

    /// The region the streams are in [default: AWS_REGION, AWS_DEFAULT_REGION, the profile's, then us-east-1]
    #[arg(long, value_name = "REGION")]
    pub(super) region: Option<String>,

    /// Believe certificates of the authorities in this PEM file, and no others
    #[arg(long, value_name = "FILE", env = "AWS_CA_BUNDLE", hide_env_values = true)]
    pub(super) ca_file: Option<PathBuf>,
}

impl Connection {
    /// The client for these flags and the process's environment. Nothing is sent yet.
    pub(super) fn open(&self) -> Result<Kinesis, Failure> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let target: Target = self
            .endpoint
            .clone()
            .or_else(|| variable("AWS_ENDPOINT_URL_KINESIS"))
            .or_else(|| variable("AWS_ENDPOINT_URL"))
            .unwrap_or_else(|| ENDPOINT_DEFAULT.to_owned())
            .parse()?;
        let identity = from_environment(&target, self.region.as_deref())?;
        let endpoint = HttpEndpoint::new(target, identity, HttpVersion::One, self.ca_file.as_deref())?;
        Ok(Kinesis::new(endpoint))
    }
}

/// The failure as the person in front of the terminal should hear it: with what to do about it, where that is known.
pub(super) fn explained(error: CallError) -> Failure {
    let advice = match &error {
        _ if error.is_disbelief() => {
            "name the certificate to believe with --ca-file or AWS_CA_BUNDLE: a server's own for development is \
             tls/development.pem in its data directory, for localhost and 127.0.0.1"
        }
        _ if error.is_unreachable() => {
            "start a server with `anabranch serve`, or name another one with --endpoint"
        }
        CallError::Refused(refusal) => match &*refusal.code {
            "UnrecognizedClientException" | "InvalidSignatureException" | "InvalidClientTokenId" => {
                "look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
            }
            "ResourceNotFoundException" => {
                "`anabranch streams` shows what there is in this account and region"
            }
            _ => return error.into(),
        },
        _ => return error.into(),
    };
    format!("{error}\n{advice}").into()
}
