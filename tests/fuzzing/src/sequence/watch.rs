//! What must hold after each step, looked at from the outside.

use std::collections::BTreeSet;
use std::path::PathBuf;

use interoffice_core::actions::{copies, lease, outbound};
use interoffice_core::domain::actor::Actor;
use interoffice_core::store::links::{self, LinkRow};
use interoffice_core::store::log::{self, LogRow};
use interoffice_core::store::peers::{self, PeerRow, Standing};
use interoffice_core::store::records::{self, RecordRow};
use interoffice_core::store::removals::{self, RemovalRow};
use interoffice_core::store::users::{self, UserRow};
use interoffice_core::store::{Fault, View, statements};
use interoffice_protocol::ids::{LinkId, OfficeId, RecordId, StatementHash};
use interoffice_protocol::link::{LinkState, Side};
use interoffice_protocol::messages::ListChunk;
use interoffice_protocol::statement::{Body, RemovalCover, Verified, verify};

use super::{PEOPLE, Run};
use crate::keys::{NOW_MS, user};

/// What was seen in this run and must not be taken back.
#[derive(Default)]
pub(super) struct Seen {
    ended: BTreeSet<LinkId>,
    issued: u64,
    issued_hash: Option<StatementHash>,
}

/// A link: the hashes of its statements, its log, its removals, how often its shares changed, its row.
type LinkParts = (Vec<StatementHash>, Vec<LogRow>, Vec<RemovalRow>, u64, LinkRow);

/// What is kept, as far as a peer or a person can change it.
#[derive(Default, PartialEq, Debug)]
pub(super) struct State {
    peers: Vec<PeerRow>,
    users: Vec<UserRow>,
    links: Vec<LinkParts>,
    records: Vec<Option<RecordRow>>,
    statements: Vec<u64>,
    chunks: Vec<(i64, ListChunk)>,
}

impl Run<'_> {
    /// Everything that a peer or a person can change: two equal ones are the same state.
    pub(super) fn state(&self) -> State {
        let peer = self.peer.id;
        self.office.read(|view| {
            let mut state = State { peers: peers::all(view)?, users: users::list(view)?, ..State::default() };
            for link in links::all(view)? {
                let said = statements::link_set(view, link.link)?.statements().map(Verified::hash).collect();
                state.links.push((
                    said,
                    log::all(view, link.row)?,
                    removals::all_of(view, link.link)?,
                    links::shares(view, link.row)?,
                    link,
                ));
            }
            for record in &self.records {
                state.records.push(records::find(view, *record)?);
            }
            state.statements = outbound::waiting_statements(view, peer, 0, 10_000)?.into_iter().map(|(number, _)| number).collect();
            state.chunks = outbound::waiting_chunks(view, peer, 0, 10_000)?;
            Ok(state)
        })
    }

    pub(super) fn watch(&mut self) {
        let (peer, all, waiting) = self.office.read(|view| {
            let peer = peers::find(view, self.peer.id)?.expect("the other office is known");
            Ok((peer, links::all(view)?, outbound::waiting_statements(view, self.peer.id, self.seen.issued + 1, 10_000)?))
        });
        for link in &all {
            self.office.read(|view| stands(view, link, self.office.id));
            let ended = matches!(link.state, LinkState::Ended(_));
            assert!(ended || !self.seen.ended.contains(&link.link), "an ended link came back");
            if ended {
                self.seen.ended.insert(link.link);
            }
            assert!(ended || peer.standing != Standing::Removed, "a link outlived its peer");
        }
        for (sequence, signed) in waiting {
            assert_eq!(sequence, self.seen.issued + 1, "no number is left out or used twice");
            let verified = verify(signed, &self.office.chain, self.peer.id, NOW_MS).expect("what we say verifies");
            let expected = self.seen.issued_hash.unwrap_or(StatementHash::NONE);
            assert_eq!((verified.envelope().sequence, verified.envelope().previous), (sequence, expected), "it follows on the one before");
            if let (Body::Receipt(receipt), Some(link)) = (verified.body(), verified.link())
                && matches!(receipt.cover, RemovalCover::Link { .. })
            {
                assert!(!self.file_of(link).exists(), "a receipt was signed while the file was there");
            }
            self.seen.issued = sequence;
            self.seen.issued_hash = Some(verified.hash());
        }
        assert_eq!(peer.issued_sequence, self.seen.issued);
        let renewable = self.office.read(|view| lease::renewable(view, self.peer.id));
        assert!(renewable.is_empty() || peer.standing == Standing::Paired, "leases of an office that is not paired are renewed");
        for name in PEOPLE {
            self.reads(name, &all);
        }
    }

    /// A user reads copies of his or her own active links alone, and only with the right.
    fn reads(&self, name: &str, all: &[LinkRow]) {
        let actor = Actor::User(user(name));
        self.office.read(|view| {
            let row = users::find(view, &user(name))?.expect("a user of the set-up");
            let open = match copies::readable(view, &actor) {
                Ok((open, _)) => open,
                Err(Fault::Refused(_)) => {
                    assert!(row.disabled, "an enabled user was refused the list");
                    return Ok(());
                }
                Err(fault) => return Err(fault),
            };
            assert!(open.is_empty() || (row.specialist && !row.disabled), "copies are read without the right");
            for readable in open {
                let link = all.iter().find(|link| link.link == readable.link).expect("a readable link is there");
                assert_eq!((link.state, link.side), (LinkState::Active { frozen: false }, Side::Reader));
                assert_eq!(link.local_user, row.name, "copies of somebody else's link");
            }
            Ok(())
        });
    }

    fn file_of(&self, link: LinkId) -> PathBuf {
        self.folder.path().join("received").join(format!("{link}.db"))
    }

    /// Carries everything out, and looks whether anything of ended links is left.
    pub(super) fn at_the_end(&mut self) {
        self.erase(&mut crate::bytes::Bytes::new(&[3]));
        self.watch();
        for link in self.office.read(|view| Ok(links::all(view)?)) {
            let file = self.file_of(link.link);
            let over = matches!(link.state, LinkState::Ended(_));
            assert!(!over || !file.exists(), "the file of an ended link is left");
            assert!(link.side == Side::Reader || !file.exists(), "a link that brings nothing here has a file");
        }
        let shown: BTreeSet<RecordId> = self.records.iter().copied().collect();
        assert_eq!(shown.len(), self.records.len(), "no id is given twice");
    }
}

/// A link's row says what its statements say.
fn stands(view: &View<'_>, link: &LinkRow, here: OfficeId) -> Result<(), Fault> {
    let set = statements::link_set(view, link.link)?;
    assert_eq!(link.state, set.state(), "the row and the statements of a link differ");
    let parties = set.parties().expect("a link has a request");
    let (office, local) = match link.side {
        Side::Owner => (parties.owner_office, parties.owner),
        Side::Reader => (parties.reader_office, parties.reader),
    };
    assert_eq!((office, local), (here, link.local_user.clone()));
    if let LinkState::Active { .. } = link.state {
        let agrees = |statement: &Verified| {
            statement.from() == parties.reader_office
                && matches!(statement.body(), Body::Accept(accept) if Some(&accept.terms) == set.terms())
        };
        assert!(set.statements().any(agrees), "nobody agreed to an active link");
        let user = users::find(view, &link.local_user)?.expect("an active link has a user here");
        assert!(user.specialist && !user.disabled, "an active link of a user without the right");
    }
    assert_eq!(link.ended_ms.is_some(), matches!(link.state, LinkState::Ended(_)));
    if link.side == Side::Owner {
        assert!(link.cursor <= link.head, "the reader is beyond the end of the log");
    }
    Ok(())
}
