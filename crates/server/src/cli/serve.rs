use std::process::ExitCode;

use clap::ArgMatches;

use super::Failure;
use crate::config::{self, ServeFlags};
use crate::run;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Read again, with the environment and the file, by `config::resolve`; here for `--help`.
    #[command(flatten)]
    _flags: ServeFlags,

    /// Show every value and where it came from, then stop.
    #[arg(long)]
    print_config: bool,
}

pub(super) fn run(arguments: Arguments, matches: Option<&ArgMatches>) -> Result<ExitCode, Failure> {
    let matches = matches.expect("clap has matches for the command it ran");
    let settings = config::resolve(matches, &|name| std::env::var_os(name))?;
    if arguments.print_config {
        print!("{}", settings.show());
        return Ok(ExitCode::SUCCESS);
    }
    run::serve(settings)?;
    Ok(ExitCode::SUCCESS)
}
