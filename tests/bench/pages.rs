//! `./bench page`: how long it takes from an edit at A until the page that Bob has open at B shows it, in a browser.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use interoffice_tests::web::password;
use serde_json::{Value, json};

use crate::measures::{PROPERTY, percentile};
use crate::office::Office;
use crate::results::{Results, say};
use crate::stage::Stage;

/// Edits of one run, one after the other was seen.
const EDITS: usize = 50;

/// A browser of this machine, and what drives it.
struct Driver {
    chromium: PathBuf,
    tools: PathBuf,
}

impl Driver {
    /// What `./test browser` has installed; `None` where it has not.
    fn found() -> Option<Self> {
        let chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].map(PathBuf::from);
        let chromium = chromium.into_iter().find(|path| path.exists())?;
        let program = std::env::current_exe().ok()?;
        // A benchmark lies in the folder `deps` of its profile.
        let tools = program.ancestors().nth(3)?.join("tools/browser");
        tools.join("node_modules/playwright-core").exists().then_some(Self { chromium, tools })
    }
}

/// The door of an office and who signs in there; the first call sets the password.
fn visitor(office: &Office, user: &str) -> Result<Value> {
    let mut desk = office.socket("")?;
    if desk.get(&format!("/users/{user}"))?["state"] == "inactive" {
        office.set_password(&mut office.door()?, user)?;
    }
    let url = desk.get("/status")?["daemon"]["url"].clone();
    Ok(json!({ "url": url, "user": user, "password": password(user) }))
}

/// Edits at A and looks at B.
pub(crate) fn open_page(stage: &Stage, results: &mut Results) -> Result<()> {
    let Some(driver) = Driver::found() else {
        say("SKIPPED page: no chromium or no playwright-core in target/tools; ./test browser installs them");
        return Ok(());
    };
    let told = json!({
        "tools": driver.tools,
        "chromium": driver.chromium,
        "a": visitor(&stage.a, "ann")?,
        "b": visitor(&stage.b, "bob")?,
        "record": stage.records[0],
        "property": PROPERTY,
        "edits": EDITS,
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/open_page.mjs");
    let output = Command::new("node").arg(script).env("INTEROFFICE_STAGE", told.to_string()).output().context("starting node")?;
    if !output.status.success() {
        bail!("the browser: {}", String::from_utf8_lossy(&output.stderr));
    }
    let times: Vec<f64> = serde_json::from_slice(&output.stdout).context("what the browser measured")?;
    results.add("page_p50_ms", percentile(times.clone(), 50));
    results.add("page_p95_ms", percentile(times, 95));
    Ok(())
}
