//! AWS Signature Version 4 in the Authorization header, the signing side.
//!
//! Source: IAM User Guide, "Create a signed AWS API request".

use std::fmt::Write as _;

use anabranch_types::Timestamp;
use aws_lc_rs::{digest, hmac};
use http::HeaderMap;

use super::Identity;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What is signed.
pub(super) struct Unsigned<'a> {
    pub(super) method: &'a str,
    /// Percent-encoded once.
    pub(super) path_and_query: &'a str,
    /// The Host header as it will be sent.
    pub(super) host: &'a str,
    /// All other headers; every one is signed.
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
    pub(super) signing_name: &'a str,
}

/// What the request carries for it.
pub(super) struct Signature {
    /// `x-amz-date`
    pub(super) date: String,
    /// `authorization`
    pub(super) authorization: String,
}

/// Signs for `now`. The session token, if any, is signed as the header that the caller will add.
pub(super) fn sign(identity: &Identity, now: Timestamp, unsigned: &Unsigned<'_>) -> Signature {
    let date = compact(now);
    let scope = format!("{}/{}/{}/aws4_request", &date[..8], identity.region, unsigned.signing_name);
    let (canonical, signed_headers) = canonical_request(identity, &date, unsigned);
    let to_sign = format!("{ALGORITHM}\n{date}\n{scope}\n{}", hex(digest(canonical.as_bytes()).as_ref()));
    let mut key = hmac::sign(
        &hmac::Key::new(hmac::HMAC_SHA256, format!("AWS4{}", identity.secret.expose()).as_bytes()),
        date[..8].as_bytes(),
    );
    for part in [identity.region.as_str(), unsigned.signing_name, "aws4_request", &to_sign] {
        key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()), part.as_bytes());
    }
    let authorization = format!(
        "{ALGORITHM} Credential={}/{scope}, SignedHeaders={signed_headers}, Signature={}",
        identity.access_key,
        hex(key.as_ref())
    );
    Signature { date, authorization }
}

/// The canonical request and the names of the headers in it.
fn canonical_request(identity: &Identity, date: &str, unsigned: &Unsigned<'_>) -> (String, String) {
    let (path, query) = unsigned.path_and_query.split_once('?').unwrap_or((unsigned.path_and_query, ""));
    let mut headers: Vec<(&str, String)> = unsigned
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), folded(&String::from_utf8_lossy(value.as_bytes()))))
        .collect();
    headers.push(("host", unsigned.host.to_owned()));
    headers.push(("x-amz-date", date.to_owned()));
    if let Some(token) = &identity.session_token {
        headers.push(("x-amz-security-token", token.expose().to_owned()));
    }
    headers.sort();
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let mut canonical = format!("{}\n{}\n{}\n", unsigned.method, encoded_again(path), sorted(query));
    for (name, value) in &headers {
        let _ = writeln!(canonical, "{name}:{value}");
    }
    let _ = write!(canonical, "\n{names}\n{}", hex(digest(unsigned.body).as_ref()));
    (canonical, names)
}

/// AWS encodes a path's percent signs a second time, for every service but S3.
fn encoded_again(path: &str) -> String {
    path.replace('%', "%25")
}

fn sorted(query: &str) -> String {
    let mut parameters: Vec<String> = query
        .split('&')
        .filter(|p| !p.is_empty())
        .map(|p| if p.contains('=') { p.to_owned() } else { format!("{p}=") })
        .collect();
    parameters.sort();
    parameters.join("&")
}

/// Without spaces around, and one space for several inside.
fn folded(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn digest(bytes: &[u8]) -> digest::Digest {
    digest::digest(&digest::SHA256, bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// `20150830T123600Z`
fn compact(time: Timestamp) -> String {
    jiff::Timestamp::from_second(time.seconds())
        .map(|t| t.strftime("%Y%m%dT%H%M%SZ").to_string())
        .unwrap_or_else(|_| "19700101T000000Z".to_owned())
}

#[cfg(test)]
mod tests {
    use anabranch_governance::iam::Secret;
    use anabranch_types::Region;

    use super::*;

    /// The key and time of AWS's test suite for Signature Version 4.
    fn signature(unsigned: &Unsigned<'_>) -> String {
        let identity = Identity {
            access_key: "AKIDEXAMPLE".to_owned(),
            secret: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned()),
            session_token: None,
            region: Region::parse("us-east-1").expect("a region"),
        };
        sign(&identity, Timestamp::from_seconds(1_440_938_160), unsigned).authorization
    }

    #[test]
    fn signatures_are_those_of_the_published_suite() {
        let headers = HeaderMap::new();
        // get-vanilla, get-vanilla-query-order-key-case, post-vanilla.
        let cases = [
            ("GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            (
                "GET",
                "/?Param2=value2&Param1=value1",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            ("POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        ];
        for (method, path_and_query, expected) in cases {
            let authorization = signature(&Unsigned {
                method,
                path_and_query,
                host: "example.amazonaws.com",
                headers: &headers,
                body: b"",
                signing_name: "service",
            });
            assert_eq!(
                authorization,
                format!(
                    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                     SignedHeaders=host;x-amz-date, Signature={expected}"
                )
            );
        }
    }
}
