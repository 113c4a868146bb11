//! A mail in the form that servers take (RFC 5322 and MIME): headers that nobody's name can break, a plain part and an HTML part.

use std::time::{Duration, UNIX_EPOCH};

use interoffice_core::actions::mails::Letter;
use interoffice_protocol::names::plain;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};

use super::MailFault;
use crate::letters::Written;

/// Tells programs that answer by themselves to keep quiet (RFC 3834).
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// The office's own address, as the settings say it.
pub(super) fn from(text: &str) -> Result<Mailbox, MailFault> {
    let fits = text.parse::<Mailbox>().ok().filter(|_| text == plain(text));
    fits.ok_or_else(|| MailFault::bad("from", format!("'{}' is no address like Office A <office@a.example>", plain(text))))
}

/// The mail for `letter`, dated `now_ms` (milliseconds since 1970, UTC).
///
/// # Errors
/// In words without the address, when it is none that mail can be sent to.
pub(super) fn message(from: &Mailbox, letter: &Letter, written: Written, now_ms: i64) -> Result<Message, String> {
    let address: Address = letter.to.parse().map_err(|_| "the user's e-mail address is none that mail can be sent to".to_owned())?;
    let name = Some(plain(&letter.to_name)).filter(|name| !name.trim().is_empty());
    let date = UNIX_EPOCH + Duration::from_millis(u64::try_from(now_ms).unwrap_or(0));
    Message::builder()
        .message_id(Some(letter.message_id.clone()))
        .date(date)
        .from(from.clone())
        .to(Mailbox::new(name, address))
        .subject(written.subject)
        .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()))
        .multipart(MultiPart::alternative_plain_html(written.text, written.html))
        .map_err(|error| format!("the mail can't be put together: {error}"))
}

#[cfg(test)]
mod tests {
    use interoffice_core::domain::mail::{MailKind, samples, text};

    use super::*;
    use crate::letters;

    fn letter(to_name: &str, to: &str) -> Letter {
        let [values, _] = samples(MailKind::AccessAsked);
        let (to_name, to, message_id) = (to_name.to_owned(), to.to_owned(), "<abc@a.example>".to_owned());
        Letter { id: 1, kind: MailKind::AccessAsked, to_name, to, text: text(MailKind::AccessAsked), values, message_id, created_ms: 0 }
    }

    fn sent(letter: &Letter, subject: &str) -> Result<String, String> {
        let mut written = letters::write(letter.kind, &letter.text, &letter.values).unwrap();
        if !subject.is_empty() {
            written.subject = subject.to_owned();
        }
        let message = message(&from("Office A <office@a.example>").unwrap(), letter, written, 1_700_000_000_000)?;
        Ok(String::from_utf8(message.formatted()).unwrap())
    }

    #[test]
    fn a_mail_has_its_headers_and_two_parts() {
        let mail = sent(&letter("Mia Muster", "mia@a.example"), "").unwrap();
        for line in [
            "Message-ID: <abc@a.example>",
            "Date: Tue, 14 Nov 2023 22:13:20 +0000",
            "From: \"Office A\" <office@a.example>",
            "To: \"Mia Muster\" <mia@a.example>",
            "Subject: Nora Neu asks for access to Tim Test",
            "Auto-Submitted: auto-generated",
        ] {
            assert!(mail.lines().any(|found| found == line), "{line} in\n{mail}");
        }
        assert!(mail.contains("multipart/alternative") && mail.contains("text/plain") && mail.contains("text/html"));
        assert!(mail.is_ascii());
    }

    #[test]
    fn no_name_adds_a_header() {
        let evil = "Mia\r\nBcc: all@a.example\r\n\r\nHello";
        let mail = sent(&letter(evil, "mia@a.example"), &format!("ä {evil}")).unwrap();
        let (head, _) = mail.split_once("\r\n\r\n").unwrap();
        assert!(!head.lines().any(|line| line.starts_with("Bcc") || line.starts_with("Hello")), "{head}");
    }

    #[test]
    fn an_address_that_is_none_is_refused_without_being_named() {
        for bad in ["mia", "mia@", "a b@c", "mia@a.example\r\nBcc: x@a.example", "<mia@a.example>", "a@b, c@d"] {
            let words = sent(&letter("Mia", bad), "").unwrap_err();
            assert!(!words.contains('@'), "{words}");
        }
        assert!(from("Office A\r\nBcc: x@y.example <a@b.example>").is_err() && from("nobody").is_err());
    }
}
