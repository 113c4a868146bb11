//! Steps: what can happen in a world, as plain numbers. Each means something in any world, or nothing at all, so that a list of
//! steps can be shortened and played again.

use std::fmt;
use std::str::FromStr;

macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident { $($field:ident),* },)*) => {
        /// One thing that happens.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum Step {
            $($(#[$doc])* $name { $($field: u32),* },)*
        }

        impl Step {
            /// Its name.
            pub(crate) fn name(&self) -> &'static str {
                match self {
                    $(Self::$name { .. } => stringify!($name),)*
                }
            }
        }

        impl fmt::Display for Step {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$name { $($field),* } => {
                        f.write_str(stringify!($name))?;
                        $(write!(f, " {}={}", stringify!($field), $field)?;)*
                        Ok(())
                    })*
                }
            }
        }

        impl FromStr for Step {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let words: Vec<&str> = text.split_whitespace().collect();
                match words.first().copied() {
                    $(Some(stringify!($name)) => Ok(Self::$name { $($field: number(&words, stringify!($field))?),* }),)*
                    _ => Err(format!("no step is called like this: {text}")),
                }
            }
        }
    };
}

fn number(words: &[&str], field: &str) -> Result<u32, String> {
    let value = words.iter().find_map(|word| word.strip_prefix(field)?.strip_prefix('='));
    value.and_then(|value| value.parse().ok()).ok_or_else(|| format!("{field}=NUMBER is missing in: {}", words.join(" ")))
}

