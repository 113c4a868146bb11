// Ann makes two clients under office security: one for herself and Bob, one for everybody.
import assert from "node:assert/strict";
import { tell } from "../harness.mjs";

await tell(async ({ open }) => {
  const ann = await open("a", "ann");
  await ann.signIn();
  await ann.press("link", "Clients");
  await ann.press("link", "New client");
  await ann.sees("Whom is it assigned to?");
  assert.ok(await ann.page.getByLabel("The owner alone").isChecked(), "the fewest see it unless somebody says otherwise");
  await ann.press("button", "Save");
  await ann.sees("A record has a name");
  await ann.fill("Name", "Clara Client");
  await ann.press("button", "Save");
  await ann.sees("it has to be said who is responsible");
  await ann.choose("Client responsible", "Ann Archer (ann)");
  await ann.tick("The owner and these users");
  await ann.press("button", "Save");
  await ann.sees("Tick the users who are to see it");
  await ann.tick("Bob Baker");
  await ann.press("button", "Save");
  await ann.sees("Clara Client is a client now.");

  await ann.press("link", "Clients");
  await ann.press("link", "New client");
  await ann.fill("Name", "Olga Open");
  await ann.choose("Client responsible", "No responsible assigned: all users see it");
  await ann.press("button", "Save");
  await ann.sees("Olga Open is a client now.");
  await ann.sees("No responsible assigned");
  await ann.press("link", "Clients");
  await ann.choose("Client responsible", "No responsible assigned");
  await ann.press("button", "Search");
  await ann.sees("Olga Open");
  await ann.seesNot("Clara Client");

  const bob = await open("a", "bob");
  await bob.signIn();
  await bob.press("link", "Clients");
  await bob.press("link", "All Clients");
  await bob.sees("Clara Client");
  const carl = await open("a", "carl");
  await carl.signIn();
  await carl.press("link", "Clients");
  await carl.press("link", "All Clients");
  await carl.sees("Olga Open");
  await carl.seesNot("Clara Client");
});
