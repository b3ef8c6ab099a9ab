"use strict";
// Tables that the page already holds get sorting, filtering, paging and export. Cells are read from the page
// (data-v is the exact value, the text is what people see) and never written as markup.
const TEXT = JSON.parse(document.getElementById("words").textContent);
const PAGE = 50;

function rawOf(cell) {
  return cell.dataset.v !== undefined ? cell.dataset.v : cell.textContent.trim();
}

function inert(text) {
  // The same rule as the CSV files: what a spreadsheet could take for a formula gets an apostrophe.
  return /^[=+\-@\t\r]/.test(text) && !/^[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?$/.test(text) ? "'" + text : text;
}

function csvText(lines) {
  const quote = (text) => /[",\n\r]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  return "\ufeff" + lines.map((line) => line.map(quote).join(",")).join("\r\n") + "\r\n";
}

function csvOf(table) {
  // A column without a button is a drawing of what other columns say.
  const kept = [...table.tHead.rows[0].cells].filter((th) => th.querySelector("button"));
  const rows = [...table.tBodies[0].rows].map((row) => kept.map((th) => inert(rawOf(row.cells[th.cellIndex]))));
  return csvText([kept.map((th) => th.dataset.c || th.textContent.trim()), ...rows]);
}

function save(name, type, content) {
  const address = URL.createObjectURL(new Blob([content], {type}));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

function sortBy(table, index, descending) {
  const numeric = table.tHead.rows[0].cells[index].classList.contains("n");
  const keyed = [...table.tBodies[0].rows].map((row, order) => {
    const raw = rawOf(row.cells[index]);
    return {row, order, key: numeric ? parseFloat(raw) : row.cells[index].textContent.trim(),
            unknown: raw === "" || (numeric && Number.isNaN(parseFloat(raw)))};
  });
  // Unknown is neither large nor small: it stays last in both directions.
  keyed.sort((a, b) => a.unknown - b.unknown
    || (a.unknown ? 0 : (numeric ? a.key - b.key : a.key.localeCompare(b.key, document.documentElement.lang)) * (descending ? -1 : 1))
    || a.order - b.order);
  table.tBodies[0].append(...keyed.map((item) => item.row));
}

function enhance(table) {
  const box = table.closest(".scroll");
  const rows = () => [...table.tBodies[0].rows];
  const tools = document.createElement("div");
  tools.className = "tools";
  const status = document.createElement("span");
  status.setAttribute("role", "status");
  const button = (label, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = label;
    made.addEventListener("click", act);
    return made;
  };
  let limit = PAGE;
  let sought = "";
  const more = button(TEXT.more, () => { limit += 4 * PAGE; draw(); });
  const draw = () => {
    let matching = 0;
    for (const row of rows()) {
      const fits = !sought || row.textContent.toLowerCase().includes(sought);
      row.hidden = !fits || ++matching > limit;
    }
    const visible = Math.min(matching, limit);
    status.textContent = TEXT.shown.replace("{n}", visible).replace("{m}", rows().length);
    more.hidden = matching <= limit;
  };
  if (rows().length > 8) {
    const label = document.createElement("label");
    label.textContent = TEXT.filter + " ";
    const field = document.createElement("input");
    field.type = "search";
    field.addEventListener("input", () => { sought = field.value.trim().toLowerCase(); draw(); });
    label.append(field);
    tools.append(label);
  }
  tools.append(button(TEXT.csv, () => save(table.dataset.file + ".csv", "text/csv;charset=utf-8", csvOf(table))), status);
  box.before(tools);
  box.after(more);
  [...table.tHead.rows[0].cells].forEach((head, index) => {
    const sorter = head.querySelector("button");
    if (!sorter) return;
    sorter.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending"
        || (!head.hasAttribute("aria-sort") && head.classList.contains("n"));
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      sortBy(table, index, down);
      draw();
    });
  });
  draw();
}

function tips() {
  const tip = document.createElement("div");
  tip.id = "tip";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  document.body.append(tip);
  let holder = null;
  const textOf = (target) => target.dataset.tip
    || (target.closest("[data-why]") ? TEXT.unknown + ": " + target.closest("[data-why]").dataset.why : "");
  const hide = () => { tip.hidden = true; if (holder) holder.removeAttribute("aria-describedby"); holder = null; };
  const show = (event) => {
    const target = event.target instanceof Element ? event.target.closest("[data-tip],.na") : null;
    const text = target ? textOf(target) : "";
    if (!text) { hide(); return; }
    hide();
    holder = target;
    tip.textContent = text;
    target.setAttribute("aria-describedby", "tip");
    put();
  };
  const put = () => {
    // Focusing a cell may scroll to it: the tip follows its cell, and goes when the cell leaves the window.
    if (!holder) return;
    const place = holder.getBoundingClientRect();
    tip.hidden = place.bottom < 0 || place.top > innerHeight;
    const left = Math.min(Math.max(8, place.left), innerWidth - tip.offsetWidth - 8);
    const below = place.bottom + 8 + tip.offsetHeight < innerHeight;
    tip.style.left = left + "px";
    tip.style.top = (below ? place.bottom + 8 : Math.max(8, place.top - tip.offsetHeight - 8)) + "px";
  };
  document.addEventListener("mouseover", show);
  document.addEventListener("focusin", show);
  document.addEventListener("focusout", hide);
  document.addEventListener("scroll", put, true);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
}

document.querySelectorAll("table.sortable").forEach(enhance);
tips();

// In the frame of another page a link to a place of this one would lead to a place of the other.
if (location.protocol === "about:") addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  if (!link) return;
  event.preventDefault();
  location.hash = link.hash;
});
