//! Cuts a file into cards: finds each `BEGIN` and its `END`, and names every part of the file that belongs to none.

use super::lines::{Line, Lines};
use super::{BrokenCard, CARD_BYTES_MAX, CARD_FILE_BYTES_MAX, CARDS_MAX};

/// The lines of one card, `BEGIN` and `END` included.
pub(super) struct RawCard<'a> {
    /// At least two lines.
    pub(super) lines: Vec<Line<'a>>,
    /// The same as bytes of the file.
    pub(super) bytes: &'a [u8],
}

impl RawCard<'_> {
    /// Line of its `BEGIN`.
    pub(super) fn line(&self) -> usize {
        self.lines.first().map_or(1, |line| line.number)
    }
}

/// A part of a file.
pub(super) enum Part<'a> {
    Card(RawCard<'a>),
    Broken(BrokenCard),
}

/// Cuts `file` and hands each part to `take`, in the order of the file.
pub(super) fn cut<'a>(file: &'a [u8], mut take: impl FnMut(Part<'a>)) {
    let mut cutter = Cutter { file, open: None, stray: None, parts: 0 };
    let mut lines = Lines::new(file).peekable();
    while let Some(line) = lines.next() {
        if cutter.parts >= CARDS_MAX {
            take(broken(line.number, format!("the file has more than {CARDS_MAX} cards; split it before this line")));
            return;
        }
        let goes_on = lines.peek().is_some_and(Line::is_folded);
        cutter.line(line, goes_on, &mut take);
    }
    cutter.finish(&mut take);
}

fn broken<'a>(line: usize, reason: String) -> Part<'a> {
    Part::Broken(BrokenCard { line, reason })
}

struct Cutter<'a> {
    file: &'a [u8],
    open: Option<Open<'a>>,
    /// First and last line of a run of lines that belong to no card.
    stray: Option<(usize, usize)>,
    parts: usize,
}

struct Open<'a> {
    lines: Vec<Line<'a>>,
    begin: Line<'a>,
    /// Cards inside the card, values of `AGENT`.
    depth: usize,
    last: Line<'a>,
}

impl<'a> Open<'a> {
    fn new(begin: Line<'a>) -> Self {
        Self { lines: vec![begin], begin, depth: 0, last: begin }
    }

    fn push(&mut self, line: Line<'a>) {
        // A card that is too long is only counted, so that a file without any END costs no memory.
        if line.end - self.begin.start <= CARD_FILE_BYTES_MAX {
            self.lines.push(line);
        }
        if !line.is_blank() {
            self.last = line;
        }
    }
}

impl<'a> Cutter<'a> {
    fn line(&mut self, line: Line<'a>, goes_on: bool, take: &mut impl FnMut(Part<'a>)) {
        let Some(open) = &mut self.open else { return self.outside(line, take) };
        if line.begins_card() && !line.is_folded() {
            if open.last.announces_agent() {
                open.depth += 1;
                open.push(line);
            } else {
                let reason = no_end(open.begin.number, &format!("before line {}, where another card begins", line.number));
                let begin = open.begin.number;
                self.give(broken(begin, reason), take);
                self.open = Some(Open::new(line));
            }
        } else if line.ends_card() {
            open.push(line);
            if open.depth > 0 {
                open.depth -= 1;
            } else if let Some(open) = self.open.take() {
                self.close(open, line.end, take);
            }
        } else {
            open.depth += usize::from(line.opens_agent() && !goes_on);
            open.push(line);
        }
    }

    fn outside(&mut self, line: Line<'a>, take: &mut impl FnMut(Part<'a>)) {
        if line.begins_card() {
            self.report_stray(take);
            self.open = Some(Open::new(line));
        } else if !line.is_blank() {
            let first = self.stray.map_or(line.number, |(first, _)| first);
            self.stray = Some((first, line.number));
        }
    }

    fn close(&mut self, open: Open<'a>, end: usize, take: &mut impl FnMut(Part<'a>)) {
        let bytes = &self.file[open.begin.start..end];
        if bytes.len() > CARD_FILE_BYTES_MAX {
            self.give(broken(open.begin.number, too_long(bytes.len())), take);
        } else {
            self.give(Part::Card(RawCard { lines: open.lines, bytes }), take);
        }
    }

    fn finish(mut self, take: &mut impl FnMut(Part<'a>)) {
        if let Some(open) = self.open.take() {
            self.give(broken(open.begin.number, no_end(open.begin.number, "before the file ends")), take);
        } else if self.parts > 0 {
            self.report_stray(take);
        } else {
            let reason =
                "the file holds no address card: a card begins with the line BEGIN:VCARD; export the contacts as vCard (.vcf) again";
            take(broken(self.stray.map_or(1, |(first, _)| first), reason.to_owned()));
        }
    }

    fn report_stray(&mut self, take: &mut impl FnMut(Part<'a>)) {
        if let Some((first, last)) = self.stray.take() {
            let place = if first == last { format!("line {first} is") } else { format!("lines {first} to {last} are") };
            let reason = format!("{place} outside of any card and left out; a card stands between the lines BEGIN:VCARD and END:VCARD");
            self.give(broken(first, reason), take);
        }
    }

    fn give(&mut self, part: Part<'a>, take: &mut impl FnMut(Part<'a>)) {
        self.parts += 1;
        take(part);
    }
}

fn no_end(begin: usize, place: &str) -> String {
    format!("the card that begins in line {begin} has no line END:VCARD {place}; add it, or export the card again")
}

/// Why a card of `bytes` bytes is refused.
pub(super) fn too_long(bytes: usize) -> String {
    let limit = CARD_BYTES_MAX / 1024;
    format!("the card is {} KiB long and at most {limit} KiB are taken; make its picture smaller", bytes.div_ceil(1024))
}
