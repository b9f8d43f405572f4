//! Bodies of put requests, each different from every other: made once, then numbered anew for each request.

use anabranch_wire::Protocol;
use base64_simd::STANDARD;
use bytes::{Bytes, BytesMut};

/// Digits of the number that every record begins with. Sixteen hexadecimal digits are base64 too: in JSON the number is written
/// into the text itself and is twelve bytes of the data.
const NUMBER_BYTES: usize = 16;
const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// What a request puts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// PutRecord.
    One,
    /// PutRecords with so many.
    Many(usize),
}

/// Bodies of one connection.
pub(super) struct Bodies {
    body: BytesMut,
    /// Where each record's number and partition key begin in the body.
    places: Vec<(usize, usize)>,
    random: fastrand::Rng,
}

impl Bodies {
    /// Bodies for a stream whose records hold so many bytes (at least 16) each.
    pub(super) fn new(protocol: Protocol, form: Form, stream: &str, record_bytes: usize, seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut draft = Draft { body: BytesMut::new(), places: Vec::new() };
        match protocol {
            Protocol::Cbor11 => draft.cbor(form, stream, record_bytes, &mut random),
            _ => draft.json(form, stream, record_bytes, &mut random),
        }
        Self { body: draft.body, places: draft.places, random }
    }

    /// The next body. `number` begins every record's data; without one a number of chance does.
    pub(super) fn next(&mut self, number: Option<u64>) -> Bytes {
        for (data, key) in &self.places {
            let digits = hexadecimal(number.unwrap_or_else(|| self.random.u64(..)));
            self.body[*data..*data + NUMBER_BYTES].copy_from_slice(&digits);
            let digits = hexadecimal(self.random.u64(..));
            self.body[*key..*key + NUMBER_BYTES].copy_from_slice(&digits);
        }
        std::mem::take(&mut self.body).freeze()
    }

    /// Gives back a body that was sent, so that its memory is used again.
    pub(super) fn give_back(&mut self, body: Bytes) {
        self.body = body.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&shared[..]));
    }
}

/// The number a record's data begins with, in JSON's base64.
pub(super) fn number_in_base64(data: &str) -> Option<u64> {
    u64::from_str_radix(data.get(..NUMBER_BYTES)?, 16).ok()
}

/// The same where base64 was undone.
pub(super) fn number_in_data(data: &[u8]) -> Option<u64> {
    number_in_base64(&STANDARD.encode_to_string(data.get(..NUMBER_BYTES / 4 * 3)?))
}

fn hexadecimal(number: u64) -> [u8; NUMBER_BYTES] {
    std::array::from_fn(|at| DIGITS[(number >> (4 * (NUMBER_BYTES - 1 - at)) & 15) as usize])
}

struct Draft {
    body: BytesMut,
    places: Vec<(usize, usize)>,
}

impl Draft {
    fn json(&mut self, form: Form, stream: &str, record_bytes: usize, random: &mut fastrand::Rng) {
        let count = match form {
            Form::One => 1,
            Form::Many(count) => count,
        };
        if form != Form::One {
            self.text("{\"Records\": [");
        }
        for at in 0..count {
            self.text(if at > 0 { ", {\"Data\": \"" } else { "{\"Data\": \"" });
            let data = self.body.len();
            self.text(&STANDARD.encode_to_string(noise(record_bytes, random)));
            self.text("\", \"PartitionKey\": \"");
            self.places.push((data, self.body.len()));
            self.body.extend_from_slice(&[b'0'; NUMBER_BYTES]);
            self.text("\"");
            self.text(if form == Form::One { "" } else { "}" });
        }
        self.text(if form == Form::One { ", " } else { "], " });
        self.text(&format!("\"StreamName\": \"{stream}\"}}"));
    }

