// The other office is off: what the list says, what the doctor says, and parting with it all the same.
import { tell } from "../harness.mjs";

await tell(async ({ open }) => {
  const rita = await open("a", "rita");
  await rita.signIn();
  await rita.press("link", "Offices");
  await rita.sees(/^Not (reachable|answering)$/);
  await rita.press("link", "Doctor for Harbour Law");
  await rita.sees("Harbour Law did not answer");
  await rita.sees("Nothing is lost meanwhile");
  await rita.assertAccessible();
  await rita.picture("doctor");
  await rita.press("link", "Close");
  if ((await rita.page.getByRole("heading", { level: 1 }).first().innerText()) === "Offices") await rita.press("link", "Harbour Law");
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
