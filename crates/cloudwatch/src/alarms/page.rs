//! Lists in pages. A token holds the name of the last entry shown.

use anabranch_api::cloudwatch::Error;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use bytestring::ByteString;

use super::errors;

/// The first byte of a token, before it is put into base64.
const VERSION: u8 = 1;

/// Where the next page begins: behind what this says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token(Vec<u8>);

impl Token {
    pub fn behind(last: &[u8]) -> Self {
        Self(last.to_vec())
    }

    /// As it is answered.
    pub fn text(self) -> ByteString {
        BASE64.encode([&[VERSION], &self.0[..]].concat()).into()
    }

    /// From a request; anything else than we answered is refused.
    pub fn parse(text: &str) -> Option<Vec<u8>> {
        let bytes = BASE64.decode(text).ok()?;
        bytes.strip_prefix(&[VERSION]).map(<[u8]>::to_vec)
    }
}

/// As many entries as the page has room for, behind the token's, and the token of the rest. The entries are in the order of their names.
pub(crate) fn page<T>(
    mut entries: Vec<T>,
    name: impl Fn(&T) -> &str,
    size: usize,
    token: Option<&ByteString>,
) -> Result<(Vec<T>, Option<Token>), Error> {
    if let Some(token) = token {
        let last = Token::parse(token).ok_or_else(errors::invalid_token)?;
        entries.retain(|entry| name(entry).as_bytes() > &last[..]);
    }
    let has_more = entries.len() > size;
    entries.truncate(size);
    let next = entries.last().filter(|_| has_more).map(|last| Token::behind(name(last).as_bytes()));
    Ok((entries, next))
}
