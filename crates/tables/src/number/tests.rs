use proptest::prelude::*;

use super::{NotNumber, Number};

fn number(text: &str) -> Number {
    Number::parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

#[test]
fn a_number_is_shown_in_its_normal_form() {
    let cases = [
        ("0010", "10"),
        ("1.0", "1"),
        ("-0", "0"),
        ("-0.000", "0"),
        ("1.5E2", "150"),
        ("+7", "7"),
        (".5", "0.5"),
        ("5.", "5"),
        ("-1.2500e-3", "-0.00125"),
        ("1e3", "1000"),
        ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
        ("0e999999999", "0"),
    ];
    for (text, shown) in cases {
        assert_eq!(number(text).to_string(), shown, "{text}");
    }
}

#[test]
fn what_is_no_number_is_refused_for_its_reason() {
    let cases = [
        ("", NotNumber::Text),
        ("abc", NotNumber::Text),
        ("1e", NotNumber::Text),
        ("--1", NotNumber::Text),
        ("NaN", NotNumber::Text),
        ("Infinity", NotNumber::Text),
        ("1_000", NotNumber::Text),
        (" 1", NotNumber::Text),
        ("1e126", NotNumber::Overflow),
        ("-1e126", NotNumber::Overflow),
        ("1e-131", NotNumber::Underflow),
        ("1e999999999999", NotNumber::Overflow),
        ("999999999999999999999999999999999999999", NotNumber::Digits),
        ("1.00000000000000000000000000000000000001", NotNumber::Digits),
    ];
    for (text, error) in cases {
        assert_eq!(Number::parse(text), Err(error), "{text}");
    }
}

#[test]
fn the_ends_of_the_range_are_kept() {
    for text in [
        "1e-130",
        "9.9999999999999999999999999999999999999e125",
        "-9.9999999999999999999999999999999999999e125",
    ] {
        let kept = number(text);
        assert_eq!(number(&kept.to_string()), kept, "{text}");
    }
}

#[test]
fn sums_are_exact_or_refused() {
    let cases = [
        ("0.1", "0.2", Ok("0.3")),
        ("1", "-1", Ok("0")),
        ("99999999999999999999999999999999999999", "1", Ok("100000000000000000000000000000000000000")),
        (
            "175000000000000000000000000000000000000",
            "-99999999999999999999999999999999999999",
            Ok("75000000000000000000000000000000000001"),
        ),
        ("9e125", "9e124", Ok("9.9e125")),
        ("9e125", "9e125", Err(NotNumber::Overflow)),
        ("1e50", "1", Err(NotNumber::Digits)),
        ("-5", "3.5", Ok("-1.5")),
        ("0", "1e-130", Ok("1e-130")),
    ];
    for (a, b, expected) in cases {
        let expected = expected.map(number);
        assert_eq!(number(a).plus(number(b)), expected, "{a} + {b}");
        assert_eq!(number(b).plus(number(a)), expected, "{b} + {a}");
    }
    assert_eq!(number("1").minus(number("3")), Ok(number("-2")));
    assert_eq!(number("1").minus(Number::ZERO), Ok(number("1")));
}

#[test]
fn sizes_are_reckoned_in_pairs_of_digits() {
    for (text, size) in
        [("0", 1), ("1", 2), ("12", 2), ("123", 3), ("100", 2), ("-1", 3), ("0.1", 2), ("1.5", 3)]
    {
        assert_eq!(number(text).size(), size, "{text}");
    }
}

#[test]
fn the_longest_numbers_are_stored_and_read_again() {
    let digits = "9".repeat(38);
    for text in ["0".to_owned(), format!("-{digits}e-167"), format!("-{digits}e88"), format!("{digits}e-1")] {
        let number = number(&text);
        let stored = minicbor::to_vec(number).unwrap();
        assert_eq!(minicbor::decode::<Number>(&stored).unwrap(), number, "{text}");
    }
}

proptest! {
    #[test]
    fn the_order_of_the_bytes_is_that_of_the_numbers(a in -1_000_000_i64..1_000_000, b in -1_000_000_i64..1_000_000, scale in 0_u32..6) {
        let text = |n: i64| format!("{n}e-{scale}");
        prop_assert_eq!(number(&text(a)).cmp(&number(&text(b))), a.cmp(&b));
    }

    #[test]
    fn sums_and_differences_of_whole_numbers_are_those_of_integers(a in any::<i64>(), b in any::<i64>()) {
        let (x, y) = (number(&a.to_string()), number(&b.to_string()));
        prop_assert_eq!(x.plus(y).unwrap().to_string(), (i128::from(a) + i128::from(b)).to_string());
        prop_assert_eq!(x.minus(y).unwrap().to_string(), (i128::from(a) - i128::from(b)).to_string());
    }
}
