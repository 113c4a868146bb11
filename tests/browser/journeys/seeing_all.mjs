// Who sees what nobody shared: an administrator all of it, Super User and a role all but what is marked Private; and an account that only
// administers owns none of it.
import assert from "node:assert/strict";
import { tell } from "../harness.mjs";

await tell(async ({ open }) => {
  const all = async (person) => {
    await person.press("link", "Clients");
    await person.press("link", "All Clients");
    await person.page.getByRole("heading", { level: 1, name: "Clients", exact: true }).waitFor();
  };

  // Ann marks one of her two clients Private, after a no.
  const ann = await open("a", "ann");
  await ann.signIn();
  await ann.press("link", "Clients");
  await ann.press("link", "Paul Plain");
  await ann.press("link", "mark Private");
  await ann.sees("Mark Paul Plain Private?");
  await ann.sees("Whoever sees all clients by a role or a setting of this office no longer sees this one.");
  await ann.sees("Its owner and administrators see it");
  await ann.assertAccessible();
  await ann.press("link", "No, go back");
  assert.match(await ann.text(), /Private\s+No\s/, "a no changes nothing");
  await ann.press("link", "mark Private");
  await ann.press("button", "Yes, mark Private");
  await ann.sees("The record is marked Private.");
  assert.match(await ann.text(), /Private\s+Yes\s/);

  // It is shared by name alone: the whole office is refused, Bob gets it.
  await ann.press("link", "Access Control");
  await ann.press("link", "Grant access to specific practitioners…");
  await ann.sees("Shares of Paul Plain");
  await ann.press("button", "Add the whole office");
  await ann.sees("what is private is shared by name only");
  await ann.press("button", "Remove Whole office");
  await ann.fill("First name, last name or e-mail", "baker");
  await ann.press("button", "Search");
  await ann.press("button", "Add Bob Baker");
  await ann.sees("bob gets Read");
  await ann.press("button", "OK");
  await ann.sees("The shares of Paul Plain are changed.");
  const bob = await open("a", "bob");
  await bob.signIn();
  await all(bob);
  await bob.sees("Paul Plain");
  await bob.seesNot("Clara Client");
  // Bob has not got the right: he is told so, and nothing to link with is there.
  await bob.press("link", "Linked Users");
  await bob.sees("Only users with the right Record Sharing can link.");
  assert.equal(await bob.page.getByRole("link", { name: "New 'Linked User' Record" }).count(), 0);

  // Rita administers: nobody shared anything with her.
  const rita = await open("a", "rita");
  await rita.signIn();
  await all(rita);
  await rita.sees("Clara Client");
  await rita.press("link", "Paul Plain");
  await rita.sees("Who sees this, and why");
  assert.match(await rita.text(), /You have\s+Full Control/, "an administrator needs no share");
  await rita.press("link", "Who sees this, and why");
  await rita.sees("The user is an administrator of the office.");
  await rita.press("link", "Close");

  // Carl becomes a Super User.
  const carl = await open("a", "carl");
  await carl.signIn();
  await all(carl);
  await carl.sees("There is no record that you may see");
  await rita.press("link", "Users & specialists");
  await rita.press("link", "Carl Cook");
  await rita.press("link", "Rights…");
  await rita.sees("Sees every record of this office, but not those marked Private.");
  await rita.tick("Super User");
  await rita.press("button", "Continue");
  await rita.press("button", "Yes, change them");
  await rita.sees("The rights of Carl Cook are changed.");
  await all(carl);
  await carl.sees("Clara Client");
  await carl.seesNot("Paul Plain");

  // Dora gets a role that sees all clients; what it changes is said before.
  await rita.press("link", "Roles");
  await rita.press("link", "Make a role");
  await rita.fill("Name", "Lead");
  await rita.tick("Access all clients, to read and edit them");
  await rita.tick("Create and edit records");
  await rita.press("button", "Make the role");
  await rita.sees("The role Lead is made; nobody has it yet.");
  const assigns = async (name, account, role) => {
    await rita.press("link", "Users & specialists");
    await rita.press("link", name);
    await rita.press("link", "Account and role…");
    await rita.choose("Account type", account);
    await rita.choose("Role", role);
    await rita.press("button", "Continue");
  };
  const dora = await open("a", "dora");
  await dora.signIn();
  await all(dora);
  await dora.sees("There is no record that you may see");
  await assigns("Dora Dyer", "Practitioner", "Lead");
  await rita.sees("may access all clients, to read and edit them");
  await rita.press("button", "Yes, change it");
  await rita.sees("Dora Dyer is Practitioner with the role Lead now.");
  await all(dora);
  await dora.seesNot("Paul Plain");
  await dora.press("link", "Clara Client");
  await dora.sees("With a connection only");
  await dora.press("link", "what this means");
  await dora.sees("Who sees clients by a role, such as Can access all clients");
  await dora.press("link", "Close");
  await dora.press("link", "Edit");
  await dora.fill("Phone", "+1 555 0177");
  await dora.press("button", "Save");
  await dora.sees("The record is changed.");

  // Who has it by a role is not in the Shares dialog, and in the other one, with the reason.
  await ann.press("link", "Clients");
  await ann.press("link", "Clara Client");
  await ann.sees("+1 555 0177");
  await ann.press("link", "Share");
  await ann.sees("Whoever sees it by a role is not listed");
  // Behind the dialog it says who did what.
  const listed = await (await ann.front()).locator("tbody").innerText();
  assert.ok(!/\b(carl|dora|rita)\b/.test(listed), `by name alone: ${listed}`);
  await ann.press("link", "who sees this, and why");
  await ann.sees("The user's role can access all clients.");
  await ann.sees("The user holds Super User.");
  await ann.press("link", "Close");

  await assigns("Dora Dyer", "Practitioner", "Practitioner");
  await rita.press("button", "Yes, change it");
  await rita.sees("Dora Dyer is Practitioner with the role Practitioner now.");
  await all(dora);
  await dora.sees("There is no record that you may see");

  // An account that only administers owns no clients: hers go to Bob first.
  await assigns("Ann Archer", "Administrator", "Administrator");
  await rita.sees("Ann owns 2 records, and an account that only administers owns no clients.");
  await rita.sees("Hand them over first.");
  await rita.assertAccessible();
  await rita.press("link", "Cancel");
  await rita.press("link", "Hand over records…");
  await rita.choose("New owner", "Bob Baker (bob)");
  await rita.press("button", "Continue");
  await rita.sees("bob owns 2 records of ann");
  await rita.press("button", "Yes, hand them over");
  await rita.sees("Bob owns 2 records of ann now.");
  await assigns("Ann Archer", "Administrator", "Administrator");
  await rita.sees("sees every record of it, private ones among them");
  await rita.press("button", "Yes, change it");
  await rita.sees("Ann Archer is Administrator with the role Administrator now.");
  await ann.press("link", "Clients");
  await ann.sees("You own no record yet");
  await ann.press("link", "All Clients");
  await ann.sees("Paul Plain");
  await ann.press("link", "New client");
  await ann.fill("Name", "Nora New");
  await ann.press("button", "Save");
  await ann.sees("There is a problem");
  await ann.choose("Client responsible", "Bob Baker (bob)");
  await ann.press("button", "Save");
  await ann.sees("Nora New is a client now.");
  assert.match(await ann.text(), /Client responsible\s+bob/);
});
