use anabranch_api::kms::*;
use bytestring::ByteString;

use super::Fixture;

type Pairs = Option<Vec<(ByteString, ByteString)>>;

fn pairs(pairs: &[(&'static str, &'static str)]) -> Pairs {
    Some(pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect())
}

fn decrypt(blob: &bytes::Bytes) -> Decrypt {
    Decrypt { ciphertext_blob: Some(blob.clone()), ..Decrypt::default() }
}

const INVALID: &str = "InvalidCiphertextException";

#[tokio::test]
async fn what_was_encrypted_is_decrypted_without_naming_the_key() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    let blob = fixture.encrypted(&key, "secret").await;
    let output = fixture.call(decrypt(&blob)).await.unwrap();
    assert_eq!((output.plaintext.unwrap(), output.key_id.unwrap()), ("secret".into(), key.as_str().into()));
    assert_eq!(output.encryption_algorithm, Some(EncryptionAlgorithmSpec::SymmetricDefault));
    let other = fixture.key().await;
    let named = |key: &str| Decrypt { key_id: Some(key.into()), ..decrypt(&blob) };
    fixture.call(named(&key)).await.unwrap();
    assert_eq!(
        fixture.told(named(&other)).await,
        "IncorrectKeyException: The key ID in the request does not identify a CMK that can perform this operation."
    );
}

#[tokio::test]
async fn the_encryption_context_is_part_of_the_key_whatever_its_order() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    let request = Encrypt {
        key_id: key.as_str().into(),
        plaintext: "x".into(),
        encryption_context: pairs(&[("a", "1"), ("b", "2")]),
        ..Encrypt::default()
    };
    let blob = fixture.call(request).await.unwrap().ciphertext_blob.unwrap();
    let within = |context: Pairs| Decrypt { encryption_context: context, ..decrypt(&blob) };
    fixture.call(within(pairs(&[("b", "2"), ("a", "1")]))).await.unwrap();
    for context in
        [None, pairs(&[("a", "1")]), pairs(&[("A", "1"), ("b", "2")]), pairs(&[("a", "1"), ("b", "3")])]
    {
        assert_eq!(fixture.told(within(context)).await, INVALID);
    }
}

#[tokio::test]
async fn a_ciphertext_of_nobody_elsewhere_or_changed_is_invalid() {
    let mut fixture = Fixture::new().await;
    let key = fixture.key().await;
    let blob = fixture.encrypted(&key, "secret").await;
    for bit in 0..blob.len() * 8 {
        let mut changed = blob.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(fixture.told(decrypt(&changed.into())).await, INVALID, "bit {bit}");
    }
    assert_eq!(fixture.told(decrypt(&"x".into())).await, INVALID);
    fixture.cx.region = anabranch_types::Region::parse("eu-west-1").unwrap();
    assert_eq!(fixture.told(decrypt(&blob)).await, INVALID);
}

#[tokio::test]
async fn the_door_asks_for_the_key_in_the_ciphertext() {
    let mut fixture = Fixture::new().await;
    let key = fixture.key().await;
    let blob = fixture.encrypted(&key, "secret").await;
    fixture.cx = crate::testing::context("222222222222");
    let own = fixture.key().await;
    let told = fixture.told(decrypt(&blob)).await;
    assert!(told.contains(&format!("not authorized to perform: kms:Decrypt on resource: {key} ")), "{told}");
    let request = ReEncrypt {
        ciphertext_blob: Some(blob),
        destination_key_id: own.as_str().into(),
        ..ReEncrypt::default()
    };
    let told = fixture.told(request).await;
    assert!(
        told.contains(&format!("not authorized to perform: kms:ReEncryptFrom on resource: {key} ")),
        "{told}"
    );
    let request = ReEncrypt {
        ciphertext_blob: Some(fixture.encrypted(&own, "x").await),
        destination_key_id: key.as_str().into(),
        ..ReEncrypt::default()
    };
    let told = fixture.told(request).await;
    assert!(
        told.contains(&format!("not authorized to perform: kms:ReEncryptTo on resource: {key} ")),
        "{told}"
    );
}

