// Tables that the page holds as data are drawn when asked, some rows at a time. Every text and every figure comes
// from the data; here they are only chosen, ordered and put in place, never as markup.
const DATA = JSON.parse(document.getElementById("data").textContent);

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

// A sentence longer than this is cut to some lines, and whole in the tip.
const SENTENCE = 150;
const cut = (text, length) => text.length <= length ? text : text.slice(0, length - 1).trimEnd() + "…";

function listOf(places) {
  const names = places.map((place) => DATA.names[place]);
  const raw = places.map((place) => DATA.ids[place]).join(";");
  const whole = names.map((name) => cut(name, 60)).slice(0, 60).join("; ");
  const short = names.length <= 3 && whole.length <= 60;
  const few = names.slice(0, 3).map((name) => cut(name, 24)).join("; ") + (names.length > 3 ? " … +" + (names.length - 3) : "");
  return {text: short ? whole : few, tip: short ? "" : whole, raw, key: names.join("; ")};
}

function cellOf(column, row) {
  const why = column.w && column.w[row] !== undefined ? DATA.why[column.w[row]] : "";
  const none = {text: "", raw: "", key: null, unknown: true, why};
  if (column.v) {
    const value = column.v[row];
    const text = column.t ? column.t[row] : value === null ? "" : String(value);
    return value === null ? {...none, text} : {text, raw: String(value), key: value};
  }
  if (column.p) return column.p[row].length ? listOf(column.p[row]) : none;
  const at = column.i[row];
  if (at < 0) return none;
  if (column.g) return {text: "", raw: "", key: null, line: column.g[at]};
  const text = column.d[at];
  return {text, raw: column.r ? column.r[at] : text, key: text, link: column.a && column.a[at], at};
}

// A list is found by any of its names, those too that its cell counts only.
const textOf = (cell) => cell.tip ? cell.key : cell.text;

function lineOf([path, said]) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 112 25");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", said);
  svg.setAttribute("class", "line");
  if (path) {
    const line = document.createElementNS(svg.namespaceURI, "path");
    line.setAttribute("d", path);
    const dot = document.createElementNS(svg.namespaceURI, "circle");
    const [x, y] = path.split(/[ML]/).pop().split(" ");
    for (const [name, value] of [["cx", x], ["cy", y], ["r", 2.4]]) dot.setAttribute(name, value);
    svg.append(line, dot);
  }
  return svg;
}

class Drawn {
  constructor(host, table, rows, file) {
    Object.assign(this, {host, table, rows, file, limit: PAGE});
    this.columns = new Map(table.columns.map((column) => [column.c, column]));
    this.chips = new Map((table.chips || []).filter(([, name]) => this.columns.has(name)));
    this.fresh();
    this.build();
  }

  fresh() {
    this.state = {year: this.table.last ? "last" : "all", sort: "", q: "", cols: [...this.table.first], picked: {}};
  }

