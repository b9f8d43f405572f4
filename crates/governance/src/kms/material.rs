use std::fmt;

use anabranch_types::Rng;
use minicbor::bytes::{ByteArray, ByteVec};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::key_id::KeyName;
use super::stored::{Generation, RotationKind};
use super::{KEY_BYTES, MasterKey, NotWrappedByThis};

/// The secret of one generation of a key: 32 bytes of a symmetric one, as many as its name says of an HMAC key, PKCS #8 of an
/// asymmetric one. Wiped when it is dropped, never printed.
pub(super) struct Material(Zeroizing<Vec<u8>>);

impl ZeroizeOnDrop for Material {}

impl Material {
    pub fn new(secret: Zeroizing<Vec<u8>>) -> Self {
        Self(secret)
    }

    /// Random bytes.
    pub fn random(bytes: usize, rng: &Rng) -> Self {
        let mut secret = Zeroizing::new(vec![0; bytes]);
        rng.fill(&mut secret);
        Self(secret)
    }

    /// What a symmetric key is.
    pub fn symmetric(rng: &Rng) -> Self {
        Self::random(KEY_BYTES, rng)
    }

    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The generation it is stored as.
    pub fn into_generation(
        self,
        (name, number): (&KeyName, u32),
        kind: Option<RotationKind>,
        made_ms: i64,
        (master_key, rng): (&MasterKey, &Rng),
    ) -> Generation {
        let mut id = [0; 32];
        rng.fill(&mut id);
        let sealed = master_key.seal(self.expose(), context(name, number).as_bytes(), rng);
        Generation { number, id: ByteArray::from(id), sealed: ByteVec::from(sealed.to_vec()), made_ms, kind }
    }

    /// Opens a stored generation. About a microsecond.
    pub fn open(
        generation: &Generation,
        name: &KeyName,
        master_key: &MasterKey,
    ) -> Result<Self, NotWrappedByThis> {
        master_key.open(&generation.sealed, context(name, generation.number).as_bytes()).map(Self)
    }
}

/// What sealed material is authenticated with, so that it cannot stand for another key's or generation's.
fn context(name: &KeyName, generation: u32) -> String {
    format!("kms key {} generation {generation}", name.arn())
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Material(***)")
    }
}

#[cfg(test)]
mod tests {
    use anabranch_types::Region;

    use super::super::key_id::{KeyId, Scope};
    use super::*;

    #[test]
    fn it_is_wiped_when_dropped() {
        crate::testing::is_wiped_when_dropped::<Material>();
    }

    #[test]
    fn material_opens_for_its_key_and_generation_alone_and_is_never_printed() {
        let rng = Rng::seeded(3);
        let master_key = MasterKey::random(&rng);
        let name = |account: &str| KeyName {
            scope: Scope { account: account.parse().unwrap(), region: Region::parse("us-east-1").unwrap() },
            id: KeyId::from_bytes([7; 16]),
        };
        let (own, other) = (name("111111111111"), name("222222222222"));
        let material = Material::symmetric(&rng);
        assert_eq!(format!("{material:?}"), "Material(***)");
        let secret = material.expose().to_vec();
        let mut stored = material.into_generation((&own, 3), None, 0, (&master_key, &rng));
        assert_eq!(Material::open(&stored, &own, &master_key).unwrap().expose(), secret);
        assert!(Material::open(&stored, &other, &master_key).is_err());
        assert!(Material::open(&stored, &own, &MasterKey::random(&rng)).is_err());
        assert!(!format!("{stored:?}").contains("sealed"));
        stored.number = 4;
        assert!(Material::open(&stored, &own, &master_key).is_err());
    }
}
