use std::fmt::Write as _;

use bytestring::ByteString;
use http::HeaderMap;

use crate::Malformed;
use crate::percent::{self, Encoded, Plus};

/// How many parameters a query string may have. The models' longest have a dozen; tags in a query repeat one up to 50 times.
pub const QUERY_PARAMETERS_MAX: usize = 1_000;

/// The parameters of a query string in order, encoding undone. One without `=` has an empty value.
pub fn query(text: &str) -> Result<Vec<(ByteString, ByteString)>, Malformed> {
    if memchr::memchr_iter(b'&', text.as_bytes()).count() >= QUERY_PARAMETERS_MAX {
        return Err(Malformed::SYNTAX);
    }
    let undone = |part: &str| -> Result<ByteString, Malformed> {
        percent::decode(part, Plus::IsSpace).map(|text| text.into_owned().into()).ok_or(Malformed::SYNTAX)
    };
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| Ok((undone(name)?, undone(value)?)))
        .collect()
}

/// Appends a parameter to a query string, for our own clients.
pub fn write_query(out: &mut String, name: &str, value: &str) {
    let and = if out.is_empty() { "" } else { "&" };
    let (name, value) = (Encoded::part(name.as_bytes()), Encoded::part(value.as_bytes()));
    write!(out, "{and}{name}={value}").expect("writing to memory does not fail");
}

/// The headers in order, names in lower case. One whose value is no text is left away: no member can take it.
pub fn headers(map: &HeaderMap) -> Vec<(ByteString, ByteString)> {
    let texts = map.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    texts.map(|(name, value)| (name.into(), value.trim().into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_string_is_read_in_order_and_written_back() {
        for (text, pairs) in [
            ("", vec![]),
            ("a=1&b=&c&a=2", vec![("a", "1"), ("b", ""), ("c", ""), ("a", "2")]),
            ("m%C3%A4=%2Fx%20y+z", vec![("mä", "/x y z")]),
        ] {
            let read = query(text).expect(text);
            let shown: Vec<(&str, &str)> = read.iter().map(|(n, v)| (&**n, &**v)).collect();
            assert_eq!(shown, pairs);
            let mut written = String::new();
            read.iter().for_each(|(name, value)| write_query(&mut written, name, value));
            assert_eq!(query(&written).expect("what we wrote"), read);
        }
        for text in ["a=%", "a=%zz", "a=%ff"] {
            assert_eq!(query(text), Err(Malformed::SYNTAX), "{text}");
        }
    }
}
