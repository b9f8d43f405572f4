use anabranch_api::Context;
use anabranch_api::cloudtrail::Error;
use anabranch_types::{AccountId, Partition, Region};

use crate::errors;

/// API_CreateTrail, under Name.
const NAME_CHARS_MIN: usize = 3;
/// API_CreateTrail, under Name.
const NAME_CHARS_MAX: usize = 128;

/// Where a trail is, or would be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TrailId {
    pub account: AccountId,
    pub region: Region,
    pub name: String,
}

impl TrailId {
    /// What a request calls a trail: its name, which is one of the caller's account and region, or its ARN.
    pub fn asked(cx: &Context, text: &str) -> Result<Self, Error> {
        if text.starts_with("arn:") {
            return Self::parse(text).ok_or_else(|| errors::arn_is_none(text));
        }
        check(text)?;
        Ok(Self { account: cx.account, region: cx.region.clone(), name: text.to_owned() })
    }

    /// What an ARN names.
    pub fn parse(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':').skip(1);
        let (partition, service) = (parts.next()?, parts.next()?);
        let (region, account) = (Region::parse(parts.next()?.to_owned())?, parts.next()?.parse().ok()?);
        let name = parts.next()?.strip_prefix("trail/")?;
        let is_one =
            service == "cloudtrail" && partition == region.partition().to_string() && check(name).is_ok();
        is_one.then(|| Self { account, region, name: name.to_owned() })
    }

    pub fn arn(&self) -> String {
        arn(self.region.partition(), &self.region, self.account, &self.name)
    }
}

/// What policies call a trail that a request calls `text`.
pub(crate) fn asked_arn(cx: &Context, text: &str) -> String {
    if text.starts_with("arn:") { text.to_owned() } else { arn(cx.partition, &cx.region, cx.account, text) }
}

fn arn(partition: Partition, region: &Region, account: AccountId, name: &str) -> String {
    format!("arn:{partition}:cloudtrail:{region}:{account}:trail/{name}")
}

/// API_CreateTrail, under Name, in the order moto recorded.
pub(crate) fn check(name: &str) -> Result<(), Error> {
    let chars = name.chars().count();
    if chars < NAME_CHARS_MIN {
        return Err(errors::name_too_short(chars));
    }
    if chars > NAME_CHARS_MAX {
        return Err(errors::name_too_long(chars));
    }
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err(errors::name_begins_wrong());
    }
    if !name.ends_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err(errors::name_ends_wrong());
    }
    let is_mark = |byte: &u8| matches!(byte, b'.' | b'-' | b'_');
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || is_mark(&byte)) {
        return Err(errors::name_of_other_characters());
    }
    if name.as_bytes().windows(2).any(|pair| pair.iter().all(is_mark)) {
        return Err(errors::name_with_neighbours());
    }
    if name.parse::<std::net::Ipv4Addr>().is_ok() {
        return Err(errors::name_is_an_address());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_refused_in_aws_words() {
        let long = "a".repeat(129);
        let short = |n| {
            format!(
                "Trail name too short. Minimum allowed length: 3 characters. Specified name length: {n} characters."
            )
        };
        let cases = [
            ("a", short(1)),
            ("aa", short(2)),
            (
                &*long,
                "Trail name too long. Maximum allowed length: 128 characters. Specified name length: 129 characters."
                    .to_owned(),
            ),
            ("trail!", "Trail name must ends with a letter or number.".to_owned()),
            ("-trail", "Trail name must starts with a letter or number.".to_owned()),
            (
                "my#trail",
                "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens \
                 (-), and underscores (_)."
                    .to_owned(),
            ),
            ("my..trail", "Trail name cannot have adjacent periods, hyphens or underscores.".to_owned()),
            ("192.168.5.4", "Trail name cannot be in IP address format.".to_owned()),
        ];
        for (name, sentence) in cases {
            assert_eq!(check(name).unwrap_err(), Error::InvalidTrailNameException(sentence.into()), "{name}");
        }
        for name in ["abc", "a.b-c_d", &"a".repeat(128), "192.168.5.256"] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn an_arn_is_a_trails_or_none() {
        let arn = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/my-trail";
        assert_eq!(TrailId::parse(arn).unwrap().arn(), arn);
        for none in [
            "arn:aws:cloudtrail:eu-west-1:111111111111:my-trail",
            "arn:aws:kinesis:eu-west-1:111111111111:trail/my-trail",
            "arn:aws-cn:cloudtrail:eu-west-1:111111111111:trail/my-trail",
            "arn:aws:cloudtrail:eu-west-1:1:trail/my-trail",
            "arn:aws:cloudtrail:eu-west-1:111111111111:trail/x",
            "arn:aws:cloudtrail",
        ] {
            assert_eq!(TrailId::parse(none), None, "{none}");
        }
    }
}
