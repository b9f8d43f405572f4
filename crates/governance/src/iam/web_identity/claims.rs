//! What a token says (RFC 7519; OpenID Connect Core 1.0, "ID Token").

use std::collections::BTreeMap;

use anabranch_api::{ConditionKeys, WebIdentity};
use anabranch_types::Timestamp;
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::{Map, Value};

use super::NotIdentified;
use super::key_set::KeySet;

/// Seconds by which the issuer's clock may be ahead.
const AHEAD_SECONDS_MAX: i64 = 300;
/// The claims that hold tags and a source identity for the session (IAM id_session-tags, id_credentials_temp_control-access_monitor).
const TAGS: &str = "https://aws.amazon.com/tags";
const SOURCE_IDENTITY: &str = "https://aws.amazon.com/source_identity";
/// What a source identity is (STS API AssumeRole).
const SOURCE_IDENTITY_CHARACTERS: std::ops::RangeInclusive<usize> = 2..=64;
/// Tags of a session, and the characters of their keys and values (STS API AssumeRole).
const TAGS_MAX: usize = 50;
const KEY_CHARACTERS_MAX: usize = 128;
const VALUE_CHARACTERS_MAX: usize = 256;

pub(super) struct Claims(Map<String, Value>);

/// Tags and the keys of those that are handed on.
type Tags = (BTreeMap<String, String>, Vec<String>);

impl Claims {
    /// What the token says, whoever made it.
    pub(super) fn unverified(token: &str) -> Result<Self, NotIdentified> {
        jsonwebtoken::dangerous::insecure_decode_claims(token).map(Self).map_err(|_| NotIdentified::NotJwt)
    }

