"use strict";
// One cluster's network. Names reach the page as text nodes, canvas labels and field values only.
const DATA = JSON.parse(document.getElementById("data").textContent);
const LANG = document.documentElement.lang;
const byId = (id) => document.getElementById(id);
const number = new Intl.NumberFormat(LANG, {maximumSignificantDigits: 4});
const percent = new Intl.NumberFormat(LANG, {style: "percent", maximumFractionDigits: 1});
const DASH = "—";
const say = (value) => value === null ? DASH : number.format(value);
const N = DATA.nodes.length;
const OUT_BUYERS = "n" + N;
const OUT_SUPPLIERS = "n" + (N + 1);
const LINK = {color: "rgba(90,105,125,.42)", highlight: "#d55e00", hover: "#0072b2"};
const state = {at: Math.max(0, DATA.years.findIndex((y) => y.year === DATA.start)), share: 0, selected: -1, match: -1};

// Links of a year as objects, the largest first.
const linksOf = DATA.years.map((year) => {
  const made = [];
  for (let k = 0; k < year.links.length; k += 4) {
    made.push({src: year.links[k], dst: year.links[k + 1], value: year.links[k + 2], width: year.links[k + 3]});
  }
  return made.sort((a, b) => b.value - a.value);
});

const nodes = new vis.DataSet();
const edges = new vis.DataSet();
const network = new vis.Network(byId("net"), {nodes, edges}, {
  physics: false,
  layout: {improvedLayout: false},
  nodes: {font: {size: 19, color: "#1c2430", strokeWidth: 4, strokeColor: "#ffffff"}, borderWidth: 1.5},
  edges: {smooth: false, arrows: {to: {enabled: true, scaleFactor: 0.45}}, color: LINK, selectionWidth: 1.5, hoverWidth: 1},
  interaction: {hover: true, keyboard: {enabled: true, bindToWindow: false}, multiselect: false, tooltipDelay: 1e9},
});

function shownLinks() {
  const all = linksOf[state.at];
  const kept = Math.max(all.length ? 1 : 0, Math.round(all.length * (1 - state.share / 100)));
  return all.slice(0, kept);
}

function shapeOf(k) {
  const core = DATA.years[state.at].core[k];
  return core === 1 ? "diamond" : "dot";
}

function colorOf(k) {
  const mode = document.querySelector("input[name=color]:checked").value;
  const core = DATA.years[state.at].core[k];
  return mode === "role" ? DATA.nodes[k].color : DATA.coreColors[core === null ? 2 : core];
}

const ruler = document.createElement("canvas").getContext("2d");

// Where each name goes: below its mark, above it, or nowhere when both places are taken; the core and the
// most active choose first. Everything is in the coordinates of the picture, so zooming changes nothing.
function namePlaces(year, size) {
  const order = [];
  for (let k = 0; k < N; k++) if (year.present[k]) order.push(k);
  const rank = (k) => (k === state.selected) * 1e9 + (year.core[k] === 1) * 1e6 + year.size[k];
  order.sort((a, b) => rank(b) - rank(a) || a - b);
  ruler.font = `${size}px arial`;
  const marks = order.map((k) => ({k, x: year.x[k], y: year.y[k], w: year.size[k], h: year.size[k]}));
  const names = [];
  const meet = (a, b) => Math.abs(a.x - b.x) < a.w + b.w && Math.abs(a.y - b.y) < a.h + b.h;
  const places = new Map();
  for (const k of order) {
    const away = year.size[k] + size * 0.75;
    const box = {w: ruler.measureText(DATA.nodes[k].label).width / 2 + 3, h: size * 0.6, x: year.x[k]};
    for (const [vadjust, y] of [[0, year.y[k] + away], [-2 * away, year.y[k] - away]]) {
      const tried = {...box, y};
      if (names.some((other) => meet(tried, other)) || marks.some((mark) => mark.k !== k && meet(tried, mark))) continue;
      names.push(tried);
      places.set(k, vadjust);
      break;
    }
  }
  return places;
}

