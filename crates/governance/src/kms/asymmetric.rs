//! Key pairs: making them, signing, RSA encryption. Private keys are PKCS #8, public ones X.509 SubjectPublicKeyInfo, both DER.

use anabranch_api::kms::{EncryptionAlgorithmSpec, SigningAlgorithmSpec};
use anabranch_types::Rng;
use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPrivateDecryptingKey,
    OaepPublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey,
};
use aws_lc_rs::signature::{
    self as sig, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _, RsaEncoding, RsaKeyPair,
    UnparsedPublicKey, VerificationAlgorithm,
};
use zeroize::Zeroizing;

use super::material::Material;
use super::stored::Spec;

/// What a new key is made of.
pub(super) struct Made {
    pub material: Material,
    /// Of a pair.
    pub public_key: Option<Vec<u8>>,
}

/// Makes what a key of this kind needs. An RSA pair takes up to seconds: not for a task that others wait for.
pub(super) fn make(spec: Spec, rng: &Rng) -> Result<Made, Unspecified> {
    let secret = |bytes| Ok(Made { material: Material::random(bytes, rng), public_key: None });
    match spec {
        Spec::SymmetricDefault | Spec::Hmac256 => secret(32),
        Spec::Hmac224 => secret(28),
        Spec::Hmac384 => secret(48),
        Spec::Hmac512 => secret(64),
        Spec::Rsa2048 => rsa(KeySize::Rsa2048),
        Spec::Rsa3072 => rsa(KeySize::Rsa3072),
        Spec::Rsa4096 => rsa(KeySize::Rsa4096),
        Spec::EccNistP256 | Spec::EccNistP384 | Spec::EccNistP521 | Spec::EccSecgP256k1 => curve(spec),
    }
}

fn rsa(size: KeySize) -> Result<Made, Unspecified> {
    let pair = RsaKeyPair::generate(size)?;
    let private: Pkcs8V1Der<'_> = pair.as_der()?;
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der()?;
    let material = Material::new(Zeroizing::new(private.as_ref().to_vec()));
    Ok(Made { material, public_key: Some(public.as_ref().to_vec()) })
}

fn curve(spec: Spec) -> Result<Made, Unspecified> {
    let pair = EcdsaKeyPair::generate(curve_signing(spec).ok_or(Unspecified)?)?;
    let private = pair.to_pkcs8v1()?;
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der()?;
    let material = Material::new(Zeroizing::new(private.as_ref().to_vec()));
    Ok(Made { material, public_key: Some(public.as_ref().to_vec()) })
}

fn curve_signing(spec: Spec) -> Option<&'static EcdsaSigningAlgorithm> {
    Some(match spec {
        Spec::EccNistP256 => &sig::ECDSA_P256_SHA256_ASN1_SIGNING,
        Spec::EccNistP384 => &sig::ECDSA_P384_SHA384_ASN1_SIGNING,
        Spec::EccNistP521 => &sig::ECDSA_P521_SHA512_ASN1_SIGNING,
        Spec::EccSecgP256k1 => &sig::ECDSA_P256K1_SHA256_ASN1_SIGNING,
        _ => return None,
    })
}

/// The digest that an algorithm signs; none of those that are not made here.
pub(super) fn digest_of(algorithm: SigningAlgorithmSpec) -> Option<&'static digest::Algorithm> {
    use SigningAlgorithmSpec as Alg;
    Some(match algorithm {
        Alg::RsassaPssSha256 | Alg::RsassaPkcs1V15Sha256 | Alg::EcdsaSha256 => &digest::SHA256,
        Alg::RsassaPssSha384 | Alg::RsassaPkcs1V15Sha384 | Alg::EcdsaSha384 => &digest::SHA384,
        Alg::RsassaPssSha512 | Alg::RsassaPkcs1V15Sha512 | Alg::EcdsaSha512 => &digest::SHA512,
        Alg::Sm2dsa | Alg::MlDsaShake256 | Alg::Ed25519Sha512 | Alg::Ed25519PhSha512 => return None,
    })
}

/// Signs a digest by an algorithm of the key's kind.
pub(super) fn sign(
    spec: Spec,
    private: &Material,
    algorithm: SigningAlgorithmSpec,
    digest: &Digest,
) -> Result<Vec<u8>, Unspecified> {
    if let Some(curve) = curve_signing(spec) {
        let pair = EcdsaKeyPair::from_pkcs8(curve, private.expose())?;
        return Ok(pair.sign_digest(digest)?.as_ref().to_vec());
    }
    let pair = RsaKeyPair::from_pkcs8(private.expose())?;
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign_digest(rsa_encoding(algorithm).ok_or(Unspecified)?, digest, &mut signature)?;
    Ok(signature)
}

