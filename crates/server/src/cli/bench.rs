//! `anabranch bench`: drives a server with load and prints what it did and what it cost.

mod bodies;
mod case;
mod cost;
mod fan_out;
mod figures;
mod gets;
mod leases;
mod probe;
mod puts;
mod recorded;
mod report;
mod server;
mod stream;
mod user;
mod wire;

use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use anabranch_wire::Protocol;
use clap::{Subcommand, ValueEnum};

use super::Failure;
use super::connection::Connection;
use super::output::print_lines;
use case::{Case, Prepared, Workload};
use figures::Sample;
use report::{Report, Row};
use server::Server;

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    compare: Option<Comparing>,

    #[command(flatten)]
    load: LoadArguments,
}

#[derive(Subcommand)]
enum Comparing {
    /// Put the same load on other servers in turn, run by run, and print ratios with their spreads
    Compare(CompareArguments),
}

#[derive(clap::Args)]
struct CompareArguments {
    /// Another server: its name, where it answers, and its process id if its processor time shall be told
    #[arg(long = "peer", value_name = "NAME=URL[,PID]", required = true)]
    peers: Vec<Peer>,

    #[command(flatten)]
    load: LoadArguments,
}

#[derive(clap::Args)]
struct LoadArguments {
    /// What to measure [default: everything]
    #[arg(value_name = "WORKLOAD", value_enum)]
    workloads: Vec<Workload>,

    #[command(flatten)]
    connection: Connection,

    /// The process id of the server at --endpoint, to tell its processor time and memory
    #[arg(long, value_name = "PID", requires = "endpoint")]
    server_pid: Option<u32>,

    /// The disk: where a server is started in a directory that is removed afterwards, and where fdatasync is timed
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,

    /// Measure each workload on encrypted streams too, and tell what sealing costs
    #[arg(long)]
    encrypted: bool,

    /// Measure each workload by an IAM user under an identity policy and a resource policy too, and tell what that costs beside the root.
    /// The user is made by who calls, and stays on a server that goes on running
    #[arg(long)]
    as_user: bool,

    /// Measure each workload with a trail that asks for data events and an alarm on each stream too, and tell what that costs
    #[arg(long, conflicts_with = "endpoint")]
    recorded: bool,

    /// How requests are written [default: both]
    #[arg(long, value_name = "PROTOCOL")]
    protocol: Vec<Dialect>,

    /// How long each run lasts
    #[arg(long, value_name = "SECONDS", default_value = "3", value_parser = seconds)]
    seconds: Duration,

    /// How long the same load runs before that, unmeasured
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    warm_up: Duration,

    /// How many runs; the median is told
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100))]
    runs: u16,

    /// Print JSON, with the least and the greatest of each figure
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Dialect {
    /// As most SDKs do
    Json,
    /// As the SDK for Java does
    Cbor,
}

