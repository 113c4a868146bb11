//! What happens in a federation, as it is told to the oracle: plain facts, each after its commit, in the order in which they
//! happened. Nothing here knows the product.

use crate::token::Token;

/// An office, by its place in the world.
pub type Office = usize;
/// A link, by its id.
pub type Link = [u8; 32];
/// A record, by its id.
pub type Record = [u8; 16];

/// A user of an office.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Person {
    /// The office.
    pub office: Office,
    /// The user's permanent name.
    pub user: String,
}

impl Person {
    /// The user `user` of `office`.
    pub fn new(office: Office, user: &str) -> Self {
        Self { office, user: user.to_owned() }
    }
}

/// Where in a record a token stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Place {
    /// In a property of this field (a number below 32); 0 is the name, which every scope shows.
    Field(u8),
    /// In a related item of this kind (a number below 8).
    Related(u8),
    /// In the uploaded card only: it never leaves its office.
    Card,
}

/// A token with its place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Placed {
    /// Where it stands.
    pub place: Place,
    /// The word.
    pub token: Token,
}

/// Which fields and kinds of related items a link shows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Mask {
    /// One bit a field.
    pub fields: u32,
    /// One bit a kind of related item.
    pub related: u8,
}

impl Mask {
    /// Whether something at `place` is shown.
    pub fn shows(self, place: Place) -> bool {
        match place {
            Place::Field(0) => true,
            Place::Field(field) => field < 32 && self.fields & (1 << field) != 0,
            Place::Related(kind) => kind < 8 && self.related & (1 << kind) != 0,
            Place::Card => false,
        }
    }
}

/// What a link is asked for with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// Whose records are to be shared.
    pub owner: Person,
    /// Who is to read them.
    pub reader: Person,
    /// What is shown.
    pub mask: Mask,
    /// How long the reader may read without hearing of the owner's office (milliseconds).
    pub lease_ms: i64,
    /// When it is to end on the owner's office's wall clock (milliseconds since 1970, UTC).
    pub not_after_ms: Option<i64>,
}

/// Why a link ended; the first of several counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Why {
    /// The requester took the request back.
    Withdrawn,
    /// The reader turned it down.
    Declined,
    /// The owner deleted it, or his or her office gave it up.
    DeletedByOwner,
    /// The reader deleted it, or his or her office gave it up.
    DeletedByReader,
    /// One of the two lost the right.
    RightDisabled,
    /// One of the two was disabled.
    UserGone,
    /// One of the offices removed the other.
    PeerRemoved,
    /// The agreed end passed.
    Expired,
}

/// What an office says about a link in a signed statement.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Said {
    /// The owner asks.
    Request,
    /// The reader agrees.
    Accept,
    /// It ends.
    End(Why),
    /// It is suspended until a thaw.
    Freeze,
    /// The issuer's freeze is over.
    Thaw,
    /// The reader's office has removed copies.
    Receipt,
    /// Anything else.
    Other,
}

/// What became of a statement at the office that heard it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Taken {
    /// It was new, and was kept.
    New,
    /// It was known already.
    Known,
    /// It was not taken, now or ever.
    Refused,
}

/// How a record is marked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Marks {
    /// Whether only its owner and those who see everything see it.
    pub private: bool,
    /// Whether a user is assigned to it; a business or household counts as assigned.
    pub assigned: bool,
}

/// Rights of a user.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Rights {
    /// Whether the account is an administrator's.
    pub admin: bool,
    /// Whether the user holds Super User.
    pub super_user: bool,
    /// Whether the user holds Enterprise View.
    pub enterprise_view: bool,
}

/// How much of a record somebody gets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// To see it.
    Read,
    /// To change what it says.
    Write,
    /// To do what its owner does, but for giving it away.
    Full,
}

/// Whom a record is shared with inside its office.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum With {
    /// A user.
    User(String),
    /// Whoever is in a group.
    Group(String),
    /// The whole office.
    Everybody,
}

