//! Pages of lists: how long one may be, where the next one begins, and what is no place in a list.

use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;

use super::refusal::Refusal;

/// Things on one page when the query does not say.
pub const LIMIT_DEFAULT: usize = 50;
/// Most things on one page.
pub const LIMIT_MAX: usize = 1_000;

/// One page of a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// What is on the page, in the order of the list.
    pub items: Vec<T>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// How many `things` the page has that is asked for: 1 to [`LIMIT_MAX`], `default` when the query does not say.
pub fn limit(asked: Option<usize>, default: usize, things: &str) -> Result<usize, Refusal> {
    let limit = asked.unwrap_or(default);
    if (1..=LIMIT_MAX).contains(&limit) {
        return Ok(limit);
    }
    Err(Refusal::invalid("bad-limit", format!("a page has 1 to 1,000 {things}"), "ask for more pages"))
}

/// Cuts `found` down to a page of `limit`. One more than fits tells that another page follows, which begins behind the last one that stays.
pub fn cut<T>(found: &mut Vec<T>, limit: usize) -> Option<&T> {
    let more = found.len() > limit;
    found.truncate(limit);
    found.last().filter(|_| more)
}

/// The refusal of what is no place in `list`.
pub fn no_place(list: &str) -> Refusal {
    Refusal::invalid("bad-place", format!("this is no place in {list}"), "take it from the answer before, or leave it out")
}

/// What every place begins with, so that hardly any text that was not written as a place is one.
const MARK: char = '>';

/// A place in a list that is ordered by one text, which nothing else in the list has.
pub fn place(text: &str) -> String {
    BASE64URL_NOPAD.encode(format!("{MARK}{text}").as_bytes())
}

/// Reads what [`place`] wrote.
pub fn read_place(place: &str) -> Result<String, Refusal> {
    let read = || {
        let text = String::from_utf8(BASE64URL_NOPAD.decode(place.as_bytes()).ok()?).ok()?;
        Some(text.strip_prefix(MARK)?.to_owned())
    };
    read().ok_or_else(|| no_place("a list"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_full_but_for_the_last_one_and_says_whether_it_is() {
        let rows = |count: u32| (0..count).collect::<Vec<_>>();
        for (count, shown, next) in [(0, 0, None), (2, 2, None), (3, 3, None), (4, 3, Some(2))] {
            let mut found = rows(count);
            assert_eq!(cut(&mut found, 3).copied(), next, "{count}");
            assert_eq!(found, rows(shown));
        }
        assert_eq!([Some(1), Some(LIMIT_MAX), None].map(|asked| limit(asked, 50, "users").unwrap()), [1, LIMIT_MAX, 50]);
        for asked in [0, LIMIT_MAX + 1] {
            assert_eq!(limit(Some(asked), 50, "users").unwrap_err().code, "bad-limit");
        }
    }

    #[test]
    fn a_place_is_read_as_it_was_written_and_nothing_else_is_one() {
        for text in ["ann", "müller & söhne", "a", ""] {
            assert_eq!(read_place(&place(text)).unwrap(), text);
        }
        for bad in ["", "?", "YW5u", "PmFubg==", "not a place", "_w"] {
            assert_eq!(read_place(bad).unwrap_err().code, "bad-place", "{bad}");
        }
    }
}
