//! When an office may say what: by its side, and by where the link stands as far as it knows.

use super::{LinkState, Side};
use crate::seeded::{Bug, planted};
use crate::statement::Kind;

/// Whether the office at `side` may say a statement of `kind` about a link that stands at `state` there.
///
/// A request is answered once and taken back only while nobody has answered it, as far as the office knows; both may be under way
/// at the same time, and the link's state says what that comes to. Whatever is not over may be ended by either side, once.
pub fn may_say(side: Side, state: LinkState, kind: Kind) -> bool {
    let over = matches!(state, LinkState::Ended(_));
    match kind {
        Kind::Accept if planted(Bug::AnswerAfterEnd) => side == Side::Reader,
        Kind::Accept | Kind::Decline => side == Side::Reader && state == LinkState::Waiting,
        Kind::Withdraw => side == Side::Owner && state == LinkState::Waiting,
        Kind::Delete => !over,
        Kind::Freeze | Kind::Thaw | Kind::Amend => matches!(state, LinkState::Active { .. }),
        Kind::Receipt | Kind::Hold => side == Side::Reader,
        Kind::Request | Kind::KeySet | Kind::Revoke | Kind::Epoch | Kind::Head => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::End;

    const ACTIVE: LinkState = LinkState::Active { frozen: false };

    #[test]
    fn a_waiting_request_is_answered_by_its_reader_and_taken_back_by_its_owner() {
        for kind in [Kind::Accept, Kind::Decline] {
            assert!(may_say(Side::Reader, LinkState::Waiting, kind) && !may_say(Side::Owner, LinkState::Waiting, kind));
            assert!(!may_say(Side::Reader, ACTIVE, kind) && !may_say(Side::Reader, LinkState::Ended(End::Withdrawn), kind));
        }
        assert!(may_say(Side::Owner, LinkState::Waiting, Kind::Withdraw) && !may_say(Side::Reader, LinkState::Waiting, Kind::Withdraw));
        assert!(!may_say(Side::Owner, ACTIVE, Kind::Withdraw));
    }

    #[test]
    fn either_side_ends_what_is_not_over_and_nobody_what_is() {
        for side in [Side::Owner, Side::Reader] {
            assert!(may_say(side, LinkState::Waiting, Kind::Delete) && may_say(side, ACTIVE, Kind::Delete));
            assert!(!may_say(side, LinkState::Ended(End::DeletedByOwner), Kind::Delete));
            assert!(may_say(side, ACTIVE, Kind::Freeze) && !may_say(side, LinkState::Waiting, Kind::Freeze));
        }
    }

    #[test]
    fn who_reads_gives_receipts_and_nobody_opens_a_link_again() {
        for state in [LinkState::Waiting, ACTIVE, LinkState::Ended(End::Withdrawn)] {
            assert!(may_say(Side::Reader, state, Kind::Receipt) && !may_say(Side::Owner, state, Kind::Receipt));
            assert!(!may_say(Side::Owner, state, Kind::Request) && !may_say(Side::Reader, state, Kind::Head));
        }
    }
}