    /// As the SDK for Java writes it: lists and maps without a length.
    fn cbor(&mut self, form: Form, stream: &str, record_bytes: usize, random: &mut fastrand::Rng) {
        const MAP: u8 = 0xbf;
        const LIST: u8 = 0x9f;
        const END: u8 = 0xff;
        self.body.extend_from_slice(&[MAP]);
        self.cbor_text("StreamName");
        self.cbor_text(stream);
        let count = match form {
            Form::One => 1,
            Form::Many(count) => {
                self.cbor_text("Records");
                self.body.extend_from_slice(&[LIST]);
                count
            }
        };
        for _ in 0..count {
            if form != Form::One {
                self.body.extend_from_slice(&[MAP]);
            }
            self.cbor_text("Data");
            self.cbor_head(2, record_bytes);
            let data = self.body.len();
            self.body.extend_from_slice(&noise(record_bytes, random));
            self.cbor_text("PartitionKey");
            self.cbor_head(3, NUMBER_BYTES);
            self.places.push((data, self.body.len()));
            self.body.extend_from_slice(&[b'0'; NUMBER_BYTES]);
            if form != Form::One {
                self.body.extend_from_slice(&[END]);
            }
        }
        if form != Form::One {
            self.body.extend_from_slice(&[END]);
        }
        self.body.extend_from_slice(&[END]);
    }

    fn text(&mut self, text: &str) {
        self.body.extend_from_slice(text.as_bytes());
    }

    fn cbor_text(&mut self, text: &str) {
        self.cbor_head(3, text.len());
        self.text(text);
    }

    /// RFC 8949, 3: a type and a length of up to 32 bits.
    fn cbor_head(&mut self, major: u8, length: usize) {
        let [_, _, _, _, a, b, c, d] = (length as u64).to_be_bytes();
        match length {
            0..24 => self.body.extend_from_slice(&[major << 5 | d]),
            24..256 => self.body.extend_from_slice(&[major << 5 | 24, d]),
            256..65_536 => self.body.extend_from_slice(&[major << 5 | 25, c, d]),
            _ => self.body.extend_from_slice(&[major << 5 | 26, a, b, c, d]),
        }
    }
}

fn noise(bytes: usize, random: &mut fastrand::Rng) -> Vec<u8> {
    std::iter::repeat_with(|| random.u8(..)).take(bytes).collect()
}

#[cfg(test)]
mod tests {
    use anabranch_api::kinesis::{PutRecord, PutRecords};
    use anabranch_wire::Violations;

    use super::*;

    const SHAPES: [(Protocol, usize); 4] = [
        (Protocol::Json11, 1024),
        (Protocol::Json11, 100),
        (Protocol::Cbor11, 1024),
        (Protocol::Cbor11, 102_400),
    ];

    #[test]
    fn a_body_of_many_is_a_request_with_as_many_different_records() {
        for (protocol, record_bytes) in SHAPES {
            let mut bodies = Bodies::new(protocol, Form::Many(7), "orders", record_bytes, 1);
            let read =
                |body| protocol.decode::<PutRecords>(body, &mut Violations::default()).expect("a request");
            let first = bodies.next(None);
            let request = read(first.clone());
            assert_eq!((request.records.len(), request.records[6].data.len()), (7, record_bytes));
            assert_ne!(request.records[0].data, request.records[1].data);
            bodies.give_back(first.clone());
            assert_ne!(read(bodies.next(None)).records[0].data, request.records[0].data);
        }
    }

    #[test]
    fn the_number_of_a_record_is_found_again() {
        for (protocol, record_bytes) in SHAPES {
            let mut bodies = Bodies::new(protocol, Form::One, "orders", record_bytes, 1);
            let number = 0x0123_4567_89ab_cdef;
            let body = bodies.next(Some(number));
            let request: PutRecord = protocol.decode(body, &mut Violations::default()).expect("a request");
            assert_eq!(request.data.len(), record_bytes);
            match protocol {
                Protocol::Cbor11 => assert_eq!(&request.data[..16], b"0123456789abcdef"),
                _ => assert_eq!(number_in_data(&request.data), Some(number)),
            }
        }
    }
}
