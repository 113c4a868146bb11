// Edits a record at A, and waits until the page that somebody at B has open shows it; prints how long that took each time, in ms.
import { createRequire } from "node:module";

const { tools, chromium: executablePath, a, b, record, property, edits } = JSON.parse(process.env.INTEROFFICE_STAGE);
const { chromium } = createRequire(`${tools}/`)("playwright-core");
const PATIENCE_MS = 20_000;

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
try {
  const writer = await signedIn(a, "/");
  const reader = await signedIn(b, `/clients/${record}`);
  const times = [];
  for (let number = 0; number < edits; number++) {
    const text = `seen ${number}.`;
    const seen = reader.evaluate(shows, [text, PATIENCE_MS]);
    const sent = await writer.evaluate(edit, [`/api/v1/records/${record}`, property, text]);
    times.push((await seen) - sent);
  }
  console.log(JSON.stringify(times));
} finally {
  await browser.close();
}

/// A page in a browser of its own, of somebody who has signed in there.
async function signedIn({ url, user, password }, place) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await page.goto(`${url}/sign-in`);
  await page.getByLabel("User name or e-mail").fill(user);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL((now) => now.pathname !== "/sign-in");
  await page.goto(url + place);
  await page.waitForLoadState("load");
  return page;
}

/// When this text stands on the page.
function shows([text, patience]) {
  return new Promise((resolve, reject) => {
    const look = () => document.body.innerText.includes(text) && resolve(Date.now());
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
    setTimeout(() => reject(new Error(`${text} does not come up`)), patience);
  });
}

/// Changes the record as the page's own script would; gives when it was sent.
async function edit([place, name, value]) {
  const sent = Date.now();
  const answer = await fetch(place, { method: "PATCH", headers: { "content-type": "application/json" }, body: JSON.stringify({ set: [{ name, value }] }) });
  if (!answer.ok) throw new Error(`the edit was answered with ${answer.status}: ${await answer.text()}`);
  return sent;
}
