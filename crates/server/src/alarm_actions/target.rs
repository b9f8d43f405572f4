use std::fmt;
use std::str::FromStr;

use anabranch_types::Arn;
use http::Uri;

use crate::webhook;

/// Most targets of a configuration.
pub const ALARM_TARGETS_MAX: usize = 1_000;

/// Where notifications go whose action is an ARN: `ARN=URL`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmTarget {
    arn: String,
    url: Uri,
}

impl AlarmTarget {
    /// The action.
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// `http` or `https`, with a host.
    pub fn url(&self) -> &Uri {
        &self.url
    }
}

impl FromStr for AlarmTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (arn, url) = text.trim().split_once('=').ok_or("expected ARN=URL")?;
        let parsed: Arn = arn.parse().map_err(|_| format!("`{arn}` is no ARN"))?;
        if !matches!(&*parsed.service, "sns" | "sqs") {
            return Err(format!("`{arn}` is neither of an SNS topic nor of an SQS queue"));
        }
        Ok(Self { arn: arn.to_owned(), url: webhook::address(url)? })
    }
}

impl fmt::Display for AlarmTarget {
    /// As it was given.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.arn, self.url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_an_arn_of_a_topic_or_queue_and_an_address() {
        let topic = "arn:aws:sns:eu-west-1:111122223333:ops";
        let legal = format!("{topic}=https://example.com:8443/hook?a=b");
        let target: AlarmTarget = legal.parse().unwrap();
        assert_eq!((target.arn(), target.to_string()), (topic, legal.clone()));
        for refused in [
            topic.to_owned(),
            format!("{topic}=ftp://example.com/"),
            format!("{topic}=/hook"),
            format!("{topic}=http://user@example.com/"),
            "arn:aws:kinesis:eu-west-1:111122223333:stream/s=http://example.com/".to_owned(),
            "topic=http://example.com/".to_owned(),
        ] {
            assert!(refused.parse::<AlarmTarget>().is_err(), "{refused}");
        }
    }
}
