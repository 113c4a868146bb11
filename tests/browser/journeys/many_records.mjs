// Ann chooses several records for Bob, looks at what he would get, says yes to the private one apart, sees where the copies are, and takes
// some back.
import { tell } from "../harness.mjs";

await tell(async ({ open }) => {
  const ann = await open("a", "ann");
  await ann.signIn();
  await ann.press("link", "Linked Users");
  await ann.press("link", "bob");
  await ann.sees("Nothing is shared yet");
  await ann.press("link", "Share records…");
  await ann.press("button", "Continue with the ticked ones");
  await ann.sees("No record is ticked: tick at least one, or choose all of them below the list.");
  await ann.fill("Search", "mill");
  await ann.press("button", "Search");
  await ann.sees("The Millers");
  await ann.tick("Miller Mills");
  await ann.tick("The Millers");
  await ann.fill("Search", "private");
  await ann.press("button", "Search");
  await ann.sees("2 ticked so far");
  await ann.tick("Paul Private");
  await ann.press("button", "Continue with the ticked ones");
  await ann.sees("2 contacts, 1 business, 1 household and 1 case will be readable for bob at Harbour Law");
  await ann.sees("1 private record is among them");

  await ann.press("button", "See what the other office would get");
  await ann.sees("What bob at Harbour Law would get");
  await ann.sees("4 records, within what this link shows");
  await ann.sees("SHA-256");
  await ann.press("button", "Back to the question");
  await ann.press("button", "Yes, share");
  await ann.sees("Say yes to the private records too, or go back and leave them out.");
  await ann.tick("Share the record marked Private");
  await ann.press("button", "Yes, share");
  await ann.sees("Shared 4 records with bob at Harbour Law.");

  await ann.press("link", "Share records…");
  await ann.press("button", "All my clients");
  await ann.sees("60 contacts will be readable for bob");
  await ann.sees("3 records are shared over this link already");
  await ann.press("button", "Yes, share");
  await ann.sees("Shared 60 records with bob at Harbour Law; 3 records before.");
  await ann.sees("64 records");
  await ann.press("link", "Next records");
  await ann.sees("Client 00060");

  await ann.press("link", "Clients");
  await ann.fill("Search", "petra");
  await ann.press("button", "Search");
  await ann.press("link", "Petra Miller");
  await ann.sees("Where are my copies?");
  await ann.comesToSee("Delivered");
  await ann.sees("and longer each time the offices hear from each other");
  // Who works at another office is not found among colleagues: the link alone leads there.
  await ann.press("link", "Share");
  await ann.fill("First name, last name or e-mail", "bob");
  await ann.press("button", "Search");
  await ann.sees("Nobody in this office is called like that.");
  await ann.press("link", "Cancel");
  await ann.sees("Share with another office");

  const bob = await open("b", "bob");
  await bob.signIn();
  await bob.press("link", "Clients");
  await bob.press("link", "All Clients");
  await bob.fill("Search", "mill");
  await bob.press("button", "Search");
  await bob.comesToSee("Miller Mills");
  await bob.sees("The Millers");
  await bob.press("link", "Petra Miller");
  await bob.sees("Fire claim");

  await ann.press("link", "Linked Users");
  await ann.press("link", "bob");
  await ann.press("link", "Take several back…");
  await ann.tick("Paul Private");
  await ann.tick("Petra Miller");
  await ann.press("button", "Continue with the ticked ones");
  await ann.sees("2 contacts and 1 case will be removed at Harbour Law (bob)");
  await ann.press("button", "Yes, take them back");
  await ann.sees("2 records taken back; the receipt follows when the copies are removed.");
  await ann.comesToSee("2 copies are erased, as a signed receipt says");
  await ann.press("link", "Clients");
  await ann.fill("Search", "petra");
  await ann.press("button", "Search");
  await ann.press("link", "Petra Miller");
  await ann.comesToSee("Removed, with a receipt");
});
