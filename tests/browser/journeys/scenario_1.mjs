// Rita enables Ann with a Quick Handshake, Bob accepts when he signs in, and both lists say Active.
import { tell } from "../harness.mjs";

await tell(async ({ open }) => {
  const rita = await open("a", "rita");
  await rita.signIn();
  await rita.press("link", "Users & specialists");
  await rita.press("link", "Ann Archer");
  await rita.sees("Super User");
  await rita.press("link", "Enable Record Sharing…");
  await rita.sees("Super User is switched off for ann");
  await rita.sees("Enterprise View is switched off for ann");
  await rita.sees("office security is switched on");
  await rita.press("link", "No");
  await rita.sees("Enable Record Sharing…");
  await rita.sees("Super User, Enterprise View");

  await rita.press("link", "Enable Record Sharing…");
  await rita.sees("Quick Handshake");
  await rita.fill("Office name", "Harbour Law");
  await rita.fill("User name at that office", "bob");
  await rita.fill("Purpose (optional)", "Probate of the Miller estate");
  await rita.press("button", "Yes");
  await rita.sees("Ann Archer is a specialist now; bob at Harbour Law was asked for a link: Waiting.");
  await rita.sees(/^Record Sharing$/);
  await rita.seesNot(/^(Super User|Enterprise View)/);

  const ann = await open("a", "ann");
  await ann.signIn();
  await ann.press("link", "Linked Users");
  await ann.sees("Users Receiving my Contact Records");
  await ann.sees("Waiting");

  const bob = await open("b", "bob");
  await bob.signIn();
  await bob.sees("1 request to share contact records with you");
  await bob.sees("Purpose: Probate of the Miller estate.");
  await bob.sees("It is tagged with a tick: Accept makes the link Active.");
  await bob.press("button", "Accept");
  await bob.sees("The link with ann at Archer Advice is Active.");
  await bob.sees("Users Sharing Their Contact Records with Me");
  await bob.sees(/^Active$/);

  await ann.comesToSee(/^Active$/);
});
