// Puts the parts together: what the reader does, and what follows from it.
state.pointed = -1;

// The picture follows at once; tables and address when the hand is off the slider.
let later = 0;
function settle() {
  clearTimeout(later);
  // The first time after the first picture: nothing below it may delay it.
  later = setTimeout(() => { fillTables(); keep(); }, tables.size ? 120 : 500);
}

function picture(refit) {
  if (state.view === "matrix") drawMatrix(); else repaint(refit);
}

function step(refit) {
  fillStatus();
  picture(refit);
}

function changed(refit) {
  step(refit);
  fillLegend();
  fillCard();
  settle();
}

function choose(k, centre) {
  state.who = k;
  if (k < 0 || state.to === k) state.to = -1;
  controls();
  changed(false);
  if (centre && k >= 0 && yearNow().present[k] && state.view === "net") {
    network.moveTo({position: {x: yearNow().x[k] * stretch(), y: yearNow().y[k]}, scale: Math.max(0.9, network.getScale()), animation: false});
  }
}

function search(field, next) {
  const sought = field.value.trim().toLowerCase(), said = byId(field.id === "search" ? "found" : "tofound");
  const matches = NODES.filter((k) => yearNow().present[k] && sought && (field.id === "search" || k !== state.who)
    && (DATA.nodes[k].name.toLowerCase().includes(sought) || DATA.nodes[k].pid.toLowerCase().includes(sought)));
  if (!sought || !matches.length) {
    said.textContent = sought ? TEXT.no_match : "";
    if (field.id === "to" && state.to >= 0) { state.to = -1; changed(false); }
    return;
  }
  state.match = next ? (state.match + 1) % matches.length : 0;
  const k = matches[state.match];
  said.textContent = TEXT.match.replace("{i}", state.match + 1).replace("{n}", matches.length).replace("{name}", () => nameOf(k));
  if (field.id === "search") choose(k, true);
  else { state.to = k; changed(false); }
}
for (const id of ["search", "to"]) {
  byId(id).addEventListener("input", (event) => search(event.target, false));
  byId(id).addEventListener("keydown", (event) => { if (event.key === "Enter") search(event.target, true); });
}

// Controls show the state, however it came about.
function controls() {
  byId("year").value = state.at;
  byId("least").value = state.share;
  byId("depth").value = String(state.depth);
  for (const key of ["role", "product", "stage", "size", "color"]) byId(key).value = state[key];
  for (const key of ["outside", "labels"]) byId(key).checked = state[key];
  for (const view of ["net", "matrix"]) {
    byId("as-" + view).setAttribute("aria-pressed", String(state.view === view));
    byId(view + "-part").hidden = state.view !== view;
  }
  if (state.to < 0 && document.activeElement !== byId("to")) byId("to").value = byId("tofound").textContent = "";
}

function option(select, value, text) { select.append(element("option", {value}, text)); }
for (const entry of DATA.legend) option(byId("role"), entry.role || "-", cut(entry.label, 60));
DATA.productList.forEach((text, place) => option(byId("product"), String(place), cut(text, 60)));
for (const stageKey of allStages()) option(byId("stage"), stageKey, stageSaid(stageKey));
for (const figure of DATA.figureList) for (const key of ["size", "color"]) option(byId(key), figure.key, figure.label);
option(byId("size"), "none", TEXT.same_size);
for (const [key, few] of [["role", DATA.legend.length < 2], ["product", !DATA.productList.length], ["stage", !allStages().length]]) byId(key).parentElement.hidden = few;
if (!figureOf.has("volume")) state.size = START.size = "none";

byId("year").addEventListener("input", (event) => { state.at = Number(event.target.value); step(true); settle(); });
byId("year").addEventListener("change", () => { fillCard(); fillLegend(); });
byId("least").addEventListener("input", (event) => { state.share = Number(event.target.value); step(false); settle(); });
byId("least").addEventListener("change", fillCard);
byId("depth").addEventListener("change", (event) => { state.depth = Number(event.target.value); changed(false); });
for (const key of ["role", "product", "stage", "size", "color"]) byId(key).addEventListener("change", (event) => { state[key] = event.target.value; changed(false); });
byId("outside").addEventListener("change", (event) => { state.outside = event.target.checked; changed(true); });
byId("labels").addEventListener("change", (event) => { state.labels = event.target.checked; changed(false); });
byId("fit").addEventListener("click", fit);
byId("clear").addEventListener("click", () => { byId("search").value = byId("found").textContent = ""; choose(-1, false); byId("search").focus(); });
byId("reset").addEventListener("click", () => { Object.assign(state, START); byId("search").value = byId("found").textContent = ""; controls(); changed(true); });
for (const view of ["net", "matrix"]) byId("as-" + view).addEventListener("click", () => { state.view = view; controls(); changed(view === "net"); });

byId("net").addEventListener("mousemove", (event) => {
  const box = byId("net").getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
  const found = at(network.DOMtoCanvas({x, y}));
  if (found.k !== undefined) tell(tellNode(found.k), x, y);
  else if (found.link) tell(tellLink(found.link), x, y);
  else hover.hidden = true;
  const pointed = found.k === undefined ? -1 : found.k;
  if (pointed !== state.pointed) { state.pointed = pointed; network.redraw(); }
});
byId("net").addEventListener("mouseleave", () => { hover.hidden = true; });
for (const name of ["dragStart", "zoom"]) network.on(name, () => { hover.hidden = true; });
network.on("click", (event) => {
  const {k} = at(event.pointer.canvas);
  if (k !== undefined && event.event.srcEvent && event.event.srcEvent.shiftKey && state.who >= 0 && k !== state.who) {
    state.to = k;
    byId("to").value = DATA.nodes[k].name;
    changed(false);
  } else choose(k === undefined ? -1 : k, false);
});
network.on("resize", () => { if (state.view === "net" && painted) repaint(true); });
addEventListener("resize", () => { if (state.view === "matrix") drawMatrix(); });
darkness.addEventListener("change", () => picture(false));

// A name in a table or on the card is a link to its selection: it keeps the rest of what was chosen.
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest('a[href^="#who="]') : null;
  if (!link) return;
  event.preventDefault();
  const k = nodeOf(new URLSearchParams(link.hash.slice(1)).get("who"));
  if (k >= 0) choose(k, true);
});
function follow() {
  takeAddress();
  if (state.to >= 0) byId("to").value = DATA.nodes[state.to].name;
  controls();
  changed(true);
}
addEventListener("hashchange", follow);

const most = linksOf(state.at, "").length;
if (DATA.startLinks && most > DATA.startLinks) state.share = START.share = Math.ceil(100 * (1 - DATA.startLinks / most));
follow();
