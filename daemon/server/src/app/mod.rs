//! The app: sets an office up, builds the house, opens the doors, and shuts everything down in order.

mod init;
mod lock;
mod logging;

#[cfg(test)]
mod tests;

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use interoffice_certs::{KeyFault, OfficeKeys, WebCertificate, WebFault, web_config};
use interoffice_core::store::StoreFault;
use tokio::net::UnixListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::api::SOCKET;
use crate::chores;
use crate::clock;
use crate::config::{Config, ConfigFault};
use crate::house::House;
use crate::http::listener::WebListener;
use crate::http::{self, Door, Web};
use crate::mail::{MailDoor, MailFault};
use crate::peer::PeerDoor;

pub(crate) use init::{Administrator, NewOffice, init};

/// How long doors may take to finish what they do when the daemon stops.
const LAST_WORDS: std::time::Duration = std::time::Duration::from_secs(10);

/// Why the daemon does not run, or the office was not set up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppFault {
    /// The folder is in use.
    #[error("{} is not empty: choose a new folder with --dir, or start the office that is there with `interoffice serve`", .0.display())]
    Exists(PathBuf),
    /// There is no office.
    #[error("there is no office in {}: set one up with `interoffice init --name NAME --dir {}`", .0.display(), .0.display())]
    NoOffice(PathBuf),
    /// A daemon runs.
    #[error("a daemon runs on {} already: stop it first, or look at it with `interoffice status`", .0.display())]
    Running(PathBuf),
    /// An address that is not host:port.
    #[error("--advertise: {0}")]
    BadAddress(String),
    /// A name that other offices could not take.
    #[error("--name: {0}")]
    BadName(String),
    /// Settings that can't be used.
    #[error(transparent)]
    Config(#[from] ConfigFault),
    /// Keys that can't be made or read.
    #[error(transparent)]
    Keys(#[from] KeyFault),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// The system refused something.
    #[error("{what}: {error}")]
    Io {
        /// What was attempted.
        what: String,
        /// What the system said.
        error: io::Error,
    },
    /// The peer door can't open.
    #[error("{0}")]
    Peer(String),
    /// The http door has no certificate.
    #[error(transparent)]
    Web(#[from] WebFault),
    /// The first administrator can't be added.
    #[error("{0}")]
    Administrator(String),
    /// The mail door can't open.
    #[error(transparent)]
    Mail(#[from] MailFault),
}

impl AppFault {
    fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |error| Self::Io { what, error }
    }
}

/// Keeps every file that this process makes to the owner of the folder alone.
pub(crate) fn keep_private() {
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}

/// Runs the daemon of the office in `folder` until it is told to stop.
///
/// # Errors
/// [`AppFault`], in words that say what to do.
pub(crate) fn serve(folder: &Path) -> Result<(), AppFault> {
    if !folder.join(crate::config::FILE).exists() {
        return Err(AppFault::NoOffice(folder.to_owned()));
    }
    keep_private();
    let _lock = lock::take(folder)?;
    let config = Config::load(folder, std::env::vars())?;
    logging::start(&config.log.level);
    interoffice_certs::install_provider();
    let keys = OfficeKeys::load(folder)?;
    let house = House::open(folder, config, keys, Arc::new(stop_at_once))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(AppFault::io("starting the runtime"))?;
    let end = runtime.block_on(run(&house));
    runtime.shutdown_timeout(LAST_WORDS);
    house.close();
    tracing::info!("stopped");
    end
}

/// The disk could not make a change durable: nothing may be acknowledged any more, and only a restart shows what is.
fn stop_at_once(fault: &StoreFault) {
    tracing::error!(%fault, "a change did not reach the disk; the daemon stops at once, start it again when the disk is well");
    std::process::exit(1);
}

async fn run(house: &House) -> Result<(), AppFault> {
    let socket = house.folder().join(SOCKET);
    // The door that another program can hold shut comes first: a socket is left behind only by a daemon that ran.
    let peers = PeerDoor::open(house).map_err(|fault| AppFault::Peer(fault.to_string()))?;
    let mails = MailDoor::open(house)?;
    let listener = open_socket(&socket)?;
    let web = open_web(house).await?;
    let mut end = signal(SignalKind::terminate()).map_err(AppFault::io("listening for SIGTERM"))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(AppFault::io("listening for Ctrl-C"))?;
    let calls = peers.start();
    let mut background = chores::start(house, chores::all(house));
    background.extend(mails.map(MailDoor::start));
    let door = tokio::spawn(http::serve(house.clone(), listener));
    let web = web.map(|(listener, router)| tokio::spawn(listener.serve(house.clone(), router)));
    tracing::info!(office = %house.context().office(), socket = %socket.display(), "the daemon runs");
    tokio::select! {
        _ = end.recv() => tracing::info!("SIGTERM: stopping"),
        _ = interrupt.recv() => tracing::info!("Ctrl-C: stopping"),
        () = house.stopped() => {}
    }
    house.stop();
    let doors = async {
        // A door that broke has said so; the others are waited for all the same.
        let _ = door.await;
        if let Some(web) = web {
            let _ = web.await;
        }
        let _ = calls.await;
        for chore in background {
            let _ = chore.await;
        }
    };
    if tokio::time::timeout(LAST_WORDS, doors).await.is_err() {
        tracing::warn!("something did not finish in time and is cut off");
    }
    // The next start removes a socket that stays behind.
    let _ = std::fs::remove_file(&socket);
    Ok(())
}

/// Opens the http door, unless the settings keep it shut.
async fn open_web(house: &House) -> Result<Option<(WebListener, Router)>, AppFault> {
    let config = house.http();
    let Some(address) = config.address() else { return Ok(None) };
    let files = if config.certificate.is_empty() {
        let own = WebCertificate::own(house.folder());
        own.make_once(&config.names, clock::year())?;
        own
    } else {
        WebCertificate { certificate: config.certificate.clone().into(), key: config.key.clone().into() }
    };
    let taken = AppFault::io(format!("opening the http door at {address} (http.listen in {})", crate::config::FILE));
    let listener = WebListener::bind(address, web_config(&files)?).await.map_err(taken)?;
    let address = listener.address().map_err(AppFault::io("asking where the http door listens"))?;
    house.set_web(address);
    tracing::info!(%address, "the http door is open");
    Ok(Some((listener, http::router(house.clone(), Door::Web(Web::new(config, house.context().office()))))))
}

/// Opens the control socket for the owner of the folder alone. The lock is held, so a socket that is there is a leftover.
fn open_socket(socket: &Path) -> Result<UnixListener, AppFault> {
    if let Err(error) = std::fs::remove_file(socket)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(AppFault::io(format!("removing the leftover {}", socket.display()))(error));
    }
    let length = socket.as_os_str().len();
    let listener = UnixListener::bind(socket).map_err(|error| {
        let hint = if length > 100 { " (the path is too long for a socket: use a shorter data folder)" } else { "" };
        AppFault::io(format!("opening the control socket {}{hint}", socket.display()))(error)
    })?;
    std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o600))
        .map_err(AppFault::io("closing the control socket to others"))?;
    Ok(listener)
}
