use std::sync::Arc;

use anabranch_api::{Context, Principal, RoleSession, User};
use anabranch_types::{AccountId, Partition};

use crate::iam::identities::{Effective, Identities};
use crate::iam::policy::{Caller, Document, DocumentKind};

/// A caller as policies see it: its names, the policies that judge it, its tags.
#[derive(Default)]
pub(super) struct Who {
    pub(super) arn: String,
    /// Of a session the role's, of a federated user the user's.
    issuer_arn: String,
    pub(super) identity: Arc<[Arc<Document>]>,
    pub(super) boundary: Option<Arc<Document>>,
    /// What the session was made with; a policy that cannot be read allows nothing.
    pub(super) session: Option<Vec<Arc<Document>>>,
    /// `aws:PrincipalTag/…`; a session's before the role's.
    pub(super) tags: Vec<(String, String)>,
}

impl Who {
    pub(super) fn of(cx: &Context, identities: &Identities) -> Self {
        let mut who = Self { arn: cx.principal.arn(cx.partition), ..Self::default() };
        match &cx.principal {
            Principal::User(user) => who.user(user, identities),
            Principal::RoleSession(session) => who.role(session, cx.partition, identities),
            Principal::FederatedUser(user) => match &user.issuer {
                Some(issuer) => {
                    who.user(issuer, identities);
                    who.tags.clear();
                    who.issuer_arn = issuer.arn(cx.partition);
                }
                None => {
                    who.identity = [Arc::clone(&EVERYTHING)].into();
                    who.issuer_arn = Principal::Root(user.account).arn(cx.partition);
                }
            },
            Principal::Root(_)
            | Principal::Development(_)
            | Principal::WebIdentity(_)
            | Principal::Service(_)
            | Principal::Anonymous => {}
        }
        if let Some(session) = &cx.session {
            who.session = session.policies.as_ref().map(|texts| {
                let read = texts.iter().filter_map(|text| session_policy(cx, text, identities));
                read.collect()
            });
            let own = session.tags.iter().map(|(key, value)| (key.clone(), value.clone()));
            who.tags.splice(0..0, own);
        }
        who
    }

    pub(super) fn caller<'a>(&'a self, cx: &'a Context) -> Caller<'a> {
        let arn = &*self.arn;
        match &cx.principal {
            Principal::Root(account) | Principal::Development(account) => {
                Caller::Root { account: *account, arn }
            }
            Principal::User(user) => Caller::User { account: user.account, arn, id: &user.id },
            Principal::RoleSession(session) => Caller::RoleSession {
                account: session.account,
                arn,
                role_arn: &self.issuer_arn,
                role_id: &session.role_id,
            },
            Principal::FederatedUser(user) => {
                Caller::FederatedUser { account: user.account, arn, user_arn: &self.issuer_arn }
            }
            Principal::WebIdentity(_) => Caller::WebIdentity { provider: arn },
            Principal::Service(_) => Caller::Service { name: arn },
            Principal::Anonymous => Caller::Anonymous,
        }
    }

    /// `aws:PrincipalArn`: of a session the role's.
    pub(super) fn principal_arn(&self, cx: &Context) -> &str {
        match &cx.principal {
            Principal::RoleSession(_) => &self.issuer_arn,
            _ => &self.arn,
        }
    }

    /// One who is gone has no policies: nothing allows.
    fn user(&mut self, user: &User, identities: &Identities) {
        let found = identities.user(user.account, &user.name).filter(|found| found.stored.id == user.id);
        let Some(found) = found else { return };
        self.judged_by(&found.policies);
        self.tags = found.stored.tags.clone().into_iter().collect();
    }

    fn role(&mut self, session: &RoleSession, partition: Partition, identities: &Identities) {
        self.issuer_arn = session.role_arn(partition);
        let found = identities.role(session.account, &session.role);
        let Some(found) = found.filter(|found| found.stored.id == session.role_id) else { return };
        self.judged_by(&found.policies);
        self.tags = found.stored.tags.clone().into_iter().collect();
    }

    fn judged_by(&mut self, policies: &Effective) {
        self.identity = Arc::clone(&policies.identity);
        self.boundary = policies.boundary.clone();
    }
}

/// A policy that a session was made with: one that is managed, by its ARN, as it is now; or its text.
fn session_policy(cx: &Context, text: &str, identities: &Identities) -> Option<Arc<Document>> {
    if text.starts_with("arn:") {
        return identities.managed_policy(cx.account, text);
    }
    Document::parse(text, DocumentKind::Identity).ok().map(Arc::new)
}

/// What a root's federated users may, before their session's policies narrow it.
static EVERYTHING: std::sync::LazyLock<Arc<Document>> = std::sync::LazyLock::new(|| {
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    Arc::new(Document::parse(text, DocumentKind::Identity).expect("it is a policy"))
});

/// The account in an ARN, its fifth part; none for `*` and for ARNs without one.
pub(super) fn account_in(arn: &str) -> Option<AccountId> {
    arn.strip_prefix("arn:")?.split(':').nth(3)?.parse().ok()
}
