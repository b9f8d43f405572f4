use std::borrow::Cow;
use std::time::Duration;

use anabranch_types::{Hex, Region, Timestamp};
use http::HeaderValue;
use http::header::{AUTHORIZATION, DATE};

use super::canonical::string_to_sign;
use super::claim::{elements, five, parameter};
use super::date::{Basic, parse_basic, parse_header};
use super::keys::{self, SigningKeys};
use super::request::{Payload, SignedRequest, UNSIGNED_PAYLOAD};
use super::{ALGORITHM, Failure, TERMINATOR};
use crate::constant_time::is_equal;

/// The window of Kinesis, Firehose, KMS, Lambda and CloudWatch (aws/aws-sdk-go#2194, ministackorg/ministack#1745).
pub const SKEW_MINUTES_NARROW: u32 = 5;
/// The window of STS, IAM and DynamoDB (aws/aws-cli#6676, ministackorg/ministack#1745).
pub const SKEW_MINUTES_WIDE: u32 = 15;

/// What a signature has to say to count.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The service's signing name.
    pub service: &'a str,
    /// The region, where there is only one; else any that can be one.
    pub region: Option<&'a str>,
    /// How far the signature's time may be from `now`, either way.
    pub skew_minutes: u32,
    /// Now by the machine's clock, never the test clock.
    pub now: Timestamp,
}

/// A signature that is whole, current and for this service, but not verified.
#[derive(Clone, Debug)]
pub struct Presented<'a> {
    credential: Cow<'a, str>,
    /// Of the five parts of the credential.
    lengths: [usize; 5],
    signed_headers: Cow<'a, str>,
    signature: Cow<'a, str>,
    /// In the basic form.
    time: Cow<'a, str>,
    token: Option<Cow<'a, str>>,
}

/// The signature's parts as they came.
struct Parts<'a> {
    algorithm: Cow<'a, str>,
    credential: Cow<'a, str>,
    signed_headers: Cow<'a, str>,
    signature: Cow<'a, str>,
    date: Cow<'a, str>,
    /// Whether an HTTP date will do.
    from_date_header: bool,
    token: Option<Cow<'a, str>>,
}

/// Checks all of a signature that needs no secret, in AWS's order: one form only, present, complete, current, host signed, algorithm, scope.
///
/// A presigned request's `X-Amz-Expires` is ignored, as STS does (aws/aws-sdk-go#2167): the window alone counts.
pub fn parse<'a>(request: &SignedRequest<'a>, expected: &Expected<'_>) -> Result<Presented<'a>, Failure> {
    let parts = parts(request)?;
    let time = time(&parts)?;
    check_current(time, expected)?;
    let signed_headers: Cow<'a, str> = match parts.signed_headers.bytes().any(|b| b.is_ascii_uppercase()) {
        true => Cow::Owned(parts.signed_headers.to_ascii_lowercase()),
        false => parts.signed_headers,
    };
    check_headers(request, &signed_headers)?;
    if parts.algorithm != ALGORITHM {
        let algorithm = parts.algorithm;
        return Err(Failure::Incomplete(format!(
            "Unsupported AWS 'algorithm': '{algorithm}' (only {ALGORITHM} for now). "
        )));
    }
    // What is not from a `Date` header is in the basic form already.
    let time = if parts.from_date_header { Basic(time).to_string().into() } else { parts.date };
    let lengths = check_scope(&parts.credential, &time, expected)?.map(str::len);
    Ok(Presented {
        credential: parts.credential,
        lengths,
        signed_headers,
        signature: parts.signature,
        time,
        token: parts.token,
    })
}

/// Finds the parts, wherever they stand.
fn parts<'a>(request: &SignedRequest<'a>) -> Result<Parts<'a>, Failure> {
    let in_query = request.query.split('&').any(|pair| pair.split('=').next() == Some("X-Amz-Algorithm"));
    match (request.headers.get(AUTHORIZATION), in_query) {
        (Some(_), true) => Err(Failure::Twice),
        (None, false) => Err(Failure::Missing),
        (Some(value), false) => in_header(request, value),
        (None, true) => in_parameters(request),
    }
}

fn in_header<'a>(request: &SignedRequest<'a>, sent: &HeaderValue) -> Result<Parts<'a>, Failure> {
    let headers = request.headers;
    let value = |name: &str| headers.get(name)?.to_str().ok();
    let authorization = value(AUTHORIZATION.as_str()).unwrap_or_default();
    let [credential, signature, signed_headers] =
        elements(authorization, ["Credential", "Signature", "SignedHeaders"]);
    let amz_date = value("x-amz-date");
    let date = amz_date.or_else(|| value(DATE.as_str()));
    let (Some(credential), Some(signature), Some(signed_headers), Some(date)) =
        (credential, signature, signed_headers, date)
    else {
        let mut missing = String::new();
        for (name, found) in
            [("Credential", credential), ("Signature", signature), ("SignedHeaders", signed_headers)]
        {
            if found.is_none() {
                missing += &format!("Authorization header requires '{name}' parameter. ");
            }
        }
        if date.is_none() {
            missing +=
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
        }
        let shown = String::from_utf8_lossy(sent.as_bytes());
        return Err(Failure::Incomplete(format!("{missing}Authorization={shown}")));
    };
    Ok(Parts {
        algorithm: authorization.split([',', ' ']).next().unwrap_or_default().into(),
        credential: credential.into(),
        signed_headers: signed_headers.into(),
        signature: signature.into(),
        date: date.into(),
        from_date_header: amz_date.is_none(),
        token: value("x-amz-security-token").map(Cow::Borrowed),
    })
}

