//! The command line: one file per command.

mod audit;
mod backup;
mod bench;
mod columns;
mod completions;
mod connection;
mod demo;
mod doctor;
mod init;
mod lineage;
mod log;
mod man;
mod output;
mod progress;
mod put;
mod put_records;
mod restore;
mod role_token;
mod serve;
mod streams;
mod tail;

use std::error::Error;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::secrecy;

/// The Amazon Kinesis family on your own machines.
#[derive(Parser)]
#[command(name = "anabranch", version, propagate_version = true)]
#[command(
    after_help = "Start with `anabranch serve`; it prints what to export so that any AWS SDK or the AWS CLI finds it."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Answer the Kinesis APIs on this machine until told to stop.
    Serve(Box<serve::Arguments>),
    /// Make a root access key in a data directory, which only known keys may call from then on.
    Init(init::Arguments),
    /// See data flow: start a server, send an access log through it, read it back, compare.
    Demo(demo::Arguments),
    /// Put records into a stream.
    Put(put::Arguments),
    /// Show the records of a stream as they come.
    Tail(tail::Arguments),
    /// List the streams.
    Streams(streams::Arguments),
    /// Drive a server with load and tell what it does and what it costs.
    Bench(Box<bench::Arguments>),
    /// Copy a running server's data directory, consistent and checked by `anabranch log verify`.
    Backup(backup::Arguments),
    /// Make a data directory of a backup.
    Restore(restore::Arguments),
    /// Write a file with which a program gets a role's temporary credentials, without a key of its own.
    RoleToken(role_token::Arguments),
    /// Find out whether somebody changed the audit of a stopped server.
    Audit(audit::Arguments),
    /// Look at a stopped server's record log and mend it: verify, dump, repair.
    Log(log::Arguments),
    /// Check that this machine and its data directory are fit, or ask whether a running server is ready.
    Doctor(doctor::Arguments),
    /// Print a completion script for a shell.
    Completions(completions::Arguments),
    /// Print the manual page.
    Man,
}

/// Why a command failed; printed once, with its causes.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Runs the command that the process's arguments name. The exit code is 0 for success, 1 for a failure, which was printed, and 2
/// for arguments that mean nothing.
pub fn main() -> ExitCode {
    if let Err(error) = secrecy::close_memory() {
        eprintln!("anabranch: the memory of this process cannot be closed to others: {error}");
        return ExitCode::FAILURE;
    }
    let matches = Cli::command().get_matches();
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let outcome = match cli.command {
        Command::Serve(arguments) => serve::run(*arguments, matches.subcommand_matches("serve")),
        Command::Init(arguments) => wait_for(init::run(arguments)),
        Command::Demo(arguments) => demo::run(arguments),
        Command::Put(arguments) => wait_for(put::run(arguments)),
        Command::Tail(arguments) => wait_for(tail::run(arguments)),
        Command::Streams(arguments) => wait_for(streams::run(arguments)),
        Command::Bench(arguments) => wait_for(bench::run(*arguments)),
        Command::Backup(arguments) => wait_for(backup::run(arguments)),
        Command::Restore(arguments) => restore::run(arguments),
        Command::RoleToken(arguments) => wait_for(role_token::run(arguments)),
        Command::Audit(arguments) => wait_for(audit::run(arguments)),
        Command::Log(arguments) => log::run(arguments),
        Command::Doctor(arguments) => doctor::run(arguments),
        Command::Completions(arguments) => completions::run(arguments),
        Command::Man => man::run(),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("anabranch: {}", with_causes(&*failure));
            ExitCode::FAILURE
        }
    }
}

/// Runs a command that waits for a server most of the time.
fn wait_for(command: impl Future<Output = Result<ExitCode, Failure>>) -> Result<ExitCode, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(command)
}

/// A failure and its causes in one line.
fn with_causes(failure: &dyn Error) -> String {
    let mut line = failure.to_string();
    let mut cause = failure.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(error.to_string().trim_end());
        cause = error.source();
    }
    line
}
