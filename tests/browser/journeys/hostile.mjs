// Looks at every page on which others' words stand, and at what the pages make of what is typed: nothing comes of it but text.
import assert from "node:assert/strict";
import { tell } from "../harness.mjs";

/// What pages of the console are made of. Anything else came in as text.
const ELEMENTS = `a abbr b body br button caption code datalist dd details dialog div dl dt em fieldset footer form h1 h2 h3 head header hr html img
  input kbd label legend li link main meta nav ol option p script section select small span strong summary svg table tbody td textarea th thead time
  title tr ul use`.split(/\s+/);

await tell(async ({ stage, open }) => {
  const { visits, payloads } = stage.of;
  const opened = new Set();
  const faults = [];
  for (const visitor of new Set(visits.map((visit) => visit.visitor))) {
    const [office, user] = visitor ? visitor.split("/") : ["a", ""];
    const person = await open(office, user);
    if (user) await person.signIn();
    for (const visit of visits.filter((visit) => visit.visitor === visitor)) {
      await person.goto(visit.place);
      await note(person, visit.place);
      if (visit.says) {
        const heading = squeezed(await person.page.locator("h1").first().innerText());
        if (!heading.includes(squeezed(visit.says))) faults.push(`${visit.place}: ${visit.says} is written as ${heading}`);
      }
      if (visit.dialogs) await openDialogs(person, visit.place);
    }
  }

  const ann = await open("a", "ann");
  await ann.signIn();
  for (const text of payloads) {
    await ann.goto(`/clients?tab=all&text=${encodeURIComponent(text)}`);
    await note(ann, `searched for ${text}`);
    const sought = await ann.page.getByLabel("Search", { exact: true }).inputValue();
    if (sought !== text) faults.push(`${text} is sought as ${sought}`);
  }
  for (const text of payloads) {
    const said = encodeURIComponent(text);
    for (const place of [`/clients?tab=${said}&kind=${said}`, `/links?list=${said}`, `/people?text=${said}`, `/clients/${said}`, `/${said}`, `/sign-in?next=${said}&done=${said}`]) {
      await ann.goto(place);
      await note(ann, place);
    }
  }
  await typed(ann);
  assert.deepEqual(faults, [], `${faults.length} faults`);

  /// Types the payloads into forms that show again what was typed.
  async function typed(person) {
    await person.goto("/links/new");
    for (const text of payloads.filter((text) => !text.includes("\t"))) {
      await person.fill("Office name", text);
      await person.fill("User name at that office", text);
      await person.fill("Purpose", text);
      await person.press("button", "OK");
      await person.sees("There is a problem");
      await note(person, `asked ${text} for a link`);
    }
  }

  /// Opens every dialog of a page above it, as its script does, that no page before had.
  async function openDialogs(person, place) {
    const links = person.page.locator("main a[data-dialog]").filter({ visible: true });
    for (const lead of await links.evaluateAll((links) => links.map((link) => link.getAttribute("href")))) {
      if (opened.has(lead)) continue;
      opened.add(lead);
      await links.and(person.page.locator(`[href="${lead}"]`)).first().click();
      await person.page.locator("dialog[open] .sheet").first().waitFor();
      await note(person, `${place}, dialog to ${lead}`);
      await person.goto(place);
    }
  }

  async function note(person, where) {
    for (const fault of await person.page.evaluate(strangers, ELEMENTS)) faults.push(`${where}: ${fault}`);
  }
});

/// Whatever is on the page that no template of the console has.
function strangers(elements) {
  const found = [];
  const say = (node) => found.push(node.cloneNode(false).outerHTML?.slice(0, 200) ?? node.nodeName);
  for (const node of document.querySelectorAll("*")) {
    const name = node.localName;
    const place = ["href", "src", "action", "formaction", "data", "srcdoc", "poster"].map((name) => node.getAttribute(name)).filter((place) => place !== null);
    // The address of a web page that a card names is the one way out.
    const leaves = name === "a" && node.rel === "noreferrer" && node.target === "" && node.closest(".facts") && /^https?:$/.test(node.protocol) && node.textContent === node.getAttribute("href");
    const away = leaves ? [] : place.filter((place) => !(place.startsWith("#") || new URL(place, location.href).origin === location.origin || (name === "img" && place.startsWith("data:image/svg+xml"))));
    const fits =
      elements.includes(name) &&
      away.length === 0 &&
      ![...node.attributes].some(({ name }) => name.startsWith("on") || name === "style" || name === "srcdoc") &&
      (name !== "script" || (/^\/assets\/console-\w+\.js$/.test(node.getAttribute("src") ?? "") && node.textContent === "")) &&
      (name !== "link" || /^(\/assets\/|\/favicon)/.test(node.getAttribute("href") ?? "")) &&
      (name !== "meta" || !node.hasAttribute("http-equiv")) &&
      (name !== "svg" || node.getAttribute("class") === "icon") &&
      (name !== "use" || node.getAttribute("href").startsWith("/assets/icons-"));
    if (!fits) say(node);
  }
  return found;
}

function squeezed(text) {
  return text.replace(/\s+/g, " ").trim();
}
