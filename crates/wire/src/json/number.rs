//! Numbers: AWS cuts off fractions and holds what is too great at the type's end (kinesalite, validations/index.js `checkType`:
//! its class is called TruncatingBigNumber).

/// The integer that the JSON number `token` is cut to.
pub(super) fn long(token: &[u8]) -> i64 {
    // Without fraction, exponent and overflow it is exact; a float is cast to the nearest integer there is.
    plain(token).unwrap_or_else(|| double(token) as i64)
}

/// The double nearest to the JSON number `token`.
pub(super) fn double(token: &[u8]) -> f64 {
    std::str::from_utf8(token).ok().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN)
}

fn plain(token: &[u8]) -> Option<i64> {
    let digits = token.strip_prefix(b"-").unwrap_or(token);
    let sum = digits.iter().try_fold(0_i64, |sum, d| {
        let digit = d.is_ascii_digit().then(|| i64::from(d - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })?;
    Some(if digits.len() == token.len() { sum } else { -sum })
}
