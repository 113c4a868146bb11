// Bob has Petra's copy open and stands on a link while Ann writes: the page follows by itself, and Bob stays where he is.
import assert from "node:assert/strict";
import { tell } from "../harness.mjs";

await tell(async ({ open }) => {
  const bob = await open("b", "bob");
  await bob.signIn();
  await bob.press("link", "Clients");
  await bob.press("link", "All Clients");
  await bob.press("link", "Petra Miller");
  await bob.sees("A copy from Archer Advice");
  const link = bob.page.getByRole("link", { name: "The link" });
  await link.focus();

  const ann = await open("a", "ann");
  await ann.signIn();
  await ann.press("link", "Clients");
  await ann.press("link", "Petra Miller");
  for (const note of ["Calls on Mondays", "Calls on Tuesdays"]) {
    await ann.press("link", "Edit");
    await ann.fill("Notes", note);
    await ann.press("button", "Save");
    await ann.sees(note);
    await bob.sees(note);
    assert.ok(await link.evaluate((node) => node === document.activeElement), "Bob is where he was");
  }

  const list = await open("a", "ann");
  await list.signIn();
  await list.press("link", "Clients");
  const summary = list.page.locator("summary", { hasText: "ann and 2 more" });
  await summary.focus();
  await list.page.keyboard.press("Enter");
  await list.sees(/ann, carl, dora/);
  await ann.press("link", "Edit");
  await ann.fill("Name", "Petra Moss");
  await ann.press("button", "Save");
  await list.sees("Petra Moss");
  assert.ok(await summary.evaluate((node) => node.parentElement.open), "what Ann opened is open");
  assert.ok(await summary.evaluate((node) => node === document.activeElement), "Ann is where she was");

  // What is taken back is gone from the page that shows it, and does not come back by the browser's own button.
  await bob.sees("Petra Moss");
  await bob.press("link", "The link");
  await bob.page.goBack();
  await bob.sees("Calls on Tuesdays");
  await ann.press("link", "Linked Users");
  await ann.press("link", "bob");
  await ann.press("link", "Take back Petra Moss");
  await ann.press("button", "Yes, take it back");
  await bob.sees("There is nothing here");
  await bob.seesNot("Calls on Tuesdays");
  assert.doesNotMatch(await bob.page.title(), /Petra/, "the tab does not name it either");
  await bob.page.goto(bob.page.url().replace(/clients.*/, "links"));
  await bob.page.goBack();
  await bob.sees("There is nothing here");
  await bob.seesNot("Petra Moss");

  // The whole page of a link follows, with the colour of its state and with what can still be done.
  await bob.press("link", "Linked Users");
  await bob.press("link", "ann");
  await bob.sees("End this link");
  const state = bob.page.locator("#state");
  assert.match(await state.getAttribute("class"), /good/);
  await ann.press("link", "Delete 'Linked User' record…");
  await ann.press("button", "Yes, delete the link");
  await bob.sees("Ended");
  await bob.seesNot("End this link");
  assert.doesNotMatch(await state.getAttribute("class"), /good/);
});
