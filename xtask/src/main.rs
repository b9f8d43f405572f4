//! Commands of the workshop: `cargo xtask COMMAND`.

use std::process::ExitCode;

mod access_log;
mod coverage;
mod emit;
mod generate;
mod image;
mod model;
mod naming;
mod resolve;
mod settings;
mod sources;

const USAGE: &str = "\
usage: cargo xtask access-log [--check]   make the demo's input
       cargo xtask generate [--check]     make crates/api/src/generated/ from models/
       cargo xtask image [--binary FILE] [--output FILE]
                                          make an OCI image archive
       cargo xtask coverage --traffic DIR [--check]
                                          make docs/coverage.md from models/ and recorded traffic";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome: model::Result<()> = match arguments.split_first() {
        Some((command, rest)) if command == "access-log" => access_log::run(rest).map_err(Into::into),
        Some((command, rest)) if command == "generate" => generate::run(rest),
        Some((command, rest)) if command == "image" => image::run(rest),
        Some((command, rest)) if command == "coverage" => coverage::run(rest),
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
