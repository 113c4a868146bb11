// Goes to every page on every screen, and notes what is not as it should be; all of it is told at the end.
import assert from "node:assert/strict";
import { tell } from "../harness.mjs";

const HTML_BYTES = 40_000;
const REQUESTS = 6;

await tell(async ({ stage, open }) => {
  const { visits, screens, theme } = stage.of;
  const faults = [];
  const visitors = [...new Set(visits.map(({ visitor }) => visitor))];
  for (const visitor of visitors) {
    const [office, user] = visitor ? visitor.split("/") : ["a", ""];
    const person = await open(office, user, { theme, ...screens[0] });
    const cold = await forgetful(person);
    if (user) await person.signIn();
    for (const visit of visits.filter((visit) => visit.visitor === visitor)) {
      for (const fault of await come(person, cold, visit)) faults.push(`${visit.name}: ${fault}`);
      for (const screen of screens) {
        const name = `${visit.name}-${screen.name}-${theme}`;
        for (const fault of await look(person, screen, name)) faults.push(`${name}: ${fault}`);
      }
    }
  }
  assert.deepEqual(faults, [], `${faults.length} faults`);
});

/// A browser that keeps no file, and counts what each page asks for.
async function forgetful({ page }) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  const cold = { asked: [] };
  page.on("request", (request) => cold.asked.push(new URL(request.url()).pathname));
  return cold;
}

/// Comes to a page as somebody does who was never there, and presses what is to be pressed.
async function come(person, cold, { place, press }) {
  const { page } = person;
  const faults = [];
  // What the page before asks for late is not counted.
  await page.goto("about:blank");
  cold.asked = [];
  const answer = await person.goto(place);
  await page.waitForLoadState("load");
  const bytes = (await answer.body()).length;
  if (bytes > HTML_BYTES) faults.push(`${bytes} bytes of HTML`);
  if (cold.asked.length > REQUESTS) faults.push(`${cold.asked.length} requests: ${cold.asked.join(" ")}`);
  if (place !== "/nowhere" && answer.status() !== 200) faults.push(`answered with ${answer.status()}`);
  const keys = await page.locator("[data-key]").evaluateAll((goals) => goals.map((goal) => goal.dataset.key));
  if (new Set(keys).size < keys.length) faults.push(`a key leads to two places: ${keys.join(", ")}`);
  for (const button of press.split("|").filter(Boolean)) {
    await person.press("button", button);
    await page.waitForLoadState("load");
  }
  return faults;
}

/// Looks at the page on this screen.
async function look(person, screen, name) {
  const { page } = person;
  const faults = [];
  await page.setViewportSize({ width: screen.width, height: screen.height });
  if (await person.isTooWide()) faults.push("it is wider than the screen");
  if ((await page.locator("h1").count()) !== 1) faults.push("not one h1");
  faults.push(...(await person.violations()));
  await person.picture(name, screen.scale === 1);
  return faults;
}
