//! The program as a person runs it: a server in a directory of its own, and commands beside it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long a server may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// A running server, killed when dropped if it has not ended.
pub struct Program {
    child: Child,
    pub endpoint: String,
    pub home: PathBuf,
}

impl Program {
    /// Starts a server on a data directory with a stream of one shard, `orders`, and waits until it answers.
    pub fn start(home: &Path, data_dir: &Path) -> Self {
        let ready = home.join("ready.json");
        drop(std::fs::remove_file(&ready));
        let mut child = anabranch(home, &["serve", "--listen", "127.0.0.1:0", "--limits", "off"])
            .arg("--ready-file")
            .arg(&ready)
            .arg("--data-dir")
            .arg(data_dir)
            .env("INITIALIZE_STREAMS", "orders:1")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let give_up = Instant::now() + READY_WITHIN;
        while !ready.exists() {
            assert_eq!(child.try_wait().expect("it can be asked"), None, "the server ended");
            assert!(Instant::now() < give_up, "the server is not ready");
            std::thread::yield_now();
        }
        let said = std::fs::read_to_string(&ready).expect("the ready file is whole");
        let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
        let endpoint = said["endpoint"].as_str().expect("an endpoint").to_owned();
        Self { child, endpoint, home: home.to_owned() }
    }

    /// Runs a command against it to the end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = anabranch(&self.home, arguments);
        command.env("AWS_ENDPOINT_URL", &self.endpoint);
        finish(command)
    }

    /// Tells it to stop and waits for it.
    pub fn stop(mut self) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).expect("it runs");
        assert!(self.child.wait().expect("it ends").success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail when it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub said: String,
    pub complained: String,
}

/// A command of the program, with nothing of this process's environment.
pub fn anabranch(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_anabranch"));
    command.args(arguments).env_clear().env("TMPDIR", home).env("HOME", home).stdin(Stdio::null());
    command
}

/// Runs it to the end.
pub fn finish(mut command: Command) -> Ended {
    let output = command.output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Ended { code: output.status.code(), said: text(output.stdout), complained: text(output.stderr) }
}
