// The case page: looking at an original as long as a key is held, keeping the claim while somebody works, sending
// forms without leaving the page. All of it but the look works without this script.

import { lettersOn, say, typing } from "./console.js";

const root = document.getElementById("case");
const csrf = document.querySelector("meta[name=csrf]").content;
const byId = (id) => document.getElementById(id);
const post = (address, fields, more = {}) =>
  fetch(address, {
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { "X-CSRF-Token": csrf },
    ...more,
  });
const isBlank = () => "blank" in document.documentElement.dataset;

let look = null; // the look at an original that goes on
let sending = false; // whether some form is on its way

// ---- the claim: kept while the page is in use, and said when it is lost

const here = `/console/cases/${root.dataset.number}`;
let claim = root.dataset.claim;
let deadline = Date.now() + 1000 * Number(root.dataset.secondsLeft);
let used = false;
let lost = false;
const every = Math.max(2, Math.min(60, Number(root.dataset.secondsLeft) / 6)) * 1000;

async function renew() {
  if (!used || lost || claim === "0") return;
  used = false;
  try {
    const showing = byId("viewer")?.dataset.sha256 ?? "";
    const answer = await post(`${here}/renew`, { claim, showing });
    byId("offline").hidden = true;
    if (answer.status === 409 || answer.status === 404) return lapse();
    if (answer.status === 401 || answer.status === 403) return shutOut(await answer.text());
    if (!answer.ok) return;
    const said = await answer.json();
    deadline = Date.now() + (new Date(said.until) - new Date(answer.headers.get("date") ?? Date.now()));
    tell();
    if (said.over) takeAway(said.over);
  } catch {
    used = true; // try again
    byId("offline").hidden = false;
  }
}

// A limit is reached while pictures are on the page: they go.
function takeAway(why) {
  endLook();
  const notice = document.createElement("p");
  notice.className = "notice";
  notice.textContent = why;
  byId("viewer").replaceWith(notice);
  say(why);
}

// The session has ended, here or in another window: pictures go at once, what was typed stays.
function shutOut(text) {
  refuse(new DOMParser().parseFromString(text, "text/html").querySelector("main"));
  stop();
}

function tell() {
  if (claim === "0" || lost) return;
  const minutes = Math.ceil((deadline - Date.now()) / 60000);
  byId("lease-left").textContent = new Intl.NumberFormat(document.documentElement.lang, {
    style: "unit",
    unit: "minute",
    unitDisplay: "long",
  }).format(Math.max(0, minutes));
  if (Date.now() >= deadline) lapse();
}

function lapse() {
  if (lost) return;
  stop();
  byId("lapsed").hidden = false;
  say(byId("lapsed").querySelector("p").textContent);
}

function stop() {
  lost = true;
  endLook();
  byId("viewer")?.remove();
  for (const field of root.querySelectorAll("form [name=claim]")) {
    for (const button of field.form.querySelectorAll("button")) button.disabled = true;
  }
}

if (claim !== "0") {
  for (const kind of ["keydown", "pointerdown", "input", "wheel"]) {
    addEventListener(kind, () => (used = true), { passive: true });
  }
  setInterval(renew, every);
  setInterval(tell, Math.min(5000, every));
  tell();
}

// ---- what was typed, kept in this tab, for the same person, until it is recorded

const store = `tocsin.case.${root.dataset.number}.${document.querySelector(".who").textContent}`;
const textual = "textarea:not([readonly]), input:not([type=hidden], [type=radio], [type=checkbox])";

function fieldsOf(form) {
  return [...form.elements].filter((one) => one.name && one.name !== "csrf" && (one.type !== "hidden" || one.name === "key"));
}

function collect(without) {
  const kept = {};
  for (const form of root.querySelectorAll("form[id]")) {
    if (form.id === without) continue;
    kept[form.id] = fieldsOf(form)
      .filter((one) => one.type !== "submit" && (!["radio", "checkbox"].includes(one.type) || one.checked))
      .map((one) => [one.name, one.value]);
  }
  return kept;
}

function restore(kept) {
  for (const [id, fields] of Object.entries(kept)) {
    const form = byId(id);
    if (!form || form.tagName !== "FORM") continue;
    for (const [name, value] of fields) {
      for (const one of fieldsOf(form)) {
        if (one.name !== name) continue;
        if (["radio", "checkbox"].includes(one.type)) one.checked = one.checked || one.value === value;
        else if (one.tagName !== "SELECT" || [...one.options].some((option) => option.value === value)) one.value = value;
      }
      const folded = form.elements.namedItem(name)?.closest?.("details");
      if (folded && value && form.elements.namedItem(name).matches?.("textarea")) folded.open = true;
    }
  }
}

