//! The JSON API over a real control socket, asked by the program's own client.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::*;
use crate::cli::client::{Client, ClientFault};

/// An office whose control socket is open; its peer door is not.
struct Office {
    folder: TempDir,
    house: House,
    door: JoinHandle<io::Result<()>>,
}

impl Office {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let wanted = NewOffice {
            name: "Office A".into(),
            listen: ([127, 0, 0, 1], 4870).into(),
            advertise: vec!["a.example:4870".into()],
            http: String::new(),
            url: String::new(),
            administrator: None,
        };
        init(folder.path(), &wanted).unwrap();
        let keys = OfficeKeys::load(folder.path()).unwrap();
        let config = Config::load(folder.path(), []).unwrap();
        let house = House::open(folder.path(), config, keys, std::sync::Arc::new(|fault| panic!("{fault}"))).unwrap();
        let listener = open_socket(&folder.path().join(SOCKET)).unwrap();
        let door = tokio::spawn(http::serve(house.clone(), listener));
        Self { folder, house, door }
    }

    fn operator(&self) -> Client {
        Client::new(self.folder.path(), None)
    }

    fn user(&self, name: &str) -> Client {
        Client::new(self.folder.path(), Some(name.to_owned()))
    }

    async fn close(self) {
        self.house.stop();
        self.door.await.unwrap().unwrap();
        self.house.close();
    }
}

/// Status and code of an answer that is a problem.
fn refused(end: Result<Value, ClientFault>) -> (u16, String) {
    match end {
        Err(ClientFault::Problem(problem)) => (problem.status, problem.code),
        other => panic!("this should have been refused: {other:?}"),
    }
}

async fn add(client: &Client, name: &str) {
    client.post::<Value>("/users", &json!({ "name": name })).await.unwrap();
}

const CARDS: &str = "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Mia Muster\r\nTEL:+1-555-0100\r\nEND:VCARD\r\n\
                     BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Tim Test\r\nX-ODD:kept\r\nEND:VCARD\r\n";

