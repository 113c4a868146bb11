//! Every page of the console on every screen: what a screen reader stumbles over, what does not fit, what weighs too much.

use interoffice_tests::console::{Page, Stage};

use super::*;

/// A screen on which pages are looked at.
#[derive(Clone, Copy)]
struct Screen {
    name: &'static str,
    width: u32,
    height: u32,
    scale: u32,
}

const WIDE: Screen = Screen { name: "1280", width: 1280, height: 800, scale: 1 };
const NARROW: Screen = Screen { name: "320", width: 320, height: 640, scale: 1 };
/// A screen of 1280 by 800 on which everything is four times as big.
const FOURFOLD: Screen = Screen { name: "fourfold", width: 320, height: 200, scale: 4 };

/// A page as the walk knows it.
fn visit(stage: &Stage, page: &Page) -> Value {
    let place = stage.place(page.place);
    let named = page.place.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
    let who = page.visitor.split('/').next_back().unwrap_or_default();
    let pressed = page.press.to_lowercase().replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
    let name = format!("{}{named}-{pressed}", if who.is_empty() { "stranger" } else { who });
    json!({ "visitor": page.visitor, "place": place, "press": page.press, "name": name.trim_end_matches('-') })
}

fn walk(screens: &[Screen], theme: &str) {
    if chromium("every_page").is_none() {
        return;
    }
    let stage = Stage::set();
    let visits: Vec<Value> = interoffice_tests::console::PAGES.iter().map(|page| visit(&stage, page)).collect();
    let screens: Vec<Value> = screens
        .iter()
        .map(|screen| json!({ "name": screen.name, "width": screen.width, "height": screen.height, "scale": screen.scale }))
        .collect();
    let of = json!({ "visits": visits, "screens": screens, "theme": theme });
    tell_of("every_page", MOUSE, (&stage.a, &["ann", "cleo", "nora", "rita"]), (&stage.b, &["bob", "omar"]), &of);
}

/// WCAG 2.2 AA, 320 px, at most 40 kB and 6 requests: every page in light colours.
#[test]
fn every_page_is_sound_in_light_colours() {
    walk(&[WIDE, NARROW], "light");
}

/// The same in dark colours.
#[test]
fn every_page_is_sound_in_dark_colours() {
    walk(&[WIDE, NARROW], "dark");
}

/// The same four times as big.
#[test]
fn every_page_is_sound_at_400_percent() {
    walk(&[FOURFOLD], "light");
}

fn dialogs(theme: &str) {
    if chromium("dialogs").is_none() {
        return;
    }
    let stage = Stage::set();
    let ann = [
        "/clients?tab=all&locked=yes",
        "/links",
        "/clients/:petra",
        "/clients/:private",
        "/clients/:archived",
        "/clients/:locked",
        "/links/:active",
        "/links/:asked",
    ];
    let rita = ["/people/cleo", "/people/ann", "/offices", "/offices/:office", "/groups", "/roles", "/mails", "/settings"];
    let placed = |places: &[&str]| places.iter().map(|place| stage.place(place)).collect::<Vec<_>>();
    let visitors = json!([
        { "visitor": "a/ann", "places": placed(&ann) },
        { "visitor": "a/rita", "places": placed(&rita) },
    ]);
    let of = json!({ "visitors": visitors, "theme": theme });
    tell_of("dialogs", MOUSE, (&stage.a, &["ann", "rita"]), (&stage.b, &[]), &of);
}

/// WCAG 2.2 AA in front of a page: a dialog of each kind and the menu of a narrow screen let the keyboard in and out again.
#[test]
fn every_kind_of_dialog_is_sound_in_light_colours() {
    dialogs("light");
}

/// The same in dark colours.
#[test]
fn every_kind_of_dialog_is_sound_in_dark_colours() {
    dialogs("dark");
}
