//! People: accounts and roles, how somebody gets in, what ends that, and how somebody goes.

use interoffice_tests::web::password;
use interoffice_tests::{Office, card, exit, import};
use serde_json::{Value, json};

/// An office with Rita, who administers it, and the practitioners Ann and Bob.
fn alder() -> Office {
    let office = Office::open("Alder");
    office.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    for name in ["ann", "bob"] {
        office.cli(&["user", "add", name]).ok();
    }
    office
}

fn changes(plan: &Value) -> String {
    plan["changes"].to_string()
}

#[test]
fn i_39_p_43_a_new_practitioner_is_invited_is_inactive_until_then_and_the_link_counts_once() {
    let office = alder();
    office.cli(&["user", "add", "carl", "--first-name", "Carl", "--last-name", "Lee", "--email", "carl@alder.example"]).ok();
    let view = office.user_view("carl");
    assert_eq!((view["display_name"].as_str(), view["state"].as_str()), (Some("Carl Lee"), Some("inactive")));
    let invited = office.json(&["user", "invite", "carl"]);
    let token = invited["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let days = (invited["until_ms"].as_i64().unwrap() - office.user_view("carl")["created_ms"].as_i64().unwrap()) / 86_400_000;
    assert_eq!(days, 14, "P-43");
    assert_eq!(office.user_view("carl")["invited_until_ms"], invited["until_ms"]);

    let mut browser = office.browser();
    assert_eq!(browser.sign_in("carl", &password("carl")).code(), "sign-in-failed", "nobody signs in before a password was set");
    assert_eq!(browser.post("/passes/show", &json!({ "token": token })).ok()["user"], "carl");
    let weak = browser.post("/passes/use", &json!({ "token": token, "password": "carl lee" }));
    assert_eq!((weak.status, weak.code().as_str()), (422, "bad-password"));
    let active = browser.post("/passes/use", &json!({ "token": token, "password": password("carl") })).ok();
    assert_eq!(active["state"], "active");
    let again = browser.post("/passes/use", &json!({ "token": token, "password": password("other") }));
    assert_eq!((again.status, again.code().as_str()), (404, "unknown-pass"));
    browser.sign_in("CARL@alder.example", &password("carl")).ok();
    assert_eq!(browser.get("/session").ok()["user"]["name"], "carl");
}

#[test]
fn s_02_a_session_is_a_user_and_no_more() {
    let office = alder();
    let mut ann = office.signed_in("ann");
    let refused = ann.post("/specialists/bob/enable/plan", &json!({}));
    assert_eq!((refused.status, refused.code().as_str()), (403, "not-admin"));
    assert!(office.events().iter().any(|line| line["actor"] == "user:ann" && line["outcome"] == "not-admin"));
    let mut nobody = office.browser();
    for path in ["/users", "/records", "/status", "/events", "/session"] {
        assert_eq!(nobody.get(path).code(), "not-signed-in", "{path}");
    }
    let mut posing = office.browser();
    posing.headers.insert("x-interoffice-as".into(), "rita".into());
    assert_eq!(posing.get("/users").code(), "not-signed-in");
    ann.headers.insert("x-interoffice-as".into(), "rita".into());
    assert_eq!(ann.get("/users").code(), "not-admin", "who is no administrator acts for nobody else");
}

#[test]
fn i_39_an_administrator_acts_on_behalf_of_a_practitioner_and_the_audit_names_both() {
    let office = alder();
    let mut rita = office.signed_in("rita");
    rita.headers.insert("x-interoffice-as".into(), "ann".into());
    rita.send("POST", "/api/v1/records/import", &[("content-type", "text/vcard")], card("Zoe Quast").as_bytes()).ok();
    let listed = rita.get("/records?mine=true").ok();
    assert_eq!(listed["items"][0]["owner"], "ann");
    assert!(office.events().iter().any(|line| line["actor"] == "user:rita for user:ann" && line["verb"] == "record.import"));
    let token = rita.post("/users/ann/tokens", &json!({ "name": "mine", "scopes": ["records:read"] }));
    assert_eq!(token.code(), "not-in-person");
    let accepted = rita.post("/links/accept", &json!({ "links": [] }));
    assert_eq!(accepted.code(), "not-in-person", "links are agreed to in person");
}

#[test]
fn inv_55_sign_out_password_change_disabling_and_a_lost_role_count_for_the_very_next_request() {
    let office = alder();
    let mut ann = office.signed_in("ann");
    let mut second = office.signed_in("ann");
    let stolen = ann.clone();
    ann.delete("/session").ok();
    assert_eq!(stolen.clone().get("/session").code(), "not-signed-in", "signed out");
    let mut third = office.signed_in("ann");
    let before = json!({ "password": password("ann"), "new_password": "seven quiet lanterns by the sea" });
    assert_eq!(second.post("/session/password", &before).ok()["sessions"], 1);
    assert_eq!(third.get("/session").code(), "not-signed-in", "the other session ended with the password");
    assert_eq!(second.get("/session").status, 200);
    let record = import(office.user("bob"), &card("Zoe Quast")).remove(0);
    let mut bob = office.signed_in("bob");
    let token = bob.post("/users/bob/tokens", &json!({ "name": "export", "scopes": ["records:read"] })).ok()["token"].clone();
    let mut program = office.browser();
    program.headers.insert("authorization".into(), format!("Bearer {}", token.as_str().unwrap()));
    assert_eq!(program.get("/records").status, 200);
    assert_eq!(program.get("/users").code(), "scope");
    let archive = json!({ "records": [record] });
    bob.post("/records/archive/plan", &archive).ok();
    office.cli(&["user", "role", "bob", "Assistant", "--yes"]).ok();
    assert_eq!(bob.post("/records/archive/plan", &archive).code(), "role");
    office.cli(&["user", "disable", "bob", "--yes"]).ok();
    assert_eq!(bob.get("/session").code(), "not-signed-in", "disabled");
    assert_eq!(program.get("/records").code(), "not-signed-in", "the token went with its user");
    let mut rita = office.signed_in("rita");
    rita.delete("/users/ann/sessions").ok();
    assert_eq!(second.get("/session").code(), "not-signed-in", "an administrator ended it");
}

#[test]
fn a_second_factor_is_asked_for_once_it_is_on_and_no_code_counts_twice() {
    let office = alder();
    let mut ann = office.signed_in("ann");
    let begun = ann.post("/session/second-factor", &json!({})).ok();
    assert!(begun["uri"].as_str().unwrap().starts_with("otpauth://totp/"));
    assert_eq!(ann.post("/session/second-factor/confirm", &json!({ "code": "000000" })).status, 401);
    let code = interoffice_tests::web::totp(begun["secret"].as_str().unwrap());
    let codes = ann.post("/session/second-factor/confirm", &json!({ "code": code })).ok()["recovery_codes"].clone();
    assert_eq!(codes.as_array().unwrap().len(), 10);
    let mut other = office.browser();
    assert_eq!(other.sign_in("ann", &password("ann")).code(), "code-needed");
    let with = |code: &str| json!({ "user": "ann", "password": password("ann"), "code": code });
    assert_eq!(other.post("/session", &with(&code)).code(), "bad-code", "the code that confirmed it was used");
    let recovery = codes[0].as_str().unwrap();
    other.post("/session", &with(recovery)).ok();
    assert_eq!(other.post("/session", &with(recovery)).code(), "bad-code");
    assert_eq!(other.get("/session").ok()["recovery_codes"], 9);
    office.cli(&["user", "second-factor", "ann", "off"]).ok();
    office.browser().sign_in("ann", &password("ann")).ok();
}

#[test]
fn an_office_that_wants_a_second_factor_lets_nobody_further_without_one() {
    let office = alder();
    let mut ann = office.signed_in("ann");
    let wanted = json!({ "name": "calendar", "scopes": ["records:read"] });
    let token = ann.post("/users/ann/tokens", &wanted).ok()["token"].as_str().unwrap().to_owned();
    let mut program = office.browser();
    program.headers.insert("authorization".into(), format!("Bearer {token}"));
    assert_eq!(program.get("/records").status, 200);
    office.cli(&["settings", "--second-factor", "on"]).ok();
    assert_eq!(ann.get("/records").code(), "second-factor-needed");
    let refused = program.get("/records");
    assert_eq!((refused.status, refused.code().as_str()), (403, "second-factor-needed"), "a token is no way around it");
    assert!(refused.json()["remedy"].as_str().unwrap().contains("POST /session/second-factor"), "{}", refused.json());
    assert_eq!(ann.post("/users/ann/tokens", &wanted).code(), "second-factor-needed");
    let made = office.cli(&["token", "add", "ann", "backup", "--scope", "records:read"]);
    assert_eq!(made.code, exit::REFUSED, "nor does the operator make one for her");
    let begun = ann.post("/session/second-factor", &json!({})).ok();
    let code = interoffice_tests::web::totp(begun["secret"].as_str().unwrap());
    ann.post("/session/second-factor/confirm", &json!({ "code": code })).ok();
    assert_eq!(ann.get("/records").status, 200);
    assert_eq!(program.get("/records").status, 200, "her token counts again");
    ann.post("/users/ann/tokens", &wanted).ok();
}

#[test]
fn i_30_i_33_three_roles_are_there_the_administrator_s_is_fixed_and_none_exceeds_the_account() {
    let office = alder();
    let roles = office.json(&["role", "list"]);
    let names: Vec<_> = roles.as_array().unwrap().iter().map(|role| role["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Administrator", "Assistant", "Practitioner"]);
    assert_eq!(office.cli(&["role", "change", "Administrator", "--allow", "edit", "--yes"]).code, exit::REFUSED);
    assert_eq!(office.cli(&["role", "delete", "Administrator"]).code, exit::REFUSED);
    assert_eq!(office.cli(&["role", "delete", "Practitioner"]).code, exit::CONFLICT, "it is in use");
    office.cli(&["role", "add", "Front desk", "--allow", "edit"]).ok();
    office.cli(&["user", "add", "eve", "--account", "assistant", "--role", "Front desk"]).ok();
    assert_eq!(office.cli(&["user", "role", "eve", "Administrator", "--yes"]).code, exit::REFUSED, "I-33");
    let owns = office.user("eve").cli_with(&["record", "import", "-"], &office.file("a.vcf", card("Zoe")));
    assert_eq!(owns.code, exit::REFUSED, "I-33: assistants own no clients whatever their role");
    assert_eq!(office.user("ann").cli(&["role", "add", "Mine"]).code, exit::REFUSED, "I-31");
}

#[test]
fn v_05_v_50_i_16_a_role_that_can_access_all_clients_gives_reading_and_editing_and_says_so_first() {
    let office = alder();
    import(office.user("ann"), &card("Zoe Quast"));
    office.cli(&["settings", "--office-security", "on"]).ok();
    office.cli(&["role", "add", "Partner", "--allow", "all-clients", "--allow", "edit"]).ok();
    let bob = office.user("bob");
    assert!(bob.records().is_empty());
    let plan = office.json(&["user", "role", "bob", "Partner", "--dry-run"]);
    assert!(changes(&plan).contains("bob may access all clients, to read and edit them"), "{plan}");
    assert!(changes(&plan).contains("bob may no longer delete records"), "{plan}");
    office.cli(&["user", "role", "bob", "Partner", "--yes"]).ok();
    let record = bob.records()[0]["id"].as_str().unwrap().to_owned();
    bob.cli(&["record", "edit", &record, "--set", "TEL=5550100"]).ok();
    assert_eq!(bob.cli(&["record", "delete", &record, "--yes"]).code, exit::REFUSED);
    assert_eq!(bob.cli(&["record", "export", &record]).code, exit::REFUSED, "V-51: exporting is a permission of its own");
    let why = office.json(&["record", "explain", &record, "--user", "bob"]);
    assert_eq!(why[0]["because"][0]["source"], "role", "{why}");
}

#[test]
fn i_34_i_35_an_account_that_only_administers_owns_no_clients_and_the_last_practitioner_stays_one() {
    let office = alder();
    import(office.user("ann"), &card("Zoe Quast"));
    let said = office.cli(&["user", "account", "ann", "admin", "--yes"]);
    assert_eq!(said.code, exit::CONFLICT);
    assert!(said.err.contains("ann owns 1 record") && said.err.contains("hand-over ann --to"), "{}", said.err);
    let plan = office.json(&["user", "hand-over", "ann", "--to", "bob", "--dry-run"]);
    assert!(changes(&plan).contains("bob owns 1 record of ann"), "{plan}");
    office.cli(&["user", "hand-over", "ann", "--to", "bob", "--yes"]).ok();
    office.cli(&["user", "account", "ann", "admin", "--yes"]).ok();
    assert_eq!(office.user("ann").cli_with(&["record", "import", "-"], &office.file("b.vcf", card("Al"))).code, exit::REFUSED);
    office.cli(&["user", "hand-over", "bob", "--to", "ann", "--yes"]).ended(exit::REFUSED);
    let last = office.cli(&["user", "account", "bob", "assistant", "--yes"]);
    assert_eq!(last.code, exit::REFUSED, "I-35");
    assert!(last.err.contains("last practitioner"), "{}", last.err);
}

/// C-27, P-42: with the user no record is destroyed; who deletes one that owns records is warned with their number, and hands them over.
#[test]
fn c_27_p_42_a_user_who_owns_records_is_deleted_only_after_they_were_handed_over() {
    let office = alder();
    import(office.user("bob"), &(card("Zoe Quast") + &card("Al Ray")));
    let said = office.cli(&["user", "delete", "bob", "--yes"]);
    assert_eq!(said.code, exit::CONFLICT);
    assert!(said.err.contains("bob owns 2 records"), "{}", said.err);
    office.cli(&["user", "disable", "bob", "--yes"]).ok();
    office.cli(&["user", "hand-over", "bob", "--to", "ann", "--yes"]).ok();
    assert_eq!(office.user("ann").records().len(), 2);
    office.cli(&["user", "delete", "bob", "--yes"]).ok();
    assert!(!office.json(&["user", "list"]).to_string().contains("\"bob\""));
    let taken = office.cli(&["user", "add", "bob"]);
    assert_eq!(taken.code, exit::CONFLICT, "S-53: a sign-in name is permanent");
}

#[test]
fn k_02_the_last_administrator_is_neither_deleted_nor_given_another_role() {
    let office = alder();
    for args in [["user", "delete", "rita"].as_slice(), &["user", "account", "rita", "practitioner"], &["user", "disable", "rita"]] {
        let said = office.cli(&[args, &["--yes"]].concat());
        assert_eq!(said.code, exit::REFUSED, "{args:?}");
        assert!(said.err.contains("last administrator"), "{}", said.err);
    }
}

#[test]
fn a_disabled_user_comes_back_without_links_rights_or_sessions() {
    let office = alder();
    let mut bob = office.signed_in("bob");
    office.cli(&["user", "disable", "bob", "--yes"]).ok();
    assert_eq!(office.browser().sign_in("bob", &password("bob")).code(), "sign-in-failed");
    office.cli(&["user", "enable", "bob"]).ok();
    assert_eq!(bob.get("/session").code(), "not-signed-in");
    bob.sign_in("bob", &password("bob")).ok();
}
