use std::path::Path;
use std::sync::LazyLock;

use anabranch_api::WebIdentity;
use anabranch_types::{AccountId, Clock, Partition};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair,
};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

pub(crate) const ISSUER: &str = "https://token.example.com/realm";

/// Private keys with the kid of each, and the file of the public ones.
struct Issuer {
    keys: Vec<(&'static str, Algorithm, EncodingKey)>,
    dir: TempDir,
}

static OURS: LazyLock<Issuer> = LazyLock::new(Issuer::new);

/// The key that tokens of tests are signed with.
const KEY: &str = "p256";

impl Issuer {
    fn new() -> Self {
        let rng = SystemRandom::new();
        let ec = |algorithm: &'static EcdsaSigningAlgorithm| {
            EncodingKey::from_ec_der(EcdsaKeyPair::generate_pkcs8(algorithm, &rng).unwrap().as_ref())
        };
        let ed = Ed25519KeyPair::generate_pkcs8(&rng).unwrap();
        let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let rsa = AsDer::<Pkcs8V1Der<'_>>::as_der(&rsa).unwrap();
        // The PKCS #1 key is the last element of the PKCS #8 document.
        let rsa = EncodingKey::from_rsa_der(&rsa.as_ref()[26..]);
        let keys = vec![
            ("p256", Algorithm::ES256, ec(&ECDSA_P256_SHA256_FIXED_SIGNING)),
            ("p384", Algorithm::ES384, ec(&ECDSA_P384_SHA384_FIXED_SIGNING)),
            ("ed", Algorithm::EdDSA, EncodingKey::from_ed_der(ed.as_ref())),
            ("rsa", Algorithm::RS256, rsa),
        ];
        let jwk = |(kid, algorithm, key): &(&str, Algorithm, EncodingKey)| {
            let mut jwk = match algorithm {
                Algorithm::EdDSA => {
                    let ed = Ed25519KeyPair::from_pkcs8(ed.as_ref()).unwrap();
                    let x = base64_simd::URL_SAFE_NO_PAD.encode_to_string(ed.public_key().as_ref());
                    json!({ "kty": "OKP", "crv": "Ed25519", "x": x })
                }
                _ => serde_json::to_value(Jwk::from_encoding_key(key, *algorithm).unwrap()).unwrap(),
            };
            jwk.as_object_mut().unwrap().remove("alg");
            jwk["kid"] = json!(kid);
            jwk["use"] = json!("sig");
            jwk
        };
        let issuer = Self { dir: tempfile::tempdir().unwrap(), keys };
        // A secret in a set of public keys verifies nothing.
        let secret = json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "secret" });
        issuer.write(issuer.keys.iter().map(jwk).chain([secret]).collect());
        issuer
    }

    fn write(&self, keys: Vec<Value>) {
        std::fs::write(self.file(), json!({ "keys": keys }).to_string()).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("jwks.json")
    }

    fn providers(&self) -> WebIdentities {
        let audiences = vec![AUDIENCE_DEFAULT.to_owned(), "app".to_owned()];
        let setting = |issuer: &str| ProviderSetting {
            issuer: issuer.to_owned(),
            keys: self.file(),
            audiences: audiences.clone(),
        };
        WebIdentities::open(&[setting(ISSUER), setting("https://accounts.google.com")]).unwrap()
    }

    fn sign(&self, kid: &str, algorithm: Algorithm, claims: &Value) -> String {
        let (_, _, key) = self.keys.iter().find(|(found, ..)| *found == kid).unwrap();
        let header = Header { kid: Some(kid.to_owned()), ..Header::new(algorithm) };
        jsonwebtoken::encode(&header, claims, key).unwrap()
    }
}

/// The provider of [`ISSUER`], whose tokens [`token`] makes.
pub(crate) fn providers() -> WebIdentities {
    OURS.providers()
}

