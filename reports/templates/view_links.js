// Which links and participants are shown: year, product, role, stage, threshold; who is near whom, and paths.
const heldLinks = new Map();

// Links of a year (of one product), the largest first.
function linksOf(at, product) {
  const key = at + "/" + product;
  if (heldLinks.has(key)) return heldLinks.get(key);
  const year = DATA.years[at];
  const made = [];
  if (product === "") {
    for (let k = 0; k < year.links.length; k += 3) made.push({src: year.links[k], dst: year.links[k + 1], value: year.links[k + 2]});
  } else {
    const part = year.products[product] || [];
    for (let k = 0; k < part.length; k += 2) made.push({src: year.links[3 * part[k]], dst: year.links[3 * part[k] + 1], value: part[k + 1]});
  }
  made.sort((a, b) => b.value - a.value || a.src - b.src || a.dst - b.dst);
  heldLinks.set(key, made);
  return made;
}

// Lines of one scale in every year: 0.6 to 6, by the logarithm of the value.
const RANGE = (() => {
  let low = Infinity, high = 0;
  for (const year of DATA.years) for (let k = 2; k < year.links.length; k += 3) { low = Math.min(low, year.links[k]); high = Math.max(high, year.links[k]); }
  return {low, span: Math.log(high / low)};
})();
const widthOf = (amount) => RANGE.span > 0 ? 0.6 + 5.4 * Math.min(1, Math.max(0, Math.log(amount / RANGE.low) / RANGE.span)) : 2;

const roleFits = (k) => !state.role || (state.role === "-" ? "" : state.role) === DATA.nodes[k].role;
const fits = (k) => roleFits(k) && (!state.stage || stageOf(k) === state.stage);
const filtered = () => Boolean(state.role || state.stage || state.product);

let shownKey = "", shownNow = null;
// What is shown: links in order of value, participants, and the sum of the values.
function shown() {
  const key = [state.at, state.share, state.role, state.product, state.stage].join("/");
  if (key === shownKey) return shownNow;
  const year = yearNow();
  const own = NODES.map((k) => Boolean(year.present[k]) && fits(k));
  let links = linksOf(state.at, state.product);
  if (state.role || state.stage) links = links.filter((link) => own[link.src] || own[link.dst]);
  links = links.slice(0, Math.max(links.length ? 1 : 0, Math.round(links.length * (1 - state.share / 100))));
  const seen = filtered() ? NODES.map(() => false) : NODES.map((k) => Boolean(year.present[k]));
  if (!state.product) for (const k of NODES) if (own[k]) seen[k] = true;
  let sum = 0;
  for (const link of links) { seen[link.src] = seen[link.dst] = true; sum += link.value; }
  shownKey = key;
  shownNow = {links, seen, own, sum};
  return shownNow;
}

// Steps from one participant along shown links, whichever way they point: 0 itself, 1 partners, 2 theirs.
function stepsFrom(start, most) {
  const steps = new Map([[start, 0]]);
  for (let step = 0; step < most; step++) {
    const reached = [...steps].filter(([, at]) => at === step).map(([k]) => k);
    const now = new Set(reached);
    for (const {src, dst} of shown().links) {
      if (now.has(src) && !steps.has(dst)) steps.set(dst, step + 1);
      if (now.has(dst) && !steps.has(src)) steps.set(src, step + 1);
    }
  }
  return steps;
}

// The path of supplies from one participant to another with the fewest links; among those, the one whose
// smallest link is the largest. Empty where shown links lead nowhere.
function pathBetween(from, to) {
  const out = new Map();
  for (const link of shown().links) {
    if (!out.has(link.src)) out.set(link.src, []);
    out.get(link.src).push(link);
  }
  let layer = new Map([[from, {least: Infinity, link: null, before: null}]]);
  const met = new Set([from]);
  while (layer.size && !layer.has(to)) {
    const next = new Map();
    for (const [k, reached] of layer) {
      for (const link of out.get(k) || []) {
        if (met.has(link.dst)) continue;
        const least = Math.min(reached.least, link.value);
        if (!next.has(link.dst) || least > next.get(link.dst).least) next.set(link.dst, {least, link, before: reached});
      }
    }
    for (const k of next.keys()) met.add(k);
    layer = next;
  }
  const path = [];
  for (let at = layer.get(to); at && at.link; at = at.before) path.unshift(at.link);
  return path;
}

// What stands out: the selected one with its neighbours, or a path; null where nothing is selected.
function spotlight() {
  const year = yearNow();
  if (state.who < 0 || !year.present[state.who]) return null;
  if (state.to >= 0 && state.to !== state.who) {
    const there = pathBetween(state.who, state.to), back = there.length ? [] : pathBetween(state.to, state.who);
    const path = there.length ? there : back;
    const nodes = new Set([state.who, ...(year.present[state.to] ? [state.to] : [])]);
    for (const link of path) { nodes.add(link.src); nodes.add(link.dst); }
    return {nodes, links: new Set(path), path, back: back.length > 0};
  }
  const steps = stepsFrom(state.who, state.depth);
  const near = (k) => steps.has(k) && steps.get(k) < state.depth;
  return {nodes: new Set(steps.keys()), links: new Set(shown().links.filter((link) => near(link.src) || near(link.dst))), path: null, back: false};
}
