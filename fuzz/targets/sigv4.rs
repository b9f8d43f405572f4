//! Signatures in headers and in presigned query strings: any are refused, ours are taken, ours changed are refused.
#![no_main]

use anabranch_types::Timestamp;
use anabranch_wire::sigv4::{self, Credentials, Expected, Payload, SignedRequest, Signer, SigningKeys};
use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const EXPECTED: Expected<'static> = Expected { service: "kinesis", region: None, skew_minutes: 5, now: NOW };

/// A request in plain text: `token change path?query`, lines of headers, an empty line, the body. An absent token is `-`.
struct Input<'a> {
    token: Option<&'a str>,
    /// What is changed after it was signed.
    change: u8,
    path: &'a str,
    query: &'a str,
    headers: HeaderMap,
    body: &'a [u8],
}

impl<'a> Input<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut lines = bytes.split(|b| *b == b'\n');
        let first = std::str::from_utf8(lines.next()?).ok()?;
        let (token, rest) = first.split_once(' ')?;
        let (change, uri) = rest.split_once(' ')?;
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let mut headers = HeaderMap::new();
        for line in lines.by_ref().take_while(|line| !line.is_empty()) {
            let colon = line.iter().position(|b| *b == b':')?;
            let name = HeaderName::from_bytes(&line[..colon]).ok()?;
            headers.append(name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?);
        }
        let body = lines.next().unwrap_or_default();
        let token = Some(token).filter(|token| *token != "-");
        Some(Self { token, change: *change.as_bytes().first()?, path, query, headers, body })
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some(input) = Input::parse(bytes) else { return };
    let sum = sigv4::sha256(input.body);
    let request = SignedRequest {
        method: "POST",
        path: input.path,
        query: input.query,
        headers: &input.headers,
        authority: Some("localhost:4566"),
        payload: Payload::Sha256(&sum),
    };
    as_it_came(&request);
    signed(&request, &input);
    presigned(&request, &input);
});

/// Nobody who does not know the secret is let in, and the scope that tells the service is the one that counts.
fn as_it_came(request: &SignedRequest<'_>) {
    let claim = sigv4::claim(request.headers, request.query);
    let Ok(presented) = sigv4::parse(request, &EXPECTED) else { return };
    let claim = claim.expect("what parses has a scope");
    assert_eq!((presented.access_key(), presented.region()), (&*claim.access_key, &*claim.region));
    assert_eq!(claim.service, EXPECTED.service);
    assert!(presented.verify(request, SECRET, &SigningKeys::default()).is_err());
}

fn signer<'a>(input: &Input<'a>) -> Signer<'a> {
    let credentials = Credentials { access_key: "AKIDEXAMPLE", secret: SECRET, token: input.token };
    Signer { credentials, region: "us-east-1", service: "kinesis", now: NOW }
}

fn accepted(request: &SignedRequest<'_>, secret: &str) -> Result<(), sigv4::Failure> {
    sigv4::parse(request, &EXPECTED)?.verify(request, secret, &SigningKeys::default())
}

/// The header form.
fn signed(request: &SignedRequest<'_>, input: &Input<'_>) {
    let mut headers = request.headers.clone();
    for name in ["authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"] {
        headers.remove(name);
    }
    let bare = SignedRequest { headers: &headers, ..*request };
    let Some(added) = signer(input).sign(&bare) else { return };
    let mut headers = headers.clone();
    headers.extend(added);
    let request = SignedRequest { headers: &headers, ..bare };
    if request.query.split('&').any(|pair| pair.split('=').next() == Some("X-Amz-Algorithm")) {
        return;
    }
    if let Err(failure) = accepted(&request, SECRET) {
        panic!("{failure:?}");
    }
    changed(&request, input);
}

/// The query form.
fn presigned(request: &SignedRequest<'_>, input: &Input<'_>) {
    let mut headers = request.headers.clone();
    headers.remove("authorization");
    let amz: Vec<_> = headers.keys().filter(|name| name.as_str().starts_with("x-amz-")).cloned().collect();
    for name in amz {
        headers.remove(name);
    }
    let bare = SignedRequest { headers: &headers, ..*request };
    if request.query.contains("X-Amz-") {
        return;
    }
    let query = signer(input).presign(&bare);
    let request = SignedRequest { query: &query, ..bare };
    if let Err(failure) = accepted(&request, SECRET) {
        panic!("{failure:?}");
    }
    changed(&request, input);
}

/// One thing changed, and it is refused.
fn changed(request: &SignedRequest<'_>, input: &Input<'_>) {
    let mut sum = sigv4::sha256(input.body);
    sum[usize::from(input.change) % sum.len()] ^= 1;
    let path = format!("{}/more", request.path);
    let query = format!("{}&more=1", request.query);
    let other = match input.change % 4 {
        0 => SignedRequest { payload: Payload::Sha256(&sum), ..*request },
        1 => SignedRequest { path: &path, ..*request },
        2 => SignedRequest { query: &query, ..*request },
        _ => SignedRequest { method: "GET", ..*request },
    };
    assert!(accepted(&other, SECRET).is_err());
    assert!(accepted(request, "another secret").is_err());
}
