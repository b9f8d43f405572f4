//! Cross-origin calls of pages that may make them (Fetch standard, "CORS protocol").

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

use super::answer::{self, AnswerBody};
use super::guard::Guard;

/// What pages may read beside the body.
const EXPOSED: HeaderValue =
    HeaderValue::from_static("x-amzn-RequestId, x-amzn-ErrorType, x-amz-crc32, Date");
/// What pages may send by.
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, DELETE");
/// How long a browser need not ask again, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// The answer to a browser that asks whether a page may call; none if the request is no such question, or of a stranger.
pub(super) fn preflight(guard: &Guard, head: &Parts) -> Option<Response<AnswerBody>> {
    let asks = head.method == Method::OPTIONS && head.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let origin = head.headers.get(ORIGIN).filter(|origin| asks && knows(guard, origin))?;
    let mut answer = answer::plain(StatusCode::OK, "text/plain", "");
    let headers = answer.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    if let Some(wanted) = head.headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    allow(guard, Some(origin), headers);
    Some(answer)
}

/// Lets a page that may call read the answer.
pub(super) fn allow(guard: &Guard, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
    let Some(origin) = origin.filter(|origin| knows(guard, origin)) else { return };
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.append(VARY, HeaderValue::from_static("Origin"));
}

fn knows(guard: &Guard, origin: &HeaderValue) -> bool {
    origin.to_str().is_ok_and(|origin| guard.is_known_origin(origin))
}
