//! What is asked for: who wants to do what with which resource.

use std::borrow::Cow;
use std::cell::Cell;

use anabranch_types::AccountId;

use super::arn::ArnText;
use super::context::{ContextKeys, ContextValue, Key, Lookup};

/// Who asks (IAM reference_policies_elements_principal).
#[derive(Clone, Copy, Debug)]
pub enum Caller<'a> {
    /// The root of an account.
    Root {
        /// The account.
        account: AccountId,
        /// `arn:aws:iam::ACCOUNT:root`
        arn: &'a str,
    },
    /// An IAM user, with a key of its own or with a session token of GetSessionToken.
    User {
        /// The account.
        account: AccountId,
        /// `arn:aws:iam::ACCOUNT:user/PATH/NAME`
        arn: &'a str,
        /// The unique id, `AIDA…`.
        id: &'a str,
    },
    /// A session of a role.
    RoleSession {
        /// The role's account.
        account: AccountId,
        /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`
        arn: &'a str,
        /// `arn:aws:iam::ACCOUNT:role/PATH/ROLE`
        role_arn: &'a str,
        /// The role's unique id, `AROA…`.
        role_id: &'a str,
    },
    /// A federated user, whom a user made with GetFederationToken. The identity policies are the user's.
    FederatedUser {
        /// The account.
        account: AccountId,
        /// `arn:aws:sts::ACCOUNT:federated-user/NAME`
        arn: &'a str,
        /// The user's ARN.
        user_arn: &'a str,
    },
    /// A service, `kinesis.amazonaws.com`.
    Service {
        /// Its name.
        name: &'a str,
    },
    /// Whoever shows a token of an identity provider.
    WebIdentity {
        /// The provider as trust policies name it: its ARN or its host name.
        provider: &'a str,
    },
    /// Nobody who said who they are.
    Anonymous,
}

impl<'a> Caller<'a> {
    /// The account; services, web identities and the anonymous have none.
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Root { account, .. }
            | Self::User { account, .. }
            | Self::RoleSession { account, .. }
            | Self::FederatedUser { account, .. } => Some(*account),
            Self::Service { .. } | Self::WebIdentity { .. } | Self::Anonymous => None,
        }
    }

    /// What a denial calls the caller: a session by its STS ARN (IAM troubleshoot_access-denied).
    pub fn name(&self) -> &'a str {
        match self {
            Self::Root { arn, .. }
            | Self::User { arn, .. }
            | Self::RoleSession { arn, .. }
            | Self::FederatedUser { arn, .. } => arn,
            Self::Service { name } => name,
            Self::WebIdentity { provider } => provider,
            Self::Anonymous => "anonymous",
        }
    }
}

/// One action on one resource.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Who asks.
    pub caller: Caller<'a>,
    /// `service:Operation`
    pub action: &'a str,
    /// The resource's ARN, or `*` for actions that have none.
    pub resource: &'a str,
    /// Whose the resource is; none is the caller's own account's.
    pub owner: Option<AccountId>,
    /// What else is known.
    pub context: &'a dyn ContextKeys,
}

/// Most bytes of an action's name that are put into lower case without an allocation.
const ACTION_BYTES: usize = 64;

/// A request while it is judged: the action in lower case, the resource split, and a note of what was looked at.
pub(super) struct Asked<'a> {
    pub(super) request: &'a Request<'a>,
    /// In lower case.
    pub(super) action: &'a str,
    pub(super) resource: ArnText<'a>,
    /// Whether the answer may be another for the same caller, action and resource.
    depends: Cell<bool>,
}

/// Calls `judge` with the request made ready.
pub(super) fn ask<T>(request: &Request<'_>, judge: impl FnOnce(&Asked<'_>) -> T) -> T {
    let mut buffer = [0; ACTION_BYTES];
    let action = lower_case(request.action, &mut buffer);
    let resource = ArnText::new(request.resource);
    judge(&Asked { request, action: &action, resource, depends: Cell::new(false) })
}

impl Asked<'_> {
    /// Whether a key was looked at that two requests of one caller may differ in.
    pub(super) fn depends_on_request(&self) -> bool {
        self.depends.get()
    }
}

fn lower_case<'a>(text: &str, buffer: &'a mut [u8; ACTION_BYTES]) -> Cow<'a, str> {
    let Some(short) = buffer.get_mut(..text.len()) else { return Cow::Owned(text.to_ascii_lowercase()) };
    short.copy_from_slice(text.as_bytes());
    short.make_ascii_lowercase();
    // A text whose ASCII letters are others is a text.
    std::str::from_utf8(short).map_or_else(|_| Cow::Owned(text.to_ascii_lowercase()), Cow::Borrowed)
}

impl Lookup for Asked<'_> {
    fn value(&self, key: &Key) -> Option<ContextValue<'_>> {
        if !key.of_principal && !self.request.context.is_standing(&key.lower) {
            self.depends.set(true);
        }
        self.request.context.value(&key.lower)
    }
}
