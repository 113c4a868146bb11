//! The relay itself: each fault does what it says and nothing else, and equal seeds give equal fates.

use std::collections::BTreeMap;
use std::net::UdpSocket;

use super::*;

const DATAGRAMS: u32 = 400;

fn fates(seed: u64, mix: Mix) -> Vec<Vec<Copy>> {
    let mut dice = Dice::new(seed);
    (0..1_000).map(|_| mix.fate(&mut dice, 100)).collect()
}

/// Sends numbered datagrams through a relay to somebody who sends them back; gives what comes back, in order.
fn there_and_back(mix: Mix) -> (Vec<Vec<u8>>, Tally) {
    let echo = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let target = echo.local_addr().expect("an address");
    echo.set_read_timeout(Some(Duration::from_millis(500))).expect("a timeout");
    let echoing = std::thread::spawn(move || {
        let mut buffer = [0; 64];
        while let Ok((length, from)) = echo.recv_from(&mut buffer) {
            let _ = echo.send_to(&buffer[..length], from);
        }
    });
    let relay = Relay::before(target, 7);
    relay.becomes(mix);
    let caller = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    caller.set_read_timeout(Some(Duration::from_millis(1))).expect("a timeout");
    let (mut back, mut buffer) = (Vec::new(), [0; 64]);
    for number in 0..DATAGRAMS {
        caller.send_to(&number.to_be_bytes(), relay.address()).expect("sent");
        if let Ok(length) = caller.recv(&mut buffer) {
            back.push(buffer[..length].to_vec());
        }
    }
    caller.set_read_timeout(Some(Duration::from_millis(400))).expect("a timeout");
    while let Ok(length) = caller.recv(&mut buffer) {
        back.push(buffer[..length].to_vec());
    }
    echoing.join().expect("the echo ends");
    (back, relay.tally())
}

/// How often each number came back.
fn by_number(back: &[Vec<u8>]) -> BTreeMap<u32, usize> {
    let mut counts = BTreeMap::new();
    for datagram in back {
        let number = u32::from_be_bytes(datagram.as_slice().try_into().expect("four bytes"));
        *counts.entry(number).or_default() += 1;
    }
    counts
}

#[test]
fn a_relay_without_faults_passes_everything_on() {
    let (back, tally) = there_and_back(Mix::default());
    let counts = by_number(&back);
    assert_eq!((counts.len(), back.len()), (DATAGRAMS as usize, DATAGRAMS as usize));
    assert_eq!(tally, Tally { came: u64::from(DATAGRAMS) * 2, overtaken: tally.overtaken, ..Tally::default() });
}

#[test]
fn dropped_datagrams_are_gone_and_the_rest_is_whole() {
    let (back, tally) = there_and_back(Mix { dropped: 20, ..Mix::default() });
    let counts = by_number(&back);
    assert!(counts.keys().all(|number| *number < DATAGRAMS) && counts.values().all(|count| *count == 1));
    // A datagram is lost on its way there or on its way back, and never comes twice.
    assert_eq!(back.len() as u64, u64::from(DATAGRAMS) - tally.dropped);
    assert!((DATAGRAMS as usize / 2..DATAGRAMS as usize * 4 / 5).contains(&back.len()), "{} of {DATAGRAMS}", back.len());
}

#[test]
fn doubled_datagrams_come_twice() {
    let (back, tally) = there_and_back(Mix { doubled: 30, ..Mix::default() });
    let counts = by_number(&back);
    assert_eq!(counts.len(), DATAGRAMS as usize, "nothing is lost");
    assert!(tally.doubled > 0 && counts.values().any(|count| *count > 1));
    assert!(counts.values().all(|count| *count <= 4), "twice each way");
}

#[test]
fn a_datagram_with_more_delay_is_overtaken() {
    let (back, tally) = there_and_back(Mix { delay_ms: 5, jitter_ms: 40, ..Mix::default() });
    assert_eq!(by_number(&back).len(), DATAGRAMS as usize, "nothing is lost");
    let mut sorted = back.clone();
    sorted.sort();
    assert_ne!(back, sorted, "they come in another order");
    assert!(tally.overtaken > 0);
}

#[test]
fn a_damaged_datagram_differs_by_one_bit_each_way() {
    let (back, tally) = there_and_back(Mix { damaged: 20, ..Mix::default() });
    assert_eq!(back.len(), DATAGRAMS as usize, "nothing is lost");
    assert!(tally.damaged > 0);
    let off = |datagram: &Vec<u8>| u32::from_be_bytes(datagram.as_slice().try_into().expect("four bytes")) >= DATAGRAMS;
    assert!(back.iter().any(off), "the high bits of some numbers are turned over");
}

#[test]
fn equal_seeds_give_equal_fates() {
    let mix = Mix { delay_ms: 1, jitter_ms: 20, dropped: 10, doubled: 10, damaged: 10 };
    assert_eq!(fates(3, mix), fates(3, mix));
    assert_ne!(fates(3, mix), fates(4, mix));
    let all = fates(3, mix);
    let share = |of: fn(&Vec<Copy>) -> bool| all.iter().filter(|fate| of(fate)).count();
    for count in [share(|fate| fate.is_empty()), share(|fate| fate.len() == 2), share(|fate| fate.iter().any(|copy| copy.bit.is_some()))] {
        assert!((50..200).contains(&count), "about a tenth: {count} of 1000");
    }
    assert!(all.iter().flatten().all(|copy| (1..=21).contains(&copy.delay_ms) && copy.bit.is_none_or(|bit| bit < 800)));
}
