//! Programs that open the control socket and never finish what they ask: commands are answered all the same.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use interoffice_tests::process::{forget_peak, memory_kb};
use interoffice_tests::{Office, card, import, says};

const CONNECTIONS: usize = 1_000;
/// What one of them may cost (kilobytes): what is known of the connection, whichever version of HTTP it will turn out to speak, and the
/// buffer that its bytes are read into.
const CONNECTION_KB: u64 = 24;
const COMMANDS: usize = 20;
/// More bytes of headers than any request has.
const HEADERS: usize = 1024 * 1024;

/// R15, INV-49: a thousand requests whose headers never end, and one whose headers are endless.
#[test]
fn a_thousand_unfinished_requests_leave_the_socket_to_others() {
    let office = Office::open("Office A");
    office.cli(&["user", "add", "ann"]).ok();
    import(office.user("ann"), &card("Carl Client"));
    let process = office.process().expect("the daemon runs");
    forget_peak(process);
    let before_kb = memory_kb(process, "VmRSS");
    let connect = || UnixStream::connect(office.folder().join("control.sock")).expect("the socket takes one more");
    let slow: Vec<UnixStream> = (0..CONNECTIONS)
        .map(|number| {
            let mut stream = connect();
            write!(stream, "GET /api/v1/status HTTP/1.1\r\nhost: interoffice\r\nx-slow: {number}").expect("half a header is taken");
            stream
        })
        .collect();
    for _ in 0..COMMANDS {
        office.cli(&["status"]).ok();
        says(&office.user("ann").cli(&["record", "list"]).ok().out, "Carl Client");
    }
    let grown_kb = memory_kb(process, "VmHWM").saturating_sub(before_kb);
    eprintln!("{CONNECTIONS} unfinished requests cost {grown_kb} KB beyond {before_kb} KB");
    assert!(grown_kb <= CONNECTIONS as u64 * CONNECTION_KB, "memory grew by {grown_kb} KB");
    drop(slow);

    let mut endless = connect();
    endless.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
    // The daemon hangs up before all of it is said, and who goes on writing then is told so.
    let _ = endless.write_all(format!("GET /api/v1/status HTTP/1.1\r\nx-long: {}\r\n\r\n", "x".repeat(HEADERS)).as_bytes());
    let mut answer = Vec::new();
    let _ = endless.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "headers have a bound: {answer}");
    office.cli(&["status"]).ok();
}
