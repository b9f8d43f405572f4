//! The policies that AWS manages, of those services that are here.
//!
//! Names, paths, ids and dates are AWS's (IAM reference_policies_about-managed-vs-inline, the AWS Managed Policy Reference); what
//! they permit is written for the services of Anabranch, version v1 of each (docs/differences.md).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use anabranch_types::Timestamp;

use super::identities::PolicyText;

/// A policy that AWS manages: every account has it, nobody can change it.
#[derive(Debug)]
pub struct AwsPolicy {
    /// Its name.
    pub name: &'static str,
    /// Begins and ends with a slash.
    pub path: &'static str,
    /// `ANPA…`
    pub id: &'static str,
    /// When AWS made it.
    pub created: Timestamp,
    /// What AWS says of it.
    pub description: &'static str,
    /// What it permits.
    pub text: PolicyText,
}

/// Name, path, id, seconds since the epoch, description, text.
type Row = (&'static str, &'static str, &'static str, i64, &'static str, &'static str);

/// The row of a policy whose text is the file of its name.
macro_rules! row {
    ($name:literal, $path:literal, $id:literal, $created:literal, $description:literal) => {
        ($name, $path, $id, $created, $description, include_str!(concat!($name, ".json")))
    };
}

const POLICIES: &[Row] = &[
    row!(
        "AWSKeyManagementServicePowerUser",
        "/",
        "ANPAJNPP7PPPPMJRV2SA4",
        1_423_248_040,
        "Provides access to AWS Key Management Service (KMS)."
    ),
    row!(
        "AWSLambdaKinesisExecutionRole",
        "/service-role/",
        "ANPAJHOLKJPXV4GBRMJUQ",
        1_428_592_456,
        "Provides list and read access to Kinesis streams and write permissions to CloudWatch logs."
    ),
    row!(
        "AdministratorAccess",
        "/",
        "ANPAIWMBCKSKIEE64ZLYK",
        1_423_247_986,
        "Provides full access to AWS services and resources."
    ),
    row!(
        "AmazonKinesisFullAccess",
        "/",
        "ANPAIVF32HAMOXCUYRAYE",
        1_423_248_029,
        "Provides full access to all streams via the AWS Management Console."
    ),
    row!(
        "AmazonKinesisReadOnlyAccess",
        "/",
        "ANPAIOCMTDT5RLKZ2CAJO",
        1_423_248_030,
        "Provides read only access to all streams via the AWS Management Console."
    ),
    row!(
        "CloudWatchFullAccess",
        "/",
        "ANPAIKEABORKUXN6DEAZU",
        1_423_248_000,
        "Provides full access to CloudWatch."
    ),
    row!(
        "CloudWatchReadOnlyAccess",
        "/",
        "ANPAJN23PDQP7SZQAE3QE",
        1_423_248_001,
        "Provides read only access to CloudWatch."
    ),
    row!(
        "IAMFullAccess",
        "/",
        "ANPAI7XKCFMBPM3QQRRVQ",
        1_423_248_038,
        "Provides full access to IAM via the AWS Management Console."
    ),
    row!(
        "IAMReadOnlyAccess",
        "/",
        "ANPAJKSO7NDY4T57MWDSQ",
        1_423_248_039,
        "Provides read only access to IAM via the AWS Management Console."
    ),
    row!(
        "PowerUserAccess",
        "/",
        "ANPAJYRXTHIB4FOVS3ZXS",
        1_423_247_987,
        "Provides full access to AWS services and resources, but does not allow management of Users and groups."
    ),
    row!(
        "ReadOnlyAccess",
        "/",
        "ANPAILL3HVNFSB6DCOWYQ",
        1_423_247_988,
        "Provides read-only access to AWS services and resources."
    ),
    row!(
        "SecurityAudit",
        "/",
        "ANPAIX2T3QCXHR2OGGCTO",
        1_423_248_061,
        "The security audit template grants access to read security configuration metadata. It is useful for software that audits the configuration of an AWS account."
    ),
    row!(
        "ViewOnlyAccess",
        "/job-function/",
        "ANPAID22R6XPJATWOFDK6",
        1_478_798_415,
        "This policy grants permissions to view resources and basic metadata across all AWS services."
    ),
];

static BY_PATH_AND_NAME: LazyLock<BTreeMap<String, AwsPolicy>> = LazyLock::new(|| {
    let policies = POLICIES.iter().map(|(name, path, id, created, description, text)| {
        let text = PolicyText::parse(text).expect("a test has read every policy");
        let created = Timestamp::from_seconds(*created);
        (format!("{}{name}", &path[1..]), AwsPolicy { name, path, id, created, description, text })
    });
    policies.collect()
});

/// The policy with this path and name, without the first slash.
pub fn find(path_and_name: &str) -> Option<&'static AwsPolicy> {
    BY_PATH_AND_NAME.get(path_and_name)
}

/// All of them, each under its path and name.
pub fn all() -> &'static BTreeMap<String, AwsPolicy> {
    &BY_PATH_AND_NAME
}

#[cfg(test)]
mod tests {
    use super::{all, find};

    #[test]
    fn every_policy_is_one() {
        for (path_and_name, policy) in all() {
            assert_eq!(*path_and_name, format!("{}{}", &policy.path[1..], policy.name));
            assert!(policy.id.starts_with("ANPA") && policy.id.len() == 21, "{path_and_name}");
            assert_eq!(find(path_and_name).unwrap().id, policy.id);
        }
    }
}
