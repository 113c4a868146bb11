//! Houses for the tests of the doors.

use std::path::Path;
use std::sync::Arc;

use interoffice_certs::{OfficeKeys, SecretSeed, Seeds, SetTerms};
use interoffice_core::actions::office;
use interoffice_protocol::epoch::Epoch;
use interoffice_protocol::ids::Nonce;

use super::{House, OnFatal, Priority};
use crate::clock;
use crate::config::{Config, PeerConfig};

/// Fresh keys.
pub(crate) fn keys() -> OfficeKeys {
    let seed = || SecretSeed::new(clock::random());
    let terms = SetTerms {
        epoch: Epoch { counter: 1, identity: clock::random() },
        nonce: Nonce(clock::random()),
        issued_at_ms: clock::now_ms(),
        not_after_ms: clock::now_ms() + 1_000_000,
    };
    OfficeKeys::generate(Seeds { root: seed(), statement: seed(), recovery: seed() }, &terms).unwrap().0
}

/// The house of "Office A" in `folder`, set up, whose peer door would listen at any port of this machine.
pub(crate) async fn open(folder: &Path) -> House {
    open_until(folder, Arc::new(|fault| panic!("{fault}"))).await
}

/// The same, which does this when a change can't be made durable.
pub(crate) async fn open_until(folder: &Path, on_fatal: OnFatal) -> House {
    let house = reopen(folder, on_fatal);
    house.write(Priority::People, |tx| office::set_up(tx, "Office A")).await.unwrap();
    house
}

/// The house in `folder`, as it was left; nothing that a test asks depends on whose keys it has.
pub(crate) fn reopen(folder: &Path, on_fatal: OnFatal) -> House {
    let peer = PeerConfig { listen: ([127, 0, 0, 1], 0).into(), advertise: Vec::new() };
    House::open(folder, Config { peer, ..Config::default() }, keys(), on_fatal).unwrap()
}
