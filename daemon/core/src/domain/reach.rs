//! What came of calling the addresses that this office gives to others, from the inside: the outcomes, what a person does about each, and
//! what it does not prove. Nobody sees himself from outside.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde::Serialize;

/// What came of calling one address; a stable word for programs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = ReachOutcome)]
pub enum Outcome {
    /// This office answered.
    Reached,
    /// Somebody else answered: another office, or another program.
    Another,
    /// The name has no address, as far as is known here.
    UnknownName,
    /// Nobody answered in time, or no handshake came about.
    NoAnswer,
    /// Nobody can call this address.
    BadAddress,
}

impl Outcome {
    /// All of them, in the order in which they are counted.
    pub const ALL: [Self; 5] = [Self::Reached, Self::Another, Self::UnknownName, Self::NoAnswer, Self::BadAddress];

    /// The word for programs, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::Another => "another",
            Self::UnknownName => "unknown-name",
            Self::NoAnswer => "no-answer",
            Self::BadAddress => "bad-address",
        }
    }
}

/// From where an address can be called at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = ReachRange)]
pub enum Range {
    /// From this machine alone: loopback.
    Machine,
    /// From this network alone: private, link-local, or behind a provider's translation.
    Network,
    /// From everywhere, as far as the address tells.
    Anywhere,
}

/// From where `ip` can be called; `None` when nobody can be called at it (unspecified, multicast, broadcast).
///
/// The blocks are those of RFC 6890, with RFC 6598 for what providers share.
pub fn range(ip: IpAddr) -> Option<Range> {
    let ip = ip.to_canonical();
    if ip.is_unspecified() || ip.is_multicast() || ip == IpAddr::V4(Ipv4Addr::BROADCAST) {
        return None;
    }
    let near = match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_link_local() || (ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
    };
    Some(match (ip.is_loopback(), near) {
        (true, _) => Range::Machine,
        (false, true) => Range::Network,
        (false, false) => Range::Anywhere,
    })
}

/// What the peer door heard when it called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Heard {
    /// The certificate of this office.
    Ourselves(SocketAddr),
    /// The certificate of another office.
    AnotherOffice(SocketAddr),
    /// An answer of something else, with why it is no office.
    Stranger(SocketAddr, String),
    /// Not a word within so many seconds.
    Silence(SocketAddr, u64),
    /// An answer that came to nothing, with why.
    Broken(SocketAddr, String),
    /// The name was not found, with why.
    NoName(String),
    /// Nobody can be called there.
    Uncallable(SocketAddr),
    /// This daemon can't send there, with why.
    Unsendable(SocketAddr, String),
}

impl Heard {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Ourselves(_) => Outcome::Reached,
            Self::AnotherOffice(_) | Self::Stranger(..) => Outcome::Another,
            Self::NoName(_) => Outcome::UnknownName,
            Self::Silence(..) | Self::Broken(..) => Outcome::NoAnswer,
            Self::Uncallable(_) | Self::Unsendable(..) => Outcome::BadAddress,
        }
    }

    fn at(&self) -> Option<SocketAddr> {
        match self {
            Self::Ourselves(at) | Self::AnotherOffice(at) | Self::Uncallable(at) | Self::Silence(at, _) => Some(*at),
            Self::Stranger(at, _) | Self::Broken(at, _) | Self::Unsendable(at, _) => Some(*at),
            Self::NoName(_) => None,
        }
    }

    /// Of several addresses of one name the one that somebody must look at comes first: who else answers takes calls that are ours.
    fn rank(&self) -> u8 {
        match self.outcome() {
            Outcome::Another => 0,
            Outcome::Reached => 1,
            Outcome::NoAnswer => 2,
            Outcome::BadAddress | Outcome::UnknownName => 3,
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Ourselves(at) => format!("this office answered at {at}"),
            Self::AnotherOffice(at) => format!("another office answered at {at}"),
            Self::Stranger(_, why) => format!("something that is no office answered: {why}"),
            Self::Silence(at, within_s) => format!("nobody answered at {at} within {within_s} s"),
            Self::Broken(_, why) => why.clone(),
            Self::NoName(why) => format!("the name has no address that can be found from here ({why})"),
            Self::Uncallable(at) => format!("{} is no address that anybody can call", at.ip()),
            Self::Unsendable(at, why) => format!("this daemon neither sends to {at} nor hears from there ({why})"),
        }
    }

    fn remedy(&self, range: Option<Range>) -> &'static str {
        match (self.outcome(), range) {
            (Outcome::Reached, Some(Range::Machine)) => {
                "only this machine reaches it there: offices on other machines need another address"
            }
            (Outcome::Reached, Some(Range::Network)) => "only this network reaches it there: offices elsewhere need another address",
            (Outcome::Reached, _) => {
                "this was tried from the inside and does not prove that a firewall lets others in: the proof is another office that connects"
            }
            (Outcome::Another, _) => "check host and port, and to which machine the router forwards that port",
            (Outcome::UnknownName, _) => "check its spelling and the name service; a new name can take hours until it is known everywhere",
            (Outcome::NoAnswer, Some(Range::Machine)) => "check that the daemon listens at this port; only this machine reaches it there",
            (Outcome::NoAnswer, Some(Range::Network)) => {
                "check that this machine has this address and the daemon listens at this port; only this network reaches it there"
            }
            (Outcome::NoAnswer, _) => {
                "many routers do not let their own network call its outside address, so this does not prove that others hear nothing: check \
                 that UDP to this port is let through and forwarded to this machine, then let another office connect"
            }
            (Outcome::BadAddress, _) if matches!(self, Self::Unsendable(..)) => {
                "let the daemon listen there too, under [peer] listen, or take the address out of [peer] advertise in interoffice.toml"
            }
            (Outcome::BadAddress, _) => "write the address as other offices see it, under [peer] advertise in interoffice.toml",
        }
    }
}