function drawNodes() {
  const year = DATA.years[state.at];
  const present = year.present.filter(Boolean).length;
  const size = 19 * Math.min(1.6, Math.max(1, present / 30));
  const places = namePlaces(year, size);
  const made = [];
  for (let k = 0; k < N; k++) {
    const named = byId("labels").checked || places.has(k) || k === state.selected;
    made.push({
      id: DATA.nodes[k].id, label: named ? DATA.nodes[k].label : " ", x: year.x[k], y: year.y[k],
      size: year.size[k], shape: shapeOf(k), hidden: !year.present[k], font: {size, vadjust: places.get(k) || 0},
      color: {background: colorOf(k), border: "#39424e", highlight: {background: colorOf(k), border: "#000000"},
              hover: {background: colorOf(k), border: "#000000"}},
    });
  }
  const reach = Math.max(300, ...year.x.map(Math.abs), ...year.y.map(Math.abs)) + 260;
  const open = byId("outside").checked;
  const box = {shape: "box", color: {background: "#ffffff", border: "#39424e"}, font: {size: 18, color: "#1c2430"}, hidden: !open, y: 0};
  made.push({id: OUT_BUYERS, label: TEXT.outside_buyers, x: reach, ...box});
  made.push({id: OUT_SUPPLIERS, label: TEXT.outside_suppliers, x: -reach, ...box});
  nodes.update(made);
}

function drawLinks() {
  const year = DATA.years[state.at];
  const shown = shownLinks();
  // Many links lie upon one another: the more there are, the fainter each is.
  const alpha = Math.max(0.12, 0.42 * Math.min(1, 250 / Math.max(1, shown.length))).toFixed(2);
  const made = shown.map((link, k) => ({id: "e" + k, from: DATA.nodes[link.src].id, to: DATA.nodes[link.dst].id, width: link.width,
                                        color: {...LINK, color: `rgba(90,105,125,${alpha})`}}));
  if (byId("outside").checked) {
    for (let k = 0; k < N; k++) {
      const style = {width: 1, dashes: [5, 5], color: {color: "rgba(120,120,120,.35)"}};
      if (year.out[k]) made.push({id: "o" + k, from: DATA.nodes[k].id, to: OUT_BUYERS, ...style});
      if (year.in[k]) made.push({id: "i" + k, from: OUT_SUPPLIERS, to: DATA.nodes[k].id, ...style});
    }
  }
  edges.clear();
  edges.add(made);
  const value = shown.reduce((sum, link) => sum + link.value, 0);
  byId("count").textContent = year.total === 0 ? TEXT.empty : TEXT.links_shown
    .replace("{n}", number.format(shown.length)).replace("{m}", new Intl.NumberFormat(LANG).format(year.total))
    .replace("{v}", percent.format(year.totalValue ? value / year.totalValue : 0));
  const least = shown.length ? shown[shown.length - 1].value : null;
  byId("leastshown").textContent = least === null ? DASH : TEXT.at_least.replace("{v}", say(least)).replace("{unit}", DATA.currency);
}

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function tableOf(holder, file, caption, heads, rows) {
  // heads: [label, name, numeric]; rows: arrays of [text, raw, action]
  holder.replaceChildren();
  if (!rows.length) { holder.append(element("p", TEXT.empty, "soft")); return; }
  const box = element("div", undefined, "scroll");
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", caption);
  const table = element("table", undefined, "sortable");
  table.dataset.file = file;
  table.append(element("caption", caption));
  const headRow = table.createTHead().insertRow();
  heads.forEach(([label, name, numeric], k) => {
    const head = element("th", undefined, (numeric ? "n" : "") + (k === 0 ? " k" : ""));
    head.scope = "col";
    head.dataset.c = name;
    const sorter = element("button", label);
    sorter.type = "button";
    head.append(sorter);
    headRow.append(head);
  });
  const body = table.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    row.forEach(([text, raw, action], k) => {
      const cell = element("td", undefined, (heads[k][2] ? "n" : "t") + (k === 0 ? " k" : ""));
      cell.dataset.v = raw === null ? "" : String(raw);
      if (action) {
        const pick = element("button", text, "pick");
        pick.type = "button";
        pick.addEventListener("click", action);
        cell.append(pick);
      } else cell.textContent = text;
      line.append(cell);
    });
  }
  box.append(table);
  holder.append(box);
  enhance(table);
}

