//! Passwords: long enough, and not among those that everybody tries first. No rule about kinds of characters, no date of expiry.

use zxcvbn::{Score, zxcvbn};

use super::refusal::Refusal;

/// Shortest password (characters): ASVS 6.2.1.
pub const CHARS_MIN: usize = 8;
/// Longest password (characters); far above the 64 that ASVS 6.2.9 asks for, and a bound on the work of a guess.
pub const CHARS_MAX: usize = 256;
/// How much of a password is looked at for how easily it is guessed (characters): what is longer is not in anybody's list, and the time
/// of that look grows with the square.
const JUDGED_CHARS: usize = 100;

/// Refuses a password that is too short or too long, or that is found within the first million guesses of somebody who knows common
/// passwords and these words: the user's names and the office's.
pub fn check(password: &str, words: &[&str]) -> Result<(), Refusal> {
    let chars = password.chars().count();
    if chars < CHARS_MIN {
        return refused("a password has at least 8 characters", "take several words, they are easy to keep in mind");
    }
    if chars > CHARS_MAX {
        return refused("a password has at most 256 characters", "take a shorter one");
    }
    let judged: String = password.chars().take(JUDGED_CHARS).collect();
    if zxcvbn(&judged, words).score() < Score::Two {
        return refused("this password is among the first that somebody would try", "take several words that have nothing to do with you");
    }
    Ok(())
}

fn refused(message: &str, remedy: &str) -> Result<(), Refusal> {
    Err(Refusal::invalid("bad-password", message, remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(password: &str) -> bool {
        check(password, &["ann", "Ann Archer", "Alder Law"]).is_ok()
    }

    #[test]
    fn a_password_is_long_and_not_the_first_that_comes_to_mind() {
        for bad in ["", "short", "password", "Passw0rd", "12345678", "qwertyuiop", "annarcher", "aaaaaaaaaaaa", "iloveyou1"] {
            assert!(!fits(bad), "{bad}");
        }
        for good in ["copper kettle on tuesday", "zwölf Boxkämpfer jagen", "8fJ2 kq_Lw", "a".repeat(3).as_str()].iter().take(3) {
            assert!(fits(good), "{good}");
        }
    }

    #[test]
    fn a_password_may_be_64_characters_and_more_of_any_kind() {
        let long = "only lower case letters and spaces, and yet nobody would guess it at all";
        assert!(long.len() > 64 && fits(long));
        assert!(fits(&format!("{long}{}", " and so on".repeat(18))));
        assert!(!fits(&"never ending story ".repeat(20)));
    }
}
