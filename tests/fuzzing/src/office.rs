//! A whole office in memory, whose state a run may change as it likes: afterwards it is as before.

use std::sync::Arc;

use interoffice_core::actions::users::NewUser;
use interoffice_core::actions::{office as office_verbs, specialists, users};
use interoffice_core::domain::actor::Actor;
use interoffice_core::store::{Fault, OfficeContext, Tx, View, WriteStore};
use interoffice_protocol::ids::OfficeId;
use interoffice_protocol::names::UserName;
use interoffice_protocol::statement::Chain;

use crate::keys::{Keys, user};
use crate::moments::Moments;

/// An office.
pub(crate) struct Office {
    pub(crate) id: OfficeId,
    pub(crate) chain: Chain,
    pub(crate) moments: Moments,
    store: WriteStore,
}

impl Office {
    /// The office whose keys grow from `seed`, with these users; those marked are specialists.
    pub(crate) fn new(name: &str, seed: u8, people: &[(&str, bool)]) -> Self {
        let Keys { id, signer, chain, .. } = Keys::new(seed);
        let store = WriteStore::in_memory(Arc::new(OfficeContext::new(signer))).expect("a store in memory opens");
        let mut office = Self { id, chain, moments: Moments::new(), store };
        office.set_up(|tx| office_verbs::set_up(tx, name));
        for (name, specialist) in people {
            office.set_up(|tx| users::add(tx, &Actor::Operator, &NewUser { name: (*name).to_owned(), ..NewUser::default() }));
            if *specialist {
                office.set_up(|tx| enable(tx, &user(name)));
            }
        }
        office
    }

    /// Does something that lasts beyond a run.
    pub(crate) fn set_up<T>(&mut self, mut work: impl FnMut(&Tx<'_>) -> Result<T, Fault>) -> T {
        let moment = self.moments.next();
        self.store.write(moment, &mut work).expect("an office is set up").0
    }

    /// Runs `run`, and forgets all that it did.
    pub(crate) fn for_a_while(&mut self, run: impl FnOnce(&mut Self)) {
        let moments = self.moments.clone();
        self.store.begin().expect("a transaction begins");
        run(self);
        self.store.roll_back();
        self.moments = moments;
    }

    /// One verb within a run; what it did stays only if it was not refused.
    pub(crate) fn verb<T>(&mut self, mut work: impl FnMut(&Tx<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        let moment = self.moments.next();
        let end = self.store.job(moment, &mut work).map(|(value, _)| value);
        if let Err(Fault::Store(fault)) = &end {
            panic!("the store failed: {fault}");
        }
        end
    }

    /// Reads within a run.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&View<'_>) -> Result<T, Fault>) -> T {
        self.store.read(self.moments.now_ms, read).unwrap_or_else(|fault| panic!("reading was refused: {fault}"))
    }
}

pub(crate) fn enable(tx: &Tx<'_>, name: &UserName) -> Result<(), Fault> {
    let plan = specialists::plan_enable(tx, &Actor::Operator, name, None)?;
    specialists::enable(tx, &Actor::Operator, name, None, &plan.id).map(drop)
}