#[tokio::test]
async fn a_ciphertext_is_moved_to_another_key_and_context_unseen() {
    let fixture = Fixture::new().await;
    let (from, to) = (fixture.key().await, fixture.key().await);
    let request = ReEncrypt {
        ciphertext_blob: Some(fixture.encrypted(&from, "secret").await),
        destination_key_id: to.as_str().into(),
        destination_encryption_context: pairs(&[("a", "1")]),
        ..ReEncrypt::default()
    };
    let wrong = ReEncrypt { source_key_id: Some(to.as_str().into()), ..request.clone() };
    assert!(fixture.told(wrong).await.starts_with("IncorrectKeyException"));
    let output = fixture.call(request).await.unwrap();
    assert_eq!((output.source_key_id.unwrap(), output.key_id.unwrap()), (from.into(), to.as_str().into()));
    let moved =
        Decrypt { encryption_context: pairs(&[("a", "1")]), ..decrypt(&output.ciphertext_blob.unwrap()) };
    assert_eq!(fixture.call(moved).await.unwrap().plaintext.unwrap(), "secret");
}

#[tokio::test]
async fn data_keys_are_as_long_as_asked_and_open_again() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    let request = |spec, bytes| GenerateDataKey {
        key_id: key.as_str().into(),
        key_spec: spec,
        number_of_bytes: bytes,
        ..GenerateDataKey::default()
    };
    for (spec, bytes, length) in [
        (Some(DataKeySpec::Aes256), None, 32),
        (Some(DataKeySpec::Aes128), None, 16),
        (None, Some(1), 1),
        (None, Some(1024), 1024),
    ] {
        let made = fixture.call(request(spec, bytes)).await.unwrap();
        let plain = made.plaintext.unwrap();
        assert_eq!(plain.len(), length);
        let opened = fixture.call(decrypt(&made.ciphertext_blob.unwrap())).await.unwrap();
        assert_eq!(opened.plaintext.unwrap(), plain);
    }
    for (spec, bytes) in [(None, None), (Some(DataKeySpec::Aes256), Some(32))] {
        let told = "ValidationException: Please specify either number of bytes or key spec.";
        assert_eq!(fixture.told(request(spec, bytes)).await, told);
    }
    let without = GenerateDataKeyWithoutPlaintext {
        key_id: key.as_str().into(),
        key_spec: Some(DataKeySpec::Aes256),
        ..GenerateDataKeyWithoutPlaintext::default()
    };
    let made = fixture.call(without).await.unwrap();
    let opened = fixture.call(decrypt(&made.ciphertext_blob.unwrap())).await.unwrap();
    assert_eq!(opened.plaintext.unwrap().len(), 32);
}

#[tokio::test]
async fn a_key_that_is_disabled_or_pending_deletion_does_nothing() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    let key_id = ByteString::from(key.as_str());
    let blob = fixture.encrypted(&key, "secret").await;
    let encrypt = Encrypt { key_id: key_id.clone(), plaintext: "x".into(), ..Encrypt::default() };
    let data_key =
        GenerateDataKey { key_id: key_id.clone(), number_of_bytes: Some(1), ..GenerateDataKey::default() };
    fixture.call(DisableKey { key_id: key_id.clone() }).await.unwrap();
    let disabled = format!("DisabledException: {key} is disabled.");
    assert_eq!(fixture.told(decrypt(&blob)).await, disabled);
    assert_eq!(fixture.told(encrypt.clone()).await, disabled);
    assert_eq!(fixture.told(data_key.clone()).await, disabled);
    fixture.call(EnableKey { key_id: key_id.clone() }).await.unwrap();
    fixture.call(decrypt(&blob)).await.unwrap();
    fixture.call(ScheduleKeyDeletion { key_id, pending_window_in_days: None }).await.unwrap();
    let pending = format!("KMSInvalidStateException: {key} is pending deletion.");
    assert_eq!(fixture.told(decrypt(&blob)).await, pending);
    assert_eq!(fixture.told(encrypt).await, pending);
    assert_eq!(fixture.told(data_key).await, pending);
}

#[tokio::test]
async fn a_dry_run_tells_that_it_would_have_succeeded_and_does_nothing() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    let blob = fixture.encrypted(&key, "x").await;
    let dry_run = Some(true);
    let told = "DryRunOperationException: The request would have succeeded, but the DryRun option is set.";
    let key_id = ByteString::from(key.as_str());
    let encrypt = Encrypt { key_id: key_id.clone(), plaintext: "x".into(), dry_run, ..Encrypt::default() };
    assert_eq!(fixture.told(encrypt).await, told);
    assert_eq!(fixture.told(Decrypt { dry_run, ..decrypt(&blob) }).await, told);
    let modifiers = Some(vec![DryRunModifierType::IgnoreCiphertext]);
    let unseen =
        Decrypt { dry_run, key_id: Some(key_id), dry_run_modifiers: modifiers, ..Decrypt::default() };
    assert_eq!(fixture.told(unseen.clone()).await, told);
    let without_key = Decrypt { key_id: None, ..unseen };
    assert!(fixture.told(without_key).await.contains("Value null at 'keyId'"));
    assert!(fixture.told(Decrypt::default()).await.contains("Value null at 'ciphertextBlob'"));
    assert_eq!(fixture.told(Decrypt { dry_run, ..decrypt(&"x".into()) }).await, INVALID);
}

