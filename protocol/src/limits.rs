//! Every bound two offices keep, each with its reason; relations between them are checked when this file is compiled.

/// A frame on the control lane: a statement with the longest texts, or one chunk of a list.
pub const CONTROL_FRAME_BYTES: usize = 64 * 1024;
/// A frame on the data lane: one batch.
pub const DATA_FRAME_BYTES: usize = 1024 * 1024;
/// Frame header: kind, version, length.
pub const FRAME_HEADER_BYTES: usize = 6;
/// What a courier packs into one batch before it starts the next, so that one big record still fits behind it.
pub const BATCH_TARGET_BYTES: usize = 192 * 1024;
/// Entries in one batch: a bound on the work of one apply.
pub const BATCH_ENTRIES: usize = 256;
/// Batches sent and not yet acknowledged, a link.
pub const BATCHES_IN_FLIGHT: usize = 8;
/// One record in wire form, all related items included; a photo of half a megabyte still fits.
pub const RECORD_BYTES_MAX: usize = 700 * 1024;
/// Leaves of a removal list or entries of an inventory in one chunk; 1,000 x 48 bytes stay under a control frame.
pub const LIST_CHUNK_ENTRIES: usize = 1_000;

/// Name of a record as lists show it, longest (characters).
pub const DISPLAY_NAME_CHARS_MAX: usize = 256;
/// Properties of one record; the fullest real address cards have some two hundred.
pub const PROPERTIES_MAX: usize = 1_000;
/// Parameters of one property.
pub const PARAMS_MAX: usize = 64;
/// Values of one parameter.
pub const PARAM_VALUES_MAX: usize = 256;
/// Members of one household.
pub const MEMBERS_MAX: usize = 1_000;
/// Cases, policies, investments and opportunities of one record.
pub const RELATED_MAX: usize = 1_000;
/// Links in one renewal frame: 1,900 x 32 bytes stay under a control frame.
pub const RENEWAL_LINKS: usize = 1_900;
/// Reason of a refused proposal (bytes).
pub const VERDICT_TEXT_BYTES_MAX: usize = 2_000;
/// Highest number that counts something: sequences, cursors, epochs, versions, amounts. Databases keep numbers with a sign, and whoever
/// counts on from the highest must not leave what they can keep.
pub const COUNTER_MAX: u64 = 1 << 62;
/// Statements kept for a link whose Request is not known: what one side can say before it ends, with room to spare.
pub const ORPHANS_PER_LINK: usize = 64;
/// How far beyond the end of a link's log its reader may say it is: more than any log grows between two backups, and far too little to use
/// the sequences up.
pub const LOG_JUMP_MAX: u64 = 1 << 32;
/// How far above the highest epoch we know a peer may say it heard us: more restores than any office makes, and far too few to use the counter up.
pub const EPOCH_JUMP_MAX: u64 = 1_000_000;

/// User name, shortest (characters).
pub const USER_NAME_CHARS_MIN: usize = 2;
/// User name, longest (characters).
pub const USER_NAME_CHARS_MAX: usize = 256;
/// Office name (bytes).
pub const OFFICE_NAME_BYTES_MAX: usize = 256;
/// Purpose of a link, basis of a hold, reason of an end (bytes).
pub const STATEMENT_TEXT_BYTES_MAX: usize = 2_000;
/// Extensions of one statement.
pub const EXTENSIONS_MAX: usize = 16;
/// Bytes of one extension.
pub const EXTENSION_BYTES_MAX: usize = 1_024;
/// TLS pins of one key set: the present certificate, the next, and spares.
pub const TLS_PINS_MAX: usize = 8;
/// Key sets in a chain that a peer may send; a rotation a month for five years.
pub const KEY_SETS_MAX: usize = 60;
/// Addresses that an office announces or an invite carries.
pub const ADDRESSES_MAX: usize = 8;
/// One address, `host:port` (bytes).
pub const ADDRESS_BYTES_MAX: usize = 260;

