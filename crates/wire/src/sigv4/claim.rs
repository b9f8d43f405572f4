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
        Some(value) => {
            let [credential] = elements(value.to_str().ok()?, ["Credential"]);
            Cow::Borrowed(credential?)
        }
        None => parameter(query, "X-Amz-Credential")?,
    };
    let [access_key, region, service] = match &credential {
        Cow::Borrowed(text) => claimed(text)?.map(Cow::Borrowed),
        Cow::Owned(text) => claimed(text)?.map(|part| Cow::Owned(part.to_owned())),
    };
    Some(Claim { access_key, region, service })
}

/// Access key id, region and service.
fn claimed(credential: &str) -> Option<[&str; 3]> {
    let [access_key, _, region, service, _] = five(credential)?;
    Some([access_key, region, service])
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
    let mut rest = credential;
    while let Some(shorter) = rest.strip_suffix('/') {
        rest = shorter;
    }
    let mut parts = [""; 5];
    for part in &mut parts[..4] {
        // By bytes: the searcher for characters takes five times as long.
        let slash = rest.bytes().position(|b| b == b'/')?;
        (*part, rest) = (&rest[..slash], &rest[slash + 1..]);
    }
    parts[4] = rest;
    (!rest.bytes().any(|b| b == b'/')).then_some(parts)
}

/// Elements of an `Authorization` header, which has commas, spaces or both between them; an empty one counts as absent. By bytes:
/// searched by characters, four elements took an eighth of a PutRecord's instructions.
pub(super) fn elements<'a, const N: usize>(authorization: &'a str, names: [&str; N]) -> [Option<&'a str>; N] {
    let mut values: [Option<&[u8]>; N] = [None; N];
    for element in authorization.as_bytes().split(|b| matches!(b, b',' | b' ')).skip(1) {
        for (name, value) in names.iter().zip(&mut values).filter(|(_, value)| value.is_none()) {
            *value = element.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"="));
        }
    }
    // They were cut at ASCII characters, so they are text.
    values.map(|value| std::str::from_utf8(value.filter(|value| !value.is_empty())?).ok())
}

/// The decoded value of the first query parameter called `name`; an empty one counts as absent.
pub(super) fn parameter<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    percent::decode(value, Plus::IsPlus).filter(|value| !value.is_empty())
}
