//! The head of a CBOR item (RFC 8949, 3): read by hand, because a request of 500 records has 4,000 of them.

use crate::Malformed;

/// What an item begins with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Head {
    /// 0 to 2⁶⁴-1 or -2⁶⁴ to -1.
    Integer(i128),
    Float(f64),
    /// This many bytes follow; none for chunks until a break.
    Bytes(Option<u64>),
    /// Likewise text.
    Text(Option<u64>),
    /// This many items follow; none until a break.
    List(Option<u64>),
    /// This many pairs follow; none until a break.
    Map(Option<u64>),
    Tag,
    Boolean(bool),
    /// Null and undefined.
    Null,
    /// A simple value without meaning to anybody.
    Simple,
    Break,
}

/// The head at `at`, and how many bytes it takes.
#[inline]
pub(super) fn head(body: &[u8], at: usize) -> Result<(Head, usize), Malformed> {
    let lead = *body.get(at).ok_or(Malformed::SYNTAX)?;
    let (major, detail) = (lead >> 5, lead & 0x1f);
    let (argument, len) = match detail {
        0..=23 => (u64::from(detail), 1),
        24 => (argument::<1>(body, at)?, 2),
        25 => (argument::<2>(body, at)?, 3),
        26 => (argument::<4>(body, at)?, 5),
        27 => (argument::<8>(body, at)?, 9),
        31 if matches!(major, 2..=5 | 7) => (0, 1),
        _ => return Err(Malformed::SYNTAX),
    };
    let sized = (detail != 31).then_some(argument);
    let head = match major {
        0 => Head::Integer(i128::from(argument)),
        1 => Head::Integer(-1 - i128::from(argument)),
        2 => Head::Bytes(sized),
        3 => Head::Text(sized),
        4 => Head::List(sized),
        5 => Head::Map(sized),
        6 => Head::Tag,
        _ => simple(detail, argument)?,
    };
    Ok((head, len))
}

#[inline]
fn argument<const N: usize>(body: &[u8], at: usize) -> Result<u64, Malformed> {
    let bytes: &[u8; N] = body[at + 1..].first_chunk().ok_or(Malformed::SYNTAX)?;
    Ok(bytes.iter().fold(0, |sum, b| sum << 8 | u64::from(*b)))
}

/// Major type 7 (RFC 8949, 3.3).
fn simple(detail: u8, argument: u64) -> Result<Head, Malformed> {
    Ok(match detail {
        20 | 21 => Head::Boolean(detail == 21),
        22 | 23 => Head::Null,
        24 if argument < 32 => return Err(Malformed::SYNTAX),
        25 => Head::Float(half(argument as u16)),
        26 => Head::Float(f64::from(f32::from_bits(argument as u32))),
        27 => Head::Float(f64::from_bits(argument)),
        31 => Head::Break,
        _ => Head::Simple,
    })
}

/// A float of 16 bits (RFC 8949, appendix D).
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (fraction + 1024.0) * 2_f64.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
}

/// The range of the `len` bytes that begin at `at`.
#[inline]
pub(super) fn span(body: &[u8], at: usize, len: u64) -> Result<std::ops::Range<usize>, Malformed> {
    let len = usize::try_from(len).map_err(|_| Malformed::SYNTAX)?;
    let end = at.checked_add(len).filter(|end| *end <= body.len()).ok_or(Malformed::SYNTAX)?;
    Ok(at..end)
}

/// Shows `see` each chunk of a string or byte string whose head was `whole`, from `at` to the break; answers the position after that.
pub(super) fn chunks(
    body: &[u8],
    at: usize,
    whole: Head,
    mut see: impl FnMut(&[u8]),
) -> Result<usize, Malformed> {
    let mut at = at;
    loop {
        let (chunk, len) = head(body, at)?;
        at += len;
        let span = match (whole, chunk) {
            (_, Head::Break) => return Ok(at),
            (Head::Bytes(_), Head::Bytes(Some(len))) | (Head::Text(_), Head::Text(Some(len))) => {
                span(body, at, len)?
            }
            _ => return Err(Malformed::SYNTAX),
        };
        at = span.end;
        see(&body[span]);
    }
}

#[cfg(test)]
mod tests {
    use minicbor::data::Type;
    use proptest::prelude::*;

    use super::*;

    /// What minicbor makes of the same bytes.
    fn reference(body: &[u8]) -> Option<Head> {
        let mut tokens = minicbor::Decoder::new(body);
        let head = match tokens.datatype().ok()? {
            Type::F16 | Type::F32 | Type::F64 => Head::Float(tokens.f64().ok()?),
            Type::Array | Type::ArrayIndef => Head::List(tokens.array().ok()?),
            Type::Map | Type::MapIndef => Head::Map(tokens.map().ok()?),
            Type::Tag => tokens.tag().ok().map(|_| Head::Tag)?,
            Type::Bool => Head::Boolean(tokens.bool().ok()?),
            Type::Null | Type::Undefined => Head::Null,
            Type::Break => Head::Break,
            // Well-formed only from 32 on (RFC 8949, 3.3), which minicbor does not check.
            Type::Simple if body[0] == 0xf8 && body[1] < 32 => return None,
            Type::Simple => tokens.simple().ok().map(|_| Head::Simple)?,
            Type::Bytes => Head::Bytes(Some(tokens.bytes().ok()?.len() as u64)),
            Type::BytesIndef => Head::Bytes(None),
            Type::String => Head::Text(Some(tokens.str().ok()?.len() as u64)),
            Type::StringIndef => Head::Text(None),
            _ => Head::Integer(tokens.int().ok()?.into()),
        };
        Some(head)
    }

    #[test]
    fn halves_are_what_the_rfc_says() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc400, -4.0),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_477_539_063e-8),
            (0x7c00, f64::INFINITY),
        ] {
            assert_eq!(half(bits), value);
        }
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn a_simple_value_below_32_takes_one_byte_or_is_malformed() {
        assert_eq!(head(&[0xf8, 32], 0).ok(), Some((Head::Simple, 2)));
        for below in 0..32 {
            assert!(head(&[0xf8, below], 0).is_err(), "{below}");
        }
    }

    proptest! {
        #[test]
        fn a_head_is_read_as_minicbor_reads_it(lead: u8, rest in prop::collection::vec(any::<u8>(), 9..40)) {
            let body = [&[lead][..], &rest].concat();
            let Some(expected) = reference(&body) else { return Ok(()) };
            let (seen, _) = head(&body, 0).expect("what minicbor reads");
            let both_nan = matches!((seen, expected), (Head::Float(a), Head::Float(b)) if a.is_nan() && b.is_nan());
            prop_assert!(both_nan || seen == expected, "{:?} {:?}", seen, expected);
        }
    }
}
