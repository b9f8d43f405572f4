use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use anabranch_types::{AccountId, Hyphenated, Partition, Region, Timestamp};

mod principal;
mod session;
mod vpc_endpoint;

pub use principal::{FederatedUser, Principal, RoleSession, User, WebIdentity};
pub use session::Session;
pub use vpc_endpoint::VpcEndpoint;

/// Everything a service may know about a call beside its request.
#[derive(Clone, Debug)]
pub struct Context {
    /// Who calls.
    pub principal: Principal,
    /// The account the caller belongs to.
    pub account: AccountId,
    /// The signature's region, else the server's default.
    pub region: Region,
    /// The region's partition.
    pub partition: Partition,
    /// The access key the request was signed with, or none for unsigned calls and calls of our own.
    pub access_key: Option<Arc<str>>,
    /// What the temporary credentials carry that the request was signed with; none for other keys.
    pub session: Option<Arc<Session>>,
    /// Where the connection comes from; none for calls of our own.
    pub source: Option<IpAddr>,
    /// The `User-Agent` header.
    pub user_agent: Option<Arc<str>>,
    /// The VPC endpoint the request came in by; none by the other listeners.
    pub endpoint: Option<Arc<VpcEndpoint>>,
    /// Whether the connection is on TLS.
    pub secure_transport: bool,
    /// The request's id, in the answer and the audit event.
    pub request_id: RequestId,
    /// When it arrived, by the Clock.
    pub received: Timestamp,
    /// Bytes that the answer may take with what it is made from, while memory is scarce: whoever can answer less then does.
    pub room: Option<usize>,
}

impl Context {
    /// A call that came over no connection: one of our own services calls another.
    pub fn inside(
        principal: Principal,
        account: AccountId,
        region: Region,
        request_id: RequestId,
        received: Timestamp,
    ) -> Self {
        Self {
            principal,
            account,
            partition: region.partition(),
            region,
            access_key: None,
            session: None,
            source: None,
            user_agent: None,
            endpoint: None,
            secure_transport: true,
            request_id,
            received,
            room: None,
        }
    }
}

/// A request's id: a random UUID in its usual text form.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(u128);

impl RequestId {
    /// The id with these random bits (version and variant are set here).
    pub const fn from_random(bits: u128) -> Self {
        Self((bits & !(0xf_u128 << 76) & !(0x3_u128 << 62)) | (4_u128 << 76) | (2_u128 << 62))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hyphenated(self.0).fmt(f)
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
