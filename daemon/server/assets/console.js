// What a page does beyond links and forms: dialogs, what changes meanwhile, copying, shortcuts. Every page works without it.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// Asks the house for a page; where it answers with another place to go to, the browser goes there.
async function ask(url, options = {}, by = "person") {
  const answer = await fetch(url, { ...options, headers: { fragment: by } });
  const elsewhere = answer.headers.get("goto");
  if (elsewhere) {
    location.assign(elsewhere);
    return null;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  stay(page);
  return page;
}

// --- the session: whoever is about to be signed out is asked first ---

let end = Infinity;

function stay(page) {
  const left = $("main", page)?.dataset.left;
  if (left) end = Date.now() + Number(left);
}

stay(document);
setInterval(() => {
  const leaving = $("#leaving");
  if (leaving && !leaving.open && Date.now() > end - 120_000) leaving.showModal();
  if (Date.now() > end) location.reload();
}, 5_000);

// --- dialogs: a link marked with data-dialog shows the sheet of its page above this one ---

let opener = null;

function sheetInto(dialog, page) {
  const sheet = page && $(".sheet", page);
  if (!sheet) return false;
  dialog.replaceChildren(document.importNode(sheet, true));
  const title = $("h1, h2", dialog);
  if (title) {
    title.id = "dialog-title";
    dialog.setAttribute("aria-labelledby", title.id);
  }
  ($("[role=alert], [autofocus], input:not([type=hidden]), button", dialog) ?? dialog).focus();
  return true;
}

async function openDialog(link) {
  const page = await ask(link.href).catch(() => null);
  const dialog = $("#dialog");
  if (!page || !dialog) return;
  if (!dialog.open) opener = link;
  dialog.dataset.from = link.href;
  if (!dialog.open) dialog.showModal();
  if (!sheetInto(dialog, page)) location.assign(link.href);
}

document.addEventListener("click", (event) => {
  const plain = !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0;
  const link = event.target.closest?.("a[data-dialog]");
  if (link && plain) {
    event.preventDefault();
    openDialog(link);
  }
  const cancel = event.target.closest?.("#dialog a[data-cancel]");
  if (cancel && plain) {
    event.preventDefault();
    $("#dialog").close();
  }
  if (event.target.closest?.("[data-stay]")) {
    $("#leaving").close();
    refresh();
  }
  const copy = event.target.closest?.("[data-copy]");
  if (copy) {
    navigator.clipboard?.writeText(copy.dataset.copy).then(() => tell("Copied"));
  }
});

document.addEventListener("submit", async (event) => {
  const dialog = event.target.closest("#dialog");
  if (!dialog || event.target.method !== "post") return;
  event.preventDefault();
  const button = event.submitter;
  const body = new URLSearchParams(new FormData(event.target, button));
  // Nothing on a sheet that is about to be another one can be used.
  dialog.inert = true;
  const page = await ask(button?.getAttribute("formaction") ?? event.target.action, { method: "POST", body }).catch(() => null);
  dialog.inert = false;
  if (page) sheetInto(dialog, page);
});

$("#dialog")?.addEventListener("close", () => {
  $("#dialog").replaceChildren();
  opener?.focus();
  refresh();
});

for (const dialog of $$("dialog[data-modal][open]")) {
  dialog.close();
  dialog.showModal();
}

// --- what changed meanwhile: the house says which kind of thing, the page asks for it with its own rights ---

const live = () => $$("[data-live]");
let asked = false;
let again = false;

async function refresh(by) {
  if (asked) {
    again = true;
    return;
  }
  asked = true;
  const page = await ask(location.href, {}, by).catch(() => null);
  asked = false;
  for (const region of page ? live() : []) {
    const next = page.getElementById(region.id);
    if (!next || next.innerHTML === region.innerHTML) continue;
    const inside = region.contains(document.activeElement) ? document.activeElement : null;
    if (inside?.matches("input, select, textarea")) continue;
    const index = inside ? $$("a, button", region).indexOf(inside) : -1;
    const key = inside?.getAttribute("href");
    region.replaceChildren(...document.importNode(next, true).childNodes);
    const same = key && $$("a", region).find((link) => link.getAttribute("href") === key);
    (same || $$("a, button", region)[index])?.focus({ preventScroll: true });
  }
  if (again) {
    again = false;
    refresh(by);
  }
}

if (live().length > 0) {
  const stream = new EventSource("/api/v1/events");
  stream.addEventListener("changed", (event) => {
    const { changed } = JSON.parse(event.data);
    if (live().some((region) => region.dataset.live.split(" ").some((kind) => changed.includes(kind)))) refresh("clock");
  });
  // What happened before the stream stood, or while it was lost, nobody told.
  stream.addEventListener("open", () => refresh("clock"));
  addEventListener("pagehide", () => stream.close());
}

// --- small things ---

function tell(text) {
  const place = $("#live");
  if (place) place.textContent = text;
}

// What stands behind the # of a link goes into its field, and out of the address.
const token = $("input[data-from-hash]");
if (token && location.hash.length > 1) {
  token.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
}

let began = "";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog")) return;
  const goal = began === "g" ? $(`[data-key="g ${event.key}"]`) : $(`[data-key="${CSS.escape(event.key)}"]`);
  began = event.key === "g" && began !== "g" ? "g" : "";
  if (!goal) return;
  event.preventDefault();
  if (goal.matches("input")) goal.focus();
  else goal.click();
});
