//! Setting an office up: folder, keys, database, settings. It appears whole or not at all.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;

use interoffice_certs::{OfficeKeys, SecretSeed, Seeds, SetTerms, show_office};
use interoffice_core::actions::users::NewUser;
use interoffice_core::actions::{office, passwords};
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::password;
use interoffice_core::domain::refusal::Refusal;
use interoffice_core::store::{Fault, OfficeContext, StoreFault, Tx, WriteStore};
use interoffice_protocol::epoch::Epoch;
use interoffice_protocol::ids::{Nonce, OfficeId};
use zeroize::Zeroizing;

use super::AppFault;
use crate::clock;
use crate::config::{self, Config, HttpConfig, PeerConfig, check_address};
use crate::secret;

/// How long the first key set signs new links (milliseconds): ten years; a rotation comes before.
const KEYS_LAST_MS: i64 = 10 * 365 * 24 * 3600 * 1000;

/// What an office is set up with.
#[derive(Clone, Debug)]
pub(crate) struct NewOffice {
    /// What it calls itself.
    pub(crate) name: String,
    /// Where its peer door listens.
    pub(crate) listen: SocketAddr,
    /// Addresses that invites name.
    pub(crate) advertise: Vec<String>,
    /// Where its http door listens; empty keeps it shut.
    pub(crate) http: String,
    /// Where browsers find it; empty for the address that it listens at.
    pub(crate) url: String,
    /// The first administrator; without one a link is made with which he or she is added.
    pub(crate) administrator: Option<Administrator>,
}

/// The first administrator of a new office.
#[derive(Clone)]
pub(crate) struct Administrator {
    /// Permanent sign-in name.
    pub(crate) name: String,
    /// E-mail address, may be empty.
    pub(crate) email: String,
    /// The password.
    pub(crate) password: Zeroizing<String>,
}

impl std::fmt::Debug for Administrator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Administrator").field("name", &self.name).finish_non_exhaustive()
    }
}

/// An office that was set up.
pub(crate) struct Made {
    /// Its id.
    pub(crate) office: OfficeId,
    /// The id in groups with check characters.
    pub(crate) code: String,
    /// The recovery key, to be shown once.
    pub(crate) recovery_key: Zeroizing<String>,
    /// The secret with which the first administrator is added, to be shown once; `None` when he or she was.
    pub(crate) set_up: Option<Zeroizing<String>>,
}

/// Sets an office up in `folder`, which must be new or empty.
///
/// # Errors
/// [`AppFault::Exists`], [`AppFault::BadName`], [`AppFault::BadAddress`]; the other kinds when disk or keys fail. Nothing is left then.
pub(crate) fn init(folder: &Path, wanted: &NewOffice) -> Result<Made, AppFault> {
    office::check_name(&wanted.name).map_err(|refusal| AppFault::BadName(refusal.to_string()))?;
    let peer = PeerConfig { listen: wanted.listen, advertise: wanted.advertise.clone() };
    let http = HttpConfig { listen: wanted.http.clone(), url: wanted.url.clone(), ..HttpConfig::default() };
    let config = Config { peer, http, ..Config::default() };
    config.check("--http")?;
    for address in &config.peer.advertise {
        check_address(address).map_err(AppFault::BadAddress)?;
    }
    if let Some(administrator) = &wanted.administrator {
        administrator.check(&wanted.name).map_err(|refusal| AppFault::Administrator(refusal.to_string()))?;
    }
    let was_there = make_folder(folder)?;
    let end = fill(folder, wanted, &config);
    if end.is_err() {
        clear(folder, was_there);
    }
    end
}

/// Makes the folder for its owner alone; says whether it was there, empty.
fn make_folder(folder: &Path) -> Result<bool, AppFault> {
    match fs::read_dir(folder).map(|mut entries| entries.next().is_some()) {
        Ok(true) => Err(AppFault::Exists(folder.to_owned())),
        Ok(false) => {
            let only_owner = fs::Permissions::from_mode(0o700);
            fs::set_permissions(folder, only_owner).map_err(AppFault::io(format!("closing {} to others", folder.display())))?;
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
            made.map_err(AppFault::io(format!("making {}", folder.display())))?;
            Ok(false)
        }
        Err(error) => Err(AppFault::io(folder.display().to_string())(error)),
    }
}

