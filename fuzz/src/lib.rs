//! What several fuzz targets ask of a decoder. Each target is a file of `targets/`, its seeds are in `seeds/`.
//!
//! A target calls what takes bytes from outside or from disk, as the server does. It asserts more than that nothing panics: what was
//! read is written and read again, another protocol says the same, or a library that others keep agrees.

use anabranch_api::Operation;
use anabranch_wire::{Envelope, Protocol, Violations};
use bytes::{Bytes, BytesMut};

const ENVELOPE: Envelope<'static> = Envelope { operation: "", namespace: "", version: "", request_id: "" };

/// Reads a body in a protocol, and writes what it read in others.
pub type Check = fn(Protocol, &[u8], &[Protocol]);

/// Makes a check of the operation that `choice` picks from the list.
#[macro_export]
macro_rules! one_of {
    ($choice:expr, $check:ident($($argument:expr),*), [$($operation:ty),+ $(,)?]) => {{
        let checks: &[$crate::Check] = &[$($crate::$check::<$operation>),+];
        checks[usize::from($choice) % checks.len()]($($argument),*)
    }};
}

/// Reads a request, checks it against its model and, if it is one that a service would be given, holds it to this: written in any of
/// `protocols` and read from there it is the same request.
pub fn request<Op: Operation>(protocol: Protocol, body: &[u8], protocols: &[Protocol]) {
    let mut violations = Violations::default();
    let read = Op::read(protocol, Bytes::copy_from_slice(body), &mut violations);
    let Ok(request) = read else { return };
    request.check(&mut violations);
    if !violations.is_empty() {
        assert!(!violations.to_string().is_empty());
        return;
    }
    if protocol.well_formed(body).is_err() {
        return;
    }
    let written = write(&request, protocol);
    for other in protocols {
        let there = write(&request, *other);
        assert_eq!(other.well_formed(&there), Ok(()), "{other:?} does not take what it wrote");
        let mut violations = Violations::default();
        let back = match Op::read(*other, there, &mut violations) {
            Ok(back) => back,
            Err(error) => panic!("{other:?} cannot read what it wrote: {error}"),
        };
        assert!(violations.is_empty(), "{other:?}: {violations}");
        assert_eq!(write(&back, protocol), written, "{other:?} says something else");
    }
}

fn write<Op: Operation>(request: &Op, protocol: Protocol) -> Bytes {
    protocol.encode_request(request, &ENVELOPE, BytesMut::new()).freeze()
}

/// Reads an answer and, if it is one, holds it to this: written and read again it is the same answer.
pub fn answer<Op: Operation>(protocol: Protocol, body: &[u8], _: &[Protocol]) {
    let mut violations = Violations::default();
    let read = protocol.decode_answer::<Op::Output>(Bytes::copy_from_slice(body), &mut violations);
    let Ok(output) = read else { return };
    if !violations.is_empty() {
        return;
    }
    let write = |output: &Op::Output| protocol.encode(output, &ENVELOPE, BytesMut::new()).freeze();
    let written = write(&output);
    let mut violations = Violations::default();
    match protocol.decode_answer::<Op::Output>(written.clone(), &mut violations) {
        Ok(back) => assert_eq!(write(&back), written),
        Err(error) => panic!("cannot read what was written: {error}"),
    }
}
