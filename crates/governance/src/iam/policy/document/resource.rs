//! The checks of a `Resource`'s form.

use anabranch_types::Partition;

use super::Malformed;

/// How the resources of IAM begin, in the order AWS lists them.
const IAM_PATHS: [&str; 13] = [
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
];

/// Whether the text is `*` or looks like an ARN. Nothing says that its service exists.
pub(super) fn check_resource(resource: &str) -> Result<(), Malformed> {
    if resource == "*" {
        return Ok(());
    }
    let mut parts = resource.splitn(6, ':');
    let (_, Some(partition)) = (parts.next(), parts.next()) else { return Err(Malformed::no_arn(resource)) };
    let [vendor, region, account, path] = std::array::from_fn(|_| parts.next());
    if !is_partition(partition) {
        return Err(Malformed::partition(partition, &completed(resource, partition)));
    }
    let vendor =
        vendor.filter(|vendor| !vendor.contains(['*', '?'])).ok_or_else(Malformed::resource_vendor)?;
    let (region, path) = (region.unwrap_or("*"), path.unwrap_or_default());
    match vendor {
        "iam" if !region.is_empty() => Err(Malformed::iam_region(resource)),
        "s3" if !region.is_empty() && account == Some("") => Err(Malformed::region(resource)),
        "iam" if path != "*" && !IAM_PATHS.iter().any(|start| path.starts_with(start)) => {
            Err(Malformed::iam_path(&IAM_PATHS))
        }
        _ => Ok(()),
    }
}

fn is_partition(name: &str) -> bool {
    let known = [Partition::Aws, Partition::China, Partition::GovCloud];
    name == "*" || known.iter().any(|partition| partition.as_str() == name)
}

/// The resource as AWS quotes it: what is missing of an ARN is `*`.
fn completed(resource: &str, partition: &str) -> String {
    let mut parts: Vec<&str> = resource.splitn(6, ':').skip(2).collect();
    parts.resize(4, "*");
    format!("arn:{partition}:{}", parts.join(":"))
}

/// Whether parts are missing between the colons, or the vendor is.
pub(super) fn failed_legacy_parsing(resource: &str) -> bool {
    let short = resource.bytes().filter(|b| *b == b':').count() < 5 && resource.contains("::");
    resource != "*" && (short || resource.split(':').nth(2).is_none_or(str::is_empty))
}
