use std::fmt;
use std::str::FromStr;

use anabranch_types::StreamArn;
use http::Uri;

use crate::webhook;

/// Where the heads of the audit are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeadsPlace {
    /// Posted to this address.
    Webhook(Uri),
    /// Put into this stream.
    Stream(StreamArn),
}

impl FromStr for HeadsPlace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !text.starts_with("arn:") {
            return webhook::address(text).map(HeadsPlace::Webhook);
        }
        text.parse().map(HeadsPlace::Stream).map_err(|_| format!("`{text}` is no stream's ARN"))
    }
}

impl fmt::Display for HeadsPlace {
    /// As it was given.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HeadsPlace::Webhook(url) => url.fmt(f),
            HeadsPlace::Stream(arn) => arn.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_go_to_an_address_or_a_stream_and_nowhere_else() {
        for text in
            ["https://example.com:8443/heads?a=b", "arn:aws:kinesis:eu-west-1:111122223333:stream/heads"]
        {
            assert_eq!(text.parse::<HeadsPlace>().unwrap().to_string(), text);
        }
        for refused in [
            "ftp://example.com/",
            "/heads",
            "http://user@example.com/",
            "arn:aws:sns:eu-west-1:111122223333:topic",
            "arn:aws:kinesis:eu-west-1:111122223333:stream/heads/consumer/c:1",
        ] {
            assert!(refused.parse::<HeadsPlace>().is_err(), "{refused}");
        }
    }
}
