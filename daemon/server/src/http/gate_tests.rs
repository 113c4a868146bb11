//! What the gate lets in, and who may go on listening.

use interoffice_core::actions::passwords;
use interoffice_core::actions::users::NewUser;
use interoffice_core::domain::user::Account;

use super::*;
use crate::house::testing;

fn session(proved_ms: i64) -> Found {
    let user = UserName::new("ann").unwrap();
    let (address, agent) = (String::new(), String::new());
    let row = SessionRow { id: 1, user_row: 1, user, created_ms: 0, seen_ms: 0, proved_ms, second_factor: false, address, agent };
    Found::Session(row, false)
}

fn code(found: &Found, method: &Method, path: &str) -> String {
    admit(found, method, path, sign_in::PROOF_MS + 1).map_or_else(|problem| problem.code, |_| String::new())
}

#[test]
fn asvs_7_5_1_what_can_not_be_taken_back_wants_the_password_of_the_last_ten_minutes() {
    let (old, new) = (session(0), session(2));
    for path in [
        "/links/accept",
        "/links/abcd/delete",
        "/records/delete",
        "/users/bob/disable",
        "/users/bob/assign",
        "/users/ann/tokens",
        "/specialists/ann/enable",
        "/peers/accept",
        "/client-access",
        "/session/second-factor",
        "/roles",
    ] {
        assert_eq!(code(&old, &Method::POST, path), "proof-needed", "{path}");
        assert_eq!(code(&new, &Method::POST, path), "", "{path}");
    }
    assert_eq!(code(&old, &Method::GET, "/records/export"), "proof-needed");
    for path in ["/links/abcd/delete/plan", "/records/import", "/session/prove", "/groups"] {
        assert_eq!(code(&old, &Method::POST, path), "", "{path}");
    }
}

#[test]
fn a_token_does_what_its_scopes_say_and_never_how_somebody_signs_in() {
    let user = UserName::new("ann").unwrap();
    let scopes = Scopes::parse(&["records:read".to_owned()]).unwrap().bits();
    let token = TokenRow { id: 1, user, name: String::new(), scopes, created_ms: 0, ends_ms: 1, used_ms: None };
    let token = Found::Token(token);
    assert_eq!(code(&token, &Method::GET, "/records"), "");
    for (method, path) in [(Method::POST, "/records"), (Method::GET, "/users"), (Method::GET, "/links"), (Method::GET, "/audit")] {
        assert_eq!(code(&token, &method, path), "scope", "{method} {path}");
    }
    for path in ["/session", "/session/password", "/users/ann/tokens", "/users/ann/sessions", "/users/bob/invite"] {
        assert!(["not-for-tokens", ""].contains(&code(&token, &Method::POST, path).as_str()), "{path}");
    }
    assert_eq!(code(&token, &Method::POST, "/users/ann/tokens"), "not-for-tokens");
}

#[test]
fn an_address_is_what_the_last_known_proxy_says_and_not_what_anybody_writes() {
    let proxy: IpAddr = "10.0.0.1".parse().unwrap();
    let door = Web { passwords: Passwords::new(), limits: Limits::new(), proxies: vec![proxy] };
    let mut headers = HeaderMap::new();
    headers.insert("x-forwarded-for", "192.0.2.66, 198.51.100.7".parse().unwrap());
    let client: IpAddr = "198.51.100.7".parse().unwrap();
    assert_eq!(door.address(proxy, &headers), client);
    let stranger: IpAddr = "203.0.113.5".parse().unwrap();
    assert_eq!(door.address(stranger, &headers), stranger, "from elsewhere the header counts for nothing");
    assert_eq!(door.address(proxy, &HeaderMap::new()), proxy);
}

/// The only administrator signs in from the device with this secret; gives the number of the session.
async fn signs_in(house: &House, secret: [u8; 32]) -> i64 {
    let proof =
        sign_in::Proof { user: UserName::new("adam").unwrap(), password: "hash".to_owned(), second_factor: sign_in::SecondFactor::None };
    house.write(People, move |tx| sign_in::begin(tx, &proof, &secret, &[9; 32], &sign_in::Place::default())).await.unwrap().id
}

#[tokio::test]
async fn inv_55_a_stream_ends_with_its_session_although_the_number_falls_to_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let house = testing::open(folder.path()).await;
    let new = NewUser { name: "adam".to_owned(), account: Account::Admin, ..NewUser::default() };
    house.write(People, move |tx| passwords::first_administrator(tx, &Actor::Operator, &new, "hash")).await.unwrap();
    let first = signs_in(&house, [1; 32]).await;
    let session = house.read(|view| sign_in::session(view, &[1; 32])).await.unwrap();
    let actor = Actor::User(UserName::new("adam").unwrap());
    let caller = Caller { actor: actor.clone(), address: None, session, secret: Some([1; 32]) };
    assert!(still_there(&house, &caller).await);
    house.write(People, move |tx| sign_in::end(tx, &actor, &UserName::new("adam").unwrap(), first)).await.unwrap();
    assert_eq!(signs_in(&house, [2; 32]).await, first, "the number is given again");
    assert!(!still_there(&house, &caller).await);
    house.close();
}
