//! `anabranch put`: records from the command line, a file, or the lines of standard input.

use std::io::{self, BufRead, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anabranch_api::kinesis::PutRecordsRequestEntry;
use anabranch_types::{Rng, StreamName};
use bytes::Bytes;
use bytestring::ByteString;
use tokio::sync::mpsc;

use super::connection::{Connection, explained};
use super::put_records::{self, PutError};
use super::{Failure, output};
use crate::client::Kinesis;

/// AWS: PutRecordsRequestEntry, up to 10 MiB where the stream allows it. The server says the rest.
const RECORD_BYTES_MAX: usize = 10 * 1_048_576;
/// Lines read ahead of what was sent.
const LINES_AHEAD_MAX: usize = 2 * put_records::RECORDS_MAX;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  anabranch put orders '{\"id\": 1}'               one record
  anabranch put orders @invoice.pdf              one record with what the file holds
  tail -F access.log | anabranch put orders      one record per line, as they come
  anabranch put orders --partition-key k - < f   the same, all to one shard")]
pub(super) struct Arguments {
    /// The stream's name
    stream: String,

    /// The data: text, @FILE, or - for the lines of standard input, each a record
    #[arg(default_value = "-")]
    data: String,

    /// Which shard: records of one key keep their order [default: another one for every record]
    #[arg(long, short = 'k', value_name = "KEY")]
    partition_key: Option<String>,

    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let stream = stream_name(&arguments.stream)?;
    let kinesis = arguments.connection.open()?;
    let keys = Keys::new(arguments.partition_key);
    match Data::parse(arguments.data) {
        Data::Text(text) => put_one(&kinesis, &stream, keys.entry(Bytes::from(text))).await,
        Data::File(path) => put_one(&kinesis, &stream, keys.entry(read_file(&path)?)).await,
        Data::Lines => put_lines(&kinesis, &stream, &keys).await,
    }
}

/// The name, or a sentence about names.
pub(super) fn stream_name(text: &str) -> Result<StreamName, Failure> {
    text.parse().map_err(|_| {
        format!(
            "`{text}` cannot be a stream: a name is 1 to 128 letters, digits, underscores, dots and hyphens"
        )
        .into()
    })
}

#[derive(Debug, PartialEq, Eq)]
enum Data {
    Text(String),
    File(PathBuf),
    Lines,
}

impl Data {
    fn parse(argument: String) -> Self {
        match (argument.as_str(), argument.strip_prefix('@')) {
            ("-", _) => Data::Lines,
            (_, Some(path)) => Data::File(path.into()),
            _ => Data::Text(argument),
        }
    }
}

/// Where partition keys come from.
struct Keys {
    fixed: Option<ByteString>,
    rng: Rng,
}

impl Keys {
    fn new(fixed: Option<String>) -> Self {
        Self { fixed: fixed.map(ByteString::from), rng: Rng::system() }
    }

    fn entry(&self, data: Bytes) -> PutRecordsRequestEntry {
        let key = self.fixed.clone().unwrap_or_else(|| format!("{:016x}", self.rng.u64()).into());
        PutRecordsRequestEntry { data, partition_key: Some(key), ..PutRecordsRequestEntry::default() }
    }
}

fn read_file(path: &Path) -> Result<Bytes, Failure> {
    let cannot = |error: io::Error| -> Failure { format!("cannot read {}: {error}", path.display()).into() };
    let mut data = Vec::new();
    let file = std::fs::File::open(path).map_err(cannot)?;
    file.take(RECORD_BYTES_MAX as u64 + 1).read_to_end(&mut data).map_err(cannot)?;
    if data.len() > RECORD_BYTES_MAX {
        return Err(format!("{} is longer than 10 MiB, the most a record can hold", path.display()).into());
    }
    Ok(data.into())
}

async fn put_one(
    kinesis: &Kinesis,
    stream: &StreamName,
    entry: PutRecordsRequestEntry,
) -> Result<ExitCode, Failure> {
    let mut line = String::new();
    put_records::put_all(kinesis, stream, vec![entry], |a| {
        line = format!("{} {}", a.shard, a.sequence_number)
    })
    .await
    .map_err(failure)?;
    output::print_lines(&[line])
}

async fn put_lines(kinesis: &Kinesis, stream: &StreamName, keys: &Keys) -> Result<ExitCode, Failure> {
    if io::stdin().is_terminal() {
        eprintln!("Each line you type becomes a record of {stream}; Ctrl-D ends.");
    }
    let mut lines = read_lines();
    let (mut records, mut refusals) = (0_u64, 0);
    let mut outcome = Ok(());
    while let Some(first) = lines.recv().await {
        match next_batch(first, &mut lines, keys) {
            Ok(batch) => {
                let put = put_records::put_all(kinesis, stream, batch, |_| records += 1).await;
                match put {
                    Ok(refused) => refusals += refused,
                    Err(error) => outcome = Err(failure(error)),
                }
            }
            Err(error) => outcome = Err(format!("cannot read standard input: {error}").into()),
        }
        if outcome.is_err() {
            break;
        }
    }
    let again = if refusals > 0 {
        format!(" ({refusals} refusals by a shard's limit, sent again)")
    } else {
        String::new()
    };
    eprintln!("{records} {} put into {stream}{again}.", if records == 1 { "record" } else { "records" });
    outcome.map(|()| ExitCode::SUCCESS)
}

/// The line and what is waiting behind it, as far as one call holds them.
fn next_batch(
    first: io::Result<Bytes>,
    lines: &mut mpsc::Receiver<io::Result<Bytes>>,
    keys: &Keys,
) -> io::Result<Vec<PutRecordsRequestEntry>> {
    let mut batch = vec![keys.entry(first?)];
    let mut bytes = entry_bytes(&batch[0]);
    // A line that does not fit any more would have to be put back: so none is taken unless the longest fits.
    while batch.len() < put_records::RECORDS_MAX && bytes + LINE_BYTES_MAX <= put_records::BYTES_MAX {
        let Ok(line) = lines.try_recv() else { break };
        let entry = keys.entry(line?);
        bytes += entry_bytes(&entry);
        batch.push(entry);
    }
    Ok(batch)
}

fn entry_bytes(entry: &PutRecordsRequestEntry) -> usize {
    entry.data.len() + entry.partition_key.as_ref().map_or(0, |key| key.len())
}

/// The longest line: 1 MiB, what a record holds where nobody raised it, with a key of 1 KiB.
const LINE_BYTES_MAX: usize = 1_048_576;

/// The lines of standard input, read by a thread of their own.
fn read_lines() -> mpsc::Receiver<io::Result<Bytes>> {
    let (sender, receiver) = mpsc::channel(LINES_AHEAD_MAX);
    std::thread::spawn(move || {
        let mut input = io::stdin().lock();
        loop {
            let line = read_line(&mut input);
            let is_last = !matches!(line, Ok(Some(_)));
            let nobody_listens = line.transpose().is_some_and(|line| sender.blocking_send(line).is_err());
            if is_last || nobody_listens {
                return;
            }
        }
    });
    receiver
}

/// The next line without its end; none at the end of the input.
fn read_line(input: &mut impl BufRead) -> io::Result<Option<Bytes>> {
    let mut line = Vec::new();
    // Two bytes for an end of two.
    if input.take(LINE_BYTES_MAX as u64 + 2).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    for end in [b'\n', b'\r'] {
        if line.last() == Some(&end) {
            line.pop();
        }
    }
    if line.len() > LINE_BYTES_MAX {
        let sentence =
            "a line is longer than 1 MiB, the most a record holds; @FILE puts a file as one record";
        return Err(io::Error::new(io::ErrorKind::InvalidData, sentence));
    }
    Ok(Some(line.into()))
}

fn failure(error: PutError) -> Failure {
    match error {
        PutError::Refused(error) => explained(error),
        error => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_text_a_file_or_lines() {
        let cases = [
            ("-", Data::Lines),
            ("@f", Data::File("f".into())),
            ("--", Data::Text("--".into())),
            ("", Data::Text(String::new())),
            ("a@b", Data::Text("a@b".into())),
        ];
        for (argument, expected) in cases {
            assert_eq!(Data::parse(argument.to_owned()), expected);
        }
    }

    #[test]
    fn lines_end_where_people_end_them() {
        let mut input: &[u8] = b"a\r\n\nb c\n\xff";
        let mut lines = Vec::new();
        while let Some(line) = read_line(&mut input).expect("readable") {
            lines.push(line);
        }
        assert_eq!(lines, [&b"a"[..], b"", b"b c", b"\xff"]);
    }

    #[test]
    fn a_line_no_record_holds_is_refused() {
        let long = vec![b'a'; LINE_BYTES_MAX + 1];
        assert!(read_line(&mut &long[..]).is_err());
        assert_eq!(read_line(&mut &long[1..]).expect("just fits").map(|l| l.len()), Some(LINE_BYTES_MAX));
    }

    #[test]
    fn a_batch_never_holds_more_than_a_call_may() {
        let (sender, mut lines) = mpsc::channel(LINES_AHEAD_MAX);
        for bytes in [1_000_000, 1_048_576, 1_048_576, 1_048_576, 1_048_576, 1_048_576] {
            sender.try_send(Ok(Bytes::from(vec![0; bytes]))).expect("there is room");
        }
        let keys = Keys::new(Some("k".repeat(256)));
        let batch = next_batch(Ok(Bytes::from_static(b"first")), &mut lines, &keys).expect("readable");
        assert!(batch.iter().map(entry_bytes).sum::<usize>() <= put_records::BYTES_MAX);
        assert!(batch.len() > 3, "{}", batch.len());
    }
}
