//! `anabranch audit`: finds out whether somebody changed the account of what happened.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anabranch_catalog::SqliteCatalog;
use anabranch_cloudtrail::ledger::{self, AuditKey, Book, Head, Verified, Verifier};
use anabranch_log::GroupId;
use anabranch_log::disk::RealDisk;
use anabranch_log::local::offline::{self, DumpedFrame};
use anabranch_types::AccountId;
use serde_json::json;

use super::init::MasterKeySource;
use super::{Failure, output, with_causes};
use crate::config;
use crate::world::{CATALOG_FILE, LOG_DIR};

/// Something was changed.
const CHANGED: u8 = 1;
/// Nothing was found out.
const NOT_DONE: u8 = 2;

#[derive(clap::Args)]
#[command(after_help = "\
No server may use the directory meanwhile. Exit codes: 0 nothing was changed, 1 something was, 2 it could not be looked at.
docs/operations.md says what to keep elsewhere so that every change is found.")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Read every ledger from its beginning, and compare its chain, its heads and the heads that are known from elsewhere. Changes nothing.
    Verify(Box<Verify>),
}

#[derive(clap::Args)]
struct Verify {
    /// The data directory, or a backup of one [default: the platform's data directory for `anabranch`]
    #[arg(long, value_name = "DIR", env = "ANABRANCH_DATA_DIR")]
    data_dir: Option<PathBuf>,

    /// The key of the heads, where `anabranch serve` is given one too [default: the one under the master key]
    #[arg(long, value_name = "FILE", env = "ANABRANCH_AUDIT_KEY")]
    audit_key: Option<PathBuf>,

    #[command(flatten)]
    master_key: MasterKeySource,

    /// A file with heads that were kept elsewhere, one JSON object a line
    #[arg(long, value_name = "FILE")]
    heads: Option<PathBuf>,

    /// One JSON object a ledger instead of words
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let Command::Verify(arguments) = arguments.command;
    Ok(verify(&arguments).await.unwrap_or_else(|failure| {
        eprintln!("anabranch: {}", with_causes(&*failure));
        ExitCode::from(NOT_DONE)
    }))
}

async fn verify(arguments: &Verify) -> Result<ExitCode, Failure> {
    let named = arguments.data_dir.clone().or_else(config::platform_data_dir);
    let dir = named.ok_or("there is no home directory: name the data directory with --data-dir")?;
    let catalog = SqliteCatalog::open_to_read(&dir.join(CATALOG_FILE))?;
    let key = key(arguments, &dir, &catalog).await?;
    let mut known = heads_of(arguments.heads.as_deref())?;
    known.extend(ledger::latest_heads(&catalog).await?);
    let mut ledgers = Ledgers::default();
    for (group, account, book) in ledger::ledgers(&catalog).await? {
        ledgers.of_groups.insert(group, Ledger::new(account, book, &key, &known));
    }
    ledgers.add_missing(&key, &known);
    let disk = RealDisk::to_read(dir.join(LOG_DIR))?;
    offline::dump(&disk, &mut |frame| ledgers.take(frame))?;
    ledgers.tell(arguments.json)
}

async fn key(arguments: &Verify, dir: &Path, catalog: &SqliteCatalog) -> Result<AuditKey, Failure> {
    if let Some(path) = &arguments.audit_key {
        return Ok(AuditKey::load(path)?);
    }
    let found = arguments.master_key.choice()?.open(Some(dir)).await?;
    let kept = AuditKey::kept(catalog, &found.key).await?;
    kept.ok_or_else(|| "there is no audit key in the directory: name it with --audit-key".into())
}

/// The heads in a file: one JSON object a line, as they are sent out.
fn heads_of(path: Option<&Path>) -> Result<Vec<Head>, Failure> {
    let Some(path) = path else { return Ok(Vec::new()) };
    let text = std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let line = |line| serde_json::from_str(line).map_err(|e| format!("{}: {e}", path.display()).into());
    text.lines().filter(|line| !line.trim().is_empty()).map(line).collect()
}

/// The ledgers of a directory.
#[derive(Default)]
struct Ledgers<'a> {
    of_groups: BTreeMap<GroupId, Ledger<'a>>,
    /// Those that heads are known of and that are not there.
    missing: Vec<Ledger<'a>>,
}

struct Ledger<'a> {
    account: AccountId,
    book: Book,
    verifier: Verifier<'a>,
    /// The last record that was read: what stands in history may still stand in the write-ahead log.
    behind: Option<anabranch_log::Position>,
}

impl<'a> Ledger<'a> {
    fn new(account: AccountId, book: Book, key: &'a AuditKey, known: &[Head]) -> Self {
        let verifier = Verifier::new(account, book, Some(key), known.iter().cloned());
        Self { account, book, verifier, behind: None }
    }
}

impl<'a> Ledgers<'a> {
    fn add_missing(&mut self, key: &'a AuditKey, known: &[Head]) {
        for head in known {
            let (Ok(account), Some(book)) = (head.account.parse(), Book::of(&head.ledger)) else { continue };
            let mut all = self.of_groups.values().chain(&self.missing);
            if !all.any(|ledger| (ledger.account, ledger.book) == (account, book)) {
                self.missing.push(Ledger::new(account, book, key, known));
            }
        }
    }

    fn take(&mut self, frame: &DumpedFrame) -> ControlFlow<()> {
        if let Some(ledger) = self.of_groups.get_mut(&frame.log.group) {
            for record in frame.records() {
                if ledger.behind.is_none_or(|behind| record.position > behind) {
                    ledger.verifier.take(&record.record.headers, &record.record.data);
                    ledger.behind = Some(record.position);
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn tell(self, as_json: bool) -> Result<ExitCode, Failure> {
        let (mut lines, mut changed) = (Vec::new(), false);
        for Ledger { account, book, verifier, .. } in self.of_groups.into_values().chain(self.missing) {
            let verified = verifier.finish();
            changed |= !verified.findings.is_empty();
            match as_json {
                true => lines.push(object(account, book, &verified)),
                false => lines.extend(words(account, book, &verified)),
            }
        }
        if lines.is_empty() && !as_json {
            lines.push("there are no audit ledgers in this directory".to_owned());
        }
        output::print_lines(&lines)?;
        Ok(if changed { ExitCode::from(CHANGED) } else { ExitCode::SUCCESS })
    }
}

fn words(account: AccountId, book: Book, verified: &Verified) -> Vec<String> {
    let Verified { events, heads, earlier_heads, unsealed, findings } = verified;
    let mut lines: Vec<String> = findings
        .iter()
        .map(|finding| format!("account {account}, {} events: {finding}", book.name()))
        .collect();
    let verdict = if findings.is_empty() { "as it was written" } else { "CHANGED, see docs/operations.md" };
    let mut line =
        format!("account {account}, {} events: {events} events, {heads} heads: {verdict}", book.name());
    if *earlier_heads > 0 {
        line += &format!("; {earlier_heads} heads were made with the key before this one");
    }
    if *unsealed > 0 {
        line += &format!("; {unsealed} events behind the last head are under no MAC yet");
    }
    lines.push(line);
    lines
}

fn object(account: AccountId, book: Book, verified: &Verified) -> String {
    let findings: Vec<String> = verified.findings.iter().map(ToString::to_string).collect();
    json!({
        "account": account.to_string(),
        "ledger": book.name(),
        "unchanged": findings.is_empty(),
        "events": verified.events,
        "heads": verified.heads,
        "earlier_heads": verified.earlier_heads,
        "unsealed": verified.unsealed,
        "findings": findings,
    })
    .to_string()
}
