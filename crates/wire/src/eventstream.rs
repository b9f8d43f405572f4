//! Event streams: `application/vnd.amazon.eventstream`, a sequence of messages with typed headers and two checksums each
//! (Smithy, "Amazon Event Stream Specification").

mod message;
mod read;

pub use message::{Builder, HeaderValue, Message, event, exception, initial_response};
pub use read::{Broken, Reader};

/// The content type of a body of messages.
pub const CONTENT_TYPE: &str = "application/vnd.amazon.eventstream";

/// The greatest message, headers and all (Smithy, "Amazon Event Stream Specification": 16 MB payload and 128 KB headers).
pub const MESSAGE_BYTES_MAX: usize = PAYLOAD_BYTES_MAX + HEADERS_BYTES_MAX + FRAME_BYTES;
/// The greatest payload.
pub const PAYLOAD_BYTES_MAX: usize = 16 << 20;
/// The most that the headers of a message may take.
pub const HEADERS_BYTES_MAX: usize = 128 << 10;

/// Total length, headers' length and their checksum.
const PRELUDE_BYTES: usize = 12;
/// What a message has beside headers and payload: the prelude and its own checksum.
const FRAME_BYTES: usize = PRELUDE_BYTES + 4;
