// Paints the scene. vis-network gives the stage (moving, zooming, touch, keys); a mark or a link of ours costs
// it nothing, so that a step of a slider is one painting.
const network = new vis.Network(byId("net"), {nodes: new vis.DataSet(), edges: new vis.DataSet()}, {
  physics: false, layout: {improvedLayout: false},
  interaction: {keyboard: {enabled: true, bindToWindow: false}, hover: false, tooltipDelay: 1e9},
});

const tipOf = ({x1, y1, x2, y2, end}) => {
  const dx = x2 - x1, dy = y2 - y1, length = Math.hypot(dx, dy) || 1;
  return {x: x2 - dx / length * end, y: y2 - dy / length * end, dx: dx / length, dy: dy / length};
};

// The three corners of an arrow's head at the border of the mark that it points to.
function headOf(line, px) {
  const tip = tipOf(line), size = 5 * px + 1.6 * line.width;
  const back = [tip.x - tip.dx * size, tip.y - tip.dy * size], side = size * 0.45;
  return [[tip.x, tip.y], [back[0] - tip.dy * side, back[1] + tip.dx * side], [back[0] + tip.dy * side, back[1] - tip.dx * side]];
}

// Lines that look alike are one path: thousands of links are a few dozen strokes.
function bundles(lines) {
  const found = new Map();
  for (const line of lines) {
    const key = [line.color, line.alpha.toFixed(2), Math.round(line.width * 1.5), line.dash].join();
    if (found.has(key)) found.get(key).push(line); else found.set(key, [line]);
  }
  return found.values();
}

function trace(pen, {x, y, r, core}) {
  if (core) {
    pen.moveTo(x, y - r);
    for (const [dx, dy] of [[r, 0], [0, r], [-r, 0]]) pen.lineTo(x + dx, y + dy);
    pen.closePath();
  } else {
    pen.moveTo(x + r, y);
    pen.arc(x, y, r, 0, 2 * Math.PI);
  }
}

function paintMarks(pen, {marks, look}, px) {
  const groups = new Map();
  for (const mark of marks) {
    const key = [mark.color, mark.dim, mark.hollow].join();
    if (groups.has(key)) groups.get(key).push(mark); else groups.set(key, [mark]);
  }
  // What stands out is painted last.
  for (const group of [...groups.values()].sort((a, b) => b[0].dim - a[0].dim)) {
    const [{color, dim, hollow}] = group;
    pen.globalAlpha = dim ? 0.22 : 1;
    pen.fillStyle = color || look.ground;
    pen.strokeStyle = look.edge;
    pen.lineWidth = Math.max(1.2, 0.8 * px);
    pen.setLineDash(hollow || !color ? [3 * px, 2.5 * px] : []);
    pen.beginPath();
    for (const mark of group) trace(pen, mark);
    pen.fill();
    pen.stroke();
  }
  pen.setLineDash([]);
  pen.globalAlpha = 1;
  for (const mark of marks) {
    if (mark.k !== state.who && mark.k !== state.to && mark.k !== state.pointed) continue;
    pen.strokeStyle = mark.k === state.who ? look.in : look.out;
    pen.lineWidth = 2.5 * px;
    pen.beginPath();
    trace(pen, {...mark, r: mark.r + 5 * px});
    pen.stroke();
  }
}

function paint(pen, {lines, marks, boxes, near, look}, names, px) {
  pen.lineCap = "butt";
  for (const group of bundles(lines)) {
    const [first] = group;
    pen.globalAlpha = first.alpha;
    pen.strokeStyle = pen.fillStyle = first.color;
    pen.lineWidth = Math.max(first.width, 0.7 * px);
    pen.setLineDash(first.dash ? [5, 5] : []);
    pen.beginPath();
    for (const line of group) { pen.moveTo(line.x1, line.y1); pen.lineTo(line.x2, line.y2); }
    pen.stroke();
    pen.beginPath();
    for (const line of group) {
      const [a, b, c] = headOf(line, px);
      pen.moveTo(a[0], a[1]);
      pen.lineTo(b[0], b[1]);
      pen.lineTo(c[0], c[1]);
    }
    pen.fill();
  }
  paintMarks(pen, {marks, look}, px);
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  for (const name of names) {
    const {lines: texts, box, mark, led} = name, size = FONT * px;
    pen.font = size + "px arial, sans-serif";
    if (led) {
      pen.strokeStyle = look.edge;
      pen.lineWidth = 0.7 * px;
      pen.beginPath();
      pen.moveTo(mark.x, mark.y);
      pen.lineTo((box[0] + box[2]) / 2, (box[1] + box[3]) / 2);
      pen.stroke();
    }
    pen.fillStyle = look.ground;
    pen.globalAlpha = 0.72;
    pen.fillRect(box[0] - px, box[1], box[2] - box[0] + 2 * px, box[3] - box[1]);
    pen.globalAlpha = 1;
    pen.fillStyle = look.ink;
    texts.forEach((text, j) => pen.fillText(text, (box[0] + box[2]) / 2, box[1] + (j + 0.5) * size * 1.2));
  }
  for (const {text, x, y} of boxes) {
    pen.font = "600 " + 13 * px + "px arial, sans-serif";
    const half = pen.measureText(text).width / 2 + 8 * px;
    pen.fillStyle = look.ground;
    pen.strokeStyle = look.edge;
    pen.lineWidth = 1.2 * px;
    pen.beginPath();
    pen.rect(x - half, y - 13 * px, 2 * half, 26 * px);
    pen.fill();
    pen.stroke();
    pen.fillStyle = look.ink;
    pen.fillText(text, x, y);
  }
}

