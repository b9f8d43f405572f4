//! Whom a resource's policy names (IAM reference_policies_elements_principal, reference_policies_elements_notprincipal).

use anabranch_types::AccountId;

use super::request::Caller;

/// One principal of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PrincipalPattern {
    /// `*`
    Anyone,
    /// An account: its number or its root's ARN.
    Account(AccountId),
    /// The ARN of a user, role, session or federated user; the unique id of a user or role.
    Aws(Box<str>),
    Service(Box<str>),
    Federated(Box<str>),
    /// An S3 user of old, whom no request of ours comes from.
    Canonical,
}

/// How closely a policy names a caller; the later is the closer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Naming {
    /// By the account.
    Account,
    /// By the role of the session, or the user of the federated user.
    Issuer,
    /// By what the caller is, or everybody.
    Itself,
}

/// The `Principal` or `NotPrincipal` of a statement.
#[derive(Clone, Debug)]
pub(super) enum Principals {
    /// The statement is of a policy without principals.
    NotGiven,
    Named(Box<[PrincipalPattern]>),
    /// Everybody but these, in a Deny.
    Except(Box<[PrincipalPattern]>),
}

impl Principals {
    /// How the statement names the caller, if it does. `bounded`: the caller has a permissions boundary, and `NotPrincipal` exempts no
    /// such caller (IAM access_policies_boundaries).
    pub(super) fn naming(&self, caller: &Caller<'_>, bounded: bool) -> Option<Naming> {
        match self {
            Self::NotGiven => Some(Naming::Itself),
            Self::Named(patterns) => patterns.iter().filter_map(|pattern| pattern.naming(caller)).max(),
            Self::Except(patterns) => (bounded || !is_exempt(patterns, caller)).then_some(Naming::Itself),
        }
    }
}

/// Whether `NotPrincipal` lists all that the caller is: a user and its account, a session, its role and its account.
fn is_exempt(patterns: &[PrincipalPattern], caller: &Caller<'_>) -> bool {
    let lists = |naming| patterns.iter().any(|pattern| pattern.naming(caller) == Some(naming));
    let account = || lists(Naming::Account);
    if patterns.contains(&PrincipalPattern::Anyone) {
        return true;
    }
    match caller {
        Caller::Root { .. } => account(),
        Caller::User { .. } => lists(Naming::Itself) && account(),
        Caller::RoleSession { .. } | Caller::FederatedUser { .. } => {
            lists(Naming::Itself) && lists(Naming::Issuer) && account()
        }
        Caller::Service { .. } | Caller::WebIdentity { .. } => lists(Naming::Itself),
        Caller::Anonymous => false,
    }
}

impl PrincipalPattern {
    /// The principal of `type`, none if a policy cannot name it so: a wildcard within a name, a type that is none.
    pub(super) fn parse(kind: &str, name: &str) -> Option<Self> {
        let wild = name.contains(['*', '?']);
        match kind {
            "AWS" if name == "*" => Some(Self::Anyone),
            "AWS" if wild => None,
            "AWS" => aws(name),
            "Service" if !wild && !name.is_empty() => Some(Self::Service(name.into())),
            "Federated" if !wild && !name.is_empty() => Some(Self::Federated(name.into())),
            "CanonicalUser" => Some(Self::Canonical),
            _ => None,
        }
    }

    fn naming(&self, caller: &Caller<'_>) -> Option<Naming> {
        match self {
            Self::Anyone => Some(Naming::Itself),
            Self::Account(account) => (caller.account() == Some(*account)).then_some(Naming::Account),
            Self::Aws(name) => aws_naming(name, caller),
            Self::Service(service) => {
                matches!(caller, Caller::Service { name } if **service == **name).then_some(Naming::Itself)
            }
            Self::Federated(federated) => {
                matches!(caller, Caller::WebIdentity { provider } if **federated == **provider)
                    .then_some(Naming::Itself)
            }
            Self::Canonical => None,
        }
    }
}

fn aws_naming(name: &str, caller: &Caller<'_>) -> Option<Naming> {
    match caller {
        Caller::User { arn, id, .. } => (name == *arn || name == *id).then_some(Naming::Itself),
        Caller::RoleSession { arn, .. } | Caller::FederatedUser { arn, .. } if name == *arn => {
            Some(Naming::Itself)
        }
        Caller::RoleSession { role_arn, role_id, .. } => {
            (name == *role_arn || name == *role_id).then_some(Naming::Issuer)
        }
        Caller::FederatedUser { user_arn, .. } => (name == *user_arn).then_some(Naming::Issuer),
        Caller::Root { .. } | Caller::Service { .. } | Caller::WebIdentity { .. } | Caller::Anonymous => None,
    }
}

fn aws(name: &str) -> Option<PrincipalPattern> {
    if let Ok(account) = name.parse() {
        return Some(PrincipalPattern::Account(account));
    }
    let Some(arn) = name.strip_prefix("arn:") else {
        // The unique id that stands for a user or role that was deleted.
        let id = name.len() >= 16 && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        return id.then(|| PrincipalPattern::Aws(name.into()));
    };
    let mut parts = arn.splitn(5, ':');
    let (_partition, service, region) = (parts.next()?, parts.next()?, parts.next()?);
    let (account, resource) = (parts.next()?.parse().ok()?, parts.next()?);
    match (service, region, resource) {
        ("iam", "", "root") => Some(PrincipalPattern::Account(account)),
        ("iam" | "sts", "", resource) if resource.contains('/') => Some(PrincipalPattern::Aws(name.into())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::PrincipalPattern;

    #[test]
    fn principals_are_named_in_these_ways() {
        let account = PrincipalPattern::Account("111111111111".parse().unwrap());
        let user = "arn:aws:iam::111111111111:user/team/alice";
        let cases = [
            ("AWS", "*", Some(PrincipalPattern::Anyone)),
            ("AWS", "111111111111", Some(account.clone())),
            ("AWS", "arn:aws:iam::111111111111:root", Some(account)),
            ("AWS", user, Some(PrincipalPattern::Aws(user.into()))),
            ("AWS", "AIDAEXAMPLEEXAMPLE234", Some(PrincipalPattern::Aws("AIDAEXAMPLEEXAMPLE234".into()))),
            ("AWS", "arn:aws:iam::111111111111:user/*", None),
            ("AWS", "arn:aws:iam::1111:user/alice", None),
            ("AWS", "arn:aws:kinesis:us-east-1:111111111111:stream/x", None),
            ("AWS", "alice", None),
            ("AWS", "", None),
            (
                "Service",
                "kinesis.amazonaws.com",
                Some(PrincipalPattern::Service("kinesis.amazonaws.com".into())),
            ),
            ("Service", "*", None),
            (
                "Federated",
                "accounts.google.com",
                Some(PrincipalPattern::Federated("accounts.google.com".into())),
            ),
            ("CanonicalUser", "79a5", Some(PrincipalPattern::Canonical)),
            ("Aws", "*", None),
        ];
        for (kind, name, expected) in cases {
            assert_eq!(PrincipalPattern::parse(kind, name), expected, "{kind} {name}");
        }
    }
}