function fillTables() {
  const year = DATA.years[state.at];
  const unit = ", " + DATA.currency;
  const heads = [[TEXT.name, "name", false], [TEXT.id, "participant_id", false], [TEXT.role, "role", false]];
  if (DATA.coreKnown) heads.push([TEXT.core, "in_core", false]);
  const amounts = ["sold", "bought", "out", "in"];
  const scores = DATA.coreKnown ? ["supplier_coreness", "buyer_coreness", "cooperation_ratio"] : [];
  amounts.forEach((key) => heads.push([TEXT[key] + unit, key, true]));
  scores.forEach((key) => heads.push([TEXT[key], key, true]));
  const order = [...Array(N).keys()].filter((k) => year.present[k])
    .sort((a, b) => (year.core[b] || 0) - (year.core[a] || 0) || (year.sold[b] + year.bought[b]) - (year.sold[a] + year.bought[a]));
  const rows = order.map((k) => {
    const node = DATA.nodes[k];
    const row = [[node.name, node.name, () => choose(k, true)], [node.pid, node.pid], [node.role || DASH, node.role]];
    if (DATA.coreKnown) row.push(year.core[k] === null ? [DASH, ""] : [year.core[k] ? TEXT.yes : TEXT.no, Boolean(year.core[k])]);
    amounts.forEach((key) => row.push([say(year[key][k]), year[key][k]]));
    scores.forEach((key) => row.push([key === "cooperation_ratio" && year[key][k] !== null ? percent.format(year[key][k]) : say(year[key][k]), year[key][k]]));
    return row;
  });
  const stem = DATA.file + "-" + year.year;
  tableOf(byId("nodes-table"), stem + "-participants", TEXT.name, heads, rows);
  fillLinks();
}

function fillLinks() {
  const year = DATA.years[state.at];
  const heads = [[TEXT.supplier, "supplier", false], [TEXT.buyer, "buyer", false], [TEXT.value + ", " + DATA.currency, "value", true]];
  const rows = shownLinks().slice(0, 300).map((link) => {
    const [from, to] = [DATA.nodes[link.src], DATA.nodes[link.dst]];
    return [[from.name, from.pid || from.name, () => choose(link.src, true)], [to.name, to.pid || to.name, () => choose(link.dst, true)], [say(link.value), link.value]];
  });
  tableOf(byId("links-table"), DATA.file + "-" + year.year + "-links", TEXT.supplier, heads, rows);
}

function choose(k, focus) {
  state.selected = k;
  const node = DATA.nodes[k];
  const year = DATA.years[state.at];
  const card = byId("card");
  const head = card.querySelector("h2");
  card.replaceChildren(head, element("b", node.name));
  const list = element("dl");
  const put = (label, text) => list.append(element("dt", label), element("dd", text));
  if (node.pid) put(TEXT.id, node.pid);
  if (node.role) put(TEXT.role, node.role);
  if (DATA.coreKnown) put(TEXT.core, year.core[k] === null ? DASH : year.core[k] ? TEXT.yes : TEXT.no);
  for (const key of ["sold", "bought", "out", "in"]) put(TEXT[key], say(year[key][k]) + " " + DATA.currency);
  card.append(list);
  const partners = linksOf[state.at].filter((link) => link.src === k || link.dst === k).slice(0, 6);
  if (partners.length) {
    card.append(element("b", TEXT.partners));
    const lines = element("ul");
    for (const link of partners) {
      const arrow = link.src === k ? "→ " + DATA.nodes[link.dst].name : "← " + DATA.nodes[link.src].name;
      lines.append(element("li", arrow + ": " + say(link.value)));
    }
    card.append(lines);
  }
  drawNodes();
  network.selectNodes(year.present[k] ? [node.id] : []);
  if (focus && year.present[k]) network.focus(node.id, {scale: Math.max(0.9, network.getScale()), animation: false});
}

