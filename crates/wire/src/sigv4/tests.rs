use anabranch_types::Timestamp;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::date::parse_basic;
use super::*;

/// The example credentials of AWS's documentation.
const KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const NOW: &str = "20150830T123600Z";

fn at(text: &str) -> Timestamp {
    parse_basic(text).expect("a time in the basic form")
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&str, &str)| {
        (HeaderName::try_from(*name).expect("a name"), HeaderValue::try_from(*value).expect("a value"))
    };
    pairs.iter().map(pair).collect()
}

/// What one check of a request needs; each test changes one thing.
struct Case {
    method: &'static str,
    path: &'static str,
    query: String,
    headers: HeaderMap,
    body: &'static [u8],
    service: &'static str,
    now: &'static str,
}

impl Case {
    fn expected(&self) -> Expected<'_> {
        Expected { service: self.service, region: None, skew_minutes: SKEW_MINUTES_NARROW, now: at(self.now) }
    }

    fn check(&self) -> Result<(), Failure> {
        let sum = sha256(self.body);
        let request = self.request(&sum);
        parse(&request, &self.expected())?.verify(&request, SECRET, &SigningKeys::default())
    }

    fn request<'a>(&'a self, sum: &'a [u8; 32]) -> SignedRequest<'a> {
        SignedRequest {
            method: self.method,
            path: self.path,
            query: &self.query,
            headers: &self.headers,
            authority: None,
            payload: Payload::Sha256(sum),
        }
    }

    fn signer(&self) -> Signer<'static> {
        let credentials = Credentials { access_key: KEY, secret: SECRET, token: None };
        Signer { credentials, region: "us-east-1", service: self.service, now: at(self.now) }
    }

    fn signed(mut self) -> Self {
        let sum = sha256(self.body);
        let added = self.signer().sign(&self.request(&sum)).expect("credentials that headers can hold");
        self.headers.extend(added);
        self
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, HeaderValue::from_str(value).expect("a value"));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }
}

fn put_record() -> Case {
    Case {
        method: "POST",
        path: "/",
        query: String::new(),
        headers: headers(&[
            ("host", "kinesis.us-east-1.amazonaws.com"),
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "Kinesis_20131202.PutRecord"),
        ]),
        body: b"{}",
        service: "kinesis",
        now: NOW,
    }
}

fn code_and_message(result: Result<(), Failure>) -> (String, String) {
    let failure = result.expect_err("a refusal");
    (failure.code(crate::Protocol::Json11).to_owned(), failure.message(crate::Protocol::Json11).into_owned())
}

/// The example of "Signature Version 4 signing process" in the AWS General Reference: GET IAM ListUsers, whose signature the page gives.
#[test]
fn the_documented_example_has_the_documented_signature() {
    let mut case = Case {
        method: "GET",
        path: "/",
        query: "Action=ListUsers&Version=2010-05-08".to_owned(),
        headers: headers(&[
            ("host", "iam.amazonaws.com"),
            ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
            ("x-amz-date", NOW),
        ]),
        body: b"",
        service: "iam",
        now: NOW,
    };
    case.headers.insert(
        "authorization",
        HeaderValue::from_static(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
        ),
    );
    assert_eq!(case.check(), Ok(()));
    let swapped = Case { query: "Version=2010-05-08&Action=ListUsers".to_owned(), ..case };
    assert_eq!(swapped.check(), Ok(()), "the query is sorted");
    assert_eq!(
        Case { query: "Action=ListUser&Version=2010-05-08".to_owned(), ..swapped }.check(),
        Err(Failure::Mismatch)
    );
}

/// `get-vanilla` of AWS's Signature Version 4 test suite, whose files give this signature.
#[test]
fn the_test_suites_plainest_request_verifies() {
    let case = Case {
        method: "GET",
        path: "/",
        query: String::new(),
        headers: headers(&[("host", "example.amazonaws.com"), ("x-amz-date", NOW)]),
        body: b"",
        service: "service",
        now: NOW,
    };
    let case = case.with(
        "authorization",
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    );
    assert_eq!(case.check(), Ok(()));
}