/// Life of an invite code (milliseconds): one day, long enough for a letter to be typed in.
pub const INVITE_LIFE_MS: i64 = 24 * 3600 * 1000;
/// Requests from one peer that nobody has answered yet.
pub const WAITING_REQUESTS_PER_PEER: usize = 20;
/// Requests waiting for one user.
pub const WAITING_REQUESTS_PER_USER: usize = 100;
/// Statements that may wait for one peer before this office asks it for anything more; endings always find room. More than all links of
/// the largest office, so it is only reached when something goes wrong.
pub const OUTBOX_ROWS_PER_PEER: u64 = 100_000;
/// Bytes of the statements that may wait for one peer before this office asks it for anything more.
pub const OUTBOX_BYTES_PER_PEER: u64 = 256 * 1024 * 1024;
/// Freezes and thaws of one link; beyond this its offices should talk to each other.
pub const STATEMENTS_PER_LINK: usize = 512;
/// Endings kept of links whose Request never came, a peer.
pub const ORPHAN_ENDINGS_PER_PEER: u64 = 1_000;
/// Control statements a second that a known peer may send for long.
pub const CONTROL_STATEMENTS_PER_S: u32 = 200;
/// Control statements that a known peer may send at once.
pub const CONTROL_STATEMENTS_BURST: u32 = 1_000;
/// Bad frames before a peer is cut off for a while.
pub const BAD_FRAMES_MAX: u32 = 10;
/// Bad frames are forgotten after so long without one (milliseconds): what an honest office gets wrong in months does not add up.
pub const BAD_FRAMES_QUIET_MS: u64 = 600_000;
/// Shortest cool-down of a peer that misbehaved (milliseconds).
pub const COOL_DOWN_MIN_MS: u64 = 60_000;
/// Longest cool-down of a peer that misbehaved (milliseconds).
pub const COOL_DOWN_MAX_MS: u64 = 3_600_000;
/// Pairing attempts a minute from one address.
pub const UNKNOWN_OFFICE_PER_MIN: u32 = 5;

/// QUIC streams of either kind that a peer may open.
pub const STREAMS_MAX: u32 = 8;
/// QUIC streams in both directions that a caller may open before it is known who it is: the control lane. None in one direction.
pub const STRANGER_STREAMS: u32 = 1;
/// Receive window of a connection before it is known who is on the other end (bytes): a greeting, which is read as it comes. What all
/// half-open callers together may make us keep is this many times [`HALF_OPEN_REFUSE`].
pub const STRANGER_WINDOW_BYTES: u32 = 64 * 1024;
/// Receive window of one stream (bytes).
pub const STREAM_WINDOW_BYTES: u32 = 256 * 1024;
/// Receive window of a connection (bytes).
pub const CONNECTION_WINDOW_BYTES: u32 = 2 * 1024 * 1024;
/// Send window of a connection (bytes).
pub const SEND_WINDOW_BYTES: u32 = 2 * 1024 * 1024;
/// Data streams a connection uses.
pub const DATA_STREAMS: u32 = 1;
/// Credit that data may never take, so that control gets through at once (bytes).
pub const CONTROL_RESERVE_BYTES: u32 = 256 * 1024;
/// A connection without a packet for this long is dead (milliseconds).
pub const IDLE_MS: u64 = 30_000;
/// Keep-alive packets (milliseconds).
pub const KEEP_ALIVE_MS: u64 = 10_000;
/// A handshake, Hello included, that takes longer is given up (milliseconds).
pub const HANDSHAKE_MS: u64 = 10_000;
/// Half-open handshakes above which an address must show that it can receive (Retry).
pub const HALF_OPEN_RETRY: usize = 64;
/// Half-open handshakes above which new ones are refused.
pub const HALF_OPEN_REFUSE: usize = 512;
/// Half-open handshakes above [`HALF_OPEN_REFUSE`] that are kept for addresses from which a known office called before, so that strangers
/// can't keep it out.
pub const HALF_OPEN_FAMILIAR: usize = 64;
/// Addresses that are remembered for this; more offices than anybody is paired with.
pub const FAMILIAR_MAX: usize = 1_024;
/// Half-open handshakes and unfinished pairings of one IPv4 address or IPv6 /64 network above which new ones are refused.
pub const HALF_OPEN_PER_SOURCE: usize = 32;
/// Incoming connections that wait for the accept loop.
pub const INCOMING_MAX: usize = 1_024;
/// Bytes buffered for one incoming connection before it is accepted.
pub const INCOMING_BUFFER_BYTES: u64 = 64 * 1024;
/// Bytes buffered for all of them.
pub const INCOMING_BUFFERS_BYTES: u64 = 8 * 1024 * 1024;

