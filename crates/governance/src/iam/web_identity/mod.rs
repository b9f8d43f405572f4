//! Tokens of identity providers (OpenID Connect): which providers are known, and whom a token vouches for.
//!
//! Start at [`WebIdentities::identify`]. A provider is known by the server's configuration, with the file that holds its keys ([`KeySet`]); each account
//! has every one of them.

mod claims;
mod key_set;
#[cfg(test)]
pub(crate) mod tests;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use anabranch_api::WebIdentity;
use anabranch_types::{AccountId, Partition, Timestamp};

use claims::Claims;
use key_set::KeySet;
pub use key_set::KeySetError;

/// Providers that the configuration may name.
pub const PROVIDERS_MAX: usize = 100;
/// The audience of tokens for AWS, which a provider without other ones takes (IAM id_roles_providers_create_oidc).
const AUDIENCE_DEFAULT: &str = "sts.amazonaws.com";
/// Most characters of an issuer (IAM API CreateOpenIDConnectProvider).
const ISSUER_CHARACTERS_MAX: usize = 255;
/// Most audiences of a provider (IAM reference_iam-quotas).
const AUDIENCES_MAX: usize = 100;
/// Issuers that AWS knows without an account's doing, and trust policies by their host (IAM reference_policies_elements_principal).
const BUILT_IN: [&str; 2] = ["accounts.google.com", "cognito-identity.amazonaws.com"];

/// A provider as the configuration names it: `ISSUER=FILE[,AUDIENCE…]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderSetting {
    /// `https://token.example.com/path`, as the tokens' `iss` has it.
    pub issuer: String,
    /// The JSON Web Key Set (RFC 7517) with the provider's public keys.
    pub keys: PathBuf,
    /// Whom its tokens may be made for.
    pub audiences: Vec<String>,
}

/// The providers whose tokens are taken.
#[derive(Debug, Default)]
pub struct WebIdentities {
    providers: Vec<Provider>,
}

#[derive(Debug)]
struct Provider {
    issuer: String,
    audiences: Vec<String>,
    keys: KeySet,
}

/// Why a token vouches for nobody.
#[derive(Clone, Debug, PartialEq)]
pub enum NotIdentified {
    /// It is no JWT, or is not signed in a way that shows who signed it.
    NotJwt,
    /// Its issuer is none that is known.
    UnknownIssuer(String),
    /// The issuer's keys cannot be read just now.
    NoKeys,
    /// None of the issuer's keys is the one that it says it was signed with.
    UnknownKey,
    /// Its signature is another one.
    Signature,
    /// It lacks this claim.
    Missing(&'static str),
    /// It was made for somebody else.
    Audience,
    /// It is over; now and its end, in seconds since the epoch.
    Expired {
        /// Now.
        now: i64,
        /// When it ended.
        end: i64,
    },
    /// It does not count yet.
    Early,
    /// Its tags for the session are none that can be.
    Tags,
}

impl WebIdentities {
    /// Reads every provider's keys.
    pub fn open(settings: &[ProviderSetting]) -> Result<Self, KeySetError> {
        let open = |setting: &ProviderSetting| {
            let keys = KeySet::open(&setting.keys)?;
            Ok(Provider { issuer: setting.issuer.clone(), audiences: setting.audiences.clone(), keys })
        };
        Ok(Self { providers: settings.iter().map(open).collect::<Result<_, _>>()? })
    }

    /// Whom `token` vouches for to a role of `account`. Its signature is verified with the issuer's keys as they are now; `now` is the
    /// machine's time. Reads the file of keys if it changed.
    pub fn identify(
        &self,
        token: &str,
        (partition, account): (Partition, AccountId),
        now: Timestamp,
    ) -> Result<Arc<WebIdentity>, NotIdentified> {
        let claimed = Claims::unverified(token)?;
        let issuer = claimed.text("iss").ok_or(NotIdentified::Missing("iss"))?;
        let provider = self.providers.iter().find(|provider| provider.issuer == issuer);
        let provider = provider.ok_or_else(|| NotIdentified::UnknownIssuer(issuer.to_owned()))?;
        let claims = Claims::verified(token, &provider.keys)?;
        claims.check_time(now)?;
        let audience = claims.audience(&provider.audiences)?;
        let name = provider.name();
        let arn = || format!("arn:{partition}:iam::{account}:oidc-provider/{name}");
        let called = if BUILT_IN.contains(&name) { name.to_owned() } else { arn() };
        claims.identity(called, name, audience).map(Arc::new)
    }
}

impl Provider {
    /// As ARNs and condition keys have it.
    fn name(&self) -> &str {
        self.issuer.strip_prefix("https://").unwrap_or(&self.issuer)
    }
}

impl fmt::Display for ProviderSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={},{}", self.issuer, self.keys.display(), self.audiences.join(","))
    }
}

impl FromStr for ProviderSetting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = || {
            "expected ISSUER=FILE[,AUDIENCE…], such as https://token.example.com=/etc/jwks.json".to_owned()
        };
        let (issuer, rest) = text.split_once('=').ok_or_else(wanted)?;
        let host = issuer.strip_prefix("https://").ok_or("an issuer begins with https://")?;
        let legal = !host.is_empty() && host.bytes().all(|b| b.is_ascii_graphic() && !b"?#@*".contains(&b));
        if !legal || issuer.len() > ISSUER_CHARACTERS_MAX {
            return Err(
                "an issuer is https://, a host and perhaps a path, 255 characters at the most".to_owned()
            );
        }
        let mut parts = rest.split(',');
        let keys = parts.next().filter(|file| !file.is_empty()).ok_or_else(wanted)?;
        let mut audiences: Vec<String> = parts.map(str::to_owned).collect();
        if audiences.len() > AUDIENCES_MAX || audiences.iter().any(String::is_empty) {
            return Err(format!("an audience is a text, and a provider has {AUDIENCES_MAX} at the most"));
        }
        if audiences.is_empty() {
            audiences.push(AUDIENCE_DEFAULT.to_owned());
        }
        Ok(Self { issuer: issuer.to_owned(), keys: keys.into(), audiences })
    }
}
