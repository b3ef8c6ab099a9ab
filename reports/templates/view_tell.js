// Tells in words what the picture shows: the card of the selected one, tooltips, banner, tables.
// Names beyond this are cut in words about them; files and the search have the whole.
const LONG = 160;
const hover = element("div", {id: "hover", hidden: true});
byId("net").append(hover);

function tell(text, x, y, holder = byId("net")) {
  holder.append(hover);
  hover.textContent = text;
  hover.hidden = false;
  hover.style.left = Math.max(4, Math.min(x + 14, holder.clientWidth - hover.offsetWidth - 8)) + "px";
  hover.style.top = Math.max(4, Math.min(y + 14, holder.clientHeight - hover.offsetHeight - 8)) + "px";
}

// A figure in words; an unknown one with its reason.
const told = (key, k) => value(key, k) === null ? `${TEXT.unknown} (${why(key, k)})` : say(key, value(key, k));

function tellNode(k) {
  const node = DATA.nodes[k], keys = [...new Set([state.size, state.color, "sold", "bought"])].filter((key) => figureOf.has(key));
  return [cut(node.name, 4 * LONG), cut(node.role, LONG), ...keys.map((key) => figureOf.get(key).label + ": " + told(key, k))].filter(Boolean).join("\n");
}

const nameOf = (k) => cut(DATA.nodes[k].name, LONG);
const tellLink = (link) => `${nameOf(link.src)} → ${nameOf(link.dst)}\n${say("value", link.value)}`;

function fillCard() {
  const card = byId("card"), head = card.querySelector("h2"), near = spotlight();
  byId("choice").hidden = state.who < 0;
  byId("clear").hidden = state.who < 0;
  if (state.who < 0) { card.replaceChildren(head, element("p", {class: "soft"}, TEXT.none)); return; }
  const k = state.who, node = DATA.nodes[k];
  card.replaceChildren(head, element("b", {}, cut(node.name, LONG)));
  if (!yearNow().present[k]) { card.append(element("p", {class: "soft"}, TEXT.absent)); return; }
  const list = element("dl");
  const put = (name, text) => list.append(element("dt", {}, name), element("dd", {}, text));
  if (node.pid) put(TEXT.id, node.pid);
  if (node.role) put(TEXT.role, cut(node.role, LONG));
  if (DATA.coreKnown) put(TEXT.core, coreSaid(k));
  for (const key of new Set(["sold", "bought", "out", "in", state.size, state.color])) if (figureOf.has(key)) put(figureOf.get(key).label, told(key, k));
  card.append(list);
  if (node.link) card.append(element("p", {}, element("a", {href: node.link}, TEXT.open)));
  if (near && near.path) { card.append(...pathTold(near)); return; }
  const partners = shown().links.filter((link) => link.src === k || link.dst === k).slice(0, 6);
  if (!partners.length) return;
  card.append(element("b", {}, TEXT.partners), element("ul", {}, ...partners.map((link) => {
    const other = link.src === k ? link.dst : link.src;
    return element("li", {}, link.src === k ? "→ " : "← ", element("a", {href: "#who=" + encodeURIComponent(DATA.nodes[other].pid || DATA.nodes[other].id), "data-who": other}, cut(DATA.nodes[other].name, LONG)), ": " + say("value", link.value));
  })));
}

function pathTold({path, back}) {
  const names = {from: nameOf(state.who), to: nameOf(state.to)};
  const fill = (text) => text.replace(/\{(from|to|n)\}/g, (_, key) => key === "n" ? path.length : names[key]);
  if (!path.length) return [element("p", {}, fill(TEXT.no_path))];
  return [element("p", {}, fill(back ? TEXT.path_back : TEXT.path)), element("ol", {}, ...path.map((link) =>
    element("li", {}, `${nameOf(link.src)} → ${nameOf(link.dst)}: ${say("value", link.value)}`)))];
}