function draw(refit) {
  const year = DATA.years[state.at];
  byId("yearshown").textContent = String(year.year);
  byId("year").setAttribute("aria-valuetext", String(year.year));
  byId("facts").textContent = year.year + ": " + year.facts;
  document.querySelectorAll(".yearof").forEach((item) => { item.textContent = String(year.year); });
  drawNodes();
  drawLinks();
  fillTables();
  if (refit) fit();
}

function fit() {
  network.redraw();
  network.fit({nodes: nodes.get({filter: (node) => !node.hidden}).map((node) => node.id), animation: false});
}

function xml(text) {
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "").replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;").replaceAll('"', "&quot;").replaceAll("\n", "&#10;").replaceAll("\t", "&#9;").replaceAll("\r", "&#13;");
}

function graphText(kind) {
  const year = DATA.years[state.at];
  const keys = ["participant_id", "role", "core", "x", "y"];
  const present = [...Array(N).keys()].filter((k) => year.present[k]);
  const values = (k) => [DATA.nodes[k].pid, DATA.nodes[k].role, year.core[k] === null ? "" : String(Boolean(year.core[k])), year.x[k], year.y[k]];
  const links = shownLinks();
  if (kind === "gexf") {
    const attributes = keys.slice(0, 3).map((key, j) => `<attribute id="${j}" title="${key}" type="string"/>`).join("");
    const nodesText = present.map((k) => `<node id="n${k}" label="${xml(DATA.nodes[k].name)}"><attvalues>` + values(k).slice(0, 3)
      .map((v, j) => v === "" ? "" : `<attvalue for="${j}" value="${xml(String(v))}"/>`).join("") + `</attvalues><viz:position x="${year.x[k]}" y="${-year.y[k]}" z="0"/></node>`).join("\n");
    const linksText = links.map((l, j) => `<edge id="${j}" source="n${l.src}" target="n${l.dst}" weight="${l.value}"/>`).join("\n");
    return `<?xml version="1.0" encoding="UTF-8"?>\n<gexf xmlns="http://gexf.net/1.3" xmlns:viz="http://gexf.net/1.3/viz" version="1.3"><graph defaultedgetype="directed"><attributes class="node">${attributes}</attributes>\n<nodes>\n${nodesText}\n</nodes>\n<edges>\n${linksText}\n</edges></graph></gexf>\n`;
  }
  const declared = `<key id="name" for="node" attr.name="name" attr.type="string"/>` + keys.map((key) => `<key id="${key}" for="node" attr.name="${key}" attr.type="${key.length === 1 ? "double" : "string"}"/>`).join("")
    + `<key id="weight" for="edge" attr.name="weight" attr.type="double"/>`;
  const nodesText = present.map((k) => `<node id="n${k}"><data key="name">${xml(DATA.nodes[k].name)}</data>` + values(k)
    .map((v, j) => v === "" ? "" : `<data key="${keys[j]}">${xml(String(v))}</data>`).join("") + "</node>").join("\n");
  const linksText = links.map((l) => `<edge source="n${l.src}" target="n${l.dst}"><data key="weight">${l.value}</data></edge>`).join("\n");
  return `<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">${declared}\n<graph edgedefault="directed">\n${nodesText}\n${linksText}\n</graph></graphml>\n`;
}

function picture() {
  // A white ground: the canvas itself is transparent.
  const drawn = byId("net").querySelector("canvas");
  const copy = document.createElement("canvas");
  copy.width = drawn.width;
  copy.height = drawn.height;
  const pen = copy.getContext("2d");
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, copy.width, copy.height);
  pen.drawImage(drawn, 0, 0);
  copy.toBlob((blob) => save(DATA.file + "-" + DATA.years[state.at].year + ".png", "image/png", blob), "image/png");
}

