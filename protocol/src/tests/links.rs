//! The laws of links: order and repetition do not matter, an end is for ever, and the state is what the statements say.

use proptest::prelude::*;

use super::samples::{self, NOW_MS, Opened};
use crate::ids::LinkId;
use crate::limits::ORPHANS_PER_LINK;
use crate::link::{End, LinkSet, LinkState, Misfit, Side, side_of};
use crate::statement::{
    Accept, Amend, Body, Decline, Delete, EndReason, Freeze, Hold, Receipt, ReceiptLevel, RemovalCover, Terms, Thaw, Verified, Withdraw,
};

const REASONS: [EndReason; 5] =
    [EndReason::Deleted, EndReason::RightDisabled, EndReason::UserGone, EndReason::Expired, EndReason::PeerRemoved];

fn accept() -> Accept {
    Accept { terms: samples::terms() }
}

fn delete(reason: EndReason) -> Delete {
    Delete { reason, note: String::new() }
}

/// Everything that can be said about one link by its two offices, what does not fit included.
fn everything(opened: &Opened) -> Vec<Verified> {
    let widened = Terms { purpose: "something else".into(), ..samples::terms() };
    let freezes = [opened.by_owner(20, freeze("a")), opened.by_owner(21, freeze("b")), opened.by_reader(20, freeze("c"))];
    let receipt = Receipt {
        level: ReceiptLevel::Removed,
        cover: RemovalCover::Part { epoch: 1, upto: 3 },
        count: 1,
        root: [1; 32],
        chunks: 1,
        removed_at_ms: NOW_MS,
        held: 0,
        holds: vec![],
    };
    let mut signed = vec![
        opened.request.clone(),
        opened.by_reader(1, accept()),
        opened.by_reader(2, Accept { terms: widened.clone() }),
        opened.by_owner(2, accept()),
        opened.by_reader(3, Decline { reason: String::new() }),
        opened.by_owner(3, Withdraw { reason: String::new() }),
        opened.by_reader(4, Withdraw { reason: String::new() }),
        opened.by_owner(4, Amend { terms: widened, agrees_to: crate::ids::StatementHash::NONE }),
        opened.by_owner(5, Thaw { freeze: freezes[0].hash() }),
        opened.by_owner(6, Thaw { freeze: freezes[1].hash() }),
        opened.by_reader(5, Thaw { freeze: freezes[2].hash() }),
        // The other side can't end a freeze that is not its own.
        opened.by_reader(6, Thaw { freeze: freezes[0].hash() }),
        opened.by_reader(7, Hold { basis: "law".into(), until_ms: 0, count: 1, root: [0; 32] }),
        opened.by_reader(8, receipt.clone()),
        opened.by_owner(7, receipt),
    ];
    signed.extend(freezes);
    for (sequence, reason) in (30..).zip(REASONS) {
        signed.push(opened.by_owner(sequence, delete(reason)));
        signed.push(opened.by_reader(sequence, delete(reason)));
    }
    signed.iter().map(|signed| opened.verified(signed)).collect()
}

fn freeze(reason: &str) -> Freeze {
    Freeze { reason: reason.into() }
}

fn set<'a>(opened: &Opened, statements: impl IntoIterator<Item = &'a Verified>) -> LinkSet {
    let mut set = LinkSet::new(opened.link);
    for statement in statements {
        // What does not fit changes nothing, in whatever order it comes: that is what these tests are about.
        let _ = set.insert(statement.clone());
    }
    set
}

fn is_end(statement: &Verified, side: Side) -> Option<End> {
    match (statement.body(), side) {
        (Body::Withdraw(_), Side::Owner) => Some(End::Withdrawn),
        (Body::Decline(_), Side::Reader) => Some(End::Declined),
        (Body::Delete(delete), side) => Some(match (delete.reason, side) {
            (EndReason::Deleted, Side::Owner) => End::DeletedByOwner,
            (EndReason::Deleted, Side::Reader) => End::DeletedByReader,
            (EndReason::RightDisabled, _) => End::RightDisabled,
            (EndReason::UserGone, _) => End::UserGone,
            (EndReason::PeerRemoved, _) => End::PeerRemoved,
            (EndReason::Expired, _) => End::Expired,
        }),
        _ => None,
    }
}

/// The state by a rule written a second time, from the statements alone.
fn modelled(opened: &Opened, statements: &[&Verified]) -> LinkState {
    let side = |statement: &Verified| if statement.from() == opened.owner.id { Side::Owner } else { Side::Reader };
    if !statements.iter().any(|statement| statement.signed() == &opened.request) {
        return LinkState::Unknown;
    }
    if let Some(end) = statements.iter().filter_map(|statement| is_end(statement, side(statement))).min() {
        return LinkState::Ended(end);
    }
    let agreed = statements.iter().any(|statement| {
        matches!(statement.body(), Body::Accept(accept) if accept.terms == samples::terms()) && side(statement) == Side::Reader
    });
    if !agreed {
        return LinkState::Waiting;
    }
    let frozen = statements.iter().any(|freeze| {
        matches!(freeze.body(), Body::Freeze(_))
            && !statements
                .iter()
                .any(|thaw| side(thaw) == side(freeze) && matches!(thaw.body(), Body::Thaw(thaw) if thaw.freeze == freeze.hash()))
    });
    LinkState::Active { frozen }
}

