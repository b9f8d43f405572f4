//! Where the demo's records come from: one line, one record.

use std::io::{self, BufRead, Cursor, Read};
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use bytes::Bytes;
use bytestring::ByteString;

/// The access log that ships with the program; `data/README.md` says how it is made.
static ACCESS_LOG: &[u8] = include_bytes!("../../../data/access.log");

/// AWS: PutRecordsRequestEntry, 1 MiB of data and partition key together; a kibibyte is left for the key.
const LINE_BYTES_MAX: usize = 1_048_576 - 1_024;
/// AWS: PartitionKey, 256 characters; cut at as many bytes, of which each makes a character of three bytes at most.
const KEY_BYTES_MAX: usize = 256;
/// The key of a line without a word.
const KEY_OF_BLANK: &str = "-";

/// One line as a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line's first word: in an access log, the client's address.
    pub partition_key: ByteString,
    /// The line without its end.
    pub data: Bytes,
}

/// What the user wants fed.
#[derive(Clone, Debug)]
pub enum Input {
    /// The access log that ships with the program, over and over.
    AccessLog,
    /// Standard input, once.
    Standard,
    /// A file, once.
    File(PathBuf),
}

impl Input {
    /// What `--input` means: nothing is the access log, `-` standard input.
    pub fn parse(argument: Option<&Path>) -> Self {
        match argument {
            None => Input::AccessLog,
            Some(path) if path == Path::new("-") => Input::Standard,
            Some(path) => Input::File(path.to_owned()),
        }
    }

    /// Opens it. Reading blocks.
    pub fn open(&self) -> io::Result<Lines> {
        Ok(match self {
            Input::AccessLog => Lines::new(Box::new(Cursor::new(ACCESS_LOG)), Some(ACCESS_LOG)),
            Input::Standard => Lines::new(Box::new(io::BufReader::new(io::stdin())), None),
            Input::File(path) => Lines::new(Box::new(io::BufReader::new(fs::File::open(path)?)), None),
        })
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::AccessLog => f.write_str("the access log that ships with anabranch, over and over"),
            Input::Standard => f.write_str("standard input"),
            Input::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// The lines of an input.
pub struct Lines {
    reader: Box<dyn BufRead + Send>,
    again: Option<&'static [u8]>,
    number: u64,
}

impl Lines {
    fn new(reader: Box<dyn BufRead + Send>, again: Option<&'static [u8]>) -> Self {
        Self { reader, again, number: 0 }
    }

    /// The next line; `None` at the end. A line that no record can hold is an error that names it.
    pub fn next_line(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.read_one()? {
            return Ok(Some(line));
        }
        match self.again {
            Some(text) => {
                self.reader = Box::new(Cursor::new(text));
                self.read_one()
            }
            None => Ok(None),
        }
    }

    fn read_one(&mut self) -> io::Result<Option<Line>> {
        let mut data = Vec::new();
        // One byte for the end, one to notice that there is more.
        let read = (&mut self.reader).take(LINE_BYTES_MAX as u64 + 2).read_until(b'\n', &mut data)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if data.last() == Some(&b'\n') {
            data.pop();
            if data.last() == Some(&b'\r') {
                data.pop();
            }
        }
        if data.len() > LINE_BYTES_MAX {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "line {} is longer than {LINE_BYTES_MAX} bytes, the most a record holds",
                    self.number
                ),
            ));
        }
        Ok(Some(Line { partition_key: partition_key(&data), data: Bytes::from(data) }))
    }
}

fn partition_key(line: &[u8]) -> ByteString {
    let word = line.split(u8::is_ascii_whitespace).find(|word| !word.is_empty()).unwrap_or_default();
    let text = String::from_utf8_lossy(&word[..word.len().min(KEY_BYTES_MAX)]);
    if text.is_empty() { ByteString::from_static(KEY_OF_BLANK) } else { ByteString::from(&*text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8]) -> Vec<(String, Vec<u8>)> {
        let mut lines = Lines::new(Box::new(Cursor::new(text.to_vec())), None);
        std::iter::from_fn(|| lines.next_line().expect("readable"))
            .map(|line| (line.partition_key.to_string(), line.data.to_vec()))
            .collect()
    }

    #[test]
    fn a_line_is_a_record_and_its_first_word_the_key() {
        type Case = (&'static [u8], &'static [(&'static str, &'static [u8])]);
        let cases: [Case; 6] = [
            (b"", &[]),
            (b"10.0.0.1 GET /\nb\n", &[("10.0.0.1", b"10.0.0.1 GET /"), ("b", b"b")]),
            (b"no end", &[("no", b"no end")]),
            (b"dos\r\n", &[("dos", b"dos")]),
            (b"\n  \tx\n", &[("-", b""), ("x", b"  \tx")]),
            (b"\xff\xfe z\n", &[("\u{fffd}\u{fffd}", b"\xff\xfe z")]),
        ];
        for (text, expected) in cases {
            let expected: Vec<_> = expected.iter().map(|(k, d)| ((*k).to_owned(), d.to_vec())).collect();
            assert_eq!(lines(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_longest_line_passes_and_a_longer_one_is_named() {
        let mut text = vec![b'a'; LINE_BYTES_MAX];
        text.extend_from_slice(b"\nshort\n");
        assert_eq!(lines(&text).len(), 2);
        text.insert(0, b'a');
        let error = Lines::new(Box::new(Cursor::new(text)), None).next_line().expect_err("too long");
        assert!(error.to_string().starts_with("line 1 is longer than"), "{error}");
    }

    #[test]
    fn the_access_log_begins_again_at_its_end() {
        let count = ACCESS_LOG.iter().filter(|b| **b == b'\n').count();
        let mut lines = Input::AccessLog.open().expect("it ships with the program");
        let all: Vec<Line> = (0..=count).map_while(|_| lines.next_line().expect("readable")).collect();
        assert_eq!(all.len(), count + 1);
        assert_eq!(all[0], all[count]);
    }
}