function fillStatus() {
  const year = yearNow(), {links, sum} = shown();
  byId("yearshown").textContent = String(year.year);
  byId("year").setAttribute("aria-valuetext", String(year.year));
  byId("facts").textContent = year.year + ": " + year.facts;
  const [beyond, said] = year.beyond;
  byId("beyond").textContent = said;
  byId("beyond").className = "beyond " + beyond;
  byId("beyond").hidden = !said;
  document.querySelectorAll(".yearof").forEach((item) => { item.textContent = String(year.year); });
  byId("count").textContent = year.total === 0 ? TEXT.empty : TEXT.links_shown.replace("{n}", whole.format(links.length))
    .replace("{m}", whole.format(year.total)).replace("{v}", share(year.totalValue ? sum / year.totalValue : 0));
  const least = links.length ? links[links.length - 1].value : null;
  byId("leastshown").textContent = least === null ? DASH : TEXT.at_least.replace("{v}", money(least)).replace("{unit}", DATA.currency);
  byId("least").setAttribute("aria-valuetext", byId("leastshown").textContent);
}

function fillLegend() {
  for (const part of ["core", "role"]) byId("legend-" + part).hidden = state.color !== part;
  const box = byId("legend-figure"), figure = figureOf.get(state.color);
  box.hidden = !figure;
  if (figure) {
    const {low, high} = rangeOf(state.color);
    byId("scale-label").textContent = figure.label;
    byId("scale-low").textContent = low > high ? DASH : say(state.color, low);
    byId("scale-high").textContent = low > high ? DASH : say(state.color, high);
  }
  byId("legend-links").hidden = state.who < 0;
}

// Tables hold what is shown; they are made when the reader lets go of a slider, some rows at a time.
function fillTables() {
  const {links, seen} = shown(), year = yearNow();
  const traded = (k) => value("volume", k) ?? -1;
  const order = NODES.filter((k) => seen[k]).sort((a, b) => (year.core[b] || 0) - (year.core[a] || 0) || traded(b) - traded(a) || a - b);
  const texts = (name, title, raws, style = "t a") => {
    const held = [...new Set(raws)], place = new Map(held.map((text, at) => [text, at]));
    return {c: name, l: title, k: style, i: raws.map((text) => text === "" || text === null ? -1 : place.get(text)), d: held};
  };
  const people = [nameColumn("name", TEXT.name, order), texts("participant_id", TEXT.id, order.map((k) => DATA.nodes[k].pid)),
                  texts("role", TEXT.role, order.map((k) => DATA.nodes[k].role), "t")];
  if (DATA.coreKnown) people.push({...texts("in_core", TEXT.core, order.map((k) => coreOf(k) === null ? "" : coreSaid(k))), k: "t"});
  for (const {key, meaning} of DATA.figureList) {
    const said = year.why[key] || {};
    people.push({c: key, l: label(key), m: meaning, k: "n", v: order.map((k) => value(key, k)), t: order.map((k) => tidy(key, value(key, k))),
                 w: order.map((k) => said[k])});
  }
  const stem = DATA.file + "-" + year.year;
  drawTable("nodes-table", people, order.length, stem + "-participants");
  const flows = [nameColumn("supplier", TEXT.supplier, links.map((link) => link.src)), nameColumn("buyer", TEXT.buyer, links.map((link) => link.dst)),
                 {c: "value", l: TEXT.value + ", " + DATA.currency, k: "n", v: links.map((link) => link.value), t: links.map((link) => money(link.value))},
                 {c: "share", l: TEXT.share, k: "n", v: links.map((link) => year.totalValue ? link.value / year.totalValue : null), t: links.map((link) => share(link.value / year.totalValue))}];
  drawTable("links-table", flows, links.length, stem + "-links");
  if (state.view === "matrix") fillBlocks();
}

const tidy = (key, amount) => amount === null ? "" : WRITTEN[kindOf(key)](amount);

// A name selects its participant: the address of the selection is its link.
function nameColumn(name, title, nodes) {
  return {c: name, l: title, k: "t a", i: nodes, d: DATA.nodes.map((node) => cut(node.name, LONG)), r: DATA.nodes.map((node) => name === "name" ? node.name : node.pid || node.name),
          a: DATA.nodes.map((node) => "#who=" + encodeURIComponent(node.pid || node.id))};
}

const tables = new Map();
function drawTable(id, columns, rows, file) {
  const host = byId(id), before = tables.get(id);
  if (!rows) { host.replaceChildren(element("p", {class: "soft"}, TEXT.nothing)); tables.delete(id); return; }
  const table = {columns, first: columns.map((column) => column.c), rows};
  const made = new Drawn(host, table, all(table), file);
  if (before && (before.state.q || before.state.sort)) { made.search.value = before.state.q; made.change({q: before.state.q, sort: before.state.sort}); }
  tables.set(id, made);
}
