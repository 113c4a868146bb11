//! The command line: the same binary is the client of the daemon, over its control socket.
//!
//! stdout is data, stderr is talk. A command parses, asks the daemon, and prints; what it may do is decided there.

mod access;
mod activities;
mod ask;
mod audit;
pub(crate) mod client;
mod client_access;
mod demo;
mod documents;
mod events;
pub(crate) mod exit;
mod groups;
mod links;
mod mails;
mod object_events;
mod office;
mod output;
mod pages;
mod peers;
mod preferences;
mod progress;
mod proxies;
mod reach;
mod record_add;
mod record_args;
mod records;
mod requests;
mod roles;
mod settings;
mod sharing;
mod specialists;
mod status;
mod tokens;
mod users;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app;
use crate::clock;
use client::Client;
use exit::{Exit, Failure};
pub(crate) use output::Format;
use output::Printer;

/// Two offices share contact records, and take them back.
///
/// Each office runs one daemon (`interoffice serve`) on its own data folder. Every other command speaks with that daemon over
/// the control socket in the folder; whoever may open the socket acts as the operator, and `--as USER` acts for a user.
#[derive(Debug, Parser)]
#[command(name = "interoffice", version, after_help = after_help(), propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// Data folder of the office [default: ~/.local/share/interoffice]
    #[arg(long, global = true, env = "INTEROFFICE_DIR", value_name = "FOLDER", hide_env_values = true)]
    dir: Option<PathBuf>,
    /// Act for this user; the audit says so
    #[arg(long = "as", global = true, value_name = "USER")]
    actor: Option<String>,
    /// How data is printed
    #[arg(long, short = 'o', global = true, value_enum, default_value_t, value_name = "FORMAT")]
    output: Format,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  interoffice init --name \"Office A\"         set up an office in the default folder
  interoffice serve                          run its daemon
  interoffice user add ann                   add a user
  interoffice peer invite                    make an invite for another office
  interoffice --as ann record list           what ann sees
  interoffice demo --once                    see two offices share and take back";

fn after_help() -> String {
    format!("{EXAMPLES}\n\n{}", exit::HELP)
}

/// What to do.
#[derive(Debug, Subcommand)]
enum Command {
    Init(office::Init),
    Id(office::Id),
    Serve(office::Serve),
    Status(status::Status),
    Reach(reach::Reach),
    #[command(subcommand)]
    User(users::User),
    #[command(subcommand)]
    Role(roles::Role),
    #[command(subcommand)]
    Token(tokens::Token),
    #[command(subcommand)]
    Group(groups::Group),
    #[command(subcommand)]
    Specialist(specialists::Specialist),
    #[command(subcommand)]
    Peer(peers::Peer),
    #[command(subcommand)]
    Link(links::Link),
    #[command(subcommand)]
    Record(record_args::Record),
    #[command(subcommand)]
    Access(requests::Access),
    ClientAccess(client_access::ClientAccess),
    #[command(subcommand)]
    Mail(mails::Mail),
    Settings(settings::Settings),
    Preferences(preferences::Preferences),
    Events(events::Events),
    Audit(audit::Audit),
    Demo(demo::Demo),
    Completions(documents::Completions),
    Man(documents::Man),
}

/// What a command works with.
pub(crate) struct Context {
    client: Client,
    printer: Printer,
}

impl Context {
    /// A connection to the daemon in `folder` for `actor`, printing in `format`.
    pub(crate) fn new(folder: &std::path::Path, actor: Option<String>, format: Format) -> Self {
        Self { client: Client::new(folder, actor), printer: Printer::new(format) }
    }
}

/// Parses the command line and does what it says.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    let end = dispatch(cli);
    match end {
        Ok(()) => Exit::Ok.into(),
        Err(failure) => {
            if !failure.words.is_empty() {
                output::complain(&failure);
            }
            failure.exit.into()
        }
    }
}

fn dispatch(cli: Cli) -> Result<(), Failure> {
    let folder = || folder(cli.dir.clone());
    let context = || Ok::<_, Failure>(Context::new(&folder()?, cli.actor.clone(), cli.output));
    match cli.command {
        Command::Init(init) => office::init(&folder()?, &init, Printer::new(cli.output)),
        Command::Serve(serve) => office::serve(&folder()?, &serve),
        Command::Completions(completions) => documents::completions(&completions),
        Command::Man(man) => documents::man(&man),
        Command::Id(id) => wait(office::id(&context()?, &id)),
        Command::Status(status) => wait(status::status(&context()?, &status)),
        Command::Reach(reach) => wait(reach::run(&context()?, &reach)),
        Command::User(user) => wait(users::run(&context()?, user)),
        Command::Role(role) => wait(roles::run(&context()?, role)),
        Command::Token(token) => wait(tokens::run(&context()?, token)),
        Command::Group(group) => wait(groups::run(&context()?, group)),
        Command::Specialist(specialist) => wait(specialists::run(&context()?, specialist)),
        Command::Peer(peer) => wait(peers::run(&context()?, peer)),
        Command::Link(link) => wait(links::run(&context()?, link)),
        Command::Record(record) => wait(records::run(&context()?, record)),
        Command::Access(asked) => wait(requests::run(&context()?, asked)),
        Command::ClientAccess(asked) => wait(client_access::run(&context()?, asked)),
        Command::Mail(mail) => wait(mails::run(&context()?, mail)),
        Command::Settings(settings) => wait(settings::run(&context()?, &settings)),
        Command::Preferences(asked) => wait(preferences::run(&context()?, &asked)),
        Command::Events(events) => wait(events::run(&context()?, &events)),
        Command::Audit(audit) => wait(audit::run(&context()?, &audit)),
        Command::Demo(demo) => wait(demo::run(demo, demo::named_folder(cli.dir), cli.output)),
    }
}

/// Runs one command's waiting on this thread.
fn wait(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(command)
}

/// The data folder: as given, else where the system keeps the data of its users' programs.
fn folder(given: Option<PathBuf>) -> Result<PathBuf, Failure> {
    let home = || std::env::var_os("HOME").filter(|home| !home.is_empty()).map(|home| PathBuf::from(home).join(".local/share"));
    let data = || std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute()).or_else(home);
    let folder = given.or_else(|| data().map(|data| data.join("interoffice")));
    let folder = folder.ok_or_else(|| Failure::usage("no data folder: give --dir FOLDER or set INTEROFFICE_DIR"))?;
    // What is printed as advice must work from any other folder too.
    std::path::absolute(&folder).map_err(|error| Failure::usage(format!("{}: {error}", folder.display())))
}
