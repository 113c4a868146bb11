//! What a command said, and how it ended.

use serde_json::Value;

/// The end of a command of the program.
#[derive(Clone, Debug)]
pub struct Said {
    /// The command line, for words about failures.
    pub line: String,
    /// Exit code; -1 when a signal ended it.
    pub code: i32,
    /// What it wrote to stdout: data.
    pub out: String,
    /// What it wrote to stderr: talk.
    pub err: String,
}

impl Said {
    /// The same, when it ended well.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "`{}` failed\nstdout: {}\nstderr: {}", self.line, self.out, self.err);
        self
    }

    /// Its words, when it ended with this exit code and said something.
    #[track_caller]
    pub fn ended(self, code: i32) -> String {
        assert_eq!(self.code, code, "`{}` ended otherwise\nstdout: {}\nstderr: {}", self.line, self.out, self.err);
        assert!(!self.err.trim().is_empty(), "`{}` ended with {code} and gave no reason", self.line);
        self.err
    }

    /// Its data, when it ended well and printed JSON.
    #[track_caller]
    pub fn json(self) -> Value {
        let said = self.ok();
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("`{}` printed no JSON ({error}):\n{}", said.line, said.out))
    }

    /// Both outputs, for what a person sees on a terminal.
    pub fn all(&self) -> String {
        format!("{}\n{}", self.err, self.out)
    }
}
