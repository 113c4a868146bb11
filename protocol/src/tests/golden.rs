//! Golden bytes: what was written once is read for ever, and written the same for ever.
//!
//! `INTEROFFICE_WRITE_VECTORS=1 cargo test -p interoffice-protocol golden` writes the files anew. A file that exists never
//! changes; a new shape is a new version, with a file of its own.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use data_encoding::HEXLOWER;

use super::samples;
use crate::digest::{LinkSecret, SetDigest};
use crate::epoch::Version;
use crate::ids::RecordId;
use crate::limits::FRAME_HEADER_BYTES;
use crate::merkle;
use crate::messages::Message;
use crate::pairing::{Transcript, commitment};
use crate::statement::{Kind, Verified};
use crate::wire::frame::{Frame, FrameHeader, FrameKind};

/// A file: lines of a name and a value.
type Lines = Vec<(String, String)>;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// Whether the files are written anew instead of only compared.
fn writing() -> bool {
    std::env::var_os("INTEROFFICE_WRITE_VECTORS").is_some()
}

fn compare(name: &str, title: &str, lines: &Lines) {
    let mut text = format!("# {title}\n");
    for (name, value) in lines {
        writeln!(text, "{name} {value}").expect("a string takes any text");
    }
    let path = folder().join(name);
    if writing() {
        std::fs::write(&path, &text).expect("the folder of vectors is there");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(kept, text, "{name}: the bytes of a version never change");
}

fn frame_line(message: &Message) -> (String, String) {
    ("frame".into(), HEXLOWER.encode(&message.to_frame().to_bytes()))
}

/// Reads the frames of a file as a peer would.
fn frames(name: &str) -> Vec<Message> {
    let text = std::fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    text.lines()
        .filter_map(|line| line.strip_prefix("frame "))
        .map(|hex| {
            let bytes = HEXLOWER.decode(hex.as_bytes()).expect("hexadecimal digits");
            let (head, body) = bytes.split_first_chunk::<FRAME_HEADER_BYTES>().expect("a header");
            let header = FrameHeader::decode(*head).expect("a length within bounds");
            assert_eq!(header.length as usize, body.len());
            let frame = Frame { kind: header.kind, version: header.version, body: body.to_vec() };
            Message::from_frame(&frame).expect("the frame decodes").expect("its kind is known")
        })
        .collect()
}

#[test]
fn every_statement_kind_keeps_its_bytes_its_hash_and_its_link() {
    let statements = samples::statements();
    assert_eq!(statements.iter().map(|signed| signed.kind).collect::<Vec<_>>(), Kind::ALL.map(|kind| kind as u8));
    for (signed, kind) in statements.into_iter().zip(Kind::ALL) {
        let name = format!("statement-{}-v1.hex", kind.as_str());
        let message = Message::from(signed.clone());
        let mut lines = vec![frame_line(&message), ("hash".into(), HEXLOWER.encode(&signed.hash().0))];
        let verified = Verified::from_store(signed).expect("the sample is well formed");
        if let Some(link) = verified.link() {
            lines.push(("link".into(), HEXLOWER.encode(&link.0)));
        }
        compare(&name, &format!("Statement {}, version 1", kind.as_str()), &lines);
        assert_eq!(frames(&name), [message], "{name}");
    }
}

#[test]
fn every_message_kind_keeps_its_bytes() {
    let messages = samples::messages();
    let kinds: Vec<u8> = messages.iter().map(|(_, messages)| messages[0].kind()).collect();
    assert_eq!(kinds, FrameKind::ALL.map(|kind| kind as u8), "a kind is missing");
    for (kind, messages) in messages {
        let name = format!("{kind}-v1.hex");
        compare(&name, &format!("Message {kind}, version 1"), &messages.iter().map(frame_line).collect());
        assert_eq!(frames(&name), messages, "{name}");
    }
}

#[test]
fn what_both_ends_compute_stays_the_same() {
    let hex = |bytes: &[u8]| HEXLOWER.encode(bytes);
    let (secret, record, version) = (LinkSecret::new([0x5e; 32]), RecordId([0x21; 16]), Version { epoch: 1, counter: 300 });
    let mut digest = SetDigest::EMPTY;
    for counter in 1..=3 {
        digest.add(&secret.item_hash(record, Version { epoch: 1, counter }));
    }
    let (owner, reader) = (samples::office(1), samples::office(2));
    let transcript =
        Transcript { inviter: owner.id, invited: reader.id, token: [0x41; 16], inviter_nonce: [0x44; 32], invited_nonce: [0x45; 32] };
    let lines: [(&str, String); 8] = [
        ("office-id", hex(&owner.id.0)),
        ("item-hash", hex(&secret.item_hash(record, version))),
        ("version-id", hex(&secret.version_id(record, version).0)),
        ("digest-of-three", hex(&digest.0)),
        ("merkle-root-of-three", hex(&merkle::root(&samples::leaves(3)))),
        ("merkle-root-of-none", hex(&merkle::root([]))),
        ("commitment", hex(&commitment(owner.id, &[0x44; 32]))),
        ("words", transcript.words().join(" ")),
    ];
    compare("derived-v1.txt", "What two offices compute alike, version 1", &lines.map(|(name, value)| (name.into(), value)).into());
}

#[test]
fn no_file_of_golden_bytes_is_without_a_test() {
    if writing() {
        // The other tests write the files meanwhile.
        return;
    }
    let statements = Kind::ALL.iter().map(|kind| format!("statement-{}-v1.hex", kind.as_str()));
    let messages = samples::messages().into_iter().map(|(kind, _)| format!("{kind}-v1.hex"));
    let mut expected: BTreeSet<String> = statements.chain(messages).collect();
    expected.extend(["README.md".into(), "derived-v1.txt".into()]);
    let found: BTreeSet<String> = std::fs::read_dir(folder())
        .expect("the folder of vectors is there")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(found, expected);
}
