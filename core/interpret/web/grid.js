// Every head at once: a row a layer, a column a head, a picture each.

import { fill } from "./blob.js";
import { cells, cut } from "./pen.js";
import { describe } from "./says.js";
import { kindOf, measuresOf } from "./shown.js";
import { css, shade } from "./theme.js";

export const MARKS = { previous: "←", next: "→", self: "·", delimiter: "|", diagonal: "╲",
  induction: "↺", focused: "◆", broad: "" };
const MARK = 16;

export function layout(app, width) {
  const kind = kindOf(app), edge = 30;
  if (!app.data.arrays.has(`thumbs/${kind.name}`)) return null;
  const top = kind.group > 1 ? 44 : 26;
  const room = (width - edge) / kind.heads, gap = Math.max(1, Math.min(8, Math.floor(room / 5)));
  const tile = Math.max(3, Math.min(96, Math.floor(room) - gap));
  const marked = tile >= 18 ? MARK : 0, stepX = tile + gap;
  const stepY = stepX + (marked ? marked - 4 : 0);
  return { edge, top, tile, gap, marked, stepX, stepY, width: edge + kind.heads * stepX,
    height: top + kind.layers * stepY };
}

export function paint(app, pen, place) {
  const { theme, state } = app, kind = kindOf(app);
  const thumbs = app.data.arrays.get(`thumbs/${kind.name}`);
  const [layers, heads, rows, columns] = thumbs.shape;
  const shades = Array.from({ length: 256 }, (_, byte) => shade(theme, (byte / 255) ** 2));
  pen.textBaseline = "middle";
  pen.font = `${theme.size - 1}px ${theme.font}`;
  pen.fillStyle = theme.ink;
  pen.textAlign = "center";
  const every = Math.max(1, Math.ceil(20 / place.stepX));
  for (let head = 0; head < heads; head += every) {
    pen.fillText(String(head), place.edge + head * place.stepX + place.tile / 2, place.top - 12);
  }
  for (let layer = 0; layer < layers; layer++) {
    if (layer % Math.ceil(14 / place.stepY)) continue;
    pen.fillText(String(kind.first + layer), place.edge / 2 - 2, place.top + layer * place.stepY + place.tile / 2);
  }
  if (kind.group > 1) groups(app, pen, place, kind);
  for (let layer = 0; layer < layers; layer++) for (let head = 0; head < heads; head++) {
    if (!measuresOf(app, kind.first + layer, head)) continue;
    const x = place.edge + head * place.stepX, y = place.top + layer * place.stepY;
    const from = (layer * heads + head) * rows * columns;
    cells(pen, rows, columns, (r, c) => shades[thumbs.values[from + r * columns + c]],
      x, y, place.tile, place.tile, { beside: layers * heads });
    if (place.marked === MARK) mark(app, pen, place, kind.first + layer, head, x, y);
  }
  const [head] = state.heads;
  outline(pen, theme.ink, 2.5, place, state.layer - kind.first, head);
  if (app.hover) outline(pen, theme.accent, 2, place, app.hover.layer - kind.first, app.hover.head);
}

function mark(app, pen, place, layer, head, x, y) {
  const { pattern } = measuresOf(app, layer, head), { theme } = app;
  const sign = MARKS[pattern];
  if (!sign) return;
  pen.font = `12px ${theme.font}`;
  pen.fillStyle = theme.muted;
  pen.textAlign = "center";
  const named = `${sign} ${app.words[`pattern_${pattern}`]}`;
  const fits = cut(pen, named, place.stepX) === named;
  pen.fillText(fits ? named : sign, x + place.tile / 2, y + place.tile + 8);
}

/** Heads that share keys and values stand under one bracket. */
function groups(app, pen, place, kind) {
  const { theme } = app;
  pen.strokeStyle = theme.axis;
  pen.fillStyle = theme.muted;
  pen.lineWidth = 1.5;
  pen.font = `12px ${theme.font}`;
  for (let first = 0; first < kind.heads; first += kind.group) {
    const x = place.edge + first * place.stepX;
    const end = x + (kind.group - 1) * place.stepX + place.tile;
    pen.beginPath();
    pen.moveTo(x, 22); pen.lineTo(x, 18); pen.lineTo(end, 18); pen.lineTo(end, 22);
    pen.stroke();
    const named = fill(app.words.group, { n: first / kind.group });
    const fits = cut(pen, named, end - x + place.gap) === named;
    pen.fillText(fits ? named : String(first / kind.group), (x + end) / 2, 9);
  }
}

function outline(pen, colour, weight, place, layer, head) {
  pen.strokeStyle = colour;
  pen.lineWidth = weight;
  pen.strokeRect(place.edge + head * place.stepX - 2, place.top + layer * place.stepY - 2,
    place.tile + 4, place.tile + 4);
}

export function at(app, place, x, y) {
  const kind = kindOf(app);
  const head = Math.floor((x - place.edge) / place.stepX);
  const layer = kind.first + Math.floor((y - place.top) / place.stepY);
  if (head < 0 || head >= kind.heads || !measuresOf(app, layer, head)) return null;
  return { layer, head };
}

export function choose(app, target) {
  app.go({ layer: target.layer, heads: [target.head], view: "map" });
}

export function key(app, name) {
  const kind = kindOf(app), { state } = app, [head] = state.heads;
  const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  if (name === "Enter") return app.go({ view: "map" }), true;
  if (!moves[name]) return false;
  const layer = state.layer + moves[name][0], next = head + moves[name][1];
  if (measuresOf(app, layer, next)) app.go({ layer, heads: [next] });
  return true;
}

export function said(app) {
  const { layer, head } = app.hover || { layer: app.state.layer, head: app.state.heads[0] };
  return describe(app, layer, head);
}

/** The scale under the picture: the shade of some weights. */
export function scale(app, pen, x, y) {
  const { theme } = app;
  pen.font = `12px ${theme.font}`;
  pen.textBaseline = "middle";
  pen.textAlign = "left";
  for (const weight of [0, 0.01, 0.1, 0.25, 0.5, 1]) {
    pen.fillStyle = css(shade(theme, weight));
    pen.fillRect(x, y - 6, 18, 12);
    pen.strokeStyle = theme.axis;
    pen.lineWidth = 0.5;
    pen.strokeRect(x, y - 6, 18, 12);
    pen.fillStyle = theme.muted;
    const text = String(weight);
    pen.fillText(text, x + 22, y);
    x += 34 + pen.measureText(text).width;
  }
}