/// What of a role is changed here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Allows {
    /// To see and change all clients that are not private.
    pub all_clients: bool,
    /// To change records.
    pub edit: bool,
    /// To share records inside the office.
    pub share: bool,
}

/// What a person tries to do with a record of the office.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Act {
    /// Changes what it says.
    Edit,
    /// Shares it, or takes it from somebody.
    Share(With),
    /// Gives it to another owner; the one of before keeps this.
    GiveAway(Option<Level>),
    /// Asks for access to it.
    Ask,
    /// Answers a request for it.
    Answer,
}

/// What a machine's clocks show.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Clocks {
    /// What really passed since the world began (milliseconds); the same at every office.
    pub true_ms: i64,
    /// The machine's own count since it was switched on (milliseconds); it runs as fast as its crystal does.
    pub boot_ms: i64,
    /// The wall clock (milliseconds since 1970, UTC).
    pub wall_ms: i64,
}

/// Something that happened. An office's verb or a message it took is told right after its commit.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "a field is called what it holds, and its type says the rest")]
pub enum Event {
    /// A user was added, without Record Sharing.
    UserAdded { who: Person, rights: Rights },
    /// Super User and Enterprise View of a user were set.
    RightsSet { who: Person, super_user: bool, enterprise_view: bool },
    /// A user was disabled.
    UserDisabled { who: Person },
    /// A user got Record Sharing.
    RightEnabled { who: Person },
    /// A user lost Record Sharing.
    RightDisabled { who: Person },
    /// Office security was switched.
    SecuritySet { office: Office, on: bool },

    /// A disabled user may act again.
    UserEnabled { who: Person },
    /// A user has another role.
    RoleGiven { who: Person, role: String },
    /// All clients were shared with a user, or no longer.
    AllClientsSet { who: Person, level: Option<Level> },
    /// A role that does not administer was made or changed.
    RoleSet { office: Office, role: String, allows: Allows },
    /// A group was made.
    GroupMade { office: Office, group: String, members: Vec<String> },
    /// A group was deleted.
    GroupDeleted { office: Office, group: String },
    /// A user came into a group or left it.
    MemberSet { office: Office, group: String, user: String, on: bool },
    /// A user became a proxy of another, or is none any more.
    ProxySet { office: Office, owner: String, proxy: String, on: bool },
    /// A person made a user a proxy of another, or none any more, or was denied it; told before what came of it.
    ProxyTried { office: Office, by: String, owner: String, proxy: String, on: bool, done: bool },
    /// Client access, sharing by users and asking for access were switched; what is `None` stayed.
    AccessSwitched { office: Office, on: Option<bool>, sharing: Option<bool>, requesting: Option<bool> },

    /// A person did something with a record; told before what came of it. `None` is whoever runs the daemon.
    Acted { office: Office, by: Option<String>, record: Record, act: Act },
    /// A person was denied something with a record.
    Denied { office: Office, by: Option<String>, record: Record, act: Act },
    /// A record was shared inside the office, or taken away.
    Granted { office: Office, record: Record, with: With, level: Option<Level> },
    /// A record has another owner; the one of before keeps `keep`.
    OwnerSet { office: Office, record: Record, owner: String, keep: Option<Level> },
    /// All records of a user have another owner.
    HandedOver { office: Office, from: String, to: String },
    /// A user asked for access.
    Asked { who: Person, record: Record, request: u64, level: Level, wall_ms: i64 },
    /// A request was granted or, with `None`, refused.
    Answered { office: Office, request: u64, given: Option<Level> },
    /// A request was taken back.
    TakenBack { office: Office, request: u64 },

    /// A user signed in; the session is known by what its token hashes to.
    SessionBegun { who: Person, token: [u8; 32], wall_ms: i64 },
    /// A session was used, and that was written down.
    SessionUsed { office: Office, token: [u8; 32], wall_ms: i64 },
    /// One session ended.
    SessionEnded { office: Office, token: [u8; 32] },
    /// The sessions of a user ended, but for one if it is given: a new password, or everywhere signed out.
    SessionsEnded { who: Person, but: Option<[u8; 32]> },