/// Takes away what an attempt that failed has left.
fn clear(folder: &Path, was_there: bool) {
    // The folder was new or empty before, so all of it is ours; a leftover is named by the next attempt.
    let _ = fs::remove_dir_all(folder);
    if was_there {
        let _ = fs::DirBuilder::new().mode(0o700).create(folder);
    }
}

impl Administrator {
    /// Refuses a password that others would guess.
    fn check(&self, office: &str) -> Result<(), Refusal> {
        password::check(&self.password, &["interoffice", office, &self.name, &self.email])
    }
}

fn fill(folder: &Path, wanted: &NewOffice, config: &Config) -> Result<Made, AppFault> {
    let moment = clock::moment();
    let seeds = Seeds {
        root: SecretSeed::new(clock::random()),
        statement: SecretSeed::new(clock::random()),
        recovery: SecretSeed::new(clock::random()),
    };
    // The database's first epoch; both places must say the same.
    let epoch = Epoch::after([], moment.clone().random());
    let terms = SetTerms {
        epoch,
        nonce: Nonce(clock::random()),
        issued_at_ms: moment.now_ms,
        not_after_ms: moment.now_ms.saturating_add(KEYS_LAST_MS),
    };
    let (keys, recovery) = OfficeKeys::generate(seeds, &terms)?;
    keys.save(folder)?;
    let mut store = WriteStore::open(folder, Arc::new(OfficeContext::new(keys.signer())))?;
    let (name, refused) = (&wanted.name, |wrap: fn(String) -> AppFault| {
        move |fault: Fault| match fault {
            Fault::Store(fault) => AppFault::Store(fault),
            Fault::Refused(refusal) => wrap(refusal.to_string()),
        }
    });
    store.write(moment, |tx| office::set_up(tx, name)).map_err(refused(AppFault::BadName))?;
    let set_up = match &wanted.administrator {
        Some(Administrator { name, email, password }) => {
            let hash = secret::hash_password(password).map_err(|refusal| AppFault::Administrator(refusal.to_string()))?;
            let new = NewUser { name: name.clone(), email: email.clone(), ..NewUser::default() };
            let add = |tx: &Tx<'_>| passwords::first_administrator(tx, &Actor::Operator, &new, &hash);
            store.write(clock::moment(), add).map_err(refused(AppFault::Administrator))?;
            None
        }
        None => {
            let (token, hash) = secret::token("");
            store.write(clock::moment(), |tx| passwords::begin_set_up(tx, &hash)).map_err(refused(AppFault::Administrator))?;
            Some(token)
        }
    };
    store.checkpoint()?;
    let path = folder.join(config::FILE);
    let mode = fs::Permissions::from_mode(0o600);
    fs::write(&path, config.to_toml())
        .and_then(|()| fs::set_permissions(&path, mode))
        .and_then(|()| fs::File::open(&path)?.sync_all())
        .and_then(|()| fs::File::open(folder)?.sync_all())
        .map_err(|error| StoreFault::io(format!("writing {}", path.display()), error))?;
    let office = keys.office();
    Ok(Made { office, code: show_office(&office), recovery_key: recovery.show(), set_up })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(name: &str) -> NewOffice {
        NewOffice {
            name: name.to_owned(),
            listen: ([127, 0, 0, 1], 0).into(),
            advertise: Vec::new(),
            http: String::new(),
            url: String::new(),
            administrator: None,
        }
    }

    #[test]
    fn an_office_is_set_up_once_for_its_owner_alone() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("office");
        let made = init(&folder, &wanted("Office A")).unwrap();
        assert_eq!(made.code, show_office(&made.office));
        let mode = |name: &str| fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("."), mode(config::FILE)), (0o700, 0o600));
        assert!(Config::load(&folder, []).is_ok());
        assert!(matches!(init(&folder, &wanted("Office B")), Err(AppFault::Exists(_))));
        assert_eq!(OfficeKeys::load(&folder).unwrap().office(), made.office);
    }

    #[test]
    fn a_name_that_does_not_fit_leaves_nothing_behind() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("office");
        assert!(matches!(init(&folder, &wanted("  ")), Err(AppFault::BadName(_))));
        assert!(!folder.exists());
    }
}