/// First pause before a second attempt to reach a peer (milliseconds).
pub const RETRY_FIRST_MS: u64 = 500;
/// Longest pause between attempts to reach a peer (milliseconds).
pub const RETRY_MAX_MS: u64 = 15 * 60 * 1000;
/// What a removal may wait at most between two attempts (milliseconds).
pub const RETRY_REMOVAL_MAX_MS: u64 = 3_600_000;
/// Probes between connected peers (milliseconds); the heartbeat that words like "within one heartbeat" mean.
pub const HEARTBEAT_MS: u64 = 10_000;

/// Lease of a copy under Read or Write (seconds).
pub const LEASE_SHORT_S: u32 = 3 * 24 * 3600;
/// Lease of a copy under Full Control (seconds).
pub const LEASE_LONG_S: u32 = 7 * 24 * 3600;

/// A text, list or number that a peer sent, or we meant to send, over the bound that this file names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is out of bounds")]
pub struct OutOfBounds(pub &'static str);

/// Refuses a number beyond [`COUNTER_MAX`]; `what` it counts goes into the error.
pub fn check_counter(number: u64, what: &'static str) -> Result<(), OutOfBounds> {
    if number <= COUNTER_MAX { Ok(()) } else { Err(OutOfBounds(what)) }
}

const _: () = assert!(RECORD_BYTES_MAX + BATCH_TARGET_BYTES < DATA_FRAME_BYTES, "a record that ends a batch must still fit into its frame");
const _: () = assert!(LIST_CHUNK_ENTRIES * 60 < CONTROL_FRAME_BYTES, "a chunk of a list must fit into a control frame");
const _: () = assert!(RENEWAL_LINKS * 32 + 64 < CONTROL_FRAME_BYTES, "a renewal must fit into a control frame");
const _: () = assert!(
    KEY_SETS_MAX * (600 + TLS_PINS_MAX * 32) + ADDRESSES_MAX * ADDRESS_BYTES_MAX + OFFICE_NAME_BYTES_MAX + 256 < CONTROL_FRAME_BYTES,
    "a greeting with the longest chain of key sets must fit into a control frame"
);
const _: () = assert!(
    LIST_CHUNK_ENTRIES * 32 + EXTENSIONS_MAX * (EXTENSION_BYTES_MAX + 8) + 2 * USER_NAME_CHARS_MAX + STATEMENT_TEXT_BYTES_MAX + 1_024
        < CONTROL_FRAME_BYTES,
    "a statement with the longest of everything must fit into a control frame"
);
const _: () = assert!(
    DATA_STREAMS * STREAM_WINDOW_BYTES + CONTROL_RESERVE_BYTES <= CONNECTION_WINDOW_BYTES,
    "control never waits for data: data streams may not use up the connection's credit"
);
const _: () = assert!(
    DATA_STREAMS * STREAM_WINDOW_BYTES + CONTROL_RESERVE_BYTES <= SEND_WINDOW_BYTES,
    "control never waits for data: data streams may not use up the send window"
);
const _: () = assert!(COUNTER_MAX <= i64::MAX as u64 - LOG_JUMP_MAX, "a counter at its bound can still be counted on and kept with a sign");
const _: () = assert!(STRANGER_WINDOW_BYTES as usize >= CONTROL_FRAME_BYTES, "a greeting must not wait for credit");
const _: () = assert!(
    STRANGER_WINDOW_BYTES as usize * (HALF_OPEN_REFUSE + HALF_OPEN_FAMILIAR) <= 64 * 1024 * 1024,
    "all strangers together must not fill the memory"
);
const _: () = assert!(HALF_OPEN_PER_SOURCE * 8 <= HALF_OPEN_REFUSE, "one network alone must not take every place");
const _: () = assert!(RETRY_MAX_MS <= RETRY_REMOVAL_MAX_MS, "a removal is tried at least once an hour");
