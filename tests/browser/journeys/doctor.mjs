// The other office is off: what the list says, and what the doctor says.
import { tell } from "../harness.mjs";

await tell(async ({ open }) => {
  const rita = await open("a", "rita");
  await rita.signIn();
  await rita.press("link", "Offices");
  await rita.sees(/^Not (reachable|answering)$/);
  await rita.press("link", "Doctor for Harbour Law");
  await rita.sees("Harbour Law did not answer");
  // What succeeded last, why nothing does now, and what to do.
  await rita.sees("Last heard from");
  await rita.sees(/the daemon there (runs and that every firewall|is overloaded or stopping|may have stopped)/);
  await rita.sees("Nothing waits for its answer");
  await rita.sees("Nothing is lost meanwhile");
  await rita.assertAccessible();
  await rita.picture("doctor");
  await rita.press("link", "Close");
});
