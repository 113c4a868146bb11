// Rita takes Record Sharing from Ann, reads what goes and what stays, and at last deletes Ann's account.
import assert from "node:assert/strict";
import { tell } from "../harness.mjs";

await tell(async ({ open }) => {
  const bob = await open("b", "bob");
  await bob.signIn();
  await bob.press("link", "Clients");
  await bob.press("link", "All Clients");
  await bob.comesToSee("Petra Miller");

  const rita = await open("a", "rita");
  await rita.signIn();
  await rita.press("link", "Users & specialists");
  await rita.press("link", "Ann Archer");
  await rita.press("link", "Rights…");
  await rita.sees("Nobody holds Super User or Enterprise View together with it");
  for (const right of ["Super User", "Enterprise View"]) assert.ok(await rita.page.getByLabel(right).isDisabled(), `${right} can't be ticked`);
  await rita.press("link", "Close");

  await rita.press("link", "Disable Record Sharing…");
  await rita.sees("ann loses the right Record Sharing");
  await rita.sees("1 contact will be removed at Harbour Law (bob)");
  await rita.sees("What stays");
  await rita.sees("Super User and Enterprise View stay off for ann");
  await rita.sees("office security stays on");
  await rita.sees("2 records of ann stay in this office");
  await rita.assertAccessible();
  await rita.press("link", "No, go back");
  await rita.sees("Ann Archer is a specialist");
  await rita.press("link", "Disable Record Sharing…");
  await rita.press("button", "Yes, disable Record Sharing");
  await rita.sees("Ann Archer no longer shares records; 1 link ended.");
  await bob.press("link", "All Clients");
  for (let turn = 0; turn < 40 && (await bob.text()).includes("Petra Miller"); turn++) {
    await bob.page.waitForTimeout(250);
    await bob.page.reload();
  }
  await bob.seesNot("Petra Miller");

  await rita.press("link", "Rights…");
  await rita.tick("Super User");
  await rita.press("button", "Continue");
  await rita.sees("ann sees every record of this office, but not those marked Private.");
  await rita.press("button", "Yes, change them");
  await rita.sees("The rights of Ann Archer are changed.");

  await rita.press("link", "Delete ann…");
  await rita.sees("Ann Archer can’t be deleted yet");
  await rita.sees("Ann owns 2 records, which would be lost.");
  await rita.press("link", "Close");
  await rita.press("link", "Disable ann…");
  await rita.sees("ann can neither sign in nor act any more");
  await rita.press("button", "Yes, disable this user");
  await rita.sees("Ann Archer is disabled, and every link is over.");
  await rita.press("link", "Hand over records…");
  await rita.press("button", "Continue");
  await rita.sees("Choose who is to own the records.");
  await rita.choose("New owner", "Cleo Crane (cleo)");
  await rita.press("button", "Continue");
  await rita.sees("cleo owns 2 records of ann");
  await rita.press("button", "Yes, hand them over");
  await rita.sees("Cleo owns 2 records of ann now.");
  await rita.press("link", "Delete ann…");
  await rita.sees("the sign-in name ann stays taken");
  await rita.press("button", "Yes, delete this user");
  await rita.sees("Ann Archer is deleted.");
});
