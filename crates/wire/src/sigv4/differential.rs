//! What the SDK for Rust signs is taken, and nothing of it can be changed.

use std::time::{Duration, SystemTime};

use anabranch_types::Timestamp;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use http::{HeaderName, HeaderValue, Request};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const NOW_SECONDS: u64 = 1_700_000_000;

/// A request before it is signed.
#[derive(Clone, Debug)]
struct Drawn {
    method: &'static str,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    token: Option<String>,
    presigned: bool,
    service: &'static str,
    region: &'static str,
}

/// What is changed after signing.
#[derive(Clone, Copy, Debug)]
enum Change {
    Method,
    Path,
    Query,
    Header,
    Body,
    Signature,
    Secret,
}

/// Characters of a path or query as they stand on the wire. A plus sign is left out: whether it is one or a space is what signers disagree about, and
/// none of them sends it.
///
/// Escapes are of ASCII: the SDK decodes others of a query as text, and signs something else where they are none.
fn written() -> impl Strategy<Value = String> {
    "([A-Za-z0-9._~:@!$'()*,;-]|%[2-7][0-9A-F]|%[2-7][0-9a-f]|%0A|%C3%A4){0,8}"
}

/// A dot segment is never the last: this SDK leaves a slash for it (RFC 3986, 5.2.4), botocore does not, and the server is with botocore.
fn path() -> impl Strategy<Value = String> {
    let segment = prop_oneof![8 => written(), 1 => Just(".".to_owned()), 1 => Just("..".to_owned())];
    let last = written().prop_filter("a dot segment", |last| last != "." && last != "..");
    (proptest::collection::vec(segment, 0..5), last).prop_map(|(mut segments, last)| {
        segments.push(last);
        format!("/{}", segments.join("/"))
    })
}

fn header() -> impl Strategy<Value = (String, String)> {
    let name = prop_oneof![
        "x-amz-[a-z]{1,6}-[a-z]{1,6}",
        select(vec!["content-type".to_owned(), "x-own".to_owned()])
    ];
    // Spaces at the ends and runs of them, commas, quotes.
    (name, "[ ]{0,3}[!-~]{1,6}([ ]{1,3}[!-~]{1,6}){0,3}[ ]{0,3}")
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let place =
        (select(vec!["kinesis", "sts", "iam", "kms"]), select(vec!["us-east-1", "eu-west-3", "cn-north-1"]));
    let query = proptest::collection::vec(("[A-Za-z0-9_.-]{1,5}", written()), 0..5);
    let headers = proptest::collection::vec(header(), 0..6);
    let body = proptest::collection::vec(any::<u8>(), 0..200);
    let token = proptest::option::of("[A-Za-z0-9/+=]{1,60}");
    (select(vec!["GET", "POST", "PUT", "DELETE"]), path(), query, headers, body, token, any::<bool>(), place)
        .prop_map(|(method, path, query, headers, body, token, presigned, (service, region))| Drawn {
            method,
            path,
            query,
            headers,
            body,
            token,
            presigned,
            service,
            region,
        })
}

impl Drawn {
    fn uri(&self) -> String {
        let query: Vec<String> = self.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("https://kinesis.us-east-1.amazonaws.com{}{mark}{}", self.path, query.join("&"))
    }

    /// As the SDK sends it.
    fn signed(&self) -> Request<Vec<u8>> {
        let mut request =
            Request::builder().method(self.method).uri(self.uri()).body(self.body.clone()).unwrap();
        for (name, value) in &self.headers {
            let value = HeaderValue::from_str(value).unwrap();
            request.headers_mut().append(HeaderName::try_from(name).unwrap(), value);
        }
        let mut settings = SigningSettings::default();
        if self.presigned {
            settings.signature_location = SignatureLocation::QueryParams;
            settings.expires_in = Some(Duration::from_secs(900));
        }
        let credentials = Credentials::new("AKIDEXAMPLE", SECRET, self.token.clone(), None, "test");
        let identity = credentials.into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(SystemTime::UNIX_EPOCH + Duration::from_secs(NOW_SECONDS))
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let uri = request.uri().to_string();
        let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
        let signable =
            SignableRequest::new(self.method, uri, headers, SignableBody::Bytes(&self.body)).unwrap();
        let (instructions, _) = sign(signable, &params).unwrap().into_parts();
        instructions.apply_to_request_http1x(&mut request);
        request
    }

