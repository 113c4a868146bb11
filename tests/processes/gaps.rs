//! Streams with a hole after every byte, so that nothing of them can be read: what the daemon keeps of them stays within its windows.

use std::net::{IpAddr, Ipv4Addr};

use interoffice_protocol::limits;
use interoffice_protocol::messages::{Lane, Message};
use interoffice_tests::caller::{fresh_keys, hello, id_of, scripted};
use interoffice_tests::process::memory_kb;
use interoffice_tests::raw::RawClient;
use interoffice_tests::until;

use crate::under_attack::Stage;

/// Strangers, and the addresses they call from.
const STRANGERS: u64 = 200;
const SOURCES: u64 = 10;
/// Pieces of one stream: the QUIC library gives a connection up over more than 1,024 that can't be read yet.
const PIECES: u64 = 1_000;
/// Bytes that it may keep for one of them.
const PIECE_BYTES: u64 = 96;
/// What one stream of holes may cost (kilobytes).
const STREAM_KB: u64 = PIECES * PIECE_BYTES / 1024 + 32;
/// What a connection costs besides (kilobytes).
const CONNECTION_KB: u64 = 96;

fn local(number: u64) -> IpAddr {
    Ipv4Addr::new(127, 6, 0, 1 + u8::try_from(number % SOURCES).unwrap_or_default()).into()
}

/// R17, INV-49: strangers fill the one stream that they get with holes, and a paired office all of its streams.
#[test]
fn streams_full_of_holes_cost_their_windows_and_no_more() {
    let mut stage = Stage::new();
    let bad = scripted("Office P", &stage.b);
    let (address, to, process) = (stage.b.address(), id_of(&stage.b), stage.process());
    let keys = fresh_keys(66);
    let before_kb = memory_kb(process, "VmRSS");

    // One office that is paired: a greeting, then holes on every stream of the data lane.
    let mut paired = RawClient::connect(&bad, local(0), address, 1 << 40).expect("a connection");
    paired.piece(0, 0, &Message::from(hello(&bad, to, 1)).to_frame().to_bytes());
    let stands = |stage: &Stage| {
        let peers = stage.b.json(&["peer", "list"]);
        let found = peers.as_array().into_iter().flatten().find(|peer| peer["office"] == bad.office().to_string()).cloned();
        found.is_some_and(|peer| peer["connection"]["state"] == "connected")
    };
    until("its session stands", || stands(&stage));
    let opening = Message::Lane(Lane::Data).to_frame().to_bytes();
    for stream in 0..u64::from(limits::STREAMS_MAX) {
        paired.piece(2 + 4 * stream, 0, &opening);
        let from = opening.len() as u64 + 1;
        paired.gaps(2 + 4 * stream, from, from + 2 * PIECES);
    }
    stage.exchange();
    let paired_kb = memory_kb(process, "VmRSS").saturating_sub(before_kb);
    assert!(stands(&stage), "so many holes are no reason to hang up");

    let calling = std::thread::spawn(move || {
        let strangers = (0..STRANGERS).filter_map(|number| {
            let mut stranger = RawClient::connect(&keys, local(number), address, number)?;
            stranger.gaps(0, 1, 1 + 2 * PIECES);
            Some(stranger)
        });
        strangers.count()
    });
    let held = stage.work_until(|| calling.is_finished());
    let strangers = calling.join().expect("strangers call");
    eprintln!("a paired office cost {paired_kb} KB, {strangers} strangers {} KB more", held.grown_kb);
    assert!(strangers as u64 > STRANGERS / 2, "most strangers were let in: {strangers}");
    // As many holes as fit into the window are more than the library keeps: it hangs up, and nothing else happens.
    paired.gaps(6, 2 * PIECES, u64::from(limits::STREAM_WINDOW_BYTES));
    until("its session is over", || !stands(&stage));
    stage.exchange();
    assert!(paired_kb <= u64::from(limits::STREAMS_MAX) * STREAM_KB + 8 * 1024, "a paired office cost {paired_kb} KB");
    assert!(held.grown_kb <= STRANGERS * (STREAM_KB + CONNECTION_KB), "{strangers} strangers cost {} KB", held.grown_kb);
}
