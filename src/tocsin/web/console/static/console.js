// Keys, the blank screen, and focus: what every page has. What a key does stands in the page itself, as
// data-key on the link, button or field that it presses or moves to. So the map shown on `?` is always right.
// Other scripts listen for `tocsin:blank` on the document, and end what must not go on.

const keyMap = document.getElementById("keys");
const blankScreen = document.getElementById("blank");
const page = document.getElementById("page");
const title = document.title;
const TWICE = 600; // milliseconds between two presses of Escape
const SEQUENCE = 1500; // milliseconds between the keys of a sequence, as in "g q"

// ---- the blank screen

function blank() {
  document.documentElement.dataset.blank = "";
  document.title = blankScreen.dataset.title;
  document.dispatchEvent(new CustomEvent("tocsin:blank"));
  if (keyMap.open) keyMap.close();
  page.inert = true;
  if (!blankScreen.open) blankScreen.showModal();
  document.getElementById("blank-title").focus();
}

function comeBack() {
  delete document.documentElement.dataset.blank;
  document.title = title;
  page.inert = false;
  blankScreen.close();
}

function setBlank(on) {
  if (on) localStorage.setItem("tocsin.blank", "1");
  else localStorage.removeItem("tocsin.blank");
  on ? blank() : comeBack();
}

blankScreen.addEventListener("cancel", (event) => event.preventDefault());
blankScreen.addEventListener("close", () => {
  if ("blank" in document.documentElement.dataset) blankScreen.showModal(); // browsers let a second Escape through
});
blankScreen.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  setBlank(false);
});
document.getElementById("blank-back").addEventListener("click", () => setBlank(false));
addEventListener("storage", (event) => {
  if (event.key === "tocsin.blank" || event.key === null) localStorage.getItem("tocsin.blank") ? blank() : comeBack();
});
if ("blank" in document.documentElement.dataset) blank();

// ---- keys

export const lettersOn = () => localStorage.getItem("tocsin.keys") !== "off";
const visible = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.disabled;
export const typing = (element) =>
  element.isContentEditable ||
  (element.matches("input, select, textarea") && !element.matches("[type=checkbox], [type=radio], [type=button]"));

function withKey(key) {
  const dialog = document.querySelector("dialog[open]");
  return [...(dialog ?? document).querySelectorAll("[data-key]")].find(
    (element) => element.dataset.key === key && visible(element),
  );
}

function press(element) {
  if (element.matches("input:not([type=checkbox], [type=radio]), select, textarea")) {
    element.focus();
    element.select?.();
  } else {
    element.focus();
    element.click();
    if (element.matches("details[open] > summary")) fieldIn(element.parentElement)?.focus();
  }
}

// What is typed into a box that a key opened goes into its field, and is no key.
function fieldIn(box) {
  const fields = [...box.querySelectorAll("input:not([type=hidden]), select, textarea")].filter(visible);
  return fields.find((field) => field.dataset.key) ?? fields[0];
}

// From line to line of a list: the links that lead to what its lines are about.
function step(by) {
  const lines = [...page.querySelectorAll("[data-row]")].filter(visible);
  const at = lines.findIndex((line) => line === document.activeElement);
  lines[at < 0 ? (by > 0 ? 0 : lines.length - 1) : Math.max(0, Math.min(lines.length - 1, at + by))]?.focus();
}

let before = { key: "", time: 0 };
let escaped = -TWICE;

document.addEventListener("keydown", (event) => {
  if ("blank" in document.documentElement.dataset || event.isComposing) return;
  if (event.key === "Escape" && !event.repeat) {
    if (event.timeStamp - escaped < TWICE) setBlank(true);
    escaped = document.querySelector("dialog[open]") ? -TWICE : event.timeStamp; // one that closes a dialog is none
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || typing(event.target) || !lettersOn()) return;
  const key = event.key;
  const sequence = event.timeStamp - before.time < SEQUENCE ? `${before.key} ${key}` : key;
  before = { key, time: event.timeStamp };
  if (key === "b") setBlank(true); // whatever came before it
  else if (key === "?") showKeys();
  else if ((key === "j" || key === "k") && !withKey(sequence) && !withKey(key)) step(key === "j" ? 1 : -1);
  else {
    const element = withKey(sequence) ?? withKey(key);
    if (!element) return;
    before.time = 0;
    press(element);
  }
  event.preventDefault();
});

// ---- the map of keys

function words(element) {
  const labelled = element.labels?.[0] ?? element;
  return element.dataset.keyName ?? element.getAttribute("aria-label") ?? labelled.textContent.trim();
}

function lineOf(key, name) {
  const line = document.createElement("div");
  const term = document.createElement("dt");
  for (const one of key.split(" ")) {
    const cap = document.createElement("kbd");
    cap.textContent = one;
    term.append(cap, " ");
  }
  const meaning = document.createElement("dd");
  meaning.textContent = name;
  line.append(term, meaning);
  line.dataset.made = "";
  return line;
}

function showKeys() {
  keyMap.querySelectorAll("[data-made]").forEach((line) => line.remove());
  const seen = new Set();
  for (const element of page.querySelectorAll("[data-key]")) {
    if (!visible(element) || seen.has(element.dataset.key)) continue;
    seen.add(element.dataset.key);
    const list = "keyEverywhere" in element.dataset ? "keys-everywhere" : "keys-here";
    document.getElementById(list).append(lineOf(element.dataset.key, words(element)));
  }
  document.getElementById("keys-on").checked = lettersOn();
  if (!keyMap.open) keyMap.showModal();
  keyMap.scrollTop = 0;
}

document.getElementById("keys-on").addEventListener("change", (event) => {
  localStorage.setItem("tocsin.keys", event.target.checked ? "on" : "off");
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-opens], [data-blanks]");
  if (button?.dataset.opens === "keys") showKeys();
  else if (button) setBlank(true);
});

// ---- forms, focus and what is said

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method === "dialog" || event.defaultPrevented) return;
  if ("sent" in form.dataset) event.preventDefault(); // the first one is on its way
  form.dataset.sent = "";
});
// Somebody signed out in one window: the others, which may show a case, ask again and are led to the sign-in.
addEventListener("storage", (event) => {
  if (event.key === "tocsin.signed-out") location.replace(location.href);
});
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // what the server says now, not what it said then
});

// A list that refreshes itself says when it could not: what it shows is then what was true before.
const stale = document.getElementById("stale");
document.addEventListener("htmx:after:request", (event) => {
  if (stale) stale.hidden = event.detail.ctx.response?.status < 400;
});
document.addEventListener("htmx:error", () => stale && (stale.hidden = false));

// A status that is there from the start is not read aloud: it is said once more, where readers listen.
export function say(text) {
  const spoken = document.getElementById("spoken");
  spoken.textContent = "";
  setTimeout(() => (spoken.textContent = text), 100);
}
const said = document.getElementById("said");
if (said.textContent) {
  if (location.pathname.endsWith("/sign-in")) localStorage.setItem("tocsin.signed-out", Date.now());
  say(said.textContent);
  history.replaceState(null, "", withoutSaid(location.href)); // loading anew does not say it again
}
document.querySelector(".refused[role=alert], [data-focus]")?.focus();

function withoutSaid(address) {
  const url = new URL(address);
  url.searchParams.delete("said");
  return url;
}
