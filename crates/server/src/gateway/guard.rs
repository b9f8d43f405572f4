//! The browser guard of an open server: a web page that somebody happens to open must not read streams or create functions.

use std::net::IpAddr;

use http::header::{HOST, HeaderName, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, Uri};

/// Fetch Metadata (W3C): where the page stands that made a browser send the request.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Which hosts an open server may be called by and which pages may call it.
///
/// Pages of strangers are told apart by what they cannot change: a page that sends across origins has an `Origin` or a `Sec-Fetch-Site`
/// that says so; a page that had its own name resolved to this machine (DNS rebinding) calls by that name, which
/// has a dot.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    /// Origins that may call beside loopback's, in lower case.
    origins: Vec<String>,
    /// Host names beside addresses, localhost and names without a dot, in lower case.
    hosts: Vec<String>,
}

/// Why a request was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// It calls this server by a name that could be anybody's.
    Host,
    /// A page of an origin that was not named sent it.
    Origin,
    /// A page elsewhere sent it, without saying from where.
    Site,
}

impl Guard {
    /// A guard that knows these origins and hosts.
    pub fn new(origins: Vec<String>, hosts: Vec<String>) -> Self {
        Self { origins, hosts }
    }

    /// Lets a request pass or says why not.
    pub fn check(&self, request: &Parts) -> Result<(), Stranger> {
        self.check_host(&request.uri, &request.headers)?;
        let origins: Vec<_> = request.headers.get_all(ORIGIN).iter().collect();
        match origins[..] {
            [] => Self::check_site(&request.headers),
            [origin] if origin.to_str().is_ok_and(|o| self.is_known_origin(o)) => Ok(()),
            _ => Err(Stranger::Origin),
        }
    }

    /// Whether pages of this origin may call.
    pub fn is_known_origin(&self, origin: &str) -> bool {
        let origin = origin.to_ascii_lowercase();
        self.origins.contains(&origin) || is_loopback_page(&origin)
    }

    /// Every name the request calls us by must be known: `:authority` or the target's, and each `Host`.
    fn check_host(&self, target: &Uri, headers: &HeaderMap) -> Result<(), Stranger> {
        let of_target = target.authority().map(|a| a.host());
        let mut of_headers = Vec::new();
        for value in headers.get_all(HOST) {
            let text = value.to_str().map_err(|_| Stranger::Host)?;
            of_headers.push(host_of(text).ok_or(Stranger::Host)?);
        }
        let mut named = of_target.into_iter().chain(of_headers).peekable();
        if named.peek().is_none() || !named.all(|host| self.is_known_host(host)) {
            return Err(Stranger::Host);
        }
        Ok(())
    }

    fn is_known_host(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(&host);
        bare.parse::<IpAddr>().is_ok()
            || is_localhost(&host)
            || (!host.is_empty() && !host.contains('.'))
            || self.hosts.contains(&host)
    }

    fn check_site(headers: &HeaderMap) -> Result<(), Stranger> {
        let foreign = |site: &http::HeaderValue| !matches!(site.as_bytes(), b"same-origin" | b"none");
        if headers.get_all(SEC_FETCH_SITE).iter().any(foreign) { Err(Stranger::Site) } else { Ok(()) }
    }
}

impl Stranger {
    /// What the caller is told.
    pub const fn sentence(self) -> &'static str {
        match self {
            Stranger::Host => {
                "This server does not answer by that host name. Start it with --allowed-hosts to add the name."
            }
            Stranger::Origin => {
                "Web pages of that origin may not call this server. Start it with --cors-origins to let them."
            }
            Stranger::Site => "Web pages of other sites may not call this server.",
        }
    }
}

