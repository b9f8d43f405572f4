use std::borrow::Cow;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::percent::{self, Plus};

/// What a request claims about its signature, unverified: enough to tell which service it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim<'a> {
    /// The access key id.
    pub access_key: Cow<'a, str>,
    /// The region of the credential scope.
    pub region: Cow<'a, str>,
    /// The service of the credential scope.
    pub service: Cow<'a, str>,
}

/// The credential scope a request names, in its header or its query string; `None` without one of five parts. Nothing is verified.
pub fn claim<'a>(headers: &'a HeaderMap, query: &'a str) -> Option<Claim<'a>> {
    let credential = match headers.get(AUTHORIZATION) {
        Some(value) => Cow::Borrowed(element(value.to_str().ok()?, "Credential")?),
        None => parameter(query, "X-Amz-Credential")?,
    };
    let part = |index: usize| -> Option<Cow<'a, str>> {
        match &credential {
            Cow::Borrowed(text) => five(text).map(|parts| Cow::Borrowed(parts[index])),
            Cow::Owned(text) => five(text).map(|parts| Cow::Owned(parts[index].to_owned())),
        }
    };
    Some(Claim { access_key: part(0)?, region: part(2)?, service: part(3)? })
}

/// The session token a request brings along, in a header or its query string. Nothing is verified.
pub fn claimed_token<'a>(headers: &'a HeaderMap, query: &'a str) -> Option<Cow<'a, str>> {
    match headers.get("x-amz-security-token") {
        Some(value) => value.to_str().ok().map(Cow::Borrowed),
        None => parameter(query, "X-Amz-Security-Token"),
    }
}

/// The five parts of a credential; slashes at its end do not count (dynalite, index.js).
pub(super) fn five(credential: &str) -> Option<[&str; 5]> {
    let mut parts = credential.trim_end_matches('/').split('/');
    let five = [parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some(five)
}

/// An element of an `Authorization` header, which has commas, spaces or both between them; an empty one counts as absent. By bytes:
/// searched by characters, four elements took an eighth of a PutRecord's instructions.
pub(super) fn element<'a>(authorization: &'a str, name: &str) -> Option<&'a str> {
    let elements = authorization.as_bytes().split(|b| matches!(b, b',' | b' ')).skip(1);
    let mut values = elements.filter_map(|e| e.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
    // It was cut at ASCII characters, so it is text.
    values.next().filter(|value| !value.is_empty()).and_then(|value| std::str::from_utf8(value).ok())
}

/// The decoded value of the first query parameter called `name`; an empty one counts as absent.
pub(super) fn parameter<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    percent::decode(value, Plus::IsPlus).filter(|value| !value.is_empty())
}
