//! What the generated `Decode` and `Encode` of shapes are made of.

use std::str::FromStr;

use anabranch_wire::{Decoder, ListForm, Malformed, Path, Violations};
use bytestring::ByteString;

use crate::constraint::Text;
use crate::shown::Show;

/// A string with a fixed set of values.
pub trait Enumeration: Copy + Default + PartialEq + 'static {
    /// The values as AWS lists them.
    const SET: &'static str;
    /// Each value with its text.
    const VALUES: &'static [(&'static str, Self)];

    /// As it stands on the wire.
    fn text(self) -> &'static str {
        Self::VALUES.iter().find(|(_, value)| *value == self).map_or("", |(text, _)| text)
    }

    /// The value of this text.
    fn of(text: &str) -> Option<Self> {
        Self::VALUES.iter().find(|(t, _)| *t == text).map(|(_, value)| *value)
    }
}

/// One of the set; anything else is noted.
pub(crate) fn enumeration<T: Enumeration, D: Decoder>(
    d: &mut D,
    at: &Path<'_>,
    violations: &mut Violations,
) -> Result<T, Malformed> {
    let text = d.string()?;
    Ok(enumeration_of(&text, at, violations))
}

/// The value of this text; the placeholder, and a note, when it is none of the set.
pub(crate) fn enumeration_of<T: Enumeration>(
    text: &ByteString,
    at: &Path<'_>,
    violations: &mut Violations,
) -> T {
    T::of(text).unwrap_or_else(|| {
        violations.note(at, Some(text), format_args!("Member must satisfy enum value set: [{}]", T::SET));
        T::default()
    })
}

/// A list of values of a set. AWS says one sentence about the whole list.
pub(crate) fn enumerations<T: Enumeration, D: Decoder>(
    d: &mut D,
    form: ListForm,
    len_max: usize,
    at: &Path<'_>,
    violations: &mut Violations,
) -> Result<Vec<T>, Malformed> {
    let texts = list(d, form, len_max, at, violations, |d, _, _| d.string())?;
    if !texts.iter().all(|text| T::of(text).is_some()) {
        let constraint = format_args!(
            "Member must satisfy constraint: [Member must satisfy enum value set: [{}]]",
            T::SET
        );
        violations.note(at, Some(&Show(&texts)), constraint);
    }
    Ok(texts.iter().map(|text| T::of(text).unwrap_or_default()).collect())
}

/// A list, element by element: nothing is allocated ahead of what was read. Of a list longer than the model allows one element too many is
/// kept, which is enough to refuse it.
pub(crate) fn list<T, D: Decoder>(
    d: &mut D,
    form: ListForm,
    len_max: usize,
    at: &Path<'_>,
    violations: &mut Violations,
    mut element: impl FnMut(&mut D, &Path<'_>, &mut Violations) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let mut all = Vec::new();
    d.begin_list(form)?;
    while d.next_element()? {
        let value = element(d, &Path::Element(at, all.len()), violations)?;
        if all.len() <= len_max {
            all.push(value);
        }
    }
    Ok(all)
}

/// A map in the document's order.
pub(crate) fn map<T, D: Decoder>(
    d: &mut D,
    at: &Path<'_>,
    violations: &mut Violations,
    mut value: impl FnMut(&mut D, &Path<'_>, &mut Violations) -> Result<T, Malformed>,
) -> Result<Vec<(ByteString, T)>, Malformed> {
    let mut all = Vec::new();
    d.begin_map()?;
    while let Some(key) = d.next_key()? {
        let read = value(d, &Path::Value(at, &key), violations)?;
        all.push((key, read));
    }
    Ok(all)
}

/// A structure of which nothing is known; whatever is in it is passed over.
pub(crate) fn nothing<D: Decoder>(d: &mut D) -> Result<(), Malformed> {
    d.begin_structure()?;
    while d.next_member(&[])?.is_some() {}
    Ok(())
}

/// A type of ours whose text must satisfy the model's constraint; a text it refuses is noted in the constraint's words.
pub(crate) fn checked<T: Default, D: Decoder>(
    d: &mut D,
    at: &Path<'_>,
    violations: &mut Violations,
    parse: impl Fn(ByteString) -> Option<T>,
    constraint: &Text,
) -> Result<T, Malformed> {
    let text = d.string()?;
    Ok(parse(text.clone()).unwrap_or_else(|| {
        constraint.check(&text, at, violations);
        T::default()
    }))
}

/// A type of ours in an answer, read by its `FromStr`.
pub(crate) fn parsed<T: FromStr, D: Decoder>(d: &mut D) -> Result<T, Malformed> {
    let text = d.string()?;
    text.parse().map_err(|_| malformed(format!("`{text}` is no value of the kind that stands here")))
}

/// Notes each of `required` (index among the names, the model's name) that was not `seen`.
pub(crate) fn note_missing(
    seen: u64,
    required: &[(u32, &'static str)],
    at: &Path<'_>,
    violations: &mut Violations,
) {
    for (_, name) in required.iter().filter(|(index, _)| seen & (1 << index) == 0) {
        violations.note_missing(&Path::Member(at, name));
    }
}

/// A value that cannot stand where it stands.
pub(crate) fn malformed(message: String) -> Malformed {
    Malformed::because(message)
}
