// The formula as five linked matrices that a reader steps through.

import { fill } from "./blob.js";
import { figure, formulaOf, STEPS } from "./formula.js";
import { cells, label, widest } from "./pen.js";
import { kindOf } from "./shown.js";
import { inkOn, shade, signedShade } from "./theme.js";

const SMALL = 104, GAP = 22, STRIP = 150, GUTTER = 130;

export function layout(app, width) {
  const formula = formulaOf(app), { theme } = app;
  if (!formula) return null;
  const kind = kindOf(app), output = app.state.step === 4;
  const pen = app.ruler(`${theme.size}px ${theme.font}`);
  const most = Math.min(GUTTER, width * 0.3);
  const columns = output ? formula.width : formula.columns;
  const left = Math.ceil(widest(pen, kind.queries, most)) + 12;
  const top = output ? 26 : Math.ceil(widest(pen, kind.keys, GUTTER)) + 12;
  const cell = Math.max(1.5, Math.min(46, (width - left - 2) / columns));
  const small = Math.max(44, Math.min(SMALL, Math.floor((width - 4 * GAP) / 5)));
  const strip = STRIP - SMALL + small;
  return { left, top: strip + top, strip, small, most, columns, cell,
    width: Math.max(left + cell * columns + 2, 5 * small + 4 * GAP),
    height: strip + top + cell * formula.rows + 4 };
}

/** Colour of a cell of one step, null where there is nothing. */
function colourer(theme, formula, step) {
  const name = STEPS[step], values = formula[name];
  if (name === "weights") return (at) => shade(theme, values[at]);
  let most = 1e-12;
  for (const value of values) if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  return (at) => (values[at] === -Infinity ? null : signedShade(theme, values[at] / most));
}

export function paint(app, pen, place) {
  const formula = formulaOf(app), { theme, state } = app, at = app.hover || state.cursor;
  pen.textBaseline = "middle";
  STEPS.forEach((name, step) => {
    const x = step * (place.small + GAP), columns = step === 4 ? formula.width : formula.columns;
    const colour = colourer(theme, formula, step);
    pen.fillStyle = theme.panel;
    pen.fillRect(x, 22, place.small, place.small);
    cells(pen, formula.rows, columns, (r, c) => colour(r * columns + c), x, 22, place.small,
      place.small, { beside: 5, of: formula[name], tone: theme.dark });
    pen.font = `${step === state.step ? "600 " : ""}12px ${theme.font}`;
    pen.fillStyle = step === state.step ? theme.ink : theme.muted;
    pen.textAlign = "left";
    label(pen, `${step + 1} ${app.words[`step_${name}`]}`, x, 9, place.small + GAP - 4);
    if (step) {
      pen.textAlign = "center";
      pen.fillText("→", x - GAP / 2, 22 + place.small / 2);
    }
    pen.strokeStyle = step === state.step ? theme.ink : theme.axis;
    pen.lineWidth = step === state.step ? 2.5 : 1;
    pen.strokeRect(x - 1, 21, place.small + 2, place.small + 2);
    if (at) spot(pen, theme, formula, step, at, x, place.small);
  });
  large(app, pen, place, formula, at);
}

/** The same cell in every matrix; in the output, its row. */
function spot(pen, theme, formula, step, { row, column }, x, size) {
  const columns = step === 4 ? formula.width : formula.columns;
  const h = size / formula.rows, w = size / columns;
  pen.strokeStyle = theme.accent;
  pen.lineWidth = 1.5;
  if (step === 4) pen.strokeRect(x, 22 + row * h, size, Math.max(2, h));
  else if (column < formula.columns) {
    pen.strokeRect(x + column * w - 1, 21 + row * h, Math.max(4, w) + 2, Math.max(4, h) + 2);
  }
}

function large(app, pen, place, formula, at) {
  const { theme, state } = app, kind = kindOf(app), output = state.step === 4;
  const { left, top, cell, columns } = place, values = formula[STEPS[state.step]];
  const colour = colourer(theme, formula, state.step);
  pen.fillStyle = theme.panel;
  pen.fillRect(left, top, cell * columns, cell * formula.rows);
  cells(pen, formula.rows, columns, (r, c) => colour(r * columns + c), left, top, cell * columns,
    cell * formula.rows, { of: values, tone: theme.dark });
  const every = Math.max(1, Math.ceil(theme.size / cell));
  pen.font = `${theme.size}px ${theme.font}`;
  kind.queries.forEach((text, r) => {
    if (r % every && r !== at?.row) return;
    pen.fillStyle = r === at?.row ? theme.accent : theme.ink;
    pen.textAlign = "right";
    label(pen, text, left - 6, top + (r + 0.5) * cell, place.most);
  });
  if (output) {
    pen.fillStyle = theme.muted;
    pen.textAlign = "left";
    pen.fillText(fill(app.words.dimensions, { n: columns }), left, top - 12);
  } else kind.keys.forEach((text, c) => {
    if (c % every && c !== at?.column) return;
    pen.save();
    pen.translate(left + (c + 0.5) * cell, top - 6);
    pen.rotate(-Math.PI / 2);
    pen.textAlign = "left";
    pen.fillStyle = c === at?.column ? theme.accent : theme.ink;
    label(pen, text, 0, 0, GUTTER);
    pen.restore();
  });
  if (cell >= 34) {
    pen.font = `12px ${theme.font}`;
    pen.textAlign = "center";
    for (let i = 0; i < values.length; i++) {
      const text = values[i] === -Infinity ? "−∞" : figure(values[i]), tone = colour(i);
      if (STEPS[state.step] === "weights" && values[i] < 0.1) continue;
      pen.fillStyle = tone ? inkOn(tone) : theme.muted;
      pen.fillText(text.length > 6 ? text.slice(0, 6) : text,
        left + ((i % columns) + 0.5) * cell, top + (Math.floor(i / columns) + 0.5) * cell);
    }
  }
  if (at && at.column < columns) {
    pen.strokeStyle = theme.ink;
    pen.lineWidth = 2;
    pen.strokeRect(left + at.column * cell, top + at.row * cell, cell, cell);
  }
}