#[test]
fn what_we_sign_verifies_until_anything_is_changed() {
    assert_eq!(put_record().signed().check(), Ok(()));
    let changed: Vec<(&str, Case)> = vec![
        ("body", Case { body: b"{ }", ..put_record().signed() }),
        ("path", Case { path: "/other", ..put_record().signed() }),
        ("method", Case { method: "GET", ..put_record().signed() }),
        ("query", Case { query: "a=b".to_owned(), ..put_record().signed() }),
        ("signed header", put_record().signed().with("x-amz-target", "Kinesis_20131202.DeleteStream")),
        ("host", put_record().signed().with("host", "localhost")),
    ];
    for (what, case) in changed {
        assert_eq!(case.check(), Err(Failure::Mismatch), "{what}");
    }
    assert_eq!(
        put_record().signed().with("accept", "anything").check(),
        Ok(()),
        "a header that is not signed"
    );
}

#[test]
fn a_wrong_secret_and_a_replaced_secret_are_refused_in_spite_of_the_kept_key() {
    let case = put_record().signed();
    let sum = sha256(case.body);
    let request = case.request(&sum);
    let presented = parse(&request, &case.expected()).expect("a whole signature");
    assert_eq!((presented.access_key(), presented.region(), presented.token()), (KEY, "us-east-1", None));
    let keys = SigningKeys::default();
    assert_eq!(presented.verify(&request, SECRET, &keys), Ok(()));
    assert_eq!(presented.verify(&request, "another", &keys), Err(Failure::Mismatch));
    assert_eq!(presented.verify(&request, SECRET, &keys), Ok(()));
}

#[test]
fn no_header_is_signed_twice() {
    let told = |names: &str| {
        let case = put_record();
        let scope = format!("{KEY}/20150830/us-east-1/{}/aws4_request", case.service);
        let value = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={names}, Signature=0");
        let case = case.with("x-amz-date", NOW).with("authorization", &value);
        parse(&case.request(&sha256(case.body)), &case.expected()).map(drop)
    };
    assert_eq!(told("host;x-amz-date;x-amz-target"), Ok(()));
    assert_eq!(told("host;x-amz-date;x-amz-target;HOST"), Err(Failure::Mismatch));
}

#[test]
fn the_session_token_is_signed() {
    let case = put_record();
    let sum = sha256(case.body);
    let credentials = Credentials { access_key: KEY, secret: SECRET, token: Some("token") };
    let added = Signer { credentials, ..case.signer() }.sign(&case.request(&sum)).expect("legal credentials");
    let mut signed = put_record();
    signed.headers.extend(added);
    assert_eq!(signed.check(), Ok(()));
    assert_eq!(signed.with("x-amz-security-token", "other").check(), Err(Failure::Mismatch));
}

#[test]
fn quirks_of_paths_queries_and_headers_do_not_change_the_signature() {
    let base = || Case { path: "/a%20b/c%3Ad", query: "b=%20&a=x%2By&empty&B=1".to_owned(), ..put_record() };
    assert_eq!(base().signed().check(), Ok(()));
    let same: Vec<(&str, Case)> = vec![
        ("dot segments", Case { path: "/x/../a%20b//./c%3Ad", ..base().signed() }),
        ("order of parameters", Case { query: "a=x%2By&B=1&empty=&b=%20".to_owned(), ..base().signed() }),
        (
            "escape of an unreserved character",
            Case { query: "b=%20&%61=x%2By&empty&B=1".to_owned(), ..base().signed() },
        ),
        ("spaces in a header", base().with("x-amz-meta", "a b").signed().with("x-amz-meta", "  a   b ")),
    ];
    for (what, case) in same {
        assert_eq!(case.check(), Ok(()), "{what}");
    }
    let mut repeated = base().with("x-amz-meta", "a,b").signed().with("x-amz-meta", "a");
    repeated.headers.append("x-amz-meta", HeaderValue::from_static("b"));
    assert_eq!(repeated.check(), Ok(()), "a repeated header");
    let other_path = Case { path: "/a%2520b/c%3Ad", ..base().signed() };
    assert_eq!(other_path.check(), Err(Failure::Mismatch), "the path is encoded twice");
}

