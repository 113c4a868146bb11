//! After the scenes: a new link with shared records, and the consoles and commands with which people can try things themselves.

use serde_json::{Value, json};

use super::super::exit::Failure;
use super::super::output::text;
use super::doors;
use super::home::Home;
use super::meeting::{until, wait};
use super::{A, B, Stage};

/// Links Ann and Bob again, shares everything, and says what to try.
pub(super) async fn leave_open(stage: &mut Stage, home: &Home, browser: bool) -> Result<(), Failure> {
    let link: Value = stage.ann.post("/links", &json!({ "office": B, "user": "bob", "purpose": "For you to try" })).await?;
    let id = text(&link, "link");
    until(&stage.bob, "/links?direction=sharing-with-me&status=waiting", "Bob sees the request", |links| {
        links["items"].as_array().into_iter().flatten().any(|link| link["link"] == id.as_str())
    })
    .await?;
    stage.bob.post::<Value>("/links/accept", &json!({ "links": [id] })).await?;
    wait(&stage.ann, &id, "active", "the new link is not Active").await?;
    let mut selection = json!({ "all_mine": true });
    let plan: Value = stage.ann.post(&format!("/links/{id}/share/plan"), &selection).await?;
    selection["plan"] = plan["id"].clone();
    stage.ann.post::<Value>(&format!("/links/{id}/share"), &selection).await?;
    wait(&stage.ann, &id, "synced", "B does not have everything").await?;
    let page: Value = stage.ann.get("/records?mine=true&limit=1").await?;
    let words = commands(stage, home, &text(&page["items"][0], "id"))?;
    stage.report.people(&words)?;
    let doors = doors::open(stage, browser).await?;
    stage.report.people(&doors)
}

fn commands(stage: &Stage, home: &Home, record: &str) -> Result<String, Failure> {
    let program = std::env::current_exe()?;
    let at = |folder: &std::path::Path| format!("{} --dir {}", shell(&program.to_string_lossy()), shell(&folder.to_string_lossy()));
    let (a, b) = (at(stage.a.folder()), at(stage.b.folder()));
    let folder = if home.is_kept() { "stays" } else { "is removed then" };
    Ok(format!(
        "\nBoth offices stay up until Ctrl-C; the folder {folder}. Ann shares with Bob over a new link. Try in another terminal:\n
  {a} status
  {a} --as ann link list --receiving-mine
  {b} --as bob record list --link '{A}/ann'
  {a} --as ann record edit {record} --add 'NOTE=Seen at both ends'
  {b} --as bob record show {record}
  {a} --as ann record unshare --link '{B}/bob' {record} --yes
  {a} --as ann link delete '{B}/bob' --yes
  {b} --as bob record list
  {a} events
"
    ))
}

/// `text` as one word for a shell.
fn shell(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%:,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::shell;

    #[test]
    fn paths_with_blanks_and_quotes_are_one_word() {
        assert_eq!([shell("/tmp/a-b"), shell("/tmp/two words"), shell("it's")], ["/tmp/a-b", "'/tmp/two words'", r"'it'\''s'"]);
    }
}
