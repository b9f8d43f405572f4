use anabranch_api::kms::*;

use super::{Fixture, id};

fn create(alias: &str, key: &str) -> CreateAlias {
    CreateAlias { alias_name: alias.into(), target_key_id: key.into() }
}

async fn described(fixture: &Fixture, key: &str) -> String {
    let described = fixture.call(DescribeKey { key_id: key.into(), grant_tokens: None }).await;
    described.unwrap().key_metadata.unwrap().arn.unwrap().to_string()
}

#[tokio::test]
async fn an_alias_stands_for_its_key_until_it_is_moved_or_deleted() {
    let fixture = Fixture::new().await;
    let (first, second) = (fixture.key().await, fixture.key().await);
    fixture.call(create("alias/app/main", &first)).await.unwrap();
    assert_eq!(described(&fixture, "alias/app/main").await, first);
    let update = UpdateAlias { alias_name: "alias/app/main".into(), target_key_id: id(&second).into() };
    fixture.call(update).await.unwrap();
    let arn = "arn:aws:kms:us-east-1:111111111111:alias/app/main";
    assert_eq!(described(&fixture, arn).await, second);
    let listed = |key: Option<&str>| ListAliases { key_id: key.map(Into::into), ..Default::default() };
    let all = fixture.call(listed(None)).await.unwrap().aliases.unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].alias_arn.as_deref(), Some(arn));
    assert_eq!(all[0].target_key_id.as_deref(), Some(id(&second).as_str()));
    assert_eq!(fixture.call(listed(Some(&first))).await.unwrap().aliases.unwrap(), []);
    assert_eq!(fixture.call(listed(Some(&second))).await.unwrap().aliases.unwrap(), all);
    fixture.call(DeleteAlias { alias_name: "alias/app/main".into() }).await.unwrap();
    let told = fixture.told(DescribeKey { key_id: arn.into(), grant_tokens: None }).await;
    assert_eq!(told, format!("NotFoundException: Alias {arn} is not found."));
}

#[tokio::test]
async fn names_that_are_none_are_refused() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    fixture.call(create("alias/taken", &key)).await.unwrap();
    let cases = [
        (
            "app",
            "ValidationException: Alias must start with the prefix \"alias/\". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html",
        ),
        ("alias/", "ValidationException: Invalid identifier"),
        ("alias/a:b", "InvalidAliasNameException: alias/a:b contains invalid characters for an alias"),
        ("alias/aws/kinesis", "NotAuthorizedException"),
        (
            "alias/taken",
            "AlreadyExistsException: An alias with the name arn:aws:kms:us-east-1:111111111111:alias/taken already exists",
        ),
    ];
    for (name, told) in cases {
        assert_eq!(fixture.told(create(name, &key)).await, told, "{name}");
    }
}

#[tokio::test]
async fn fifty_aliases_are_the_most_of_a_key() {
    let fixture = Fixture::new().await;
    let (key, other) = (fixture.key().await, fixture.key().await);
    for n in 0..50 {
        fixture.call(create(&format!("alias/a{n}"), &key)).await.unwrap();
    }
    let told = format!("LimitExceededException: {key} already has 50 aliases.");
    assert_eq!(fixture.told(create("alias/more", &key)).await, told);
    fixture.call(create("alias/more", &other)).await.unwrap();
    let update = UpdateAlias { alias_name: "alias/more".into(), target_key_id: key.as_str().into() };
    assert_eq!(fixture.told(update).await, told);
}
