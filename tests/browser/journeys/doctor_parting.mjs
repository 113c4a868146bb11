// The other office is off: it is blocked, let in again, and removed all the same.
import { tell } from "../harness.mjs";

await tell(async ({ open }) => {
  const rita = await open("a", "rita");
  await rita.signIn();
  await rita.press("link", "Offices");
  await rita.press("link", "Harbour Law");
  await rita.sees("The way there");
  await rita.press("link", "Block…");
  await rita.sees("Endings and receipts still pass.");
  await rita.press("button", "Yes, block");
  await rita.sees("Harbour Law is blocked.");
  await rita.press("button", "Unblock");
  await rita.sees("Harbour Law is let in again.");
  await rita.press("link", "Remove this office…");
  await rita.sees("Harbour Law is taken off the list of offices");
  await rita.press("button", "Yes, remove this office");
  await rita.sees("No other office yet");
  await rita.press("link", "Show 1 removed office too");
  await rita.sees(/^Removed$/);
});
