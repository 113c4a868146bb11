// Ann brings her address book in: first nothing, then what is none, then a file of which one card can't be read.
import assert from "node:assert/strict";
import { tell } from "../harness.mjs";

const card = (name, uid, more = "") => `BEGIN:VCARD\r\nVERSION:4.0\r\nUID:${uid}\r\nFN:${name}\r\n${more}END:VCARD\r\n`;

await tell(async ({ open }) => {
  const ann = await open("a", "ann");
  await ann.signIn();
  const choose = async (text, name = "address book.vcf") => {
    await ann.page.getByLabel("vCard file", { exact: true }).setInputFiles({ name, mimeType: "text/vcard", buffer: Buffer.from(text) });
    await ann.press("button", "Import");
  };
  await ann.press("link", "Clients");
  await ann.sees("You own no record yet");
  await ann.press("link", "Import");
  await ann.assertAccessible();
  await ann.press("button", "Import");
  await ann.sees("Choose a file: an address book exports one that ends with .vcf.");
  await ann.assertAccessible();
  await choose("name;telephone\nPetra;1\n", "table.csv");
  await ann.sees("The file holds no address card: a card begins with the line BEGIN:VCARD; export the contacts as vCard (.vcf) again.");

  await choose(card("Petra Miller", "petra") + card("Paul Plain", "paul"));
  await ann.sees("Imported: 2 new clients.");
  await ann.sees("Petra Miller");
  await ann.press("link", "Paul Plain");
  await ann.sees(/record\.import|Brought by an import/);

  await ann.press("link", "Clients");
  await ann.press("link", "Import");
  await ann.tick("Private");
  const torn = "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Torn\r\n";
  const same = "EMAIL:post@example.com\r\n";
  await choose(card("Petra Moss", "petra") + card("Paul Plain", "paul") + card("Rosa", "rosa", same) + card("Rosa Two", "rosa2", same) + torn);
  await ann.sees("Imported: 2 new clients, 1 changed, 1 as before");
  await ann.sees("1 card left out");
  await ann.sees(/^Line 2\d: /);
  await ann.sees("1 new client like others");
  await ann.assertAccessible();
  await ann.press("link", "Rosa Two");
  assert.match(await ann.text(), /Private\s+Yes\s/);
});