    /// What the token says, which was signed with one of these keys by an algorithm that is the key's.
    pub(super) fn verified(token: &str, keys: &KeySet) -> Result<Self, NotIdentified> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| NotIdentified::NotJwt)?;
        if header.crit.is_some() {
            // It says that something must be understood which is not (RFC 7515, 4.1.11).
            return Err(NotIdentified::NotJwt);
        }
        let keys = keys.current().map_err(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "a token cannot be verified");
            NotIdentified::NoKeys
        })?;
        let mut fitting = keys
            .iter()
            .filter(|key| header.kid.is_none() || key.id.is_none() || key.id == header.kid)
            .filter(|key| key.algorithms.contains(&header.alg))
            .peekable();
        fitting.peek().ok_or(NotIdentified::UnknownKey)?;
        let validation = only_signature(header.alg);
        let decode = |key: &DecodingKey| jsonwebtoken::decode(token, key, &validation).ok();
        let verified = fitting.find_map(|key| decode(&key.key)).ok_or(NotIdentified::Signature)?;
        Ok(Self(verified.claims))
    }

    /// A claim that is a text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// A claim that is a text or a list of them.
    fn texts(&self, name: &str) -> Vec<&str> {
        texts(self.0.get(name))
    }

    /// A time, in seconds since the epoch.
    fn seconds(&self, name: &'static str) -> Result<Option<i64>, NotIdentified> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let seconds = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64));
        seconds.map(Some).ok_or(NotIdentified::Missing(name))
    }

    pub(super) fn check_time(&self, now: Timestamp) -> Result<(), NotIdentified> {
        let now = now.seconds();
        let end = self.seconds("exp")?.ok_or(NotIdentified::Missing("exp"))?;
        let issued = self.seconds("iat")?.ok_or(NotIdentified::Missing("iat"))?;
        if now >= end {
            return Err(NotIdentified::Expired { now, end });
        }
        let from = self.seconds("nbf")?.map_or(issued, |from| from.max(issued));
        if from > now + AHEAD_SECONDS_MAX { Err(NotIdentified::Early) } else { Ok(()) }
    }

    /// Which of the provider's clients the token was made for: `azp` if it has that, else one of `aud` (IAM
    /// reference_policies_iam-condition-keys).
    pub(super) fn audience<'a>(&self, known: &'a [String]) -> Result<&'a str, NotIdentified> {
        let made_for = match self.text("azp") {
            Some(client) => vec![client],
            None => self.texts("aud"),
        };
        if made_for.is_empty() || self.texts("aud").is_empty() {
            return Err(NotIdentified::Missing("aud"));
        }
        let found = known.iter().find(|known| made_for.contains(&&***known));
        found.map(|found| &**found).ok_or(NotIdentified::Audience)
    }

    /// Whom it vouches for, to whom `provider` is the issuer's name in trust policies and `issuer` that in condition keys.
    pub(super) fn identity(
        &self,
        provider: String,
        issuer: &str,
        audience: &str,
    ) -> Result<WebIdentity, NotIdentified> {
        let subject = self.text("sub").ok_or(NotIdentified::Missing("sub"))?;
        let source_identity = self.source_identity()?;
        let (tags, transitive_tags) = self.tags()?;
        let prefix = issuer.to_lowercase();
        let mut claims = ConditionKeys::new();
        let mut tell = |key: String, values: Vec<&str>| {
            if !values.is_empty() {
                claims.push((key, values.into_iter().map(str::to_owned).collect()));
            }
        };
        tell(format!("{prefix}:sub"), vec![subject]);
        tell(format!("{prefix}:aud"), vec![audience]);
        if self.text("azp").is_some() {
            tell(format!("{prefix}:oaud"), self.texts("aud"));
        }
        tell(format!("{prefix}:amr"), self.texts("amr"));
        tell("sts:sourceidentity".to_owned(), source_identity.as_deref().into_iter().collect());
        tell("sts:transitivetagkeys".to_owned(), transitive_tags.iter().map(String::as_str).collect());
        tell("aws:tagkeys".to_owned(), tags.keys().map(String::as_str).collect());
        for (key, value) in &tags {
            tell(format!("aws:requesttag/{}", key.to_lowercase()), vec![value]);
        }
        let (subject, audience) = (subject.to_owned(), audience.to_owned());
        let issuer = issuer.to_owned();
        Ok(WebIdentity {
            provider,
            issuer,
            subject,
            audience,
            claims,
            tags,
            transitive_tags,
            source_identity,
        })
    }

    fn source_identity(&self) -> Result<Option<String>, NotIdentified> {
        let Some(found) = self.0.get(SOURCE_IDENTITY) else { return Ok(None) };
        let legal = |text: &&str| {
            let word = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
            SOURCE_IDENTITY_CHARACTERS.contains(&text.len()) && text.chars().all(word)
        };
        found.as_str().filter(legal).map(|text| Some(text.to_owned())).ok_or(NotIdentified::Tags)
    }

    /// In one claim that holds all, or flat, with a claim for each.
    fn tags(&self) -> Result<Tags, NotIdentified> {
        let mut tags = BTreeMap::new();
        let nested = self.0.get(TAGS);
        let listed = nested.and_then(|all| all.get("principal_tags")).and_then(Value::as_object);
        let flat = self.0.iter().filter_map(|(name, value)| {
            Some((name.strip_prefix(TAGS)?.strip_prefix("/principal_tags/")?, value))
        });
        let all = listed.into_iter().flatten().map(|(key, value)| (key.as_str(), value)).chain(flat);
        for (key, value) in all {
            let value = *texts(Some(value)).first().ok_or(NotIdentified::Tags)?;
            let long =
                key.chars().count() > KEY_CHARACTERS_MAX || value.chars().count() > VALUE_CHARACTERS_MAX;
            let again = tags.keys().any(|known: &String| known.to_lowercase() == key.to_lowercase());
            if key.is_empty() || long || again || tags.len() == TAGS_MAX {
                return Err(NotIdentified::Tags);
            }
            tags.insert(key.to_owned(), value.to_owned());
        }
        let mut transitive = texts(nested.and_then(|all| all.get("transitive_tag_keys")));
        transitive.extend(self.texts(&format!("{TAGS}/transitive_tag_keys")));
        if !transitive.iter().all(|key| tags.contains_key(*key)) {
            return Err(NotIdentified::Tags);
        }
        Ok((tags, transitive.into_iter().map(str::to_owned).collect()))
    }
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Has the library verify the signature; what the token says is looked at here, by our clock and for AWS's sentences.
fn only_signature(algorithm: jsonwebtoken::Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    validation
}
