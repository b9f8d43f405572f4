use http::HeaderMap;
use http::header::CONTENT_TYPE;

use super::Protocol;

impl Protocol {
    /// The protocol that a request's headers announce; `None` when they announce none that we speak. `application/json` is REST-JSON,
    /// which the route has to confirm. Parameters and spaces around the type do not matter (kinesalite, test/connection.js).
    pub fn detect(headers: &HeaderMap) -> Option<Protocol> {
        if let Some((name, value)) = Protocol::RpcV2Cbor.marker()
            && headers.get(name).is_some_and(|v| v.as_bytes() == value.as_bytes())
        {
            return Some(Protocol::RpcV2Cbor);
        }
        let announced = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        Protocol::of_content_type(announced)
    }

    /// The protocol of a content type; `application/cbor` alone is none, it takes the `smithy-protocol` header.
    pub fn of_content_type(content_type: &str) -> Option<Protocol> {
        let bare = content_type.split(';').next().unwrap_or_default().trim();
        let spoken = [
            ("application/x-amz-json-1.1", Protocol::Json11),
            ("application/x-amz-json-1.0", Protocol::Json10),
            ("application/x-amz-cbor-1.1", Protocol::Cbor11),
            ("application/x-www-form-urlencoded", Protocol::Query),
            ("application/json", Protocol::RestJson),
        ];
        spoken.into_iter().find(|(name, _)| bare.eq_ignore_ascii_case(name)).map(|(_, protocol)| protocol)
    }
}
