// The supply matrix: suppliers down, buyers across, the core first, then by stage of the chain.
const MARGIN = 132;
let cells = null;

function ordered() {
  const {seen} = shown(), level = (k) => value("stage", k);
  const group = (k) => coreOf(k) === 1 ? 0 : coreOf(k) === 0 ? 1 : 2;
  return NODES.filter((k) => seen[k]).sort((a, b) => group(a) - group(b)
    || (level(a) === null) - (level(b) === null) || (level(a) === null ? 0 : level(a) - level(b)) || (value("volume", b) || 0) - (value("volume", a) || 0) || a - b);
}

const groupOf = (k) => (DATA.coreKnown ? coreOf(k) === 1 ? TEXT.group_core : coreOf(k) === 0 ? TEXT.group_rest : TEXT.group_unknown : "");
const blockOf = (k) => [groupOf(k), figureOf.has("stage") ? stageSaid(stageOf(k)) : ""].filter(Boolean).join(", ");

// Runs of equal neighbours: [text, from, to).
function runs(order, text) {
  const found = [];
  order.forEach((k, at) => {
    const said = text(k);
    if (found.length && found[found.length - 1][0] === said) found[found.length - 1][2] = at + 1;
    else found.push([said, at, at + 1]);
  });
  return found;
}

function drawMatrix() {
  const canvas = byId("matrix"), look = theme(), order = ordered(), n = order.length;
  const place = new Map(order.map((k, at) => [k, at]));
  const side = Math.min(canvas.parentElement.clientWidth, 900), margin = Math.min(MARGIN, side * 0.3);
  const ratio = window.devicePixelRatio || 1, size = n ? (side - margin - 2) / n : 0;
  canvas.width = canvas.height = Math.round(side * ratio);
  canvas.style.width = canvas.style.height = side + "px";
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.fillStyle = look.ground;
  pen.fillRect(0, 0, side, side);
  cells = {order, size, margin, values: new Map()};
  if (!n) return;
  const {links} = shown(), near = spotlight();
  for (const link of links) {
    const row = place.get(link.src), column = place.get(link.dst);
    cells.values.set(row * n + column, link);
    pen.globalAlpha = near && !near.links.has(link) ? 0.25 : 1;
    // The largest stand out most: dark on a light ground, light on a dark one.
    const large = RANGE.span > 0 ? Math.log(link.value / RANGE.low) / RANGE.span : 1;
    pen.fillStyle = scaleColor(darkness.matches ? 0.15 + 0.85 * large : 1 - large);
    const gap = size > 6 ? 0.5 : 0;
    pen.fillRect(margin + column * size + gap, margin + row * size + gap, Math.max(1, size - 2 * gap), Math.max(1, size - 2 * gap));
  }
  pen.globalAlpha = 1;
  pen.strokeStyle = look.edge;
  const lineAt = (at, width) => {
    pen.lineWidth = width;
    pen.beginPath();
    pen.moveTo(margin + at * size, margin);
    pen.lineTo(margin + at * size, side - 2);
    pen.moveTo(margin, margin + at * size);
    pen.lineTo(side - 2, margin + at * size);
    pen.stroke();
  };
  pen.globalAlpha = 0.35;
  for (const [, , to] of runs(order, blockOf)) if (to < n) lineAt(to, 0.6);
  pen.globalAlpha = 1;
  for (const [, , to] of runs(order, groupOf)) if (to < n) lineAt(to, 1.8);
  pen.lineWidth = 1;
  pen.strokeRect(margin, margin, n * size, n * size);
  labelMatrix(pen, look, order, size, margin);
}

// Names where they can be read, otherwise the blocks.
function labelMatrix(pen, look, order, size, margin) {
  const named = size >= 11, rows = named ? order.map((k, at) => [DATA.nodes[k].name, at, at + 1]) : runs(order, blockOf).filter(([, from, to]) => (to - from) * size >= 11);
  pen.fillStyle = look.ink;
  pen.font = Math.min(12, named ? size : 12) + "px arial, sans-serif";
  pen.textBaseline = "middle";
  const clipped = (text) => {
    let made = brief(text, 40);
    for (let length = 30; length > 4 && pen.measureText(made).width > margin - 10; length -= 2) made = brief(text, length);
    return made;
  };
  for (const [text, from, to] of rows) {
    const middle = margin + (from + to) / 2 * size, said = clipped(text);
    pen.textAlign = "right";
    pen.fillText(said, margin - 6, middle);
    pen.save();
    pen.translate(middle, margin - 6);
    pen.rotate(-Math.PI / 2);
    pen.textAlign = "left";
    pen.fillText(said, 0, 0);
    pen.restore();
  }
}

byId("matrix").addEventListener("mousemove", (event) => {
  if (!cells || !cells.size) return;
  const n = cells.order.length, column = Math.floor((event.offsetX - cells.margin) / cells.size), row = Math.floor((event.offsetY - cells.margin) / cells.size);
  if (row < 0 || row >= n || column >= n) { hover.hidden = true; return; }
  const link = column < 0 ? null : cells.values.get(row * n + column);
  const text = column < 0 ? tellNode(cells.order[row]) : link ? tellLink(link)
    : `${nameOf(cells.order[row])} → ${nameOf(cells.order[column])}\n${TEXT.no_supply}`;
  tell(text, event.offsetX, event.offsetY, byId("matrix").parentElement);
});
byId("matrix").addEventListener("mouseleave", () => { hover.hidden = true; });

// Sums of the blocks: who supplies whom, by core and stage, as a table that a screen reader can read.
function fillBlocks() {
  byId("blocks-part").hidden = !DATA.coreKnown && !figureOf.has("stage");
  if (byId("blocks-part").hidden) return;
  const {links, sum} = shown(), found = new Map();
  for (const link of links) {
    const key = JSON.stringify([blockOf(link.src), blockOf(link.dst)]);
    const held = found.get(key) || {links: 0, value: 0};
    found.set(key, {links: held.links + 1, value: held.value + link.value});
  }
  const rows = [...found].map(([key, held]) => [...JSON.parse(key), held]).sort((a, b) => b[2].value - a[2].value);
  const texts = (name, title, at) => {
    const held = [...new Set(rows.map((row) => row[at]))];
    return {c: name, l: title, k: "t a", i: rows.map((row) => row[at] === "" ? -1 : held.indexOf(row[at])), d: held};
  };
  drawTable("blocks-table", [texts("supplier", TEXT.supplier, 0), texts("buyer", TEXT.buyer, 1),
    {c: "links", l: TEXT.links, k: "n", v: rows.map((row) => row[2].links), t: rows.map((row) => whole.format(row[2].links))},
    {c: "value", l: TEXT.value + ", " + DATA.currency, k: "n", v: rows.map((row) => row[2].value), t: rows.map((row) => money(row[2].value))},
    {c: "share", l: TEXT.share_shown, k: "n", v: rows.map((row) => sum ? row[2].value / sum : null), t: rows.map((row) => share(row[2].value / sum))}],
  rows.length, DATA.file + "-" + yearNow().year + "-blocks");
}
