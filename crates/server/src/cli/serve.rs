use std::process::ExitCode;

use clap::ArgMatches;

use super::Failure;
use crate::config::{self, ServeFlags};
use crate::run;
use crate::stop::Until;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Read again, with the environment and the file, by `config::resolve`; here for `--help`.
    #[command(flatten)]
    _flags: ServeFlags,

    /// Show every value and where it came from, then stop.
    #[arg(long)]
    print_config: bool,

    /// Stop when standard input ends: what a program gives a server of its own, so that it does not outlive it.
    #[arg(long, hide = true)]
    stop_with_stdin: bool,
}

pub(super) fn run(arguments: Arguments, matches: Option<&ArgMatches>) -> Result<ExitCode, Failure> {
    let matches = matches.expect("clap has matches for the command it ran");
    let settings = config::resolve(matches, &|name| std::env::var_os(name))?;
    if arguments.print_config {
        print!("{}", settings.show());
        return Ok(ExitCode::SUCCESS);
    }
    let until = if arguments.stop_with_stdin { Until::StdinEnds } else { Until::Told };
    run::serve(settings, until)?;
    Ok(ExitCode::SUCCESS)
}
