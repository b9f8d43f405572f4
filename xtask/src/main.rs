//! Commands of the workshop: `cargo xtask access-log`.

use std::process::ExitCode;

mod access_log;

const USAGE: &str = "usage: cargo xtask access-log [--check]    make the demo's input";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        Some((command, rest)) if command == "access-log" => access_log::run(rest),
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
