//! `anabranch tail`: what comes into a stream, as it comes. It polls, so nothing has to be registered.

mod poll;
mod show;
mod start;

use std::io::{self, BufWriter, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use anabranch_api::kinesis::{ChildShard, ListShards, Record, Shard, ShardFilter, ShardFilterType};
use anabranch_types::{Clock, ShardId, StreamName};
use tokio::sync::mpsc;

use super::connection::{Connection, explained};
use super::lineage::Lineage;
use super::{Failure, output, put};
use crate::client::{CallError, Kinesis};
use poll::Poll;
use show::{Aggregates, Form, Show};
use start::Start;

/// Answers of GetRecords that wait to be printed; while they do, nobody reads on.
const BATCHES_WAITING_MAX: usize = 8;

#[derive(clap::Args)]
#[command(after_help = "\
Text is shown as text, with control characters escaped; what is no text as base64. Records that a producer aggregated
(KPL) are shown one by one, with their own keys; what only looks like an aggregate is shown as it is, with the reason.
Ctrl-C ends. Every shard is read at most 5 times a second, which it shares with its other readers.

Examples:
  anabranch tail orders
  anabranch tail orders --from trim-horizon --limit 10
  anabranch tail orders --from 2026-11-21T08:00:00Z --json | jq -r .Text")]
pub(super) struct Arguments {
    /// The stream's name
    stream: String,

    /// Where to begin: latest, trim-horizon (the oldest record), a time like 2026-11-21T08:00:00Z, or how long ago: 10m
    #[arg(long, value_name = "WHERE", default_value = "latest")]
    from: Start,

    /// One JSON object per line, with the data in base64 as Data and, where it is text, as Text
    #[arg(long)]
    json: bool,

    /// Show aggregated records as they lie in their shard
    #[arg(long)]
    aggregated: bool,

    /// End after so many records
    #[arg(long, short = 'n', value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,

    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let stream = put::stream_name(&arguments.stream)?;
    let kinesis = arguments.connection.open()?;
    let from = arguments.from.at(Clock::machine_now());
    let shards = list_shards(&kinesis, &stream, from).await.map_err(explained)?;
    let form = if arguments.json { Form::Json } else { Form::Text };
    if form == Form::Text && io::stdout().is_terminal() {
        eprintln!("{}", show::HEADING);
    }
    let (sender, news) = mpsc::channel(BATCHES_WAITING_MAX);
    let mut readers =
        Readers { kinesis: Arc::new(kinesis), stream, from, lineage: Lineage::default(), sender, reading: 0 };
    for shard in shards {
        readers
            .lineage
            .add(shard.shard_id, shard.parent_shard_id.into_iter().chain(shard.adjacent_parent_shard_id));
    }
    readers.begin();
    let aggregates = if arguments.aggregated { Aggregates::Whole } else { Aggregates::TakenApart };
    print(readers, news, Show::new(form, aggregates), arguments.limit.unwrap_or(u64::MAX)).await
}

/// Something one shard's reader has to say.
enum News {
    /// Records, in order.
    Records(ShardId, Vec<Record>),
    /// The shard ended; these follow it.
    Ended(ShardId, Vec<ChildShard>),
    /// Something that will be tried again.
    Trouble(String),
    /// Reading cannot go on.
    Failed(CallError),
}

async fn print(
    mut readers: Readers,
    mut news: mpsc::Receiver<News>,
    mut show: Show,
    mut left: u64,
) -> Result<ExitCode, Failure> {
    let mut trouble = String::new();
    while readers.reading > 0 {
        match news.recv().await.expect("this side holds a sender too") {
            News::Records(shard, records) => {
                trouble.clear();
                let lines = records.iter().flat_map(|record| show.lines(shard, record));
                match write_lines(lines.take(usize::try_from(left).unwrap_or(usize::MAX))) {
                    Ok(written) => left -= written,
                    Err(error) => return output::finish(Err(error)),
                }
                if left == 0 {
                    break;
                }
            }
            News::Ended(shard, children) => readers.ended(shard, children),
            News::Trouble(sentence) if sentence != trouble => {
                eprintln!("anabranch: {sentence}; trying again");
                trouble = sentence;
            }
            News::Trouble(_) => {}
            News::Failed(error) => return Err(explained(error)),
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes and flushes, since somebody is watching. Answers how many lines it wrote.
fn write_lines(lines: impl Iterator<Item = String>) -> io::Result<u64> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut written = 0;
    for line in lines {
        writeln!(out, "{line}")?;
        written += 1;
    }
    out.flush()?;
    Ok(written)
}

/// The tasks that read, one per shard.
struct Readers {
    kinesis: Arc<Kinesis>,
    stream: StreamName,
    from: Start,
    lineage: Lineage,
    sender: mpsc::Sender<News>,
    reading: usize,
}

impl Readers {
    /// Begins the shards whose turn it is.
    fn begin(&mut self) {
        for shard in self.lineage.begin() {
            self.reading += 1;
            let poll = Poll {
                kinesis: Arc::clone(&self.kinesis),
                stream: self.stream.clone(),
                shard,
                from: self.from,
                news: self.sender.clone(),
            };
            tokio::spawn(poll.run());
        }
    }

    /// A shard ended: its children come next, with everything in them, as their parent's successors.
    fn ended(&mut self, shard: ShardId, children: Vec<ChildShard>) {
        self.reading -= 1;
        for child in children {
            self.lineage.add(child.shard_id, child.parent_shards);
        }
        self.lineage.ended(shard);
        if self.from == Start::Latest {
            self.from = Start::TrimHorizon;
        }
        self.begin();
    }
}

/// The shards to begin with: the open ones, or all where older records are wanted.
async fn list_shards(kinesis: &Kinesis, stream: &StreamName, from: Start) -> Result<Vec<Shard>, CallError> {
    let mut all = Vec::new();
    let mut next_token = None;
    loop {
        let first = next_token.is_none();
        let filter = ShardFilter { r#type: ShardFilterType::AtLatest, ..ShardFilter::default() };
        let page = kinesis
            .call(ListShards {
                // AWS: NextToken stands alone.
                stream_name: first.then(|| stream.clone()),
                shard_filter: (first && from == Start::Latest).then_some(filter),
                next_token: next_token.take(),
                ..ListShards::default()
            })
            .await?;
        all.extend(page.shards.unwrap_or_default());
        next_token = page.next_token;
        if next_token.is_none() {
            return Ok(all);
        }
    }
}