// What was painted last, and for what: names are placed anew when the scale or the choice has changed.
let painted = null, placed = {key: "", names: []}, fitted = {scale: 0, frame: null};
const choiceKey = () => [state.at, state.share, state.who, state.to, state.depth, state.role, state.product, state.stage, state.size, state.labels].join("/");

function namesAt(now, scale) {
  // Steps of scale by a fifth, downwards: what has room at the step has room at the scale.
  const step = 1.2 ** Math.floor(Math.log(scale) / Math.log(1.2));
  const key = [choiceKey(), step].join("/");
  if (placed.key !== key) placed = {key, names: placeNames(now.marks, now.near, step, Math.abs(scale / fitted.scale - 1) < 0.01 ? fitted.frame : null), step};
  // Boxes are those of the step; texts are as large on the screen as everywhere.
  return placed.names.map((name) => scale === placed.step ? name : {...name, box: grown(name, placed.step / scale)});
}

function grown({mark, box}, by) {
  const x = (box[0] + box[2]) / 2, y = (box[1] + box[3]) / 2, w = (box[2] - box[0]) / 2 * by, h = (box[3] - box[1]) / 2 * by;
  return [x - w, y - h, x + w, y + h, mark.k];
}

network.on("beforeDrawing", (pen) => {
  if (!painted) return;
  const scale = network.getScale(), before = pen.getTransform();
  pen.save();
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.fillStyle = painted.look.ground;
  pen.fillRect(0, 0, pen.canvas.width, pen.canvas.height);
  pen.setTransform(before);
  painted.names = namesAt(painted, scale);
  paint(pen, painted, painted.names, 1 / scale);
  pen.restore();
});

// vis paints in its next frame after a move, at once after a redraw: one of the two is enough.
function repaint(refit) {
  painted = scene();
  if (!refit || !fit()) network.redraw();
}

// The whole of what is shown in the window, with room for names at its border.
function fit() {
  const {marks, boxes} = painted || scene(), box = byId("net");
  const all = [...marks, ...boxes.map((one) => ({...one, r: 40}))];
  if (!all.length || !box.clientWidth) return false;
  const left = Math.min(...all.map((m) => m.x - m.r)), right = Math.max(...all.map((m) => m.x + m.r));
  const top = Math.min(...all.map((m) => m.y - m.r)), bottom = Math.max(...all.map((m) => m.y + m.r));
  const pad = Math.min(80, box.clientWidth / 12);
  const scale = Math.min((box.clientWidth - 2 * pad) / Math.max(1, right - left), (box.clientHeight - 64) / Math.max(1, bottom - top), 1.6);
  const half = [box.clientWidth / 2 / scale, box.clientHeight / 2 / scale], middle = [(left + right) / 2, (top + bottom) / 2];
  // As long as the whole is in the window, names stay within it.
  fitted = {scale, frame: [middle[0] - half[0], middle[1] - half[1], middle[0] + half[0], middle[1] + half[1]]};
  placed.key = "";
  network.moveTo({position: {x: (left + right) / 2, y: (top + bottom) / 2}, scale, animation: false});
  return true;
}

// What lies at a point of the picture: a mark, or its name, else a link.
function at(point) {
  if (!painted) return {};
  const scale = network.getScale(), slack = 4 / scale;
  let best = -1, least = Infinity;
  for (const {k, x, y, r} of painted.marks) {
    const far = Math.hypot(point.x - x, point.y - y) - r;
    if (far < slack && far < least) { best = k; least = far; }
  }
  if (best >= 0) return {k: best};
  const name = (painted.names || []).find(({box}) => point.x > box[0] && point.x < box[2] && point.y > box[1] && point.y < box[3]);
  if (name) return {k: name.k};
  let found = null, close = slack;
  for (const line of painted.lines) {
    if (!line.link) continue;
    const dx = line.x2 - line.x1, dy = line.y2 - line.y1, length = dx * dx + dy * dy || 1;
    const along = Math.min(1, Math.max(0, ((point.x - line.x1) * dx + (point.y - line.y1) * dy) / length));
    const far = Math.hypot(point.x - line.x1 - along * dx, point.y - line.y1 - along * dy) - line.width / 2;
    if (far < close) { close = far; found = line.link; }
  }
  return found ? {link: found} : {};
}
