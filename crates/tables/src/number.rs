//! DynamoDB's numbers: exact decimals of at most 38 digits, 1E-130 to 9.99…E+125 and zero (HowItWorks.NamingRulesDataTypes).

use std::cmp::Ordering;
use std::fmt;

use minicbor::decode::{Decoder, Error as DecodeError};
use minicbor::encode::{Encoder, Error as EncodeError, Write};
use minicbor::{Decode, Encode};

/// Most significant digits.
const DIGITS_MAX: usize = 38;
/// The greatest power of ten of a leading digit.
const POWER_MAX: i32 = 125;
/// The least power of ten of a leading digit.
const POWER_MIN: i32 = -130;
/// Bytes of [`Number::ordered`].
pub(crate) const ORDERED_BYTES: usize = 22;
/// Longest text taken for a number: 38 digits with as many zeros as its powers of ten can ask for, a sign, a point and an exponent.
const TEXT_BYTES_MAX: usize = 400;

/// Longest text in which a number is stored: a sign, 38 digits, and an exponent of three with its own.
const STORED_BYTES: usize = 44;

/// A number in its normal form, so that equal numbers are equal values: no zeros at the end of the digits, no negative zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Number {
    negative: bool,
    /// At most 38 digits, the last one not zero unless it is the only one.
    digits: u128,
    /// The power of ten that the last digit stands for.
    exponent: i16,
}

/// The text is no number, or none that can be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotNumber {
    /// Not a number's text.
    Text,
    /// More than 38 digits.
    Digits,
    /// Too great.
    Overflow,
    /// Too close to zero.
    Underflow,
}

impl Number {
    pub const ZERO: Number = Number { negative: false, digits: 0, exponent: 0 };

    /// The number of this text: digits with a point, a sign and an exponent, each optional.
    pub fn parse(text: &str) -> Result<Self, NotNumber> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(NotNumber::Text);
        }
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], parse_exponent(&text[at + 1..])?),
            None => (text, 0),
        };
        let (negative, mantissa) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|b| b.wrapping_sub(b'0')).collect();
        if digits.is_empty() || digits.iter().any(|digit| *digit > 9) {
            return Err(NotNumber::Text);
        }
        Self::of_digits(negative, &digits, exponent - fraction.len() as i32)
    }

    /// The number whose decimal digits are these, the last one standing for this power of ten.
    fn of_digits(negative: bool, digits: &[u8], exponent: i32) -> Result<Self, NotNumber> {
        let zeros_before = digits.iter().take_while(|d| **d == 0).count();
        let digits = &digits[zeros_before..];
        if digits.is_empty() {
            return Ok(Self::ZERO);
        }
        let zeros_behind = digits.iter().rev().take_while(|d| **d == 0).count();
        let exponent = exponent + zeros_behind as i32;
        let digits = &digits[..digits.len() - zeros_behind];
        let power = exponent + digits.len() as i32 - 1;
        if power > POWER_MAX {
            return Err(NotNumber::Overflow);
        }
        if power < POWER_MIN {
            return Err(NotNumber::Underflow);
        }
        if digits.len() > DIGITS_MAX {
            return Err(NotNumber::Digits);
        }
        let value = digits.iter().fold(0_u128, |value, digit| value * 10 + u128::from(*digit));
        let exponent = i16::try_from(exponent).expect("a power of ten within bounds fits");
        Ok(Self { negative, digits: value, exponent })
    }

    /// The exact sum; an error when it needs more than 38 digits or is too great.
    pub fn plus(self, other: Self) -> Result<Self, NotNumber> {
        let exponent = self.exponent.min(other.exponent);
        let (a, b) = (self.digits_from(exponent), other.digits_from(exponent));
        if self.negative == other.negative {
            return Self::of_digits(self.negative, &sum(&a, &b), i32::from(exponent));
        }
        match compare(&a, &b) {
            Ordering::Equal => Ok(Self::ZERO),
            Ordering::Greater => Self::of_digits(self.negative, &difference(&a, &b), i32::from(exponent)),
            Ordering::Less => Self::of_digits(other.negative, &difference(&b, &a), i32::from(exponent)),
        }
    }

    /// The exact difference; an error as of [`Number::plus`].
    pub fn minus(self, other: Self) -> Result<Self, NotNumber> {
        self.plus(Self { negative: !other.negative && other.digits != 0, ..other })
    }

    /// The decimal digits, the last one standing for `exponent`, which is no greater than its own.
    fn digits_from(self, exponent: i16) -> Vec<u8> {
        let mut digits = self.decimal();
        let zeros = usize::try_from(self.exponent - exponent).unwrap_or_default();
        if self.digits != 0 {
            digits.resize(digits.len() + zeros, 0);
        }
        digits
    }

    fn decimal(self) -> Vec<u8> {
        self.digits.to_string().bytes().map(|b| b - b'0').collect()
    }

    fn digit_count(self) -> usize {
        self.digits.checked_ilog10().map_or(1, |log| log as usize + 1)
    }

    /// The power of ten of the leading digit.
    fn power(self) -> i32 {
        i32::from(self.exponent) + self.digit_count() as i32 - 1
    }

    /// Bytes whose order is that of the numbers, always as many.
    pub fn ordered(self) -> [u8; ORDERED_BYTES] {
        let mut bytes = [0; ORDERED_BYTES];
        bytes[0] = 0x80;
        if self.digits == 0 {
            return bytes;
        }
        let power = u16::try_from(self.power() - POWER_MIN).expect("a power of ten within bounds is counted");
        bytes[1..3].copy_from_slice(&power.to_be_bytes());
        let mut digits = self.decimal();
        digits.resize(DIGITS_MAX, 0);
        for (byte, pair) in bytes[3..].iter_mut().zip(digits.chunks(2)) {
            *byte = pair[0] * 10 + pair[1];
        }
        if self.negative {
            bytes.iter_mut().for_each(|byte| *byte = !*byte);
            bytes[0] = 0x7f;
        } else {
            bytes[0] = 0x81;
        }
        bytes
    }

    /// Its bytes towards an item's size, as AWS reckons.
    pub fn size(self) -> usize {
        if self.digits == 0 {
            return 1;
        }
        let (first, last) = (self.power(), i32::from(self.exponent));
        // Digits stand in pairs that begin at even powers of ten.
        let pairs = first.div_euclid(2) - last.div_euclid(2) + 1;
        1 + usize::try_from(pairs).unwrap_or_default() + usize::from(self.negative)
    }
}