#[test]
fn a_link_waits_until_both_offices_have_signed() {
    let opened = samples::opened();
    let mut set = LinkSet::new(opened.link);
    assert_eq!((set.state(), set.parties(), set.terms()), (LinkState::Unknown, None, None));
    assert_eq!(set.insert(opened.verified(&opened.request)), Ok(true));
    assert_eq!(set.state(), LinkState::Waiting);
    assert_eq!(set.terms(), Some(&samples::terms()));
    let parties = set.parties().expect("the request names them");
    assert_eq!((side_of(&parties, opened.owner.id), side_of(&parties, opened.reader.id)), (Some(Side::Owner), Some(Side::Reader)));
    assert_eq!(side_of(&parties, samples::office(3).id), None);
    assert_eq!((parties.owner.as_str(), parties.reader.as_str()), ("ann", "bob"));
    assert_eq!(set.insert(opened.verified(&opened.by_reader(1, accept()))), Ok(true));
    assert_eq!(set.state(), LinkState::Active { frozen: false });
    assert_eq!(set.insert(opened.verified(&opened.by_reader(1, accept()))), Ok(false), "said twice");
    assert_eq!(Side::Owner.other(), Side::Reader);
    assert_eq!(Side::Reader.other(), Side::Owner);
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let opened = samples::opened();
    let mut set = set(&opened, [&opened.verified(&opened.request)]);
    let before = set.clone();
    let mut refuse = |signed: &crate::statement::Signed, misfit| {
        assert_eq!(set.insert(opened.verified(signed)), Err(misfit));
        assert_eq!(set, before);
    };
    refuse(&opened.by_owner(2, accept()), Misfit::WrongSide);
    refuse(&opened.by_owner(2, Decline { reason: String::new() }), Misfit::WrongSide);
    refuse(&opened.by_reader(2, Withdraw { reason: String::new() }), Misfit::WrongSide);
    refuse(&opened.by_owner(2, Hold { basis: String::new(), until_ms: 0, count: 0, root: [0; 32] }), Misfit::WrongSide);
    let other = Terms { lease_s: 1, ..samples::terms() };
    refuse(&opened.by_reader(2, Accept { terms: other }), Misfit::OtherTerms);
    let say = |subject| {
        let envelope = samples::envelope(opened.reader.id, crate::statement::Audience::Office(opened.owner.id), subject, 2);
        opened.reader.signer.sign(envelope, &accept().into())
    };
    use crate::statement::Subject;
    let (request, link) = (opened.request.hash(), opened.link);
    let (ann, bob, eve) = (samples::user("ann"), samples::user("bob"), samples::user("eve"));
    let other_users = Subject::Link { link, request, owner: ann.clone(), reader: eve.clone() };
    refuse(&say(other_users), Misfit::OtherParties);
    refuse(&say(Subject::Link { link, request, owner: eve, reader: bob.clone() }), Misfit::OtherParties);
    let request = crate::ids::StatementHash([1; 32]);
    refuse(&say(Subject::Link { link, request, owner: ann.clone(), reader: bob.clone() }), Misfit::OtherParties);
    let link = LinkId([1; 32]);
    refuse(&say(Subject::Link { link, request, owner: ann, reader: bob }), Misfit::OtherLink);

    assert_eq!(set.link(), opened.link);
    // A third office, whose statement is genuine, about a link it has no part in.
    let third = samples::office(3);
    let envelope = samples::envelope(third.id, crate::statement::Audience::Office(opened.owner.id), opened.subject(), 1);
    let foreign = third.signer.sign(envelope, &delete(EndReason::Deleted).into());
    assert_eq!(set.insert(samples::verified(&foreign, &third, &opened.owner)), Err(Misfit::WrongSide));
    assert_eq!(set, before);
}

#[test]
fn a_freeze_holds_until_its_own_issuer_ends_it() {
    let opened = samples::opened();
    let mut set = set(&opened, [&opened.verified(&opened.request), &opened.verified(&opened.by_reader(1, accept()))]);
    let mut say = |signed: &crate::statement::Signed| {
        set.insert(opened.verified(signed)).expect("it fits");
        set.state()
    };
    let (by_owner, by_reader) = (opened.by_owner(2, freeze("owner")), opened.by_reader(2, freeze("reader")));
    assert_eq!(say(&by_owner), LinkState::Active { frozen: true });
    assert_eq!(say(&by_reader), LinkState::Active { frozen: true });
    assert_eq!(say(&opened.by_reader(3, Thaw { freeze: by_owner.hash() })), LinkState::Active { frozen: true }, "not its to end");
    assert_eq!(say(&opened.by_owner(3, Thaw { freeze: by_owner.hash() })), LinkState::Active { frozen: true }, "the reader's stands");
    assert_eq!(say(&opened.by_reader(4, Thaw { freeze: by_reader.hash() })), LinkState::Active { frozen: false });
    assert_eq!(say(&opened.by_owner(4, freeze("again"))), LinkState::Active { frozen: true });
}

