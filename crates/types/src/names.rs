use std::fmt;
use std::str::FromStr;

use bytestring::ByteString;

/// A stream's name: 1 to 128 of `a-z A-Z 0-9 _ . -` (AWS: API_CreateStream).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamName(ByteString);

/// The text cannot be the name or id it is said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidName;

/// Longest name of a stream or consumer (AWS: API_CreateStream, API_RegisterStreamConsumer).
pub const NAME_CHARACTERS_MAX: usize = 128;

impl StreamName {
    /// The stream name this text is, if it can be one.
    pub fn parse(text: impl Into<ByteString>) -> Option<Self> {
        let text = text.into();
        is_name(&text).then_some(Self(text))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same name in memory of its own. A name in a request is a slice of the request's buffer; what is kept must not
    /// keep that buffer.
    pub fn detached(&self) -> Self {
        Self(ByteString::from(self.as_str()))
    }
}

/// Whether the text is a legal name of a stream or a consumer.
pub(crate) fn is_name(text: &str) -> bool {
    (1..=NAME_CHARACTERS_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

impl Default for StreamName {
    /// `_`: a placeholder where a decoder noted a violation; no service sees it.
    fn default() -> Self {
        Self(ByteString::from_static("_"))
    }
}

impl FromStr for StreamName {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        Self::parse(text).ok_or(InvalidName)
    }
}

impl AsRef<str> for StreamName {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a legal name")
    }
}

impl std::error::Error for InvalidName {}

/// A shard's id: `shardId-` and its index in twelve digits. Indexes count over the stream's life and are never used again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShardId(u32);

impl ShardId {
    /// The last index AWS takes (recorded by kinesalite).
    pub const INDEX_MAX: u32 = 0x7fff_ffff;

    /// The id of the shard with this index; `None` beyond [`Self::INDEX_MAX`].
    pub const fn new(index: u32) -> Option<Self> {
        if index > Self::INDEX_MAX { None } else { Some(Self(index)) }
    }

    /// The shard's index.
    pub const fn index(self) -> u32 {
        self.0
    }
}

impl FromStr for ShardId {
    type Err = InvalidName;

    /// As leniently as AWS reads the argument: what stands behind the first hyphen, or all of it, is the number: `shardId-0`, `x-0`
    /// and `123` work (recorded by kinesalite).
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let number = match text.split('-').nth(1) {
            Some(behind) if !behind.is_empty() => behind,
            _ => text,
        };
        if !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(InvalidName);
        }
        number.parse().ok().and_then(Self::new).ok_or(InvalidName)
    }
}

impl fmt::Display for ShardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shardId-{:012}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_name_has_the_characters_and_the_length_of_aws() {
        let longest = "x".repeat(128);
        for legal in ["a", "A.b_c-9", &longest] {
            assert_eq!(StreamName::parse(legal).map(|n| n.to_string()).as_deref(), Some(legal));
        }
        for illegal in ["", "a b", "ä", "a/b", &"x".repeat(129)] {
            assert_eq!(StreamName::parse(illegal), None, "{illegal}");
        }
    }

    #[test]
    fn a_shard_id_is_read_as_leniently_as_aws_reads_it() {
        for (text, index) in [
            ("shardId-000000000000", 0),
            ("shardId-0", 0),
            ("x-0", 0),
            ("123", 123),
            ("shardId-2147483647", 2_147_483_647),
            ("shardId-000000000000000007", 7),
        ] {
            assert_eq!(text.parse(), Ok(ShardId(index)), "{text}");
        }
        for text in
            ["", "-", "shardId-", "shardId-x", "shardId--1", "shardId-2147483648", "shard", "+1", "x-1a"]
        {
            assert_eq!(text.parse::<ShardId>(), Err(InvalidName), "{text}");
        }
        assert_eq!(ShardId(12).to_string(), "shardId-000000000012");
    }
}
