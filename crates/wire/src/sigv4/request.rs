use http::HeaderMap;

/// A request as it came, before anything was decoded.
#[derive(Clone, Copy, Debug)]
pub struct SignedRequest<'a> {
    /// `POST`
    pub method: &'a str,
    /// The path as sent, percent-encoding and all.
    pub path: &'a str,
    /// The query string as sent, without its question mark; empty if there is none.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// HTTP/2's `:authority`, which stands for the host when there is no `Host` header.
    pub authority: Option<&'a str>,
    /// What the signature binds the body by.
    pub payload: Payload<'a>,
}

/// What a signature binds the body by.
#[derive(Clone, Copy, Debug)]
pub enum Payload<'a> {
    /// The SHA-256 of the body as it came over the wire, computed once by the caller.
    Sha256(&'a [u8; 32]),
    /// Nothing: for operations whose body has no end and whose clients sign `UNSIGNED-PAYLOAD` (PutMedia). Everywhere else that word is refused.
    Unsigned,
}

/// The word for a body that is not signed.
pub(super) const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

impl SignedRequest<'_> {
    /// The first value of a header, if it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
