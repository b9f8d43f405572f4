//! Denials, decoded.

use anabranch_api::Resource;
use anabranch_api::sts::DecodeAuthorizationMessage;
use serde_json::{Value, json};

use super::*;

const PUT: &str = "kinesis:PutRecord";
const STREAM: &str = "arn:aws:kinesis:us-east-1:111111111111:stream/orders";

/// What a denial of alice's put says, sealed for the log.
fn message(f: &Fixture) -> String {
    let authority = Authority::new(f.identities.clone());
    let resource = Resource { action: PUT, arn: STREAM.to_owned() };
    let document =
        authority.denial(&f.alice(), &resource, &vec![("kinesis:x".to_owned(), vec!["y".to_owned()])]);
    f.sts.messages.seal(f.alice().account, &document)
}

async fn decoded(f: &Fixture) -> Value {
    let request = DecodeAuthorizationMessage { encoded_message: message(f).into() };
    let told = f.call(&f.alice(), request).await.unwrap().decoded_message.unwrap();
    serde_json::from_str(&told).unwrap()
}

#[tokio::test]
async fn a_denial_tells_who_asked_for_what_and_which_statement_forbade() {
    let denying = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"NoPuts","Effect":"Deny","Action":"kinesis:Put*","Resource":"*"}]}"#;
    let told = decoded(&Fixture::new(denying).await).await;
    assert_eq!((&told["allowed"], &told["explicitDeny"]), (&json!(false), &json!(true)));
    let statement = &told["matchedStatements"]["items"][0];
    assert_eq!((&statement["statementId"], &statement["effect"]), (&json!("NoPuts"), &json!("DENY")));
    let context = &told["context"];
    let alice =
        json!({ "id": "AIDAALICE", "name": "alice", "arn": "arn:aws:iam::111111111111:user/team/alice" });
    assert_eq!(context["principal"], alice);
    assert_eq!((&context["action"], &context["resource"]), (&json!(PUT), &json!(STREAM)));
    let conditions = context["conditions"]["items"].as_array().unwrap();
    for (key, value) in [("aws:SourceIp", "127.0.0.1"), ("aws:PrincipalTag/Team", "blue"), ("kinesis:x", "y")]
    {
        let condition = json!({ "key": key, "values": { "items": [{ "value": value }] } });
        assert!(conditions.contains(&condition), "{key}: {conditions:?}");
    }
}

#[tokio::test]
async fn silence_forbids_without_a_statement() {
    let told = decoded(&Fixture::new(&policy("Allow", "sts:*")).await).await;
    assert_eq!((&told["allowed"], &told["explicitDeny"]), (&json!(false), &json!(false)));
    assert_eq!(told["matchedStatements"]["items"], json!([]));
}

#[tokio::test]
async fn only_the_account_whose_call_was_denied_reads_why() {
    let f = Fixture::new(&policy("Allow", "sts:*")).await;
    let message = message(&f);
    let other = context("222222222222");
    let invalid = (400, "InvalidAuthorizationMessageException".to_owned(), "Message is not valid".to_owned());
    let other_letter = if message.starts_with('A') { 'B' } else { 'A' };
    let changed = format!("{other_letter}{}", &message[1..]);
    for (caller, text) in [(&other, &*message), (&f.alice(), "garbage"), (&f.alice(), &changed)] {
        let request = DecodeAuthorizationMessage { encoded_message: text.into() };
        assert_eq!(f.refused(caller, request).await, invalid);
    }
    with_alice(&f.identities, &policy("Allow", "kinesis:*")).await;
    let request = DecodeAuthorizationMessage { encoded_message: message.into() };
    assert_eq!(f.refused(&f.alice(), request).await.1, "AccessDenied");
}

#[tokio::test]
async fn a_message_is_never_longer_than_the_operation_takes() {
    let f = Fixture::new(&policy("Allow", "sts:*")).await;
    let authority = Authority::new(f.identities.clone());
    let resource = Resource { action: PUT, arn: STREAM.to_owned() };
    let long = vec![("kinesis:x".to_owned(), vec!["y".repeat(10_000)])];
    let message = f.sts.messages.seal(f.alice().account, &authority.denial(&f.alice(), &resource, &long));
    assert!(message.len() <= 10_240, "{}", message.len());
}