  build() {
    const {host, table} = this;
    this.status = element("span", {role: "status"});
    this.search = element("input", {type: "search", oninput: () => this.change({q: this.search.value.trim()})});
    const tools = element("div", {class: "tools"});
    if (table.last && table.years.length > 1) {
      this.year = element("select", {onchange: () => this.change({year: this.year.value})},
        element("option", {value: "last"}, TEXT.last_year),
        ...table.years.map((year) => element("option", {value: year}, year)),
        element("option", {value: "all"}, TEXT.all_years));
      tools.append(element("label", {}, TEXT.year + " ", this.year));
    }
    if (this.rows.length > 8) tools.append(element("label", {}, TEXT.filter + " ", this.search));
    tools.append(element("button", {type: "button", onclick: () => this.save()}, TEXT.csv));
    if (table.groups) {
      this.reset = element("button", {type: "button", onclick: () => { this.fresh(); this.change({}); }}, TEXT.reset);
      tools.append(this.reset);
    }
    tools.append(this.status);
    this.head = element("thead");
    this.body = element("tbody");
    this.box = element("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": host.dataset.caption},
      element("table", {class: "drawn", "data-file": this.file}, element("caption", {}, host.dataset.caption), this.head, this.body));
    this.more = element("button", {type: "button", onclick: () => { this.limit += 4 * PAGE; this.draw(); }}, TEXT.more);
    this.chipBox = element("div", {class: "chips"});
    host.replaceChildren(tools, this.chipBox, ...(table.groups ? [this.chooser()] : []), this.box, this.more);
    this.draw();
  }

  // Columns are chosen by section; the list is made when it is first opened, with what each column means.
  chooser() {
    const list = element("div", {class: "choices"});
    const made = element("details", {class: "chooser", ontoggle: () => { if (made.open && !list.childElementCount) fill(); }},
      element("summary", {}, TEXT.columns), list);
    const fill = () => {
      for (const [key, title] of this.table.groups) {
        const own = this.table.columns.filter((column) => column.s === key);
        list.append(element("fieldset", {}, element("legend", {}, title), ...own.map((column) => {
          const box = element("input", {type: "checkbox", value: column.c, onchange: () => this.choose(column.c, box.checked)});
          box.checked = this.state.cols.includes(column.c);
          return element("label", {}, box, " ", column.l, element("span", {class: "soft"}, column.m));
        })));
      }
      if (this.table.empty.length) list.append(element("p", {class: "soft small"}, TEXT.empty_columns + ": " + this.table.empty.join(", ") + "."));
    };
    this.choices = list;
    return made;
  }

  choose(name, on) {
    const kept = new Set(this.state.cols);
    if (on) kept.add(name); else kept.delete(name);
    const first = this.table.first.filter((one) => kept.has(one));
    this.change({cols: [...first, ...this.table.columns.map((c) => c.c).filter((one) => kept.has(one) && !first.includes(one))]});
  }

  change(part) {
    Object.assign(this.state, part);
    this.limit = PAGE;
    this.draw();
    if (this.keep) this.keep();
  }

  pick(key, raw) {
    const now = new Set(this.state.picked[key] || []);
    if (now.has(raw)) now.delete(raw); else now.add(raw);
    this.change({picked: {...this.state.picked, [key]: [...now]}});
  }

  ofYear() {
    const {year} = this.state;
    if (year === "all" || !this.table.last) return this.rows;
    if (year === "last") return this.table.last;
    return this.rows.filter((row) => this.columns.get("year").v[row] === Number(year));
  }

  shownColumns() {
    const {cols, year} = this.state;
    const told = year === "all" && !cols.includes("year") ? [cols[0], "year", ...cols.slice(1)] : cols;
    return told.map((name) => this.columns.get(name)).filter(Boolean);
  }

  matching() {
    const words = this.state.q.toLowerCase();
    const picked = Object.entries(this.state.picked).filter(([key, raws]) => raws.length && this.chips.has(key));
    const shown = this.shownColumns();
    const fits = (row) => picked.every(([key, raws]) => raws.includes(cellOf(this.columns.get(this.chips.get(key)), row).raw))
      && (!words || shown.some((column) => textOf(cellOf(column, row)).toLowerCase().includes(words)));
    const rows = this.ofYear().filter(fits);
    const name = this.state.sort.replace(/^-/, "");
    const column = this.columns.get(name);
    if (!column) return rows;
    const down = this.state.sort.startsWith("-") ? -1 : 1;
    const keyed = rows.map((row, order) => ({row, order, key: cellOf(column, row).key}));
    // Unknown is neither large nor small: it stays last in both directions.
    keyed.sort((a, b) => (a.key === null) - (b.key === null) || (a.key === null ? 0
      : down * (column.v ? a.key - b.key : a.key.localeCompare(b.key, document.documentElement.lang))) || a.order - b.order);
    return keyed.map((one) => one.row);
  }

  draw() {
    const shown = this.shownColumns();
    this.found = this.matching();
    this.head.replaceChildren(element("tr", {}, ...shown.map((column, at) => this.headOf(column, at))));
    this.body.replaceChildren(...this.found.slice(0, this.limit).map((row) =>
      element("tr", {}, ...shown.map((column, at) => this.cell(column, row, at)))));
    this.status.textContent = TEXT.shown.replace("{n}", Math.min(this.limit, this.found.length)).replace("{m}", this.ofYear().length);
    this.more.hidden = this.found.length <= this.limit;
    this.drawChips();
    if (this.year) this.year.value = this.state.year;
    if (document.activeElement !== this.search) this.search.value = this.state.q;
    if (this.choices) this.choices.querySelectorAll("input").forEach((box) => { box.checked = this.state.cols.includes(box.value); });
  }

  headOf(column, at) {
    const style = (column.k.includes("n") ? "n" : "") + (at ? "" : " k");
    if (column.g) return element("th", {scope: "col", class: "d", "data-c": column.c}, column.l);
    const sorted = this.state.sort === column.c ? "ascending" : this.state.sort === "-" + column.c ? "descending" : undefined;
    const turn = () => {
      const down = sorted === "ascending" || (!sorted && Boolean(column.v));
      this.change({sort: (down ? "-" : "") + column.c});
      this.head.querySelector(`[data-c="${CSS.escape(column.c)}"] button`).focus();
    };
    return element("th", {scope: "col", class: style, "data-c": column.c, "aria-sort": sorted},
      element("button", {type: "button", "data-tip": column.m || undefined, onclick: turn}, column.l));
  }

  cell(column, row, at) {
    const cell = cellOf(column, row);
    const made = element("td", {class: column.k + (at ? "" : " k"), "data-v": cell.raw === cell.text ? undefined : cell.raw});
    if (cell.line) made.append(lineOf(cell.line));
    else if (cell.unknown) made.append(element("span", {class: "na", tabindex: "0", "data-why": cell.why || TEXT.why}, cell.text || "—"));
    else if (cell.link) made.append(element("a", {href: cell.link}, cell.text));
    else if (cell.tip) made.append(element("span", {class: "ids", tabindex: "0", "data-tip": cell.tip}, cell.text));
    else if (column.k.includes("l") && cell.text.length > SENTENCE) made.append(element("span", {class: "clamp", tabindex: "0", "data-tip": cell.text}, cell.text));
    else if (column.k.includes("v")) made.append(element("span", {class: "chip " + cell.raw.replace(/\W+/g, "-")}, cell.text));
    else made.append(cell.text);
    if (column.mark && !cell.unknown && column.mark[row] >= 0) {
      const text = column.said[row];
      made.append(element("span", {class: column.mark[row] ? "mark no" : "mark", role: "img", "aria-label": text, "data-tip": text}));
    }
    if (column.top && !cell.unknown) {
      made.classList.add("bar");
      made.style.setProperty("--w", Math.round(100 * cell.key / column.top) + "%");
    }
    return made;
  }

  drawChips() {
    const rows = this.ofYear();
    const focus = this.chipBox.contains(document.activeElement) ? document.activeElement.dataset.chip : "";
    this.chipBox.replaceChildren(...[...this.chips].map(([key, name]) => {
      const column = this.columns.get(name);
      const counts = new Map();
      for (const row of rows) if (column.i[row] >= 0) counts.set(column.i[row], (counts.get(column.i[row]) || 0) + 1);
      const on = this.state.picked[key] || [];
      return element("fieldset", {}, element("legend", {}, column.l), ...column.d.map((text, at) => {
        const raw = column.r ? column.r[at] : text;
        if (!counts.get(at) && !on.includes(raw)) return "";
        return element("button", {type: "button", class: "chip " + raw.replace(/\W+/g, "-"), "data-chip": key + raw,
          "aria-pressed": String(on.includes(raw)), onclick: () => this.pick(key, raw)}, `${text} ${counts.get(at) || 0}`);
      }));
    }));
    if (focus) { const again = this.chipBox.querySelector(`[data-chip="${CSS.escape(focus)}"]`); if (again) again.focus(); }
  }

  save() {
    const shown = this.shownColumns().filter((column) => !column.g);
    const lines = [shown.map((column) => column.c), ...this.found.map((row) => shown.map((column) => inert(cellOf(column, row).raw)))];
    save(this.file + ".csv", "text/csv;charset=utf-8", csvText(lines));
  }

  address() {
    const base = this.table, {state} = this, said = new URLSearchParams();
    if (base.last && state.year !== "last") said.set("year", state.year);
    if (state.sort) said.set("sort", state.sort);
    if (state.q) said.set("q", state.q);
    if (state.cols.join() !== base.first.join()) said.set("cols", state.cols.join());
    for (const [key, raws] of Object.entries(state.picked)) for (const raw of raws) said.append(key, raw);
    return String(said);
  }

  take(address) {
    const said = new URLSearchParams(address);
    this.fresh();
    for (const name of ["year", "sort", "q"]) if (said.has(name)) this.state[name] = said.get(name);
    if (said.has("cols")) this.state.cols = said.get("cols").split(",").filter((name) => this.columns.has(name));
    for (const key of this.chips.keys()) this.state.picked[key] = said.getAll(key);
    this.limit = PAGE;
    this.draw();
  }
}

