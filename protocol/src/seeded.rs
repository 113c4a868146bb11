//! Mistakes that a test can plant into the rules at run time, to see whether the simulator notices them. Without the feature
//! `seeded-bugs`, which no release has, [`planted`] is `false` for the compiler and nothing of a mistake is built.

macro_rules! bugs {
    ($($name:ident, $number:literal, $word:literal, $says:literal;)*) => {
        /// A mistake, one a hook in the code.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Bug {
            $(#[doc = concat!("Number ", $number, ": ", $says, ".")] $name,)*
        }

        impl Bug {
            /// Every mistake, those of the list that every release answers first.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its number: up to 24 those of the published list, from 25 on those that this code suggested.
            pub fn number(self) -> u8 {
                match self {
                    $(Self::$name => $number,)*
                }
            }

            /// Its name on a command line.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// What is wrong, in words.
            pub fn words(self) -> &'static str {
                match self {
                    $(Self::$name => $says,)*
                }
            }
        }
    };
}

bugs! {
    NoTombstoneCheck, 1, "no-tombstone-check", "a batch is taken for a link that has ended";
    AnswerBeforeCommit, 2, "answer-before-commit", "what was heard is answered before it is durable";
    SearchRowLeft, 3, "search-row-left", "the words that a copy was found by stay when it is withdrawn";
    UnsentLeftOnDisable, 4, "unsent-left-on-disable", "what was to be sent is still sent after a right was disabled";
    LeaseOnWallClock, 5, "lease-on-wall-clock", "leases are measured on the wall clock";
    PreviousNotChecked, 6, "previous-not-checked", "nobody looks at the hash of the statement before";
    VerifyReencoded, 7, "verify-reencoded", "a signature is checked over bytes that were encoded again";
    RecipientNotChecked, 8, "recipient-not-checked", "a statement for another office is taken";
    AcceptWithoutRequest, 9, "accept-without-request", "an accept counts whatever request it names";
    LateAccept, 10, "late-accept", "an accept that comes late brings a withdrawn link to life";
    OldCopyUnnoticed, 12, "old-copy-unnoticed", "an old copy of the data goes on and uses its sequences again";
    SearchSkipsAuthorize, 15, "search-skips-authorize", "a search finds records that its user may not see";
    PartNotRebuilt, 17, "part-not-rebuilt", "a file is not written anew after records were withdrawn from it";
    EndBehindData, 18, "end-behind-data", "an ending waits behind records on the data lane";
    SyncNormal, 19, "sync-normal", "the database does not wait for the disk";
    CountLeaks, 21, "count-leaks", "a count includes records that its user may not see";
    RepeatAudited, 22, "repeat-audited", "a statement that is said twice is written into the audit twice";
    NewerSchemaOpened, 24, "newer-schema-opened", "an older program opens a newer database";
    DigestForgetsWithdraw, 25, "digest-forgets-withdraw", "a withdrawn copy stays in the reader's digest";
    EditNotLogged, 26, "edit-not-logged", "an edited record does not move in the logs that show it";
    RelatedOutsideScope, 27, "related-outside-scope", "related items travel whatever the scope says";
    ReceiptBeforeErase, 28, "receipt-before-erase", "the receipt is signed before the file is gone";
    OrphansApplied, 29, "orphans-applied", "what came before the request counts although it does not fit it";
    BlockedRenewed, 30, "blocked-renewed", "a blocked office gets its leases renewed";
    BlockedHeard, 31, "blocked-heard", "a blocked office is heard like any other";
    StoredWithoutStoring, 32, "stored-without-storing", "an ending is answered as stored and forgotten";
    RepeatTakesSequence, 33, "repeat-takes-sequence", "a statement that is said twice takes a second place in the order";
    GapApplied, 34, "gap-applied", "a batch is taken although one before it is missing, and nobody compares digests";
    ArchiveKeepsShares, 35, "archive-keeps-shares", "the copies of an archived record stay at the other offices";
    UserGoneKeepsLinks, 36, "user-gone-keeps-links", "the links of a disabled user go on";
    EndedStillReadable, 37, "ended-still-readable", "copies are readable until their file is erased";
    LockedStillReadable, 38, "locked-still-readable", "copies are readable after their lease ran out";
    ProbeTells, 39, "probe-tells", "a request for a user who can't answer it is refused at once";
    TwinHeard, 41, "twin-heard", "two lives of an office with one epoch are both heard";
    EpochBackHeard, 42, "epoch-back-heard", "statements of an older epoch are taken";
    DenialNotAudited, 43, "denial-not-audited", "a denied attempt leaves no line in the audit";
    RemovalForgotten, 44, "removal-forgotten", "a reader's office forgets to erase a link that ended";
    WrongSideHeard, 45, "wrong-side-heard", "a reader can withdraw a request";
    OtherTermsAccepted, 46, "other-terms-accepted", "an accept counts whatever terms it repeats";
    FirstEndWins, 47, "first-end-wins", "a link keeps the end that it heard of first";
    ThawByAnybody, 48, "thaw-by-anybody", "either side ends the freeze of the other";
    AnswerAfterEnd, 49, "answer-after-end", "a request that was answered is answered again";
    AdminReadsCopies, 50, "admin-reads-copies", "an admin reads the copies of every user";
    PrivateShared, 51, "private-shared", "private records are shared with all others, unasked";
    FirstLeaseMissing, 52, "first-lease-missing", "a link begins without a lease and stays readable for ever";
    SafeClockStands, 53, "safe-clock-stands", "a look at the clocks forgets the time that passed since the last one";
    MemberStays, 54, "member-stays", "whoever is taken out of a group is still in it";
    TransferKeepsCopies, 55, "transfer-keeps-copies", "a record with a new owner stays on the links of the old one";
    SwitchOnShares, 56, "switch-on-shares", "switching client access on shares what office security had hidden";
    SessionSurvivesDisable, 57, "session-survives-disable", "the sessions of a disabled user count again once the user is enabled";
    RequestShowsMembers, 58, "request-shows-members", "who asks for access is told of users who are in a group";
    GrantNotAudited, 59, "grant-not-audited", "a share inside the office leaves no line in the audit";
    OldOwnerKeepsAll, 60, "old-owner-keeps-all", "whoever gives a record away keeps Full Control of it";
    PasswordKeepsSessions, 61, "password-keeps-sessions", "a password that is set anew ends no session";
    KeptWithoutSharing, 62, "kept-without-sharing", "whoever may not share keeps a record that he or she gives away";
    ProxyWithoutSharing, 63, "proxy-without-sharing", "whoever may not share names a proxy";
    LinkWithoutSharing, 64, "link-without-sharing", "whoever may not share shares over a link";
}