function keepTyped(without) {
  const typed = {};
  for (const form of root.querySelectorAll("form[id]")) {
    if (form.id === without) continue;
    const some = [...form.querySelectorAll(textual)].filter((one) => one.value && one.value !== one.defaultValue);
    if (some.length) typed[form.id] = some.map((one) => [one.name, one.value]);
  }
  if (Object.keys(typed).length) sessionStorage.setItem(store, JSON.stringify(typed));
  else sessionStorage.removeItem(store);
}

root.addEventListener("input", () => keepTyped());
if (claim !== "0") {
  try {
    restore(JSON.parse(sessionStorage.getItem(store) ?? "{}"));
  } catch {
    sessionStorage.removeItem(store); // kept by another version of this page: nothing else is to fail for that
  }
}
document.addEventListener("submit", (event) => {
  if (event.target.action?.endsWith("/sign-out")) sessionStorage.clear();
});

// ---- forms: sent without leaving the page, so that a lost connection loses nothing

let queue = Promise.resolve(); // answers to facts come faster than they are recorded: none is lost, none overtakes

root.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  const row = form.closest("[data-fact]");
  if (sending && !row) return; // the first one is on its way
  const fields = new FormData(form, event.submitter?.name ? event.submitter : undefined);
  const place = row && Number(row.dataset.place);
  if (row) mark(place + 1, true); // the next key is for the next fact
  sending = true;
  const mine = (queue = queue.then(() => send(form, fields, place)));
  await mine;
  if (queue === mine) sending = false;
});

async function send(form, fields, place) {
  let answer, text;
  try {
    answer = await post(form.action, fields);
    text = await answer.text();
  } catch {
    byId("offline").hidden = false;
    say(byId("offline").textContent.trim());
    byId("offline").scrollIntoView({ block: "nearest" });
    if (place !== null) mark(Math.min(place, marked));
    return;
  }
  byId("offline").hidden = true;
  const page = new DOMParser().parseFromString(text, "text/html");
  const there = page.getElementById("case");
  if (answer.ok) keepTyped(form.id);
  if (answer.ok && !(there && there.dataset.claim === claim && new URL(answer.url).pathname === location.pathname)) {
    location.assign(answer.url); // another page, or the case stands otherwise now
    return;
  }
  if (answer.ok) return take(page, form, answer.url);
  if (there) refuse(page.querySelector("#case > .refused"), there);
  else refuse(page.querySelector("main"));
  if (place !== null) mark(Math.min(place, marked));
  if (answer.status === 401) stop();
}

function take(page, form, address) {
  const kept = collect(form.id);
  const focused = document.activeElement?.id;
  const answering = document.activeElement?.closest("[data-answer]") !== null;
  const open = [...root.querySelectorAll("[data-part] details[open] > summary")].map((one) => one.dataset.key).filter(Boolean);
  root.querySelectorAll("#case > .refused").forEach((one) => one.remove());
  for (const part of root.querySelectorAll("[data-part]")) {
    const fresh = page.getElementById(part.id);
    if (fresh) part.replaceWith(document.adoptNode(fresh));
  }
  for (const key of open) root.querySelector(`[data-part] summary[data-key="${key}"]`)?.parentElement.setAttribute("open", "");
  restore(kept);
  keepTyped();
  facts();
  if (answering) mark(marked, true);
  else if (focused) byId(focused)?.focus();
  const clean = new URL(address);
  clean.searchParams.delete("said");
  history.replaceState(null, "", clean);
  deadline = Date.now() + 1000 * Number(page.getElementById("case").dataset.secondsLeft);
  tell();
  byId("said").textContent = "";
  say(page.getElementById("said").textContent);
}

setTimeout(() => (byId("said").textContent = ""), 10000); // read aloud and seen by then

function refuse(alert, there) {
  root.querySelectorAll("#case > .refused").forEach((one) => one.remove());
  if (alert) {
    const box = document.createElement("div");
    box.className = "refused";
    box.setAttribute("role", "alert");
    box.tabIndex = -1;
    for (const one of alert.querySelectorAll("h1, p")) {
      if (one.querySelector("textarea")) continue; // what was typed is still in its form
      const line = document.createElement("p");
      line.textContent = one.textContent;
      box.append(line);
    }
    root.prepend(box);
    box.focus();
  }
  if (there && there.dataset.claim !== claim && claim !== "0") lapse();
}

// ---- facts: one is marked; y, n and u answer it

let marked = 0;

function facts() {
  root.querySelectorAll("[data-fact]").forEach((row, place) => (row.dataset.place = place));
  mark(marked);
}

