//! Roles' temporary credentials for programs that have a role token instead of keys, as containers on AWS have.

use std::sync::Arc;

use anabranch_api::sts::{AssumeRole, AssumeRoleOutput};
use anabranch_api::{ApiError, Context};
use anabranch_governance::Door;
use anabranch_governance::iam::identities::{Identities, Role};
use anabranch_governance::iam::{RoleTokens, Secret, TokenRole};
use anabranch_governance::sts::Sts;
use anabranch_types::AccountId;

/// Characters of a session's name (STS API AssumeRole).
const SESSION_NAME_CHARACTERS: std::ops::RangeInclusive<usize> = 2..=64;

/// Makes role tokens and takes them.
pub struct RoleCredentials {
    /// The way to STS.
    pub door: Door,
    /// What issues credentials.
    pub sts: Arc<Sts>,
    /// Where roles are looked up.
    pub identities: Arc<Identities>,
    /// What seals tokens.
    pub tokens: RoleTokens,
}

/// How a role may be called: by its name, `ACCOUNT:NAME`, or its ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleName<'a> {
    account: Option<AccountId>,
    /// With the slashes around it; none for any.
    path: Option<&'a str>,
    name: &'a str,
}

/// No token can be made.
#[derive(Debug, thiserror::Error)]
pub enum NoToken {
    /// It is no name.
    #[error("`{0}` is no role: expected a name, ACCOUNT:NAME or an ARN")]
    NotAName(String),
    /// It is another's.
    #[error("the role is of another account")]
    OfAnother,
    /// There is none.
    #[error("account {account} has no role {name}")]
    NoSuchRole {
        /// Where it was looked for.
        account: AccountId,
        /// What it would be called.
        name: String,
    },
    /// It cannot be a session's name.
    #[error("a session's name has 2 to 64 letters, digits and characters of _+=,.@-")]
    SessionName,
}

/// The token in a request is not the role's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongToken;

impl<'a> RoleName<'a> {
    /// Reads any of its forms.
    pub fn parse(text: &'a str) -> Option<Self> {
        let legal = |name: &str| {
            (1..=64).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
        };
        let (account, path, name) = match text.strip_prefix("arn:") {
            Some(arn) => {
                let (account, role) = arn.split_once(":iam::")?.1.split_once(":role")?;
                let name = role.rfind('/')? + 1;
                (Some(account.parse().ok()?), Some(&role[..name]), &role[name..])
            }
            None => match text.split_once(':') {
                Some((account, name)) => (Some(account.parse().ok()?), None, name),
                None => (None, None, text),
            },
        };
        legal(name).then_some(Self { account, path, name })
    }

    fn is(&self, account: AccountId, role: &Role) -> bool {
        self.account.is_none_or(|named| named == account)
            && self.path.is_none_or(|path| path == role.stored.path)
            && self.name == role.stored.name
    }
}

impl RoleCredentials {
    /// A token for the role, to somebody who may have those of `account`; a name without an account is one of it.
    pub fn token(&self, account: AccountId, role: &str, session_name: &str) -> Result<Secret, NoToken> {
        token(&self.identities, &self.tokens, account, role, session_name)
    }

    /// The role that a request names and its token is for, as it is now.
    pub fn role(&self, named: &str, token: &str) -> Result<(TokenRole, Arc<Role>), WrongToken> {
        let named = RoleName::parse(named).ok_or(WrongToken)?;
        let found = self.tokens.open(token).ok_or(WrongToken)?;
        let role = self.identities.role(found.account, named.name).ok_or(WrongToken)?;
        let is_its = role.stored.id == found.role_id && named.is(found.account, &role);
        is_its.then_some((found, role)).ok_or(WrongToken)
    }

    /// Credentials of the role, if its trust policy lets containers have them. `cx` is the call of [`anabranch_governance::iam::CONTAINERS`].
    pub async fn assume(
        &self,
        cx: Context,
        (found, role): (TokenRole, Arc<Role>),
    ) -> Result<(String, AssumeRoleOutput), ApiError> {
        let (path, name) = (&role.stored.path, &role.stored.name);
        let arn = format!("arn:{}:iam::{}:role{path}{name}", cx.partition, found.account);
        let request = AssumeRole {
            role_arn: arn.as_str().into(),
            role_session_name: found.session_name.into(),
            ..AssumeRole::default()
        };
        Ok((arn, self.door.unary(cx, &self.sts, request).await?))
    }
}

/// Makes a role token over these identities.
pub fn token(
    identities: &Identities,
    tokens: &RoleTokens,
    account: AccountId,
    role: &str,
    session_name: &str,
) -> Result<Secret, NoToken> {
    let named = RoleName::parse(role).ok_or_else(|| NoToken::NotAName(role.to_owned()))?;
    if named.account.is_some_and(|named| named != account) {
        return Err(NoToken::OfAnother);
    }
    let word = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b);
    if !SESSION_NAME_CHARACTERS.contains(&session_name.len()) || !session_name.bytes().all(word) {
        return Err(NoToken::SessionName);
    }
    let found = identities.role(account, named.name).filter(|found| named.is(account, found));
    let found = found.ok_or_else(|| NoToken::NoSuchRole { account, name: named.name.to_owned() })?;
    let (role_id, session_name) = (found.stored.id.clone(), session_name.to_owned());
    Ok(tokens.make(&TokenRole { account, role_id, session_name }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_called_in_three_ways() {
        let account = Some("111111111111".parse().unwrap());
        let cases = [
            ("reader", Some(RoleName { account: None, path: None, name: "reader" })),
            ("111111111111:reader", Some(RoleName { account, path: None, name: "reader" })),
            (
                "arn:aws:iam::111111111111:role/app/reader",
                Some(RoleName { account, path: Some("/app/"), name: "reader" }),
            ),
            (
                "arn:aws:iam::111111111111:role/reader",
                Some(RoleName { account, path: Some("/"), name: "reader" }),
            ),
            ("", None),
            ("app/reader", None),
            ("1:reader", None),
            ("arn:aws:iam::111111111111:role/", None),
            ("arn:aws:iam::111111111111:user/reader", None),
            ("arn:aws:sts::111111111111:assumed-role/reader/s", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(RoleName::parse(text), wanted, "{text}");
        }
    }
}
