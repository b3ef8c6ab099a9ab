// The picture as shapes in places: links, marks and names. What paints them is in view_paint.js.
const THEMES = {
  light: {ground: "#ffffff", ink: "#1c2430", link: "#5a697d", edge: "#39424e", out: "#0072b2", in: "#b34700", strength: 0.42},
  dark: {ground: "#14181d", ink: "#e6eaee", link: "#9fb0c4", edge: "#cfd8e1", out: "#56b4e9", in: "#f0965a", strength: 0.5},
};
const darkness = matchMedia("(prefers-color-scheme: dark)");
const theme = () => THEMES[darkness.matches ? "dark" : "light"];
// Viridis at five places: an order that colour-blind readers see too.
const SCALE = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
const PLAIN = "#8a97a6";

// The least and the largest known figure of all years; by its logarithm where it is money.
const ranges = new Map();
function rangeOf(key) {
  if (ranges.has(key)) return ranges.get(key);
  let low = Infinity, high = -Infinity;
  for (const year of DATA.years) {
    for (const k of NODES) {
      const amount = year.present[k] ? value(key, k, year) : null;
      if (amount !== null) { low = Math.min(low, amount); high = Math.max(high, amount); }
    }
  }
  ranges.set(key, {low, high});
  return ranges.get(key);
}

function shareOf(key, amount) {
  const {low, high} = rangeOf(key);
  if (!(high > low)) return 1;
  if (figureOf.get(key).kind !== "money" || low < 0) return (amount - low) / (high - low);
  return Math.log1p(amount - low) / Math.log1p(high - low);
}

function scaleColor(share) {
  const at = Math.min(0.9999, Math.max(0, share)) * (SCALE.length - 1), k = Math.floor(at);
  return "rgb(" + SCALE[k].map((low, j) => Math.round(low + (SCALE[k + 1][j] - low) * (at - k))).join(",") + ")";
}

function radiusOf(k) {
  if (state.size === "none") return 13;
  const amount = value(state.size, k);
  if (amount === null) return 9;
  const {low, high} = rangeOf(state.size);
  const top = Math.max(Math.abs(low), Math.abs(high));
  return top > 0 ? 9 + 21 * Math.sqrt(Math.abs(amount) / top) : 9;
}

// The colour of a mark; null where the figure behind it is unknown: the mark is hollow.
function colorOf(k) {
  if (state.color === "role") return DATA.nodes[k].color;
  if (state.color === "core") return DATA.coreColors[coreOf(k) === null ? 2 : coreOf(k)];
  const amount = value(state.color, k);
  return amount === null ? null : scaleColor(shareOf(state.color, amount));
}

const unknownSize = (k) => state.size !== "none" && value(state.size, k) === null;

// The layout is as wide, for its height, as the window: a narrow screen gets a narrow network.
const LAYOUT = 1.45;
function stretch() {
  const box = byId("net");
  return box.clientHeight ? Math.min(1.6, Math.max(0.75, box.clientWidth / box.clientHeight)) / LAYOUT : 1;
}

const spread = (year, by) => Math.max(300, ...year.x.map((x) => Math.abs(x) * by), ...year.y.map(Math.abs)) + 260;

