use std::cmp::Ordering;

/// A number of a numeric condition. Integers compare exactly, everything else as a double.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    Integer(i128),
    Fraction(f64),
}

impl Number {
    /// The number that `text` is in decimal notation, with an exponent or without.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(integer) = text.parse() {
            return Some(Self::Integer(integer));
        }
        let decimal = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
        let fraction: f64 = text.parse().ok().filter(|_| decimal)?;
        Some(Self::Fraction(fraction))
    }

    /// How the two compare.
    pub(super) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => Some(a.cmp(&b)),
            (a, b) => a.double().partial_cmp(&b.double()),
        }
    }

    fn double(self) -> f64 {
        match self {
            Self::Integer(integer) => integer as f64,
            Self::Fraction(fraction) => fraction,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::Number;

    #[test]
    fn numbers_compare_by_value() {
        let cases = [
            ("10", "9", Some(Ordering::Greater)),
            ("-1", "+1", Some(Ordering::Less)),
            ("10", "10.0", Some(Ordering::Equal)),
            ("1e3", "1000", Some(Ordering::Equal)),
            ("9007199254740993", "9007199254740992", Some(Ordering::Greater)),
            ("0.1", "0.10", Some(Ordering::Equal)),
            ("ten", "10", None),
            ("NaN", "NaN", None),
            ("inf", "1", None),
            ("", "0", None),
            ("0x10", "16", None),
        ];
        for (a, b, expected) in cases {
            let found = Number::parse(a).zip(Number::parse(b)).and_then(|(a, b)| a.compare(b));
            assert_eq!(found, expected, "{a} {b}");
        }
    }
}
