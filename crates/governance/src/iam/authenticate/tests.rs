use std::sync::Arc;

use anabranch_api::{FederatedUser, Principal, RoleSession, Session};
use anabranch_types::{Clock, Partition, Rng, Timestamp};
use anabranch_wire::sigv4::{self, Failure, Payload, SignedRequest, Signer, sha256};
use http::{HeaderMap, HeaderValue};

use super::{Authenticator, Identity};
use crate::iam::identities::Identities;
use crate::iam::{Credentials, Sessions};
use crate::kms::MasterKey;
use crate::testing::{changed, no_identities, policy, with_alice, with_reader};

/// 2026-11-21T15:40:00Z
const NOW: i64 = 1_795_275_600;

/// A request that somebody signs with `secret` at [`NOW`] plus `after` seconds, seen by a server at [`NOW`].
#[derive(Clone, Copy)]
struct Call<'a> {
    access_key: &'a str,
    secret: &'a str,
    token: Option<&'a str>,
    signing_name: &'static str,
    after: i64,
    /// Sent instead of the signed body.
    body: Option<&'static [u8]>,
    presigned: bool,
    region: &'static str,
}

const GOOD: Call<'static> = Call {
    access_key: "AKIAONE",
    secret: "s3cret",
    token: None,
    signing_name: "kinesis",
    after: 0,
    body: None,
    presigned: false,
    region: "eu-west-1",
};

impl Call<'_> {
    fn seen_by(&self, server: &Authenticator) -> Result<Identity, Failure> {
        self.sent(|seen| server.authenticate_at(seen, self.signing_name, Timestamp::from_seconds(NOW)))
    }

    fn claimed(&self, server: &Authenticator) -> Option<Identity> {
        self.sent(|seen| server.claimed(seen))
    }

    fn sent<T>(&self, to: impl FnOnce(&SignedRequest<'_>) -> T) -> T {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("127.0.0.1:4566"));
        let signed_sum = sha256(b"{}");
        let request = SignedRequest {
            method: "POST",
            path: "/",
            query: "",
            headers: &headers,
            authority: None,
            payload: Payload::Sha256(&signed_sum),
        };
        let credentials =
            sigv4::Credentials { access_key: self.access_key, secret: self.secret, token: self.token };
        let now = Timestamp::from_seconds(NOW + self.after);
        let signer = Signer { credentials, region: self.region, service: self.signing_name, now };
        let query = if self.presigned { signer.presign(&request) } else { String::new() };
        let mut all = headers.clone();
        if !self.presigned {
            all.extend(signer.sign(&request).unwrap());
        }
        let seen_sum = sha256(self.body.unwrap_or(b"{}"));
        let seen =
            SignedRequest { headers: &all, query: &query, payload: Payload::Sha256(&seen_sum), ..request };
        to(&seen)
    }
}

fn closed() -> Authenticator {
    authenticator(Credentials::from_root_key("AKIAONE:s3cret:111111111111").unwrap(), no_identities())
}

fn open() -> Authenticator {
    authenticator(Credentials::none(), no_identities())
}

fn authenticator(credentials: Credentials, identities: Arc<Identities>) -> Authenticator {
    let rng = Rng::seeded(5);
    let sessions = Sessions::new(Arc::new(MasterKey::random(&rng)), Clock::machine(), rng);
    Authenticator::new(Arc::new(credentials), identities, Arc::new(sessions), Partition::Aws)
}

#[test]
fn a_closed_server_knows_the_root_by_its_signature() {
    let account = "111111111111".parse().unwrap();
    for call in [GOOD, Call { presigned: true, ..GOOD }] {
        let identity = call.seen_by(&closed()).unwrap();
        assert_eq!(identity.principal, Principal::Root(account));
        assert_eq!((identity.account, identity.region.as_str()), (account, "eu-west-1"));
        assert_eq!(identity.access_key.as_deref(), Some("AKIAONE"));
    }
}