function scene(look = theme()) {
  const year = yearNow(), {links, seen} = shown(), near = spotlight(), by = stretch();
  const marks = [];
  for (const k of NODES) {
    if (!seen[k] && !(near && near.nodes.has(k))) continue;
    marks.push({
      k, x: year.x[k] * by, y: year.y[k], r: radiusOf(k), core: coreOf(k) === 1, color: colorOf(k), hollow: unknownSize(k),
      dim: near ? !near.nodes.has(k) : state.role || state.stage ? !shown().own[k] : false,
    });
  }
  const radius = new Map(marks.map((mark) => [mark.k, mark.r]));
  // Many links lie upon one another: the more there are, the fainter each is.
  const alpha = Math.max(0.12, look.strength * Math.min(1, 250 / Math.max(1, links.length)));
  const lines = links.map((link) => {
    const line = {
      link, x1: year.x[link.src] * by, y1: year.y[link.src], x2: year.x[link.dst] * by, y2: year.y[link.dst],
      end: radius.get(link.dst), width: widthOf(link.value), color: look.link, alpha, dash: false,
    };
    if (!near) return line;
    if (!near.links.has(link)) return {...line, alpha: Math.min(0.07, alpha / 3)};
    return {...line, alpha: near.path || link.src === state.who || link.dst === state.who ? 0.9 : 0.5, color: near.path || link.src === state.who ? look.out : link.dst === state.who ? look.in : look.link};
  });
  // What stands out is painted last.
  if (near) lines.sort((a, b) => a.alpha - b.alpha);
  const boxes = [];
  if (state.outside) {
    const far = spread(year, by);
    for (const [key, text, x] of [["out", TEXT.outside_buyers, far], ["in", TEXT.outside_suppliers, -far]]) {
      boxes.push({text, x, y: 0});
      for (const mark of marks) {
        const amount = value(key, mark.k);
        if (!amount) continue;
        const ends = [[mark.x, mark.y], [x, 0]];
        if (key === "in") ends.reverse();
        lines.push({link: null, x1: ends[0][0], y1: ends[0][1], x2: ends[1][0], y2: ends[1][1], end: key === "in" ? mark.r : 40,
                    width: 1, color: look.link, alpha: mark.dim ? 0.08 : 0.5, dash: true});
      }
    }
  }
  return {lines, marks, boxes, near, look};
}

// A name on a mark: without its legal form, at most two lines; the whole of it on hover and in the tables.
// What is cut is cut in the middle: names of one group differ at their ends.
const FORM = /^(общество с ограниченной ответственностью|публичное акционерное общество|(закрытое |открытое |непубличное )?акционерное общество|ООО|ОАО|ПАО|ЗАО|НАО|АО|ИП)\s+(?=\S)|,?\s+(Ltd|LLC|Inc|GmbH|AG|JSC|PLC|S\.A)\.?$/giu;
const QUOTED = /[«“„"]([^«»“”„"]{3,})[»”“"]$/u;
function brief(name, length) {
  let whole = name.length > 16 ? name.replace(FORM, "").replace(/^«([^«»]+)»$/u, "$1") || name : name;
  if (whole.length > length && QUOTED.test(whole)) whole = QUOTED.exec(whole)[1];
  const tail = Math.floor(length / 3);
  return whole.length <= length ? whole : whole.slice(0, length - tail - 1).trimEnd() + "…" + whole.slice(-tail).trimStart();
}

const shortened = new Map();
function linesOf(k, tight) {
  const key = k + (tight ? "t" : "");
  if (shortened.has(key)) return shortened.get(key);
  const name = brief(DATA.nodes[k].name, tight ? 12 : 30);
  let made = [name];
  if (name.length > 16) {
    const gaps = [...name.matchAll(/ /g)].map((found) => found.index).filter((at) => at > 2 && at < name.length - 3);
    const middle = gaps.sort((a, b) => Math.abs(a - name.length / 2) - Math.abs(b - name.length / 2))[0];
    made = middle === undefined ? [brief(name, 18)] : [name.slice(0, middle), name.slice(middle + 1)];
  }
  shortened.set(key, made);
  return made;
}

// Boxes on a grid: whether one meets another is asked of the few in its cells.
class Boxes {
  constructor(cell) { this.cell = cell; this.cells = new Map(); }
  *keys(box) {
    for (let i = Math.floor(box[0] / this.cell); i <= Math.floor(box[2] / this.cell); i++) {
      for (let j = Math.floor(box[1] / this.cell); j <= Math.floor(box[3] / this.cell); j++) yield i * 100003 + j;
    }
  }
  add(box) {
    for (const key of this.keys(box)) {
      if (this.cells.has(key)) this.cells.get(key).push(box); else this.cells.set(key, [box]);
    }
  }
  meets(box, but) {
    for (const key of this.keys(box)) {
      for (const other of this.cells.get(key) || []) {
        if (other[4] !== but && box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3]) return true;
      }
    }
    return false;
  }
}

