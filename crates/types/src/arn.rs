use std::fmt;
use std::str::FromStr;

use bytestring::ByteString;

use crate::names::is_name;
use crate::{AccountId, Partition, Region, StreamName};

/// An Amazon Resource Name: `arn:partition:service:region:account:resource`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Arn {
    /// The second part.
    pub partition: Partition,
    /// The third.
    pub service: ByteString,
    /// The fourth; none where it is empty, as IAM's is.
    pub region: Option<Region>,
    /// The fifth; none where it is empty, as S3's is.
    pub account: Option<AccountId>,
    /// All the rest.
    pub resource: ByteString,
}

/// A data stream's ARN: `arn:aws:kinesis:REGION:ACCOUNT:stream/NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StreamArn {
    /// Where the stream is.
    pub region: Region,
    /// Whose it is.
    pub account: AccountId,
    /// Its name.
    pub name: StreamName,
}

/// A registered consumer's ARN: `STREAM-ARN/consumer/NAME:EPOCH-SECONDS`. Registering again gives another one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConsumerArn {
    /// The stream it reads.
    pub stream: StreamArn,
    /// Its name.
    pub name: ByteString,
    /// The second it was registered in.
    pub created_seconds: u64,
}

/// The text is no ARN, or not one of the kind asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidArn;

/// The service part of a data stream's ARN.
const KINESIS: &str = "kinesis";

impl FromStr for Arn {
    type Err = InvalidArn;
    fn from_str(text: &str) -> Result<Self, InvalidArn> {
        let mut parts = text.splitn(6, ':');
        let mut part = || parts.next().ok_or(InvalidArn);
        if part()? != "arn" {
            return Err(InvalidArn);
        }
        let partition = [Partition::Aws, Partition::China, Partition::GovCloud];
        let named = part()?;
        let partition = partition.into_iter().find(|p| p.as_str() == named).ok_or(InvalidArn)?;
        let service = ByteString::from(part()?);
        let region = match part()? {
            "" => None,
            name => Some(Region::parse(name).ok_or(InvalidArn)?),
        };
        let account = match part()? {
            "" => None,
            digits => Some(digits.parse().map_err(|_| InvalidArn)?),
        };
        let resource = ByteString::from(part()?);
        if service.is_empty() || resource.is_empty() {
            return Err(InvalidArn);
        }
        Ok(Self { partition, service, region, account, resource })
    }
}

impl FromStr for StreamArn {
    type Err = InvalidArn;
    fn from_str(text: &str) -> Result<Self, InvalidArn> {
        let (stream, rest) = parse_stream(text)?;
        if rest.is_some() { Err(InvalidArn) } else { Ok(stream) }
    }
}

impl FromStr for ConsumerArn {
    type Err = InvalidArn;
    fn from_str(text: &str) -> Result<Self, InvalidArn> {
        let (stream, rest) = parse_stream(text)?;
        let consumer = rest.as_deref().and_then(|r| r.strip_prefix("consumer/")).ok_or(InvalidArn)?;
        let (name, epoch) = consumer.split_once(':').ok_or(InvalidArn)?;
        // In one spelling only: a policy that names the consumer must not be got around by a zero more.
        let canonical =
            epoch.bytes().all(|b| b.is_ascii_digit()) && (epoch == "0" || !epoch.starts_with('0'));
        if !is_name(name) || !canonical {
            return Err(InvalidArn);
        }
        let created_seconds = epoch.parse().map_err(|_| InvalidArn)?;
        Ok(Self { stream, name: ByteString::from(name), created_seconds })
    }
}

/// The stream an ARN begins with, and what stands behind its name.
fn parse_stream(text: &str) -> Result<(StreamArn, Option<String>), InvalidArn> {
    let arn: Arn = text.parse()?;
    let (Some(region), Some(account)) = (arn.region, arn.account) else { return Err(InvalidArn) };
    let path = arn.resource.strip_prefix("stream/").ok_or(InvalidArn)?;
    if &*arn.service != KINESIS || arn.partition != region.partition() {
        return Err(InvalidArn);
    }
    let (name, rest) = match path.split_once('/') {
        Some((name, rest)) => (name, Some(rest.to_owned())),
        None => (path, None),
    };
    let name = StreamName::parse(name).ok_or(InvalidArn)?;
    Ok((StreamArn { region, account, name }, rest))
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "arn:{}:{}:", self.partition, self.service)?;
        if let Some(region) = &self.region {
            write!(f, "{region}")?;
        }
        f.write_str(":")?;
        if let Some(account) = self.account {
            write!(f, "{account}")?;
        }
        write!(f, ":{}", self.resource)
    }
}

impl fmt::Display for StreamArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let partition = self.region.partition();
        write!(f, "arn:{partition}:{KINESIS}:{}:{}:stream/{}", self.region, self.account, self.name)
    }
}

impl fmt::Display for ConsumerArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/consumer/{}:{}", self.stream, self.name, self.created_seconds)
    }
}

impl fmt::Display for InvalidArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not such an ARN")
    }
}

impl std::error::Error for InvalidArn {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_are_written_as_they_were_read() {
        for text in [
            "arn:aws:iam::123456789012:root",
            "arn:aws:s3:::bucket/key",
            "arn:aws-cn:kinesis:cn-north-1:123456789012:stream/a:b",
        ] {
            assert_eq!(text.parse::<Arn>().map(|a| a.to_string()).as_deref(), Ok(text));
        }
        let stream = "arn:aws:kinesis:us-east-1:123456789012:stream/clicks";
        assert_eq!(stream.parse::<StreamArn>().map(|a| a.to_string()).as_deref(), Ok(stream));
        let consumer = "arn:aws:kinesis:us-east-1:123456789012:stream/clicks/consumer/app:1700000000";
        assert_eq!(consumer.parse::<ConsumerArn>().map(|a| a.to_string()).as_deref(), Ok(consumer));
    }

    #[test]
    fn what_is_no_arn_of_the_kind_is_refused() {
        for text in [
            "",
            "arn",
            "arn:aws:kinesis:us-east-1:123456789012",
            "arn:aws:sqs:us-east-1:123456789012:stream/clicks",
            "arn:aws:kinesis:us-east-1:12345678901:stream/clicks",
            "arn:aws:kinesis::123456789012:stream/clicks",
            "arn:aws:kinesis:us-east-1:123456789012:stream/",
            "arn:aws:kinesis:us-east-1:123456789012:stream/a b",
            "arn:aws-cn:kinesis:us-east-1:123456789012:stream/clicks",
            "arn:aws:kinesis:us-east-1:123456789012:stream/clicks/consumer/app:1",
        ] {
            assert_eq!(text.parse::<StreamArn>(), Err(InvalidArn), "{text}");
        }
        for text in [
            "arn:aws:kinesis:us-east-1:123456789012:stream/clicks",
            "arn:aws:kinesis:us-east-1:123456789012:stream/clicks/consumer/app",
            "arn:aws:kinesis:us-east-1:123456789012:stream/clicks/consumer/app:x",
            "arn:aws:kinesis:us-east-1:123456789012:stream/clicks/consumer/:1",
            "arn:aws:kinesis:us-east-1:123456789012:stream/clicks/consumer/app:",
            "arn:aws:kinesis:us-east-1:123456789012:stream/clicks/consumer/app:01",
            "arn:aws:kinesis:us-east-1:123456789012:stream/clicks/consumer/app:+1",
        ] {
            assert_eq!(text.parse::<ConsumerArn>(), Err(InvalidArn), "{text}");
        }
    }
}
