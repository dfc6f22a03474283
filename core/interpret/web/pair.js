// Why one token looks at another: q·k, dimension by dimension, and its share of the softmax.

import { fill } from "./blob.js";
import { figure, formulaOf } from "./formula.js";
import { cells, label } from "./pen.js";
import { kindOf } from "./shown.js";
import { chain } from "./steps.js";
import { css, signedShade, shade } from "./theme.js";

const LEFT = 96, ROW = 24, BARS = 110, WEIGHTS = 150;

export function layout(app, width) {
  const formula = formulaOf(app);
  if (!formula) return null;
  const wide = Math.min(width, 900), left = Math.min(LEFT, wide * 0.28);
  return { left, step: (wide - left - 4) / formula.depth, width: wide, room: wide - left - 4,
    tops: [30, 30 + ROW + 6, 30 + 2 * (ROW + 6) + 8], lower: 30 + 2 * (ROW + 6) + 8 + BARS + 26,
    height: 30 + 2 * (ROW + 6) + 8 + BARS + 26 + WEIGHTS + 30 };
}

/** The pair on show: the chosen cell, or the strongest one. */
export function pairOf(app, formula) {
  const { cursor } = app.state;
  if (cursor && cursor.row !== undefined && cursor.column < formula.columns) return cursor;
  let best = 0;
  formula.weights.forEach((weight, at) => { if (weight > formula.weights[best]) best = at; });
  return { row: Math.floor(best / formula.columns), column: best % formula.columns };
}

export function paint(app, pen, place) {
  const formula = formulaOf(app), { theme } = app, kind = kindOf(app);
  const { row, column } = pairOf(app, formula), { depth } = formula;
  const q = formula.q.subarray(row * depth, (row + 1) * depth);
  const k = formula.k.subarray(column * depth, (column + 1) * depth);
  const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12);
  const scale = Math.max(largest(q), largest(k));
  pen.textBaseline = "middle";
  pen.font = `${theme.size}px ${theme.font}`;
  [[`q  ${kind.queries[row]}`, q], [`k  ${kind.keys[column]}`, k]].forEach(([name, values], i) => {
    pen.fillStyle = theme.ink;
    pen.textAlign = "right";
    label(pen, name, place.left - 8, place.tops[i] + ROW / 2, place.left - 8);
    cells(pen, 1, depth, (_, d) => signedShade(theme, values[d] / scale), place.left, place.tops[i],
      place.room, ROW);
  });
  bars(app, pen, place, q.map((value, d) => value * k[d]));
  pen.font = `12px ${theme.font}`;
  pen.fillStyle = theme.muted;
  pen.textAlign = "left";
  pen.fillText(fill(app.words.dimensions, { n: depth }), place.left, 16);
  shares(app, pen, place, formula, kind, row, column);
}

/** q × k, a bar a dimension: up adds to the score, down takes away. */
function bars(app, pen, place, products) {
  const { theme } = app, middle = place.tops[2] + BARS / 2;
  const most = products.reduce((size, value) => Math.max(size, Math.abs(value)), 1e-12);
  pen.font = `${theme.size}px ${theme.font}`;
  pen.fillStyle = theme.ink;
  pen.textAlign = "right";
  pen.fillText("q × k", place.left - 8, middle);
  products.forEach((value, d) => {
    const height = (value / most) * (BARS / 2 - 4);
    const x = place.left + d * place.step, w = Math.max(1, place.step - 1);
    pen.fillStyle = css(signedShade(theme, value >= 0 ? 0.75 : -0.75));
    pen.fillRect(x, Math.min(middle, middle - height), w, Math.abs(height));
    if (app.hover?.d === d) {
      pen.strokeStyle = theme.accent;
      pen.lineWidth = 1.5;
      pen.strokeRect(x - 1, place.tops[0] - 2, w + 2, place.tops[2] + BARS - place.tops[0] + 4);
    }
  });
  pen.fillStyle = theme.axis;
  pen.fillRect(place.left, middle, place.room, 1);
  const sum = products.reduce((total, value) => total + value, 0);
  pen.fillStyle = theme.ink;
  pen.textAlign = "left";
  pen.font = `600 ${theme.size}px ${theme.font}`;
  pen.fillText(`Σ q × k = ${figure(sum)}`, place.left, place.tops[2] + BARS + 14);
}

/** The query's whole row of the softmax, the chosen key marked. */
function shares(app, pen, place, formula, kind, row, column) {
  const { theme } = app, { columns } = formula, step = place.room / columns;
  const base = place.lower + WEIGHTS - 66;
  pen.font = `${theme.size}px ${theme.font}`;
  pen.fillStyle = theme.ink;
  pen.textAlign = "right";
  pen.fillText("softmax", place.left - 8, base - 30);
  const every = Math.max(1, Math.ceil(13 / step));
  for (let c = 0; c < columns; c++) {
    const weight = formula.weights[row * columns + c], height = weight * (WEIGHTS - 90);
    const unseen = formula.masked[row * columns + c] === -Infinity;
    const x = place.left + c * step;
    pen.fillStyle = c === column ? theme.accent : css(shade(theme, 0.25));
    pen.fillRect(x, base - height, Math.max(1, step - 1), Math.max(height, 0.5));
    if (c % every && c !== column) continue;
    if (!unseen && (step >= 34 || c === column)) {
      pen.textAlign = "center";
      pen.font = `12px ${theme.font}`;
      pen.fillStyle = theme.ink;
      pen.fillText(weight.toFixed(step >= 44 ? 4 : 2), x + step / 2, base - height - 9);
    }
    pen.save();
    pen.translate(x + step / 2, base + 6);
    pen.rotate(-Math.PI / 2);
    pen.textAlign = "right";
    pen.font = `12px ${theme.font}`;
    pen.fillStyle = c === column ? theme.accent : theme.muted;
    label(pen, kind.keys[c], 0, 0, 60);
    pen.restore();
  }
  pen.fillStyle = theme.axis;
  pen.fillRect(place.left, base, place.room, 1);
}

export function at(app, place, x, y) {
  const formula = formulaOf(app);
  if (x < place.left || x >= place.left + place.room) return null;
  if (y < place.tops[2] + BARS) return { d: Math.floor((x - place.left) / place.step) };
  if (y < place.lower) return null;
  return { column: Math.floor(((x - place.left) / place.room) * formula.columns) };
}

export function choose(app, target) {
  if (target.column === undefined) return;
  app.state.cursor = { ...pairOf(app, formulaOf(app)), column: target.column };
  app.changed();
}

export function key(app, name) {
  const formula = formulaOf(app);
  const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  if (!formula || !moves[name]) return false;
  const now = pairOf(app, formula);
  const clamp = (value, count) => Math.min(count - 1, Math.max(0, value));
  app.state.cursor = { row: clamp(now.row + moves[name][0], formula.rows),
    column: clamp(now.column + moves[name][1], formula.columns) };
  app.changed();
  return true;
}

export function said(app) {
  const formula = formulaOf(app);
  if (!formula) return app.words.waiting;
  const { row, column } = pairOf(app, formula), kind = kindOf(app), { depth } = formula;
  if (app.hover?.d !== undefined) {
    const { d } = app.hover, q = formula.q[row * depth + d], k = formula.k[column * depth + d];
    return fill(app.words.dimension, { d, q: figure(q), k: figure(k), product: figure(q * k) });
  }
  return `${fill(app.words.pair, { query: kind.queries[row], key: kind.keys[column] })} ${chain(app,
    formula, row, column)}`;
}
