// Bob deletes the link from his own list: he reads what goes, says no, says yes; the record is gone here, and Ann sees the receipt.
import { tell } from "../harness.mjs";

await tell(async ({ open }) => {
  const bob = await open("b", "bob");
  await bob.signIn();
  await bob.press("link", "Clients");
  await bob.press("link", "All Clients");
  await bob.comesToSee("Petra Miller");

  await bob.press("link", "Linked Users");
  await bob.sees("People at other offices who share their contact records with you.");
  await bob.choose("List", "Users Receiving my Contact Records");
  await bob.press("button", "Show");
  await bob.sees("Nobody receives your contact records");
  await bob.choose("List", "Users Sharing Their Contact Records with Me");
  await bob.press("button", "Show");
  await bob.press("link", "ann");
  await bob.sees("Shares contact records with you.");
  await bob.sees("Received records");
  await bob.sees("Petra Miller");
  await bob.press("link", "Delete 'Linked User' record…");
  await bob.sees("Delete the link with ann at Archer Advice, and the 1 copy it brought here?");
  await bob.sees("everything that ann at Archer Advice shared with bob is erased here");
  await bob.press("link", "No, go back");
  await bob.sees("Petra Miller");
  await bob.press("link", "Delete 'Linked User' record…");
  await bob.press("button", "Yes, delete the link");
  await bob.sees("The link with ann is over.");
  await bob.sees("Nothing is shared any more");
  await bob.press("link", "Clients");
  await bob.press("link", "All Clients");
  await bob.seesNot("Petra Miller");

  const ann = await open("a", "ann");
  await ann.signIn();
  await ann.press("link", "Linked Users");
  await ann.tick("Ended ones too");
  await ann.press("button", "Show");
  await ann.sees(/^Ended$/);
  await ann.press("link", "bob");
  await ann.comesToSee("Erased");
  await ann.sees("1 copy is erased, as a signed receipt says");
  await ann.press("link", "Clients");
  await ann.press("link", "Petra Miller");
  await ann.sees("Removed, with a receipt");
});