export function at(app, place, x, y) {
  const formula = formulaOf(app);
  if (y < place.strip) {
    const step = Math.floor(x / (place.small + GAP)), inside = x - step * (place.small + GAP);
    if (step < 0 || step > 4 || inside > place.small) return null;
    const columns = step === 4 ? formula.width : formula.columns;
    const row = Math.floor(((y - 22) / place.small) * formula.rows);
    const column = Math.floor((inside / place.small) * columns);
    if (row < 0 || row >= formula.rows) return { step };
    return { step, row, column };
  }
  const row = Math.floor((y - place.top) / place.cell);
  const column = Math.floor((x - place.left) / place.cell);
  if (row < 0 || column < 0 || row >= formula.rows || column >= place.columns) return null;
  return { row, column };
}

export function choose(app, target) {
  if (target.step !== undefined) app.state.step = target.step;
  if (target.row !== undefined) app.state.cursor = { row: target.row, column: target.column };
  app.changed();
}

export function key(app, name) {
  const formula = formulaOf(app), { state } = app;
  if (!formula) return false;
  if (name === "PageDown" || name === "PageUp" || name === " ") {
    state.step = Math.min(4, Math.max(0, state.step + (name === "PageUp" ? -1 : 1)));
    app.changed();
    return true;
  }
  const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  if (name === "Enter" && state.cursor) return app.open(state.cursor), true;
  if (!moves[name]) return false;
  const columns = state.step === 4 ? formula.width : formula.columns;
  const now = state.cursor || { row: 0, column: 0 };
  const clamp = (value, count) => Math.min(count - 1, Math.max(0, value));
  state.cursor = !state.cursor ? now : { row: clamp(now.row + moves[name][0], formula.rows),
    column: clamp(now.column + moves[name][1], columns) };
  app.hover = null;
  app.changed();
  return true;
}

export function said(app) {
  const formula = formulaOf(app), { state, words } = app, at = app.hover || state.cursor;
  if (!formula || at?.row === undefined) return words.steps_help;
  const kind = kindOf(app), query = kind.queries[at.row];
  if (state.step === 4 && !(app.hover && app.hover.step !== undefined && app.hover.step < 4)) {
    const value = formula.output[at.row * formula.width + at.column];
    return fill(words.output_cell, { query, d: at.column, value: figure(value) });
  }
  if (at.column >= formula.columns) return words.steps_help;
  return `${fill(words.pair, { query, key: kind.keys[at.column] })} ${chain(app, formula, at.row,
    at.column)}`;
}

/** One cell through every step, in numbers. */
export function chain(app, formula, row, column) {
  const at = row * formula.columns + column, { scaling, softcap } = app.data.detail, { words } = app;
  const scaled = formula.scores[at] * scaling;
  const parts = [`q·k = ${figure(formula.scores[at])}`];
  if (scaling !== 1) {
    const root = Math.sqrt(formula.depth);
    const divided = Math.abs(scaling * root - 1) < 1e-6;
    parts.push(`${divided ? `÷ √${formula.depth} = ${figure(root)}` : `× ${figure(scaling)}`} → ${figure(scaled)}`);
  }
  if (softcap) parts.push(fill(words.capped, { cap: softcap, value: figure(softcap * Math.tanh(scaled / softcap)) }));
  if (formula.bias) {
    parts.push(fill(words.biased, { bias: figure(formula.bias[at]), value: figure(formula.scaled[at]) }));
  }
  if (formula.masked[at] === -Infinity) return [...parts, words.unseen].join(" · ");
  const power = `e^(${figure(formula.masked[at])} − ${figure(formula.largest[row])})`;
  parts.push(`${power.replace("− −", "+ ")} ÷ ${figure(formula.sums[row])} = ` +
    formula.weights[at].toFixed(4));
  return parts.join(" · ");
}
