use super::*;
use crate::local::body::tests::{hex, printed};
use crate::local::shared::NEVER_TRIMMED;

fn example() -> Manifest {
    let time = Timestamp::from_millis(1_700_000_000_123);
    let meta = Meta { length: 12_288, last_index_at: 8_400, first_arrival: time, last_arrival: time };
    let id = LogId { group: GroupId(7), index: 3 };
    let next = Position { timeline: Timeline(1), offset: Offset(43) };
    Manifest {
        place: 0x10_2000,
        incarnation: 2,
        next_segment: 3,
        groups: vec![ManifestGroup {
            group: GroupId(7),
            trimmed_before: NEVER_TRIMMED,
            segments: vec![(2, meta)],
        }],
        logs: vec![ManifestLog {
            id,
            start: Position::default(),
            next,
            last_arrival: Some(time),
            closed: true,
        }],
    }
}

#[test]
fn the_page_prints_what_is_written_and_it_reads_back() {
    let bytes = encode(&example());
    assert_eq!(printed("hex checkpoint"), bytes, "{}", hex(&bytes));
    assert_eq!(decode(&bytes).unwrap(), example());
}

#[test]
fn any_flipped_bit_and_any_cut_is_noticed() {
    let bytes = encode(&example());
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(decode(&flipped).is_err(), "bit {bit}");
    }
    assert!((0..bytes.len()).all(|length| decode(&bytes[..length]).is_err()));
}

#[test]
fn a_number_that_was_never_written_is_damage_although_the_checksum_is_right() {
    for wrong in [
        Manifest { place: NUMBER_MAX + 1, ..example() },
        Manifest { incarnation: u64::MAX, ..example() },
        Manifest { next_segment: u64::MAX, ..example() },
    ] {
        assert!(decode(&encode(&wrong)).is_err());
    }
    let mut wrong = example();
    wrong.groups[0].segments[0].1.length = u64::MAX;
    assert!(decode(&encode(&wrong)).is_err());
    let mut wrong = example();
    wrong.logs[0].next.offset = Offset(u64::MAX);
    assert!(decode(&encode(&wrong)).is_err());
}