#[tokio::test]
async fn the_socket_belongs_to_the_owner_of_the_folder_alone() {
    let office = Office::open().await;
    let mode = std::fs::metadata(office.folder.path().join(SOCKET)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let identity: Value = office.operator().get("/id").await.unwrap();
    assert_eq!((identity["name"].as_str(), identity["addresses"][0].as_str()), (Some("Office A"), Some("a.example:4870")));
    let status: Value = office.operator().get("/status").await.unwrap();
    assert_eq!(status["daemon"]["listening"], Value::Null);
    office.close().await;
}

#[tokio::test]
async fn what_does_not_fit_is_answered_as_a_problem_with_a_code() {
    let office = Office::open().await;
    let operator = office.operator();
    add(&operator, "ann").await;
    assert_eq!(refused(operator.get("/nowhere").await), (404, "no-such-place".into()));
    assert_eq!(refused(operator.post("/status", &json!({})).await), (405, "no-such-method".into()));
    assert_eq!(refused(operator.post("/users", &json!({ "nme": "bob" })).await), (422, "bad-body".into()));
    assert_eq!(refused(operator.get("/records?limit=many").await), (422, "bad-query".into()));
    assert_eq!(refused(office.user("not a name").get("/users").await), (422, "bad-user-name".into()));
    assert_eq!(refused(office.user("ann").post("/users", &json!({ "name": "zed" })).await).0, 403);
    assert_eq!(refused(operator.post("/users/ann/disable", &json!({})).await), (422, "need-plan".into()));
    assert_eq!(refused(operator.post("/users/ann/disable", &json!({ "plan": "old" })).await), (409, "stale-plan".into()));
    assert_eq!(refused(operator.post("/peers/nobody/ping", &json!({})).await).0, 404);
    let long = json!({ "name": "x".repeat(2 * 1024 * 1024) });
    assert_eq!(refused(operator.post("/users", &long).await), (413, "body-too-big".into()));
    office.close().await;
}

#[tokio::test]
async fn records_are_imported_listed_edited_and_exported_as_they_came() {
    let office = Office::open().await;
    add(&office.operator(), "ann").await;
    let ann = office.user("ann");
    let report: Value = ann.post_bytes("/records/import", "text/vcard", CARDS.into()).await.unwrap();
    assert_eq!(report["created"], 2);
    let page: Value = ann.get("/records?limit=1").await.unwrap();
    let rest: Value = ann.get(&format!("/records?limit=1&after={}", page["next"].as_str().unwrap())).await.unwrap();
    assert_eq!((page["items"][0]["name"].as_str(), rest["items"][0]["name"].as_str()), (Some("Mia Muster"), Some("Tim Test")));
    assert_eq!(rest["next"], Value::Null);
    let tim = rest["items"][0]["id"].as_str().unwrap();
    let exported = whole(&ann, &format!("/records/export?ids={tim}")).await;
    assert!(exported.contains("X-ODD:kept"), "{exported}");
    let edit = json!({ "base_version": "1.1", "set": [{ "name": "NOTE", "value": "new" }] });
    let edited: Value = ann.patch(&format!("/records/{tim}"), &edit).await.unwrap();
    assert_eq!(edited["version"], "1.2");
    assert_eq!(refused(ann.patch(&format!("/records/{tim}"), &edit).await).0, 409);
    let all = whole(&ann, "/records/export").await;
    assert_eq!(all.matches("BEGIN:VCARD").count(), 2);
    let plan: Value = ann.post("/records/delete/plan", &json!({ "records": [tim] })).await.unwrap();
    let gone: Value = ann.post("/records/delete", &json!({ "records": [tim], "plan": plan["id"] })).await.unwrap();
    assert_eq!(gone["records"], 1);
    assert_eq!(refused(ann.get(&format!("/records/{tim}")).await).0, 404);
    office.close().await;
}

async fn whole(client: &Client, path: &str) -> String {
    let mut body = client.body(path).await.unwrap();
    let mut bytes = Vec::new();
    while let Some(part) = body.next().await.unwrap() {
        bytes.extend_from_slice(&part);
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn whoever_follows_the_events_hears_what_happens_next_and_the_end() {
    let office = Office::open().await;
    let operator = office.operator();
    let mut lines = office.operator().lines("/events?after=1&follow=true").await.unwrap();
    let first: Value = serde_json::from_slice(&lines.next().await.unwrap().unwrap()).unwrap();
    assert_eq!(first["verb"], "office.set-up-link");
    add(&operator, "ann").await;
    let next: Value = serde_json::from_slice(&lines.next().await.unwrap().unwrap()).unwrap();
    assert_eq!((next["verb"].as_str(), next["object"].as_str()), (Some("user.add"), Some("ann")));
    office.house.stop();
    assert!(lines.next().await.unwrap().is_none(), "a stop ends the stream");
    office.close().await;
}

#[tokio::test]
async fn an_invite_names_the_offices_addresses_and_is_made_by_admins_only() {
    let office = Office::open().await;
    let operator = office.operator();
    add(&operator, "ann").await;
    let made: Value = operator.post("/peers/invite", &json!({})).await.unwrap();
    let invite = interoffice_certs::Invite::parse(made["invite"].as_str().unwrap()).unwrap();
    assert_eq!((invite.office, invite.addresses), (office.house.context().office(), vec!["a.example:4870".to_owned()]));
    assert_eq!(refused(office.user("ann").post("/peers/invite", &json!({})).await).0, 403);
    assert_eq!(refused(operator.post("/peers/invite", &json!({ "addresses": ["nowhere"] })).await), (422, "bad-address".into()));
    assert_eq!(refused(operator.post("/peers/accept", &json!({ "invite": "io1-x" })).await), (422, "bad-invite".into()));
    assert_eq!(refused(operator.post("/peers/accept", &json!({ "invite": made["invite"] })).await), (409, "peer-door-closed".into()));
    office.close().await;
}

#[tokio::test]
async fn a_client_that_was_cut_off_connects_again() {
    let mut office = Office::open().await;
    let operator = office.operator();
    add(&operator, "ann").await;
    office.house.stop();
    (&mut office.door).await.unwrap().unwrap();
    office.house.close();
    let folder: &Path = office.folder.path();
    let house =
        House::open(folder, Config::default(), OfficeKeys::load(folder).unwrap(), std::sync::Arc::new(|fault| panic!("{fault}"))).unwrap();
    office.door = tokio::spawn(http::serve(house.clone(), open_socket(&folder.join(SOCKET)).unwrap()));
    office.house = house;
    let users: Value = operator.get("/users").await.unwrap();
    assert_eq!(users["items"][0]["name"], "ann");
    office.close().await;
}
