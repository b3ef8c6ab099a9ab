// Files of what is shown: pictures on a light ground, and the graph for other programs.
function xml(text) {
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "").replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;").replaceAll('"', "&quot;").replaceAll("\n", "&#10;").replaceAll("\t", "&#9;").replaceAll("\r", "&#13;");
}

const fileName = (ending) => DATA.file + "-" + yearNow().year + "." + ending;

function savePng() {
  const box = byId("net"), sharp = 2, scale = network.getScale(), middle = network.getViewPosition();
  const canvas = document.createElement("canvas");
  canvas.width = box.clientWidth * sharp;
  canvas.height = box.clientHeight * sharp;
  const pen = canvas.getContext("2d"), now = scene(THEMES.light);
  pen.fillStyle = THEMES.light.ground;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.setTransform(sharp * scale, 0, 0, sharp * scale, canvas.width / 2 - middle.x * scale * sharp, canvas.height / 2 - middle.y * scale * sharp);
  paint(pen, now, namesAt(now, scale), 1 / scale);
  canvas.toBlob((blob) => save(fileName("png"), "image/png", blob), "image/png");
}

// The whole picture as SVG, at the scale of the screen: the same lines, marks and names.
function svgText() {
  const now = scene(THEMES.light), {lines, marks, boxes, look} = now, scale = network.getScale(), px = 1 / scale, names = namesAt(now, scale);
  const round = (amount) => Math.round(amount * 10) / 10;
  const spots = [...marks.map((m) => [m.x - m.r, m.y - m.r, m.x + m.r, m.y + m.r]), ...names.map((name) => name.box), ...boxes.map((b) => [b.x - 90 * px, b.y - 20 * px, b.x + 90 * px, b.y + 20 * px])];
  if (!spots.length) spots.push([0, 0, 100, 100]);
  const edge = (at, pick) => pick(...spots.map((spot) => spot[at]));
  const left = edge(0, Math.min) - 12 * px, top = edge(1, Math.min) - 12 * px, wide = edge(2, Math.max) + 12 * px - left, high = edge(3, Math.max) + 12 * px - top;
  const part = [`<svg xmlns="http://www.w3.org/2000/svg" viewBox="${[left, top, wide, high].map(round).join(" ")}" width="${round(wide * scale)}" height="${round(high * scale)}" font-family="Arial, sans-serif">`,
    `<title>${xml(document.title + ", " + yearNow().year)}</title>`, `<rect x="${round(left)}" y="${round(top)}" width="${round(wide)}" height="${round(high)}" fill="${look.ground}"/>`];
  for (const group of bundles(lines)) {
    const [first] = group;
    const path = group.map((l) => `M${round(l.x1)} ${round(l.y1)}L${round(l.x2)} ${round(l.y2)}`).join("");
    const heads = group.map((l) => "M" + headOf(l, px).map(([x, y]) => round(x) + " " + round(y)).join("L") + "Z").join("");
    part.push(`<g opacity="${first.alpha.toFixed(2)}"><path d="${path}" fill="none" stroke="${first.color}" stroke-width="${round(Math.max(first.width, 0.7 * px))}"${first.dash ? ' stroke-dasharray="5 5"' : ""}/><path d="${heads}" fill="${first.color}"/></g>`);
  }
  for (const mark of marks) {
    const {x, y, r} = mark, unknown = mark.hollow || !mark.color;
    const style = `fill="${mark.color || look.ground}" stroke="${look.edge}" stroke-width="1.5"${mark.dim ? ' opacity=".22"' : ""}${unknown ? ' stroke-dasharray="4 3"' : ""}`;
    const name = `<title>${xml(DATA.nodes[mark.k].name)}</title>`;
    part.push(mark.core ? `<path d="M${x} ${round(y - r)}L${round(x + r)} ${y}L${x} ${round(y + r)}L${round(x - r)} ${y}Z" ${style}>${name}</path>`
      : `<circle cx="${x}" cy="${y}" r="${round(r)}" ${style}>${name}</circle>`);
  }
  for (const {lines: texts, box} of names) {
    texts.forEach((text, j) => part.push(`<text x="${round((box[0] + box[2]) / 2)}" y="${round(box[1] + (j + 0.85) * FONT * 1.2 * px)}" font-size="${round(FONT * px)}" text-anchor="middle" fill="${look.ink}" stroke="${look.ground}" stroke-width="${round(3 * px)}" stroke-linejoin="round" paint-order="stroke">${xml(text)}</text>`));
  }
  for (const {text, x, y} of boxes) part.push(`<text x="${x}" y="${y}" font-size="${round(13 * px)}" font-weight="600" text-anchor="middle" fill="${look.ink}">${xml(text)}</text>`);
  return part.join("\n") + "\n</svg>\n";
}

function graphText(kind) {
  const year = yearNow(), {links, seen} = shown();
  const keys = ["participant_id", "role", "core", "x", "y"], present = NODES.filter((k) => seen[k]);
  const values = (k) => [DATA.nodes[k].pid, DATA.nodes[k].role, year.core[k] === null ? "" : String(Boolean(year.core[k])), year.x[k], year.y[k]];
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

byId("png").addEventListener("click", savePng);
byId("svg").addEventListener("click", () => save(fileName("svg"), "image/svg+xml", svgText()));
for (const kind of ["gexf", "graphml"]) byId(kind).addEventListener("click", () => save(fileName(kind), "application/xml", graphText(kind)));

// On paper the picture is the drawing, whole and on a light ground, whatever part of it the window shows.
addEventListener("beforeprint", () => {
  const made = new DOMParser().parseFromString(svgText(), "image/svg+xml").documentElement;
  for (const name of ["width", "height"]) made.removeAttribute(name);
  byId("printed").replaceChildren(made);
});
