//! Base64 by base64-simd behind two functions, so that the library can be changed in one place.

use base64_simd::{Out, STANDARD};
use bytes::BytesMut;

use crate::Malformed;
use crate::mismatch::quoted;

/// Decodes `text` (standard alphabet, padded, canonical) into the beginning of `into`, which is at least [`decoded_len_max`] long;
/// answers how many bytes it became. `None` for what is no base64, of which [`refusal`] says why.
pub(crate) fn decode(text: &[u8], into: &mut [u8]) -> Option<usize> {
    STANDARD.decode(text, Out::from_slice(into)).ok().map(|decoded| decoded.len())
}

/// The most bytes that base64 text of this length can be.
pub(crate) const fn decoded_len_max(text_len: usize) -> usize {
    text_len / 4 * 3 + 3
}

/// Appends `value` as base64.
pub(crate) fn encode(value: &[u8], out: &mut BytesMut) {
    let start = out.len();
    out.resize(start + STANDARD.encoded_length(value.len()), 0);
    let _ = STANDARD.encode(value, Out::from_slice(&mut out[start..]));
}

/// Why `text` is no base64, as kinesalite recorded it on AWS (test/helpers.js `assertType`, `Blob`; the spelling is AWS's).
#[cold]
pub(crate) fn refusal(text: &[u8]) -> Malformed {
    let shown = quoted(text);
    let reason = if !text.len().is_multiple_of(4) {
        format!("Base64 encoded length is expected a multiple of 4 bytes but found: {}", text.len())
    } else if let Some(bad) = first_bad(text) {
        format!("Invalid Base64 character: '{bad}'")
    } else {
        "Invalid last non-pad Base64 character dectected".to_owned()
    };
    Malformed::because(format!("'{shown}' can not be converted to a Blob: {reason}"))
}

/// The first character outside the alphabet, or a padding character that something else follows.
fn first_bad(text: &[u8]) -> Option<char> {
    let of_alphabet = |b: u8| b.is_ascii_alphanumeric() || b == b'+' || b == b'/';
    let shown = String::from_utf8_lossy(text);
    let mut rest = shown.chars().peekable();
    while let Some(c) = rest.next() {
        let pad_before_text = c == '=' && rest.peek().is_some_and(|next| *next != '=');
        let outside = c != '=' && !u8::try_from(c).is_ok_and(of_alphabet);
        if pad_before_text || outside {
            return Some(c);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use ::base64::Engine;
    use ::base64::engine::general_purpose::STANDARD as REFERENCE;
    use proptest::prelude::*;

    use super::*;

    fn decoded(text: &[u8]) -> Result<Vec<u8>, Malformed> {
        let mut into = vec![0; decoded_len_max(text.len())];
        decode(text, &mut into).map(|len| into[..len].to_vec()).ok_or_else(|| refusal(text))
    }

    #[test]
    fn what_is_no_base64_is_refused_in_awss_words() {
        for (text, says) in [
            (
                "23456",
                "'23456' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 5",
            ),
            ("=+/=", "'=+/=' can not be converted to a Blob: Invalid Base64 character: '='"),
            (
                "+/+=",
                "'+/+=' can not be converted to a Blob: Invalid last non-pad Base64 character dectected",
            ),
            ("ab-_", "'ab-_' can not be converted to a Blob: Invalid Base64 character: '-'"),
        ] {
            assert_eq!(decoded(text.as_bytes()), Err(Malformed::because(says)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_encode_as_the_reference_does(value: Vec<u8>) {
            let mut out = BytesMut::from(&b"before"[..]);
            encode(&value, &mut out);
            let reference = REFERENCE.encode(&value);
            prop_assert_eq!(&out[6..], reference.as_bytes());
            prop_assert_eq!(decoded(&out[6..]), Ok(value));
        }

        #[test]
        fn any_text_is_taken_or_refused_as_the_reference_does(text in "[A-Za-z0-9+/=]{0,80}") {
            prop_assert_eq!(decoded(text.as_bytes()).ok(), REFERENCE.decode(&text).ok());
        }

        #[test]
        fn one_changed_byte_is_taken_or_refused_as_the_reference_does(
            value in proptest::collection::vec(any::<u8>(), 1..200), at: prop::sample::Index, byte: u8,
        ) {
            let mut text = REFERENCE.encode(&value).into_bytes();
            let at = at.index(text.len());
            text[at] = byte;
            prop_assert_eq!(decoded(&text).ok(), REFERENCE.decode(&text).ok());
        }
    }
}
