use super::*;

/// `RecordAggregator` of aws-kinesis-agg 1.2.3 for Python, given ("alpha", "first"), ("beta", "", 2¹²⁷), ("alpha", ff 00 "third", 0).
const THREE: &str = "f3899ac20a05616c7068610a046265746112273137303134313138333436303436393233313733313638373330333731353838343130353732381201301a0908001a0566697273741a06080110001a001a0d080010011a07ff00746869726433a55618188ba2038080574de145297d";
/// The same, given ("a", "x").
const ONE: &str = "f3899ac20a01611a0508001a0178274fa4a221609241966b02c7afbf4283";

fn bytes(hex: &str) -> Bytes {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("two digits");
    (0..hex.len()).step_by(2).map(digit).collect()
}

/// An aggregate around this message.
fn around(message: &[u8]) -> Bytes {
    [&MAGIC, message, &Md5::digest(message)].concat().into()
}

fn user_record(at: u64, key: &'static str, hash_key: Option<u128>, data: &'static [u8]) -> UserRecord {
    UserRecord {
        partition_key: key.into(),
        explicit_hash_key: hash_key.map(HashKey),
        sub_sequence_number: at,
        data: data.into(),
    }
}

#[test]
fn what_another_library_packed_is_taken_apart() {
    let three = vec![
        user_record(0, "alpha", None, b"first"),
        user_record(1, "beta", Some(1 << 127), b""),
        user_record(2, "alpha", Some(0), b"\xff\x00third"),
    ];
    assert_eq!(unpack(&bytes(THREE)), Contents::Aggregate(three));
    assert_eq!(unpack(&bytes(ONE)), Contents::Aggregate(vec![user_record(0, "a", None, b"x")]));
}

#[test]
fn data_are_not_copied() {
    let packed = bytes(ONE);
    let Contents::Aggregate(records) = unpack(&packed) else { panic!("it is an aggregate") };
    assert!(packed.as_ptr_range().contains(&records[0].data.as_ptr()));
}

#[test]
fn what_does_not_begin_as_an_aggregate_is_plain() {
    let short = &around(b"")[..];
    for data in [&b""[..], b"\xf3\x89\x9a", b"text", b"\xf3\x89\x9a\xc3 and more than twenty bytes", short] {
        assert_eq!(unpack(&Bytes::copy_from_slice(data)), Contents::Plain, "{data:?}");
    }
}

#[test]
fn what_is_broken_says_how() {
    // Fields by number: 1 a partition key, 2 a hash key, 3 a record; in a record 1 and 2 are indexes, 3 is data.
    let cases: [(&[u8], Malformed); 8] = [
        (b"\x1a\x04\x08\x00\x1a\x00", Malformed::Index(0)),
        (b"\x0a\x01k\x1a\x04\x08\x00\x1a\x00\x1a\x04\x08\x01\x1a\x00", Malformed::Index(1)),
        (b"\x0a\x01k\x1a\x06\x08\x00\x10\x00\x1a\x00", Malformed::Index(0)),
        (b"\x0a\x01k\x12\x01-\x1a\x06\x08\x00\x10\x00\x1a\x00", Malformed::HashKey(0)),
        (b"\x0a\x01k\x1a\x02\x1a\x00", Malformed::Missing(0, "partition key")),
        (b"\x0a\x01k\x1a\x02\x08\x00", Malformed::Missing(0, "data")),
        (b"\x0a\x01k", Malformed::Empty),
        (b"\x20\x00", Malformed::Foreign),
    ];
    for (message, expected) in cases {
        assert_eq!(unpack(&around(message)), Contents::Malformed(expected), "{message:?}");
    }
    for message in
        [&b"\x1a"[..], b"\x1a\x05\x08\x00", b"\x0a\x02\xff\xfe", b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f"]
    {
        let contents = unpack(&around(message));
        assert!(matches!(contents, Contents::Malformed(Malformed::Message(_))), "{message:?}: {contents:?}");
    }
    let mut broken = bytes(THREE).to_vec();
    broken[60] ^= 1;
    assert_eq!(unpack(&broken.into()), Contents::Malformed(Malformed::Digest));
}

#[test]
fn too_many_parts_are_not_read() {
    let records = b"\x1a\x04\x08\x00\x1a\x00".repeat(AGGREGATE_PARTS_MAX - 1);
    let most = around(&[&b"\x0a\x01k"[..], &records].concat());
    assert!(matches!(unpack(&most), Contents::Aggregate(all) if all.len() == AGGREGATE_PARTS_MAX - 1));
    let more = around(&[&b"\x0a\x01k\x0a\x01l"[..], &records].concat());
    assert_eq!(unpack(&more), Contents::Malformed(Malformed::TooMany));
}

#[test]
fn hash_keys_may_begin_with_zeros() {
    let packed = around(b"\x0a\x01k\x12\x03007\x1a\x06\x08\x00\x10\x00\x1a\x00");
    assert_eq!(unpack(&packed), Contents::Aggregate(vec![user_record(0, "k", Some(7), b"")]));
}