const all = (table) => [...Array(table.rows).keys()];
const leading = document.querySelector("[data-drawn=clusters]");
const drawn = [];
if (leading) {
  const table = DATA.tables.clusters;
  const made = new Drawn(leading, table, all(table), table.file);
  drawn.push(made);
  made.keep = () => {
    const said = made.address();
    // A page shown in a frame of another would take a mere fragment for one of the other's address.
    history.replaceState(null, "", location.href.split("#")[0] + (said ? "#clusters?" + said : "#clusters"));
  };
  const follow = () => {
    const [place, said] = location.hash.slice(1).split(/\?(.*)/s);
    if (place !== "clusters" || said === undefined) return;
    made.take(said);
    document.getElementById("clusters").scrollIntoView();
  };
  addEventListener("hashchange", follow);
  follow();
}
// The others are drawn when they are opened, or when the reader comes near them.
const near = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) { near.unobserve(entry.target); drawInto(entry.target); }
}, {rootMargin: "800px"});
// All tables but the leading one are packed, and unpacked when the first of them is drawn.
let unpacked;
const unpack = () => unpacked ||= (async () => {
  const held = document.getElementById("packed");
  if (!held) return;
  const bytes = Uint8Array.from(atob(held.textContent), (letter) => letter.charCodeAt(0));
  const text = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  Object.assign(DATA.tables, JSON.parse(await new Response(text).text()));
})();
async function drawInto(host) {
  try {
    await unpack();
  } catch {
    host.replaceChildren(element("p", {class: "soft"}, host.dataset.packed));
    return;
  }
  const table = DATA.tables[host.dataset.drawn];
  if (!table || host.querySelector("table")) return;
  const [from, to] = table.ranges ? table.ranges[host.dataset.part] : [0, table.rows];
  drawn.push(new Drawn(host, table, all(table).slice(from, to), host.dataset.file));
}
document.querySelectorAll("[data-drawn]:not([data-drawn=clusters])").forEach((host) => {
  const box = host.closest("details");
  if (!box) near.observe(host);
  else {
    box.addEventListener("toggle", () => { if (box.open) drawInto(host); });
    if (box.open) drawInto(host);
  }
});
addEventListener("beforeprint", () => drawn.forEach((one) => { one.limit = Infinity; one.draw(); }));
addEventListener("afterprint", () => drawn.forEach((one) => { one.limit = PAGE; one.draw(); }));
