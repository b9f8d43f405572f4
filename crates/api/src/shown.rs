//! How values are shown in violations, as Java's `toString` shows them, and kept out of Debug.

use std::fmt;

use anabranch_types::{StreamName, Timestamp};
use bytes::Bytes;
use bytestring::ByteString;

/// A value that AWS's sentences may quote.
pub(crate) trait Shown {
    /// Writes it as AWS does.
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

/// `Display` of a [`Shown`].
pub(crate) struct Show<'a, T: ?Sized>(pub &'a T);

impl<T: Shown + ?Sized> fmt::Display for Show<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.show(f)
    }
}

macro_rules! shown_by_display {
    ($($ty:ty),*) => {$(
        impl Shown for $ty {
            fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*};
}

shown_by_display!(ByteString, i32, i64, f64, bool, Timestamp, StreamName);

impl<T: crate::codec::Enumeration> Shown for T {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl Shown for Bytes {
    /// Only how many there are.
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let len = self.len();
        write!(f, "java.nio.HeapByteBuffer[pos=0 lim={len} cap={len}]")
    }
}

impl<T: Shown> Shown for Option<T> {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Some(value) => value.show(f),
            None => f.write_str("null"),
        }
    }
}

impl<T: Shown> Shown for Vec<T> {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (i, value) in self.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { ", " })?;
            value.show(f)?;
        }
        f.write_str("]")
    }
}

impl<T: Shown> Shown for Vec<(ByteString, T)> {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (i, (key, value)) in self.iter().enumerate() {
            write!(f, "{}{key}=", if i == 0 { "" } else { ", " })?;
            value.show(f)?;
        }
        f.write_str("}")
    }
}

/// `Name(member=value, other=null)`
pub(crate) fn structure(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    members: &[(&str, &dyn Shown)],
) -> fmt::Result {
    write!(f, "{name}(")?;
    for (i, (member, value)) in members.iter().enumerate() {
        write!(f, "{}{member}=", if i == 0 { "" } else { ", " })?;
        value.show(f)?;
    }
    f.write_str(")")
}

/// What stands for a secret in AWS's sentences.
pub(crate) struct Redacted;

impl Shown for Redacted {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***Sensitive Data Redacted***")
    }
}

/// A blob or a secret in Debug: only how much there is of it.
pub(crate) struct Hidden(usize);

impl Hidden {
    /// In place of this value.
    pub(crate) fn of<T: Measured>(value: &T) -> Self {
        Self(value.measure())
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} not shown>", self.0)
    }
}

/// What has a length in bytes, elements or entries.
pub(crate) trait Measured {
    /// The length.
    fn measure(&self) -> usize;
}

impl Measured for Bytes {
    fn measure(&self) -> usize {
        self.len()
    }
}

impl Measured for ByteString {
    fn measure(&self) -> usize {
        self.len()
    }
}

impl<T> Measured for Vec<T> {
    fn measure(&self) -> usize {
        self.len()
    }
}
