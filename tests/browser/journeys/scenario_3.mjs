// Ann shares a record with Bob, reads what deleting the link would do, does it, and sees the receipt of the other office.
import { tell } from "../harness.mjs";

await tell(async ({ open }) => {
  const ann = await open("a", "ann");
  await ann.signIn();
  await ann.press("link", "Clients");
  await ann.press("link", "Petra Miller");
  await ann.press("link", "Share with another office");
  await ann.press("button", "Continue");
  await ann.sees("1 contact will be readable for bob at Harbour Law");
  await ann.press("button", "Yes, share");
  await ann.sees("Shared 1 record with bob at Harbour Law.");

  const bob = await open("b", "bob");
  await bob.signIn();
  await bob.press("link", "Clients");
  await bob.press("link", "All Clients");
  await bob.comesToSee("Petra Miller");
  await bob.press("link", "Petra Miller");
  await bob.sees("A copy from Archer Advice");

  await ann.press("link", "Linked Users");
  await ann.press("link", "bob");
  await ann.sees("Petra Miller");
  await ann.press("link", "Delete 'Linked User' record…");
  await ann.sees("1 contact will be removed at Harbour Law (bob)");
  await ann.press("link", "No, go back");
  await ann.sees("Petra Miller");
  await ann.press("link", "Delete 'Linked User' record…");
  await ann.press("button", "Yes, delete the link");
  await ann.sees("The link with bob is over.");
  await ann.comesToSee("Erased");

  await bob.press("link", "Clients");
  await bob.press("link", "All Clients");
  await bob.seesNot("Petra Miller");
});
