use anabranch_api::kms::*;
use bytes::Bytes;
use bytestring::ByteString;

use super::Fixture;

async fn key(fixture: &Fixture, spec: KeySpec, usage: KeyUsageType) -> ByteString {
    let request = CreateKey { key_spec: Some(spec), key_usage: Some(usage), ..CreateKey::default() };
    fixture.call(request).await.unwrap().key_metadata.unwrap().arn.unwrap()
}

#[tokio::test]
async fn what_is_signed_is_verified_and_nothing_else_is() {
    let fixture = Fixture::new().await;
    let cases = [
        (KeySpec::EccNistP256, vec![SigningAlgorithmSpec::EcdsaSha256], 32),
        (KeySpec::EccNistP384, vec![SigningAlgorithmSpec::EcdsaSha384], 48),
        (KeySpec::EccNistP521, vec![SigningAlgorithmSpec::EcdsaSha512], 64),
        (KeySpec::EccSecgP256k1, vec![SigningAlgorithmSpec::EcdsaSha256], 32),
        (
            KeySpec::Rsa2048,
            vec![SigningAlgorithmSpec::RsassaPssSha256, SigningAlgorithmSpec::RsassaPkcs1V15Sha256],
            32,
        ),
        (
            KeySpec::Rsa2048,
            vec![SigningAlgorithmSpec::RsassaPssSha512, SigningAlgorithmSpec::RsassaPkcs1V15Sha512],
            64,
        ),
        (
            KeySpec::Rsa3072,
            vec![SigningAlgorithmSpec::RsassaPssSha384, SigningAlgorithmSpec::RsassaPkcs1V15Sha384],
            48,
        ),
    ];
    for (spec, algorithms, digest_bytes) in cases {
        let key_id = key(&fixture, spec, KeyUsageType::SignVerify).await;
        for signing_algorithm in algorithms {
            let digest = Bytes::from(vec![7; digest_bytes]);
            for (message_type, message) in [(None, Bytes::from("hello")), (Some(MessageType::Digest), digest)]
            {
                let sign = Sign {
                    key_id: key_id.clone(),
                    message: message.clone(),
                    message_type,
                    signing_algorithm,
                    ..Sign::default()
                };
                let signature = fixture.call(sign).await.unwrap().signature.unwrap();
                let verify = Verify {
                    key_id: key_id.clone(),
                    message,
                    message_type,
                    signing_algorithm,
                    signature,
                    ..Verify::default()
                };
                assert_eq!(
                    fixture.call(verify.clone()).await.unwrap().signature_valid,
                    Some(true),
                    "{spec} {signing_algorithm}"
                );
                let mut changed = verify.signature.to_vec();
                *changed.last_mut().unwrap() ^= 1;
                let changed = Verify { signature: changed.into(), ..verify };
                assert_eq!(fixture.told(changed).await, "KMSInvalidSignatureException");
            }
            let short = Sign {
                key_id: key_id.clone(),
                message: "short".into(),
                message_type: Some(MessageType::Digest),
                signing_algorithm,
                ..Sign::default()
            };
            let told =
                format!("ValidationException: Digest is invalid length for algorithm {signing_algorithm}.");
            assert_eq!(fixture.told(short).await, told);
        }
    }
}

#[tokio::test]
async fn a_public_key_is_given_out_and_verifies_elsewhere() {
    let fixture = Fixture::new().await;
    let key_id = key(&fixture, KeySpec::EccNistP256, KeyUsageType::SignVerify).await;
    let public = fixture.call(GetPublicKey { key_id: key_id.clone(), grant_tokens: None }).await.unwrap();
    assert_eq!(public.signing_algorithms, Some(vec![SigningAlgorithmSpec::EcdsaSha256]));
    let sign = Sign {
        key_id,
        message: "hello".into(),
        signing_algorithm: SigningAlgorithmSpec::EcdsaSha256,
        ..Sign::default()
    };
    let signature = fixture.call(sign).await.unwrap().signature.unwrap();
    let verifier = aws_lc_rs::signature::UnparsedPublicKey::new(
        &aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1,
        public.public_key.unwrap(),
    );
    verifier.verify(b"hello", &signature).unwrap();
    let symmetric = fixture.key().await;
    let told = fixture.told(GetPublicKey { key_id: symmetric.as_str().into(), grant_tokens: None }).await;
    assert_eq!(told, format!("UnsupportedOperationException: {symmetric} is not an asymmetric KMS key."));
}