    /// A record was made.
    RecordMade { owner: Person, record: Record, marks: Marks, tokens: Vec<Placed> },
    /// A record was edited: these are all tokens it has now.
    RecordEdited { office: Office, record: Record, tokens: Vec<Placed> },
    /// A record's marks were set.
    RecordMarked { office: Office, record: Record, marks: Marks },
    /// A record was deleted for good.
    RecordDeleted { office: Office, record: Record },
    /// A record was taken out of use.
    RecordArchived { office: Office, record: Record },
    /// A record was taken into use again.
    RecordUnarchived { office: Office, record: Record },

    /// Two offices were paired at both ends.
    Paired { a: Office, b: Office },
    /// An office blocked another or stopped doing so.
    PeerBlocked { office: Office, peer: Office, blocked: bool },
    /// An office removed another.
    PeerRemoved { office: Office, peer: Office },

    /// A link was asked for.
    Requested { link: Link, wanted: Wanted },
    /// A user accepted a link (a person did it, at his or her own office).
    Accepted { link: Link, by: Person },
    /// A link ended at an office by its own doing: a person's verb, the end of its time, or an answer that gives it up.
    Ended { office: Office, link: Link, why: Why },
    /// Records were put on a link.
    Shared { link: Link, records: Vec<Record> },
    /// Records were taken off a link.
    Unshared { link: Link, records: Vec<Record> },

    /// An office took a statement from another, or did not.
    Heard { at: Office, from: Office, link: Link, said: Said, taken: Taken },
    /// An office put a frame on a wire; `tokens` is what a scan of its bytes found.
    Sent { from: Office, to: Office, link: Option<Link>, tokens: Vec<Token> },
    /// A batch that the reader's office did not have yet was applied durably: the cursor of the link moved.
    Applied { at: Office, link: Link, puts: Vec<(Record, Vec<Token>)>, withdrawn: Vec<Record> },
    /// The disk was full in the midst of a batch: nothing of it counts, and its words may lie in what the file's log has of it.
    Interrupted { at: Office, link: Link, tokens: Vec<Token> },
    /// The reader's office erased the whole file of a link.
    FileErased { at: Office, link: Link },
    /// The reader's office rebuilt the file of a link without what was withdrawn.
    FileRebuilt { at: Office, link: Link },
    /// The owner's office judged the receipt for a whole link (`part` is false) or for records taken off it.
    Receipted { at: Office, link: Link, part: bool, erased: bool },
    /// An office took a renewal of leases that it had asked for when its clocks showed `asked`.
    LeaseRenewed { at: Office, links: Vec<Link>, asked: Clocks },

    /// An office signs well and lies: what it says needs no person's verb behind it, and what it does is not judged.
    Hostile { office: Office },

    /// The clocks of an office whose daemon runs show this now; told whenever time passed or somebody set a clock.
    ClockRead { office: Office, clocks: Clocks },
    /// An office counted time and could not write it down.
    TickLost { office: Office },
    /// A daemon that runs wrote its safe clock down.
    Ticked { office: Office },
    /// An office's daemon died or stopped, with or without its machine.
    Crashed { office: Office, machine: bool },
    /// An office's daemon runs again.
    Restarted { office: Office, clocks: Clocks },
    /// The received file of a link was lost.
    FileLost { at: Office, link: Link },
    /// The received file of a link was kept aside.
    FileKept { at: Office, link: Link },
    /// The kept file of a link was put in its place again.
    FileOlder { at: Office, link: Link },
    /// The whole data folder of an office was copied aside.
    FolderKept { office: Office },
    /// The copy kept aside was put in the place of an office's data folder, its daemon being down.
    FolderReplaced { office: Office },
}
