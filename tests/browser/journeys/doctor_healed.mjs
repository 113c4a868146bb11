// The other office is on again: nobody did anything here.
import { tell } from "../harness.mjs";

await tell(async ({ open }) => {
  const rita = await open("a", "rita");
  await rita.signIn();
  await rita.press("link", "Offices");
  await rita.comesToSee(/^Connected$/);
  await rita.press("link", "Doctor for Harbour Law");
  await rita.sees(/Harbour Law answered in/);
});
