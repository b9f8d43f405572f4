use anabranch_api::{ConditionKeys, Resource};
use anabranch_types::Region;

/// What a service does with a key on its caller's behalf: a question to [`crate::Authorize::authorize_via`].
#[derive(Clone, Copy, Debug)]
pub struct KeyUse<'a> {
    /// `kms:GenerateDataKey`
    pub action: &'static str,
    /// The key's ARN.
    pub key_arn: &'a str,
    /// The service's name in ARNs and host names.
    pub service: &'static str,
    /// Where the service is called.
    pub region: &'a Region,
    /// The encryption context, a name and a value; none of actions without one.
    pub context: Option<(&'static str, &'a str)>,
}

impl KeyUse<'_> {
    /// What the question is about.
    pub fn resource(&self) -> Resource {
        Resource { action: self.action, arn: self.key_arn.to_owned() }
    }

    /// What it gives to conditions and grants (KMS developer guide, conditions-kms; IAM reference_policies_condition-keys, aws:CalledVia).
    pub fn keys(&self) -> ConditionKeys {
        let Self { service, region, .. } = self;
        let one = |key: String, value: String| (key, vec![value]);
        let host = format!("{service}.amazonaws.com");
        let mut keys = vec![
            one("kms:viaservice".to_owned(), format!("{service}.{region}.amazonaws.com")),
            one("aws:calledvia".to_owned(), host.clone()),
            one("aws:calledviafirst".to_owned(), host.clone()),
            one("aws:calledvialast".to_owned(), host),
        ];
        if let Some((name, value)) = self.context {
            keys.push(one(format!("kms:encryptioncontext:{name}"), value.to_owned()));
            keys.push(one("kms:encryptioncontextkeys".to_owned(), name.to_owned()));
        }
        keys
    }
}