/// The host of `host[:port]`; none if that is no authority.
fn host_of(text: &str) -> Option<&str> {
    let end = match text.strip_prefix('[') {
        Some(rest) => rest.find(']')? + 2,
        None => text.find(':').unwrap_or(text.len()),
    };
    let (host, port) = text.split_at(end);
    let digits = port.strip_prefix(':').unwrap_or_default();
    let whole = port.is_empty() || (port.starts_with(':') && digits.bytes().all(|b| b.is_ascii_digit()));
    whole.then_some(host)
}

/// `localhost` and every name under it, which resolvers keep on loopback (RFC 6761, 6.3).
fn is_localhost(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    host == "localhost" || host.ends_with(".localhost")
}

/// Whether an origin is `http://` or `https://` and a loopback address or localhost.
fn is_loopback_page(origin: &str) -> bool {
    let Some(authority) = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")) else {
        return false;
    };
    let Some(host) = host_of(authority) else { return false };
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    is_localhost(host) || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(headers: &[(&str, &str)]) -> Result<(), Stranger> {
        let guard =
            Guard::new(vec!["https://console.example.com".into()], vec!["streams.example.com".into()]);
        let mut request = http::Request::get("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        guard.check(&request.body(()).expect("a legal request").into_parts().0)
    }

    #[test]
    fn names_that_rebinding_cannot_use_pass() {
        for host in [
            "127.0.0.1:4566",
            "[::1]:4566",
            "192.0.2.7",
            "localhost:4566",
            "LOCALHOST",
            "localhost.",
            "s3.localhost:1",
            "anabranch",
            "kinesis:4566",
            "streams.example.com:4566",
            "Streams.Example.com",
        ] {
            assert_eq!(check(&[("host", host)]), Ok(()), "{host}");
        }
    }

    #[test]
    fn names_with_a_dot_are_strangers() {
        for host in [
            "evil.example",
            "evil.example:4566",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "0x7f.1",
            "",
            "evil.example:4566@localhost",
            "streams.example.com.",
            "[::1].evil.example",
            "kinesis.us-east-1.amazonaws.com",
        ] {
            assert_eq!(check(&[("host", host)]), Err(Stranger::Host), "{host}");
        }
        assert_eq!(check(&[]), Err(Stranger::Host), "a request without a host");
        assert_eq!(check(&[("host", "localhost"), ("host", "evil.example")]), Err(Stranger::Host));
    }

    #[test]
    fn the_targets_own_authority_counts_as_well() {
        let request = http::Request::get("http://evil.example/").header("host", "localhost");
        let parts = request.body(()).expect("a legal request").into_parts().0;
        assert_eq!(Guard::default().check(&parts), Err(Stranger::Host));
    }

    #[test]
    fn only_pages_on_loopback_and_named_ones_have_an_origin_that_passes() {
        for origin in [
            "http://localhost:3000",
            "https://127.0.0.1",
            "http://[::1]:8080",
            "http://console.localhost",
            "https://console.example.com",
            "HTTPS://Console.Example.com",
        ] {
            assert_eq!(check(&[("host", "localhost"), ("origin", origin)]), Ok(()), "{origin}");
        }
        for origin in [
            "null",
            "",
            "https://evil.example",
            "http://console.example.com",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "http://192.0.2.1",
            "file://",
            "http://localhost:x",
        ] {
            let verdict = check(&[("host", "localhost"), ("origin", origin)]);
            assert_eq!(verdict, Err(Stranger::Origin), "{origin}");
        }
        let two = [("host", "localhost"), ("origin", "http://localhost"), ("origin", "https://evil.example")];
        assert_eq!(check(&two), Err(Stranger::Origin));
    }

    #[test]
    fn a_page_that_hides_its_origin_is_known_by_its_site() {
        for (site, verdict) in [
            ("cross-site", Err(Stranger::Site)),
            ("same-site", Err(Stranger::Site)),
            ("same-origin", Ok(())),
            ("none", Ok(())),
        ] {
            assert_eq!(check(&[("host", "127.0.0.1:4566"), ("sec-fetch-site", site)]), verdict, "{site}");
        }
    }
}
