//! Mails to users: written into a folder or sent over a real mail server, the daily digest, and what administrators see and change.

use interoffice_tests::post::{MailServer, head, in_folder, into_folder, mails, next_morning, to};
use interoffice_tests::{Desk, Office, card, exit, import, says, says_not, until};
use serde_json::{Value, json};

/// An office whose daemon is given these variables: Rita administers, Ann and Bob are practitioners, each with an address.
fn office(environment: Vec<(String, String)>) -> Office {
    let mut office = Office::set_up("Office A");
    office.set_environment(environment);
    office.serve();
    office.cli(&["user", "add", "rita", "--account", "admin", "--email", "rita@a.example"]).ok();
    for user in ["ann", "bob"] {
        office.cli(&["user", "add", user, "--email", &format!("{user}@a.example")]).ok();
    }
    office
}

/// Writes a test message; gives its number.
fn test_mail(office: &Office, user: &str) -> String {
    office.json(&["mail", "test", user])["id"].to_string()
}

fn mail(office: &Office, id: &str) -> Value {
    let all = office.json(&["mail", "list", "--limit", "0"]);
    all.as_array().into_iter().flatten().find(|mail| mail["id"].as_u64() == id.parse().ok()).expect("the mail").clone()
}

/// P-01, P-08, P-09: the warning before client access is switched on says who will be written to; then each user is told once a day what
/// changed of what he or she may see, until he or she opts out.
#[test]
fn p_08_p_09_a_daily_digest_tells_what_changed_until_a_user_opts_out() {
    let mut office = office(into_folder());
    office.cli(&["settings", "--time-zone", "Etc/GMT+12"]).ok();
    office.cli(&["user", "add", "carl"]).ok();
    import(office.user("ann"), &card("Olga Old"));
    let plan = office.user("rita").json(&["client-access", "--manage", "on", "--dry-run"]);
    says(&plan["changes"].to_string(), "all users are sent a daily digest");
    says(&plan["changes"].to_string(), "3 users with an e-mail address, 1 record, at 07:00 Etc/GMT+12");
    office.user("rita").cli(&["client-access", "--manage", "on", "--yes"]).ok();

    let records = import(office.user("ann"), &(card("Clara Client") + &card("Doris Client") + &card("Emma Client")));
    for record in &records[..2] {
        office.user("ann").cli(&["record", "access", record, "--user", "bob=read", "--yes"]).ok();
    }
    let bob = office.user("bob");
    assert_eq!(bob.json(&["record", "access", &records[1]])["daily_digest"], true);
    says(&bob.cli(&["record", "digest", &records[1], "off"]).ok().out, "no longer");
    assert_eq!(bob.json(&["record", "access", &records[1]])["daily_digest"], false);
    assert_eq!(office.user("ann").json(&["record", "access", &records[1]])["daily_digest"], true, "for others all is as before");
    bob.cli(&["record", "digest", &records[2], "off"]).ended(exit::NOT_FOUND);
    assert!(in_folder(&office).is_empty());

    next_morning(&mut office);
    let written = in_folder(&office);
    let ann = to(&written, "ann");
    assert_eq!((ann.len(), to(&written, "rita").len(), to(&written, "bob").len(), written.len()), (1, 1, 1, 3));
    says(head(ann[0], "Subject"), "3 records changed at Office A");
    for name in ["Clara Client", "Doris Client", "Emma Client"] {
        says(ann[0], &format!("- {name}"));
    }
    says_not(ann[0], "Olga");
    let bob = to(&written, "bob")[0];
    says(bob, "- Clara Client");
    says_not(bob, "Doris");
    says_not(bob, "Emma");
    office.restart();
    until("the chore ran again", || office.json(&["status"])["chores"].to_string().contains("\"digest\""));
    assert_eq!(in_folder(&office).len(), 3, "once a day, however often the daemon starts");
    let log = std::fs::read_to_string(office.log()).expect("a log");
    says_not(&log, "a.example>");
    says_not(&log, "Clara");
}

/// INV-10, the race "user deleted || digest mail": what a reader lost while a digest waited is not in it, and who is disabled gets none.
#[test]
fn inv_10_a_digest_that_waits_loses_what_its_reader_loses() {
    let mut office = office(Vec::new());
    office.cli(&["settings", "--time-zone", "Etc/GMT+12"]).ok();
    office.cli(&["client-access", "--manage", "on", "--yes"]).ok();
    let records = import(office.user("ann"), &(card("Clara Client") + &card("Doris Client")));
    for record in &records {
        office.user("ann").cli(&["record", "access", record, "--user", "bob=read", "--yes"]).ok();
    }
    office.cli(&["settings", "--time-zone", "Pacific/Kiritimati"]).ok();
    office.restart();
    until("the digests wait", || mails(&office, "waiting").len() == 3);
    let waiting = office.cli(&["mail", "list"]).ok();
    says(&waiting.err, "not set up");
    says(&waiting.out, "mail is not set up");
    office.user("ann").cli(&["record", "access", &records[0], "--user", "bob=none", "--yes"]).ok();
    office.cli(&["user", "disable", "ann", "--yes"]).ok();
    office.set_environment(into_folder());
    office.restart();
    until("nothing waits", || mails(&office, "waiting").is_empty());
    let written = in_folder(&office);
    assert!(to(&written, "ann").is_empty());
    let bob = to(&written, "bob")[0];
    says(bob, "- Doris Client");
    says_not(bob, "Clara");
    assert_eq!(mails(&office, "dropped")[0]["reason"], "the user is disabled");
}