#[tokio::test]
async fn nothing_secret_is_printed() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    let request = GenerateDataKey {
        key_id: key.as_str().into(),
        key_spec: Some(DataKeySpec::Aes256),
        ..GenerateDataKey::default()
    };
    let made = fixture.call(request).await.unwrap();
    let printed = format!("{made:?}");
    assert!(
        printed.contains("32") && !printed.contains(&format!("{:?}", made.plaintext.unwrap())),
        "{printed}"
    );
    let encrypt = Encrypt { plaintext: "secret".into(), ..Encrypt::default() };
    assert!(!format!("{encrypt:?}").contains("secret"));
    let slot = fixture.kms.directory.keys(&super::super::service::scope(&fixture.cx));
    let sealed = slot[0].view().stored.generations[0].sealed.to_vec();
    assert!(!format!("{:?}", slot[0].view().stored).contains(&format!("{sealed:?}")));
    assert_eq!(format!("{:?}", fixture.kms), "Kms");
}

#[tokio::test]
async fn our_own_services_are_given_data_keys_and_told_when_a_key_cannot_be_used() {
    use super::super::{KeyError, Usability};
    let fixture = Fixture::new().await;
    let (account, region) = (fixture.cx.account, fixture.cx.region.clone());
    let context = std::collections::BTreeMap::from([("aws:kinesis:arn".to_owned(), "s".to_owned())]);
    let managed = fixture.kms.key_arn(account, &region, "alias/aws/kinesis").await.unwrap();
    assert_eq!(fixture.kms.arn_meant(account, &region, "alias/aws/kinesis"), Ok(managed.clone()));
    let made = fixture.kms.data_key(&managed, &context).unwrap();
    let opened = fixture.kms.open_data_key(&managed, &made.ciphertext, &context).unwrap();
    assert_eq!(opened.expose(), made.key.expose());
    let (sent, other) = (made.ciphertext, Default::default());
    let refused = |key: &str, context| fixture.kms.open_data_key(key, &sent, context).err();
    assert_eq!(refused(&managed, &other), Some(KeyError::Invalid("".into())));
    let key = fixture.key().await;
    assert_eq!(refused(&key, &context), Some(KeyError::Invalid("".into())), "under another key");
    let made = fixture.kms.data_key(&key, &context).unwrap();
    let refused = || fixture.kms.open_data_key(&key, &made.ciphertext, &context).err();
    let mut watch = fixture.kms.watch(&key).unwrap();
    assert_eq!(*watch.borrow_and_update(), Usability::Enabled);
    fixture.call(DisableKey { key_id: key.as_str().into() }).await.unwrap();
    assert!(watch.has_changed().unwrap());
    assert_eq!(*watch.borrow_and_update(), Usability::Disabled);
    assert_eq!(refused(), Some(KeyError::Disabled(format!("{key} is disabled.").into())));
    let none = "1234abcd-12ab-34cd-56ef-1234567890ab";
    let told = format!("Key 'arn:aws:kms:us-east-1:111111111111:key/{none}' does not exist");
    let found = fixture.kms.key_arn(account, &region, none).await;
    assert_eq!(found, Err(KeyError::NotFound(told.into())));
    fixture
        .call(ScheduleKeyDeletion { key_id: key.as_str().into(), pending_window_in_days: Some(7) })
        .await
        .unwrap();
    assert_eq!(refused(), Some(KeyError::PendingDeletion(format!("{key} is pending deletion.").into())));
    fixture.advance(7).await;
    assert_eq!(*watch.borrow_and_update(), Usability::Deleted);
    assert_eq!(refused(), Some(KeyError::NotFound(format!("Key '{key}' does not exist").into())));
}

#[tokio::test]
async fn keys_of_other_kinds_make_no_data_keys() {
    use super::super::KeyError;
    let fixture = Fixture::new().await;
    let request = CreateKey {
        key_spec: Some(KeySpec::Hmac256),
        key_usage: Some(KeyUsageType::GenerateVerifyMac),
        ..CreateKey::default()
    };
    let key = fixture.call(request).await.unwrap().key_metadata.unwrap().arn.unwrap();
    let told = format!("{key} key usage is GENERATE_VERIFY_MAC which is not valid for GenerateDataKey.");
    assert_eq!(fixture.kms.usable(&key), Err(KeyError::Invalid(told.into())));
}
