//! `completions` and `man`: what a shell and a manual want to know of the command line.

use std::path::PathBuf;

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::Cli;
use super::exit::{Exit, Failure};
use super::output::{Format, Printer};

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  interoffice completions bash > ~/.local/share/bash-completion/completions/interoffice
  interoffice completions zsh > ~/.zfunc/_interoffice")]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

/// Print the manual page, or write the pages of all commands
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  interoffice man | man -l -
  interoffice man --out ~/.local/share/man/man1")]
pub(super) struct Man {
    /// Folder to write a page for each command to
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

pub(super) fn completions(completions: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(completions.shell, &mut Cli::command(), "interoffice", &mut script);
    Printer::new(Format::Table).bytes(&script)
}

pub(super) fn man(man: &Man) -> Result<(), Failure> {
    let Some(folder) = &man.out else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page)?;
        return Printer::new(Format::Table).bytes(&page);
    };
    std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), folder))
        .map_err(|error| Failure::new(Exit::Failed, format!("{}: {error}", folder.display())))
}
