use std::borrow::Cow;
use std::fmt::Write as _;

use bytestring::ByteString;

use crate::percent::{self, Encoded, Plus};

/// The labels of a path, by the template's names.
pub type Labels = Vec<(&'static str, ByteString)>;

/// A URI of a model: `/2015-03-31/functions/{FunctionName}/code`, `/tags/{resourceArn+}?literal`.
#[derive(Clone, Debug)]
pub struct Template {
    segments: Vec<Segment>,
    /// Parameters that the query string has to have, with their value where the template gives one.
    query: Vec<(&'static str, Option<&'static str>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Segment {
    Literal(&'static str),
    Label(&'static str),
    /// `{name+}`: one segment or more, slashes and all.
    Greedy(&'static str),
}

impl Template {
    /// Takes a model's `requestUri` apart.
    pub fn new(uri: &'static str) -> Self {
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let segment = |text: &'static str| match text.strip_prefix('{').and_then(|t| t.strip_suffix('}')) {
            Some(label) => label.strip_suffix('+').map_or(Segment::Label(label), Segment::Greedy),
            None => Segment::Literal(text),
        };
        let parameter = |text: &'static str| match text.split_once('=') {
            Some((name, value)) => (name, Some(value).filter(|v| !v.is_empty())),
            None => (text, None),
        };
        Self {
            segments: path.split('/').filter(|s| !s.is_empty()).map(segment).collect(),
            query: query.split('&').filter(|p| !p.is_empty()).map(parameter).collect(),
        }
    }

    /// The labels of a request, whose path and query string are as sent; `None` if it is not for this template. A slash at the path's end does
    /// not count; an empty label never fits.
    pub fn matches(&self, path: &str, query: &str) -> Option<Labels> {
        if !self.query.iter().all(|wanted| has_parameter(query, *wanted)) {
            return None;
        }
        let mut given: Vec<&str> = path.trim_start_matches('/').trim_end_matches('/').split('/').collect();
        given.retain(|segment| !segment.is_empty() || path.len() > 1);
        let mut labels = Labels::new();
        let mut at = 0;
        for (index, segment) in self.segments.iter().enumerate() {
            let taken = match segment {
                // What a greedy label leaves is what the segments after it need.
                Segment::Greedy(_) => given.len().checked_sub(at + self.segments.len() - index - 1)?,
                _ => 1,
            };
            let part = given.get(at..at + taken).filter(|part| !part.is_empty())?;
            match segment {
                Segment::Literal(text) if part == [*text] => {}
                Segment::Literal(_) => return None,
                Segment::Label(name) | Segment::Greedy(name) => {
                    let text = percent::decode(&part.join("/"), Plus::IsPlus).map(Cow::into_owned)?;
                    labels.push((name, Some(text).filter(|text| !text.is_empty())?.into()));
                }
            }
            at += taken;
        }
        let rest = &given[at..];
        (rest.is_empty() || rest == [""]).then_some(labels)
    }

    /// How precisely the template names its paths: of several that match a request the greatest is meant.
    pub fn precision(&self) -> (usize, usize) {
        let literal = self.segments.iter().filter(|s| matches!(s, Segment::Literal(_))).count();
        (literal, self.query.len())
    }

    /// The path and the query string that the labels make, for our own clients; `None` when one is missing or empty.
    pub fn fill<'l>(&self, label: impl Fn(&str) -> Option<&'l str>) -> Option<(String, String)> {
        let mut path = String::new();
        for segment in &self.segments {
            let written = match segment {
                Segment::Literal(text) => write!(path, "/{text}"),
                Segment::Label(name) => write!(path, "/{}", Encoded::part(given(&label, name)?.as_bytes())),
                Segment::Greedy(name) => write!(path, "/{}", Encoded::path(given(&label, name)?.as_bytes())),
            };
            written.expect("writing to memory does not fail");
        }
        if path.is_empty() {
            path.push('/');
        }
        let mut query = String::new();
        for (name, value) in &self.query {
            super::write_query(&mut query, name, value.unwrap_or_default());
        }
        Some((path, query))
    }
}

fn given<'l>(label: &impl Fn(&str) -> Option<&'l str>, name: &str) -> Option<&'l str> {
    label(name).filter(|text| !text.is_empty())
}

fn has_parameter(query: &str, (name, value): (&str, Option<&str>)) -> bool {
    let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.any(|(n, v)| n == name && value.is_none_or(|wanted| v == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(template: &'static str, uri: &str) -> Option<Vec<(&'static str, String)>> {
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let matched = Template::new(template).matches(path, query)?;
        Some(matched.into_iter().map(|(name, value)| (name, value.to_string())).collect())
    }

    #[test]
    fn a_path_fits_its_template_and_no_other() {
        let text = |t: &str| t.to_owned();
        for (template, uri, expected) in [
            ("/", "/", Some(vec![])),
            ("/", "/x", None),
            ("/2016-08-19/account-settings/", "/2016-08-19/account-settings", Some(vec![])),
            ("/2016-08-19/account-settings/", "/2016-08-19/account-settings/", Some(vec![])),
            ("/2016-08-19/account-settings/", "/2016-08-19/account-settings/x", None),
            ("/functions/{Name}/code", "/functions/a%2Fb/code", Some(vec![("Name", text("a/b"))])),
            ("/functions/{Name}/code", "/functions//code", None),
            ("/functions/{Name}/code", "/functions/a/b/code", None),
            ("/functions/{Name}", "/functions", None),
            ("/functions/{Name}", "/functions/%ff", None),
            ("/tags/{Arn+}", "/tags/arn:aws:x/y/z", Some(vec![("Arn", text("arn:aws:x/y/z"))])),
            ("/tags/{Arn+}", "/tags/", None),
            ("/b/{Key+}/end", "/b/1/2/end", Some(vec![("Key", text("1/2"))])),
            ("/b/{Key+}/end", "/b/end", None),
            ("/x?acl", "/x?acl=&y=1", Some(vec![])),
            ("/x?acl", "/x?y=1", None),
            ("/x?mode=a", "/x?mode=b", None),
        ] {
            assert_eq!(labels(template, uri), expected, "{template} {uri}");
        }
    }

    #[test]
    fn a_filled_template_matches_itself() {
        let template = Template::new("/a/{Name}/{Rest+}?op=x");
        let label = |name: &str| Some(if name == "Name" { "n/ä" } else { "r/s t" });
        let (path, query) = template.fill(label).expect("both labels");
        assert_eq!((&*path, &*query), ("/a/n%2F%C3%A4/r/s%20t", "op=x"));
        assert_eq!(
            template.matches(&path, &query),
            Some(vec![("Name", ByteString::from_static("n/ä")), ("Rest", ByteString::from_static("r/s t"))])
        );
        assert_eq!(template.fill(|_| None), None);
    }

    #[test]
    fn the_more_precise_template_is_greater() {
        let precision = |uri| Template::new(uri).precision();
        assert!(precision("/a/list") > precision("/a/{Name}"));
        assert!(precision("/a?x") > precision("/a"));
    }

    proptest::proptest! {
        #[test]
        fn any_path_never_panics(path in "[ -~]{0,40}", query in "[ -~]{0,20}") {
            for template in ["/", "/{A}", "/{A+}", "/x/{A+}/{B}/y", "/x?q=1"] {
                let _ = Template::new(template).matches(&path, &query);
            }
        }
    }
}
