use anabranch_api::kms::*;

use super::{Fixture, id};

#[tokio::test]
async fn a_key_is_described_as_it_was_made() {
    let fixture = Fixture::new().await;
    let request = CreateKey {
        description: Some("payments".into()),
        tags: Some(vec![Tag { tag_key: "team".into(), tag_value: "a".into() }]),
        ..CreateKey::default()
    };
    let made = fixture.call(request).await.unwrap().key_metadata.unwrap();
    let arn = made.arn.clone().unwrap();
    assert_eq!(arn, format!("arn:aws:kms:us-east-1:111111111111:key/{}", made.key_id));
    assert_eq!(made.description.as_deref(), Some("payments"));
    assert_eq!((made.enabled, made.key_state), (Some(true), Some(KeyState::Enabled)));
    assert_eq!(made.key_manager, Some(KeyManagerType::Customer));
    assert_eq!(made.current_key_material_id.as_ref().map(|id| id.len()), Some(64));
    for key_id in [&made.key_id, &arn] {
        let described =
            fixture.call(DescribeKey { key_id: key_id.clone(), grant_tokens: None }).await.unwrap();
        assert_eq!(described.key_metadata.as_ref(), Some(&made));
    }
    let tags = fixture.call(ListResourceTags { key_id: arn.clone(), ..Default::default() }).await.unwrap();
    assert_eq!(tags.tags.unwrap()[0].tag_value, "a");
    let listed = fixture.call(ListKeys::default()).await.unwrap().keys.unwrap();
    assert_eq!(listed, [KeyListEntry { key_id: Some(made.key_id), key_arn: Some(arn) }]);
}

#[tokio::test]
async fn what_is_not_made_is_refused_in_words() {
    let fixture = Fixture::new().await;
    let cases = [
        (
            CreateKey { key_spec: Some(KeySpec::Sm2), ..CreateKey::default() },
            "UnsupportedOperationException: KeySpec SM2 is not supported by Anabranch.",
        ),
        (
            CreateKey { multi_region: Some(true), ..CreateKey::default() },
            "UnsupportedOperationException: MultiRegion is not supported by Anabranch.",
        ),
        (
            CreateKey { origin: Some(OriginType::External), ..CreateKey::default() },
            "UnsupportedOperationException: Origin EXTERNAL is not supported by Anabranch.",
        ),
        (
            CreateKey { custom_key_store_id: Some("cks-1".into()), ..CreateKey::default() },
            "CustomKeyStoreNotFoundException: Custom key store cks-1 does not exist.",
        ),
        (
            CreateKey { key_usage: Some(KeyUsageType::SignVerify), ..CreateKey::default() },
            "ValidationException: KeyUsage SIGN_VERIFY is not compatible with KeySpec SYMMETRIC_DEFAULT",
        ),
    ];
    for (request, told) in cases {
        assert_eq!(fixture.told(request).await, told);
    }
    assert_eq!(fixture.call(ListKeys::default()).await.unwrap().keys.unwrap(), []);
}

#[tokio::test]
async fn a_key_that_is_not_there_is_named_by_its_arn() {
    let fixture = Fixture::new().await;
    let key_id = "1234abcd-12ab-34cd-56ef-1234567890ab";
    let told = fixture.told(DescribeKey { key_id: key_id.into(), grant_tokens: None }).await;
    let arn = format!("arn:aws:kms:us-east-1:111111111111:key/{key_id}");
    assert_eq!(told, format!("NotFoundException: Key '{arn}' does not exist"));
    let told = fixture.told(EnableKey { key_id: "alias/a".into() }).await;
    assert_eq!(told, "NotFoundException: Invalid keyId 'alias/a'");
    let alias = "arn:aws:kms:us-east-1:111111111111:alias/a";
    let told = fixture.told(EnableKey { key_id: alias.into() }).await;
    assert_eq!(told, "InvalidArnException: Key Aliases are not supported for this operation");
}

