//! What was measured, as a table and as JSON.

use anabranch_wire::Protocol;
use serde_json::{Map, Value, json};

use super::super::columns::{Side, aligned};
use super::case::Case;
use super::figures::{FIGURES, Figure, Latencies, Sample, figure};
use super::probe;
use super::server::ENCRYPTED;

/// A case on one server.
pub(super) struct Row {
    pub(super) case: Case,
    pub(super) server: String,
    /// The runs, or why there are none.
    pub(super) outcome: Result<Vec<Sample>, String>,
}

/// Everything of one invocation.
#[derive(Default)]
pub(super) struct Report {
    pub(super) rows: Vec<Row>,
    /// What the directory's disk takes for an fdatasync, where it is known.
    pub(super) probe: Option<Latencies>,
    /// Processor time of SHA-256 before the first run and after the last.
    pub(super) sha256_nanos_per_kib: Vec<f64>,
    /// The same of AES-256-GCM, where encryption is measured.
    pub(super) aes_256_gcm_nanos_per_kib: Vec<f64>,
}

/// The table's columns: heading, figure, digits after the point.
const COLUMNS: [(&str, &str, usize); 10] = [
    ("RECORDS/S", "records_per_second", 0),
    ("MB/S", "megabytes_per_second", 1),
    ("P50 MS", "p50_ms", 2),
    ("P99 MS", "p99_ms", 2),
    ("P99.9 MS", "p999_ms", 2),
    ("SERVER US/REC", "server_cpu_us_per_record", 2),
    ("CLIENT US/REC", "client_cpu_us_per_record", 2),
    ("SERVER CPU %", "server_cpu_percent", 1),
    ("RSS MIB", "server_resident_mib", 0),
    ("REFUSED", "refused", 0),
];

/// What ratios are told of.
const COST: &str = "server_cpu_us_per_record";
const RATE: &str = "records_per_second";

impl Report {
    /// A line per row.
    pub(super) fn table(&self) -> Vec<String> {
        let mut heading = vec!["WORKLOAD".to_owned(), "PROTOCOL".to_owned(), "SERVER".to_owned()];
        heading.extend(COLUMNS.map(|(heading, ..)| heading.to_owned()));
        let mut cells = vec![heading];
        for row in self.measured() {
            let mut line =
                vec![row.case.to_string(), protocol_name(row.case.protocol).to_owned(), row.server.clone()];
            line.extend(COLUMNS.map(|(_, name, digits)| cell(figure(row.samples, name), digits)));
            cells.push(line);
        }
        let mut sides = vec![Side::Left; 3];
        sides.resize(3 + COLUMNS.len(), Side::Right);
        let mut lines = aligned(&cells, &sides);
        lines.extend(self.sealing_lines());
        lines.extend(self.failures());
        lines.extend(self.ready_line());
        lines.extend(self.probe_line());
        lines.extend(self.processor_lines());
        lines
    }

    /// The other servers beside the first one: how many times its cost and its rate, the spread of all pairs of runs in brackets.
    pub(super) fn ratios(&self) -> Vec<String> {
        let heading = ["WORKLOAD", "PROTOCOL", "SERVER", "SERVER CPU / RECORD", "RECORDS/S"];
        let mut cells = vec![heading.map(str::to_owned).to_vec()];
        for (own, other) in self.pairs() {
            cells.push(vec![
                own.case.to_string(),
                protocol_name(own.case.protocol).to_owned(),
                other.server.clone(),
                shown_ratio(ratio(other.samples, own.samples, COST), "x"),
                shown_ratio(ratio(own.samples, other.samples, RATE), "x less"),
            ]);
        }
        match cells.len() {
            1 => Vec::new(),
            _ => aligned(&cells, &[Side::Left, Side::Left, Side::Left, Side::Right, Side::Right]),
        }
    }

