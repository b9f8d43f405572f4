//! Standard output, which may be a pipe that somebody closes.

use std::io::{self, Write};
use std::process::ExitCode;

use super::Failure;

/// Prints the lines. A reader who has seen enough (`| head`) is no failure.
pub(super) fn print_lines<T: AsRef<str>>(lines: &[T]) -> Result<ExitCode, Failure> {
    let mut out = io::stdout().lock();
    let written =
        lines.iter().try_for_each(|line| writeln!(out, "{}", line.as_ref())).and_then(|()| out.flush());
    finish(written)
}

/// Success, also when whoever read the output went away; a failure where it could not be written for another reason.
pub(super) fn finish(written: io::Result<()>) -> Result<ExitCode, Failure> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("cannot write to standard output: {error}").into())
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}
