//! Paired offices that keep a session up and hardly say a word: those that give no sign of life are cut, those that do are served, and
//! none costs more than its windows.

use std::sync::Arc;
use std::time::Duration;

use interoffice_protocol::limits;
use interoffice_protocol::messages::{Message, Ping};
use interoffice_protocol::wire::frame::FrameKind;
use interoffice_tests::caller::{Call, id_of, scripted};

use crate::under_attack::Stage;

/// A byte that drips.
const DROP_EVERY: Duration = Duration::from_secs(10);
/// Longest time until who gives no sign of life is cut: six probes, one every five seconds, on a machine that may be busy.
const CUT: Duration = Duration::from_secs(90);
/// What one slow office may cost (kilobytes): its window, and the frame that is being read.
const PEER_KB: u64 = 2 * (limits::CONNECTION_WINDOW_BYTES as u64 + limits::DATA_FRAME_BYTES as u64) / 1024;

/// As many streams as it gets, each with a batch of a megabyte begun and a byte now and then.
async fn drip(call: &mut Call, answers: bool) {
    let begun = [&[FrameKind::Batch as u8, 1][..], &(limits::DATA_FRAME_BYTES as u32).to_be_bytes(), &[7; 200 * 1024]].concat();
    let mut streams = Vec::new();
    for _ in 0..limits::STREAMS_MAX {
        let mut stream = call.data(&[]).await;
        // What has no credit any more waits.
        let _ = tokio::time::timeout(Duration::from_millis(200), stream.write_all(&begun)).await;
        streams.push(stream);
    }
    let mut next_drop = tokio::time::interval(DROP_EVERY);
    loop {
        tokio::select! {
            message = call.next() => match message {
                Some(Message::Ping(Ping { nonce, answer: false })) if answers => call.send(Ping { nonce, answer: true }).await,
                Some(_) => {}
                None => return,
            },
            _ = next_drop.tick() => for stream in &mut streams {
                let _ = tokio::time::timeout(Duration::from_millis(50), stream.write_all(&[1])).await;
            },
        }
    }
}

/// R15, R17, INV-49: a paired office that drips and answers nothing is cut; one that drips and answers is not, and both cost their windows.
#[test]
fn slow_offices_that_are_paired_cost_their_windows_and_no_more() {
    let mut stage = Stage::new();
    let offices = [("Office S", false), ("Office T", true)].map(|(name, answers)| (Arc::new(scripted(name, &stage.b)), answers));
    let (address, to) = (stage.b.address(), id_of(&stage.b));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let [silent, talking] = offices.map(|(keys, answers)| {
        runtime.spawn(async move {
            let mut call = Call::greeted(&keys, address, to).await;
            drip(&mut call, answers).await;
        })
    });
    let held = stage.work_until(|| silent.is_finished());
    runtime.block_on(async { tokio::time::timeout(CUT, silent).await.expect("it is cut").expect("it drips until then") });
    assert!(!talking.is_finished(), "a slow office that gives signs of life is still there");
    assert!(held.grown_kb <= 2 * PEER_KB, "memory grew by {} KB", held.grown_kb);
    talking.abort();
}