/// An exponent's digits. One that is far out of range is still told apart from no number.
fn parse_exponent(text: &str) -> Result<i32, NotNumber> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(NotNumber::Text);
    }
    Ok(sign * digits.parse::<i32>().unwrap_or(i32::MAX).min(100_000))
}

fn compare(a: &[u8], b: &[u8]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// The sum of decimal digits.
fn sum(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let mut digits: Vec<u8> = (0..a.len().max(b.len()))
        .map(|place| {
            let all = digit(a, place) + digit(b, place) + carry;
            carry = all / 10;
            all % 10
        })
        .collect();
    digits.push(carry);
    digits.reverse();
    digits
}

/// What is left of `a` without `b`, which is not greater.
fn difference(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut borrowed = 0;
    let mut digits: Vec<u8> = (0..a.len())
        .map(|place| {
            let taken = digit(b, place) + borrowed;
            let has = digit(a, place);
            borrowed = u8::from(has < taken);
            has + 10 * borrowed - taken
        })
        .collect();
    digits.reverse();
    digits
}

/// The digit at this place from the end.
fn digit(digits: &[u8], place: usize) -> u8 {
    digits.len().checked_sub(place + 1).map_or(0, |at| digits[at])
}

impl From<u64> for Number {
    fn from(whole: u64) -> Self {
        let digits: Vec<u8> = whole.to_string().bytes().map(|b| b - b'0').collect();
        Self::of_digits(false, &digits, 0).expect("twenty digits are not too many")
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.ordered().cmp(&other.ordered())
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Number {
    /// Plain digits, never with an exponent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits.to_string();
        let exponent = i32::from(self.exponent);
        let sign = if self.negative { "-" } else { "" };
        let point = digits.len() as i32 + exponent;
        match usize::try_from(exponent) {
            Ok(zeros) => write!(f, "{sign}{digits}{:0<zeros$}", ""),
            Err(_) if point > 0 => {
                let (whole, fraction) = digits.split_at(point as usize);
                write!(f, "{sign}{whole}.{fraction}")
            }
            Err(_) => write!(f, "{sign}0.{:0<zeros$}{digits}", "", zeros = point.unsigned_abs() as usize),
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Stored as its text.
impl<C> Encode<C> for Number {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        let (mut digits, mut exponent) = (itoa::Buffer::new(), itoa::Buffer::new());
        let sign = if self.negative { "-" } else { "" };
        let mut text = [0; STORED_BYTES];
        let mut end = 0;
        for part in [sign, digits.format(self.digits), "e", exponent.format(self.exponent)] {
            text[end..end + part.len()].copy_from_slice(part.as_bytes());
            end += part.len();
        }
        let text = str::from_utf8(&text[..end]).map_err(EncodeError::custom)?;
        e.str(text)?;
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for Number {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        Number::parse(d.str()?).map_err(|_| DecodeError::message("no number"))
    }
}

#[cfg(test)]
mod tests;
