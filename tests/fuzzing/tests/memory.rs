//! Reading what a peer sends takes memory in proportion to the longest frame, whatever the bytes claim.
//!
//! One test alone in its program: the allocator counts for the whole process.
#![forbid(unsafe_code)]

use std::path::Path;

use interoffice_fuzzing::TARGETS;
use interoffice_protocol::limits::DATA_FRAME_BYTES;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// A target holds the frame it was given, what was read from it, that written again, and that read again: four times what a frame and what
/// is read from it may take, which is twice the longest frame.
const MOST: usize = 4 * 2 * DATA_FRAME_BYTES;

#[test]
fn reading_takes_no_more_memory_than_a_few_frames() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    // Each claims lists and texts as long as numbers go, in a frame of a few bytes.
    let claims: Vec<Vec<u8>> = [0xfb, 0xfc, 0xfd, 0xfe, 0xff]
        .into_iter()
        .flat_map(|mark| (0..80).flat_map(move |at| (0..=5).map(move |first| [vec![first; at + 1], vec![mark], vec![0xff; 24]].concat())))
        .collect();
    for target in TARGETS.iter().filter(|target| target.only_reads) {
        let files = std::fs::read_dir(corpus.join(target.name)).expect("a target has a corpus");
        let files = files.map(|entry| std::fs::read(entry.expect("a folder is read").path()).expect("an input is read"));
        for bytes in files.chain(claims.iter().cloned()) {
            let before = MEMORY.current_usage();
            MEMORY.reset_peak_usage();
            (target.run)(&bytes);
            let taken = MEMORY.peak_usage().saturating_sub(before);
            assert!(taken <= MOST, "{} took {taken} bytes for {} bytes: {bytes:02x?}", target.name, bytes.len());
        }
    }
}
