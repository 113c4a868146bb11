// A person at a browser: looks for what is written on the page, and uses mouse or keyboard. Journeys are told with these hands alone, so
// that they need no more than a person has: visible labels.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";

const stage = JSON.parse(process.env.INTEROFFICE_STAGE);
const require = createRequire(`${stage.tools}/`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const PATIENCE_MS = 15_000;
const TABS = 150;

/// Opens the browser, tells the journey, and closes it whatever happened.
export async function tell(journey) {
  const browser = await chromium.launch({ executablePath: stage.chromium, args: ["--no-sandbox", "--disable-gpu"] });
  const opened = [];
  try {
    await journey({
      stage,
      open: async (office, user, options = {}) => {
        const person = await Person.open(browser, office, user, options);
        opened.push(person);
        return person;
      },
    });
    for (const person of opened) person.assertCalm();
  } catch (error) {
    // What went wrong stands first: the pages that people were at can be long.
    console.error(error);
    process.exitCode = 1;
    for (const person of opened) await person.leaveTrace();
  } finally {
    await browser.close();
  }
}

class Person {
  static async open(browser, office, user, { scripts = stage.scripts, keyboard = stage.keyboard, width = 1280, height = 800, scale = 1, theme = "light", beside } = {}) {
    // Beside somebody: another tab of the same browser.
    const context = beside ? beside.page.context() : await browser.newContext({
      ignoreHTTPSErrors: true,
      javaScriptEnabled: scripts,
      viewport: { width, height },
      deviceScaleFactor: scale,
      colorScheme: theme,
      reducedMotion: "reduce",
    });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const person = new Person(page, stage.offices[office], user, { scripts, keyboard });
    page.on("pageerror", (error) => {
      // Whoever goes on before a page has faded in has done nothing wrong, and neither has the page.
      if (!error.message.startsWith("Transition was aborted")) person.faults.push(`script: ${error.message}`);
    });
    page.on("console", (message) => {
      if (/Content Security Policy/.test(message.text())) person.faults.push(message.text());
    });
    page.on("dialog", (dialog) => {
      person.faults.push(`a window of the browser's own: ${dialog.message()}`);
      dialog.dismiss();
    });
    return person;
  }

  constructor(page, office, user, { scripts, keyboard }) {
    Object.assign(this, { page, office, user, scripts, keyboard, faults: [] });
  }

  /// The innermost thing in front: a dialog where one is open, else the page.
  async front() {
    const dialog = this.page.locator("dialog[open]");
    return (await dialog.count()) > 0 ? dialog.last() : this.page.locator("body");
  }

  async goto(place) {
    const answer = await this.page.goto(this.office.url + place);
    return answer;
  }

  async signIn() {
    await this.goto("/sign-in");
    await this.fill("User name or e-mail", this.user);
    await this.fill("Password", this.office.passwords[this.user]);
    await this.press("button", "Sign in");
    await this.page.getByRole("heading", { level: 1 }).first().waitFor();
  }

  /// Uses a link, button or tab with this name.
  async press(role, name) {
    const goal = (await this.front()).getByRole(role, { name, exact: typeof name === "string" }).first();
    await goal.waitFor();
    if (!this.keyboard) return goal.click();
    await this.reach(goal);
    await this.page.keyboard.press("Enter");
  }

  async fill(label, text) {
    const field = (await this.front()).getByLabel(label, { exact: true }).first();
    await field.waitFor();
    if (!this.keyboard) return field.fill(text);
    await this.reach(field);
    await this.page.keyboard.press("ControlOrMeta+a");
    await this.page.keyboard.type(text);
  }

  async tick(label) {
    const box = (await this.front()).getByLabel(label).first();
    await box.waitFor();
    if (!this.keyboard) return box.check();
    await this.reach(box);
    await this.page.keyboard.press("Space");
    assert.ok(await box.isChecked(), `${label} is ticked`);
  }

  async untick(label) {
    const box = (await this.front()).getByLabel(label).first();
    await box.waitFor();
    if (!this.keyboard) return box.uncheck();
    await this.reach(box);
    await this.page.keyboard.press("Space");
    assert.ok(!(await box.isChecked()), `${label} is not ticked`);
  }

  async choose(label, option) {
    const list = (await this.front()).getByLabel(label, { exact: true }).first();
    await list.waitFor();
    if (!this.keyboard) return list.selectOption({ label: option });
    await this.reach(list);
    const wanted = await list.locator("option", { hasText: option }).first().evaluate((node) => node.index);
    const now = await list.evaluate((node) => node.selectedIndex);
    for (let step = 0; step < Math.abs(wanted - now); step++) await this.page.keyboard.press(wanted > now ? "ArrowDown" : "ArrowUp");
  }

  /// Goes from field to field as the keyboard does, until the focus is where it should be, and sees where it is.
  async reach(goal) {
    for (let step = 0; step < TABS; step++) {
      if (await goal.evaluate((node) => node === document.activeElement)) {
        const ring = await goal.evaluate((node) => getComputedStyle(node).outlineStyle);
        assert.notEqual(ring, "none", "where the focus is can be seen");
        return;
      }
      await this.page.keyboard.press("Tab");
    }
    assert.fail(`the keyboard does not reach ${goal}`);
  }

  /// Waits until this stands in front.
  async sees(text) {
    const found = this.page.getByText(text).filter({ visible: true }).first();
    await found.waitFor();
  }

  async seesNot(text) {
    await this.page.getByText(text).filter({ visible: true }).first().waitFor({ state: "hidden" });
  }

  /// Loads the page again until this stands there: for what happens at another office, where no script tells of it.
  async comesToSee(text) {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      if ((await this.page.getByText(text).filter({ visible: true }).count()) > 0) return;
      assert.ok(Date.now() < end, `${text} does not come up`);
      await this.page.waitForTimeout(250);
      if (!stage.scripts) await this.page.reload();
    }
  }

  /// What stands in the thing with this name.
  async read(label) {
    const found = (await this.front()).getByLabel(label, { exact: true }).first();
    await found.waitFor();
    return (await found.innerText()).trim();
  }

  /// Uses a button that answers with a file; gives its name and what it says.
  async save(button) {
    const coming = this.page.waitForEvent("download");
    await this.press("button", button);
    const file = await coming;
    return { name: file.suggestedFilename(), text: readFileSync(await file.path(), "utf8") };
  }

  /// Waits for a mail with this subject in the folder that the office writes mails into; gives the place its link leads to.
  async mail(subject) {
    const folder = stage.of.mails;
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const mails = readdirSync(folder).filter((name) => name.endsWith(".eml")).map((name) => readFileSync(`${folder}/${name}`, "utf8"));
      const mine = mails.find((mail) => mail.includes(`<${this.user}@`) && mail.includes(`Subject: ${subject}`));
      if (mine) return new URL(/https:\/\/\S+/.exec(mine)[0]).pathname;
      assert.ok(Date.now() < end, `no mail “${subject}” for ${this.user} among ${mails.length}`);
      await this.page.waitForTimeout(250);
    }
  }

  /// Nobody is shut out of what is on the screen now.
  async assertAccessible() {
    if (stage.scripts) assert.deepEqual(await this.violations(), [], `at ${this.page.url()}`);
  }

  /// Everything that is written on the page.
  async text() {
    return this.page.locator("body").innerText();
  }

  /// Whether everything on the page fits its width: nothing is to the side, where nobody looks.
  async isTooWide() {
    return this.page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  }

  /// What a screen reader would stumble over on this page.
  async violations() {
    // What looks is a script itself, and would be waited for in vain where none runs.
    assert.ok(this.scripts, "only a browser that runs scripts can be looked at like this");
    if (!(await this.page.evaluate(() => "axe" in globalThis))) await this.page.evaluate(axe);
    const found = await this.page.evaluate(async () => {
      const { violations } = await globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
      return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
    });
    return found;
  }

  async picture(name, fullPage = true) {
    mkdirSync(stage.pictures, { recursive: true });
    await this.page.screenshot({ path: `${stage.pictures}/${name}.png`, fullPage });
  }

  assertCalm() {
    assert.deepEqual(this.faults, [], `the browser of ${this.user} complains`);
  }

  async leaveTrace() {
    await this.picture(`failed-${process.pid}-${this.user}`).catch(() => {});
    console.error(`${this.user} is at ${this.page.url()} and sees:\n${await this.text().catch(() => "nothing")}`);
  }
}
