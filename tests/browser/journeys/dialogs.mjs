// Opens a dialog of each kind above its page, and the menu of a narrow screen: who uses the keyboard gets in and out, and nobody is shut out.
import assert from "node:assert/strict";
import { tell } from "../harness.mjs";

const SOON_MS = 5_000;

await tell(async ({ stage, open }) => {
  const { visitors, theme } = stage.of;
  const faults = [];
  const seen = new Set();
  for (const { visitor, places } of visitors) {
    const [office, user] = visitor.split("/");
    const person = await open(office, user, { theme });
    await person.signIn();
    for (const place of places) {
      await person.goto(place);
      const links = person.page.locator("main a[data-dialog]").filter({ visible: true });
      const hrefs = await links.evaluateAll((found) => found.map((link) => link.getAttribute("href")));
      for (const href of new Set(hrefs)) {
        const [first, , ...rest] = href.split("?")[0].slice(1).split("/");
        const kind = [first, ...rest].join("/");
        if (seen.has(kind)) continue;
        seen.add(kind);
        for (const fault of await look(person, href)) faults.push(`${place}, ${href}: ${fault}`);
        await person.goto(place);
      }
    }
    for (const fault of await lookAtLeaving(person)) faults.push(`are you still there: ${fault}`);
    const narrow = await open(office, user, { theme, width: 320, height: 640 });
    await narrow.signIn();
    await narrow.goto("/account");
    for (const fault of await lookAtMenu(narrow)) faults.push(`the menu of ${visitor}: ${fault}`);
  }
  assert.ok(seen.size > 20, `only ${[...seen]}`);
  assert.deepEqual(faults, [], `${faults.length} faults`);
});

/// Whether this comes about soon.
async function soon({ page }, seen, of) {
  return page.waitForFunction(seen, of, { timeout: SOON_MS }).then(() => true, () => false);
}

async function look(person, href) {
  const { page } = person;
  const faults = [];
  await page.locator(`main a[data-dialog][href="${href}"]`).filter({ visible: true }).first().focus();
  await page.keyboard.press("Enter");
  if (!(await soon(person, () => document.querySelector("dialog[open] .sheet")))) return [`no dialog opens, but ${page.url()}`];
  if (!(await soon(person, () => document.querySelector("dialog[open]").contains(document.activeElement)))) faults.push("the focus stays outside");
  const title = await page.evaluate(() => document.getElementById(document.querySelector("dialog[open]").getAttribute("aria-labelledby"))?.textContent);
  if (!title) faults.push("it has no name");
  faults.push(...(await person.violations()));
  await page.keyboard.press("Escape");
  if (!(await soon(person, () => !document.querySelector("dialog[open]")))) faults.push("Escape does not close it");
  if (!(await soon(person, (href) => document.activeElement?.getAttribute("href") === href, href))) faults.push("the focus does not return");
  return faults;
}

async function lookAtLeaving(person) {
  const { page } = person;
  await page.evaluate(() => document.querySelector("#leaving").showModal());
  const faults = await person.violations();
  await person.press("button", "Stay signed in");
  if (!(await soon(person, () => !document.querySelector("dialog[open]")))) faults.push("it does not close");
  return faults;
}

async function lookAtMenu(person) {
  const { page } = person;
  const faults = [];
  await page.getByRole("button", { name: "Menu" }).focus();
  await page.keyboard.press("Enter");
  if (!(await soon(person, () => document.querySelector("#menu:popover-open")))) return ["it does not open"];
  if (await person.isTooWide()) faults.push("the page is wider than the screen");
  faults.push(...(await person.violations()));
  await person.picture(`menu-320-${person.user}`, false);
  for (const item of await page.locator("#menu a, #menu button").all()) {
    await item.focus();
    const { x, y, width, height } = await item.boundingBox();
    if (x < 0 || y < 0 || x + width > 320 || y + height > 640) faults.push(`${await item.innerText()} stands beside the screen`);
    if (width < 24 || height < 24) faults.push(`${await item.innerText()} is too small to hit`);
  }
  await page.keyboard.press("Escape");
  if (!(await soon(person, () => !document.querySelector("#menu:popover-open")))) faults.push("Escape does not close it");
  if (!(await soon(person, () => document.activeElement?.matches("[popovertarget=menu]")))) faults.push("the focus does not return");
  return faults;
}