const hover = element("div");
hover.id = "hover";
hover.hidden = true;
byId("net").append(hover);
function tell(text, pointer) {
  hover.textContent = text;
  hover.hidden = false;
  const room = byId("net").clientWidth - hover.offsetWidth - 8;
  hover.style.left = Math.max(4, Math.min(pointer.x + 14, room)) + "px";
  hover.style.top = Math.max(4, Math.min(pointer.y + 14, byId("net").clientHeight - hover.offsetHeight - 8)) + "px";
}
network.on("hoverNode", (event) => {
  const k = Number(event.node.slice(1));
  const year = DATA.years[state.at];
  if (k >= N) { tell(k === N ? TEXT.outside_buyers : TEXT.outside_suppliers, event.pointer.DOM); return; }
  const node = DATA.nodes[k];
  tell([node.name, node.role, TEXT.sold + ": " + say(year.sold[k]), TEXT.bought + ": " + say(year.bought[k])].filter(Boolean).join("\n"), event.pointer.DOM);
});
network.on("hoverEdge", (event) => {
  if (event.edge[0] !== "e") return;
  const link = shownLinks()[Number(event.edge.slice(1))];
  if (link) tell(DATA.nodes[link.src].name + " → " + DATA.nodes[link.dst].name + "\n" + say(link.value) + " " + DATA.currency, event.pointer.DOM);
});
for (const name of ["blurNode", "blurEdge", "dragStart", "zoom"]) network.on(name, () => { hover.hidden = true; });
network.on("selectNode", (event) => {
  const k = Number(event.nodes[0].slice(1));
  if (k < N) choose(k, false);
});

function search(step) {
  const sought = byId("search").value.trim().toLowerCase();
  const year = DATA.years[state.at];
  const matches = [...Array(N).keys()].filter((k) => year.present[k] && sought
    && (DATA.nodes[k].name.toLowerCase().includes(sought) || DATA.nodes[k].pid.toLowerCase().includes(sought)));
  if (!sought) { byId("found").textContent = ""; return; }
  if (!matches.length) { byId("found").textContent = TEXT.no_match; return; }
  state.match = step ? (state.match + 1) % matches.length : 0;
  const k = matches[state.match];
  byId("found").textContent = TEXT.match.replace("{i}", state.match + 1).replace("{n}", matches.length).replace("{name}", () => DATA.nodes[k].name);
  choose(k, true);
}
byId("search").addEventListener("input", () => search(false));
byId("search").addEventListener("keydown", (event) => { if (event.key === "Enter") search(true); });

byId("year").value = state.at;
byId("year").addEventListener("input", (event) => {
  state.at = Number(event.target.value);
  draw(true);
  if (state.selected >= 0) choose(state.selected, false);
});
byId("least").addEventListener("input", (event) => { state.share = Number(event.target.value); drawLinks(); fillLinks(); });
document.querySelectorAll("input[name=color]").forEach((radio) => radio.addEventListener("change", () => {
  byId("legend-core").hidden = radio.value !== "core";
  byId("legend-role").hidden = radio.value !== "role";
  drawNodes();
}));
byId("outside").addEventListener("change", () => { drawNodes(); drawLinks(); fit(); });
byId("labels").addEventListener("change", drawNodes);
byId("fit").addEventListener("click", fit);
byId("png").addEventListener("click", picture);
for (const kind of ["gexf", "graphml"]) {
  byId(kind).addEventListener("click", () => save(DATA.file + "-" + DATA.years[state.at].year + "." + kind, "application/xml", graphText(kind)));
}

if (DATA.startLinks && linksOf[state.at].length > DATA.startLinks) {
  state.share = Math.ceil(100 * (1 - DATA.startLinks / linksOf[state.at].length));
  byId("least").value = state.share;
}
draw(true);