#[test]
fn a_closed_server_refuses_everybody_else() {
    let cases = [
        (Call { access_key: "AKIATWO", ..GOOD }, Failure::UnknownKey),
        (Call { token: Some("session"), ..GOOD }, Failure::UnknownKey),
        (Call { secret: "wrong", ..GOOD }, Failure::Mismatch),
        (Call { body: Some(b"{\"a\":1}"), ..GOOD }, Failure::Mismatch),
        (Call { secret: "wrong", presigned: true, ..GOOD }, Failure::Mismatch),
    ];
    let server = closed();
    for (call, failure) in cases {
        assert_eq!(call.seen_by(&server).unwrap_err(), failure);
    }
    let whose = |call: Call<'_>| call.claimed(&server).map(|claimed| claimed.account.to_string());
    assert_eq!(whose(Call { access_key: "AKIATWO", ..GOOD }), None);
    for presigned in [false, true] {
        assert_eq!(whose(Call { secret: "wrong", presigned, ..GOOD }).as_deref(), Some("111111111111"));
    }
    // A key that was derived once verifies nobody else.
    assert!(GOOD.seen_by(&server).is_ok());
    assert_eq!(Call { secret: "wrong", ..GOOD }.seen_by(&server).unwrap_err(), Failure::Mismatch);
}

#[test]
fn an_open_server_accepts_any_key_as_a_development_identity() {
    let cases = [("test", "000000000000"), ("123456789012", "123456789012"), ("12345678901", "000000000000")];
    for (access_key, account) in cases {
        let call = Call { access_key, secret: "anything", token: Some("session"), ..GOOD };
        let identity = call.seen_by(&open()).unwrap();
        let account = account.parse().unwrap();
        assert_eq!((identity.principal, identity.account), (Principal::Development(account), account));
    }
}

#[test]
fn a_request_without_a_signature_is_refused_by_open_and_closed_servers() {
    let headers = HeaderMap::new();
    let sum = sha256(b"{}");
    let payload = Payload::Sha256(&sum);
    let request =
        SignedRequest { method: "POST", path: "/", query: "", headers: &headers, authority: None, payload };
    for server in [open(), closed()] {
        assert_eq!(server.authenticate(&request, "kinesis").unwrap_err(), Failure::Missing);
    }
}

#[test]
fn the_window_is_five_minutes_for_some_services_and_fifteen_for_others() {
    let cases = [
        ("kinesis", 300, true),
        ("kinesis", -300, true),
        ("kinesis", 301, false),
        ("kinesis", -301, false),
        ("monitoring", 301, false),
        ("lambda", -301, false),
        ("sts", 900, true),
        ("sts", -900, true),
        ("sts", 901, false),
        ("iam", -901, false),
        ("dynamodb", -900, true),
    ];
    for (signing_name, after, accepted) in cases {
        let seen = Call { signing_name, after, ..GOOD }.seen_by(&closed());
        assert_eq!(seen.is_ok(), accepted, "{signing_name} {after}: {seen:?}");
    }
}

#[tokio::test]
async fn a_user_is_known_by_its_keys_as_long_as_they_are_active_on_open_servers_too() {
    let alice = Call { access_key: "AKIAALICE", ..GOOD };
    for credentials in [Credentials::none(), Credentials::from_root_key("AKIAONE:s3cret").unwrap()] {
        let identities = no_identities();
        with_alice(&identities, &policy("Allow", "*")).await;
        let server = authenticator(credentials, Arc::clone(&identities));
        let found = alice.seen_by(&server).unwrap();
        assert_eq!(found.account.to_string(), "111111111111");
        assert!(matches!(&found.principal, Principal::User(user) if user.name == "alice"));
        assert_eq!(Call { secret: "wrong", ..alice }.seen_by(&server).unwrap_err(), Failure::Mismatch);
        changed(&identities, |draft| {
            let user = Arc::make_mut(draft.users.get_mut("alice").unwrap());
            user.access_keys[0].active = false;
        })
        .await;
        assert_eq!(alice.seen_by(&server).unwrap_err(), Failure::UnknownKey, "inactive");
        assert_eq!(alice.claimed(&server).unwrap().principal, found.principal, "it is hers all the same");
    }
}

