//! What the tests of this crate share.

use std::collections::BTreeSet;
use std::sync::Arc;

use anabranch_api::{Context, Principal, RequestId};
use anabranch_catalog::MemoryCatalog;
use anabranch_types::{AccountId, Clock, Region, Rng, Timestamp};

use crate::Authority;
use crate::authorize::DenialMessages;
use crate::iam::identities::{
    Draft, Failed, Identities, PolicyText, StoredAccessKey, StoredRole, StoredUser, Tags, TrustText,
};
use crate::iam::{Credentials, Secret, Sessions, web_identity};
use crate::kms::MasterKey;
use crate::sts::{Sts, StsGround};

/// No identities: every account has its root alone.
pub(crate) fn no_identities() -> Arc<Identities> {
    let rng = Rng::system();
    let master_key = Arc::new(MasterKey::random(&rng));
    Arc::new(Identities::none(Arc::new(MemoryCatalog::default()), master_key, Clock::machine(), rng))
}

/// A judge who knows no identities.
pub(crate) fn authority() -> Arc<Authority> {
    Authority::new(no_identities())
}

/// STS over these keys and identities.
pub(crate) fn sts(credentials: Credentials, identities: Arc<Identities>) -> Sts {
    let rng = Rng::system();
    let master_key = Arc::new(MasterKey::random(&rng));
    Sts::new(StsGround {
        credentials: Arc::new(credentials),
        identities,
        sessions: Arc::new(Sessions::new(Arc::clone(&master_key), Clock::machine(), rng.clone())),
        web_identities: Arc::new(web_identity::tests::providers()),
        messages: Arc::new(DenialMessages::new(master_key, rng)),
    })
}

/// What text is a policy allowing (or denying) an action on everything.
pub(crate) fn policy(effect: &str, action: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}","Action":"{action}","Resource":"*"}}}}"#
    )
}

/// The user `alice` of 111111111111, with one inline policy and an access key `AKIAALICE` whose secret is `s3cret`.
pub(crate) async fn with_alice(identities: &Identities, policy: &str) {
    let account = ACCOUNT.parse().unwrap();
    let sealed = identities.seal_secret(account, "AKIAALICE", &Secret::new("s3cret".to_owned()));
    let key = StoredAccessKey { id: "AKIAALICE".into(), sealed, created_ms: 1, active: true };
    let user = StoredUser {
        name: "alice".into(),
        path: "/team/".into(),
        id: "AIDAALICE".into(),
        created_ms: 1,
        tags: [("Team".to_owned(), "blue".to_owned())].into(),
        boundary: None,
        inline: [("p".to_owned(), PolicyText::parse(policy).unwrap())].into(),
        attached: BTreeSet::new(),
        groups: BTreeSet::new(),
        access_keys: vec![key],
    };
    changed(identities, |draft| {
        draft.users.insert("alice".into(), Arc::new(user));
    })
    .await;
}

/// The role `reader` of 111111111111, which everybody of the account may assume, with one inline policy.
pub(crate) async fn with_reader(identities: &Identities, policy: &str) {
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]}}"#;
    let role = StoredRole {
        name: "reader".into(),
        path: "/app/".into(),
        id: "AROAREADER".into(),
        created_ms: 1,
        tags: Tags::new(),
        boundary: None,
        inline: [("p".to_owned(), PolicyText::parse(policy).unwrap())].into(),
        attached: BTreeSet::new(),
        description: None,
        session_seconds_max: 3_600,
        trust: TrustText::parse(trust).unwrap(),
    };
    changed(identities, |draft| {
        draft.roles.insert("reader".into(), Arc::new(role));
    })
    .await;
}

/// An error with all that caused it.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Changes 111111111111.
pub(crate) async fn changed(identities: &Identities, decide: impl FnOnce(&mut Draft) + Send) {
    let decided: Result<(), Failed> = identities
        .change(ACCOUNT.parse().unwrap(), |draft| {
            decide(draft);
            Ok(())
        })
        .await;
    decided.unwrap();
}

const ACCOUNT: &str = "111111111111";

/// A call of the root of `account` in us-east-1, received at 2026-11-21T15:40:00.123Z.
pub(crate) fn context(account: &str) -> Context {
    let account: AccountId = account.parse().unwrap();
    Context {
        access_key: Some("AKIATEST".into()),
        source: Some([127, 0, 0, 1].into()),
        user_agent: Some("test/1".into()),
        secure_transport: false,
        ..Context::inside(
            Principal::Root(account),
            account,
            Region::parse("us-east-1").unwrap(),
            RequestId::from_random(7),
            Timestamp::from_millis(1_795_275_600_123),
        )
    }
}

/// Compiles for types that wipe their memory when they are dropped.
pub(crate) fn is_wiped_when_dropped<T: zeroize::ZeroizeOnDrop>() {}
