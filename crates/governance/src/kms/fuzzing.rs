//! A door for `fuzz/`: what comes from the catalog and from callers.

use std::fmt;

use anabranch_catalog::Value;
use anabranch_types::{Region, Rng};

use super::ciphertext::{Ciphertext, EncryptionContext};
use super::grants::{read_token, token};
use super::key_id::{KeyName, Scope};
use super::material::Material;
use super::stored::{Place, StoredAlias, StoredGrant, StoredKey};

/// What can be read is read as it was written; what was not encrypted here opens nowhere.
#[doc(hidden)]
pub fn fuzz_kms(bytes: &[u8]) {
    same::<StoredKey>(bytes);
    same::<StoredAlias>(bytes);
    same::<StoredGrant>(bytes);
    if let Some(place) = Place::parse(bytes) {
        assert_eq!(Place::parse(&place.key()), Some(place));
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok((name, grant)) = read_token(text)
    {
        assert_eq!(read_token(&token(&name, &grant)), Ok((name, grant)));
    }
    if let Ok(ciphertext) = Ciphertext::parse(bytes)
        && let Some(region) = Region::parse("us-east-1")
        && let Ok(account) = "111111111111".parse()
    {
        let name = KeyName { scope: Scope { account, region }, id: ciphertext.key };
        let material = Material::symmetric(&Rng::seeded(1));
        assert!(ciphertext.open(&name, &material, &EncryptionContext::new()).is_err());
    }
}

fn same<T: Value + PartialEq + fmt::Debug>(bytes: &[u8]) {
    if let Ok(value) = T::from_bytes(bytes) {
        assert_eq!(T::from_bytes(&value.to_bytes()).expect("it was just written"), value);
    }
}
