//! An IAM user that is made for a load.

use anabranch_api::iam::{CreateAccessKey, CreateUser, PutUserPolicy};
use anabranch_governance::iam::Secret;

use super::super::Failure;
use super::server::Server;
use crate::client::{HttpEndpoint, HttpVersion, Identity, Kinesis};

/// What the user may: everything with streams and tables that are made for a load.
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["kinesis:*","dynamodb:*"],"Resource":["arn:aws:kinesis:*:*:stream/bench-*","arn:aws:dynamodb:*:*:table/bench-*"]},{"Effect":"Deny","Action":"kinesis:CreateStream","Resource":"arn:aws:kinesis:*:*:stream/bench-production-*"}]}"#;

/// Makes a user with an identity policy; its access key.
pub(super) async fn create(server: &Server) -> Result<Identity, Failure> {
    let (target, identity) = (server.target.clone(), server.identity.clone());
    let iam = Kinesis::new(HttpEndpoint::new(target, identity, HttpVersion::One, None)?);
    let name = format!("bench-{:012x}", fastrand::u64(..1 << 48));
    iam.call(CreateUser { user_name: name.as_str().into(), ..CreateUser::default() }).await?;
    let policy = PutUserPolicy {
        user_name: name.as_str().into(),
        policy_name: "bench".into(),
        policy_document: POLICY.into(),
    };
    iam.call(policy).await?;
    let made = iam.call(CreateAccessKey { user_name: Some(name.into()) }).await?.access_key;
    Ok(Identity {
        access_key: made.access_key_id.to_string(),
        secret: Secret::new(made.secret_access_key.to_string()),
        session_token: None,
        region: server.identity.region.clone(),
    })
}