#[tokio::test]
async fn tags_are_put_over_those_there_are_and_taken_away() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    let tag = |key: &str, value: &str| Tag { tag_key: key.into(), tag_value: value.into() };
    let put = |tags: Vec<Tag>| TagResource { key_id: key.as_str().into(), tags };
    fixture.call(put(vec![tag("a", "1"), tag("b", "1")])).await.unwrap();
    fixture.call(put(vec![tag("b", "2"), tag("c", "")])).await.unwrap();
    let untag = UntagResource { key_id: key.as_str().into(), tag_keys: vec!["a".into(), "z".into()] };
    fixture.call(untag).await.unwrap();
    let request = ListResourceTags { key_id: key.as_str().into(), ..Default::default() };
    assert_eq!(fixture.call(request).await.unwrap().tags.unwrap(), [tag("b", "2"), tag("c", "")]);
    let many = |count: usize| (0..count).map(|n| tag(&format!("k{n}"), "")).collect::<Vec<_>>();
    let cases = [
        (vec![tag("aws:x", "")], "TagException: Tags beginning with aws: are reserved"),
        (vec![tag("AWS:x", "")], "TagException: Tags beginning with aws: are reserved"),
        (vec![tag("x", ""), tag("x", "")], "TagException: Duplicate tag keys"),
        (many(49), "TagException: Too many tags"),
    ];
    for (tags, told) in cases {
        assert_eq!(fixture.told(put(tags)).await, told);
    }
    fixture.call(put(many(48))).await.unwrap();
}

#[tokio::test]
async fn keys_are_listed_in_pages() {
    let fixture = Fixture::new().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(id(&fixture.key().await));
    }
    made.sort();
    let (mut listed, mut marker) = (Vec::new(), None);
    loop {
        let page = fixture.call(ListKeys { limit: Some(2), marker, ..Default::default() }).await.unwrap();
        assert_eq!(page.truncated, Some(page.next_marker.is_some()));
        listed.extend(page.keys.unwrap().into_iter().map(|key| key.key_id.unwrap().to_string()));
        marker = page.next_marker;
        if marker.is_none() {
            break;
        }
    }
    assert_eq!(listed, made);
}

#[tokio::test]
async fn the_key_that_aws_manages_is_made_when_it_is_first_described_and_changed_by_nobody() {
    let fixture = Fixture::new().await;
    let describe = DescribeKey { key_id: "alias/aws/kinesis".into(), grant_tokens: None };
    let metadata = fixture.call(describe.clone()).await.unwrap().key_metadata.unwrap();
    assert_eq!(metadata.key_manager, Some(KeyManagerType::Aws));
    assert_eq!(fixture.call(describe).await.unwrap().key_metadata.unwrap(), metadata);
    let arn = metadata.arn.unwrap();
    let denied = |action: &str| {
        format!(
            "AccessDeniedException: User: arn:aws:iam::111111111111:root is not authorized to perform: kms:{action} \
             on resource: {arn} because no resource-based policy allows the kms:{action} action"
        )
    };
    let key_id = arn.clone();
    assert_eq!(fixture.told(DisableKey { key_id: key_id.clone() }).await, denied("DisableKey"));
    let schedule = ScheduleKeyDeletion { key_id: key_id.clone(), pending_window_in_days: None };
    assert_eq!(fixture.told(schedule).await, denied("ScheduleKeyDeletion"));
    let put = PutKeyPolicy { key_id: key_id.clone(), policy: "{}".into(), ..Default::default() };
    assert_eq!(fixture.told(put).await, denied("PutKeyPolicy"));
    let alias = CreateAlias { alias_name: "alias/mine".into(), target_key_id: key_id.clone() };
    assert_eq!(fixture.told(alias).await, denied("CreateAlias"));
    let other = DescribeKey { key_id: "alias/aws/other".into(), grant_tokens: None };
    let alias = "arn:aws:kms:us-east-1:111111111111:alias/aws/other";
    assert_eq!(fixture.told(other).await, format!("NotFoundException: Alias {alias} is not found."));
}
