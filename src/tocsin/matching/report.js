"use strict";
(() => {
  const PAGE = 25, SECONDS = 10;
  const all = JSON.parse(document.getElementById("data").textContent);
  const list = document.getElementById("items"), place = document.getElementById("place");
  const previous = document.getElementById("previous"), next = document.getElementById("next");
  let state = "match", page = 0;

  const make = (name, text = "", attributes = {}) => {
    const element = document.createElement(name);
    element.textContent = text;
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };

  const distance = (match) => {
    const cell = make("td");
    if (match.type !== "pdq") { cell.textContent = "equal"; return cell; }
    const words = `${match.distance} of ${match.radius}`;
    // Fuller is closer: an empty bar is a match at the very edge of the radius.
    const most = Math.max(1, match.radius);
    cell.append(make("meter", words, { min: 0, max: most, value: most - match.distance, "aria-label": `distance ${words}` }), ` ${words}`);
    return cell;
  };

  const COLUMNS = ["", "bank", "entry", "type", "distance", "view", "orientation", "dialect", "labels"];
  const table = (item) => {
    const rows = item.matches.map((match) => ["match", match])
      .concat(item.suppressed.map((match) => [match.by ? `suppressed by ${match.by.bank} ${match.by.entry}` : "allowed", match]));
    if (!rows.length) return null;
    const result = make("table"), head = make("tr"), body = make("tbody");
    for (const column of COLUMNS) head.append(make("th", column, { scope: "col" }));
    for (const [what, match] of rows) {
      const row = make("tr");
      const labels = match.labels.map((label) => [label.scheme, label.version, label.code].filter(Boolean).join(" ")).join("; ");
      row.append(make("td", what), make("td", match.bank), make("td", match.entry), make("td", match.type), distance(match),
        make("td", match.view ?? ""), make("td", match.orientation ?? ""), make("td", match.dialect ?? ""), make("td", labels));
      body.append(row);
    }
    const top = make("thead");
    top.append(head);
    result.append(top, body);
    const wide = make("div", "", { class: "wide" });
    wide.append(result);
    return wide;
  };

  const listed = (rows, what) => {
    const list = make("ul", "", { class: what });
    for (const words of rows) list.append(make("li", words));
    return list;
  };

  const origin = (item) => {
    const box = make("div", "", { class: "origin" }), signs = item.origin;
    if (raised(item, "may_depict_a_person")) {
      box.append(make("p", "A real person may be depicted", { class: "derived" }),
        listed(signs.derivation.map(([kind, found]) => `${kind}: ${found}`), "derivation"));
      for (const caveat of signs.caveats) box.append(make("p", `Mind: ${caveat}`, { class: "caveat" }));
    }
    if (signs.contradictions.length) box.append(make("p", "Signs that do not fit together", { class: "derived" }), listed(signs.contradictions, "contradictions"));
    const details = make("details"), rows = signs.items.map(([strength, direction, found, rule]) => `${strength} ${direction}: ${found} [${rule}]`);
    const failed = signs.failed.map(([reader, reason]) => `could not be read: ${reader}: ${reason}`);
    details.append(make("summary", "Signs of origin"), make("p", signs.summary), listed(rows.concat(failed), "signs"));
    box.append(details);
    return box;
  };

  const raised = (item, reason) => item.origin !== null && item.origin.raises.includes(reason);
  const STATES = {
    match: (item) => item.state === "match",
    derived: (item) => raised(item, "may_depict_a_person"),
    captured: (item) => raised(item, "may_be_captured"),
    contradicted: (item) => raised(item, "contradicted"),
    origin: (item) => item.origin !== null,
    suppressed: (item) => item.state === "suppressed",
    refused: (item) => item.state === "refused",
    all: () => true,
  };

  const picture = (item) => {
    const box = make("div", "", { class: "picture" });
    if (!item.preview) { box.append(make("div", item.kind === "image" ? "not decoded" : item.kind, { class: "none" })); return box; }
    const blurred = `data:image/png;base64,${item.preview}`;
    const image = make("img", "", { src: blurred, alt: "coarse grey blur of the picture" });
    box.append(image);
    if (!item.original) { box.append(make("p", "inside an archive: unpack it to look at it")); return box; }
    const button = make("button", "Show original", { type: "button" });
    let timer = 0;
    const hide = () => {
      clearTimeout(timer);
      image.src = blurred; image.alt = "coarse grey blur of the picture"; button.textContent = "Show original";
    };
    button.addEventListener("click", () => {
      if (button.textContent !== "Show original") { hide(); return; }
      image.src = item.original; image.alt = "the original, in grey"; button.textContent = "Hide";
      timer = setTimeout(hide, SECONDS * 1000);
    });
    image.addEventListener("error", () => { hide(); button.disabled = true; button.textContent = "Cannot be shown here"; });
    box.append(button);
    return box;
  };

  const card = (item) => {
    const entry = make("li"), words = make("div");
    words.append(make("h3", item.member === null ? item.path : `${item.path}, member ${item.member}`));
    const line = make("p", item.sha256 ? `${item.kind}, ${item.bytes.toLocaleString("en")} bytes. ` : "");
    line.prepend(make("span", `${item.state || "no match"}. `, { class: `state ${item.state}` }));
    words.append(line);
    const found = table(item);
    if (found) words.append(found);
    if (item.refused) {
      const why = make("p", `${item.refused.message.replace(/\.$/, "")}. ${item.refused.advice} `);
      why.append(make("code", item.refused.code));
      words.append(why);
    }
    if (item.too_plain.length) words.append(make("p", `Too plain to be compared by PDQ: ${item.too_plain.join(", ")}.`));
    if (item.origin) words.append(origin(item));
    if (item.sha256) words.append(make("code", `sha256 ${item.sha256}`));
    entry.append(picture(item), words);
    return entry;
  };

  const show = () => {
    const items = all.filter(STATES[state]);
    const pages = Math.max(1, Math.ceil(items.length / PAGE));
    page = Math.min(Math.max(page, 0), pages - 1);
    list.replaceChildren(...items.slice(page * PAGE, (page + 1) * PAGE).map(card));
    place.textContent = items.length ? `page ${page + 1} of ${pages}, ${items.length.toLocaleString("en")} files` : "none";
    previous.disabled = page === 0;
    next.disabled = page === pages - 1;
  };

  // The first filter that has something to show is the one to begin with; each says how much it has.
  const radios = [...document.querySelectorAll("#filter input")];
  for (const radio of radios) {
    const count = all.filter(STATES[radio.value]).length;
    radio.parentElement.append(` (${count.toLocaleString("en")})`);
    radio.dataset.count = count;
  }
  const first = radios.find((radio) => radio.dataset.count !== "0") ?? radios[0];
  first.checked = true;
  state = first.value;

  document.getElementById("filter").addEventListener("change", (event) => { state = event.target.value; page = 0; show(); });
  previous.addEventListener("click", () => { page -= 1; show(); });
  next.addEventListener("click", () => { page += 1; show(); });
  show();
})();
