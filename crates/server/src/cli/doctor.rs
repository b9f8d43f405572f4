use std::path::PathBuf;
use std::process::ExitCode;

use super::Failure;
use crate::doctor;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Ask the running server at this address whether it is ready; exits 1 if it is not. For container health checks.
    #[arg(long, value_name = "ADDR", num_args = 0..=1, default_missing_value = "127.0.0.1:4566")]
    ready: Option<std::net::SocketAddr>,

    /// The data directory to check. [default: the platform's data directory for `anabranch`]
    #[arg(long, value_name = "DIR", env = "ANABRANCH_DATA_DIR")]
    data_dir: Option<PathBuf>,

    /// The file with the key of the audit's heads that a server would be given.
    #[arg(long, value_name = "FILE", env = "ANABRANCH_AUDIT_KEY")]
    audit_key: Option<PathBuf>,

    /// The address a server would listen on.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4566")]
    listen: std::net::SocketAddr,
}

pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    if let Some(server) = arguments.ready {
        doctor::ask_ready(server)?;
        println!("ready");
        return Ok(ExitCode::SUCCESS);
    }
    let findings = doctor::examine(arguments.data_dir, arguments.audit_key.as_deref(), arguments.listen);
    for finding in &findings {
        println!("{finding}");
    }
    let sick = findings.iter().any(doctor::Finding::is_bad);
    Ok(if sick { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
