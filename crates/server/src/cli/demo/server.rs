//! A server of the demo's own: the same program, `anabranch serve`, as a child process on a directory that goes away with it.

use std::fs;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anabranch_governance::iam::Secret;
use anabranch_types::Region;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::cli::Failure;
use crate::client::{HttpEndpoint, HttpVersion, Identity, Kinesis, Target};

/// How long the server may take to start, and to stop.
const START_MAX: Duration = Duration::from_secs(30);
const STOP_MAX: Duration = Duration::from_secs(30);
/// How often the ready file is looked for.
const LOOK_INTERVAL: Duration = Duration::from_millis(10);
/// The region and the key of everything in the demo.
pub(super) const REGION: &str = "us-east-1";
pub(super) const KEY: &str = "test";

/// A running server. Dropped without [`Server::stop`] it is killed.
pub(super) struct Server {
    child: Child,
    /// The server stops when this ends: also when the demo is killed and can tell it nothing.
    lifeline: Option<ChildStdin>,
    target: Target,
    directory: TempDir,
}

impl Server {
    /// Starts it on a free port of loopback; done when it answers.
    pub(super) async fn start() -> Result<Self, Failure> {
        let directory = tempfile::Builder::new().prefix("anabranch-demo-").tempdir()?;
        let ready_file = directory.path().join("ready.json");
        let log = directory.path().join("server.log");
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--limits", "shards", "--durability", "sync"])
            .args(["--region", REGION, "--data-dir"])
            .arg(directory.path().join("data"))
            .arg("--ready-file")
            .arg(&ready_file)
            .arg("--stop-with-stdin")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log)?)
            // Ctrl-C is for the demo, which stops the server when it has compared.
            .process_group(0)
            .kill_on_drop(true);
        // What is set for another server is not meant for this one.
        for (name, _) in std::env::vars_os().filter(|(n, _)| n.to_string_lossy().starts_with("ANABRANCH_")) {
            command.env_remove(name);
        }
        let mut child = command.spawn()?;
        let lifeline = child.stdin.take();
        let target = wait_until_ready(&mut child, &ready_file, &log).await?;
        Ok(Self { child, lifeline, target, directory })
    }

    /// Where it answers.
    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// Its process.
    pub(super) fn process_id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Where its data is.
    pub(super) fn data_directory(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// A client of it, on a connection of HTTP/2.
    pub(super) fn client(&self) -> Result<Kinesis, Failure> {
        let identity = Identity {
            access_key: KEY.to_owned(),
            secret: Secret::new(KEY.to_owned()),
            session_token: None,
            region: Region::parse(REGION).ok_or("the demo's region is none")?,
        };
        Ok(Kinesis::new(HttpEndpoint::new(self.target.clone(), identity, HttpVersion::Two, None)?))
    }

    /// Done when the process ends by itself.
    pub(super) async fn died(&mut self) -> Failure {
        match self.child.wait().await {
            Ok(status) => ended(status, &self.directory.path().join("server.log")),
            Err(error) => error.into(),
        }
    }

    /// Tells it to stop, waits until it did, and removes its directory.
    pub(super) async fn stop(mut self) -> Result<(), Failure> {
        if let Some(pid) = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed())) {
            kill_process(pid, Signal::TERM)?;
        }
        drop(self.lifeline.take());
        let status = match timeout(STOP_MAX, self.child.wait()).await {
            Ok(status) => status?,
            Err(_) => {
                self.child.kill().await?;
                return Err("the server did not stop when told to, and was killed".into());
            }
        };
        if !status.success() {
            return Err(ended(status, &self.directory.path().join("server.log")));
        }
        Ok(self.directory.close()?)
    }
}

async fn wait_until_ready(child: &mut Child, ready_file: &PathBuf, log: &PathBuf) -> Result<Target, Failure> {
    let deadline = Instant::now() + START_MAX;
    loop {
        if let Ok(text) = fs::read(ready_file) {
            let ready: serde_json::Value = serde_json::from_slice(&text)?;
            return Ok(ready["endpoint"].as_str().unwrap_or_default().parse()?);
        }
        if let Some(status) = child.try_wait()? {
            return Err(ended(status, log));
        }
        if Instant::now() > deadline {
            return Err(format!("the server did not answer within {} s", START_MAX.as_secs()).into());
        }
        sleep(LOOK_INTERVAL).await;
    }
}

/// How the server ended, and what it said last.
fn ended(status: ExitStatus, log: &PathBuf) -> Failure {
    let said = fs::read_to_string(log).unwrap_or_default();
    let last = said.trim_end().lines().next_back().unwrap_or("it said nothing");
    format!("the demo's server ended with {status}: {last}").into()
}
