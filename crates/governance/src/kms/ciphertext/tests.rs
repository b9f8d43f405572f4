use anabranch_types::{Region, Rng};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::super::key_id::Scope;
use super::{Ciphertext, EncryptionContext, Invalid, KeyId, KeyName, Material, Zeroizing, associated, seal};

fn name(account: &str, region: &'static str, id: u8) -> KeyName {
    let scope = Scope { account: account.parse().unwrap(), region: Region::parse(region).unwrap() };
    KeyName { scope, id: KeyId::from_bytes([id; 16]) }
}

fn own() -> KeyName {
    name("111111111111", "us-east-1", 7)
}

fn open(
    blob: &[u8],
    name: &KeyName,
    material: &Material,
    context: &EncryptionContext,
) -> Result<Vec<u8>, Invalid> {
    Ciphertext::parse(blob)?.open(name, material, context).map(|plain| plain.to_vec())
}

fn contexts() -> impl Strategy<Value = EncryptionContext> {
    btree_map("[a-c]{0,3}", "[a-c]{0,3}", 0..3)
}

proptest! {
    #[test]
    fn what_was_encrypted_is_decrypted_in_the_same_context_alone(
        plain in vec(any::<u8>(), 0..200), context in contexts(), other in contexts(), seed: u64,
    ) {
        let rng = Rng::seeded(seed);
        let material = Material::symmetric(&rng);
        let blob = seal(&plain, (&own(), 0), &material, &context, &rng);
        prop_assert_eq!(open(&blob, &own(), &material, &context), Ok(plain.clone()));
        let expected = if other == context { Ok(plain) } else { Err(Invalid) };
        prop_assert_eq!(open(&blob, &own(), &material, &other), expected);
    }

    #[test]
    fn no_bytes_of_outside_are_decrypted(blob in vec(any::<u8>(), 0..200), seed: u64) {
        let material = Material::symmetric(&Rng::seeded(seed));
        prop_assert_eq!(open(&blob, &own(), &material, &EncryptionContext::new()), Err(Invalid));
    }
}

/// Each of the thousand and more bits.
#[test]
fn a_ciphertext_of_which_one_bit_was_changed_is_not_decrypted() {
    let rng = Rng::seeded(1);
    let material = Material::symmetric(&rng);
    let context = EncryptionContext::from([("purpose".to_owned(), "test".to_owned())]);
    let blob = seal(b"attack at dawn", (&own(), 3), &material, &context, &rng);
    for bit in 0..blob.len() * 8 {
        let mut changed = blob.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(open(&changed, &own(), &material, &context), Err(Invalid), "bit {bit}");
    }
    for length in 0..blob.len() {
        assert!(open(&blob[..length], &own(), &material, &context).is_err(), "{length} bytes");
    }
}

#[test]
fn a_ciphertext_is_of_one_key_in_one_place() {
    let rng = Rng::seeded(1);
    let material = Material::symmetric(&rng);
    let none = EncryptionContext::new();
    let blob = seal(b"x", (&own(), 0), &material, &none, &rng);
    for other in [
        name("222222222222", "us-east-1", 7),
        name("111111111111", "us-east-2", 7),
        name("111111111111", "us-east-1", 8),
    ] {
        assert_eq!(open(&blob, &other, &material, &none), Err(Invalid));
    }
    assert_eq!(open(&blob, &own(), &Material::symmetric(&rng), &none), Err(Invalid));
}

#[test]
fn contexts_that_read_alike_are_told_apart() {
    let context = |pairs: &[(&str, &str)]| -> EncryptionContext {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    let alike = [
        context(&[("ab", "c")]),
        context(&[("a", "bc")]),
        context(&[("abc", "")]),
        context(&[("", "abc")]),
        context(&[("a", "b"), ("c", "")]),
        context(&[("AB", "C")]),
        context(&[]),
    ];
    let mut written: Vec<_> = alike.iter().map(|context| associated(&own(), 0, context)).collect();
    written.sort();
    written.dedup();
    assert_eq!(written.len(), alike.len());
}

/// The example of docs/formats/kms.md, byte by byte.
#[test]
fn the_documented_example_is_a_ciphertext() {
    let page = include_str!("../../../../../docs/formats/kms.md");
    let line = |name: &str| {
        let line = page.lines().find_map(|line| line.trim().strip_prefix(name)).expect(name);
        line.trim().to_owned()
    };
    let bytes = |name: &str| -> Vec<u8> {
        let hex: String = line(name).chars().filter(|c| !c.is_whitespace()).collect();
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    };
    let arn: anabranch_types::Arn = line("key:").parse().unwrap();
    let id = KeyId::parse(arn.resource.strip_prefix("key/").unwrap()).unwrap();
    let name = KeyName { scope: Scope { account: arn.account.unwrap(), region: arn.region.unwrap() }, id };
    let material = Material::new(Zeroizing::new(bytes("material:")));
    let context: EncryptionContext = serde_json::from_str(&line("context:")).unwrap();
    let blob = bytes("ciphertext:");
    assert_eq!(associated(&name, 0, &context), bytes("associated:"));
    assert_eq!(Ciphertext::parse(&blob).unwrap().generation, 0);
    assert_eq!(open(&blob, &name, &material, &context).as_deref(), Ok(line("plaintext:").as_bytes()));
}