function mark(place, focus = false) {
  const rows = [...root.querySelectorAll("[data-fact]")].filter((row) => row.querySelector("[data-answer]"));
  if (!rows.length) return;
  marked = Math.max(0, Math.min(place, rows.length - 1));
  rows.forEach((row, index) => {
    const is = index === marked;
    if (is) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
    for (const button of row.querySelectorAll("[data-answer]")) {
      if (is) button.dataset.key = button.dataset.answer;
      else delete button.dataset.key;
    }
  });
  if (focus) {
    rows[marked].querySelector("[data-answer]").focus();
    rows[marked].scrollIntoView({ block: "nearest" });
  }
}

root.addEventListener("click", (event) => {
  const step = event.target.closest("[data-fact-step]");
  if (step) mark(marked + Number(step.dataset.factStep), true);
});
root.addEventListener("focusin", (event) => {
  const row = event.target.closest("[data-fact]");
  if (row && Number(row.dataset.place) !== marked) mark(Number(row.dataset.place));
});
facts();

// ---- previews

const viewer = byId("viewer");
const preview = byId("preview");
let still = 0;
let rendition = viewer?.dataset.renditionNow;

function show() {
  byId("preview-failed").hidden = true;
  const query = new URLSearchParams({ claim, member: viewer.dataset.member, still });
  preview.src = `${viewer.dataset.base}/renditions/${rendition}?${query}`;
  for (const one of viewer.querySelectorAll("[data-rendition]")) one.setAttribute("aria-pressed", one.dataset.rendition === rendition);
  for (const one of viewer.querySelectorAll("[data-still]")) one.setAttribute("aria-pressed", Number(one.dataset.still) === still);
}

function fit() {
  const ratio = preview.naturalWidth / preview.naturalHeight;
  if (!ratio) return;
  preview.style.width = `${Math.min(26, 24 * ratio)}rem`;
}

if (viewer) {
  for (let part = 0; part < 9; part++) byId("grid").append(document.createElement("i"));
  preview.addEventListener("load", fit);
  preview.addEventListener("error", () => {
    byId("preview-failed").hidden = false;
  });
  if (preview.complete) preview.naturalWidth ? fit() : (byId("preview-failed").hidden = false);
  viewer.addEventListener("click", (event) => {
    const button = event.target.closest("[data-rendition], [data-still], [data-step]");
    if (!button) return;
    if (button.dataset.rendition) rendition = button.dataset.rendition;
    else {
      const to = button.dataset.still ? Number(button.dataset.still) : still + Number(button.dataset.step);
      still = Math.max(0, Math.min(to, Number(viewer.dataset.count) - 1));
      rendition = "blur"; // each still begins blurred
    }
    show();
  });
}

// ---- which part of the original

let region = ""; // left, top, width and height in fractions; empty for the whole

function choose(part, box) {
  region = box ? box.map((one) => one.toFixed(4)).join(",") : "";
  for (const one of viewer.querySelectorAll("[data-region]")) one.setAttribute("aria-pressed", one.dataset.region === part);
  const selection = byId("selection");
  selection.hidden = !box;
  if (box) place(selection, box);
}

function place(element, [left, top, width, height]) {
  element.style.left = `${left * 100}%`;
  element.style.top = `${top * 100}%`;
  element.style.width = `${width * 100}%`;
  element.style.height = `${height * 100}%`;
}

function ninth(part) {
  const third = 1 / 3;
  return [((part - 1) % 3) * third, Math.floor((part - 1) / 3) * third, third, third];
}

viewer?.addEventListener("click", (event) => {
  const part = event.target.closest("[data-region]")?.dataset.region;
  if (part) choose(part, part === "0" ? null : ninth(Number(part)));
});

const stage = byId("stage");
let corner = null;

function at(event) {
  const box = stage.getBoundingClientRect();
  const inside = (value) => Math.max(0, Math.min(1, value));
  return [inside((event.clientX - box.left) / box.width), inside((event.clientY - box.top) / box.height)];
}

stage?.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || !byId("reveal")) return;
  corner = at(event);
  stage.setPointerCapture(event.pointerId);
});
stage?.addEventListener("pointermove", (event) => {
  if (!corner) return;
  const [x, y] = at(event);
  const box = [Math.min(x, corner[0]), Math.min(y, corner[1]), Math.abs(x - corner[0]), Math.abs(y - corner[1])];
  if (box[2] > 0.02 && box[3] > 0.02) choose("drawn", box);
});
stage?.addEventListener("contextmenu", (event) => event.preventDefault()); // it would offer to save the picture
for (const kind of ["pointerup", "pointercancel"]) stage?.addEventListener(kind, () => (corner = null));