/// Another server.
#[derive(Clone, Debug)]
struct Peer {
    name: String,
    endpoint: String,
    pid: Option<u32>,
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let (load, peers) = match arguments.compare {
        Some(Comparing::Compare(compare)) => (compare.load, compare.peers),
        None => (arguments.load, Vec::new()),
    };
    let probe = match (&load.data_dir, &load.connection.endpoint) {
        (Some(dir), _) => Some(probe::probe(dir)?),
        (None, None) => Some(probe::probe(&std::env::temp_dir())?),
        (None, Some(_)) => None,
    };
    let mut report = Report { probe, ..Report::default() };
    report.probe_processor(load.encrypted);
    for case in load.cases() {
        report.rows.extend(load.measure(&case, &peers).await?);
    }
    report.probe_processor(load.encrypted);
    let failed = report.rows.iter().any(|row| row.outcome.is_err());
    if load.json {
        print_lines(&[format!("{:#}", report.json())])?;
    } else {
        print_lines(&report.table())?;
        let ratios = report.ratios();
        if !ratios.is_empty() {
            print_lines(&[String::new()])?;
            print_lines(&ratios)?;
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

impl LoadArguments {
    fn cases(&self) -> Vec<Case> {
        let workloads = if self.workloads.is_empty() { Workload::value_variants() } else { &self.workloads };
        let dialects = if self.protocol.is_empty() { Dialect::value_variants() } else { &self.protocol };
        let protocols = dialects.iter().map(|dialect| dialect.protocol());
        let protocols: Vec<Protocol> = protocols.collect();
        workloads.iter().flat_map(|w| protocols.iter().flat_map(|protocol| w.cases(*protocol))).collect()
    }

    /// The first server is ours; each case gets a new one where we start it.
    async fn servers(&self, peers: &[Peer]) -> Result<Vec<Server>, Failure> {
        let mut servers = vec![self.own()?];
        if self.encrypted {
            servers.push(self.own()?.encrypted());
        }
        if self.as_user {
            servers.push(self.own()?.called_by_user().await?);
        }
        if self.recorded {
            servers.push(self.own()?.recorded().await?);
        }
        for peer in peers {
            let connection = Connection { endpoint: Some(peer.endpoint.clone()), ..self.connection.clone() };
            servers.push(self.running(peer.name.clone(), &connection, peer.pid)?);
        }
        Ok(servers)
    }

    fn own(&self) -> Result<Server, Failure> {
        match self.connection.endpoint {
            Some(_) => self.running("server".to_owned(), &self.connection, self.server_pid),
            None => Server::start(self.data_dir.as_deref()),
        }
    }

    fn running(&self, name: String, connection: &Connection, pid: Option<u32>) -> Result<Server, Failure> {
        let kinesis = connection.open()?;
        let endpoint = kinesis.endpoint();
        Ok(Server::running(name, endpoint.target().clone(), endpoint.identity().clone(), pid))
    }

    /// A case on every server, their runs one after the other in turn.
    async fn measure(&self, case: &Case, peers: &[Peer]) -> Result<Vec<Row>, Failure> {
        let mut lanes = Vec::new();
        for mut server in self.servers(peers).await? {
            let prepared =
                case.prepare(&mut server, self.warm_up).await.map_err(|failure| failure.to_string());
            lanes.push((server, prepared, Vec::new()));
        }
        for _ in 0..self.runs {
            for (server, prepared, samples) in &mut lanes {
                one_run(server, prepared, samples, self.seconds).await;
            }
        }
        let mut rows = Vec::new();
        for (server, prepared, samples) in lanes {
            let outcome = match prepared {
                Ok(prepared) => prepared.clean_up(&server).await.map(|()| samples).map_err(|f| f.to_string()),
                Err(why) => Err(why),
            };
            rows.push(Row { case: case.clone(), server: server.name.clone(), outcome });
        }
        Ok(rows)
    }
}

/// A run where the case could be prepared and has not failed since.
async fn one_run(
    server: &mut Server,
    prepared: &mut Result<Prepared, String>,
    samples: &mut Vec<Sample>,
    lasts: Duration,
) {
    let Ok(ready) = prepared else { return };
    match ready.run(server, lasts).await {
        Ok(sample) => samples.push(sample),
        Err(failure) => *prepared = Err(failure.to_string()),
    }
}

impl Dialect {
    fn protocol(self) -> Protocol {
        match self {
            Dialect::Json => Protocol::Json11,
            Dialect::Cbor => Protocol::Cbor11,
        }
    }
}

impl FromStr for Peer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no NAME=URL or NAME=URL,PID");
        let (name, rest) = text.split_once('=').ok_or_else(wrong)?;
        let (endpoint, pid) = match rest.split_once(',') {
            Some((endpoint, pid)) => (endpoint, Some(pid.parse().map_err(|_| wrong())?)),
            None => (rest, None),
        };
        Ok(Self { name: name.to_owned(), endpoint: endpoint.to_owned(), pid })
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("`{text}` is no number of seconds"))?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_a_name_an_endpoint_and_perhaps_a_process() {
        let parsed = |text: &str| text.parse::<Peer>().ok().map(|p| (p.name, p.endpoint, p.pid));
        let some = |pid| Some(("k".to_owned(), "http://127.0.0.1:1".to_owned(), pid));
        assert_eq!(parsed("k=http://127.0.0.1:1"), some(None));
        assert_eq!(parsed("k=http://127.0.0.1:1,42"), some(Some(42)));
        assert_eq!(parsed("k=http://127.0.0.1:1,x"), None);
        assert_eq!(parsed("http://127.0.0.1:1"), None);
    }

    #[test]
    fn every_workload_has_a_row_in_json() {
        for workload in Workload::value_variants() {
            assert!(!workload.cases(Protocol::Json11).is_empty(), "{workload:?}");
        }
    }
}
