//! Exit codes: what a script learns from a command without reading its words.

use std::fmt;
use std::process::ExitCode;

use crate::api::Problem;

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done.
    Ok = 0,
    /// Failed for a reason without a code of its own.
    Failed = 1,
    /// The command line, or what it names, is wrong.
    Usage = 2,
    /// The daemon does not answer.
    Unreachable = 3,
    /// There is no such user, peer, link or record.
    NotFound = 4,
    /// A right or a policy forbids it.
    Refused = 5,
    /// The state does not allow it, or changed meanwhile.
    Conflict = 6,
    /// Done for a part, the rest was reported.
    Partly = 7,
    /// Not reached within the time.
    TimedOut = 8,
}

/// The table for `--help`.
pub(super) const HELP: &str = "Exit codes:
  0  done
  1  failed
  2  the command line, or what it names, is wrong
  3  the daemon does not answer
  4  no such user, office, link or record
  5  refused by a right or a policy
  6  conflict: the state does not allow it, or changed meanwhile
  7  partly done: what was not done is listed
  8  timed out";

impl Exit {
    /// The code for a problem that the daemon reported.
    pub(super) fn of_problem(problem: &Problem) -> Self {
        match problem.status {
            400 | 413 | 422 => Self::Usage,
            412 => Self::Conflict,
            403 => Self::Refused,
            404 => Self::NotFound,
            409 => Self::Conflict,
            503 => Self::Unreachable,
            504 => Self::TimedOut,
            _ => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A command that did not end well: the code for scripts and the words for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Failure {
    /// How it ended.
    pub(crate) exit: Exit,
    /// What is wrong, and what to do; empty when everything was said already.
    pub(crate) words: String,
}

impl Failure {
    /// A failure with `words`.
    pub(crate) fn new(exit: Exit, words: impl Into<String>) -> Self {
        Self { exit, words: words.into() }
    }

    /// A wrong command line.
    pub(crate) fn usage(words: impl Into<String>) -> Self {
        Self::new(Exit::Usage, words)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::new(Exit::of_problem(&problem), problem.to_string())
    }
}

/// Writing to stdout failed. A reader that has gone away (`| head`) is no failure.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::new(Exit::Ok, ""),
            _ => Self::new(Exit::Failed, error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_the_help_text() {
        let all = [
            Exit::Ok,
            Exit::Failed,
            Exit::Usage,
            Exit::Unreachable,
            Exit::NotFound,
            Exit::Refused,
            Exit::Conflict,
            Exit::Partly,
            Exit::TimedOut,
        ];
        for (number, exit) in all.into_iter().enumerate() {
            assert_eq!(exit as usize, number);
            assert!(HELP.contains(&format!("\n  {number}  ")), "{number} is explained");
        }
    }

    #[test]
    fn each_answer_of_the_daemon_has_its_code() {
        let code = |status| {
            let text = |text: &str| text.to_owned();
            let problem = Problem { status, code: text("c"), detail: text("d"), remedy: text("r"), retry_after_s: None };
            Failure::from(problem).exit
        };
        let seen = [400, 422, 403, 404, 409, 500, 503, 504, 507].map(code);
        let expected = [
            Exit::Usage,
            Exit::Usage,
            Exit::Refused,
            Exit::NotFound,
            Exit::Conflict,
            Exit::Failed,
            Exit::Unreachable,
            Exit::TimedOut,
            Exit::Failed,
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        let failure = Failure::from(std::io::Error::from(std::io::ErrorKind::BrokenPipe));
        assert_eq!((failure.exit, failure.words.as_str()), (Exit::Ok, ""));
    }
}