#[test]
fn with_several_ends_the_first_in_the_fixed_order_is_shown() {
    let opened = samples::opened();
    let statements = everything(&opened);
    let ends: Vec<&Verified> =
        statements.iter().filter(|statement| matches!(set(&opened, [&statements[0], *statement]).state(), LinkState::Ended(_))).collect();
    assert_eq!(ends.len(), 12, "withdraw, decline, and five reasons from either side");
    for one in &ends {
        for other in &ends {
            let state = |ends: &[&Verified]| set(&opened, std::iter::once(&statements[0]).chain(ends.iter().copied())).state();
            let (LinkState::Ended(first), LinkState::Ended(second)) = (state(&[one]), state(&[other])) else { panic!("both end it") };
            assert_eq!(state(&[one, other]), LinkState::Ended(first.min(second)));
        }
    }
}

#[test]
fn every_subset_of_a_small_set_of_statements_has_the_state_of_the_model() {
    let opened = samples::opened();
    let statements = everything(&opened);
    // Request, both Accepts that matter, an end of each kind, the freezes and thaws: all subsets of them.
    let chosen: Vec<&Verified> = [0, 1, 2, 3, 4, 5, 8, 9, 10, 15, 16, 17, 18, 19].map(|index| &statements[index]).into();
    for mask in 0u32..1 << chosen.len() {
        let subset: Vec<&Verified> =
            chosen.iter().enumerate().filter(|(index, _)| mask & (1 << index) != 0).map(|(_, statement)| *statement).collect();
        assert_eq!(set(&opened, subset.iter().copied()).state(), modelled(&opened, &subset), "{mask:b}");
    }
}

#[test]
fn only_so_many_statements_wait_for_an_unknown_request() {
    let opened = samples::opened();
    let mut set = LinkSet::new(opened.link);
    let freezes: Vec<_> = (0..=ORPHANS_PER_LINK as u64).map(|sequence| opened.by_reader(sequence + 1, freeze("early"))).collect();
    let (last, early) = freezes.split_last().expect("more than one");
    for signed in early {
        assert_eq!(set.insert(opened.verified(signed)), Ok(true));
    }
    assert_eq!(set.insert(opened.verified(last)), Err(Misfit::TooManyOrphans));
    assert_eq!(set.insert(opened.verified(&early[0])), Ok(false), "one that waits already is no further one");
    assert_eq!(set.insert(opened.verified(&opened.request)), Ok(true), "the request always has a place");
    assert_eq!(set.insert(opened.verified(last)), Ok(true), "and then there is no such bound");
    assert_eq!(set.state(), LinkState::Waiting);
    assert_eq!(set.statements().count(), ORPHANS_PER_LINK + 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn inv_14_order_and_repetition_do_not_matter(picks in prop::collection::vec(0usize..28, 0..30), seed: u64) {
        let opened = samples::opened();
        let statements = everything(&opened);
        prop_assert_eq!(statements.len(), 28);
        let straight: Vec<&Verified> = picks.iter().map(|pick| &statements[*pick]).collect();
        let mut shuffled = straight.clone();
        for index in (1..shuffled.len()).rev() {
            let other = (seed.rotate_left(index as u32) % (index as u64 + 1)) as usize;
            shuffled.swap(index, other);
        }
        shuffled.extend(straight.iter().rev());
        let (one, other) = (set(&opened, straight.iter().copied()), set(&opened, shuffled));
        prop_assert_eq!(one.state(), modelled(&opened, &straight));
        prop_assert_eq!(one, other, "the same statements are kept, and so the same state");
    }

    #[test]
    fn inv_14_merging_is_associative(picks in prop::collection::vec(0usize..28, 0..30), cut in any::<prop::sample::Index>()) {
        let opened = samples::opened();
        let statements = everything(&opened);
        let all: Vec<&Verified> = picks.iter().map(|pick| &statements[*pick]).collect();
        let (left, right) = all.split_at(if all.is_empty() { 0 } else { cut.index(all.len()) });
        let (left, right) = (set(&opened, left.iter().copied()), set(&opened, right.iter().copied()));
        let merged = set(&opened, left.statements().chain(right.statements()));
        prop_assert_eq!(merged, set(&opened, all));
    }

    #[test]
    fn inv_13_an_end_is_absorbing(picks in prop::collection::vec(0usize..28, 0..40)) {
        let opened = samples::opened();
        let statements = everything(&opened);
        let mut set = set(&opened, [&statements[0]]);
        let mut ended = false;
        for pick in picks {
            let _ = set.insert(statements[pick].clone());
            let now = matches!(set.state(), LinkState::Ended(_));
            prop_assert!(now || !ended, "no statement brings a link back");
            ended = now;
        }
    }
}