    pub(super) fn json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            let outcome = match &row.outcome {
                Ok(samples) => json!({ "runs": samples.len(), "figures": figures(samples) }),
                Err(why) => json!({ "failed": why }),
            };
            let mut value = json!({
                "workload": row.case.to_string(),
                "protocol": protocol_name(row.case.protocol),
                "server": row.server,
            });
            if let (Value::Object(value), Value::Object(outcome)) = (&mut value, outcome) {
                value.extend(outcome);
            }
            value
        });
        let rows: Vec<Value> = rows.collect();
        let ratios: Vec<Value> = self
            .pairs()
            .map(|(own, other)| {
                json!({
                    "workload": own.case.to_string(),
                    "protocol": protocol_name(own.case.protocol),
                    "server": other.server,
                    "server_cpu_per_record": ratio(other.samples, own.samples, COST).map(spread),
                    "records_per_second": ratio(own.samples, other.samples, RATE).map(spread),
                })
            })
            .collect();
        let probe = self.probe.as_ref().map(|probe| {
            let ms = |share| probe.quantile(share).map(|took| took.as_secs_f64() * 1e3);
            json!({ "p50_ms": ms(0.5), "p99_ms": ms(0.99), "p999_ms": ms(0.999) })
        });
        json!({ "version": env!("CARGO_PKG_VERSION"), "rows": rows, "ratios": ratios, "fdatasync": probe, "sha256_ns_per_kib": self.sha256_nanos_per_kib, "aes_256_gcm_ns_per_kib": self.aes_256_gcm_nanos_per_kib })
    }

    fn measured(&self) -> impl Iterator<Item = Measured<'_>> {
        self.rows.iter().filter_map(|row| {
            let samples = row.outcome.as_ref().ok()?;
            Some(Measured { case: &row.case, server: &row.server, samples })
        })
    }

    /// Each row of another server with the row of the first one.
    fn pairs(&self) -> impl Iterator<Item = (Measured<'_>, Measured<'_>)> {
        let first = self.rows.first().map(|row| &row.server);
        let is_own = move |row: &Measured<'_>| Some(row.server) == first;
        self.measured().filter(is_own).flat_map(move |own| {
            let key = (own.case.to_string(), own.case.protocol);
            self.measured()
                .filter(move |row| !is_own(row) && (row.case.to_string(), row.case.protocol) == key)
                .map(move |other| (own, other))
        })
    }

    /// What sealing costs, or opening what was sealed.
    fn sealing_lines(&self) -> impl Iterator<Item = String> {
        self.pairs().filter(|(_, other)| other.server == ENCRYPTED).filter_map(|(own, other)| {
            let cost = |row: Measured<'_>| Some(figure(row.samples, COST)?.median);
            let more = cost(other)? - cost(own)?;
            let protocol = protocol_name(own.case.protocol);
            Some(format!("{} {protocol}: encrypted {more:+.2} us of server CPU a record", own.case))
        })
    }

    fn failures(&self) -> Vec<String> {
        let failed = self.rows.iter().filter_map(|row| Some((row, row.outcome.as_ref().err()?)));
        failed.map(|(row, why)| format!("{} on {}: {why}", row.case, row.server)).collect()
    }

    fn ready_line(&self) -> Option<String> {
        let all: Vec<Sample> = self.measured().filter_map(|row| row.samples.first().cloned()).collect();
        let ready = figure(&all, "ready_ms")?;
        Some(format!("start to ready: {:.0} ms ({:.0} to {:.0})", ready.median, ready.least, ready.greatest))
    }

    fn probe_line(&self) -> Option<String> {
        let probe = self.probe.as_ref()?;
        let ms = |share| probe.quantile(share).unwrap_or_default().as_secs_f64() * 1e3;
        Some(format!(
            "fdatasync of 4 KiB here: p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms",
            ms(0.5),
            ms(0.99),
            ms(0.999)
        ))
    }
}

impl Report {
    /// Times what the processor takes, before the first run and after the last.
    pub(super) fn probe_processor(&mut self, encrypted: bool) {
        self.sha256_nanos_per_kib.extend(probe::sha256_nanos_per_kib());
        if encrypted {
            self.aes_256_gcm_nanos_per_kib.extend(probe::aes_256_gcm_nanos_per_kib());
        }
    }

    fn processor_lines(&self) -> impl Iterator<Item = String> {
        let probes =
            [("SHA-256", &self.sha256_nanos_per_kib), ("AES-256-GCM", &self.aes_256_gcm_nanos_per_kib)];
        probes.into_iter().filter_map(|(name, nanos)| {
            let [before, after] = nanos[..] else { return None };
            Some(format!(
                "{name} here: {before:.0} ns of CPU a KiB before the first run, {after:.0} after the last"
            ))
        })
    }
}

/// A row with runs.
#[derive(Clone, Copy)]
struct Measured<'a> {
    case: &'a Case,
    server: &'a String,
    samples: &'a [Sample],
}

fn protocol_name(protocol: Protocol) -> &'static str {
    if protocol == Protocol::Cbor11 { "cbor" } else { "json" }
}

fn cell(figure: Option<Figure>, digits: usize) -> String {
    figure.map_or_else(|| "-".to_owned(), |figure| format!("{:.digits$}", figure.median))
}

/// How many times `below` goes into `above`, over all pairs of runs.
fn ratio(above: &[Sample], below: &[Sample], name: &str) -> Option<Figure> {
    let of = |sample: &Sample| figure(std::slice::from_ref(sample), name).map(|figure| figure.median);
    let below: Vec<f64> = below.iter().filter_map(of).collect();
    Figure::of(above.iter().filter_map(of).flat_map(|a| below.iter().map(move |b| a / b)))
}

fn shown_ratio(ratio: Option<Figure>, unit: &str) -> String {
    ratio.map_or_else(
        || "-".to_owned(),
        |r| format!("{:.2} {unit} ({:.2} to {:.2})", r.median, r.least, r.greatest),
    )
}

fn figures(samples: &[Sample]) -> Map<String, Value> {
    FIGURES
        .iter()
        .filter_map(|(name, _)| Some(((*name).to_owned(), spread(figure(samples, name)?))))
        .collect()
}

fn spread(figure: Figure) -> Value {
    json!({ "median": figure.median, "least": figure.least, "greatest": figure.greatest })
}
