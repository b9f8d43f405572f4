//! `anabranch demo`: a server, a stream, real input through it and back, and the proof that nothing was lost on the way.
//!
//! Read [`demo`] for the story; [`feed`] writes, [`fan_out`] reads, [`board`] counts both, [`report`] tells.

mod board;
mod fan_out;
mod feed;
mod latency;
mod live;
mod report;
mod server;
mod source;
mod table;
mod tally;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anabranch_api::kinesis::{
    ConsumerStatus, CreateStream, DescribeStreamConsumer, DescribeStreamSummary, ListShards,
    RegisterStreamConsumer, Shard, StreamDescriptionSummary, StreamStatus,
};
use anabranch_types::StreamName;
use bytestring::ByteString;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::Failure;
use crate::client::Kinesis;
use board::{Board, Count};
use fan_out::FanOut;
use feed::Feed;
use live::{Live, Screen};
use report::Report;
use server::Server;
use source::Input;

const STREAM: &str = "access-log";
const CONSUMER: &str = "demo";
/// More shards than anybody watches.
const SHARDS_MAX: i64 = 100;
const SECONDS_DEFAULT: u64 = 15;
/// How long a stream or a consumer may take to become active.
const ACTIVE_MAX: Duration = Duration::from_secs(30);
const ACTIVE_INTERVAL: Duration = Duration::from_millis(50);
/// How long reading may stand still before what is missing counts as lost.
const STANDSTILL_MAX: Duration = Duration::from_secs(15);

#[derive(clap::Args)]
#[command(after_help = "\
The demo starts `anabranch serve` on a free port and a temporary directory, which is removed at the end.
It exits 0 only if every record that was acknowledged came back, once, and in order for its partition key.

Examples:
  anabranch demo
  anabranch demo --seconds 10 --json
  anabranch demo --input /var/log/nginx/access.log
  journalctl -f | anabranch demo --input - --keep")]
pub(super) struct Arguments {
    /// How long to send [default: 15, or until the end of --input]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    seconds: Option<u64>,

    /// Send the lines of this file, once, instead of the access log that ships with the program; - is standard input.
    /// A line's first word is its partition key.
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,

    /// How many shards the stream has. Each takes 1,000 records or 1 MiB a second.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(i32).range(1..=SHARDS_MAX))]
    shards: i32,

    /// Print one JSON object at the end and nothing else
    #[arg(long, conflicts_with = "keep")]
    json: bool,

    /// Leave the server running afterwards, until Ctrl-C, to try things by hand
    #[arg(long)]
    keep: bool,
}

pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(demo(arguments))
}

