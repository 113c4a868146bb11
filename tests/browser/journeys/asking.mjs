// Ann asks from her own settings on: whom she asks waits, nobody learns who works there, what is taken back is gone; a link has one
// direction, and who does not accept cases reaches nothing.
import { tell } from "../harness.mjs";

await tell(async ({ open }) => {
  const ann = await open("a", "ann");
  await ann.signIn();
  await ann.press("link", "My account");
  await ann.sees("Accept cases as a Specialist from any Owner");
  await ann.press("link", "Linked Users");
  await ann.sees("Nobody receives your contact records");
  await ann.choose("List", "Users Sharing Their Contact Records with Me");
  await ann.press("button", "Show");
  await ann.sees("Nobody shares contact records with you");
  await ann.press("link", "Clients");
  await ann.press("link", "Petra Miller");
  await ann.press("link", "Share with another office");
  await ann.sees("You have no Active link.");
  await ann.press("link", "Cancel");

  const asks = async (office, user, person = ann) => {
    await person.press("link", "Linked Users");
    await person.press("link", "New 'Linked User' Record");
    await person.fill("Office name", office);
    await person.fill("User name at that office", user);
    await person.fill("Purpose", "Probate of the Miller estate");
    await person.press("button", "OK");
  };
  await asks("Nowhere Partners", "bob");
  await ann.sees("There is a problem");
  await ann.press("link", "Cancel");
  await asks("Harbour Law", "nobody99");
  await ann.sees("Asked nobody99 at Harbour Law: Waiting.");
  await asks("Harbour Law", "bob");
  await ann.sees("Asked bob at Harbour Law: Waiting.");

  const bob = await open("b", "bob");
  await bob.signIn();
  await bob.sees("1 request to share contact records with you");
  await bob.press("link", "Later");

  await ann.press("link", "bob");
  await ann.sees("Records can be shared as soon as the link is Active.");
  await ann.press("button", "Take the request back");
  await ann.sees("Took the request to bob back.");
  await bob.press("link", "Linked Users");
  await bob.choose("List", "Users Sharing Their Contact Records with Me");
  await bob.press("button", "Show");
  await bob.comesToSee("Nobody shares contact records with you");

  await asks("Harbour Law", "bob");
  await ann.sees("Asked bob at Harbour Law: Waiting.");
  const cleo = await open("a", "cleo");
  await cleo.signIn();
  await asks("Harbour Law", "bob", cleo);
  await cleo.sees("Asked bob at Harbour Law: Waiting.");
  await bob.press("link", "My account");
  await bob.untick("Accept cases as a Specialist from any Owner");
  await bob.press("button", "Save");
  await bob.sees("Your preferences are kept.");
  await bob.press("link", "Overview");
  await bob.comesToSee("2 link requests");
  await bob.press("link", "Decide");
  await bob.tick("ann at Archer Advice");
  await bob.press("button", "Accept");
  await bob.sees("does not accept cases");
  await bob.goto("/account");
  await bob.tick("Accept cases as a Specialist from any Owner");
  await bob.press("button", "Save");
  await bob.press("link", "Overview");
  await bob.press("link", "Decide");
  await bob.tick("ann at Archer Advice");
  await bob.press("button", "Accept");
  await bob.sees("The link with ann at Archer Advice is Active.");
  await bob.sees(/^Waiting$/);
  await cleo.press("link", "Linked Users");
  await cleo.sees(/^Waiting$/);
  await bob.choose("List", "Users Receiving my Contact Records");
  await bob.press("button", "Show");
  await bob.sees("Nobody receives your contact records");
});