/// A good token with these claims beside or instead of its own; null takes one away.
pub(crate) fn token(changes: Value) -> String {
    OURS.sign(KEY, Algorithm::ES256, &claims(changes))
}

fn claims(changes: Value) -> Value {
    let now = Clock::machine_now().seconds();
    let mut claims =
        json!({ "iss": ISSUER, "sub": "job-7", "aud": "sts.amazonaws.com", "iat": now, "exp": now + 600 });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

fn identified(providers: &WebIdentities, token: &str) -> Result<Arc<WebIdentity>, NotIdentified> {
    let account: AccountId = "111111111111".parse().unwrap();
    providers.identify(token, (Partition::Aws, account), Clock::machine_now())
}

fn of(changes: Value) -> Result<Arc<WebIdentity>, NotIdentified> {
    identified(&providers(), &token(changes))
}

#[test]
fn a_token_tells_whom_it_is_about_and_conditions_what_they_ask() {
    let identity = of(json!({ "amr": ["mfa", "otp"] })).unwrap();
    assert_eq!(identity.provider, "arn:aws:iam::111111111111:oidc-provider/token.example.com/realm");
    assert_eq!((&*identity.subject, &*identity.audience), ("job-7", "sts.amazonaws.com"));
    let told = |key: &str| {
        let found =
            identity.claims.iter().find(|(name, _)| name == &format!("token.example.com/realm:{key}"));
        found.map(|(_, values)| values.join(" "))
    };
    assert_eq!(told("sub").as_deref(), Some("job-7"));
    assert_eq!(told("aud").as_deref(), Some("sts.amazonaws.com"));
    assert_eq!(told("amr").as_deref(), Some("mfa otp"));
    assert_eq!(told("oaud"), None);

    let by_client = of(json!({ "azp": "app", "aud": ["x", "y"] })).unwrap();
    assert_eq!(by_client.audience, "app");
    let oaud = ("token.example.com/realm:oaud".to_owned(), vec!["x".to_owned(), "y".to_owned()]);
    assert!(by_client.claims.contains(&oaud), "{:?}", by_client.claims);
    assert_eq!(of(json!({ "aud": ["other", "app"] })).unwrap().audience, "app");
    assert_eq!(of(json!({ "iss": "https://accounts.google.com" })).unwrap().provider, "accounts.google.com");
}

#[test]
fn each_algorithm_verifies_with_its_own_kind_of_key_alone() {
    use Algorithm::*;
    let cases = [
        ("p256", ES256),
        ("p384", ES384),
        ("ed", EdDSA),
        ("rsa", RS256),
        ("rsa", RS384),
        ("rsa", RS512),
        ("rsa", PS256),
        ("rsa", PS384),
        ("rsa", PS512),
    ];
    for (kid, algorithm) in cases {
        let token = OURS.sign(kid, algorithm, &claims(json!({})));
        assert!(identified(&providers(), &token).is_ok(), "{algorithm:?}");
        for (other, _) in cases.iter().filter(|(other, _)| *other != kid) {
            let [_, rest] = token.split_once('.').map(|(a, b)| [a, b]).unwrap();
            let header = json!({ "alg": format!("{algorithm:?}"), "kid": other }).to_string();
            let header = base64_simd::URL_SAFE_NO_PAD.encode_to_string(header);
            let refused = identified(&providers(), &format!("{header}.{rest}")).unwrap_err();
            assert_eq!(refused, NotIdentified::UnknownKey, "{algorithm:?} with {other}");
        }
    }
}

#[test]
fn nobody_signs_with_nothing_or_with_what_everybody_knows() {
    let claims = base64_simd::URL_SAFE_NO_PAD.encode_to_string(claims(json!({})).to_string());
    for header in [json!({ "alg": "none" }), json!({ "alg": "none", "kid": "rsa" }), json!({ "alg": "NONE" })]
    {
        let header = base64_simd::URL_SAFE_NO_PAD.encode_to_string(header.to_string());
        let refused = identified(&providers(), &format!("{header}.{claims}.")).unwrap_err();
        assert_eq!(refused, NotIdentified::NotJwt, "{header}");
    }
    // A public key as the secret of a MAC, and a secret that stands in the set.
    let public = std::fs::read(OURS.file()).unwrap();
    for (kid, secret) in [("rsa", &public[..]), ("secret", b"secret"), ("p256", b"secret")] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let header = Header { kid: Some(kid.to_owned()), ..Header::new(algorithm) };
            let claims = claims_value();
            let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret)).unwrap();
            assert_eq!(identified(&providers(), &token).unwrap_err(), NotIdentified::UnknownKey);
        }
    }
}

