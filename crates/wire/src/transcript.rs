//! A request or an answer written down for an account of calls: JSON as CloudTrail has it, without what nobody shall read there.

use std::fmt;

use anabranch_types::Timestamp;
use bytes::{Bytes, BytesMut};

use crate::codec::{Encode, Encoder, ListForm, TimestampForm};
use crate::json;

/// Longest transcript; of what would be longer nothing is kept (CT cloudtrail-event-reference-record-contents: requestParameters and
/// responseElements beyond 100 KB are omitted).
pub const TRANSCRIPT_BYTES_MAX: usize = 100 * 1024;
/// What stands for a secret (as CloudTrail's own events have it).
pub const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// Writes a value down: member names begin with a small letter, what the model calls sensitive is hidden, and members that are blobs are left
/// out: 500 records would be told by 20 KB of the word that they are hidden. None if it would be longer
/// than [`TRANSCRIPT_BYTES_MAX`]; writing stops there.
pub fn of<T: Encode>(value: &T) -> Option<Bytes> {
    let mut transcript = Transcript::new();
    value.encode(&mut transcript);
    transcript.finish()
}

/// Whether what comes next is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Showing {
    /// It is.
    Shown,
    /// The value that begins next is a secret.
    SecretNext,
    /// So many structures, lists and maps of a secret are open.
    Within(u32),
}

struct Transcript {
    out: json::Encoder,
    showing: Showing,
    /// The member whose value comes next.
    member: Option<&'static str>,
    overflown: bool,
}

impl Transcript {
    fn new() -> Self {
        let out = json::Encoder::new(BytesMut::new());
        Self { out, showing: Showing::Shown, member: None, overflown: false }
    }

    fn finish(self) -> Option<Bytes> {
        let written = self.out.finish();
        (!self.overflown && written.len() <= TRANSCRIPT_BYTES_MAX).then(|| written.freeze())
    }

    /// Writes a name or what encloses values, unless it is in a secret.
    fn around(&mut self, write: impl FnOnce(&mut json::Encoder)) {
        self.overflown |= self.out.len() > TRANSCRIPT_BYTES_MAX;
        if self.showing == Showing::Shown && !self.overflown {
            if let Some(name) = self.member.take() {
                self.out.member_in_small(name);
            }
            write(&mut self.out);
        }
    }

    /// Writes a value that holds no others, hidden if it is a secret.
    fn value(&mut self, write: impl FnOnce(&mut json::Encoder)) {
        if self.showing == Showing::SecretNext {
            self.showing = Showing::Shown;
            return self.around(|out| out.string(HIDDEN));
        }
        self.around(write);
    }

    fn enter(&mut self, write: impl FnOnce(&mut json::Encoder)) {
        match self.showing {
            Showing::Shown => self.around(write),
            Showing::SecretNext => {
                self.value(|_| ());
                self.showing = Showing::Within(1);
            }
            Showing::Within(open) => self.showing = Showing::Within(open + 1),
        }
    }

    fn leave(&mut self, write: impl FnOnce(&mut json::Encoder)) {
        match self.showing {
            Showing::Within(1) => self.showing = Showing::Shown,
            Showing::Within(open) => self.showing = Showing::Within(open - 1),
            Showing::Shown | Showing::SecretNext => self.around(write),
        }
    }
}

impl Encoder for Transcript {
    fn begin_structure(&mut self) {
        self.enter(Encoder::begin_structure);
    }

    fn member(&mut self, name: &'static str) {
        self.member = Some(name).filter(|_| self.showing == Showing::Shown);
    }

    fn secret(&mut self) {
        if self.showing == Showing::Shown {
            self.showing = Showing::SecretNext;
        }
    }

    fn end_structure(&mut self) {
        self.leave(Encoder::end_structure);
    }

    fn begin_list(&mut self, form: ListForm, len: usize) {
        self.enter(|out| out.begin_list(form, len));
    }

    fn element(&mut self) {
        self.around(Encoder::element);
    }

    fn end_list(&mut self) {
        self.leave(Encoder::end_list);
    }

    fn begin_map(&mut self, len: usize) {
        self.enter(|out| out.begin_map(len));
    }

    fn key(&mut self, key: &str) {
        self.around(|out| out.key(key));
    }

    fn end_map(&mut self) {
        self.leave(Encoder::end_map);
    }

    fn string(&mut self, value: &str) {
        self.value(|out| out.string(value));
    }

    fn display(&mut self, value: &dyn fmt::Display) {
        self.value(|out| out.display(value));
    }

    fn blob(&mut self, _: &[u8]) {
        if self.member.take().is_none() {
            return self.value(|out| out.string(HIDDEN));
        }
        self.showing = Showing::Shown;
    }

    fn long(&mut self, value: i64) {
        self.value(|out| out.long(value));
    }

    fn double(&mut self, value: f64) {
        self.value(|out| out.double(value));
    }

    fn boolean(&mut self, value: bool) {
        self.value(|out| out.boolean(value));
    }

    fn timestamp(&mut self, value: Timestamp, _: TimestampForm) {
        self.value(|out| out.timestamp(value, TimestampForm::Iso8601));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A request with a name, a list of secret structures, a blob and a map.
    struct Request<'a>(&'a str, usize);

    impl Encode for Request<'_> {
        fn encode<E: Encoder>(&self, e: &mut E) {
            e.begin_structure();
            e.member("StreamARN");
            e.string(self.0);
            e.member("Keys");
            e.secret();
            e.begin_list(ListForm::MEMBER, self.1);
            for _ in 0..self.1 {
                e.element();
                e.begin_structure();
                e.member("Password");
                e.secret();
                e.string("hunter2");
                e.end_structure();
            }
            e.end_list();
            e.member("Data");
            e.blob(b"payload");
            e.member("Token");
            e.secret();
            e.string("secret");
            e.member("Tags");
            e.begin_map(1);
            e.key("Team");
            e.string("a");
            e.end_map();
            e.member("At");
            e.timestamp(Timestamp::from_seconds(0), TimestampForm::Default);
            e.end_structure();
        }
    }

    #[test]
    fn names_begin_small_secrets_are_hidden_and_blobs_left_out() {
        for secrets in [0, 1, 3] {
            let written = of(&Request("s", secrets)).unwrap();
            let expected = format!(
                r#"{{"streamARN":"s","keys":"{HIDDEN}","token":"{HIDDEN}","tags":{{"Team":"a"}},"at":"1970-01-01T00:00:00Z"}}"#
            );
            assert_eq!(std::str::from_utf8(&written).unwrap(), expected);
        }
    }

    #[test]
    fn what_is_too_long_is_not_written_down() {
        let rest = of(&Request("", 0)).unwrap().len();
        let longest = "x".repeat(TRANSCRIPT_BYTES_MAX - rest);
        assert_eq!(of(&Request(&longest, 0)).unwrap().len(), TRANSCRIPT_BYTES_MAX);
        assert_eq!(of(&Request(&format!("{longest}x"), 0)), None);
    }
}
