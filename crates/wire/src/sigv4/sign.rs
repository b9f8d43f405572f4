use anabranch_types::{Hex, Timestamp};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue};

use super::canonical::string_to_sign;
use super::date::Basic;
use super::keys::{self, derive};
use super::request::SignedRequest;
use super::{ALGORITHM, TERMINATOR};
use crate::percent::Encoded;

/// Who signs.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// The access key id.
    pub access_key: &'a str,
    /// The secret access key.
    pub secret: &'a str,
    /// The session token of temporary credentials.
    pub token: Option<&'a str>,
}

/// Signs requests for one region and service, for our own clients.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// Who signs.
    pub credentials: Credentials<'a>,
    /// The region of the scope.
    pub region: &'a str,
    /// The signing name of the service.
    pub service: &'a str,
    /// Now.
    pub now: Timestamp,
}

impl Signer<'_> {
    /// The headers that sign `request`: `x-amz-date`, `x-amz-security-token` and `authorization`. The host, the content type and every
    /// `x-amz-` header that the request has are signed with them. `None` if the credentials hold a character that no header can.
    pub fn sign(&self, request: &SignedRequest<'_>) -> Option<HeaderMap> {
        let mut added = HeaderMap::new();
        added.insert("x-amz-date", HeaderValue::try_from(Basic(self.now).to_string()).ok()?);
        if let Some(token) = self.credentials.token {
            added.insert("x-amz-security-token", HeaderValue::from_str(token).ok()?);
        }
        let mut headers = request.headers.clone();
        headers.extend(added.clone());
        let mut names: Vec<&str> =
            headers.keys().map(|name| name.as_str()).filter(|name| is_signed(name)).collect();
        if request.authority.is_some() && !headers.contains_key(HOST) {
            names.push(HOST.as_str());
        }
        names.sort_unstable();
        let signed_headers = names.join(";");
        let signature = self.signature(&SignedRequest { headers: &headers, ..*request }, &signed_headers);
        let value = format!(
            "{ALGORITHM} Credential={}, SignedHeaders={signed_headers}, Signature={signature}",
            self.credential()
        );
        added.insert(AUTHORIZATION, HeaderValue::try_from(value).ok()?);
        Some(added)
    }

    /// The query string that presigns `request`, whose own query comes first in it. Only the host is signed beside it.
    pub fn presign(&self, request: &SignedRequest<'_>) -> String {
        let and = if request.query.is_empty() { "" } else { "&" };
        let mut query = format!(
            "{}{and}X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={}&X-Amz-Date={}&X-Amz-SignedHeaders=host",
            request.query,
            Encoded::part(self.credential().as_bytes()),
            Basic(self.now)
        );
        if let Some(token) = self.credentials.token {
            query += &format!("&X-Amz-Security-Token={}", Encoded::part(token.as_bytes()));
        }
        let signature = self.signature(&SignedRequest { query: &query, ..*request }, HOST.as_str());
        query + "&X-Amz-Signature=" + &signature
    }

    fn date(&self) -> String {
        let mut date = Basic(self.now).to_string();
        date.truncate("yyyymmdd".len());
        date
    }

    fn credential(&self) -> String {
        let (date, Self { credentials, region, service, .. }) = (self.date(), self);
        format!("{}/{date}/{region}/{service}/{TERMINATOR}", credentials.access_key)
    }

    fn signature(&self, request: &SignedRequest<'_>, signed_headers: &str) -> String {
        let (date, time) = (self.date(), Basic(self.now).to_string());
        let to_sign = string_to_sign(request, signed_headers, &time, [&date, self.region, self.service]);
        let key = derive(self.credentials.secret, &date, self.region, self.service);
        Hex(keys::signature(&key, &to_sign).as_ref()).to_string()
    }
}

fn is_signed(name: &str) -> bool {
    name == HOST.as_str() || name == CONTENT_TYPE.as_str() || name.starts_with("x-amz-")
}
