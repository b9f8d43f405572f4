//! Requests of AWS's Signature Version 4 test suite (as the crate aws-sigv4 has it), with the signatures that it gives.
//!
//! Left out are those whose paths are no HTTP: the suite encodes a path once, of what is not encoded yet.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::date::parse_basic;
use super::*;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// Name, method, target, headers, body, which headers are signed, signature.
type Case = (
    &'static str,
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
    &'static str,
    &'static str,
);

const CASES: &[Case] = &[
    (
        "get-header-key-duplicate",
        "GET",
        "/",
        &[
            ("host", "example.amazonaws.com"),
            ("my-header1", "value2"),
            ("my-header1", "value2"),
            ("my-header1", "value1"),
            ("x-amz-date", "20150830T123600Z"),
        ],
        "",
        "host;my-header1;x-amz-date",
        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
    ),
    (
        "get-header-value-order",
        "GET",
        "/",
        &[
            ("host", "example.amazonaws.com"),
            ("my-header1", "value4"),
            ("my-header1", "value1"),
            ("my-header1", "value3"),
            ("my-header1", "value2"),
            ("x-amz-date", "20150830T123600Z"),
        ],
        "",
        "host;my-header1;x-amz-date",
        "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
    ),
    (
        "get-header-value-trim",
        "GET",
        "/",
        &[
            ("host", "example.amazonaws.com"),
            ("my-header1", " value1"),
            ("my-header2", " \"a   b   c\""),
            ("x-amz-date", "20150830T123600Z"),
        ],
        "",
        "host;my-header1;my-header2;x-amz-date",
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
    ),
    (
        "get-relative-normalized",
        "GET",
        "/example/..",
        &[("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")],
        "",
        "host;x-amz-date",
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ),
    (
        "get-relative-relative-normalized",
        "GET",
        "/example1/example2/../..",
        &[("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")],
        "",
        "host;x-amz-date",
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ),
    (
        "get-slash-dot-slash-normalized",
        "GET",
        "/./",
        &[("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")],
        "",
        "host;x-amz-date",
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ),
    (
        "get-slash-normalized",
        "GET",
        "//",
        &[("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")],
        "",
        "host;x-amz-date",
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ),
    (
        "get-slash-pointless-dot-normalized",
        "GET",
        "/./example",
        &[("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")],
        "",
        "host;x-amz-date",
        "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
    ),
    (
        "get-slashes-normalized",
        "GET",
        "//example//",
        &[("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")],
        "",
        "host;x-amz-date",
        "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
    ),
    (
        "get-unreserved",
        "GET",
        "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        &[("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")],
        "",
        "host;x-amz-date",
        "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
    ),
    (
        "get-vanilla-empty-query-key",
        "GET",
        "/?Param1=value1",
        &[("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")],
        "",
        "host;x-amz-date",
        "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
    ),
    (
        "get-vanilla-query",
        "GET",
        "/",
        &[("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")],
        "",
        "host;x-amz-date",
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ),
    (
        "get-vanilla-query-order-encoded",
        "GET",
        "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
        &[("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")],
        "",
        "host;x-amz-date",
        "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
    ),
    (
        "get-vanilla-query-order-key-case",
        "GET",
        "/?Param2=value2&Param1=value1",
        &[("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")],
        "",
        "host;x-amz-date",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    (
        "get-vanilla-query-unreserved",
        "GET",
        "/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        &[("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")],
        "",
        "host;x-amz-date",
        "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
    ),
    (
        "get-vanilla-with-session-token",
        "GET",
        "/",
        &[
            ("host", "example.amazonaws.com"),
            ("x-amz-security-token", "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"),
            ("x-amz-date", "20150830T123600Z"),
        ],
        "",
        "host;x-amz-date;x-amz-security-token",
        "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
    ),
    (
        "post-header-key-case",
        "POST",
        "/",
        &[("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")],
        "",
        "host;x-amz-date",
        "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    ),
    (
        "post-header-key-sort",
        "POST",
        "/",
        &[("host", "example.amazonaws.com"), ("my-header1", "value1"), ("x-amz-date", "20150830T123600Z")],
        "",
        "host;my-header1;x-amz-date",
        "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
    ),
    (
        "post-header-value-case",
        "POST",
        "/",
        &[("host", "example.amazonaws.com"), ("my-header1", "VALUE1"), ("x-amz-date", "20150830T123600Z")],
        "",
        "host;my-header1;x-amz-date",
        "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
    ),
    (
        "post-sts-header-before",
        "POST",
        "/",
        &[
            ("host", "example.amazonaws.com"),
            (
                "x-amz-security-token",
                "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==",
            ),
            ("x-amz-date", "20150830T123600Z"),
        ],
        "",
        "host;x-amz-date;x-amz-security-token",
        "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
    ),
    (
        "post-vanilla",
        "POST",
        "/",
        &[("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")],
        "",
        "host;x-amz-date",
        "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    ),
    (
        "post-vanilla-empty-query-value",
        "POST",
        "/?Param1=value1",
        &[("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")],
        "",
        "host;x-amz-date",
        "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
    ),
    (
        "post-vanilla-query",
        "POST",
        "/?Param1=value1",
        &[("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")],
        "",
        "host;x-amz-date",
        "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
    ),
    (
        "post-x-www-form-urlencoded",
        "POST",
        "/",
        &[
            ("content-type", "application/x-www-form-urlencoded"),
            ("host", "example.amazonaws.com"),
            ("content-length", "13"),
            ("x-amz-date", "20150830T123600Z"),
            ("x-amz-content-sha256", "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"),
        ],
        "Param1=value1",
        "content-length;content-type;host;x-amz-content-sha256;x-amz-date",
        "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b",
    ),
    (
        "post-x-www-form-urlencoded-parameters",
        "POST",
        "/",
        &[
            ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
            ("host", "example.amazonaws.com"),
            ("content-length", "13"),
            ("x-amz-date", "20150830T123600Z"),
            ("x-amz-content-sha256", "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"),
        ],
        "Param1=value1",
        "content-length;content-type;host;x-amz-content-sha256;x-amz-date",
        "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422",
    ),
];

#[test]
fn every_request_of_the_suite_has_the_suites_signature() {
    for (name, method, target, pairs, body, signed_headers, signature) in CASES {
        let mut headers = HeaderMap::new();
        for (name, value) in *pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders={signed_headers}, Signature={signature}"
        );
        headers.insert("authorization", HeaderValue::try_from(authorization).expect("a value"));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let sum = sha256(body.as_bytes());
        let payload = Payload::Sha256(&sum);
        let request = SignedRequest { method, path, query, headers: &headers, authority: None, payload };
        let now = parse_basic("20150830T123600Z").expect("a time in the basic form");
        let expected = Expected { service: "service", region: None, skew_minutes: SKEW_MINUTES_NARROW, now };
        let verified = parse(&request, &expected)
            .and_then(|presented| presented.verify(&request, SECRET, &SigningKeys::default()));
        assert_eq!(verified, Ok(()), "{name}");
    }
}
