//! What people do in a browser: real daemons, a real browser, and hands that know nothing but the labels on the page. Each journey is told
//! with scripts and without them, and the two that everybody makes with the keyboard alone.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use interoffice_tests::web::password;
use interoffice_tests::{Office, card, import, link, pair, share, skipped, until};
use serde_json::{Value, json};

mod access;
mod administration;
mod hostile;
mod journeys;
mod specialist;
mod walks;

/// Where `./test` keeps its tools, and where pictures of pages are left.
fn target() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it runs from");
    test.ancestors().nth(3).expect("a test lies in a folder of its build profile").to_owned()
}

/// How a journey is made.
#[derive(Clone, Copy)]
struct Hands {
    scripts: bool,
    keyboard: bool,
}

const MOUSE: Hands = Hands { scripts: true, keyboard: false };
const NO_SCRIPTS: Hands = Hands { scripts: false, keyboard: false };
const KEYBOARD: Hands = Hands { scripts: true, keyboard: true };

/// A browser of this machine; `None`, said loudly, where there is none.
fn chromium(what: &str) -> Option<PathBuf> {
    let found = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].iter().map(PathBuf::from);
    let found = found.into_iter().find(|path| path.exists());
    let tools = target().join("tools/browser/node_modules/playwright-core");
    if found.is_none() || !tools.exists() {
        skipped(what, "no chromium or no playwright-core in target/tools; ./test installs them where there is npm");
        return None;
    }
    found
}

/// What the browser needs to know of an office: where it is, and who signs in with which password.
fn seen(office: &Office, users: &[&str]) -> Value {
    let passwords: serde_json::Map<String, Value> = users.iter().map(|user| ((*user).to_owned(), password(user).into())).collect();
    for user in users {
        office.signed_in(user);
    }
    json!({ "url": office.json(&["status"])["daemon"]["url"], "name": office.name(), "passwords": passwords, "set_up": office.set_up_link() })
}

/// Tells the journey of this name at two offices.
#[track_caller]
fn tell(name: &str, hands: Hands, a: (&Office, &[&str]), b: (&Office, &[&str])) {
    tell_of(name, hands, a, b, &Value::Null);
}

/// The same with something that this journey alone knows of.
#[track_caller]
fn tell_of(name: &str, hands: Hands, (a, a_users): (&Office, &[&str]), (b, b_users): (&Office, &[&str]), of: &Value) {
    tell_at(name, hands, &json!({ "a": seen(a, a_users), "b": seen(b, b_users) }), of);
}

/// Tells the journey of this name at one office.
#[track_caller]
fn tell_in_one(name: &str, hands: Hands, (office, users): (&Office, &[&str])) {
    tell_at(name, hands, &json!({ "a": seen(office, users) }), &Value::Null);
}

#[track_caller]
fn tell_at(name: &str, hands: Hands, offices: &Value, of: &Value) {
    let Some(chromium) = chromium(name) else { return };
    let stage = json!({
        "of": of,
        "tools": target().join("tools/browser"),
        "pictures": target().join("pictures"),
        "chromium": chromium,
        "scripts": hands.scripts,
        "keyboard": hands.keyboard,
        "offices": offices,
    });
    let journey = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("browser/journeys/{name}.mjs"));
    let told = Command::new("node").arg(journey).env("INTEROFFICE_STAGE", stage.to_string()).stdin(Stdio::null()).output();
    let told = told.expect("node runs");
    let said = format!("{}{}", String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
    assert!(told.status.success(), "{name}: {said}");
}