/// P-24: a user who may read and asked to write is told of the refusal; who got the access meanwhile is not.
#[test]
fn p_24_a_refusal_is_mailed_to_who_still_lacks_what_was_asked_for() {
    let mut office = office(Vec::new());
    office.cli(&["client-access", "--manage", "on", "--requesting", "on", "--yes"]).ok();
    let records = import(office.user("ann"), &(card("Clara Client") + &card("Doris Client")));
    for record in &records {
        office.user("ann").cli(&["record", "access", record, "--user", "bob=read", "--yes"]).ok();
        let number = office.user("bob").json(&["access", "request", record, "--level", "write"])["id"].to_string();
        office.user("ann").cli(&["access", "refuse", &number, "--reason", "not your case"]).ok();
    }
    office.user("ann").cli(&["record", "access", &records[1], "--user", "bob=write", "--yes"]).ok();
    office.set_environment(into_folder());
    office.restart();
    until("nothing waits", || mails(&office, "waiting").is_empty());
    let written = in_folder(&office);
    let told: Vec<_> = to(&written, "bob").into_iter().filter(|mail| mail.contains("not your case")).collect();
    assert_eq!(told.len(), 1, "{written:?}");
    says(told[0], &records[0]);
    assert_eq!(mails(&office, "dropped")[0]["reason"], "the user has access to the record meanwhile");
}

/// Mails are seen by administrators alone, without what they say; texts are tried before they are kept.
#[test]
fn administrators_see_mails_and_change_their_texts() {
    let office = office(into_folder());
    let rita = office.user("rita");
    for command in [&["list"][..], &["test", "ann"], &["retry", "1"], &["text", "list"], &["text", "reset", "test"]] {
        says(&office.user("ann").cli(&[&["mail"], command].concat()).ended(exit::REFUSED), "administrator");
    }
    let sent = |desk: &Desk<'_>, id: &str| until("it is sent", || mail(desk.office(), id)["state"] == "sent");
    let first = rita.json(&["mail", "test"])["id"].to_string();
    sent(&rita, &first);
    let page = office.file("page.html", "<h1>{{ office }}</h1>{% if user == 'x' %}{{ passwort }}{% endif %}");
    let page = page.to_str().expect("a plain path");
    let refused = rita.cli(&["mail", "text", "set", "test", "--html", page]).ended(exit::USAGE);
    says(&refused, "no variable 'passwort'");
    says(&refused, "office, name, user, console");
    says(&rita.cli(&["mail", "text", "set", "test", "--subject", "{{ office"]).ended(exit::USAGE), "subject");
    rita.cli(&["mail", "text", "set", "test"]).ended(exit::USAGE);
    rita.cli(&["mail", "text", "show", "spam"]).ended(exit::NOT_FOUND);
    rita.cli(&["mail", "text", "set", "test", "--subject", "Servus from {{ office }}"]).ok();
    assert_eq!(rita.json(&["mail", "text", "show", "test"])["edited"], true);
    let second = test_mail(&office, "ann");
    sent(&rita, &second);
    let written = in_folder(&office);
    assert_eq!(head(to(&written, "rita")[0], "Subject"), "Test message from Office A");
    assert_eq!(head(to(&written, "ann")[0], "Subject"), "Servus from Office A");
    assert_eq!(rita.json(&["mail", "text", "reset", "test"])["edited"], false);
    office.cli(&["user", "add", "carl"]).ok();
    says(&rita.cli(&["mail", "test", "carl"]).ended(exit::CONFLICT), "no e-mail address");
    rita.cli(&["mail", "retry", "999"]).ended(exit::NOT_FOUND);
    rita.cli(&["mail", "retry", "x"]).ended(exit::USAGE);
    says(&rita.cli(&["mail", "retry", &second]).ended(exit::CONFLICT), "was sent");
    let seen = office.api("GET", "/mails", &Value::Null).body.to_string() + &format!("{:?}", office.events());
    says_not(&seen, "ann@a.example");
    assert_eq!(office.api("PATCH", "/settings", &json!({})).status, 200);
    says(&rita.cli(&["settings", "--time-zone", "Europe/Nowhere"]).ended(exit::USAGE), "time zone");
}

