use anabranch_api::Resources;
use anabranch_types::AccountId;
use serde::Serialize;

/// A resource of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditResource {
    /// The account it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// `AWS::Kinesis::Stream`; none for a kind that CloudFormation has no name for.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// Its ARN.
    #[serde(rename = "ARN")]
    pub arn: String,
}

impl AuditResource {
    /// What a call is about, without `*`; each once.
    pub fn all(resources: &Resources) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for resource in resources.iter().filter(|r| r.arn != "*") {
            if all.iter().all(|known| known.arn != resource.arn) {
                all.push(Self::of(&resource.arn));
            }
        }
        all
    }

    fn of(arn: &str) -> Self {
        let account = account(arn).map(|account| account.to_string());
        Self { account_id: account, kind: kind(arn), arn: arn.to_owned() }
    }
}

/// The account in an ARN.
pub(super) fn account(arn: &str) -> Option<AccountId> {
    arn.split(':').nth(4)?.parse().ok()
}

/// CloudFormation's name for what an ARN names.
fn kind(arn: &str) -> Option<&'static str> {
    let mut parts = arn.splitn(6, ':').skip(2);
    let service = parts.next()?;
    let named = parts.nth(2)?;
    let first = named.split(['/', ':']).next()?;
    Some(match (service, first) {
        ("kinesis", "stream") if named.contains("/consumer/") => "AWS::Kinesis::StreamConsumer",
        ("kinesis", "stream") => "AWS::Kinesis::Stream",
        ("dynamodb", "table") => "AWS::DynamoDB::Table",
        ("kms", "key") => "AWS::KMS::Key",
        ("kms", "alias") => "AWS::KMS::Alias",
        ("iam", "user") => "AWS::IAM::User",
        ("iam", "role") => "AWS::IAM::Role",
        ("iam", "group") => "AWS::IAM::Group",
        ("iam", "policy") => "AWS::IAM::ManagedPolicy",
        ("iam", "instance-profile") => "AWS::IAM::InstanceProfile",
        ("iam", "oidc-provider") => "AWS::IAM::OIDCProvider",
        ("cloudtrail", "trail") => "AWS::CloudTrail::Trail",
        ("cloudwatch", "alarm") => "AWS::CloudWatch::Alarm",
        ("cloudwatch", "dashboard") => "AWS::CloudWatch::Dashboard",
        ("logs", "log-group") => "AWS::Logs::LogGroup",
        ("lambda", "function") => "AWS::Lambda::Function",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use anabranch_api::Resource;

    use super::*;

    #[test]
    fn resources_tell_their_account_and_kind_once() {
        let cases = [
            ("arn:aws:kinesis:us-east-1:111111111111:stream/s", Some("AWS::Kinesis::Stream")),
            (
                "arn:aws:kinesis:us-east-1:111111111111:stream/s/consumer/c:1",
                Some("AWS::Kinesis::StreamConsumer"),
            ),
            ("arn:aws:iam::111111111111:role/app/r", Some("AWS::IAM::Role")),
            ("arn:aws:logs:us-east-1:111111111111:log-group:g:*", Some("AWS::Logs::LogGroup")),
            ("arn:aws:kinesisvideo:us-east-1:111111111111:stream/s/1", None),
        ];
        for (arn, kind) in cases {
            let twice = vec![Resource { action: "kinesis:CreateStream", arn: arn.into() }; 2];
            let account_id = Some("111111111111".to_owned());
            assert_eq!(AuditResource::all(&twice), [AuditResource { account_id, kind, arn: arn.into() }]);
        }
        let any = vec![Resource { action: "kinesis:ListStreams", arn: "*".into() }];
        assert_eq!(AuditResource::all(&any), []);
    }
}
