use std::collections::BTreeMap;
use std::fmt;

use anabranch_types::{Hex, Timestamp};
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

/// A key.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(array)]
pub(in super::super) struct StoredKey {
    #[n(0)]
    pub created_ms: i64,
    #[n(1)]
    pub state: State,
    #[n(2)]
    pub manager: Manager,
    #[n(3)]
    pub spec: Spec,
    #[n(4)]
    pub usage: Usage,
    #[n(5)]
    pub description: String,
    /// As it was put.
    #[n(6)]
    pub policy: String,
    /// Sorted by key.
    #[n(7)]
    pub tags: BTreeMap<String, String>,
    /// Its material, the oldest first; the last one encrypts.
    #[n(8)]
    pub generations: Vec<Generation>,
    /// When it will be deleted, while that is pending.
    #[n(9)]
    pub deletion_ms: Option<i64>,
    /// The waiting period that was asked for.
    #[n(10)]
    pub deletion_days: Option<i32>,
    /// Automatic rotation, while it is on.
    #[n(11)]
    pub rotation: Option<Rotation>,
    /// The public key of an asymmetric one, a DER SubjectPublicKeyInfo.
    #[n(12)]
    pub public_key: Option<ByteVec>,
}

/// A key's KeyState.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(in super::super) enum State {
    #[n(0)]
    Enabled,
    #[n(1)]
    Disabled,
    #[n(2)]
    PendingDeletion,
}

/// Whose a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(in super::super) enum Manager {
    #[n(0)]
    Customer,
    #[n(1)]
    Aws,
}

/// A key's KeySpec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(in super::super) enum Spec {
    #[n(0)]
    SymmetricDefault,
    #[n(1)]
    Hmac224,
    #[n(2)]
    Hmac256,
    #[n(3)]
    Hmac384,
    #[n(4)]
    Hmac512,
    #[n(5)]
    Rsa2048,
    #[n(6)]
    Rsa3072,
    #[n(7)]
    Rsa4096,
    #[n(8)]
    EccNistP256,
    #[n(9)]
    EccNistP384,
    #[n(10)]
    EccNistP521,
    #[n(11)]
    EccSecgP256k1,
}

/// A key's KeyUsage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(in super::super) enum Usage {
    #[n(0)]
    EncryptDecrypt,
    #[n(1)]
    GenerateVerifyMac,
    #[n(2)]
    SignVerify,
}

/// Material of a key.
#[derive(Clone, PartialEq, Encode, Decode)]
#[cbor(array)]
pub(in super::super) struct Generation {
    /// From 0.
    #[n(0)]
    pub number: u32,
    /// Its KeyMaterialId, a random number.
    #[n(1)]
    pub id: ByteArray<32>,
    /// Sealed under the master key.
    #[n(2)]
    pub sealed: ByteVec,
    #[n(3)]
    pub made_ms: i64,
    /// How it came; none for the first.
    #[n(4)]
    pub kind: Option<RotationKind>,
}

impl fmt::Debug for Generation {
    /// Without what is sealed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generation")
            .field("number", &self.number)
            .field("made_ms", &self.made_ms)
            .finish_non_exhaustive()
    }
}

impl Generation {
    /// The KeyMaterialId: 64 hexadecimal digits.
    pub fn material_id(&self) -> String {
        Hex(&self.id[..]).to_string()
    }

    pub fn made(&self) -> Timestamp {
        Timestamp::from_millis(self.made_ms)
    }
}

/// Why there is a new generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(in super::super) enum RotationKind {
    #[n(0)]
    Automatic,
    #[n(1)]
    OnDemand,
}

/// Automatic rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(in super::super) struct Rotation {
    #[n(0)]
    pub period_days: i32,
    #[n(1)]
    pub next_ms: i64,
}

/// An alias.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(array)]
pub(in super::super) struct StoredAlias {
    /// The key's id.
    #[n(0)]
    pub target: ByteArray<16>,
    #[n(1)]
    pub created_ms: i64,
    #[n(2)]
    pub updated_ms: i64,
}

/// A grant.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(array)]
pub(in super::super) struct StoredGrant {
    #[n(0)]
    pub created_ms: i64,
    #[n(1)]
    pub name: Option<String>,
    /// An ARN, or a service's name.
    #[n(2)]
    pub grantee: String,
    /// An ARN, or a service's name.
    #[n(3)]
    pub retiring: Option<String>,
    /// The ARN of the root of the account that made it.
    #[n(4)]
    pub issuing_account: String,
    /// As the model names them.
    #[n(5)]
    pub operations: Vec<String>,
    #[n(6)]
    pub constraints: StoredConstraints,
    #[n(7)]
    pub grantee_is_service: bool,
    #[n(8)]
    pub retiring_is_service: bool,
}

/// When a grant holds.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
#[cbor(array)]
pub(in super::super) struct StoredConstraints {
    /// The encryption context has all of these.
    #[n(0)]
    pub subset: Option<BTreeMap<String, String>>,
    /// The encryption context is this.
    #[n(1)]
    pub equals: Option<BTreeMap<String, String>>,
    #[n(2)]
    pub source_arn: Option<String>,
}

impl StoredKey {
    pub fn created(&self) -> Timestamp {
        Timestamp::from_millis(self.created_ms)
    }

    /// The material that encrypts.
    pub fn current(&self) -> &Generation {
        self.generations.last().expect("a key is made with its first generation")
    }

    pub fn deletion(&self) -> Option<Timestamp> {
        self.deletion_ms.map(Timestamp::from_millis)
    }

    pub fn next_rotation(&self) -> Option<Timestamp> {
        self.rotation.map(|rotation| Timestamp::from_millis(rotation.next_ms))
    }

    /// When something happens to it by itself. A disabled key is not rotated (KMS developer guide, rotate-keys).
    pub fn due(&self) -> Option<Timestamp> {
        match self.state {
            State::PendingDeletion => self.deletion(),
            State::Enabled => self.next_rotation(),
            State::Disabled => None,
        }
    }
}