/// What users may is said of ARNs in their own partition; in another one the same names would be told by other ARNs.
#[tokio::test]
async fn a_user_calls_in_its_own_partition_alone() {
    let identities = no_identities();
    with_alice(&identities, &policy("Allow", "*")).await;
    let credentials = Credentials::from_root_key("AKIAONE:s3cret:111111111111").unwrap();
    let server = authenticator(credentials, Arc::clone(&identities));
    let alice = Call { access_key: "AKIAALICE", ..GOOD };
    for (region, accepted) in [("us-east-1", true), ("cn-north-1", false), ("us-gov-west-1", false)] {
        let sentence = format!("Credential should be scoped to a valid region, not '{region}'.");
        let seen = Call { region, ..alice }.seen_by(&server).map(|found| found.region.to_string());
        assert_eq!(seen, if accepted { Ok(region.to_owned()) } else { Err(Failure::Invalid(sentence)) });
        assert!(Call { region, ..GOOD }.seen_by(&server).is_ok(), "a root is in all of them");
    }
}

#[tokio::test]
async fn temporary_credentials_are_known_by_their_token_until_they_end_or_their_role_is_gone() {
    let account = "111111111111".parse().unwrap();
    let role = RoleSession {
        account,
        role: "reader".into(),
        path: "/app/".into(),
        role_id: "AROAREADER".into(),
        name: "s1".into(),
    };
    let federated = FederatedUser { account, name: "bob".into(), issuer: None };
    for principal in [
        Principal::RoleSession(role.into()),
        Principal::FederatedUser(federated.into()),
        Principal::Root(account),
    ] {
        let identities = no_identities();
        with_reader(&identities, &policy("Allow", "*")).await;
        let server =
            authenticator(Credentials::from_root_key("AKIAONE:s3cret").unwrap(), Arc::clone(&identities));
        let session = |after: i64| Session {
            expires: Timestamp::from_seconds(Clock::machine_now().seconds() + after),
            ..Session::default()
        };
        let made = server.sessions.issue(&principal, &session(900), 0).unwrap();
        let call = Call {
            access_key: &made.access_key,
            secret: made.secret.expose(),
            token: Some(made.token.expose()),
            ..GOOD
        };
        let found = call.seen_by(&server).unwrap();
        assert_eq!((&found.principal, found.account), (&principal, account));
        assert!(found.session.is_some());
        let over = server.sessions.issue(&principal, &session(-1), 0).unwrap();
        let refused = [
            (Call { secret: "wrong", ..call }, Failure::Mismatch),
            (Call { token: None, ..call }, Failure::UnknownKey),
            (Call { token: Some(over.token.expose()), ..call }, Failure::UnknownKey),
            (Call { access_key: "AKIAONE", secret: "s3cret", ..call }, Failure::UnknownKey),
            (
                Call {
                    access_key: &over.access_key,
                    secret: over.secret.expose(),
                    token: Some(over.token.expose()),
                    ..GOOD
                },
                Failure::ExpiredSession,
            ),
        ];
        for (call, failure) in refused {
            assert_eq!(call.seen_by(&server).unwrap_err(), failure);
        }
        for presigned in [false, true] {
            let claimed = Call { secret: "wrong", presigned, ..call }.claimed(&server).unwrap();
            assert_eq!((&claimed.principal, claimed.account), (&principal, account));
        }
        changed(&identities, |draft| draft.roles.clear()).await;
        let of_role = matches!(principal, Principal::RoleSession(_));
        assert_eq!(call.seen_by(&server).err(), of_role.then_some(Failure::UnknownKey));
    }
}
