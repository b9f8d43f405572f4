use std::fmt;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Bytes in lower-case hexadecimal.
#[derive(Clone, Copy)]
pub struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A hash in one piece: every request writes some, and digit by digit they cost more than a part of the hashing.
        let mut text = [0; 64];
        for bytes in self.0.chunks(text.len() / 2) {
            for (byte, place) in bytes.iter().zip(text.chunks_exact_mut(2)) {
                place.copy_from_slice(&digits(*byte));
            }
            f.write_str(std::str::from_utf8(&text[..2 * bytes.len()]).map_err(|_| fmt::Error)?)?;
        }
        Ok(())
    }
}

/// 128 bits as UUIDs are written: lower-case hexadecimal digits in five groups with hyphens between them (RFC 9562, 4).
#[derive(Clone, Copy)]
pub struct Hyphenated(pub u128);

impl fmt::Display for Hyphenated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [b'-'; 36];
        let mut at = 0;
        for (place, byte) in self.0.to_be_bytes().into_iter().enumerate() {
            if matches!(place, 4 | 6 | 8 | 10) {
                at += 1;
            }
            text[at..at + 2].copy_from_slice(&digits(byte));
            at += 2;
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

fn digits(byte: u8) -> [u8; 2] {
    [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}

#[cfg(test)]
mod tests {
    use super::{Hex, Hyphenated};

    #[test]
    fn bytes_of_any_number_are_two_digits_each() {
        for length in [0, 1, 31, 32, 33, 64, 100] {
            let bytes: Vec<u8> = (0..length).map(|n: u8| n.wrapping_mul(37)).collect();
            let expected: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(Hex(&bytes).to_string(), expected);
        }
    }

    #[test]
    fn a_uuid_has_five_groups() {
        let bits = 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef;
        assert_eq!(Hyphenated(bits).to_string(), "01234567-89ab-cdef-0123-456789abcdef");
        assert_eq!(Hyphenated(0).to_string(), "00000000-0000-0000-0000-000000000000");
    }
}
