//! Ways to reach somebody, in the form in which two records are compared: the same address or number is the same person, or almost.

/// Last digits of a telephone number that count, so that it is the same with and without a country's prefix.
const DIGITS_COMPARED: usize = 9;
/// Fewest digits of a telephone number that is compared.
const DIGITS_MIN: usize = 6;

/// What a point is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Way {
    /// An e-mail address, folded.
    Email,
    /// A telephone number: its last nine digits.
    Phone,
}

impl Way {
    /// The way's name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }
}

/// One way to reach somebody.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Point {
    /// What it is.
    pub way: Way,
    /// The address or the number.
    pub text: String,
}

/// The points in the folded text that a record is found by, each once: its lines that are addresses or numbers.
pub fn points(search: &str) -> Vec<Point> {
    let mut points: Vec<Point> = search.split('\n').flat_map(|line| [email(line), phone(line)]).flatten().collect();
    points.sort();
    points.dedup();
    points
}

fn email(line: &str) -> Option<Point> {
    let address = line.strip_prefix("mailto:").unwrap_or(line);
    // The sign stands neither at the beginning nor at the end.
    let inner = address.char_indices().skip(1).any(|(at, c)| c == '@' && at + 1 < address.len());
    (inner && !address.contains(' ')).then(|| Point { way: Way::Email, text: address.to_owned() })
}

fn phone(line: &str) -> Option<Point> {
    let number = line.strip_prefix("tel:").unwrap_or(line);
    let digits: String = number.chars().filter(|c| !"+-() ./".contains(*c)).collect();
    if digits.len() < DIGITS_MIN || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(Point { way: Way::Phone, text: digits[digits.len().saturating_sub(DIGITS_COMPARED)..].to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(search: &str) -> Vec<String> {
        points(search).into_iter().map(|point| format!("{}:{}", point.way.as_str(), point.text)).collect()
    }

    #[test]
    fn addresses_and_numbers_are_the_same_however_they_are_written() {
        assert_eq!(texts("zoe quast\nmailto:zoe@example.com\nzoe@example.com"), ["email:zoe@example.com"]);
        for number in ["+44 20 7946 0958", "020 7946 0958", "tel:+44-20-7946-0958", "(020) 7946.0958", "02079460958"] {
            assert_eq!(texts(number), ["phone:079460958"], "{number}");
        }
        for none in ["12345", "zoe quast", "@", "zoe@", "a b@c", "5550100 ext 7", "4711a", ""] {
            assert_eq!(texts(none), [""; 0], "{none}");
        }
    }
}
