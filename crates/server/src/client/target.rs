//! Where requests go.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::Uri;

/// Where `anabranch serve` listens unless told otherwise.
pub const ENDPOINT_DEFAULT: &str = "http://127.0.0.1:4566";

/// An endpoint: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// `scheme://host[:port]`
    text: String,
    authority: String,
    is_tls: bool,
    is_loopback: bool,
}

/// The text is no endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no endpoint: write http://HOST:PORT or https://HOST:PORT")]
pub struct InvalidTarget {
    text: String,
}

impl Target {
    /// `host:port` as the Host header has it: without a port that is the scheme's own.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Whether it is spoken to through TLS.
    pub fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// Whether it is on this machine by its name alone.
    pub fn is_loopback(&self) -> bool {
        self.is_loopback
    }
}

impl FromStr for Target {
    type Err = InvalidTarget;

    fn from_str(text: &str) -> Result<Self, InvalidTarget> {
        let invalid = || InvalidTarget { text: text.to_owned() };
        let uri: Uri = text.trim().parse().map_err(|_| invalid())?;
        let is_tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(invalid()),
        };
        let authority = uri.authority().filter(|a| !a.as_str().contains('@')).ok_or_else(invalid)?;
        if uri.path() != "/" || uri.query().is_some() || authority.host().is_empty() {
            return Err(invalid());
        }
        let own_port = if is_tls { 443 } else { 80 };
        let host_and_port = match authority.port_u16() {
            Some(port) if port != own_port => format!("{}:{port}", authority.host()),
            _ => authority.host().to_owned(),
        };
        Ok(Self {
            text: format!("{}://{host_and_port}", if is_tls { "https" } else { "http" }),
            authority: host_and_port,
            is_tls,
            is_loopback: is_loopback(authority.host()),
        })
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => bare == "localhost" || bare.ends_with(".localhost"),
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_scheme_host_and_port() {
        let cases = [
            ("http://127.0.0.1:4566", Some(("http://127.0.0.1:4566", true))),
            ("http://localhost:4566/", Some(("http://localhost:4566", true))),
            ("https://[::1]:443", Some(("https://[::1]", true))),
            ("https://streams.example.org", Some(("https://streams.example.org", false))),
            ("http://10.0.0.1:1", Some(("http://10.0.0.1:1", false))),
            ("127.0.0.1:4566", None),
            ("localhost", None),
            ("ftp://localhost", None),
            ("http://localhost/path", None),
            ("http://user@localhost", None),
            ("http://", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let parsed = text.parse::<Target>().ok().map(|t| (t.to_string(), t.is_loopback()));
            assert_eq!(parsed, expected.map(|(t, l)| (t.to_owned(), l)), "{text}");
        }
    }
}