/// An address that this office gives to others, and what came of calling it from the inside.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = TriedAddress)]
pub struct Tried {
    /// The address as the office gives it, `host:port`.
    pub address: String,
    /// What came of it. Neither *reached* nor *no-answer* says what others meet: they call from outside.
    pub outcome: Outcome,
    /// Which of its socket addresses this is about; null when the name has none.
    pub at: Option<String>,
    /// From where that one can be called; null when from nowhere, or when there is none.
    pub range: Option<Range>,
    /// What happened, in words.
    pub detail: String,
    /// What a person does about it, and what it does not prove.
    pub remedy: String,
}

impl Tried {
    /// What came of calling `address`, from what was `heard` at each of its socket addresses.
    pub fn of(address: String, heard: Vec<Heard>) -> Self {
        let nothing = || Heard::NoName("no address is known".to_owned());
        let heard = heard.into_iter().min_by_key(Heard::rank).unwrap_or_else(nothing);
        let range = heard.at().and_then(|at| range(at.ip()));
        Self {
            address,
            outcome: heard.outcome(),
            at: heard.at().map(|at| at.to_string()),
            range,
            detail: heard.detail(),
            remedy: heard.remedy(range).to_owned(),
        }
    }
}

/// How many addresses came to each outcome, such as `reached: 1, no-answer: 2`; `no address` when there was none.
pub fn counts(tried: &[Tried]) -> String {
    let count = |outcome| tried.iter().filter(|tried| tried.outcome == outcome).count();
    let counts = Outcome::ALL.into_iter().map(|outcome| (outcome.word(), count(outcome))).filter(|(_, count)| *count > 0);
    let text = counts.map(|(word, count)| format!("{word}: {count}")).collect::<Vec<_>>().join(", ");
    if text.is_empty() { "no address".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_says_from_where_it_can_be_called() {
        let of = |ip: &str| range(ip.parse().unwrap());
        for ip in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(of(ip), Some(Range::Machine), "{ip}");
        }
        for ip in
            ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.1.1", "100.64.0.1", "100.127.1.1", "fd00::1", "fe80::1"]
        {
            assert_eq!(of(ip), Some(Range::Network), "{ip}");
        }
        for ip in ["9.9.9.9", "172.32.0.1", "192.169.0.1", "100.63.0.1", "100.128.0.1", "2001:db8::1", "::ffff:9.9.9.9"] {
            assert_eq!(of(ip), Some(Range::Anywhere), "{ip}");
        }
        for ip in ["0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "ff02::1", "::ffff:0.0.0.0"] {
            assert_eq!(of(ip), None, "{ip}");
        }
    }

    #[test]
    fn of_several_addresses_of_a_name_the_one_that_matters_is_told() {
        let (ours, silent) = (Heard::Ourselves(at("9.9.9.9:1")), Heard::Silence(at("[2001:db8::1]:1"), 5));
        let other = Heard::AnotherOffice(at("8.8.8.8:1"));
        let deaf = Heard::Unsendable(at("[::1]:1"), "it listens on IPv4".to_owned());
        let outcome = |heard: &[&Heard]| {
            let tried = Tried::of("a.example:1".to_owned(), heard.iter().map(|heard| (*heard).clone()).collect());
            (tried.outcome, tried.at)
        };
        assert_eq!(outcome(&[&silent, &ours]), (Outcome::Reached, Some("9.9.9.9:1".to_owned())));
        assert_eq!(
            outcome(&[&ours, &silent, &other]),
            (Outcome::Another, Some("8.8.8.8:1".to_owned())),
            "who takes our calls is told first"
        );
        assert_eq!(outcome(&[&deaf, &ours]).0, Outcome::Reached);
        assert_eq!(outcome(&[&deaf, &silent]).0, Outcome::NoAnswer);
        assert_eq!(outcome(&[]), (Outcome::UnknownName, None));
    }

    #[test]
    fn nothing_is_said_to_be_proved_that_is_not() {
        let tried = |heard: Heard| Tried::of("a.example:1".to_owned(), vec![heard]);
        let remedy = |heard: Heard| tried(heard).remedy;
        assert!(remedy(Heard::Ourselves(at("9.9.9.9:1"))).contains("does not prove"));
        assert!(remedy(Heard::Silence(at("9.9.9.9:1"), 5)).contains("routers"));
        // Where no router stands in between none is to blame, and who reaches such an address is known.
        for (ip, who) in [("10.1.1.1:1", "only this network"), ("127.0.0.1:1", "only this machine")] {
            let (answered, silent) = (remedy(Heard::Ourselves(at(ip))), remedy(Heard::Silence(at(ip), 5)));
            assert!(answered.contains(who) && silent.contains(who) && !silent.contains("router"), "{answered} {silent}");
        }
        let nowhere = tried(Heard::Uncallable(at("0.0.0.0:1")));
        assert_eq!((nowhere.outcome, nowhere.range), (Outcome::BadAddress, None));
    }

    #[test]
    fn the_audit_counts_and_names_no_address() {
        let tried = |heard| Tried::of("a.example:1".to_owned(), vec![heard]);
        let silent = || tried(Heard::Silence(at("9.9.9.9:1"), 5));
        let all = [silent(), tried(Heard::Ourselves(at("9.9.9.9:1"))), silent()];
        assert_eq!(counts(&all), "reached: 1, no-answer: 2");
        assert_eq!(counts(&[]), "no address");
    }

    #[test]
    fn an_outcome_is_the_same_word_everywhere() {
        for outcome in Outcome::ALL {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.word());
        }
    }
}
