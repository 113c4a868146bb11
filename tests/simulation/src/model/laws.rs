//! The laws that every statement, every set and every state of the model must keep, written apart from the product's rules.

use interoffice_core::actions::inbound::out_of_turn;
use interoffice_protocol::ids::StatementHash;
use interoffice_protocol::link::{End, LinkSet, LinkState, Side};
use interoffice_protocol::messages::Outcome;
use interoffice_protocol::misbehaviour::Misbehaviour;
use interoffice_protocol::statement::{
    Accept, Audience, Body, Decline, Delete, EndReason, Signed, Subject, Terms, Thaw, Verified, VerifyFault, Withdraw,
};

use super::book::{Book, Broken, envelope, opening, terms, user};
use super::state::State;
use super::words::{Said, Word};

/// Where the length of the recipient's tag stands in a payload: behind the 32 bytes of the sender.
const RECIPIENT_TAG: usize = 32;

fn law(holds: bool, invariant: &'static str, what: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken::new(invariant, what())) }
}

/// What only one office may hear, only in its turn, and only in the bytes that were signed.
pub(super) fn of_statement(book: &Book, from: Side, statement: &Verified) -> Result<(), Broken> {
    let signed = statement.signed().clone();
    let to = book.keys(from.other()).id;
    law(book.fault_at(signed.clone(), from, book.third.id) == Some(VerifyFault::ForeignTo), "INV-05", || {
        format!("an office takes a {:?} that was said to another", statement.body().kind())
    })?;
    law(book.fault_at(signed.clone(), from.other(), to) == Some(VerifyFault::ForeignFrom), "INV-05", || {
        format!("an office takes a {:?} that the other end of the connection did not say", statement.body().kind())
    })?;
    let long_form = Signed { payload: with_long_tag(&signed.payload), ..signed };
    law(book.fault_at(long_form, from, to) == Some(VerifyFault::BadSignature), "INV-25", || {
        format!("a {:?} in other bytes than were signed is taken", statement.body().kind())
    })
}

/// The payload with one number written longer than it need be, which decodes to the same value.
fn with_long_tag(payload: &[u8]) -> Vec<u8> {
    let mut bytes = payload[..RECIPIENT_TAG].to_vec();
    bytes.extend([251, payload[RECIPIENT_TAG], 0]);
    bytes.extend(&payload[RECIPIENT_TAG + 1..]);
    bytes
}

/// Where the link stands by the rule written a second time, from what was said alone.
fn expected(said: Said) -> LinkState {
    if !said.owner.has(Word::Request) {
        return LinkState::Unknown;
    }
    let end = |(side, word): (Side, Word)| match (word, side) {
        (Word::Withdraw, _) => Some(End::Withdrawn),
        (Word::Decline, _) => Some(End::Declined),
        (Word::Delete, Side::Owner) => Some(End::DeletedByOwner),
        (Word::Delete, Side::Reader) => Some(End::DeletedByReader),
        (Word::RightOff, _) => Some(End::RightDisabled),
        (Word::Expire, _) => Some(End::Expired),
        _ => None,
    };
    if let Some(first) = said.each().filter_map(end).min() {
        return LinkState::Ended(first);
    }
    match said.reader.has(Word::Accept) {
        true => LinkState::Active { frozen: said.owner.frozen_at().is_some() || said.reader.frozen_at().is_some() },
        false => LinkState::Waiting,
    }
}

/// Everything about one set of statements.
pub(super) fn of_set(book: &mut Book, said: Said, state: LinkState) -> Result<(), Broken> {
    law(state == expected(said), "INV-13", || format!("{said:?} comes to {state:?}, not {:?}", expected(said)))?;
    if matches!(state, LinkState::Active { .. }) {
        two_signatures(book, said)?;
    }
    any_order(book, said)?;
    foreign_words(book, said)?;
    order_of_words(book, said)
}

/// An Active link has a request and an acceptance that names it, by the office and user asked, of the very terms (INV-02, INV-03).
fn two_signatures(book: &mut Book, said: Said) -> Result<(), Broken> {
    let set = book.set(said)?;
    let of = |from: Side, wanted: fn(&Body) -> bool| {
        set.statements().find(|statement| statement.from() == book.keys(from).id && wanted(statement.body()))
    };
    let request = of(Side::Owner, |body| matches!(body, Body::Request(_)));
    let accept = of(Side::Reader, |body| matches!(body, Body::Accept(_)));
    let agreed = match (request.map(|request| (request, request.body())), accept.map(|accept| (accept, accept.body()))) {
        (Some((request, Body::Request(asked))), Some((accept, Body::Accept(agreed)))) => {
            let Subject::Link { request: named, owner, reader, .. } = &accept.envelope().subject else { return Ok(()) };
            *named == request.hash()
                && request.envelope().subject == (Subject::Opening { owner: owner.clone(), reader: reader.clone() })
                && request.envelope().to == Audience::Office(accept.from())
                && asked.terms == agreed.terms
        }
        _ => false,
    };
    law(agreed, "INV-02", || format!("{said:?} is Active without two signatures on one agreement"))
}