#[tokio::test]
async fn rsa_encrypts_what_fits_and_its_ciphertext_names_no_key() {
    let fixture = Fixture::new().await;
    let key_id = key(&fixture, KeySpec::Rsa2048, KeyUsageType::EncryptDecrypt).await;
    for (algorithm, most) in
        [(EncryptionAlgorithmSpec::RsaesOaepSha1, 214), (EncryptionAlgorithmSpec::RsaesOaepSha256, 190)]
    {
        let encrypt = |bytes| Encrypt {
            key_id: key_id.clone(),
            plaintext: vec![b'x'; bytes].into(),
            encryption_algorithm: Some(algorithm),
            ..Encrypt::default()
        };
        let blob = fixture.call(encrypt(most)).await.unwrap().ciphertext_blob.unwrap();
        let told = format!(
            "ValidationException: Algorithm {algorithm} and key spec RSA_2048 cannot encrypt data larger than {most} bytes."
        );
        assert_eq!(fixture.told(encrypt(most + 1)).await, told);
        let decrypt = Decrypt {
            ciphertext_blob: Some(blob),
            key_id: Some(key_id.clone()),
            encryption_algorithm: Some(algorithm),
            ..Decrypt::default()
        };
        let opened = fixture.call(decrypt.clone()).await.unwrap();
        assert_eq!((opened.plaintext.unwrap().len(), opened.key_material_id), (most, None));
        let unnamed = Decrypt { key_id: None, ..decrypt.clone() };
        assert!(fixture.told(unnamed).await.contains("Value null at 'keyId'"));
        let by_default = Decrypt { encryption_algorithm: None, ..decrypt.clone() };
        assert_eq!(fixture.told(by_default).await, "InvalidCiphertextException");
        let symmetric = fixture.key().await;
        let moved = ReEncrypt {
            ciphertext_blob: decrypt.ciphertext_blob.clone(),
            source_key_id: Some(key_id.clone()),
            source_encryption_algorithm: Some(algorithm),
            destination_key_id: symmetric.as_str().into(),
            ..ReEncrypt::default()
        };
        let moved = fixture.call(moved).await.unwrap().ciphertext_blob;
        let opened = fixture.call(Decrypt { ciphertext_blob: moved, ..Decrypt::default() }).await.unwrap();
        assert_eq!(opened.plaintext.unwrap().len(), most);
    }
    let by_default = Encrypt { key_id: key_id.clone(), plaintext: "x".into(), ..Encrypt::default() };
    assert_eq!(
        fixture.told(by_default).await,
        "InvalidKeyUsageException: Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048."
    );
    assert_eq!(fixture.told(RotateKeyOnDemand { key_id }).await, "UnsupportedOperationException");
}

#[tokio::test]
async fn a_mac_is_verified_by_its_own_key_algorithm_and_message() {
    let fixture = Fixture::new().await;
    for (spec, mac_algorithm, bytes) in [
        (KeySpec::Hmac224, MacAlgorithmSpec::HmacSha224, 28),
        (KeySpec::Hmac256, MacAlgorithmSpec::HmacSha256, 32),
        (KeySpec::Hmac384, MacAlgorithmSpec::HmacSha384, 48),
        (KeySpec::Hmac512, MacAlgorithmSpec::HmacSha512, 64),
    ] {
        let key_id = key(&fixture, spec, KeyUsageType::GenerateVerifyMac).await;
        let generate = GenerateMac {
            key_id: key_id.clone(),
            message: "hello".into(),
            mac_algorithm,
            ..GenerateMac::default()
        };
        let mac = fixture.call(generate.clone()).await.unwrap().mac.unwrap();
        assert_eq!(mac.len(), bytes);
        let verify =
            VerifyMac { key_id, message: "hello".into(), mac_algorithm, mac, ..VerifyMac::default() };
        assert_eq!(fixture.call(verify.clone()).await.unwrap().mac_valid, Some(true));
        let other = VerifyMac { message: "hallo".into(), ..verify };
        assert_eq!(fixture.told(other).await, "KMSInvalidMacException");
        let wrong = if bytes == 32 { MacAlgorithmSpec::HmacSha512 } else { MacAlgorithmSpec::HmacSha256 };
        let told =
            format!("InvalidKeyUsageException: Algorithm {wrong} is incompatible with key spec {spec}.");
        assert_eq!(fixture.told(GenerateMac { mac_algorithm: wrong, ..generate }).await, told);
    }
}

#[tokio::test]
async fn a_key_is_for_what_it_was_made_for() {
    let fixture = Fixture::new().await;
    let symmetric = fixture.key().await;
    let key_id = ByteString::from(symmetric.as_str());
    let hmac = key(&fixture, KeySpec::Hmac256, KeyUsageType::GenerateVerifyMac).await;
    let sign = |key_id: &ByteString| Sign {
        key_id: key_id.clone(),
        message: "x".into(),
        signing_algorithm: SigningAlgorithmSpec::EcdsaSha256,
        ..Sign::default()
    };
    let told = |key: &str, usage: &str, operation: &str| {
        format!("InvalidKeyUsageException: {key} key usage is {usage} which is not valid for {operation}.")
    };
    assert_eq!(fixture.told(sign(&hmac)).await, told(&hmac, "GENERATE_VERIFY_MAC", "Sign"));
    let mac = GenerateMac { key_id: key_id.clone(), message: "x".into(), ..GenerateMac::default() };
    assert_eq!(fixture.told(mac).await, told(&symmetric, "ENCRYPT_DECRYPT", "GenerateMac"));
    let encrypt = Encrypt { key_id: hmac.clone(), plaintext: "x".into(), ..Encrypt::default() };
    assert_eq!(fixture.told(encrypt).await, told(&hmac, "GENERATE_VERIFY_MAC", "Encrypt"));
    let without_usage = CreateKey { key_spec: Some(KeySpec::Hmac256), ..CreateKey::default() };
    assert_eq!(
        fixture.told(without_usage).await,
        "ValidationException: You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
    );
}

#[tokio::test]
async fn data_key_pairs_have_a_private_key_that_decrypts() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    for key_pair_spec in [DataKeyPairSpec::EccNistP256, DataKeyPairSpec::Rsa2048] {
        let request = GenerateDataKeyPair {
            key_id: key.as_str().into(),
            key_pair_spec,
            ..GenerateDataKeyPair::default()
        };
        let made = fixture.call(request).await.unwrap();
        let decrypt = Decrypt { ciphertext_blob: made.private_key_ciphertext_blob, ..Decrypt::default() };
        assert_eq!(fixture.call(decrypt).await.unwrap().plaintext, made.private_key_plaintext);
        assert!(made.public_key.is_some());
    }
    let request = GenerateDataKeyPairWithoutPlaintext {
        key_id: key.as_str().into(),
        key_pair_spec: DataKeyPairSpec::Sm2,
        ..GenerateDataKeyPairWithoutPlaintext::default()
    };
    let told = "UnsupportedOperationException: KeyPairSpec SM2 is not supported by Anabranch.";
    assert_eq!(fixture.told(request).await, told);
}