fn claims_value() -> Value {
    claims(json!({}))
}

#[test]
fn whatever_is_not_as_it_was_signed_is_refused() {
    let good = token(json!({}));
    let providers = providers();
    for at in 0..good.len() {
        let other = if good.as_bytes()[at] == b'A' { 'B' } else { 'A' };
        let changed = format!("{}{other}{}", &good[..at], &good[at + 1..]);
        // The last character of a part may hold bits that mean nothing: such a text is refused too.
        assert!(identified(&providers, &changed).is_err(), "at {at}");
    }
    for text in ["", "a", "a.b", "a.b.c", "..", "....", &good[..good.len() - 1], &format!("{good}.x")] {
        assert!(identified(&providers, text).is_err(), "{text}");
    }
    let elsewhere = Issuer::new().sign(KEY, Algorithm::ES256, &claims_value());
    assert_eq!(identified(&providers, &elsewhere).unwrap_err(), NotIdentified::Signature);
}

#[test]
fn a_token_is_refused_for_what_it_says() {
    let now = Clock::machine_now().seconds();
    let cases = [
        (
            json!({ "iss": "https://other.example.com" }),
            NotIdentified::UnknownIssuer("https://other.example.com".into()),
        ),
        (
            json!({ "iss": "https://token.example.com/realm/" }),
            NotIdentified::UnknownIssuer("https://token.example.com/realm/".into()),
        ),
        (json!({ "iss": null }), NotIdentified::Missing("iss")),
        (json!({ "sub": null }), NotIdentified::Missing("sub")),
        (json!({ "sub": "" }), NotIdentified::Missing("sub")),
        (json!({ "aud": null }), NotIdentified::Missing("aud")),
        (json!({ "aud": null, "azp": "app" }), NotIdentified::Missing("aud")),
        (json!({ "exp": null }), NotIdentified::Missing("exp")),
        (json!({ "exp": "soon" }), NotIdentified::Missing("exp")),
        (json!({ "iat": null }), NotIdentified::Missing("iat")),
        (json!({ "aud": "other" }), NotIdentified::Audience),
        (json!({ "azp": "other" }), NotIdentified::Audience),
        (json!({ "nbf": now + 900 }), NotIdentified::Early),
        (json!({ "iat": now + 900 }), NotIdentified::Early),
        (json!({ "https://aws.amazon.com/source_identity": "no spaces" }), NotIdentified::Tags),
        (
            json!({ "https://aws.amazon.com/tags": { "principal_tags": { "a": ["1"], "A": ["2"] } } }),
            NotIdentified::Tags,
        ),
        (json!({ "https://aws.amazon.com/tags": { "transitive_tag_keys": ["a"] } }), NotIdentified::Tags),
        (
            json!({ "https://aws.amazon.com/tags": { "principal_tags": { "a": ["x".repeat(257)] } } }),
            NotIdentified::Tags,
        ),
    ];
    for (changes, why) in cases {
        assert_eq!(of(changes.clone()).unwrap_err(), why, "{changes}");
    }
    let over = of(json!({ "exp": now - 1 })).unwrap_err();
    assert!(
        matches!(over, NotIdentified::Expired { end, now: at } if end == now - 1 && at >= now),
        "{over:?}"
    );
}

