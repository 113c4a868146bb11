// Two offices that know nothing of each other meet: an invitation, five words, two administrators.
import assert from "node:assert/strict";
import { tell } from "../harness.mjs";

await tell(async ({ open }) => {
  const [rita, omar] = [await open("a", "rita"), await open("b", "omar")];
  await rita.signIn();
  await rita.press("link", "Offices");
  await rita.sees("No other office yet");
  await rita.assertAccessible();
  await rita.press("link", "Overview");
  await rita.sees("Nothing waits for you");
  await rita.press("link", "Invite an office");
  const addresses = await rita.page.getByLabel("Addresses").inputValue();
  await rita.fill("Addresses", "nowhere");
  await rita.press("button", "Make the invitation");
  await rita.sees("There is a problem");
  await rita.fill("Addresses", addresses);
  await rita.press("button", "Make the invitation");
  const invitation = await rita.read("Invitation");
  await rita.assertAccessible();
  await rita.picture("invitation");
  await rita.press("link", "Done");

  await omar.signIn();
  await omar.press("link", "Offices");
  await omar.press("link", "Take an invitation");
  await omar.fill("Invitation", invitation.slice(0, -4));
  await omar.press("button", "Meet this office");
  await omar.sees("There is a problem");
  await omar.fill("Invitation", invitation);
  await omar.press("button", "Meet this office");
  await omar.sees("Compare words with Archer Advice");
  const words = await omar.read("Words to compare");
  await omar.assertAccessible();
  await omar.picture("words");

  if (!rita.scripts) await rita.press("link", "Overview");
  await rita.comesToSee("not paired until both administrators have compared five words");
  await rita.assertAccessible();
  await rita.press("link", "Offices");
  await rita.press("link", "Compare words with Harbour Law");
  assert.equal(await rita.read("Words to compare"), words);
  await rita.press("button", "The words are the same");
  await rita.sees("You have confirmed the words of Harbour Law.");
  await rita.press("link", "Overview");
  await rita.sees("Nothing waits for you");
  await omar.press("button", "The words are the same");
  await omar.sees("Archer Advice and this office are paired.");
  await omar.comesToSee(/^Connected$/);
  await rita.press("link", "Offices");
  await rita.comesToSee(/^Connected$/);

  await rita.press("link", "Doctor for Harbour Law");
  await rita.sees(/Harbour Law answered in/);
  await rita.assertAccessible();
  await rita.press("link", "Close");
  await rita.press("link", "Offices");
  await rita.press("link", "Harbour Law");
  await rita.sees("not ended");
  await rita.assertAccessible();

  await rita.press("link", "Users & specialists");
  await rita.press("link", "ann");
  await rita.press("link", "Disable Record Sharing…");
  await rita.press("button", "Yes, disable Record Sharing");
  await rita.sees(/no longer shares records/);
  await rita.press("link", "Enable Record Sharing…");
  await rita.fill("Office name", "Nowhere Law");
  await rita.fill("User name at that office", "bob");
  await rita.press("button", "Yes");
  await rita.sees("There is a problem");
  assert.ok(!(await rita.text()).includes("omar"), "no user of another office is named");
});