/// Every order in which the statements can come, and come twice, gives the same set (INV-14): all orders of up to four, and of more
/// every rotation forwards and backwards.
fn any_order(book: &mut Book, said: Said) -> Result<(), Broken> {
    let statements = book.statements(said)?;
    let straight = book.set(said)?;
    let mut orders = Vec::new();
    if statements.len() <= 4 {
        permutations(&mut (0..statements.len()).collect(), 0, &mut orders);
    } else {
        let count = statements.len();
        for start in 0..count {
            orders.push((0..count).map(|index| (start + index) % count).collect());
            orders.push((0..count).map(|index| (start + count - index) % count).collect());
        }
    }
    for order in orders {
        let mut set = LinkSet::new(straight.link());
        for index in order.iter().chain(&order) {
            let _ = set.insert(statements[*index].clone());
        }
        law(set == straight && set.state() == straight.state(), "INV-14", || {
            format!("{said:?} in the order {order:?} comes to {:?}, not {:?}", set.state(), straight.state())
        })?;
    }
    Ok(())
}

fn permutations(order: &mut Vec<usize>, fixed: usize, all: &mut Vec<Vec<usize>>) {
    if fixed >= order.len() {
        return all.push(order.clone());
    }
    for next in fixed..order.len() {
        order.swap(fixed, next);
        permutations(order, fixed + 1, all);
        order.swap(fixed, next);
    }
}

/// What the wrong side, a stranger, or the right side in the wrong words says has no place in the set, before the request as after it.
fn foreign_words(book: &mut Book, said: Said) -> Result<(), Broken> {
    let before = book.set(said)?;
    for (what, statement) in misfits(book)? {
        let mut set = before.clone();
        let early = set.insert(statement.clone());
        if said.owner.has(Word::Request) {
            law(early.is_err() && set == before, "INV-02", || format!("{what} has a place in {said:?}"))?;
            continue;
        }
        let after = said.owner.with(Word::Request);
        let _ = set.insert(book.statement(Side::Owner, after)?);
        let same = set == book.set(Said { owner: after, ..said })?;
        law(same, "INV-14", || format!("{what} that came before the request has a place in {said:?}"))?;
    }
    let (owner, reader) = (said.owner.frozen_at(), said.reader.frozen_at());
    for (side, place) in [(Side::Owner, owner), (Side::Reader, reader)] {
        let Some(place) = place else { continue };
        let freeze = book.statement(side, said.by(side).first(place + 1))?.hash();
        let thaw = forged(book, side.other(), Thaw { freeze }.into(), None)?;
        let mut set = before.clone();
        let _ = set.insert(thaw);
        law(set.state() == before.state(), "INV-14", || format!("the {:?} ends the freeze of the {side:?} in {said:?}", side.other()))?;
    }
    Ok(())
}

/// Well-signed statements about the link that must have no effect.
fn misfits(book: &mut Book) -> Result<Vec<(&'static str, Verified)>, Broken> {
    let text = String::new;
    let accept = |terms| Body::from(Accept { terms });
    let delete = || Body::from(Delete { reason: EndReason::Deleted, note: text() });
    let Subject::Link { link, request, owner, reader } = book.subject()? else { return Ok(Vec::new()) };
    let other_request = Subject::Link { link, request: StatementHash([1; 32]), owner: owner.clone(), reader: reader.clone() };
    let other_user = Subject::Link { link, request, owner, reader: user("eve") };
    let others = Terms { level: interoffice_protocol::record::Level::FullControl, ..terms() };
    Ok(vec![
        ("an acceptance by the owner", forged(book, Side::Owner, accept(terms()), None)?),
        ("a refusal by the owner", forged(book, Side::Owner, Decline { reason: text() }.into(), None)?),
        ("a withdrawal by the reader", forged(book, Side::Reader, Withdraw { reason: text() }.into(), None)?),
        ("an acceptance of other terms", forged(book, Side::Reader, accept(others), None)?),
        ("an acceptance of another request", forged(book, Side::Reader, accept(terms()), Some(other_request))?),
        ("an end by another user", forged(book, Side::Reader, delete(), Some(other_user))?),
        ("an end by a third office", by_stranger(book, &delete())?),
    ])
}

/// What `side` signs although it would never say it.
fn forged(book: &mut Book, side: Side, body: Body, subject: Option<Subject>) -> Result<Verified, Broken> {
    let subject = match subject {
        Some(subject) => subject,
        None => book.subject()?,
    };
    let to = Audience::Office(book.keys(side.other()).id);
    let signed = book.keys(side).signer.sign(envelope(to, subject, 99, StatementHash([2; 32])), &body);
    Verified::from_store(signed).map_err(|fault| Broken::new("INV-05", fault.to_string()))
}

fn by_stranger(book: &mut Book, body: &Body) -> Result<Verified, Broken> {
    let (subject, to) = (book.subject()?, Audience::Office(book.owner.id));
    let signed = book.third.signer.sign(envelope(to, subject, 99, StatementHash([2; 32])), body);
    Verified::from_store(signed).map_err(|fault| Broken::new("INV-05", fault.to_string()))
}

