//! Two offices in network namespaces of their own, and a wire between them that loses in one direction only. Needs root, `ip` and `nft`.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};

use interoffice_tests::{Office, copies, enable, eventually, import, link, link_of, many_cards, pair, share, skipped, until};

const RECORDS: usize = 200;
/// Of a hundred datagrams in one direction, so many are lost.
const LOST: u32 = 30;

/// Runs a command of the system to its end; its words when it fails.
fn run(line: &str) -> Result<(), String> {
    let mut words = line.split(' ');
    let program = words.next().unwrap_or_default();
    let said = Command::new(program).args(words).stdin(Stdio::null()).output().map_err(|error| format!("`{line}`: {error}"))?;
    if said.status.success() { Ok(()) } else { Err(format!("`{line}`: {}", String::from_utf8_lossy(&said.stderr).trim())) }
}

/// Two namespaces with a wire between them. They go with this value, also when a test fails.
struct Wire {
    names: [String; 2],
}

impl Wire {
    /// Lays a wire, or says why that can't be done here.
    fn lay() -> Result<Self, String> {
        for tool in ["ip -Version", "nft --version"] {
            run(tool)?;
        }
        let process = std::process::id();
        let wire = Self { names: ["a", "b"].map(|end| format!("io{process}{end}")) };
        let [a, b] = &wire.names;
        for name in [a, b] {
            run(&format!("ip netns add {name}"))?;
        }
        // Names of interfaces have at most 15 letters; inside their namespaces both ends have one and the same.
        run(&format!("ip -n {a} link add wire type veth peer name wire netns {b}"))?;
        for (index, name) in wire.names.iter().enumerate() {
            run(&format!("ip -n {name} address add {}/30 dev wire", wire.ip(index)))?;
            run(&format!("ip -n {name} link set wire up"))?;
            run(&format!("ip -n {name} link set lo up"))?;
        }
        Ok(wire)
    }

    fn ip(&self, end: usize) -> Ipv4Addr {
        Ipv4Addr::new(10, 213, 7, 1 + u8::try_from(end).unwrap_or_default())
    }

    /// Of what comes in at one end, so many of a hundred datagrams are lost from now on, and always a few of ten thousand.
    fn loses(&self, end: usize, percent: u32) {
        let name = &self.names[end];
        let which = match percent {
            100.. => String::new(),
            percent => format!("numgen random mod 1000 < {} ", percent * 10 + 1),
        };
        let table = format!(
            "table ip loss\ndelete table ip loss\ntable ip loss {{\nchain input {{\ntype filter hook input priority 0;\n\
             iifname \"wire\" meta l4proto udp {which}counter drop\n}}\n}}\n"
        );
        let mut nft = Command::new("ip");
        nft.args(["netns", "exec", name, "nft", "-f", "-"]).stdin(Stdio::piped());
        let mut child = nft.spawn().expect("nft starts");
        std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), table.as_bytes()).expect("nft reads");
        assert!(child.wait().expect("nft ends").success(), "nft takes the rules");
    }

    /// An office at one end.
    fn office(&self, end: usize, name: &str) -> Office {
        let mut office = Office::set_up_at(name, SocketAddr::from((self.ip(end), 4870)));
        office.set_launcher(["ip", "netns", "exec", &self.names[end]].map(str::to_owned).to_vec());
        office.serve();
        office
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        for name in &self.names {
            // One that was never made can't be removed.
            let _ = run(&format!("ip netns delete {name}"));
        }
    }
}

/// INV-15, INV-16, INV-21: with loss in one direction everything still comes about; when one office hears nothing at all it gives the
/// connection up, what ends meanwhile ends at once where it was ended, and both agree when the wire is whole again.
#[test]
fn an_office_that_hears_nothing_gives_up_and_both_agree_afterwards() {
    let wire = match Wire::lay() {
        Ok(wire) => wire,
        Err(why) => return skipped("one-way loss", &format!("{why}; needs root, iproute2 and nftables")),
    };
    let (a, b) = (wire.office(0, "Office A"), wire.office(1, "Office B"));
    wire.loses(1, LOST);
    pair(&a, &b);
    enable(&a, "ann");
    enable(&b, "bob");
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let kept = link(ann, bob);
    let ended = link(bob, ann);
    let records = import(ann, &many_cards(RECORDS));
    share(ann, &kept, &records);
    let theirs = import(bob, &many_cards(RECORDS));
    share(bob, &ended, &theirs);

    // Office B hears nothing any more; what it says still comes to A.
    wire.loses(1, 100);
    ann.cli(&["link", "delete", &ended, "--yes"]).ok();
    assert!(!ann.records().iter().any(|record| record["link"] == ended.as_str()), "what came over the link is gone at once");
    until("B has given up on A", || b.peer(&a)["connection"]["state"] == "not reachable");
    assert_eq!(link_of(bob, &ended)["status"], "Active", "B can't know");
    ann.cli(&["record", "unshare", "--link", &kept, &records[0], "--yes"]).ok();

    // The other way round for a while, then whole.
    wire.loses(0, LOST);
    wire.loses(1, 0);
    until("B learns of the end", || link_of(bob, &ended)["status"] == "Ended");
    bob.cli(&["link", "wait", &ended, "--until", "erased", "--timeout", "120"]).ok();
    assert_eq!(link_of(bob, &ended)["removal"]["count"], RECORDS);
    let part = eventually("the receipt for what was unshared", || {
        let parts = link_of(ann, &kept)["parts"].clone();
        parts.as_array()?.iter().find(|part| part["state"] == "Erased").cloned()
    });
    assert_eq!(part["count"], 1);
    assert_eq!(copies(bob, &kept).len(), RECORDS - 1);
}
