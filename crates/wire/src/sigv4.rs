//! AWS Signature Version 4: the header form and the presigned query form, verified in full, and made for our own clients.
//!
//! Verification has two steps, because the secret is looked up in between: [`parse`] checks everything that needs no
//! secret and says who claims to call; [`Presented::verify`] checks the signature. The order of the checks and their sentences are those that
//! kinesalite (index.js, test/connection.js) and dynalite (index.js) recorded on AWS.
//! Source of the algorithm: IAM user guide, "Create a signed AWS API request".

mod canonical;
mod claim;
mod date;
#[cfg(test)]
mod differential;
mod failure;
mod keys;
mod parse;
mod request;
mod sign;
#[cfg(test)]
mod suite;
#[cfg(test)]
mod tests;

pub use claim::{Claim, claim, claimed_token};
pub use failure::Failure;
pub use keys::{SIGNING_KEYS_MAX, SigningKeys, sha256};
pub use parse::{Expected, Presented, SKEW_MINUTES_NARROW, SKEW_MINUTES_WIDE, parse};
pub use request::{Payload, SignedRequest};
pub use sign::{Credentials, Signer};

/// The one algorithm. SigV4A is refused.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// What a credential scope ends with.
const TERMINATOR: &str = "aws4_request";