// ---- looking at an original: as long as it is held, and never longer than was granted

const button = byId("reveal");
let warned = viewer?.dataset.warned === "1";

function warn() {
  const dialog = byId("warning");
  dialog.showModal();
  dialog.addEventListener("close", () => button.focus(), { once: true });
}

// Known before the dialog is closed: its close event comes later, when the key may be down again already.
byId("warning")?.addEventListener("submit", (event) => (warned = event.submitter.value === "go"));

async function beginLook() {
  if (look || lost || !button || isBlank() || document.hidden) return;
  if (document.querySelector("dialog[open]")) return;
  if (!warned) return warn();
  button.focus({ preventScroll: true });
  stage.scrollIntoView({ block: "nearest" });
  const mine = (look = { over: false, id: null, url: null, began: 0 });
  byId("reveal-said").hidden = true;
  const fields = { claim, region, still, member: viewer.dataset.member, seconds: byId("reveal-seconds").value };
  const box = region ? region.split(",").map(Number) : [0, 0, 1, 1];
  try {
    const answer = await post(`${viewer.dataset.base}/reveal`, fields);
    if (!answer.ok) {
      await notShown(answer);
      return endLook(mine);
    }
    mine.id = answer.headers.get("X-Reveal");
    mine.seconds = Number(answer.headers.get("X-Reveal-Seconds"));
    if (mine.over) {
      answer.body?.cancel();
      return ended(mine, 0);
    }
    mine.url = URL.createObjectURL(await answer.blob());
    const picture = (mine.picture = new Image());
    picture.className = "original";
    picture.alt = button.textContent;
    picture.draggable = false;
    place(picture, box);
    picture.src = mine.url;
    await picture.decode();
    if (mine.over) return finish(mine);
    stage.append(picture);
    mine.began = performance.now();
    mine.timer = setInterval(() => count(mine), 50);
    count(mine);
  } catch {
    byId("offline").hidden = false;
    mine.over ? finish(mine) : endLook(mine);
  }
}

function count(mine) {
  const left = mine.seconds - (performance.now() - mine.began) / 1000;
  byId("countdown").textContent = left > 0 ? left.toFixed(1) : "";
  if (left <= 0) endLook(mine);
}

function endLook(mine = look) {
  if (!mine || mine.over) return;
  mine.over = true;
  if (look === mine) look = null;
  if (mine.picture || mine.url) finish(mine);
}

// Gone from the page and from memory first, then said to the node.
function finish(mine) {
  clearInterval(mine.timer);
  mine.picture?.remove();
  if (mine.picture) mine.picture.src = "";
  if (mine.url) URL.revokeObjectURL(mine.url);
  byId("countdown").textContent = "";
  const shown = mine.began ? (performance.now() - mine.began) / 1000 : 0;
  mine.picture = mine.url = null;
  if (mine.id) ended(mine, shown);
}

async function ended(mine, seconds) {
  try {
    const answer = await post(`/console/reveals/${mine.id}/ended`, { seconds: seconds.toFixed(3) }, { keepalive: true });
    if (answer.ok && byId("left-today")) byId("left-today").textContent = (await answer.json()).left;
  } catch {
    // What was granted counts whole then.
  }
}

async function notShown(answer) {
  if (answer.status === 401) return shutOut(await answer.text());
  const problem = await answer.json().catch(() => ({})); // what is no JSON is a page for people
  byId("reveal-said").textContent = problem.said ?? problem.detail ?? answer.statusText;
  byId("reveal-said").hidden = false;
  if (problem.code === "cases.not_held") lapse();
}

if (button) {
  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const onButton = event.target === button && (event.key === " " || event.key === "Enter");
    if (onButton || (event.key === "r" && lettersOn())) {
      event.preventDefault();
      beginLook();
    }
  });
  document.addEventListener("keyup", (event) => {
    if (["r", " ", "Enter"].includes(event.key)) endLook();
  });
  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    button.setPointerCapture(event.pointerId); // the page may move below it
    beginLook();
  });
  for (const kind of ["pointerup", "pointercancel", "lostpointercapture"]) button.addEventListener(kind, () => endLook());
  button.addEventListener("contextmenu", (event) => event.preventDefault());
}
for (const kind of ["blur", "pagehide"]) addEventListener(kind, () => endLook());
document.addEventListener("visibilitychange", () => document.hidden && endLook());
document.addEventListener("tocsin:blank", () => endLook());
document.addEventListener("keydown", (event) => event.key === "Escape" && endLook());
