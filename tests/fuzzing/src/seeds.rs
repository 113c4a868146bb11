//! Where fuzzing begins: the golden vectors of the protocol, the address cards of the tests, and a few runs written by hand.

use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use interoffice_certs::{Invite, InviteToken, show_office};
use interoffice_protocol::ids::OfficeId;
use interoffice_protocol::limits::FRAME_HEADER_BYTES;
use interoffice_protocol::statement::{Signed, Verified};
use interoffice_protocol::wire::codec;
use interoffice_protocol::wire::frame::{FrameKind, STATEMENT_KINDS_FROM};

use crate::keys::Keys;

/// A beginning: the target, a name for the file, and its bytes.
pub type Seed = (&'static str, String, Vec<u8>);

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(folder: &Path, extension: &str) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.expect("a folder is read").path());
    let named = |path: PathBuf| Some((path.file_stem()?.to_str()?.to_owned(), path));
    let mut found: Vec<_> = paths.filter(|path| path.extension().is_some_and(|it| it == extension)).filter_map(named).collect();
    found.sort();
    found
}

/// The frames of the golden vectors, each under the name of its file and its number there.
fn golden() -> Vec<(String, Vec<u8>)> {
    let mut frames = Vec::new();
    for (name, path) in files(&repository().join("protocol/vectors"), "hex") {
        let text = std::fs::read_to_string(&path).expect("a vector is read");
        let lines = text.lines().filter_map(|line| line.strip_prefix("frame "));
        frames.extend(lines.enumerate().map(|(number, hex)| {
            let bytes = HEXLOWER.decode(hex.as_bytes()).expect("a vector is hexadecimal");
            (format!("{name}-{number}"), bytes)
        }));
    }
    frames
}

/// Every beginning.
pub fn seeds() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for (name, frame) in golden() {
        of_frame(&name, &frame, &mut seeds);
        seeds.push(("frame", name, frame));
    }
    let all: Vec<u8> = golden().into_iter().flat_map(|(_, frame)| frame).collect();
    seeds.push(("frame", "all-vectors".into(), all));
    seeds.push(("key_set", "received".into(), [vec![0], codec::encode(&Keys::new(1).chain.signed().to_vec())].concat()));
    for (name, path) in files(&repository().join("daemon/core/src/domain/vcard/fixtures"), "vcf") {
        let file = std::fs::read(&path).expect("a fixture is read");
        seeds.push(("import", name.clone(), [&[128][..], &file].concat()));
        seeds.push(("vcard", name, file));
    }
    codes(&mut seeds);
    runs(&mut seeds);
    seeds
}

/// A frame as the targets that read bodies want it.
fn of_frame(name: &str, frame: &[u8], seeds: &mut Vec<Seed>) {
    let (kind, body) = (frame[0], &frame[FRAME_HEADER_BYTES..]);
    let with = |first: &[u8]| [first, body].concat();
    if kind >= STATEMENT_KINDS_FROM {
        let (key_set_version, payload, _): (u32, Vec<u8>, [u8; 64]) = codec::decode_control(body).expect("a vector decodes");
        let head = [kind - STATEMENT_KINDS_FROM, frame[1], key_set_version as u8, 0, 40, 3];
        if let Some(payload) = at_length(kind - STATEMENT_KINDS_FROM, &payload) {
            seeds.push(("statement", format!("{name}-at-length"), [&head[..], &payload].concat()));
        }
        seeds.push(("statement", name.to_owned(), [&head[..], &payload].concat()));
        return;
    }
    let (target, first): (&str, &[u8]) = match FrameKind::from_byte(kind).expect("a vector has a known kind") {
        FrameKind::Hello => ("greeting", &[0]),
        FrameKind::Lane => ("greeting", &[1]),
        FrameKind::Pair => ("greeting", &[2]),
        FrameKind::Answer => ("control", &[0]),
        FrameKind::ListChunk => ("control", &[1]),
        FrameKind::Ping => ("control", &[2]),
        FrameKind::LeaseAsk => ("control", &[3]),
        FrameKind::Renewal => ("control", &[4]),
        FrameKind::Resume => ("replication", &[0]),
        FrameKind::BatchAck => ("replication", &[1]),
        FrameKind::Gone => ("replication", &[2]),
        FrameKind::InventoryAsk => ("replication", &[3]),
        FrameKind::Inventory => ("replication", &[4]),
        FrameKind::Proposal => ("proposal", &[0]),
        FrameKind::ProposalAnswer => ("proposal", &[1]),
        FrameKind::Batch => {
            seeds.push(("batch", format!("{name}-in-no-scope"), with(&[0; 5])));
            ("batch", &[0, 0, 0, 127, 3])
        }
    };
    seeds.push((target, name.to_owned(), with(first)));
}

/// The payload with one number written longer than it need be, which means the same and is not what we would write.
fn at_length(kind: u8, payload: &[u8]) -> Option<Vec<u8>> {
    let statement = |payload: Vec<u8>| Signed { kind, version: 1, key_set_version: 1, payload, signature: [0; 64] };
    let meant = Verified::from_store(statement(payload.to_vec())).ok()?;
    let longer = |at: usize| [&payload[..at], &[251, payload[at], 0], &payload[at + 1..]].concat();
    let same = |payload: &Vec<u8>| {
        Verified::from_store(statement(payload.clone()))
            .is_ok_and(|read| (read.envelope(), read.body()) == (meant.envelope(), meant.body()))
    };
    (0..payload.len()).filter(|at| payload[*at] <= 250).map(longer).find(same)
}

fn codes(seeds: &mut Vec<Seed>) {
    let office = OfficeId([9; 32]);
    let addresses = vec!["a.example:4433".to_owned(), "[2001:db8::1]:4433".to_owned()];
    let payload = codec::encode(&(office, &addresses, [5_u8; 16], 1_790_000_000_000_i64));
    let invite = Invite { office, addresses, token: InviteToken::new([5; 16]), expires_at_ms: 1_790_000_000_000 };
    let text = invite.encode().expect("the addresses fit");
    seeds.push(("invite", "text".into(), [b"\x0e", text.as_bytes()].concat()));
    seeds.push(("invite", "payload".into(), [&[15][..], &payload].concat()));
    let code = show_office(&office);
    seeds.push(("office_code", "text".into(), [b"\0", code.as_bytes()].concat()));
    seeds.push(("office_code", "mistyped".into(), [&[1][..], &office.0, &[7, 8]].concat()));
}

/// Runs of choices: what each byte decides is said where it is read.
fn runs(seeds: &mut Vec<Seed>) {
    let long = |seed: u8, length: usize| -> Vec<u8> {
        let mut state = u32::from(seed) + 1;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..length).map(|_| next()).collect()
    };
    for seed in 0..8 {
        seeds.push(("key_set", format!("run-{seed}"), [vec![1], long(seed, 60)].concat()));
        seeds.push(("link", format!("run-{seed}"), long(seed, 120)));
        seeds.push(("received", format!("run-{seed}"), long(seed, 200)));
        seeds.push(("sequence", format!("run-{seed}"), long(seed, 400)));
    }
    // A request to carol, accepted by her, records shared, taken, withdrawn and signed for.
    let told = vec![
        0, 1, 0, 0, 1, 0, 0, 1, // ann asks
        5, 3, 0, 0, 0, 0, 1, 0, 0, // carol accepts
        0, 1, 0, 3, 0, 0, 5, 2, // ann shares all that is hers
        10, 0, 0, 5, // carol says where she is
        10, 1, 0, 0, 5, // and takes what comes
    ];
    seeds.push(("sequence", "told".into(), told));
}