/// After what it heard, an office takes neither another statement for a place that is taken, nor one that follows on something else,
/// nor one of another life of the issuer (INV-27, INV-41).
fn order_of_words(book: &mut Book, said: Said) -> Result<(), Broken> {
    for side in [Side::Owner, Side::Reader] {
        let words = said.by(side);
        let row = book.peer_row(side, words)?;
        if words.len() == 0 {
            continue;
        }
        let next = envelope(Audience::Office(book.keys(side.other()).id), opening(), words.len() as u64 + 1, row.heard_hash);
        let heard = |change: fn(&mut interoffice_protocol::statement::Envelope)| {
            let mut envelope = next.clone();
            change(&mut envelope);
            out_of_turn(&row, &envelope)
        };
        let refused = |heard: Option<interoffice_core::actions::inbound::Heard>, wanted: Misbehaviour| {
            let found = heard.and_then(|heard| heard.misbehaviour);
            law(found.as_ref() == Some(&wanted), "INV-27", || format!("after {words:?} of the {side:?}: {found:?} where {wanted:?} is due"))
        };
        law(heard(|_| {}).is_none(), "INV-27", || format!("the next word after {words:?} of the {side:?} is refused"))?;
        let gap = heard(|envelope| envelope.sequence += 1).map(|heard| heard.outcome);
        law(matches!(gap, Some(Outcome::Gap { .. })), "INV-27", || format!("a gap after {words:?} of the {side:?} goes unnoticed"))?;
        refused(heard(|envelope| envelope.sequence -= 1), Misbehaviour::Equivocation)?;
        refused(heard(|envelope| envelope.previous = StatementHash([3; 32])), Misbehaviour::BrokenOrder)?;
        refused(heard(|envelope| envelope.epoch.identity = [8; 16]), Misbehaviour::TwinOffice)?;
        refused(heard(|envelope| envelope.epoch.counter -= 1), Misbehaviour::EpochWentBack)?;
    }
    Ok(())
}

/// Whoever tells whom, both come to the same (INV-14).
pub(super) fn of_merging(book: &mut Book, one: Said, other: Said) -> Result<(), Broken> {
    let (mut left, mut right) = (book.set(one)?, book.set(other)?);
    let (told_left, told_right) = (left.clone(), right.clone());
    for statement in told_right.statements() {
        let _ = left.insert(statement.clone());
    }
    for statement in told_left.statements() {
        let _ = right.insert(statement.clone());
    }
    law(left == right && left.state() == right.state(), "INV-14", || {
        format!("{one:?} and {other:?} come to {:?} and {:?}", left.state(), right.state())
    })
}

/// What one step may do to where the link stands at an office.
pub(super) fn of_step(book: &mut Book, before: &State, after: &State) -> Result<(), Broken> {
    for side in [Side::Owner, Side::Reader] {
        let (was, is) = (before.known(side), after.known(side));
        if was == is {
            continue;
        }
        let (was_at, is_at) = (book.state(was)?, book.state(is)?);
        let ended = |state| matches!(state, LinkState::Ended(_));
        law(!ended(was_at) || ended(is_at), "INV-13", || format!("a link that was {was_at:?} at the {side:?} is {is_at:?} again"))?;
        let active = matches!(is_at, LinkState::Active { .. });
        law(!active || is.reader.has(Word::Accept), "INV-03", || format!("the link is Active at the {side:?}, and nobody accepted"))?;
    }
    Ok(())
}

/// What holds in every state, and what holds when everything said was heard.
pub(super) fn of_state(book: &mut Book, state: &State) -> Result<(), Broken> {
    let (owner, reader) = (state.known(Side::Owner), state.known(Side::Reader));
    book.merge(owner, reader)?;
    let all = state.all_said();
    if !state.is_heard() {
        return Ok(());
    }
    let (at_owner, at_reader) = (book.state(owner)?, book.state(reader)?);
    law(at_owner == at_reader, "INV-15", || format!("everything is heard, and {all:?} is {at_owner:?} there and {at_reader:?} here"))?;
    if all.owner.has(Word::Withdraw) {
        law(at_owner == LinkState::Ended(End::Withdrawn), "INV-17", || format!("{all:?} was taken back, and is {at_owner:?}"))?;
    }
    let ends = all.each().filter(|(_, word)| word.ends()).count();
    law(ends == 0 || matches!(at_owner, LinkState::Ended(_)), "INV-18", || format!("{all:?} was ended, and is {at_owner:?}"))?;
    let after_end = ends + usize::from(all.reader.has(Word::Receipt));
    law(after_end <= 4 && ends <= 2, "INV-18", || format!("{after_end} statements end one link: {all:?}"))?;
    // One answer, by one person, from a link that waited.
    let answers = all.reader.iter().filter(|word| matches!(word, Word::Accept | Word::Decline)).count();
    law(answers <= 1, "INV-26", || format!("a request is answered {answers} times: {all:?}"))
}