fn in_parameters<'a>(request: &SignedRequest<'a>) -> Result<Parts<'a>, Failure> {
    let names =
        ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"];
    let query: &'a str = request.query;
    let found = names.map(|name| parameter(query, name));
    let [Some(algorithm), Some(credential), Some(signature), Some(signed_headers), Some(date)] = found else {
        let missing = names.iter().zip(&found).filter(|(_, value)| value.is_none());
        let told: String =
            missing.map(|(name, _)| format!("AWS query-string parameters must include '{name}'. ")).collect();
        return Err(Failure::Incomplete(format!("{told}Re-examine the query-string parameters.")));
    };
    let token = parameter(query, "X-Amz-Security-Token");
    Ok(Parts { algorithm, credential, signed_headers, signature, date, from_date_header: false, token })
}

fn time(parts: &Parts<'_>) -> Result<Timestamp, Failure> {
    let parsed = if parts.from_date_header { parse_header(&parts.date) } else { parse_basic(&parts.date) };
    parsed.ok_or_else(|| {
        let date = &parts.date;
        Failure::Incomplete(format!(
            "Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"
        ))
    })
}

fn check_current(time: Timestamp, expected: &Expected<'_>) -> Result<(), Failure> {
    let (now, minutes) = (expected.now, expected.skew_minutes);
    let skew = Duration::from_secs(60 * u64::from(minutes));
    let (shown, shown_now) = (Basic(time), Basic(now));
    if time < now - skew {
        let limit = Basic(now - skew);
        Err(Failure::Invalid(format!(
            "Signature expired: {shown} is now earlier than {limit} ({shown_now} - {minutes} min.)"
        )))
    } else if time > now + skew {
        let limit = Basic(now + skew);
        Err(Failure::Invalid(format!(
            "Signature not yet current: {shown} is still later than {limit} ({shown_now} + {minutes} min.)"
        )))
    } else {
        Ok(())
    }
}

/// The host and every `x-amz-` header have to be signed, and none twice: a long one named a thousand times would have to be hashed as often. A hash of the body that is sent along has to be the body's.
fn check_headers(request: &SignedRequest<'_>, signed_headers: &str) -> Result<(), Failure> {
    let is_signed =
        |name: &str| signed_headers.as_bytes().split(|b| *b == b';').any(|signed| signed == name.as_bytes());
    if !is_signed("host") && !is_signed(":authority") {
        return Err(Failure::Invalid(
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.".to_owned(),
        ));
    }
    let amz = request.headers.keys().map(|name| name.as_str()).filter(|name| name.starts_with("x-amz-"));
    if let Some(name) = amz.into_iter().find(|name| !is_signed(name)) {
        return Err(Failure::Invalid(format!("'{name}' must be a 'SignedHeader' in the AWS Authorization.")));
    }
    let mut names: Vec<&str> = signed_headers.split(';').collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Failure::Mismatch);
    }
    match (request.header("x-amz-content-sha256"), request.payload) {
        (Some(said), Payload::Sha256(sum)) if said != Hex(sum).to_string() => Err(Failure::Mismatch),
        (Some(said), Payload::Unsigned) if said != UNSIGNED_PAYLOAD => Err(Failure::Mismatch),
        _ => Ok(()),
    }
}

/// The credential's five parts; else all that is wrong with the scope in one sentence after the other, as dynalite (index.js) recorded it.
fn check_scope<'a>(
    credential: &'a str,
    time: &str,
    expected: &Expected<'_>,
) -> Result<[&'a str; 5], Failure> {
    let Some(parts @ [_, date, region, service, terminator]) = five(credential) else {
        return Err(Failure::Incomplete(format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{credential}'"
        )));
    };
    let mut wrong: Vec<String> = Vec::new();
    if expected.region.map_or(Region::parse(region).is_none(), |only| only != region) {
        wrong.push(format!("Credential should be scoped to a valid region, not '{region}'."));
    }
    if service != expected.service {
        wrong.push(format!("Credential should be scoped to correct service: '{}'.", expected.service));
    }
    if terminator != TERMINATOR {
        wrong.push(format!(
            "Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{terminator}'."
        ));
    }
    let (day, _) = time.split_at(8);
    if date != day {
        wrong.push(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{date}' != '{day}', from '{time}'."
        ));
    }
    if wrong.is_empty() { Ok(parts) } else { Err(Failure::Invalid(wrong.join(" "))) }
}

impl Presented<'_> {
    /// The five parts of the credential.
    fn parts(&self) -> [&str; 5] {
        let mut rest = &*self.credential;
        self.lengths.map(|length| {
            let (part, behind) = rest.split_at(length);
            rest = behind.strip_prefix('/').unwrap_or_default();
            part
        })
    }

    /// The access key id.
    pub fn access_key(&self) -> &str {
        self.parts()[0]
    }

    /// The region of the scope.
    pub fn region(&self) -> &str {
        self.parts()[2]
    }

    /// The session token, which is signed with the rest; whether it is genuine is the caller's question.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Checks the signature, in constant time. `request` is the one that was parsed.
    pub fn verify(
        &self,
        request: &SignedRequest<'_>,
        secret: &str,
        keys: &SigningKeys,
    ) -> Result<(), Failure> {
        let parts = self.parts();
        let [_, date, region, service, _] = parts;
        let to_sign = string_to_sign(request, &self.signed_headers, &self.time, [date, region, service]);
        let key = keys.key(&self.credential, parts, secret);
        let signature = Hex(keys::signature(&key, &to_sign).as_ref()).to_string();
        if is_equal(signature.as_bytes(), self.signature.as_bytes()) {
            Ok(())
        } else {
            Err(Failure::Mismatch)
        }
    }
}