fn rsa_encoding(algorithm: SigningAlgorithmSpec) -> Option<&'static dyn RsaEncoding> {
    use SigningAlgorithmSpec as Alg;
    Some(match algorithm {
        Alg::RsassaPssSha256 => &sig::RSA_PSS_SHA256,
        Alg::RsassaPssSha384 => &sig::RSA_PSS_SHA384,
        Alg::RsassaPssSha512 => &sig::RSA_PSS_SHA512,
        Alg::RsassaPkcs1V15Sha256 => &sig::RSA_PKCS1_SHA256,
        Alg::RsassaPkcs1V15Sha384 => &sig::RSA_PKCS1_SHA384,
        Alg::RsassaPkcs1V15Sha512 => &sig::RSA_PKCS1_SHA512,
        _ => return None,
    })
}

/// Whether the signature is of this digest.
pub(super) fn is_signed(
    spec: Spec,
    public: &[u8],
    algorithm: SigningAlgorithmSpec,
    digest: &Digest,
    signature: &[u8],
) -> bool {
    let verification = verification(spec, algorithm);
    verification.is_some_and(|algorithm| {
        UnparsedPublicKey::new(algorithm, public).verify_digest(digest, signature).is_ok()
    })
}

fn verification(spec: Spec, algorithm: SigningAlgorithmSpec) -> Option<&'static dyn VerificationAlgorithm> {
    use SigningAlgorithmSpec as Alg;
    Some(match (spec, algorithm) {
        (Spec::EccNistP256, _) => &sig::ECDSA_P256_SHA256_ASN1,
        (Spec::EccNistP384, _) => &sig::ECDSA_P384_SHA384_ASN1,
        (Spec::EccNistP521, _) => &sig::ECDSA_P521_SHA512_ASN1,
        (Spec::EccSecgP256k1, _) => &sig::ECDSA_P256K1_SHA256_ASN1,
        (_, Alg::RsassaPssSha256) => &sig::RSA_PSS_2048_8192_SHA256,
        (_, Alg::RsassaPssSha384) => &sig::RSA_PSS_2048_8192_SHA384,
        (_, Alg::RsassaPssSha512) => &sig::RSA_PSS_2048_8192_SHA512,
        (_, Alg::RsassaPkcs1V15Sha256) => &sig::RSA_PKCS1_2048_8192_SHA256,
        (_, Alg::RsassaPkcs1V15Sha384) => &sig::RSA_PKCS1_2048_8192_SHA384,
        (_, Alg::RsassaPkcs1V15Sha512) => &sig::RSA_PKCS1_2048_8192_SHA512,
        _ => return None,
    })
}

fn oaep(algorithm: EncryptionAlgorithmSpec) -> Option<&'static OaepAlgorithm> {
    match algorithm {
        EncryptionAlgorithmSpec::RsaesOaepSha1 => Some(&OAEP_SHA1_MGF1SHA1),
        EncryptionAlgorithmSpec::RsaesOaepSha256 => Some(&OAEP_SHA256_MGF1SHA256),
        EncryptionAlgorithmSpec::SymmetricDefault | EncryptionAlgorithmSpec::Sm2pke => None,
    }
}

/// Why something was not encrypted.
pub(super) enum NotEncrypted {
    /// It is longer than this many bytes.
    TooLong(usize),
    Failed,
}

impl From<Unspecified> for NotEncrypted {
    fn from(_: Unspecified) -> Self {
        Self::Failed
    }
}

/// Encrypts with RSA-OAEP.
pub(super) fn rsa_encrypt(
    public: &[u8],
    algorithm: EncryptionAlgorithmSpec,
    plain: &[u8],
) -> Result<Vec<u8>, NotEncrypted> {
    let oaep = oaep(algorithm).ok_or(NotEncrypted::Failed)?;
    let key = PublicEncryptingKey::from_der(public).map_err(|_| NotEncrypted::Failed)?;
    let key = OaepPublicEncryptingKey::new(key)?;
    let most = key.max_plaintext_size(oaep);
    if plain.len() > most {
        return Err(NotEncrypted::TooLong(most));
    }
    let mut encrypted = vec![0; key.ciphertext_size()];
    key.encrypt(oaep, plain, &mut encrypted, None)?;
    Ok(encrypted)
}

/// Decrypts with RSA-OAEP.
pub(super) fn rsa_decrypt(
    private: &Material,
    algorithm: EncryptionAlgorithmSpec,
    encrypted: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Unspecified> {
    let key = PrivateDecryptingKey::from_pkcs8(private.expose()).map_err(|_| Unspecified)?;
    let key = OaepPrivateDecryptingKey::new(key)?;
    let mut buffer = Zeroizing::new(vec![0; key.min_output_size()]);
    let plain = key.decrypt(oaep(algorithm).ok_or(Unspecified)?, encrypted, &mut buffer, None)?;
    Ok(Zeroizing::new(plain.to_vec()))
}
