use anabranch_api::{Context, FederatedUser, Principal, RoleSession};
use anabranch_types::{Partition, Timestamp};
use serde::Serialize;

use super::event::seconds_utc;

/// Who called, in CloudTrail's words (CT cloudtrail-event-reference-user-identity).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserIdentity {
    /// `Root`, `IAMUser`, `AssumedRole`, `FederatedUser`, `AWSService`, `WebIdentityUser`, `Unknown`, or `AWSAccount` where another account is told
    /// of a call on what is its.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The principal's id: a root's is its account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal_id: Option<String>,
    /// The principal's ARN; none for whoever is of no account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// The account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The access key the request was signed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,
    /// The user's name, or whom an identity provider's token is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// What temporary credentials were made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_context: Option<SessionContext>,
    /// The provider of an identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_provider: Option<String>,
    /// The service that called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoked_by: Option<String>,
}

/// What temporary credentials were made of.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionContext {
    /// Whose session it is; none for a user's or root's own (GetSessionToken).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_issuer: Option<SessionIssuer>,
    /// What every session made of this one carries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_identity: Option<String>,
    /// When and how.
    pub attributes: SessionAttributes,
}

/// Whose session it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionIssuer {
    /// `Role`, `IAMUser` or `Root`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its id.
    pub principal_id: String,
    /// Its ARN.
    pub arn: String,
    /// Its account.
    pub account_id: String,
    /// Its name; a root has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
}

/// When and how a session was made.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionAttributes {
    /// When, in UTC, to the second.
    pub creation_date: String,
    /// A string in CloudTrail's records; nobody has a second factor here.
    pub mfa_authenticated: &'static str,
}

impl UserIdentity {
    /// Who makes this call.
    pub fn of(cx: &Context) -> Self {
        let kind = match &cx.principal {
            Principal::Root(_) | Principal::Development(_) => "Root",
            Principal::User(_) => "IAMUser",
            Principal::RoleSession(_) => "AssumedRole",
            Principal::FederatedUser(_) => "FederatedUser",
            Principal::WebIdentity(_) => "WebIdentityUser",
            Principal::Anonymous => return Self { kind: "Unknown", ..Self::default() },
            Principal::Service(_) => {
                let invoked_by = Some(cx.principal.user_id());
                return Self { kind: "AWSService", invoked_by, ..Self::default() };
            }
        };
        let web = match &cx.principal {
            Principal::WebIdentity(identity) => Some(identity),
            _ => None,
        };
        let user_name = match &cx.principal {
            Principal::User(user) => Some(user.name.clone()),
            _ => web.map(|identity| identity.subject.clone()),
        };
        let account = cx.principal.account();
        Self {
            kind,
            principal_id: Some(cx.principal.user_id()),
            arn: account.map(|_| cx.principal.arn(cx.partition)),
            account_id: account.map(|account| account.to_string()),
            access_key_id: cx.access_key.as_deref().map(str::to_owned),
            user_name,
            session_context: SessionContext::of(cx),
            identity_provider: web.map(|identity| identity.provider.clone()),
            invoked_by: None,
        }
    }

    /// What another account is told of the caller.
    pub fn abroad(&self) -> Self {
        let (principal_id, account_id) = (self.principal_id.clone(), self.account_id.clone());
        Self { kind: "AWSAccount", principal_id, account_id, ..Self::default() }
    }
}

impl SessionContext {
    fn of(cx: &Context) -> Option<Self> {
        let session = cx.session.as_deref()?;
        let session_issuer = match &cx.principal {
            Principal::RoleSession(session) => Some(SessionIssuer::role(session, cx.partition)),
            Principal::FederatedUser(user) => Some(SessionIssuer::of_federated(user, cx.partition)),
            _ => None,
        };
        Some(Self {
            session_issuer,
            source_identity: session.source_identity.clone(),
            attributes: SessionAttributes::at(session.issued),
        })
    }
}

impl SessionAttributes {
    fn at(issued: Timestamp) -> Self {
        Self { creation_date: seconds_utc(issued), mfa_authenticated: "false" }
    }
}

impl SessionIssuer {
    fn role(session: &RoleSession, partition: Partition) -> Self {
        Self {
            kind: "Role",
            principal_id: session.role_id.clone(),
            arn: session.role_arn(partition),
            account_id: session.account.to_string(),
            user_name: Some(session.role.clone()),
        }
    }

    fn of_federated(federated: &FederatedUser, partition: Partition) -> Self {
        let account_id = federated.account.to_string();
        match &federated.issuer {
            Some(user) => Self {
                kind: "IAMUser",
                principal_id: user.id.clone(),
                arn: user.arn(partition),
                account_id,
                user_name: Some(user.name.clone()),
            },
            None => Self {
                kind: "Root",
                principal_id: account_id.clone(),
                arn: Principal::Root(federated.account).arn(partition),
                account_id,
                user_name: None,
            },
        }
    }
}
