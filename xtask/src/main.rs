//! Commands of the workshop: `cargo xtask COMMAND`.

use std::process::ExitCode;

mod access_log;
mod emit;
mod generate;
mod model;
mod naming;
mod resolve;
mod settings;

const USAGE: &str = "\
usage: cargo xtask access-log [--check]   make the demo's input
       cargo xtask generate [--check]     make crates/api/src/generated/ from models/";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome: model::Result<()> = match arguments.split_first() {
        Some((command, rest)) if command == "access-log" => access_log::run(rest).map_err(Into::into),
        Some((command, rest)) if command == "generate" => generate::run(rest),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{e}");
            ExitCode::FAILURE
        }
    }
}
