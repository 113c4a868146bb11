//! Folds text for search: what differs only in letter case, accents or width becomes the same.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// `text` in lower case and without accents, for search indexes and for what is looked up in them; never for show.
///
/// Letters that only look like one with an accent, such as `ø` and `ł`, become their plain neighbours too. Folding twice changes nothing.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // Lower case first: it can bring forth a combining mark (İ), and compatibility forms can bring forth capitals (℡), so it comes again.
    let lower = text.to_lowercase();
    let mut out = String::with_capacity(lower.len());
    for char in lower.nfkd().filter(|char| !is_combining_mark(*char)).flat_map(char::to_lowercase) {
        match plain(char) {
            Some(letters) => out.push_str(letters),
            None => out.push(char),
        }
    }
    out
}

fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ı' => "i",
        'ŧ' => "t",
        'þ' => "th",
        'ς' => "σ",
        '’' | '‘' => "'",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::fold;

    #[test]
    fn accents_case_and_width_make_no_difference() {
        let pairs = [
            ("Zoë Ångström", "zoe angstrom"),
            ("MÜLLER-Straße", "muller-strasse"),
            ("Łukasz Żółć", "lukasz zolc"),
            ("Søren Kjærgård", "soren kjaergard"),
            ("İstanbul", "istanbul"),
            ("Nguyễn Thị Ánh", "nguyen thi anh"),
            ("ΟΔΥΣΣΕΥΣ", "οδυσσευσ"),
            ("Ｆｕｌｌ Ｗｉｄｔｈ", "full width"),
            ("ann@ACME.example", "ann@acme.example"),
            ("山田 太郎", "山田 太郎"),
        ];
        for (text, folded) in pairs {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
