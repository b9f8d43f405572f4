//! The servers that are measured: one that is started for it, or one that runs already.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anabranch_governance::iam::Secret;
use anabranch_types::Region;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::super::Failure;
use super::{cost, recorded, user};
use crate::client::{Identity, Target};

/// A started server verifies every signature against this key.
const ACCESS_KEY: &str = "AKIDBENCHMARK";
const SECRET: &str = "of-no-worth-outside-a-benchmark";
const REGION: &str = "us-east-1";

/// A server under load.
pub(super) struct Server {
    /// What it is called in tables.
    pub(super) name: String,
    pub(super) target: Target,
    pub(super) identity: Identity,
    /// Of the process that serves, where it is on this machine and known.
    pub(super) pid: Option<u32>,
    /// What its streams are.
    pub(super) streams: Streams,
    started: Option<Started>,
}

/// What is special about a server's streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Streams {
    Plain,
    /// Their records are sealed.
    Encrypted,
    /// They have a resource policy, for an IAM user who also needs an identity policy.
    Guarded,
    /// Each has an alarm.
    Watched,
}

/// What a server is called whose streams are encrypted.
pub(super) const ENCRYPTED: &str = "encrypted";
/// What a server is called that is called by an IAM user.
pub(super) const AS_USER: &str = "as user";
/// What a server is called that writes down every call of data.
pub(super) const RECORDED: &str = "data events";

/// A server that is our own child.
struct Started {
    child: Child,
    dir: PathBuf,
    /// From its start to `Ready.`
    ready_after: Duration,
    _temporary: Option<TempDir>,
}

impl Server {
    /// One that runs already.
    pub(super) fn running(name: String, target: Target, identity: Identity, pid: Option<u32>) -> Self {
        Self { name, target, identity, pid, streams: Streams::Plain, started: None }
    }

    /// The same, with encrypted streams.
    pub(super) fn encrypted(self) -> Self {
        Self { name: ENCRYPTED.to_owned(), streams: Streams::Encrypted, ..self }
    }

    /// The same, called by an IAM user that is made for it by whom it was called by.
    pub(super) async fn called_by_user(self) -> Result<Self, Failure> {
        let identity = user::create(&self).await?;
        Ok(Self { name: AS_USER.to_owned(), identity, streams: Streams::Guarded, ..self })
    }

    /// The same, with a trail that asks for every call of data, and an alarm on each stream. Only for one that was started here.
    pub(super) async fn recorded(self) -> Result<Self, Failure> {
        recorded::ask_for_data(&self).await?;
        Ok(Self { name: RECORDED.to_owned(), streams: Streams::Watched, ..self })
    }

    /// Starts this very program on a new directory beneath `disk` (the system's temporary directory without one), in mode `sync`,
    /// limits off, signatures verified. It is ended and the directory removed with the value.
    pub(super) fn start(disk: Option<&Path>) -> Result<Self, Failure> {
        let temporary = match disk {
            Some(disk) => TempDir::with_prefix_in("anabranch-bench-", disk)?,
            None => TempDir::with_prefix("anabranch-bench-")?,
        };
        let dir = temporary.path().to_owned();
        let mut started = begin(&dir)?;
        let target = endpoint(&dir)?;
        started._temporary = Some(temporary);
        let identity = Identity {
            access_key: ACCESS_KEY.to_owned(),
            secret: Secret::new(SECRET.to_owned()),
            session_token: None,
            region: Region::parse(REGION).expect("the constant is a region"),
        };
        let pid = Some(started.child.id());
        Ok(Self {
            name: "anabranch".to_owned(),
            target,
            identity,
            pid,
            streams: Streams::Plain,
            started: Some(started),
        })
    }

    /// Whether it was started here, and can be started again.
    pub(super) fn is_ours(&self) -> bool {
        self.started.is_some()
    }

    /// Stops a server of ours, lets the system forget its files' pages, and starts it again on the same directory.
    pub(super) fn restart_cold(&mut self) -> Result<(), Failure> {
        let mut old = self.started.take().ok_or("only a server that is started here can be restarted")?;
        old.stop()?;
        forget_pages(&old.dir)?;
        let mut started = begin(&old.dir)?;
        started._temporary = old._temporary.take();
        self.target = endpoint(&started.dir)?;
        self.pid = Some(started.child.id());
        self.started = Some(started);
        Ok(())
    }

    /// How long its last start took, if that was ours.
    pub(super) fn ready_after(&self) -> Option<Duration> {
        self.started.as_ref().map(|started| started.ready_after)
    }

    pub(super) fn cpu(&self) -> Option<Duration> {
        cost::cpu(self.pid?)
    }

    pub(super) fn resident_bytes(&self) -> Option<u64> {
        cost::resident_bytes(self.pid?)
    }
}

fn ready_file(dir: &Path) -> PathBuf {
    dir.join("bench-ready.json")
}

fn begin(dir: &Path) -> Result<Started, Failure> {
    let blobs = dir.join("blobs");
    std::fs::create_dir_all(blobs.join(recorded::BUCKET))?;
    let begun = Instant::now();
    let mut child = Command::new(std::env::current_exe()?)
        .args(["serve", "--listen", "127.0.0.1:0", "--limits", "off", "--durability", "sync"])
        .arg("--data-dir")
        .arg(dir.join("data"))
        .arg("--blobs")
        .arg(blobs)
        .arg("--ready-file")
        .arg(ready_file(dir))
        .env("ANABRANCH_ROOT_KEY", format!("{ACCESS_KEY}:{SECRET}"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let said = child.stdout.take().expect("its output is a pipe");
    let ready = BufReader::new(said).lines().map_while(Result::ok).any(|line| line == "Ready.");
    let ready_after = begun.elapsed();
    let started = Started { child, dir: dir.to_owned(), ready_after, _temporary: None };
    if ready { Ok(started) } else { Err("the server did not start".into()) }
}

fn endpoint(dir: &Path) -> Result<Target, Failure> {
    let text = std::fs::read_to_string(ready_file(dir))?;
    let said: serde_json::Value = serde_json::from_str(&text)?;
    Ok(said["endpoint"].as_str().unwrap_or_default().parse()?)
}

/// Writes every file's pages back and drops them from the page cache.
fn forget_pages(dir: &Path) -> Result<(), Failure> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            forget_pages(&path)?;
        } else if path.is_file() {
            let file = std::fs::File::open(&path)?;
            file.sync_all()?;
            rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
        }
    }
    Ok(())
}

impl Started {
    /// Tells it to stop and waits until it has.
    fn stop(&mut self) -> Result<(), Failure> {
        if self.child.try_wait()?.is_none() {
            let pid = Pid::from_child(&self.child);
            kill_process(pid, Signal::TERM)?;
            self.child.wait()?;
        }
        Ok(())
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if let Err(failure) = self.stop() {
            eprintln!("anabranch bench: the server did not stop: {failure}");
        }
    }
}
