// What a page does beyond links and forms. Every page works without it.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// Asks for a page, or goes where the house says.
async function ask(url, options = {}, by = "person") {
  const answer = await fetch(url, { ...options, headers: { fragment: by } });
  const elsewhere = answer.headers.get("goto");
  if (elsewhere) {
    location.assign(elsewhere);
    return null;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  page.gone = [403, 404].includes(answer.status);
  stay(page);
  return page;
}

// --- before somebody is signed out ---

let end = Infinity;

function stay(page) {
  const left = $("main", page)?.dataset.left;
  if (left) end = Date.now() + Number(left);
}

stay(document);
setInterval(() => {
  const leaving = $("#leaving");
  if (leaving && !leaving.open && Date.now() > end - 120_000) leaving.showModal();
  if (Date.now() > end) location = location.href.split("#")[0];
}, 5_000);

// --- dialogs: a link with data-dialog shows the sheet of its page above this one ---

let opener = null;

function sheetInto(dialog, page) {
  const sheet = page && $(".sheet", page);
  if (!sheet) return false;
  dialog.replaceChildren(sheet);
  const title = $("h1, h2", dialog);
  if (title) {
    title.id = "dialog-title";
    dialog.setAttribute("aria-labelledby", title.id);
  }
  ($("[role=alert], [autofocus]", dialog) ?? $("input:not([type=hidden]), button", dialog) ?? dialog).focus();
  return true;
}

async function openDialog(link) {
  const page = await ask(link.href).catch(() => null);
  const dialog = $("#dialog");
  if (!page || !dialog) return;
  if (!dialog.open) {
    opener = link;
    dialog.showModal();
  }
  if (!sheetInto(dialog, page)) location.assign(link.href);
}

addEventListener("click", (event) => {
  const at = (selector) => event.target.closest?.(selector);
  const plain = !(event.metaKey || event.ctrlKey || event.shiftKey || event.button);
  const link = at("a[data-dialog]");
  if (link && plain) {
    event.preventDefault();
    openDialog(link);
  }
  if (at("#dialog a[data-cancel]") && plain) {
    event.preventDefault();
    $("#dialog").close();
  }
  if (at("[data-stay]")) {
    $("#leaving").close();
    refresh();
  }
  const copy = at("[data-copy]");
  if (copy) navigator.clipboard?.writeText(copy.dataset.copy).then(() => {
    copy.classList.add("copied");
    $("#live").textContent = "Copied";
  });
});

addEventListener("submit", async (event) => {
  const dialog = event.target.closest("#dialog");
  if (!dialog || event.target.method !== "post") return;
  event.preventDefault();
  const button = event.submitter;
  const body = new URLSearchParams(new FormData(event.target, button));
  // A sheet that changes is out of use.
  dialog.inert = true;
  const page = await ask(button?.getAttribute("formaction") ?? event.target.action, { method: "POST", body }).catch(() => null);
  dialog.inert = false;
  if (page) sheetInto(dialog, page);
});

$("#dialog")?.addEventListener("close", () => {
  $("#dialog").replaceChildren();
  // Another link may stand there now.
  (opener?.isConnected ? opener : $$("a").find((link) => link.href === opener?.href))?.focus();
  refresh();
});

for (const dialog of $$("dialog[data-modal][open]")) {
  dialog.close();
  dialog.showModal();
}

// --- what changed meanwhile: the house says what kind, the page asks ---

const live = () => $$("[data-live]");
const spots = (region) => $$("a, button, summary", region);
let asked, again;

async function refresh(by) {
  if (asked) {
    again = true;
    return;
  }
  asked = true;
  const page = await ask(location.href, {}, by).catch(() => null);
  asked = false;
  if (page?.gone) {
    document.title = page.title;
    $("main").replaceWith($("main", page));
  }
  for (const region of page ? live() : []) {
    const next = page.getElementById(region.id);
    if (!next) continue;
    // What was opened stays open.
    for (const details of $$("details[id]", next)) details.open = $(`#${details.id}`)?.open;
    if (next.outerHTML === region.outerHTML) continue;
    const inside = region.contains(document.activeElement) ? document.activeElement : null;
    if (inside?.matches("input, select, textarea")) continue;
    const index = spots(region).indexOf(inside);
    const key = inside?.getAttribute("href");
    region.replaceWith(next);
    const same = key && spots(next).find((spot) => spot.getAttribute("href") === key);
    (same || spots(next)[index])?.focus({ preventScroll: true });
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
    if (changed.some((kind) => $(`[data-live~="${kind}"]`))) refresh("clock");
  });
  // What happened while no stream stood nobody told.
  stream.addEventListener("open", () => refresh("clock"));
  addEventListener("pagehide", () => stream.close());
}

// Browsers keep pages for Back.
addEventListener("pageshow", (event) => event.persisted && location.replace(location));

// What stands behind the # goes into its field, and out of the address.
const token = $("input[data-from-hash]");
if (token && location.hash.length > 1) {
  token.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  if (token.dataset.fromHash) token.form.submit();
}

let began = "";
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog")) return;
  const goal = $(`[data-key="${began && "g "}${CSS.escape(event.key)}"]`);
  began = event.key === "g" && began !== "g" ? "g" : "";
  if (!goal) return;
  event.preventDefault();
  if (goal.matches("input")) goal.focus();
  else goal.click();
});
