// A day with managed access: switched on without a change, a group, a request and its answer, the digest, and the end of the group.
import assert from "node:assert/strict";
import { tell } from "../harness.mjs";

await tell(async ({ open }) => {
  const rita = await open("a", "rita");
  await rita.signIn();
  await rita.press("link", "Client access settings");
  await rita.tick("Manage user access to clients");
  await rita.tick("Allow requesting access");
  await rita.sees("all users get a daily digest");
  await rita.press("button", "Save…");
  await rita.sees("all users are sent a daily digest");
  await rita.sees("so that nobody loses access");
  await rita.press("button", "Yes, change the settings");
  await rita.sees("The client access settings are changed.");

  const bob = await open("a", "bob");
  await bob.signIn();
  await bob.press("link", "Clients");
  await bob.press("link", "All Clients");
  await bob.sees("Olga Old");

  // A group of two.
  await rita.press("link", "Groups");
  await rita.press("link", "Create new group");
  await rita.fill("Group name", "Tax");
  for (const [text, name] of [["cook", "Carl Cook"], ["dyer", "Dora Dyer"]]) {
    await rita.fill("First name, last name or e-mail", text);
    await rita.press("button", "Search");
    await rita.press("button", `Add ${name}`);
  }
  await rita.press("button", "Save");
  await rita.sees("The group Tax is made.");
  await rita.press("link", "Remove dora");
  await rita.sees("No record is shared with this group, so dora loses none.");
  await rita.sees("1 other member in the group");
  await rita.press("button", "Yes, remove dora");
  await rita.sees("dora is out of the group");
  await rita.fill("First name, last name or e-mail", "dora");
  await rita.press("button", "Search");
  await rita.press("button", "Add Dora Dyer");
  await rita.sees("dora is in the group now");

  // Ann restricts one client, and shares it with the group.
  const ann = await open("a", "ann");
  await ann.signIn();
  await ann.press("link", "Clients");
  await ann.press("link", "Olga Old");
  await ann.press("link", "Sharing options");
  await ann.press("button", "Remove the whole office");
  await ann.sees("the whole office is taken off the record");
  await ann.choose("Group", "Tax");
  await ann.press("button", "Add group");
  await ann.sees("the group Tax gets Read");
  await ann.press("button", "OK");
  await ann.sees("The shares of Olga Old are changed.");

  // Bob knows the name, sees which group has it and not who is in it, and asks.
  await bob.press("link", "All Clients");
  await bob.seesNot("Olga Old");
  await bob.tick("Those I can ask for");
  await bob.press("button", "Search");
  await bob.press("link", "Olga Old");
  await bob.sees("You see only its name");
  await bob.press("link", "Sharing options");
  await bob.sees("Tax");
  const seen = await bob.text();
  assert.match(seen, /ann/, "an individual is named");
  assert.doesNotMatch(seen, /carl|dora|olga@/, "who is in the group is not");
  await bob.press("link", "Request access");
  await bob.choose("Level", "Write: view and edit it");
  await bob.fill("Message", "I take over the claim");
  await bob.press("button", "Request access");
  await bob.sees("You asked for Write of Olga Old: Waiting.");

  // Ann gets an e-mail, and grants on the page that it leads to.
  await ann.goto(await ann.mail("Bob Baker asks for access to Olga Old"));
  await ann.sees("I take over the claim");
  await ann.choose("Level to give", "Read");
  await ann.press("button", "Grant");
  await ann.sees("bob has Read of Olga Old now.");

  await bob.press("link", "Access requests");
  await bob.press("link", "My requests");
  await bob.comesToSee("Granted");
  await bob.sees("Read was given");

  // More is asked for, and refused with a reason.
  const clients = async (person) => {
    await person.press("link", "Clients");
    await person.press("link", "All Clients");
    await person.press("link", "Olga Old");
    await person.sees("You have");
  };
  await clients(bob);
  await bob.press("link", "Sharing options");
  await bob.press("link", "Request more access");
  await bob.press("button", "Request access");
  await bob.sees("You asked for Write of Olga Old: Waiting.");
  await ann.press("link", "Overview");
  await ann.comesToSee("1 request for access to records");
  await ann.press("link", "Answer");
  await ann.press("link", "Answer bob about Olga Old");
  await ann.fill("Reason", "The case is closed");
  await ann.press("button", "Refuse");
  await ann.sees("The request of bob for Olga Old is refused.");
  await bob.press("link", "My requests");
  await bob.comesToSee("The case is closed");

  // No digest about her.
  await clients(bob);
  await bob.press("link", "Sharing options");
  await bob.page.getByLabel("Receive Daily Digest").uncheck();
  await bob.press("button", "Save");
  await bob.sees("Your daily digest no longer tells of this client.");

  // Requesting and sharing are switched off: the button can't be clicked, and Ann no longer shares.
  await rita.press("link", "Client access settings");
  await rita.page.getByLabel("Allow requesting access").uncheck();
  await rita.page.getByLabel("Allow sharing options").uncheck();
  await rita.press("button", "Save…");
  await rita.sees("administrators alone share records");
  await rita.press("button", "Yes, change the settings");
  await rita.sees("The client access settings are changed.");
  await clients(bob);
  await bob.press("link", "Sharing options");
  await bob.sees("this office takes no requests for access");
  assert.ok(await bob.page.getByRole("button", { name: "Request access" }).isDisabled(), "the button can't be clicked");
  await bob.press("link", "Close");
  await clients(ann);
  await ann.press("link", "Sharing options");
  assert.equal(await ann.page.getByRole("button", { name: "Remove bob" }).count(), 0, "administrators alone take people off");
  await ann.press("link", "Close");

  // A second group has her too, and Dora is in both.
  await rita.press("link", "Groups");
  await rita.press("link", "Create new group");
  await rita.fill("Group name", "Wills");
  await rita.fill("First name, last name or e-mail", "dyer");
  await rita.press("button", "Search");
  await rita.press("button", "Add Dora Dyer");
  await rita.press("button", "Save");
  await rita.sees("The group Wills is made.");
  await clients(rita);
  await rita.press("link", "Share");
  await rita.choose("Group", "Wills");
  await rita.press("button", "Add group");
  await rita.sees("the group Wills gets Read");
  await rita.press("button", "OK");
  await rita.sees("The shares of Olga Old are changed.");

  // The first group ends; who was only in it sees her no more, Dora keeps what she has through the second, Bob what he has by name.
  const carl = await open("a", "carl");
  await carl.signIn();
  await clients(carl);
  await rita.press("link", "Groups");
  await rita.press("link", "Tax");
  await rita.press("link", "Delete Group…");
  await rita.sees("Access is revoked for all users in the group.");
  await rita.sees("access to 1 record is revoked for all its 2 members");
  await rita.sees("who has a record through another group or by name keeps it");
  await rita.press("button", "Delete");
  await rita.sees("The group Tax is deleted.");
  await carl.press("link", "Clients");
  await carl.press("link", "All Clients");
  await carl.seesNot("Olga Old");
  const dora = await open("a", "dora");
  await dora.signIn();
  await clients(dora);
  await clients(bob);
});
