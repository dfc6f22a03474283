// Lines from each token that looks to the tokens it looks at most.

import { fill } from "./blob.js";
import { label, widest } from "./pen.js";
import { onlyToken, shown, written } from "./shown.js";
import { strongest } from "./weights.js";

const HEAD = 30, SHADES = 8;
export const MOST_HEADS = 12;
const DASH = [5, 3];

/** A head's colour and dash: six colours, solid and then dashed, so that twelve are told apart. */
export function strokeOf(theme, order) {
  return { colour: theme.lines[order % theme.lines.length],
    dash: order < theme.lines.length ? [] : DASH };
}

export function layout(app, width) {
  const view = shown(app), { theme } = app;
  if (!view) return null;
  const pen = app.ruler(`${theme.size}px ${theme.font}`);
  const most = Math.min(170, width * 0.32);
  const wide = (labels, title) => Math.ceil(widest(pen, [...labels, title], most)) + 12;
  const left = wide(view.rows, `${app.words.looks} →`);
  const right = wide(view.columns, app.words.looked);
  const count = Math.max(view.rows.length, view.columns.length);
  const step = count <= 48 ? 20 : count <= 160 ? 14 : Math.max(3, 2200 / count);
  const middle = Math.min(width - left - right, 520);
  return { left, right, most, step, middle, width: left + middle + right,
    height: HEAD + step * count + 8 };
}

const y = (place, index) => HEAD + (index + 0.5) * place.step;

export function paint(app, pen, place) {
  const view = shown(app), { theme, state } = app, chosen = app.hover || state.cursor;
  const from = place.left, to = place.left + place.middle;
  pen.textBaseline = "middle";
  pen.font = `${theme.size - 1}px ${theme.font}`;
  pen.fillStyle = theme.muted;
  pen.textAlign = "right";
  pen.fillText(`${app.words.looks} →`, from - 4, 12);
  pen.textAlign = "left";
  pen.fillText(app.words.looked, to + 4, 12);
  if (view.heads.length > 1) samples(pen, theme, view, from, to);
  view.heads.forEach(({ matrix }, order) => {
    const stroke = strokeOf(theme, order);
    pen.strokeStyle = stroke.colour;
    pen.setLineDash(stroke.dash);
    bundle(pen, place, view, matrix, state, chosen, from, to);
  });
  pen.setLineDash([]);
  names(app, pen, place, view, chosen, from, to);
}

/** Which line is which head's, between the two columns. */
function samples(pen, theme, view, from, to) {
  const step = Math.min(56, (to - from - 12) / view.heads.length), long = Math.min(20, step / 2.5);
  pen.textAlign = "left";
  view.heads.forEach(({ head }, order) => {
    const x = from + 12 + order * step, stroke = strokeOf(theme, order);
    pen.strokeStyle = stroke.colour;
    pen.setLineDash(stroke.dash);
    pen.lineWidth = 2.5;
    pen.beginPath();
    pen.moveTo(x, 12);
    pen.lineTo(x + long, 12);
    pen.stroke();
    pen.fillStyle = theme.ink;
    pen.fillText(String(head), x + long + 3, 12);
  });
  pen.setLineDash([]);
}

/** One head's lines, a stroke for each step of weight: thicker and stronger = more. */
function bundle(pen, place, view, matrix, state, chosen, from, to) {
  const steps = Array.from({ length: SHADES }, () => []), faint = [];
  for (let r = 0; r < view.rows.length; r++) {
    for (const c of strongest(matrix, r, state.top, state.least)) {
      if (chosen && !touches(chosen, r, c)) { faint.push([r, c]); continue; }
      const weight = matrix.values[r * matrix.columns + c];
      steps[Math.min(SHADES - 1, Math.floor(Math.sqrt(weight) * SHADES))].push([r, c]);
    }
  }
  const draw = (lines, alpha, width) => {
    if (!lines.length) return;
    pen.save();
    pen.globalAlpha = alpha;
    pen.lineWidth = width;
    pen.beginPath();
    const bend = (to - from) * 0.4;
    for (const [r, c] of lines) {
      const start = y(place, r), end = y(place, c);
      pen.moveTo(from, start);
      pen.bezierCurveTo(from + bend, start, to - bend, end, to, end);
    }
    pen.stroke();
    pen.restore();
  };
  // Where tokens stand close together, thick lines would cover each other.
  const fine = Math.min(1, place.step / 14);
  draw(faint, 0.06, fine);
  steps.forEach((lines, i) => {
    const share = (i + 1) / SHADES;
    draw(lines, (0.15 + 0.85 * share) * (0.4 + 0.6 * fine), Math.max(0.4, (0.6 + 3 * share) * fine));
  });
}

const touches = (chosen, row, column) =>
  chosen.side === "rows" ? chosen.index === row : chosen.index === column;

function names(app, pen, place, view, chosen, from, to) {
  const { theme } = app, every = Math.max(1, Math.ceil(theme.size / place.step));
  const write = (side, labels, x, align) => labels.forEach((text, i) => {
    const here = chosen?.side === side && chosen.index === i;
    if (!here && i % every) return;
    pen.textAlign = align;
    pen.font = `${here ? "600 " : ""}${theme.size}px ${theme.font}`;
    pen.fillStyle = here ? theme.accent : theme.ink;
    label(pen, text, x, y(place, i), place.most);
  });
  write("rows", view.rows, from - 6, "right");
  write("columns", view.columns, to + 6, "left");
}

export function at(app, place, x, py) {
  const view = shown(app), index = Math.floor((py - HEAD) / place.step);
  const side = x < place.left + place.middle / 2 ? "rows" : "columns";
  return index >= 0 && index < view[side].length ? { side, index } : null;
}

export function choose(app, target) {
  const view = shown(app);
  onlyToken(app, target.side, view[`${target.side}At`][target.index]);
  app.hover = null;
  app.changed();
}

export function key(app, name) {
  const view = shown(app), { state } = app;
  if (!view) return false;
  const now = state.cursor?.side ? state.cursor : { side: "rows", index: -1 };
  if (name === "Enter" && state.cursor) return choose(app, state.cursor), true;
  if (name === "ArrowLeft" || name === "ArrowRight") {
    const side = name === "ArrowLeft" ? "rows" : "columns";
    state.cursor = { side, index: Math.min(Math.max(0, now.index), view[side].length - 1) };
  } else if (name === "ArrowUp" || name === "ArrowDown") {
    const index = now.index + (name === "ArrowUp" ? -1 : 1);
    state.cursor = { ...now, index: Math.min(view[now.side].length - 1, Math.max(0, index)) };
  } else return false;
  app.hover = null;
  app.changed();
  return true;
}

export function said(app) {
  const view = shown(app), target = app.hover || app.state.cursor;
  if (!view || !target?.side) return app.words.lines_help;
  const { mean } = view;
  if (target.side === "rows") {
    const best = strongest(mean, target.index, 3, 0).map((c) =>
      `${view.columns[c]} ${written(mean, mean.values[target.index * mean.columns + c])}`);
    return fill(app.words.looks_most, { query: view.rows[target.index], list: best.join(" · ") });
  }
  let sum = 0;
  for (let r = 0; r < mean.rows; r++) sum += mean.values[r * mean.columns + target.index];
  return fill(app.words.gets, { key: view.columns[target.index], sum: sum.toFixed(2),
    n: mean.rows });
}