    fn check(&self, request: &Request<Vec<u8>>, secret: &str) -> Result<(), Failure> {
        let sum = sha256(request.body());
        let uri = request.uri();
        let signed = SignedRequest {
            method: request.method().as_str(),
            path: uri.path(),
            query: uri.query().unwrap_or_default(),
            headers: request.headers(),
            authority: uri.authority().map(|authority| authority.as_str()),
            payload: Payload::Sha256(&sum),
        };
        let now = Timestamp::from_seconds(NOW_SECONDS as i64);
        let expected =
            Expected { service: self.service, region: None, skew_minutes: SKEW_MINUTES_NARROW, now };
        let presented = parse(&signed, &expected)?;
        assert_eq!(presented.token(), self.token.as_deref());
        presented.verify(&signed, secret, &SigningKeys::default())
    }

    /// The request with one thing changed that was signed; none if it has no such thing.
    fn changed(&self, change: Change) -> Option<Request<Vec<u8>>> {
        let mut request = self.signed();
        let uri = request.uri().clone();
        let replace = |from: &str, to: &str| uri.to_string().replacen(from, to, 1).parse().unwrap();
        match change {
            Change::Method => *request.method_mut() = http::Method::PATCH,
            Change::Path => {
                let path = uri.path();
                *request.uri_mut() = replace(&format!(".com{path}"), &format!(".com{path}/zz"));
            }
            Change::Query if uri.query().is_some() => *request.uri_mut() = replace("?", "?zz=1&"),
            Change::Query => *request.uri_mut() = format!("{uri}?zz=1").parse().unwrap(),
            Change::Header => {
                let (name, _) = self.headers.first()?;
                let name = HeaderName::try_from(name).unwrap();
                let changed = format!("{}x", request.headers()[&name].to_str().unwrap().trim());
                let rest: Vec<_> = request.headers().get_all(&name).iter().skip(1).cloned().collect();
                request.headers_mut().insert(&name, HeaderValue::from_str(&changed).unwrap());
                for value in rest {
                    request.headers_mut().append(&name, value);
                }
            }
            Change::Body => request.body_mut().push(b'x'),
            Change::Signature if self.presigned => {
                let query = uri.query().unwrap();
                let (_, signature) = query.split_once("X-Amz-Signature=").unwrap();
                let other = if signature.starts_with('0') { '1' } else { '0' };
                let changed = format!("X-Amz-Signature={other}{}", &signature[1..]);
                *request.uri_mut() = replace(&format!("X-Amz-Signature={signature}"), &changed);
            }
            Change::Signature => {
                let value = request.headers()["authorization"].to_str().unwrap().to_owned();
                let at = value.rfind("Signature=").unwrap() + "Signature=".len();
                let other = if value[at..].starts_with('0') { '1' } else { '0' };
                let changed = format!("{}{other}{}", &value[..at], &value[at + 1..]);
                request.headers_mut().insert("authorization", HeaderValue::from_str(&changed).unwrap());
            }
            Change::Secret => {}
        }
        Some(request)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_the_sdk_for_rust_signs_is_taken(drawn in drawn()) {
        prop_assert_eq!(drawn.check(&drawn.signed(), SECRET), Ok(()));
    }

    #[test]
    fn what_was_changed_after_signing_is_refused(
        drawn in drawn(),
        change in select(vec![
            Change::Method, Change::Path, Change::Query, Change::Header, Change::Body, Change::Signature, Change::Secret,
        ]),
    ) {
        let secret = if matches!(change, Change::Secret) { "another" } else { SECRET };
        if let Some(request) = drawn.changed(change) {
            prop_assert_eq!(drawn.check(&request, secret), Err(Failure::Mismatch));
        }
    }
}