#[test]
fn tags_and_a_source_identity_stand_in_the_token() {
    let nested = json!({
        "https://aws.amazon.com/tags": { "principal_tags": { "Team": ["blue"], "cost": ["7"] }, "transitive_tag_keys": ["Team"] },
        "https://aws.amazon.com/source_identity": "me",
    });
    let flat = json!({
        "https://aws.amazon.com/tags/principal_tags/Team": ["blue"],
        "https://aws.amazon.com/tags/principal_tags/cost": "7",
        "https://aws.amazon.com/tags/transitive_tag_keys": ["Team"],
        "https://aws.amazon.com/source_identity": "me",
    });
    for changes in [nested, flat] {
        let identity = of(changes).unwrap();
        let tags: Vec<(&str, &str)> = identity.tags.iter().map(|(key, value)| (&**key, &**value)).collect();
        assert_eq!(tags, [("Team", "blue"), ("cost", "7")]);
        assert_eq!(identity.transitive_tags, ["Team"]);
        assert_eq!(identity.source_identity.as_deref(), Some("me"));
        assert!(identity.claims.contains(&("aws:requesttag/team".to_owned(), vec!["blue".to_owned()])));
    }
}

#[test]
fn keys_count_as_the_file_has_them_now() {
    let issuer = Issuer::new();
    let providers = issuer.providers();
    let token = issuer.sign(KEY, Algorithm::ES256, &claims_value());
    assert!(identified(&providers, &token).is_ok());
    let all = std::fs::read(issuer.file()).unwrap();
    let others: Value = serde_json::from_slice(&all).unwrap();
    let others = others["keys"].as_array().unwrap().iter().filter(|key| key["kid"] != KEY).cloned().collect();
    issuer.write(others);
    assert_eq!(identified(&providers, &token).unwrap_err(), NotIdentified::UnknownKey);
    std::fs::write(issuer.file(), &all).unwrap();
    assert!(identified(&providers, &token).is_ok());
    std::fs::remove_file(issuer.file()).unwrap();
    assert_eq!(identified(&providers, &token).unwrap_err(), NotIdentified::NoKeys);
    std::fs::write(issuer.file(), "{}").unwrap();
    assert_eq!(identified(&providers, &token).unwrap_err(), NotIdentified::NoKeys);
}

#[test]
fn a_file_without_public_keys_is_refused_at_start() {
    let issuer = Issuer::new();
    let open = |path: &Path| {
        let setting = ProviderSetting { issuer: ISSUER.into(), keys: path.to_owned(), audiences: vec![] };
        WebIdentities::open(&[setting]).map(drop).map_err(|error| error.to_string())
    };
    assert!(open(Path::new("/nowhere/jwks.json")).unwrap_err().contains("cannot read"));
    for keys in [vec![], vec![json!({ "kty": "oct", "k": "c2VjcmV0" })]] {
        issuer.write(keys);
        assert!(open(&issuer.file()).unwrap_err().contains("is not a JSON Web Key Set"));
    }
}

#[test]
fn a_provider_is_set_by_its_issuer_its_keys_and_its_audiences() {
    let cases = [
        ("https://a.example=/k", Ok(("https://a.example", "/k", vec!["sts.amazonaws.com"]))),
        ("https://a.example/b/=k,one,two", Ok(("https://a.example/b/", "k", vec!["one", "two"]))),
        ("https://a.example", Err(())),
        ("https://=/k", Err(())),
        ("https://a.example=", Err(())),
        ("https://a.example=/k,", Err(())),
        ("http://a.example=/k", Err(())),
        ("https://a?b=/k", Err(())),
    ];
    for (text, wanted) in cases {
        let found = text.parse::<ProviderSetting>();
        let found = found.as_ref().map_err(drop).map(|setting| {
            let audiences: Vec<&str> = setting.audiences.iter().map(String::as_str).collect();
            (&*setting.issuer, setting.keys.to_str().unwrap(), audiences)
        });
        assert_eq!(found, wanted, "{text}");
    }
}
