use anabranch_api::kms::*;

use super::{DAY, Fixture, T0};

fn decrypt(blob: bytes::Bytes) -> Decrypt {
    Decrypt { ciphertext_blob: Some(blob), ..Decrypt::default() }
}

async fn rotations(fixture: &Fixture, key: &str) -> Vec<RotationsListEntry> {
    let request = ListKeyRotations { key_id: key.into(), ..Default::default() };
    fixture.call(request).await.unwrap().rotations.unwrap()
}

#[tokio::test]
async fn a_rotated_key_encrypts_under_new_material_and_decrypts_what_was_before() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    let before = fixture.encrypted(&key, "before").await;
    fixture.call(RotateKeyOnDemand { key_id: key.as_str().into() }).await.unwrap();
    let after = fixture.encrypted(&key, "after").await;
    let (before, after) =
        (fixture.call(decrypt(before)).await.unwrap(), fixture.call(decrypt(after)).await.unwrap());
    assert_eq!((before.plaintext.unwrap(), after.plaintext.unwrap()), ("before".into(), "after".into()));
    assert_ne!(before.key_material_id, after.key_material_id);
    let listed = rotations(&fixture, &key).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].rotation_type, Some(RotationType::OnDemand));
    assert_eq!(listed[0].key_material_id, after.key_material_id);
    let all = ListKeyRotations {
        key_id: key.as_str().into(),
        include_key_material: Some(IncludeKeyMaterial::AllKeyMaterial),
        ..Default::default()
    };
    let states = fixture
        .call(all)
        .await
        .unwrap()
        .rotations
        .unwrap()
        .into_iter()
        .map(|one| one.key_material_state.unwrap());
    assert_eq!(states.collect::<Vec<_>>(), [KeyMaterialState::NonCurrent, KeyMaterialState::Current]);
}

#[tokio::test]
async fn a_key_is_rotated_when_its_period_is_over() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    let enable = |days| EnableKeyRotation { key_id: key.as_str().into(), rotation_period_in_days: days };
    let status = GetKeyRotationStatus { key_id: key.as_str().into() };
    assert_eq!(fixture.call(status.clone()).await.unwrap().key_rotation_enabled, Some(false));
    fixture.call(enable(None)).await.unwrap();
    let told = fixture.call(status.clone()).await.unwrap();
    assert_eq!((told.rotation_period_in_days, told.next_rotation_date), (Some(365), Some(T0 + DAY * 365)));
    fixture.call(enable(Some(90))).await.unwrap();
    fixture.advance(89).await;
    assert_eq!(rotations(&fixture, &key).await, []);
    fixture.advance(92).await;
    let dates: Vec<_> =
        rotations(&fixture, &key).await.into_iter().map(|one| one.rotation_date.unwrap()).collect();
    assert_eq!(dates, [T0 + DAY * 90, T0 + DAY * 180]);
    let next = fixture.call(status.clone()).await.unwrap().next_rotation_date;
    assert_eq!(next, Some(T0 + DAY * 270));
    // A disabled key is not rotated, and makes up for it once.
    fixture.call(DisableKey { key_id: key.as_str().into() }).await.unwrap();
    fixture.advance(200).await;
    assert_eq!(rotations(&fixture, &key).await.len(), 2);
    fixture.call(EnableKey { key_id: key.as_str().into() }).await.unwrap();
    fixture.advance(0).await;
    assert_eq!(rotations(&fixture, &key).await.len(), 3);
    assert_eq!(fixture.call(status).await.unwrap().next_rotation_date, Some(T0 + DAY * 450));
    fixture.call(DisableKeyRotation { key_id: key.as_str().into() }).await.unwrap();
    fixture.advance(400).await;
    assert_eq!(rotations(&fixture, &key).await.len(), 3);
}

#[tokio::test]
async fn twenty_five_rotations_on_demand_are_the_most() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    let rotate = RotateKeyOnDemand { key_id: key.as_str().into() };
    for _ in 0..25 {
        fixture.call(rotate.clone()).await.unwrap();
    }
    let told = format!(
        "LimitExceededException: The on-demand rotations limit has been reached for the given keyId. \
         No more on-demand rotations can be performed for this key: {key}"
    );
    assert_eq!(fixture.told(rotate).await, told);
}

#[tokio::test]
async fn a_disabled_key_is_not_rotated_on_demand() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    fixture.call(DisableKey { key_id: key.as_str().into() }).await.unwrap();
    let told = fixture.told(RotateKeyOnDemand { key_id: key.as_str().into() }).await;
    assert_eq!(told, format!("DisabledException: {key} is disabled."));
}
