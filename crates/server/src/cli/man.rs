use std::io::Write;
use std::process::ExitCode;

use clap::CommandFactory;

use super::{Cli, Failure};

/// Prints the program's page and, behind it, a page for each command, in the format of man(1).
pub(super) fn run() -> Result<ExitCode, Failure> {
    let mut pages = Vec::new();
    let mut program = Cli::command();
    program.build();
    clap_mangen::Man::new(program.clone()).render(&mut pages)?;
    for command in program.get_subcommands().filter(|command| command.get_name() != "help") {
        clap_mangen::Man::new(command.clone()).render(&mut pages)?;
    }
    std::io::stdout().write_all(&pages)?;
    Ok(ExitCode::SUCCESS)
}
