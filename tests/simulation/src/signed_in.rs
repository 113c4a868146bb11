//! Signing in and out. Secrets are hashed at the door; the rules take hashes, so that hashing costs no time here.

use interoffice_core::actions::passwords;
use interoffice_core::actions::sign_in::{self, Candidate, Place, Proof, SecondFactor};
use interoffice_core::store::Fault;
use interoffice_oracle::Event;
use interoffice_protocol::names::UserName;

use crate::check::{self, Violation};
use crate::inside::acting;
use crate::people::valid_name;
use crate::sometimes;
use crate::step::Step;
use crate::world::{Did, Who, World, admin_name, failed, user_name};

/// Sessions that are remembered, whether or not they still count.
const REMEMBERED: usize = 24;
/// Sessions of one user at a time, fewer than after which the oldest gives way.
const AT_A_TIME: usize = 12;

/// Somebody who signed in.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    pub(crate) office: usize,
    pub(crate) user: UserName,
    /// What the token hashes to.
    pub(crate) token: [u8; 32],
    /// The number of the session.
    id: i64,
}

impl World {
    /// What people do with sessions and passwords.
    pub(crate) fn session_step(&mut self, step: Step) -> Did {
        let who = |office: u32, user: u32| Who { office: office as usize % self.offices.len(), user: user as usize % self.swarm.users };
        match step {
            Step::SetPassword { office, user } => self.set_password(who(office, user)),
            Step::SignIn { office, user } => self.sign_in(who(office, user)),
            Step::UseSession { nth } => self.with_session(nth, Self::use_session),
            Step::ChangePassword { nth } => self.with_session(nth, Self::change_password),
            Step::SignOut { nth, all: 0 } => self.with_session(nth, Self::sign_out),
            Step::SignOut { nth, .. } => self.with_session(nth, Self::sign_out_everywhere),
            _ => Ok(false),
        }
    }

    fn with_session(&mut self, nth: u32, step: impl FnOnce(&mut Self, &SignedIn) -> Did) -> Did {
        let found = self.signed_in.get(nth as usize % self.signed_in.len().max(1)).cloned();
        match found.filter(|found| self.offices[found.office].up) {
            Some(found) => step(self, &found),
            None => Ok(false),
        }
    }

    fn secret(&mut self, office: usize) -> [u8; 32] {
        let halves = [self.offices[office].draw(), self.offices[office].draw()];
        let mut secret = [0; 32];
        secret.copy_from_slice(&halves.concat());
        secret
    }

    /// Who is meant by a user's name, as the door asks before it looks at a password.
    fn candidate(&self, who: Who) -> Result<Option<Candidate>, Violation> {
        self.look(who.office, |view| sign_in::candidate(view, &user_name(who), None))
    }

    /// An administrator sends a link, and the user sets a password with it.
    fn set_password(&mut self, who: Who) -> Did {
        if !self.offices[who.office].up {
            return Ok(false);
        }
        let name = valid_name(&user_name(who)).map_err(|fault| failed(who.office, &fault))?;
        let (desk, token) = (acting(who.office, &admin_name(who.office))?, self.secret(who.office));
        let invited = self.verb(who.office, |tx| passwords::invite(tx, &desk, &name, "link", &token))?;
        let hash = format!("hash {:?}", self.offices[who.office].draw());
        if invited.is_none() || self.verb(who.office, |tx| passwords::set_with_pass(tx, &token, &hash))?.is_none() {
            return Ok(false);
        }
        let who = self.person(who);
        if self.has_session(&who) {
            sometimes!("a password was set while somebody was signed in with the one before");
        }
        self.note(Event::SessionsEnded { who, but: None });
        Ok(true)
    }

    /// Whether the oracle knows of a session of somebody.
    fn has_session(&self, who: &interoffice_oracle::Person) -> bool {
        self.sessions_of(who) > 0
    }

