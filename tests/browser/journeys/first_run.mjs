// Whoever set the office up uses the link that was printed, and is led through what a new office needs.
import assert from "node:assert/strict";
import { tell } from "../harness.mjs";

await tell(async ({ open, stage }) => {
  const rita = await open("a", "rita");
  await rita.goto("/set-up");
  const [, code] = stage.offices.a.set_up.split("#");
  await rita.fill("Code from the link", code);
  await rita.fill("User name", "rita");
  await rita.fill("First name (optional)", "Rita");
  await rita.fill("Last name (optional)", "Rhodes");
  await rita.fill("E-mail (optional)", "rita@archer.example");
  await rita.fill("Password", "three slow herons at dusk");
  await rita.fill("Password again", "three slow herons at dusk");
  await rita.press("button", "Set up");
  await rita.sees("Do you want a second factor?");
  await rita.assertAccessible();
  await rita.press("link", "Skip this");
  await rita.sees("Where do other offices reach this one?");
  await rita.sees("can’t see itself from outside");
  await rita.assertAccessible();
  // Every address is tried: this office, another one, a port where nobody is, and a name that nobody has.
  await rita.press("button", "Try them");
  for (const outcome of ["Works on this machine only", "Somebody else answered", "Nobody answered", "Name not found"]) await rita.sees(outcome);
  await rita.sees(/only this machine reaches it there/i);
  await rita.sees("the proof is another office that connects");
  await rita.assertAccessible();
  await rita.picture("first-run-tried");
  await rita.press("button", "Try them again");
  await rita.sees("Works on this machine only");
  await rita.press("link", "Skip this");
  await rita.sees("Does mail work?");
  await rita.press("link", "Skip this");
  await rita.sees("Where do you keep a copy?");
  await rita.press("link", "Skip this");
  await rita.sees("Still open in this office");
  await rita.sees("You have no second factor");
  await rita.sees("Mail is not set up");
  await rita.goto("/first-run");
  await rita.press("link", "Skip all");
  await rita.sees("Still open in this office");
  await rita.assertAccessible();

  // The same can be done later, where the office says who it is.
  await rita.press("link", "Offices");
  await rita.press("link", "Show my id");
  await rita.press("button", "Try the addresses");
  await rita.sees("Somebody else answered");
  await rita.sees("Try them again");
  await rita.assertAccessible();
  await rita.press("link", "Close");

  // Whoever owns the office sees all records without a share, private ones among them.
  await rita.press("link", "Clients");
  await rita.press("link", "All Clients");
  await rita.press("link", "Petra Miller");
  await rita.sees("Who sees this, and why");
  assert.match(await rita.text(), /You have\s+Full Control\s+Connected To\s+ann/);
  assert.match(await rita.text(), /Private\s+Yes\s/);
});
