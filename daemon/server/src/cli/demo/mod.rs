//! `demo`: two offices on this machine pair, share, follow an edit live, and take everything back while one of them is dead.
//!
//! Both daemons are processes of their own with their own folders; the demo asks them over their control sockets, as the other
//! commands do, and knows nothing that a user at a terminal could not know.

mod checks;
mod doors;
mod explore;
mod home;
mod meeting;
mod office;
mod report;
mod sharing;
mod taking_back;

use std::path::PathBuf;

use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use super::client::Client;
use super::exit::{Exit, Failure};
use super::output::{Format, Printer};
use home::Home;
use office::Office;
use report::Report;

/// Name of the office that shares.
const A: &str = "Harbour Law";
/// Name of the office that receives.
const B: &str = "Blue Oak Wealth";
/// Why the demo ends when somebody stops it.
const INTERRUPTED: &str = "interrupted";

/// Let two offices share records and take them back, before your eyes
///
/// Starts two daemons on this machine and leads them through everything: pairing, two specialists, a link, shared records, a
/// live edit, the other office killed, the link deleted meanwhile, and the receipt for the erased copies. Without --once both
/// offices stay up afterwards, with their consoles to sign in at and commands to try.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  interoffice demo --once
  interoffice demo
  interoffice demo --open
  interoffice demo --once --import contacts.vcf more.vcf
  interoffice demo --once --records 5000 --output json
  interoffice demo --dir ./two-offices")]
pub(super) struct Demo {
    /// Stop when everything has been shown
    #[arg(long)]
    once: bool,
    /// Open the console of the office that shares in a browser, where there is one
    #[arg(long, conflicts_with = "once")]
    open: bool,
    /// Share the contacts of these vCard files, every property, instead of invented ones
    #[arg(long, value_name = "FILE.vcf", num_args = 1..)]
    import: Vec<PathBuf>,
    /// How many invented records to share
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=20_000), conflicts_with = "import")]
    records: u32,
}

/// Everything the scenes share.
struct Stage {
    a: Office,
    b: Office,
    /// Ann, who shares at A.
    ann: Client,
    /// Bob, who receives at B.
    bob: Client,
    /// The operator of A.
    desk_a: Client,
    /// The operator of B.
    desk_b: Client,
    report: Report,
    /// The link from Ann to Bob, once it is asked for.
    link: String,
    /// How many records are shared over it.
    shared: u64,
}

impl Stage {
    fn new(home: &Home, report: Report) -> Result<Self, Failure> {
        let a = Office::new(A, home.path(), "a")?;
        let b = Office::new(B, home.path(), "b")?;
        let client = |office: &Office, actor: Option<&str>| Client::new(office.folder(), actor.map(str::to_owned));
        let (ann, bob) = (client(&a, Some("ann")), client(&b, Some("bob")));
        let (desk_a, desk_b) = (client(&a, None), client(&b, None));
        Ok(Self { a, b, ann, bob, desk_a, desk_b, report, link: String::new(), shared: 0 })
    }
}

/// The folder that was named on the command line. The one in `INTEROFFICE_DIR` is the user's own office and no place for a demo.
pub(super) fn named_folder(given: Option<PathBuf>) -> Option<PathBuf> {
    given.filter(|folder| std::env::var_os("INTEROFFICE_DIR").is_none_or(|own| folder.as_os_str() != own))
}

/// Runs the demo in a new folder in `folder`, or in a temporary one that goes when the demo ends.
pub(super) async fn run(demo: Demo, folder: Option<PathBuf>, format: Format) -> Result<(), Failure> {
    // A file that can't be read is told before two offices are set up.
    for file in &demo.import {
        std::fs::File::open(file).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
    }
    let home = Home::make(folder)?;
    let mut stage = Stage::new(&home, Report::new(Printer::new(format)))?;
    stage.report.opening(&format!(
        "Two offices on this machine, each with its own daemon and folder in {}{}",
        home.path().display(),
        if home.is_kept() { "" } else { " (removed at the end)" }
    ))?;
    let mut term = signal(SignalKind::terminate())?;
    let end = tokio::select! {
        end = play(&mut stage, &demo, &home) => end,
        _ = tokio::signal::ctrl_c() => Err(Failure::new(Exit::Failed, INTERRUPTED)),
        _ = term.recv() => Err(Failure::new(Exit::Failed, INTERRUPTED)),
    };
    let end = end.map_err(|failure| stage.report.failed(failure, &[&stage.a, &stage.b]));
    if end.is_ok() && !demo.once {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = term.recv() => {}
        }
    }
    tokio::join!(stage.a.stop(), stage.b.stop());
    end
}

/// The scenes in their order; then, unless the demo ends here, one more link for people to try things on.
async fn play(stage: &mut Stage, demo: &Demo, home: &Home) -> Result<(), Failure> {
    meeting::set_up(stage).await?;
    meeting::pair(stage).await?;
    meeting::enable_specialists(stage, !demo.import.is_empty()).await?;
    meeting::accept(stage).await?;
    sharing::import(stage, demo).await?;
    sharing::share(stage).await?;
    sharing::compare(stage).await?;
    sharing::edit_live(stage).await?;
    taking_back::kill(stage).await?;
    taking_back::delete_link(stage).await?;
    taking_back::restart(stage).await?;
    let copies = taking_back::look(stage).await?;
    let receipt = taking_back::verify(stage).await?;
    let result = json!({ "ok": true, "copies_at_b": copies, "receipt": receipt });
    stage.report.result(&result, &format!("copies at B {copies}"), &taking_back::receipt_line(&result["receipt"]))?;
    if demo.once { Ok(()) } else { explore::leave_open(stage, home, demo.open).await }
}