#[test]
fn http2_signs_the_authority_in_the_hosts_place() {
    let case = put_record().signed();
    let sum = sha256(case.body);
    let without = case.headers.iter().filter(|(name, _)| *name != "host");
    let headers: HeaderMap = without.map(|(name, value)| (name.clone(), value.clone())).collect();
    let authority = Some("kinesis.us-east-1.amazonaws.com");
    let request = SignedRequest { headers: &headers, authority, ..case.request(&sum) };
    let presented = parse(&request, &case.expected()).expect("a whole signature");
    assert_eq!(presented.verify(&request, SECRET, &SigningKeys::default()), Ok(()));
    let signer = case.signer();
    let other = SignedRequest { authority: Some("elsewhere"), ..request };
    assert_eq!(presented.verify(&other, SECRET, &SigningKeys::default()), Err(Failure::Mismatch));
    assert!(
        signer
            .sign(&request)
            .is_some_and(|added| added["authorization"].to_str().is_ok_and(|a| a.contains("host")))
    );
}

#[test]
fn a_presigned_request_verifies_whatever_its_expiry_says() {
    let mut case = put_record().without("x-amz-target").without("content-type");
    case.query = "Action=GetCallerIdentity&X-Amz-Expires=99999999".to_owned();
    let sum = sha256(case.body);
    case.query = case.signer().presign(&case.request(&sum));
    assert_eq!(case.check(), Ok(()));
    let later = Case { now: "20150830T124101Z", ..case };
    let (code, message) = code_and_message(later.check());
    assert_eq!(code, "InvalidSignatureException");
    assert_eq!(
        message,
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)"
    );
    let changed =
        Case { query: later.query.replace("GetCallerIdentity", "GetSessionToken"), now: NOW, ..later };
    assert_eq!(changed.check(), Err(Failure::Mismatch));
}

/// kinesalite, test/connection.js; dynalite, index.js; IAM user guide, "Troubleshoot Signature Version 4 requests".
#[test]
fn each_refusal_has_awss_code_and_sentence() {
    let incomplete = "IncompleteSignatureException";
    let invalid = "InvalidSignatureException";
    let plain = || put_record().with("x-amz-date", NOW);
    let authorization = |value: &str| plain().with("authorization", value);
    let query = |query: &str| Case { query: query.to_owned(), ..put_record() };
    let scope = |scope: &str| {
        authorization(&format!(
            "AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date;x-amz-target, Signature=0"
        ))
    };
    let cases: Vec<(Case, &str, &str)> = vec![
        (plain(), "MissingAuthenticationTokenException", "Missing Authentication Token"),
        (
            query("X-Amz-Credential=a&X-Amz-Signature=b&X-Amz-SignedHeaders=c&X-Amz-Date=d"),
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        ),
        (
            Case { query: "X-Amz-Algorithm".to_owned(), ..authorization("X") },
            invalid,
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
        ),
        (
            put_record().with("authorization", "X"),
            incomplete,
            "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=X",
        ),
        (
            put_record().with("date", "a").with("authorization", "AWS4- Signature=b,Credential=a"),
            incomplete,
            "Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4- Signature=b,Credential=a",
        ),
        (
            query("X-Amz-Algorithm"),
            incomplete,
            "AWS query-string parameters must include 'X-Amz-Algorithm'. AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.",
        ),
        (
            query("X-Amz-Algorithm=a&X-Amz-Credential=b&X-Amz-Signature=c&X-Amz-Date=d"),
            incomplete,
            "AWS query-string parameters must include 'X-Amz-SignedHeaders'. Re-examine the query-string parameters.",
        ),
        (
            put_record().signed().with("x-amz-date", "201"),
            incomplete,
            "Date must be in ISO-8601 'basic format'. Got '201'. See http://en.wikipedia.org/wiki/ISO_8601",
        ),
        (
            Case { now: "20150830T123059Z", ..put_record().signed() },
            invalid,
            "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)",
        ),
        (
            authorization("AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=x-amz-date, Signature=0"),
            invalid,
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        ),
        (
            put_record().signed().with("x-amz-extra", "unsigned"),
            invalid,
            "'x-amz-extra' must be a 'SignedHeader' in the AWS Authorization.",
        ),
        (
            authorization(
                "AWS4-HMAC-SHA25 Credential=a, SignedHeaders=host;x-amz-date;x-amz-target, Signature=0",
            ),
            incomplete,
            "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA25' (only AWS4-HMAC-SHA256 for now). ",
        ),
        (
            scope("a/b/c/d"),
            incomplete,
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'a/b/c/d'",
        ),
        (
            scope("a/b/C/d/e"),
            invalid,
            "Credential should be scoped to a valid region, not 'C'. Credential should be scoped to correct service: 'kinesis'. Credential should be scoped with a valid terminator: 'aws4_request', not 'e'. Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: 'b' != '20150830', from '20150830T123600Z'.",
        ),
        (
            scope("AKIDEXAMPLE/20150830/us-east-1/kinesis/aws4_request"),
            invalid,
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
        ),
    ];
    for (case, code, message) in cases {
        assert_eq!(code_and_message(case.check()), (code.to_owned(), message.to_owned()));
    }
}