    fn sessions_of(&self, who: &interoffice_oracle::Person) -> usize {
        let local = self.checker.oracle.local(who.office);
        local.map_or(0, |local| local.inside.sessions.values().filter(|session| session.user == who.user).count())
    }

    fn sign_in(&mut self, who: Who) -> Did {
        if !self.offices[who.office].up || self.sessions_of(&self.person(who)) >= AT_A_TIME {
            return Ok(false);
        }
        let Some(candidate) = self.candidate(who)? else { return Ok(false) };
        let Some(credential) = candidate.credential else { return self.set_password(who) };
        let (token, device) = (self.secret(who.office), self.secret(who.office));
        let proof = Proof { user: candidate.user.name.clone(), password: credential.password, second_factor: SecondFactor::None };
        let begun =
            self.audited(who.office, "session.begin", false, |tx| sign_in::begin(tx, &proof, &token, &device, &Place::default()))?;
        let Some(begun) = begun else { return Ok(false) };
        sometimes!("somebody signed in");
        if self.signed_in.len() >= REMEMBERED {
            self.signed_in.remove(0);
        }
        self.signed_in.push(SignedIn { office: who.office, user: proof.user, token, id: begun.id });
        let (who, wall_ms) = (self.person(who), self.offices[who.office].wall_ms());
        self.note(Event::SessionBegun { who, token, wall_ms });
        Ok(true)
    }

    /// The session, as the door looks it up at each request; whether it counts must be what the oracle says.
    fn door(&self, session: &SignedIn) -> Result<bool, Violation> {
        check::session(self, session.office, &session.token)
    }

    fn use_session(&mut self, session: &SignedIn) -> Did {
        if !self.door(session)? {
            sometimes!("a session that is over was used");
            return Ok(false);
        }
        let SignedIn { office, id, token, .. } = *session;
        if self.verb(office, |tx| sign_in::touch_session(tx, id))?.is_none() {
            return Ok(false);
        }
        let wall_ms = self.offices[office].wall_ms();
        self.note(Event::SessionUsed { office, token, wall_ms });
        Ok(true)
    }

    fn change_password(&mut self, session: &SignedIn) -> Did {
        if !self.door(session)? {
            return Ok(false);
        }
        let SignedIn { office, user, token, id } = session.clone();
        let known = self.look(office, |view| sign_in::candidate(view, user.as_str(), None))?;
        let Some(before) = known.and_then(|known| known.credential) else { return Ok(false) };
        let hash = format!("hash {:?}", self.offices[office].draw());
        let work =
            |tx: &interoffice_core::store::Tx<'_>| -> Result<u64, Fault> { passwords::change(tx, &user, &before.password, &hash, id) };
        let Some(ended) = self.audited(office, "user.password", false, work)? else { return Ok(false) };
        if ended > 0 {
            sometimes!("a password was changed while somebody else was signed in with it");
        }
        let who = interoffice_oracle::Person::new(office, user.as_str());
        self.note(Event::SessionsEnded { who, but: Some(token) });
        Ok(true)
    }

    fn sign_out(&mut self, session: &SignedIn) -> Did {
        if !self.door(session)? {
            return Ok(false);
        }
        let SignedIn { office, ref user, token, id } = *session;
        let by = acting(office, user.as_str())?;
        if self.audited(office, "session.end", false, |tx| sign_in::end(tx, &by, user, id))?.is_none() {
            return Ok(false);
        }
        self.note(Event::SessionEnded { office, token });
        Ok(true)
    }

    fn sign_out_everywhere(&mut self, session: &SignedIn) -> Did {
        let (office, user) = (session.office, &session.user);
        let desk = acting(office, &admin_name(office))?;
        if self.audited(office, "session.end", false, |tx| sign_in::end_all(tx, &desk, user, None))?.is_none() {
            return Ok(false);
        }
        self.note(Event::SessionsEnded { who: interoffice_oracle::Person::new(office, user.as_str()), but: None });
        Ok(true)
    }
}
