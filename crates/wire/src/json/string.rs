//! Escapes of strings.

/// The length of the escape that `text` begins with (a backslash and what belongs to it); `None` if it is none.
pub(super) fn escape_len(text: &[u8]) -> Option<usize> {
    match text.get(1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' => hex4(text.get(2..6)?).map(|_| 6),
        _ => None,
    }
}

/// Undoes the escapes of `text` into `into`, which is at least as long; answers how many bytes it became. `None` for an escape that is none and for
/// half a surrogate pair, which is no character.
pub(super) fn unescape(text: &[u8], into: &mut [u8]) -> Option<usize> {
    let (mut from, mut to) = (0, 0);
    while from < text.len() {
        let run = memchr::memchr(b'\\', &text[from..]).unwrap_or(text.len() - from);
        into[to..to + run].copy_from_slice(&text[from..from + run]);
        (from, to) = (from + run, to + run);
        if from < text.len() {
            let (character, len) = escaped(&text[from..])?;
            to += character.encode_utf8(&mut into[to..]).len();
            from += len;
        }
    }
    Some(to)
}

/// The character that the escape at the beginning of `text` stands for, and the escape's length.
fn escaped(text: &[u8]) -> Option<(char, usize)> {
    let simple = match text.get(1)? {
        b'u' => return unicode(text),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        same @ (b'"' | b'\\' | b'/') => char::from(*same),
        _ => return None,
    };
    Some((simple, 2))
}

/// `\uXXXX`, or two of them that are a surrogate pair.
fn unicode(text: &[u8]) -> Option<(char, usize)> {
    let first = hex4(text.get(2..6)?)?;
    if !(0xd800..0xe000).contains(&first) {
        return Some((char::from_u32(first)?, 6));
    }
    if text.get(6..8)? != b"\\u" {
        return None;
    }
    let second = hex4(text.get(8..12)?)?;
    let paired = first < 0xdc00 && (0xdc00..0xe000).contains(&second);
    let character = paired.then(|| 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00))?;
    Some((char::from_u32(character)?, 12))
}

fn hex4(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |sum, d| Some(sum << 4 | char::from(*d).to_digit(16)?))
}
