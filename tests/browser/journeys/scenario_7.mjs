// A day with three levels: who sees what, what Read, Write and Full Control allow, who is connected, and what opens offline.
import assert from "node:assert/strict";
import { tell } from "../harness.mjs";

await tell(async ({ open }) => {
  const ann = await open("a", "ann");
  await ann.signIn();
  // Nothing waits for her: the list of clients comes first.
  await ann.sees("The records that you own.");
  await ann.press("link", "New client");
  await ann.fill("Name", "Clara Client");
  await ann.fill("E-mail", "clara@client.example");
  await ann.press("button", "Save");
  await ann.sees("Clara Client is a client now.");
  await ann.sees("Available offline");

  // The same address again: a second look before it is made.
  await ann.press("link", "Clients");
  await ann.press("link", "New client");
  await ann.fill("Name", "Klara Client");
  await ann.fill("E-mail", "clara@client.example");
  await ann.press("button", "Save");
  await ann.sees("has the same e-mail address");
  await ann.press("link", "Cancel");

  const bob = await open("a", "bob");
  await bob.signIn();
  await bob.press("link", "Clients");
  await bob.press("link", "All Clients");
  await bob.seesNot("Clara Client");

  // Nothing is effective before OK.
  await ann.press("link", "Clara Client");
  await ann.press("link", "Share");
  await ann.sees("Shares of Clara Client");
  await ann.fill("First name, last name or e-mail", "baker");
  await ann.press("button", "Search");
  await ann.press("button", "Add Bob Baker");
  await ann.sees("bob gets Read");
  await bob.press("link", "All Clients");
  await bob.seesNot("Clara Client");
  await ann.press("button", "OK");
  await ann.sees("The shares of Clara Client are changed.");

  const client = async (person) => {
    await person.press("link", "Clients");
    await person.press("link", "All Clients");
    await person.press("link", "Clara Client");
    await person.sees("You have");
    return person.text();
  };
  // An asterisk stands at what is available offline, and at nothing else.
  const row = async (person) => {
    await person.press("link", "Clients");
    await person.press("link", "All Clients");
    return person.page.getByRole("rowheader", { name: "Clara Client" }).innerText();
  };
  assert.equal(await row(ann), "Clara Client*");
  await ann.sees("* available offline: you own it, or hold Full Control.");
  assert.equal(await row(bob), "Clara Client");
  await ann.press("link", "Clara Client");
  let page = await client(bob);
  assert.match(page, /With a connection only/, "a share to read does not open offline");
  assert.equal(await bob.page.getByRole("link", { name: "Edit", exact: true }).count(), 0, "Read does not edit");
  assert.equal(await bob.page.getByRole("link", { name: "Share", exact: true }).count(), 0, "Read does not share");

  const raise = async (level) => {
    await ann.press("link", "Share");
    await ann.choose("Permission of bob", level);
    await ann.press("button", "OK");
    await ann.sees(`bob has ${level} instead of`);
    await ann.press("button", "OK");
    await ann.sees("The shares of Clara Client are changed.");
  };
  await raise("Write");
  await client(bob);
  assert.equal(await bob.page.getByRole("link", { name: "Share", exact: true }).count(), 0, "Write does not share");
  await bob.press("link", "Edit");
  await bob.fill("Phone", "+1 555 0102");

  // Ann saves first: nothing that Bob typed is lost, and nothing of hers either.
  await ann.press("link", "Edit");
  await ann.fill("Phone", "+1 555 0199");
  await ann.fill("City", "Kiel");
  await ann.press("button", "Save");
  await ann.sees("The record is changed.");
  await bob.press("button", "Save");
  await bob.sees("Somebody else changed this record while you typed");
  await bob.sees("It says now: +1 555 0199");
  await bob.press("button", "Save");
  await bob.sees("The record is changed.");
  await bob.sees("+1 555 0102");
  await bob.sees("Kiel");

  await raise("Full Control");
  page = await client(bob);
  assert.match(page, /Connected To\s+ann, bob/, "the owner first, then the co-owner");
  assert.match(page, /Available offline/);
  await bob.press("link", "Share");
  await bob.fill("First name, last name or e-mail", "cook");
  await bob.press("button", "Search");
  await bob.press("button", "Add Carl Cook");
  await bob.choose("Permission of carl", "Full Control");
  await bob.press("button", "OK");
  await bob.sees("carl gets Full Control");
  await bob.press("button", "OK");
  await bob.sees("The shares of Clara Client are changed.");

  // Every owner is in the list, behind the first one.
  const carl = await open("a", "carl");
  await carl.signIn();
  await carl.press("link", "Clients");
  await carl.press("link", "All Clients");
  assert.equal(await carl.page.getByText("ann and 2 more").getAttribute("title"), "ann, bob, carl", "pointing at it shows them all");
  await carl.page.getByText("ann and 2 more").click();
  await carl.sees("ann, bob, carl");
  await carl.press("link", "What this means");
  await carl.sees("What is available offline");
  await carl.sees("A share to Read or to Write does not open a client offline.");
  await carl.press("link", "Close");

  // Rita shares all clients with Dora, after the summary; Dora takes one offline by sharing it with herself.
  const rita = await open("a", "rita");
  await rita.signIn();
  await rita.press("link", "Users & specialists");
  await rita.press("link", "Dora Dyer");
  await rita.press("link", "Share All Clients with This User…");
  await rita.choose("Permission for all clients", "Write");
  await rita.press("button", "Continue");
  await rita.sees("dora gets Write on all clients");
  await rita.press("button", "Yes, save");
  await rita.sees("Dora Dyer has Write on all clients of this office.");
  const dora = await open("a", "dora");
  await dora.signIn();
  page = await client(dora);
  assert.match(page, /With a connection only/);
  await dora.press("link", "Sharing options");
  await dora.press("button", "Share it with yourself");
  await dora.sees("dora gets Full Control");
  await dora.press("button", "OK");
  await dora.sees("The shares of Clara Client are changed.");
  await dora.sees("Available offline");

  // The owner changes; who had it by name keeps it.
  await client(ann);
  await ann.press("link", "Access Control");
  await ann.choose("New owner", "Bob Baker (bob)");
  await ann.press("button", "Change the owner…");
  await ann.sees("bob owns the record instead of ann");
  await ann.press("button", "Yes, change the owner");
  await ann.sees("bob owns Clara Client now.");
  await ann.press("link", "All Clients");
  await ann.seesNot("Clara Client");
  page = await client(carl);
  assert.match(page, /Connected To\s+bob, carl, dora/);

  // All practitioners, and back; then archived, and back.
  await client(bob);
  await bob.press("link", "Access Control");
  await bob.choose("Permission of all practitioners", "Read");
  await bob.press("button", "Change for all…");
  await bob.sees("the whole office gets Read");
  await bob.press("button", "OK");
  await bob.sees("The shares of Clara Client are changed.");
  await client(ann);
  await bob.press("link", "Archive…");
  await bob.press("button", "Yes, archive");
  await bob.sees("This client is archived");
  await bob.press("button", "Bring back");
  await bob.sees("Clara Client is in use again.");
  await bob.press("link", "Add a related item");
  await bob.fill("Title", "Claim 4711");
  await bob.press("button", "Save");
  await bob.sees("Claim 4711");
});
