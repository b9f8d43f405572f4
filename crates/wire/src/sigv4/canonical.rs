//! The canonical request and its hash.

use std::borrow::Cow;
use std::fmt::{self, Write};

use anabranch_types::Hex;
use aws_lc_rs::digest::{Digest, SHA256, digest};
use http::HeaderMap;

use super::request::{Payload, SignedRequest, UNSIGNED_PAYLOAD};
use super::{ALGORITHM, TERMINATOR};
use crate::percent::{self, Encoded, Plus};

/// Room for most canonical requests.
const TEXT_BYTES: usize = 1024;
/// The query parameter that carries the signature and is therefore not signed.
const SIGNATURE_PARAMETER: &str = "X-Amz-Signature";

/// The string to sign: algorithm, time, scope and the hash of the canonical request. `signed_headers` is the list as presented: lower-case names with semicolons.
pub(super) fn string_to_sign(
    request: &SignedRequest<'_>,
    signed_headers: &str,
    time: &str,
    scope: [&str; 3],
) -> String {
    let [date, region, service] = scope;
    let hash = canonical_hash(request, signed_headers);
    [ALGORITHM, "\n", time, "\n", date, "/", region, "/", service, "/", TERMINATOR, "\n"].concat()
        + &Hex(hash.as_ref()).to_string()
}

fn canonical_hash(request: &SignedRequest<'_>, signed_headers: &str) -> Digest {
    let mut text = Text(Vec::with_capacity(TEXT_BYTES));
    let path = normalized(request.path);
    let written = write!(text, "{}\n{}\n", request.method, Encoded::path(path.as_bytes()))
        .and_then(|()| write_query(&mut text, request.query))
        .and_then(|()| text.write_char('\n'));
    for name in signed_headers.split(';') {
        text.0.extend_from_slice(name.as_bytes());
        text.0.push(b':');
        write_header(&mut text.0, request, name);
        text.0.push(b'\n');
    }
    let written =
        written.and_then(|()| write!(text, "\n{signed_headers}\n")).and_then(|()| match request.payload {
            Payload::Sha256(sum) => write!(text, "{}", Hex(sum)),
            Payload::Unsigned => text.write_str(UNSIGNED_PAYLOAD),
        });
    written.expect("writing into memory does not fail");
    digest(&SHA256, &text.0)
}

/// The canonical request: text but for headers, which may be anything. It is hashed in one piece, which costs less than piece by piece.
struct Text(Vec<u8>);

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// The path without empty and dot segments. It is as sent, so encoding it makes the second time, as every service but S3 has it.
fn normalized(path: &str) -> Cow<'_, str> {
    if path.starts_with('/') && !path.contains("//") && !path.contains("/.") {
        return Cow::Borrowed(path);
    }
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            other => kept.push(other),
        }
    }
    let end = if path.ends_with('/') && !kept.is_empty() { "/" } else { "" };
    Cow::Owned(format!("/{}{end}", kept.join("/")))
}

/// The parameters, each name and value encoded once, sorted by both.
fn write_query(out: &mut impl Write, query: &str) -> fmt::Result {
    let encoded = |text: &str| {
        // What is no escape stands for itself: the signature cannot match what no signer would have written.
        let decoded = percent::decode(text, Plus::IsPlus).unwrap_or(Cow::Borrowed(text));
        Encoded::part(decoded.as_bytes()).to_string()
    };
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .filter(|(name, _)| *name != SIGNATURE_PARAMETER)
        .map(|(name, value)| (encoded(name), encoded(value)))
        .collect();
    pairs.sort();
    for (at, (name, value)) in pairs.iter().enumerate() {
        let and = if at == 0 { "" } else { "&" };
        write!(out, "{and}{name}={value}")?;
    }
    Ok(())
}

/// The values of a header in the order sent, with commas between them, trimmed, runs of spaces made one.
fn write_header(out: &mut Vec<u8>, request: &SignedRequest<'_>, name: &str) {
    let mut sent = values(request.headers, name).peekable();
    let authority =
        request.authority.filter(|_| sent.peek().is_none() && matches!(name, "host" | ":authority"));
    for (at, value) in sent.chain(authority.map(str::as_bytes)).enumerate() {
        if at > 0 {
            out.push(b',');
        }
        let words = value.split(|b| matches!(b, b' ' | b'\t')).filter(|word| !word.is_empty());
        for (at, word) in words.enumerate() {
            if at > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(word);
        }
    }
}

fn values<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a [u8]> {
    headers.get_all(name).iter().map(|value| value.as_bytes())
}
