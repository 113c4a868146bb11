//! Cuts Rust text into code, comments and literals, so that a rule about code is not fooled by a sentence about code.

/// What a character of a source file belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

/// The code of `text`: comments and the inside of literals are blanked, line structure and length in characters stay.
pub(crate) fn code_of(text: &str) -> String {
    only(text, Kind::Code)
}

/// The string and character literals of `text`, everything else blanked.
pub(crate) fn literals_of(text: &str) -> String {
    only(text, Kind::Literal)
}

fn only(text: &str, wanted: Kind) -> String {
    let chars: Vec<char> = text.chars().collect();
    let kinds = classify(&chars);
    chars.iter().zip(kinds).map(|(&c, kind)| if c == '\n' || kind == wanted { c } else { ' ' }).collect()
}

fn classify(chars: &[char]) -> Vec<Kind> {
    let mut kinds = Vec::with_capacity(chars.len());
    while kinds.len() < chars.len() {
        let at = kinds.len();
        let (kind, len) = token_at(chars, at);
        let end = (at + len.max(1)).min(chars.len());
        kinds.resize(end, kind);
    }
    kinds
}

/// Kind and length of the token that starts at `at`. Code is taken one character at a time.
fn token_at(chars: &[char], at: usize) -> (Kind, usize) {
    let rest = &chars[at..];
    match rest {
        ['/', '/', ..] => (Kind::Comment, rest.iter().position(|&c| c == '\n').unwrap_or(rest.len())),
        ['/', '*', ..] => (Kind::Comment, block_comment_len(rest)),
        ['"', ..] => (Kind::Literal, escaped_len(rest, '"')),
        ['\'', '\\', ..] => (Kind::Literal, escaped_len(rest, '\'')),
        ['\'', _, '\'', ..] => (Kind::Literal, 3),
        ['r' | 'b' | 'c', ..] if !follows_identifier(chars, at) => match raw_string_len(rest) {
            Some(len) => (Kind::Literal, len),
            None => (Kind::Code, 1),
        },
        _ => (Kind::Code, 1),
    }
}

fn follows_identifier(chars: &[char], at: usize) -> bool {
    at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_')
}

/// Length of a literal between two `quote` characters with backslash escapes, quotes included.
fn escaped_len(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            '\\' => at += 2,
            c if c == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Block comments nest in Rust.
fn block_comment_len(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        match &rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] if depth == 1 => return at + 2,
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    rest.len()
}

/// Length of `r"…"`, `r#"…"#`, `br"…"` and `cr"…"`; `None` when `rest` starts none of them.
fn raw_string_len(rest: &[char]) -> Option<usize> {
    let prefix = match rest {
        ['r', ..] => 1,
        ['b' | 'c', 'r', ..] => 2,
        _ => return None,
    };
    let hashes = rest[prefix..].iter().take_while(|&&c| c == '#').count();
    let open = prefix + hashes;
    if rest.get(open) != Some(&'"') {
        return None;
    }
    let closes = |at: usize| rest[at] == '"' && rest[at + 1..].iter().take_while(|&&c| c == '#').count() >= hashes;
    (open + 1..rest.len()).find(|&at| closes(at)).map_or(Some(rest.len()), |at| Some(at + 1 + hashes))
}

/// Numbers the lines of `text` that hold `word`. Where an end of `word` is part of an identifier, it must not be part of a longer one.
pub(crate) fn lines_with(text: &str, word: &str) -> Vec<usize> {
    text.lines().enumerate().filter(|(_, line)| holds_word(line, word)).map(|(index, _)| index + 1).collect()
}

/// Whether `line` holds `word`, as [`lines_with`] means it.
pub(crate) fn holds_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let (starts, ends) = (word.starts_with(is_part), word.ends_with(is_part));
    line.match_indices(word).any(|(at, _)| {
        let free_before = !starts || !line[..at].ends_with(is_part);
        let free_after = !ends || !line[at + word.len()..].starts_with(is_part);
        free_before && free_after
    })
}

/// The line, from 1, on which the character with this byte offset stands.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

#[test]
fn comments_and_literals_are_told_apart_from_code() {
    let text =
        "let a = \"x // y\"; // \"z\"\nlet r = r#\"q \" w\"#; /* a /* b */ c */ let l: &'static str = b; let c = '\\''; let d = '{';\n";
    let code = code_of(text);
    assert_eq!(code.split_whitespace().collect::<Vec<_>>().join(" "), "let a = ; let r = ; let l: &'static str = b; let c = ; let d = ;");
    assert_eq!(literals_of(text).split_whitespace().collect::<Vec<_>>().join(" "), "\"x // y\" r#\"q \" w\"# '\\'' '{'");
    assert_eq!(code.lines().count(), text.lines().count());
}

#[test]
fn a_word_is_not_found_inside_a_longer_word() {
    assert!(holds_word("use tokio::net;", "tokio"));
    assert!(!holds_word("use tokio_util::x;", "tokio"));
    assert!(holds_word("x.await?;", ".await"));
    assert!(!holds_word("x.awaiting();", ".await"));
    assert_eq!(lines_with("a\nb a\nab", "a"), [1, 2]);
}