steps! {
    /// A user adds a record, which is known by `record` from then on.
    AddRecord { record, office, user, marks },
    /// Its owner changes a field of a record.
    EditRecord { record, field },
    /// Its owner marks a record private or not, assigned or not.
    Mark { record, marks },
    /// Its owner deletes a record.
    DeleteRecord { record },
    /// Its owner takes a record out of use.
    Archive { record },
    /// Its owner takes a record into use again.
    Unarchive { record },
    /// A user asks another for a link, which is known by `link` from then on.
    Request { link, office, user, to, reader, scope, ends },
    /// The reader accepts.
    Accept { link },
    /// The reader declines.
    Decline { link },
    /// The owner takes the request back.
    Withdraw { link },
    /// The owner (`side` 0) or the reader deletes a link.
    DeleteLink { link, side },
    /// The owner puts up to three records on a link.
    Share { link, a, b, c },
    /// The owner puts all records on a link.
    ShareAll { link },
    /// The owner takes a record off a link.
    Unshare { link, record },
    /// The owner takes all records off a link.
    UnshareAll { link },
    /// An admin takes Record Sharing from a user.
    RightOff { office, user },
    /// An admin gives Record Sharing to a user.
    RightOn { office, user },
    /// An admin gives or takes Super User (`right` 0) or Enterprise View.
    SetRight { office, user, right, on },
    /// An admin switches office security.
    Security { office, on },
    /// An admin disables a user.
    DisableUser { office, user },
    /// An admin blocks an office.
    Block { office, peer },
    /// An admin takes a block back.
    Unblock { office, peer },
    /// An admin removes an office.
    RemovePeer { office, peer },
    /// Two offices pair again.
    PairAgain { a, b },

    /// Somebody (`by` a user, or beyond them the administrator) shares a record inside the office, or takes it away (`level` 0).
    GrantRecord { record, by, to, level },
    /// Somebody gives a record to another owner, and the one of before keeps something.
    GiveRecord { record, by, to, keep },
    /// The administrator hands all records of a user over to another.
    HandOver { office, user, to },
    /// Somebody changes a field of a record that may be another's.
    EditAs { record, by, field },
    /// The administrator makes a group with these users, one bit each.
    MakeGroup { office, group, members },
    /// The administrator deletes a group.
    DeleteGroup { office, group },
    /// The administrator puts a user into a group or takes him or her out.
    Member { office, group, user, on },
    /// The administrator makes a role, or changes what it allows.
    SetRole { office, role, allows },
    /// The administrator gives a user another role.
    GiveRole { office, user, role },
    /// The administrator shares all clients with a user, or no longer.
    AllClients { office, user, level },
    /// Somebody makes a user a proxy of another, or no longer.
    Proxy { office, owner, user, by, on },
    /// The administrator switches client access (`what` 0), sharing by users or asking for access.
    ClientAccess { office, what, on },
    /// The administrator lets a disabled user act again.
    EnableUser { office, user },
    /// A user asks for access to a record.
    AskAccess { record, by, level },
    /// Somebody answers one of the requests for access that wait; `level` 0 refuses.
    AnswerAccess { office, nth, by, level },
    /// A request for access is taken back by whoever made it.
    TakeBack { office, nth },
    /// A user gets a link and sets a password with it.
    SetPassword { office, user },
    /// A user signs in.
    SignIn { office, user },
    /// Somebody who is signed in does anything at all.
    UseSession { nth },
    /// Somebody who is signed in changes the password.
    ChangePassword { nth },
    /// Somebody signs out; with `all` the administrator ends every session of the user.
    SignOut { nth, all },

    /// Two offices connect; with `half` the answer to the first greeting is lost.
    Connect { a, b, half },
    /// A connection ends: for one side (`side` 0: the first, 1: the second) or both (2).
    Cut { a, b, side },
    /// An office writes up to `count` frames of a lane (0 control, 1 data).
    Speak { from, to, lane, count },
    /// Up to `count` frames of a lane arrive.
    Deliver { from, to, lane, count },
    /// The next frame of a lane arrives and stays on its way.
    Double { from, to, lane },
    /// The next frame of a lane is lost.
    Lose { from, to, lane },
    /// A frame that was sent in an earlier step, the `nth` of that, arrives once more.
    Replay { from, to, step, nth },
    /// The next frame of a lane arrives with a wrong byte.
    Corrupt { from, to, lane, at, bits },
    /// A direction is clogged: frames wait.
    Clog { from, to },
    /// A direction flows again.
    Unclog { from, to },
    /// Nothing passes from one office to another, and they can not connect; with `both` also not back.
    Part { from, to, both },
    /// All partitions and clogs are over.
    Heal {},

    /// The daemon carries out removals of ended links up to a point.
    Erase { office, until },
    /// The daemon rebuilds files of which records were withdrawn, up to a point.
    Rebuild { office, until },
    /// The daemon looks at its clocks.
    Tick { office },
    /// The daemon ends links whose time is over.
    Expire { office },
    /// The daemon dies and starts again at once; with `machine` the machine does.
    Crash { office, machine },
    /// The daemon dies and stays down; with `machine` the machine does.
    Stop { office, machine },
    /// The daemon starts again.
    Start { office },
    /// The wall clock jumps by so many minutes, `back` or forth.
    Jump { office, minutes, back },
    /// The wall clock goes on with so many thousandths of its speed; 0 freezes it.
    Rate { office, permille },
    /// The received file of a link is lost while the daemon is down for a moment.
    LoseFile { link },
    /// The received file of a link is kept aside.
    KeepFile { link },
    /// The file kept aside comes back while the daemon is down for a moment.
    OldFile { link },
    /// The whole data folder is copied aside.
    KeepFolder { office },
    /// The copied folder is put in place of the present one, the daemon being down for a moment.
    OldFolder { office },
    /// The disk fills up, or has room again.
    Disk { office, full },
    /// The hostile office says something false.
    Lie { to, kind, link },
}

/// A step with its number in the run and the time that passes before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Timed {
    /// Its number in the run in which it was drawn; chance in it depends on this alone.
    pub(crate) id: u32,
    /// What passes before it (milliseconds).
    pub(crate) gap_ms: u32,
    /// The step.
    pub(crate) step: Step,
}

impl fmt::Display for Timed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} +{} {}", self.id, self.gap_ms, self.step)
    }
}

impl FromStr for Timed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.trim().splitn(3, ' ');
        let id = parts.next().and_then(|id| id.parse().ok()).ok_or_else(|| format!("a step begins with its number: {text}"))?;
        let gap = parts.next().and_then(|gap| gap.strip_prefix('+')?.parse().ok());
        let gap_ms = gap.ok_or_else(|| format!("+MILLISECONDS follow on the number of a step: {text}"))?;
        Ok(Self { id, gap_ms, step: parts.next().unwrap_or_default().parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_read_as_it_was_written() {
        for text in ["17 +250 Share link=3 a=1 b=2 c=3", "18 +0 Heal", "19 +4000000000 Corrupt from=0 to=1 lane=0 at=77 bits=8"] {
            assert_eq!(text.parse::<Timed>().unwrap().to_string(), text);
        }
        for text in ["", "17", "17 +1 Nothing", "17 +1 Share link=3", "x +1 Heal"] {
            text.parse::<Timed>().unwrap_err();
        }
    }
}
