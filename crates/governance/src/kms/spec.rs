//! What kinds of keys there are, and what each can do (KMS API CreateKey, KeySpec).

use anabranch_api::Enumeration as _;
use anabranch_api::kms::{
    CustomerMasterKeySpec, EncryptionAlgorithmSpec, KeyManagerType, KeyMetadata, KeySpec, KeyState,
    KeyUsageType, MacAlgorithmSpec, OriginType, SigningAlgorithmSpec,
};

use super::directory::Slot;
use super::stored::{Manager, Spec, State, Usage};

impl Spec {
    /// The kind that is made for a KeySpec; none for those that are not.
    pub fn of(spec: KeySpec) -> Option<Self> {
        Some(match spec {
            KeySpec::SymmetricDefault => Self::SymmetricDefault,
            KeySpec::Hmac224 => Self::Hmac224,
            KeySpec::Hmac256 => Self::Hmac256,
            KeySpec::Hmac384 => Self::Hmac384,
            KeySpec::Hmac512 => Self::Hmac512,
            KeySpec::Rsa2048 => Self::Rsa2048,
            KeySpec::Rsa3072 => Self::Rsa3072,
            KeySpec::Rsa4096 => Self::Rsa4096,
            KeySpec::EccNistP256 => Self::EccNistP256,
            KeySpec::EccNistP384 => Self::EccNistP384,
            KeySpec::EccNistP521 => Self::EccNistP521,
            KeySpec::EccSecgP256k1 => Self::EccSecgP256k1,
            _ => return None,
        })
    }

    pub fn key_spec(self) -> KeySpec {
        match self {
            Self::SymmetricDefault => KeySpec::SymmetricDefault,
            Self::Hmac224 => KeySpec::Hmac224,
            Self::Hmac256 => KeySpec::Hmac256,
            Self::Hmac384 => KeySpec::Hmac384,
            Self::Hmac512 => KeySpec::Hmac512,
            Self::Rsa2048 => KeySpec::Rsa2048,
            Self::Rsa3072 => KeySpec::Rsa3072,
            Self::Rsa4096 => KeySpec::Rsa4096,
            Self::EccNistP256 => KeySpec::EccNistP256,
            Self::EccNistP384 => KeySpec::EccNistP384,
            Self::EccNistP521 => KeySpec::EccNistP521,
            Self::EccSecgP256k1 => KeySpec::EccSecgP256k1,
        }
    }

    /// Whether it has a public key.
    pub fn is_asymmetric(self) -> bool {
        !matches!(self, Self::SymmetricDefault) && !self.is_hmac()
    }

    pub fn is_hmac(self) -> bool {
        matches!(self, Self::Hmac224 | Self::Hmac256 | Self::Hmac384 | Self::Hmac512)
    }

    pub fn is_rsa(self) -> bool {
        matches!(self, Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096)
    }

    /// Whether a key of this kind can be for this.
    pub fn can(self, usage: Usage) -> bool {
        match usage {
            Usage::EncryptDecrypt => self == Self::SymmetricDefault || self.is_rsa(),
            Usage::GenerateVerifyMac => self.is_hmac(),
            Usage::SignVerify => self.is_asymmetric(),
        }
    }

    pub fn encryption_algorithms(self) -> &'static [EncryptionAlgorithmSpec] {
        match self {
            Self::SymmetricDefault => &[EncryptionAlgorithmSpec::SymmetricDefault],
            spec if spec.is_rsa() => {
                &[EncryptionAlgorithmSpec::RsaesOaepSha1, EncryptionAlgorithmSpec::RsaesOaepSha256]
            }
            _ => &[],
        }
    }

    pub fn mac_algorithm(self) -> Option<MacAlgorithmSpec> {
        match self {
            Self::Hmac224 => Some(MacAlgorithmSpec::HmacSha224),
            Self::Hmac256 => Some(MacAlgorithmSpec::HmacSha256),
            Self::Hmac384 => Some(MacAlgorithmSpec::HmacSha384),
            Self::Hmac512 => Some(MacAlgorithmSpec::HmacSha512),
            _ => None,
        }
    }

    pub fn signing_algorithms(self) -> &'static [SigningAlgorithmSpec] {
        use SigningAlgorithmSpec as Alg;
        match self {
            Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 => &[
                Alg::RsassaPkcs1V15Sha256,
                Alg::RsassaPkcs1V15Sha384,
                Alg::RsassaPkcs1V15Sha512,
                Alg::RsassaPssSha256,
                Alg::RsassaPssSha384,
                Alg::RsassaPssSha512,
            ],
            Self::EccNistP256 | Self::EccSecgP256k1 => &[Alg::EcdsaSha256],
            Self::EccNistP384 => &[Alg::EcdsaSha384],
            Self::EccNistP521 => &[Alg::EcdsaSha512],
            _ => &[],
        }
    }
}

impl Usage {
    pub fn of(usage: KeyUsageType) -> Option<Self> {
        match usage {
            KeyUsageType::EncryptDecrypt => Some(Self::EncryptDecrypt),
            KeyUsageType::GenerateVerifyMac => Some(Self::GenerateVerifyMac),
            KeyUsageType::SignVerify => Some(Self::SignVerify),
            KeyUsageType::KeyAgreement | KeyUsageType::EncapsulateDecapsulate => None,
        }
    }

    pub fn key_usage(self) -> KeyUsageType {
        match self {
            Self::EncryptDecrypt => KeyUsageType::EncryptDecrypt,
            Self::GenerateVerifyMac => KeyUsageType::GenerateVerifyMac,
            Self::SignVerify => KeyUsageType::SignVerify,
        }
    }
}

impl State {
    pub fn key_state(self) -> KeyState {
        match self {
            Self::Enabled => KeyState::Enabled,
            Self::Disabled => KeyState::Disabled,
            Self::PendingDeletion => KeyState::PendingDeletion,
        }
    }
}

/// What DescribeKey and CreateKey tell of a key.
pub(super) fn metadata(slot: &Slot) -> KeyMetadata {
    let view = slot.view();
    let stored = &view.stored;
    let spec = stored.spec.key_spec();
    let (encrypts, signs) = (stored.usage == Usage::EncryptDecrypt, stored.usage == Usage::SignVerify);
    KeyMetadata {
        aws_account_id: Some(slot.name.scope.account.to_string().into()),
        key_id: slot.name.id.to_string().into(),
        arn: Some(slot.arn.clone()),
        creation_date: Some(stored.created()),
        enabled: Some(stored.state == State::Enabled),
        description: Some(stored.description.as_str().into()),
        key_usage: Some(stored.usage.key_usage()),
        key_state: Some(stored.state.key_state()),
        deletion_date: stored.deletion(),
        origin: Some(OriginType::AwsKms),
        key_manager: Some(match stored.manager {
            Manager::Customer => KeyManagerType::Customer,
            Manager::Aws => KeyManagerType::Aws,
        }),
        customer_master_key_spec: CustomerMasterKeySpec::of(spec.as_str()),
        key_spec: Some(spec),
        encryption_algorithms: encrypts.then(|| stored.spec.encryption_algorithms().to_vec()),
        signing_algorithms: signs.then(|| stored.spec.signing_algorithms().to_vec()),
        mac_algorithms: stored.spec.mac_algorithm().map(|algorithm| vec![algorithm]),
        multi_region: Some(false),
        current_key_material_id: (stored.spec == Spec::SymmetricDefault)
            .then(|| stored.current().material_id().into()),
        ..KeyMetadata::default()
    }
}
