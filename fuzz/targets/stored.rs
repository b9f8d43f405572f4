//! What is sealed, the keys that are wrapped, and what the catalog, the log of metrics and those of CloudWatch Logs hold.
#![no_main]

use std::sync::OnceLock;

use anabranch_cloudwatch::fuzz_stored as fuzz_metrics;
use anabranch_governance::iam::identities::fuzz_stored;
use anabranch_governance::kms::{DataKey, MasterKey, NONCE_BYTES, TAG_BYTES, fuzz_kms};
use anabranch_logs::fuzz_events;
use anabranch_streams::fuzzing;
use anabranch_types::Rng;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, u16, &[u8])| {
    let (kind, at, bytes) = input;
    fuzzing::stored(kind, bytes);
    fuzz_metrics(bytes);
    fuzz_stored(bytes);
    fuzz_kms(bytes);
    fuzz_events(bytes);
    let (master, data) = keys();
    // What comes from the disk without having been sealed opens nothing.
    assert!(master.unwrap(bytes, b"context").is_err());
    let mut plain = vec![0; bytes.len().saturating_sub(TAG_BYTES)];
    assert!(data.open([kind; NONCE_BYTES], b"associated", bytes, &mut plain).is_err());
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = MasterKey::from_base64(text);
    }
    sealed(data, usize::from(at), bytes);
    wrapped(master, data, usize::from(at), bytes);
});

fn keys() -> &'static (MasterKey, DataKey) {
    static KEYS: OnceLock<(MasterKey, DataKey)> = OnceLock::new();
    KEYS.get_or_init(|| (MasterKey::random(&Rng::seeded(1)), DataKey::random(&Rng::seeded(2))))
}

/// What was sealed opens, and with one bit changed anywhere it does not.
fn sealed(key: &DataKey, at: usize, bytes: &[u8]) {
    let (associated, plain) = bytes.split_at(bytes.len() / 3);
    let (mut sealed, mut opened) = (vec![0; plain.len() + TAG_BYTES], vec![0; plain.len()]);
    key.seal([7; NONCE_BYTES], associated, plain, &mut sealed);
    assert_eq!(key.open([7; NONCE_BYTES], associated, &sealed, &mut opened), Ok(()));
    assert_eq!(opened, plain);
    assert!(key.open([7; NONCE_BYTES], &[associated, b"x"].concat(), &sealed, &mut opened).is_err());
    let place = at % sealed.len();
    sealed[place] ^= 1 << (at % 8);
    assert!(key.open([7; NONCE_BYTES], associated, &sealed, &mut opened).is_err());
}

/// The same for keys.
fn wrapped(master: &MasterKey, key: &DataKey, at: usize, context: &[u8]) {
    let mut wrapped = master.wrap(key, context, &Rng::seeded(at as u64)).to_vec();
    assert!(master.unwrap(&wrapped, context).is_ok());
    assert!(master.unwrap(&wrapped, &[context, b"x"].concat()).is_err());
    let place = at % wrapped.len();
    wrapped[place] ^= 1 << (at % 8);
    assert!(master.unwrap(&wrapped, context).is_err());
}