#[test]
fn a_hash_of_the_body_that_is_sent_along_has_to_be_the_bodys() {
    let unsigned = put_record().with("x-amz-content-sha256", "UNSIGNED-PAYLOAD").signed();
    assert_eq!(unsigned.check(), Err(Failure::Mismatch));
    let right = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    assert_eq!(put_record().with("x-amz-content-sha256", right).signed().check(), Ok(()));
}

#[test]
fn an_endless_body_may_be_unsigned_where_the_caller_allows_it() {
    let case = put_record().with("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    let sum = sha256(case.body);
    let open = SignedRequest { payload: Payload::Unsigned, ..case.request(&sum) };
    let added = case.signer().sign(&open).expect("legal credentials");
    let mut headers = case.headers.clone();
    headers.extend(added);
    let request = SignedRequest { headers: &headers, ..open };
    let presented = parse(&request, &case.expected()).expect("a whole signature");
    assert_eq!(presented.verify(&request, SECRET, &SigningKeys::default()), Ok(()));
}

#[test]
fn the_failures_have_the_names_and_status_of_the_protocols_family() {
    use crate::Protocol::{Json11, Query, RestJson};
    for (failure, json, query) in [
        (Failure::Missing, "MissingAuthenticationTokenException", "MissingAuthenticationToken"),
        (Failure::Twice, "InvalidSignatureException", "SignatureDoesNotMatch"),
        (Failure::Incomplete(String::new()), "IncompleteSignatureException", "IncompleteSignature"),
        (Failure::UnknownKey, "UnrecognizedClientException", "InvalidClientTokenId"),
        (Failure::ExpiredSession, "ExpiredTokenException", "ExpiredToken"),
        (Failure::Mismatch, "InvalidSignatureException", "SignatureDoesNotMatch"),
    ] {
        assert_eq!((failure.code(Json11), failure.status(Json11)), (json, 400));
        assert_eq!((failure.code(RestJson), failure.status(RestJson)), (json, 403));
        assert_eq!((failure.code(Query), failure.status(Query)), (query, 403));
    }
}

#[test]
fn the_claim_is_read_from_either_place() {
    let case = put_record().signed();
    let named = claim(&case.headers, "").expect("a claim");
    assert_eq!((&*named.access_key, &*named.region, &*named.service), (KEY, "us-east-1", "kinesis"));
    let query = "X-Amz-Credential=k%2Fd%2Fr%2Fsts%2Faws4_request";
    assert_eq!(claim(&HeaderMap::new(), query).map(|c| c.service.into_owned()).as_deref(), Some("sts"));
    assert_eq!(claim(&HeaderMap::new(), ""), None);
}

proptest::proptest! {
    #[test]
    fn hostile_headers_and_queries_never_panic(authorization in "[ -~]{0,120}", query in "[ -~]{0,120}", path in "[ -~]{0,60}", date in "[ -~]{0,20}") {
        for date in [&date, NOW] {
            for in_header in [0, 1] {
                let mut headers = headers(&[("host", "h"), ("x-amz-date", date)]);
                if in_header == 1 {
                    headers.insert("authorization", HeaderValue::try_from(&*authorization).expect("printable"));
                }
                let sum = sha256(b"");
                let request = SignedRequest { method: "POST", path: &path, query: &query, headers: &headers, authority: None, payload: Payload::Sha256(&sum) };
                let expected = Expected { service: "kinesis", region: None, skew_minutes: 5, now: at(NOW) };
                if let Ok(presented) = parse(&request, &expected) {
                    let _ = presented.verify(&request, SECRET, &SigningKeys::default());
                }
                let _ = claim(&headers, &query);
            }
        }
    }
}