impl Bug {
    /// The mistake with this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|bug| bug.as_str() == text)
    }
}

/// Whether this mistake is to be made.
#[cfg(not(feature = "seeded-bugs"))]
pub const fn planted(_bug: Bug) -> bool {
    false
}

#[cfg(feature = "seeded-bugs")]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

/// Whether this mistake is to be made.
#[cfg(feature = "seeded-bugs")]
pub fn planted(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

/// Plants a mistake into everything that this thread does from now on, in place of the one before.
#[cfg(feature = "seeded-bugs")]
pub fn plant(bug: Option<Bug>) {
    PLANTED.set(bug);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_has_a_number_a_name_and_words_of_its_own() {
        let distinct = |of: fn(Bug) -> String| Bug::ALL.iter().copied().map(of).collect::<std::collections::BTreeSet<_>>().len();
        assert_eq!(distinct(|bug| bug.number().to_string()), Bug::ALL.len());
        assert_eq!(distinct(|bug| bug.as_str().to_owned()), Bug::ALL.len());
        assert_eq!(distinct(|bug| bug.words().to_owned()), Bug::ALL.len());
        assert!(Bug::ALL.iter().all(|bug| Bug::parse(bug.as_str()) == Some(*bug)));
        assert_eq!(Bug::parse("no-such-mistake"), None);
    }

    #[test]
    fn nothing_is_wrong_unless_it_was_planted() {
        assert!(Bug::ALL.iter().all(|bug| !planted(*bug)));
    }

    #[cfg(feature = "seeded-bugs")]
    #[test]
    fn one_mistake_at_a_time_is_made_by_the_thread_it_was_planted_in() {
        plant(Some(Bug::LateAccept));
        assert!(planted(Bug::LateAccept) && !planted(Bug::SyncNormal));
        assert!(!std::thread::spawn(|| planted(Bug::LateAccept)).join().expect("a thread ends"));
        plant(None);
        assert!(!planted(Bug::LateAccept));
    }
}