const ruler = document.createElement("canvas").getContext("2d");
const FONT = 12;
ruler.font = FONT + "px arial, sans-serif";
const measured = new Map();
function widthOfText(text) {
  if (!measured.has(text)) measured.set(text, ruler.measureText(text).width);
  return measured.get(text);
}

const within = (box, frame) => !frame || (box[0] > frame[0] && box[1] > frame[1] && box[2] < frame[2] && box[3] < frame[3]);

// Where each name goes, at a scale: names are as large on the screen at every zoom. Who is selected chooses
// first, then what is near, the core and the largest. Every member of a small core is named; the others where there is room.
const SMALL_CORE = 40;
function placeNames(marks, near, scale, frame) {
  const px = 1 / scale, high = FONT * 1.2 * px;
  const names = [], taken = new Boxes(70 * px), filled = new Boxes(70 * px), narrow = byId("net").clientWidth < 600;
  const named = marks.filter((mark) => mark.core).length <= SMALL_CORE;
  for (const {k, x, y, r, core} of marks) {
    const box = [x - r, y - r, x + r, y + r, k];
    filled.add(box);
    if (core) taken.add(box);
  }
  const must = (mark) => mark.k === state.who || mark.k === state.to || state.labels || (mark.core && named && !mark.dim) || Boolean(near && near.path && !mark.dim);
  const rank = (mark) => (mark.k === state.who ? 8 : mark.k === state.to ? 7 : near && !mark.dim ? 3 : 0) + (mark.core ? 2 : 0);
  const order = marks.filter((mark) => !mark.dim || state.labels).sort((a, b) => rank(b) - rank(a) || b.r - a.r || a.k - b.k);
  for (const mark of order) {
    let chosen = null;
    for (const tight of narrow ? [true] : must(mark) ? [false, true] : [false]) {
      const lines = linesOf(mark.k, tight);
      const w = Math.max(...lines.map(widthOfText)) * px, h = lines.length * high, gap = 3 * px;
      const spots = [[0, mark.r + gap + h / 2], [0, -mark.r - gap - h / 2], [mark.r + gap + w / 2, 0], [-mark.r - gap - w / 2, 0]];
      if (must(mark)) for (const far of [1, 2, 3, 4]) for (const side of [1, -1]) spots.push([0, side * (mark.r + gap + h / 2 + far * high * 1.1)], [side * (mark.r + w / 2 + far * 8 * px), far * high * 0.8], [side * (mark.r + w / 2 + far * 8 * px), -far * high * 0.8]);
      const boxAt = ([dx, dy]) => [mark.x + dx - w / 2, mark.y + dy - h / 2, mark.x + dx + w / 2, mark.y + dy + h / 2, mark.k];
      const open = (spot, grids) => within(boxAt(spot), frame) && !grids.some((grid) => grid.meets(boxAt(spot), mark.k));
      let found = spots.findIndex((spot) => open(spot, [taken, filled]));
      // Who must be named may hide a mark of the periphery, but no other name.
      if (found < 0 && must(mark) && (tight || narrow)) found = spots.findIndex((spot) => open(spot, [taken]));
      if (found >= 0) { chosen = {lines, box: boxAt(spots[found]), led: found > 3}; break; }
      if (must(mark) && (tight || Math.max(...lines.map((line) => line.length)) <= 12)) chosen = {lines, box: boxAt(spots[0]), led: false};
    }
    if (!chosen) continue;
    taken.add([...chosen.box.slice(0, 4), -1 - mark.k]);
    names.push({k: mark.k, mark, ...chosen});
  }
  return names;
}
