//! Paths and their templates: `/echo/{Name}/members/{Rest+}`.

use std::borrow::Cow;

use bytestring::ByteString;

/// The labels of a template with what stands there, percent-encoding undone.
pub(super) type Labels = Vec<(&'static str, ByteString)>;

/// How a path fits a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fit {
    /// What stands in the labels.
    pub(super) labels: Labels,
    /// How many segments of the template are literal: the more, the better it fits.
    pub(super) literals: usize,
}

/// What a `+` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plus {
    /// Itself, in paths.
    IsPlus,
    /// A space, in forms.
    IsSpace,
}

/// Whether `path` fits `template`, whose query part is not looked at. A trailing slash does not matter.
pub(super) fn fit(template: &'static str, path: &str) -> Option<Fit> {
    let template = template.split('?').next().unwrap_or_default();
    let mut wanted = template.trim_matches('/').split('/').peekable();
    let mut rest = Some(path.trim_matches('/'));
    let mut found = Fit { labels: Labels::new(), literals: 0 };
    while let Some(segment) = wanted.next() {
        let at = rest?;
        let label = segment.strip_prefix('{').and_then(|s| s.strip_suffix('}'));
        if let Some(name) = label.and_then(|name| name.strip_suffix('+')) {
            // A greedy label takes all but what the template has behind it.
            let behind = wanted.clone().count();
            let cut = cut_behind(at, behind)?;
            found.labels.push((name, decode(&at[..cut], Plus::IsPlus)));
            rest = at.get(cut + 1..);
            continue;
        }
        let (here, behind) = match at.split_once('/') {
            Some((here, behind)) => (here, Some(behind)),
            None => (at, None),
        };
        match label {
            Some(_) if here.is_empty() => return None,
            Some(name) => found.labels.push((name, decode(here, Plus::IsPlus))),
            None if here == segment => found.literals += 1,
            None => return None,
        }
        rest = behind;
    }
    rest.is_none().then_some(found)
}

/// Where `path` ends if its last `segments` segments are left away; none if nothing would be left.
fn cut_behind(path: &str, segments: usize) -> Option<usize> {
    let mut cut = path.len();
    for _ in 0..segments {
        cut = path[..cut].rfind('/')?;
    }
    (cut > 0).then_some(cut)
}

/// Undoes percent-encoding; bytes that are no UTF-8 are replaced, a `%` without two digits stands for itself.
pub(super) fn decode(text: &str, plus: Plus) -> ByteString {
    if !text.contains('%') && (plus == Plus::IsPlus || !text.contains('+')) {
        return ByteString::from(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let escaped = (first == b'%').then(|| behind.get(..2).and_then(hex)).flatten();
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            None => {
                bytes.push(if first == b'+' && plus == Plus::IsSpace { b' ' } else { first });
                rest = behind;
            }
        }
    }
    match String::from_utf8_lossy(&bytes) {
        Cow::Borrowed(text) => ByteString::from(text),
        Cow::Owned(text) => ByteString::from(text),
    }
}

fn hex(digits: &[u8]) -> Option<u8> {
    let value = |digit: u8| char::from(digit).to_digit(16);
    u8::try_from(value(digits[0])? * 16 + value(digits[1])?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_takes_the_paths_that_fit_it() {
        let labels = |template, path| {
            fit(template, path)
                .map(|f| f.labels.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join(" "))
        };
        for (template, path, wanted) in [
            ("/2016-08-19/account-settings/", "/2016-08-19/account-settings/", Some("")),
            ("/2016-08-19/account-settings/", "/2016-08-19/account-settings", Some("")),
            ("/2016-08-19/account-settings/", "/2016-08-19/account-settings/x", None),
            ("/functions/{Name}", "/functions/a%2Fb+c", Some("Name=a/b+c")),
            ("/functions/{Name}", "/functions/", None),
            ("/functions/{Name}", "/functions", None),
            ("/f/{Name}/members/{Rest+}", "/f/a/members/x/y%20/z", Some("Name=a Rest=x/y /z")),
            ("/tags/{Arn+}/all?x", "/tags/a/b/all", Some("Arn=a/b")),
            ("/tags/{Arn+}/all", "/tags/all", None),
            ("/", "/", Some("")),
            ("/", "/x", None),
        ] {
            assert_eq!(labels(template, path).as_deref(), wanted, "{template} {path}");
        }
    }

    #[test]
    fn broken_escapes_stand_for_themselves() {
        for (text, wanted) in
            [("a%", "a%"), ("%4", "%4"), ("%zz", "%zz"), ("%41+%20", "A  "), ("%ff", "\u{fffd}")]
        {
            assert_eq!(decode(text, Plus::IsSpace), wanted);
        }
    }
}