async fn demo(arguments: Arguments) -> Result<ExitCode, Failure> {
    let mut interrupts = Interrupts::watch()?;
    let input = Input::parse(arguments.input.as_deref());
    let lines = input.open().map_err(|error| format!("cannot read {input}: {error}"))?;
    let screen = if arguments.json { Screen::Silent } else { Screen::of_standard_output() };
    let say = |text: String| {
        if screen != Screen::Silent {
            println!("{text}");
        }
    };

    let mut server = Server::start().await?;
    say(format!(
        "A server of its own answers at {} (process {}), on {}.",
        server.target(),
        server.process_id().unwrap_or_default(),
        server.data_directory().display()
    ));
    let stage = Stage::set(server.client()?, arguments.shards).await?;
    say(format!(
        "Into the stream {STREAM} of {} shards goes {input},\nthrough PutRecords; back it comes by enhanced fan-out.\n",
        stage.shards.len()
    ));

    let until = match (arguments.seconds, &input) {
        (Some(seconds), _) => Some(Duration::from_secs(seconds)),
        (None, Input::AccessLog) => Some(Duration::from_secs(SECONDS_DEFAULT)),
        (None, _) => None,
    };
    let mut live = Live::new(Arc::clone(&stage.board), screen, until);
    let began = Instant::now();
    tokio::select! {
        played = stage.play(lines, until, &mut interrupts) => played?,
        () = live.run() => {}
        died = server.died() => return Err(died),
    }
    let report = stage.report(began.elapsed());
    live.draw();

    match screen {
        Screen::Silent => println!("{}", report.json()),
        Screen::Plain | Screen::Terminal => println!("\n{}", report.text()),
    }
    if arguments.keep {
        println!(
            "\nThe server stays until Ctrl-C. In another terminal, by hand:\n\n{}",
            report::guide(&server.target().to_string())
        );
        tokio::select! {
            () = interrupts.next() => println!(),
            died = server.died() => return Err(died),
        }
    } else {
        say(format!(
            "\nThe same by hand: `anabranch serve` starts a server that stays (`anabranch demo --keep` keeps this one), then\n\n{}",
            report::guide(crate::client::ENDPOINT_DEFAULT)
        ));
    }
    server.stop().await?;
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A stream with a consumer, ready to be written and read.
struct Stage {
    kinesis: Kinesis,
    stream: StreamName,
    consumer_arn: ByteString,
    /// In the order of their hash keys.
    shards: Vec<Shard>,
    board: Arc<Board>,
}

impl Stage {
    /// Makes the stream and the consumer, and waits until both are active.
    async fn set(kinesis: Kinesis, shards: i32) -> Result<Self, Failure> {
        let stream: StreamName = STREAM.parse()?;
        let request = CreateStream {
            stream_name: stream.clone(),
            shard_count: Some(shards),
            ..CreateStream::default()
        };
        kinesis.call(request).await?;
        let described = active_stream(&kinesis, &stream).await?;
        let request = ListShards { stream_name: Some(stream.clone()), ..ListShards::default() };
        let mut shards = kinesis.call(request).await?.shards.unwrap_or_default();
        shards.sort_by_key(|shard| shard.hash_key_range.ending_hash_key);
        let request = RegisterStreamConsumer {
            stream_arn: described.stream_arn,
            consumer_name: CONSUMER.into(),
            ..RegisterStreamConsumer::default()
        };
        let consumer_arn = kinesis.call(request).await?.consumer.consumer_arn;
        wait_for_consumer(&kinesis, &consumer_arn).await?;
        Ok(Self { kinesis, stream, consumer_arn, shards, board: Arc::default() })
    }

    /// Sends until the lines or the time end, or somebody interrupts; then reads until everything is back. A second interrupt
    /// gives up.
    async fn play(
        &self,
        lines: source::Lines,
        until: Option<Duration>,
        interrupts: &mut Interrupts,
    ) -> Result<(), Failure> {
        let (stop, stopped) = watch::channel(false);
        let feed = Feed {
            kinesis: self.kinesis.clone(),
            stream: self.stream.clone(),
            shard_ends: self.shards.iter().map(|shard| shard.hash_key_range.ending_hash_key).collect(),
            board: Arc::clone(&self.board),
            stop: stopped,
        };
        let fan_out = FanOut {
            kinesis: self.kinesis.clone(),
            consumer_arn: self.consumer_arn.clone(),
            board: Arc::clone(&self.board),
        };
        let end = async {
            tokio::select! {
                () = sleep(until.unwrap_or(Duration::MAX)) => {}
                () = interrupts.next() => {}
            }
            stop.send_replace(true);
            interrupts.next().await;
        };
        let feed_and_wait = async {
            feed.run(lines).await?;
            self.wait_until_read().await;
            Ok(())
        };
        tokio::select! {
            outcome = feed_and_wait => outcome,
            outcome = fan_out.run(self.shards.iter().map(|shard| shard.shard_id).collect()) => {
                outcome.and(Err("every shard ended before everything was read".into()))
            }
            () = end => Err("interrupted before everything was compared".into()),
        }
    }

    /// Done when everything acknowledged was read, or when nothing comes any more.
    async fn wait_until_read(&self) {
        loop {
            let read = self.board.records_read();
            if timeout(STANDSTILL_MAX, self.board.caught_up()).await.is_ok()
                || self.board.records_read() == read
            {
                return;
            }
        }
    }

    fn report(&self, took: Duration) -> Report {
        let counts = self.board.counts();
        Report {
            verdict: self.board.verdict(),
            count: Count::sum(counts.iter().map(|(_, count)| count)),
            shards: self.shards.len(),
            refusals: self.board.refusals(),
            took,
        }
    }
}

async fn active_stream(kinesis: &Kinesis, stream: &StreamName) -> Result<StreamDescriptionSummary, Failure> {
    let deadline = Instant::now() + ACTIVE_MAX;
    loop {
        let request =
            DescribeStreamSummary { stream_name: Some(stream.clone()), ..DescribeStreamSummary::default() };
        let described = kinesis.call(request).await?.stream_description_summary;
        if described.stream_status == StreamStatus::Active {
            return Ok(described);
        }
        if Instant::now() > deadline {
            return Err(format!("the stream {stream} did not become active").into());
        }
        sleep(ACTIVE_INTERVAL).await;
    }
}

async fn wait_for_consumer(kinesis: &Kinesis, arn: &ByteString) -> Result<(), Failure> {
    let deadline = Instant::now() + ACTIVE_MAX;
    loop {
        let request =
            DescribeStreamConsumer { consumer_arn: Some(arn.clone()), ..DescribeStreamConsumer::default() };
        let described = kinesis.call(request).await?.consumer_description;
        if described.consumer_status == ConsumerStatus::Active {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err("the consumer did not become active".into());
        }
        sleep(ACTIVE_INTERVAL).await;
    }
}

/// Ctrl-C, and the signal by which other programs say the same.
struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
}

impl Interrupts {
    fn watch() -> Result<Self, Failure> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Done at the next one.
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