/// Settings that are unsafe or make no sense together are refused at the start, in a sentence that names the key.
#[test]
fn unsafe_mail_settings_are_refused_at_the_start() {
    let mut office = Office::set_up("Office A");
    let always = [("FROM", "office@a.example"), ("BASE_URL", "https://a.example")];
    let wrong: [(&[(&str, &str)], &str); 5] = [
        (&[("SMTP", "smtp://mail.a.example"), ("SECURITY", "plain")], "mail.security: plain is for a server on this machine alone"),
        (&[("SMTP", "smtp://ann:secret@mail.a.example")], "mail.smtp: holds a password"),
        (&[("SMTP", "smtp://ann@mail.a.example"), ("PASSWORD_FILE", "nowhere")], "mail.password_file"),
        (&[("SMTP", "smtp://mail.a.example"), ("FOLDER", "mails")], "mail.folder"),
        (&[("FOLDER", "mails"), ("FROM", "nobody")], "mail.from"),
    ];
    for (keys, words) in wrong {
        let named = |(key, value): &(&str, &str)| (format!("INTEROFFICE__MAIL__{key}"), (*value).to_owned());
        office.set_environment(always.iter().chain(keys).map(named).collect());
        let last_words = office.try_serve().expect_err("the daemon does not start");
        says(&last_words, words);
        says_not(&last_words, "secret");
        std::fs::remove_file(office.log()).expect("the log is put away");
    }
}

/// P-18, P-43 (the mail half): over a real server mails go by STARTTLS after signing in, and one that was out of reach gets each mail once.
#[test]
fn p_43_mails_reach_a_real_server_over_starttls_once_it_is_there() {
    let Some(mut server) = MailServer::set_up() else { return };
    let mut office = office(server.environment());
    let first = test_mail(&office, "ann");
    until("the server is missed", || mail(&office, &first)["reason"].as_str().is_some_and(|why| why.contains("not reachable")));
    assert_eq!(mail(&office, &first)["state"], "waiting");
    server.start();
    let second = test_mail(&office, "bob");
    for id in [&first, &second] {
        until("it is sent", || mail(&office, id)["state"] == "sent");
    }
    let taken = server.taken();
    assert_eq!((to(&taken, "ann").len(), to(&taken, "bob").len()), (1, 1), "each once");
    let letter = to(&taken, "ann")[0];
    assert_eq!((head(letter, "X-Way"), head(letter, "X-From"), head(letter, "X-To")), ("tls", "office@a.example", "ann@a.example"));
    assert_eq!(head(letter, "Message-ID"), mail(&office, &first)["message_id"]);

    let third = test_mail(&office, "ann");
    until("a connection that was left is made anew", || mail(&office, &third)["state"] == "sent");
    server.stop();
    let fourth = test_mail(&office, "ann");
    until("the server is missed", || mail(&office, &fourth)["reason"].as_str().is_some_and(|why| why.contains("not reachable")));
    office.kill9();
    server.start();
    office.serve();
    office.cli(&["mail", "retry", &fourth]).ok();
    until("what waited outlives the daemon", || mail(&office, &fourth)["state"] == "sent");
    assert_eq!(to(&server.taken(), "ann").len(), 3);
}

/// A server that refuses, puts off or never answers does so for one mail, and says no address into our books.
#[test]
fn one_mail_that_is_refused_or_never_answered_holds_up_no_other() {
    let Some(mut server) = MailServer::set_up() else { return };
    server.start();
    let office = office(server.environment());
    for user in ["unknown", "later", "silent"] {
        office.cli(&["user", "add", user, "--email", &format!("{user}@a.example")]).ok();
    }
    let ids = ["unknown", "later", "silent", "ann"].map(|user| test_mail(&office, user));
    let [unknown, later, silent, ann] = &ids;
    until("it failed", || mail(&office, unknown)["state"] == "failed");
    office.cli(&["mail", "retry", unknown]).ok();
    until("it is sent in spite of them", || mail(&office, ann)["state"] == "sent");
    until("it failed again", || mail(&office, unknown)["state"] == "failed");
    assert_eq!(mail(&office, unknown)["reason"], "the mail server refused it: it answered 550 5.1.1");
    let put_off = mail(&office, later);
    assert_eq!(put_off["state"], "waiting");
    assert_eq!(put_off["reason"], "the mail server did not take it: it answered 451 4.7.1");
    until("it is put off", || mail(&office, silent)["reason"].as_str().is_some_and(|why| why.contains("did not answer")));
    assert_eq!(server.taken().len(), 1);
    let log = std::fs::read_to_string(office.log()).expect("a log");
    says_not(&log, "@a.example");
}

/// Nothing is said to a server that nobody vouches for, nor to one that offers no TLS: no password, and no mail.
#[test]
fn no_mail_goes_to_a_server_that_can_not_be_trusted() {
    let Some(mut server) = MailServer::set_up() else { return };
    server.start();
    let mut office = office(server.environment_of_a_stranger());
    let id = test_mail(&office, "ann");
    until("its certificate is refused", || mail(&office, &id)["reason"].as_str().is_some_and(|why| why.contains("certificate")));
    server.stop();
    server.start_without_tls();
    office.set_environment(server.environment());
    office.restart();
    office.cli(&["mail", "retry", &id]).ok();
    until("its want of TLS is refused", || mail(&office, &id)["reason"].as_str().is_some_and(|why| why.contains("STARTTLS")));
    assert_eq!(mail(&office, &id)["state"], "waiting");
    assert!(server.taken().is_empty());
}
