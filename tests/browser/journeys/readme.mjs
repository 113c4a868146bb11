// The walk that the README describes, as it is written there: whatever it puts between stars is pressed, filled or seen, in its order.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { tell } from "../harness.mjs";

const PASSWORD = "plum gravel";

/// The lines of the README between two others.
function section(from, to) {
  const text = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
  const [, rest] = text.split(from);
  return rest.split(to)[0];
}

/// Uses what bears these words, as somebody who reads them would.
async function use(person, words) {
  const bears = new RegExp(`^\\s*${words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}\\s*$`);
  // A dialog comes last, and the page behind it can't be used.
  await person.page.locator("a, button").filter({ hasText: bears, visible: true }).last().click();
}

async function choosePassword(person, label) {
  await person.fill(label, PASSWORD);
  await person.fill(`${label} again`, PASSWORD);
}

await tell(async ({ open, stage }) => {
  const omar = await open("b", "omar");
  const tabs = { b: omar, a: await open("a", "rita", { beside: omar }) };
  const begin = section("## In a browser", "1. **Meet.**");
  for (const label of ["*Set up*", "*Skip all*", "`rita`", "`omar`"]) assert.ok(begin.includes(label), `${label} is in the README`);
  for (const [office, tab] of Object.entries(tabs)) {
    const { pathname, hash } = new URL(stage.offices[office].set_up);
    await tab.goto(pathname + hash);
    await tab.fill("User name", tab.user);
    await choosePassword(tab, "Password");
    await use(tab, "Set up");
    await use(tab, "Skip all");
  }

  const steps = section("1. **Meet.**", "A browser holds one sign-in per office");
  const [who, seen] = [{ Rita: "a", Ann: "a", Omar: "b", Bob: "b" }, ["Removals and receipts", "Quick Handshake"]];
  const compared = [];
  let tab, invitation, user;
  const before = {
    "Meet this office": () => tab.fill("Invitation", invitation),
    "The words are the same": async () => compared.push(await tab.read("Words to compare")),
    "Add the user": () => tab.fill("User name", user),
    "Set password": () => choosePassword(tab, "New password"),
    Save: () => tab.fill("Name", "Mary Miller"),
  };
  const after = {
    "Make the invitation": async () => (invitation = await tab.read("Invitation")),
    "All Clients": () => tab.sees("Mary Miller"),
    "Set password": () => tab.page.waitForURL((url) => url.pathname !== "/password"),
    Yes: () => tab.sees(user === "ann" ? "was asked for a link: Waiting" : "is a specialist"),
  };
  const marks = [...steps.replaceAll("**", "").replace(/^ *\* /gm, "").matchAll(/\*([^*]+)\*/g)].map(([, words]) => words.replace(/\s+/g, " "));
  assert.ok(marks.length > 45, `the README names what to press: ${marks}`);
  for (const words of marks) {
    const person = words.endsWith(":") && who[words.slice(0, -1)];
    if (person) {
      tab = tabs[person];
      user = { a: "ann", b: "bob" }[person];
    } else if (words === "User name at that office") await tab.fill(words, "bob");
    else if (seen.includes(words)) await tab.comesToSee(words);
    else {
      await before[words]?.();
      await use(tab, words);
      await after[words]?.();
    }
  }
  assert.equal(compared.length, 2);
  assert.equal(compared[0], compared[1], "both offices see the same words");
  await tabs.a.comesToSee(/1 copy is erased, as a signed receipt says/);
});
