use std::collections::BTreeMap;
use std::sync::Arc;

use anabranch_types::{AccountId, Partition};

use crate::ConditionKeys;

/// Who calls. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Principal {
    /// The root of an account.
    Root(AccountId),
    /// A development identity of an open server: the administrator of its own account, nobody in another's.
    Development(AccountId),
    /// An IAM user, by a key of its own or a session of its own.
    User(Arc<User>),
    /// A session of a role.
    RoleSession(Arc<RoleSession>),
    /// Whom a user or root vouched for with GetFederationToken.
    FederatedUser(Arc<FederatedUser>),
    /// Whom a token of an identity provider vouches for.
    WebIdentity(Arc<WebIdentity>),
    /// One of our own services.
    Service(&'static str),
    /// Nobody said who they are: the caller of an operation that takes no signature.
    Anonymous,
}

/// An IAM user.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct User {
    /// Its account.
    pub account: AccountId,
    /// Its name.
    pub name: String,
    /// Begins and ends with a slash.
    pub path: String,
    /// `AIDA…`
    pub id: String,
}

/// A session of a role.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RoleSession {
    /// The role's account.
    pub account: AccountId,
    /// The role's name.
    pub role: String,
    /// The role's path.
    pub path: String,
    /// `AROA…`
    pub role_id: String,
    /// The session's name.
    pub name: String,
}

/// A federated user.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FederatedUser {
    /// The account.
    pub account: AccountId,
    /// The name given to GetFederationToken.
    pub name: String,
    /// The user who called it; none for the root.
    pub issuer: Option<User>,
}

/// The bearer of an identity provider's token, which was verified.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct WebIdentity {
    /// The provider as trust policies name it: its ARN in the account of the role that is asked for, or the host of one that AWS knows by it.
    pub provider: String,
    /// The issuer without its scheme: what the names of its condition keys begin with.
    pub issuer: String,
    /// Whom the token is about.
    pub subject: String,
    /// Which client the token was made for.
    pub audience: String,
    /// What the token gives to conditions, keys in lower case.
    pub claims: ConditionKeys,
    /// Tags for the session.
    pub tags: BTreeMap<String, String>,
    /// The keys of the tags that sessions made with the session have too.
    pub transitive_tags: Vec<String>,
    /// The session's source identity.
    pub source_identity: Option<String>,
}

impl Principal {
    /// The account the caller is of; our own services and nobody have none.
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Root(account) | Self::Development(account) => Some(*account),
            Self::User(user) => Some(user.account),
            Self::RoleSession(session) => Some(session.account),
            Self::FederatedUser(user) => Some(user.account),
            Self::WebIdentity(_) | Self::Service(_) | Self::Anonymous => None,
        }
    }

    /// The caller's ARN as STS tells it (IAM reference_identifiers, reference_iam-arns).
    pub fn arn(&self, partition: Partition) -> String {
        match self {
            Self::Root(account) | Self::Development(account) => {
                format!("arn:{partition}:iam::{account}:root")
            }
            Self::User(user) => user.arn(partition),
            Self::RoleSession(session) => session.arn(partition),
            Self::FederatedUser(user) => {
                format!("arn:{partition}:sts::{}:federated-user/{}", user.account, user.name)
            }
            Self::WebIdentity(identity) => identity.provider.clone(),
            Self::Service(name) => format!("{name}.amazonaws.com"),
            Self::Anonymous => "anonymous".to_owned(),
        }
    }

    /// The caller's unique id as STS tells it: `aws:userid` (IAM reference_policies_variables).
    pub fn user_id(&self) -> String {
        match self {
            Self::Root(account) | Self::Development(account) => account.to_string(),
            Self::User(user) => user.id.clone(),
            Self::RoleSession(session) => format!("{}:{}", session.role_id, session.name),
            Self::FederatedUser(user) => format!("{}:{}", user.account, user.name),
            Self::WebIdentity(identity) => {
                format!("{}:{}:{}", identity.issuer, identity.audience, identity.subject)
            }
            Self::Service(name) => format!("{name}.amazonaws.com"),
            Self::Anonymous => "anonymous".to_owned(),
        }
    }
}

impl User {
    /// `arn:aws:iam::ACCOUNT:user/PATH/NAME`
    pub fn arn(&self, partition: Partition) -> String {
        format!("arn:{partition}:iam::{}:user{}{}", self.account, self.path, self.name)
    }
}

impl RoleSession {
    /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`, without the role's path.
    pub fn arn(&self, partition: Partition) -> String {
        format!("arn:{partition}:sts::{}:assumed-role/{}/{}", self.account, self.role, self.name)
    }

    /// `arn:aws:iam::ACCOUNT:role/PATH/ROLE`
    pub fn role_arn(&self, partition: Partition) -> String {
        format!("arn:{partition}:iam::{}:role{}{}", self.account, self.path, self.role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_the_arn_and_id_that_aws_gives_them() {
        let account: AccountId = "111111111111".parse().unwrap();
        let user = User { account, name: "alice".into(), path: "/team/".into(), id: "AIDAA".into() };
        let session = RoleSession {
            account,
            role: "reader".into(),
            path: "/app/".into(),
            role_id: "AROAR".into(),
            name: "s1".into(),
        };
        assert_eq!(session.role_arn(Partition::Aws), "arn:aws:iam::111111111111:role/app/reader");
        let federated = FederatedUser { account, name: "bob".into(), issuer: Some(user.clone()) };
        let cases = [
            (Principal::Root(account), "arn:aws:iam::111111111111:root", "111111111111"),
            (Principal::Development(account), "arn:aws:iam::111111111111:root", "111111111111"),
            (Principal::User(user.into()), "arn:aws:iam::111111111111:user/team/alice", "AIDAA"),
            (
                Principal::RoleSession(session.into()),
                "arn:aws:sts::111111111111:assumed-role/reader/s1",
                "AROAR:s1",
            ),
            (
                Principal::FederatedUser(federated.into()),
                "arn:aws:sts::111111111111:federated-user/bob",
                "111111111111:bob",
            ),
            (Principal::Service("firehose"), "firehose.amazonaws.com", "firehose.amazonaws.com"),
        ];
        for (principal, arn, id) in cases {
            assert_eq!((&*principal.arn(Partition::Aws), &*principal.user_id()), (arn, id));
        }
    }
}
