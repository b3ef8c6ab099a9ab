// What the page holds and what the reader has chosen. Names reach the page as text nodes, canvas labels and
// field values only. Unknown figures are null everywhere and never take part as 0.
const LANG = document.documentElement.lang;
const byId = (id) => document.getElementById(id);
const whole = new Intl.NumberFormat(LANG);
const DASH = "—";
const N = DATA.nodes.length;
const NODES = [...Array(N).keys()];
const figureOf = new Map(DATA.figureList.map((figure) => [figure.key, figure]));

const state = {
  at: Math.max(0, DATA.years.findIndex((y) => y.year === DATA.start)), share: 0, who: -1, to: -1, depth: 1,
  role: "", product: "", stage: "", size: "volume", color: DATA.coreKnown ? "core" : DATA.legend.length > 1 || !figureOf.has("volume") ? "role" : "volume", view: "net",
  outside: false, labels: false, match: -1,
};
const yearNow = () => DATA.years[state.at];
const value = (key, k, year = yearNow()) => year.figures[key] ? year.figures[key][k] : null;
const why = (key, k) => {
  const place = (yearNow().why[key] || {})[k];
  return place === undefined ? TEXT.why : DATA.why[place];
};

// Figures are written as reports/numbers.py writes them: one reads alike here and in the report.
const formats = new Map();
function decimal(amount, digits, style = "decimal", least = digits) {
  const key = [style, digits, least].join();
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(LANG, {style, minimumFractionDigits: least, maximumFractionDigits: digits, roundingMode: "halfEven"}));
  return formats.get(key).format(amount).replace("-", "−");
}

const magnitude = (amount) => Math.floor(Math.log10(Math.abs(amount)));
function money(amount) {
  if (!amount) return "0";
  const size = magnitude(amount), digits = Math.max(0, Math.min(2 - size, size >= 0 ? 2 : 12));
  return decimal(amount, digits, "decimal", size >= -2 ? digits : 0);
}
const share = (amount) => decimal(amount, amount && Math.abs(amount) < 0.0005 ? Math.min(12, -magnitude(100 * amount)) : 1, "percent");
const WRITTEN = {share, money, float: (amount) => decimal(amount, Math.abs(amount) < 10 ? 3 : 1)};

const kindOf = (key) => key === "value" ? "money" : (figureOf.get(key) || {}).kind;
const say = (key, amount) => amount === null ? DASH : WRITTEN[kindOf(key)](amount) + (kindOf(key) === "money" ? " " + DATA.currency : "");

const label = (key) => {
  const figure = figureOf.get(key);
  return figure.label + (figure.kind === "money" ? ", " + DATA.currency : "");
};

const coreOf = (k) => yearNow().core[k];
const coreSaid = (k) => coreOf(k) === null ? DASH : coreOf(k) ? TEXT.yes : TEXT.no;

// Stages as everywhere in the report: rounded, those beyond the last in one; "?" is unknown.
function stageOf(k) {
  const level = value("stage", k);
  return level === null ? "?" : String(Math.min(Math.floor(level + 0.5), DATA.stages));
}
const stageSaid = (stage) => stage === "?" ? TEXT.stage_unknown
  : (Number(stage) === DATA.stages ? TEXT.stage_more : TEXT.stage).replace("{stage}", stage);

// The address keeps what was chosen, so that it can be sent and come back to. Only what differs from the
// beginning stands in it.
const KEPT = ["depth", "role", "product", "stage", "size", "color", "view"];
const START = {...state};

function address() {
  const said = new URLSearchParams();
  if (state.at !== START.at) said.set("year", yearNow().year);
  if (state.share !== START.share) said.set("least", state.share);
  for (const [key, k] of [["who", state.who], ["to", state.to]]) if (k >= 0) said.set(key, DATA.nodes[k].pid || DATA.nodes[k].id);
  for (const key of KEPT) if (state[key] !== START[key]) said.set(key, state[key]);
  for (const key of ["outside", "labels"]) if (state[key]) said.set(key, "1");
  return String(said);
}

let followed = location.hash;
// An address that was put in its place meanwhile is followed, not overwritten.
function keep() {
  const said = address();
  if (location.hash !== followed || said === location.hash.slice(1)) return;
  history.replaceState(null, "", location.href.split("#")[0] + "#" + said);
  followed = location.hash;
}

function nodeOf(id) {
  const found = DATA.nodes.findIndex((node) => node.pid === id);
  return found >= 0 ? found : DATA.nodes.findIndex((node) => node.id === id);
}

// Take over what an address says; what it does not know or the page does not hold stays as at the beginning.
function takeAddress() {
  followed = location.hash;
  const said = new URLSearchParams(location.hash.slice(1));
  Object.assign(state, START);
  const at = DATA.years.findIndex((year) => String(year.year) === said.get("year"));
  if (at >= 0) state.at = at;
  const share = Number(said.get("least") || START.share);
  state.share = share >= 0 && share <= 100 ? Math.round(share) : START.share;
  for (const key of ["who", "to"]) if (said.has(key)) state[key] = nodeOf(said.get(key));
  if (said.get("depth") === "2") state.depth = 2;
  const held = {
    role: DATA.legend.map((entry) => entry.role || "-"), product: DATA.productList.map((_, place) => String(place)), stage: allStages(),
    size: [...figureOf.keys(), "none"], view: ["net", "matrix"],
    color: ["role", ...(DATA.coreKnown ? ["core"] : []), ...figureOf.keys()],
  };
  for (const [key, values] of Object.entries(held)) if (said.has(key) && values.includes(said.get(key))) state[key] = said.get(key);
  for (const key of ["outside", "labels"]) state[key] = said.get(key) === "1";
}

function allStages() {
  if (!figureOf.has("stage")) return [];
  const found = new Set();
  for (const year of DATA.years) {
    for (const k of NODES) if (year.present[k]) found.add(value("stage", k, year) === null ? "?" : String(Math.min(Math.floor(value("stage", k, year) + 0.5), DATA.stages)));
  }
  return [...found].sort((a, b) => (a === "?") - (b === "?") || a - b);
}
