//! What happened to a client or a link, as people say it: a phrase for each verb that is told of one, and the names of who did it.

use super::links::level_words;

/// What an event is called, by its verb. Whatever is told to others than administrators stands here.
const PHRASES: [(&str, &str); 30] = [
    ("link.accept", "Request accepted"),
    ("link.accepted", "Request accepted by the other office"),
    ("link.decline", "Request declined"),
    ("link.declined", "Request declined by the other office"),
    ("link.delete", "Link deleted"),
    ("link.deleted", "Link deleted by the other office"),
    ("link.erased", "Every copy of the link erased here"),
    ("link.expire", "Link ended on the day that was agreed"),
    ("link.frozen", "Link paused by the other office"),
    ("link.request", "Request sent"),
    ("link.requested", "Request from the other office"),
    ("link.thawed", "Link taken up again by the other office"),
    ("link.withdraw", "Request taken back"),
    ("link.withdrawn", "Request taken back by the other office"),
    ("receipt.mismatch", "Receipt that does not match"),
    ("receipt.verified", "Receipt of the other office, checked here"),
    ("record.archive", "Archived"),
    ("record.create", "Made"),
    ("record.deletion-near", "Deletion is near, owner reminded"),
    ("record.edit", "Edited"),
    ("record.end", "Relationship ended"),
    ("record.erased", "Copies erased here"),
    ("record.grant", "Shared"),
    ("record.import", "Brought by an import"),
    ("record.owner", "Owner changed"),
    ("record.revoke", "Not shared any more"),
    ("record.share", "Records shared"),
    ("record.unarchive", "Brought back"),
    ("record.unshare", "Records taken back"),
    ("request.grant", "Request for access granted"),
];

/// What happened; `None` for a verb that only administrators meet.
pub(super) fn phrase(verb: &str) -> Option<&'static str> {
    PHRASES.iter().find(|(known, _)| *known == verb).map(|(_, phrase)| *phrase)
}

/// More about it, behind its phrase; empty where the phrase says all.
pub(super) fn more(verb: &str, detail: &str) -> String {
    match verb {
        // Between whom a link is stands above.
        "link.request" | "link.requested" => String::new(),
        "record.edit" if !detail.is_empty() => format!(" ({})", detail.split(", ").map(mark).collect::<Vec<_>>().join(", ")),
        "record.grant" | "record.revoke" => behind(&share(detail)),
        "request.grant" => behind(&share(
            detail.split_once(", ").filter(|(request, _)| request.starts_with("request ")).map_or(detail, |(_, share)| share),
        )),
        _ => behind(detail),
    }
}

/// A mark of a record as the audit writes it, in words; anything else as it is.
fn mark(part: &str) -> &str {
    match part {
        "private true" => "private",
        "private false" => "not private",
        "assigned true" => "assigned",
        "assigned false" => "unassigned",
        other => other,
    }
}

fn behind(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!(": {detail}") }
}

/// `ann, Read` of `ann: read` or `user ann: read`; without a level where none is left.
fn share(detail: &str) -> String {
    let Some((whose, level)) = detail.rsplit_once(": ") else { return detail.to_owned() };
    let whose = match whose.strip_prefix("group ") {
        // The audit, which administrators read, has a group by its number.
        Some(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => format!("the group with the number {number}"),
        _ => whose.strip_prefix("user ").unwrap_or(whose).to_owned(),
    };
    if level == "none" { whose } else { format!("{whose}, {}", level_words(level)) }
}

/// Who did it, in words; `office` names an office by its id, where it is known here.
pub(super) fn who(actor: &str, office: impl Fn(&str) -> Option<String>) -> String {
    let user = |text: &str| text.strip_prefix("user:").map(str::to_owned);
    if let Some((by, whom)) = actor.split_once(" for ") {
        let whom = user(whom).unwrap_or_else(|| whom.to_owned());
        return user(by).map_or_else(|| format!("{whom} on the command line"), |by| format!("{by} for {whom}"));
    }
    match actor {
        "operator" => "the command line".to_owned(),
        "daemon" => "this program".to_owned(),
        _ => match actor.strip_prefix("office:") {
            // An office may call itself like a user, or like this program.
            Some(id) => office(id).map_or_else(|| "another office".to_owned(), |name| format!("the office {name}")),
            None => user(actor).unwrap_or_else(|| actor.to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use interoffice_core::actions::events::told_verbs;

    use super::*;

    #[test]
    fn whatever_is_told_has_words() {
        let told: Vec<&str> = told_verbs().collect();
        let wordless: Vec<&&str> = told.iter().filter(|verb| phrase(verb).is_none()).collect();
        assert!(wordless.is_empty(), "no words for {wordless:?}");
        let untold: Vec<&str> = PHRASES.iter().map(|(verb, _)| *verb).filter(|verb| !told.contains(verb)).collect();
        assert!(untold.is_empty(), "words for what is told to nobody: {untold:?}");
        assert_eq!(phrase("peer.invite"), None);
    }

    #[test]
    fn shares_and_versions_are_words() {
        assert_eq!(more("record.edit", "version 1.2"), " (version 1.2)");
        assert_eq!(more("record.edit", ""), "");
        assert_eq!(more("record.edit", "version 1.2, private true, assigned false"), " (version 1.2, private, unassigned)");
        assert_eq!(more("record.edit", "private false, assigned true"), " (not private, assigned)");
        assert_eq!(more("record.grant", "user ann: full-control"), ": ann, Full Control");
        assert_eq!(more("record.grant", "group Tax: write"), ": group Tax, Write");
        assert_eq!(more("record.grant", "group 7: write"), ": the group with the number 7, Write");
        assert_eq!(more("record.revoke", "whole office: none"), ": whole office");
        assert_eq!(more("request.grant", "request 3, user bob: read"), ": bob, Read");
        assert_eq!(more("request.grant", "bob: read"), ": bob, Read");
        assert_eq!(more("record.owner", "bob instead of ann"), ": bob instead of ann");
        assert_eq!(more("link.request", "ann to bob at 7o6v"), "");
    }

    #[test]
    fn whoever_did_it_has_a_name() {
        let office = |id: &str| (id == "7o6v").then(|| "Harbour Law".to_owned());
        let words = |actor: &str| who(actor, office);
        assert_eq!(words("user:ann"), "ann");
        assert_eq!(words("operator for user:ann"), "ann on the command line");
        assert_eq!(words("user:rita for user:ann"), "rita for ann");
        assert_eq!(words("office:7o6v"), "the office Harbour Law");
        assert_eq!(words("office:abcd"), "another office");
        assert_eq!(words("operator"), "the command line");
        assert_eq!(words("daemon"), "this program");
        assert_eq!(words("somebody"), "somebody");
    }
}
