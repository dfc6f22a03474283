// One head large, or the mean of several: a row for each token that looks.

import { fill } from "./blob.js";
import { cells, label, widest } from "./pen.js";
import { hide, shown, written } from "./shown.js";
import { inkOn, shade } from "./theme.js";

const PRINTED_FROM = 0.1, PRINTED_CELL = 28, GUTTER = 150;

export function layout(app, width) {
  const view = shown(app), { theme } = app;
  if (!view) return null;
  const pen = app.ruler(`${theme.size}px ${theme.font}`);
  const most = Math.min(GUTTER, width * 0.3);
  const left = Math.ceil(widest(pen, view.rows, most)) + 12;
  const top = Math.ceil(widest(pen, view.columns, GUTTER)) + 12;
  const cell = Math.max(1.5, Math.min(46, (width - left - 2) / view.columns.length));
  const size = cell > 4 ? Math.floor(cell) : cell;
  return { left, top, cell: size, most, width: left + size * view.columns.length + 2,
    height: top + size * view.rows.length + 2 };
}

export function paint(app, pen, place) {
  const view = shown(app), { theme } = app, { values, columns } = view.mean;
  const { left, top, cell } = place;
  cells(pen, view.rows.length, columns,
    (r, c) => (view.sees(r, c) ? shade(theme, values[r * columns + c]) : null),
    left, top, cell * columns, cell * view.rows.length, { of: view.mean, tone: theme.dark });
  if (cell >= 10) rules(pen, theme, view, place);
  names(app, pen, view, place);
  if (cell >= PRINTED_CELL) print(app, pen, view, place);
  const at = app.hover || app.state.cursor;
  if (at) cross(pen, theme, view, place, at);
}

/** Lines of ground between cells. */
function rules(pen, theme, view, { left, top, cell }) {
  pen.fillStyle = theme.ground;
  const width = cell * view.columns.length, height = cell * view.rows.length;
  for (let r = 1; r < view.rows.length; r++) pen.fillRect(left, top + r * cell - 1, width, 1);
  for (let c = 1; c < view.columns.length; c++) pen.fillRect(left + c * cell - 1, top, 1, height);
}

function names(app, pen, view, { left, top, cell, most }) {
  const { theme } = app, at = app.hover || app.state.cursor;
  const every = Math.max(1, Math.ceil(theme.size / cell));
  pen.textBaseline = "middle";
  const write = (labels, chosen, draw) => labels.forEach((text, i) => {
    if (i !== chosen && (i % every || (chosen !== undefined && Math.abs(i - chosen) < every))) return;
    pen.font = `${i === chosen ? "600 " : ""}${theme.size}px ${theme.font}`;
    pen.fillStyle = i === chosen ? theme.accent : theme.ink;
    draw(text, i);
  });
  write(view.rows, at?.row, (text, r) => {
    pen.textAlign = "right";
    label(pen, text, left - 6, top + (r + 0.5) * cell, most);
  });
  write(view.columns, at?.column, (text, c) => {
    pen.save();
    pen.translate(left + (c + 0.5) * cell, top - 6);
    pen.rotate(-Math.PI / 2);
    pen.textAlign = "left";
    label(pen, text, 0, 0, GUTTER);
    pen.restore();
  });
}

function print(app, pen, view, { left, top, cell }) {
  const { theme } = app, { values, columns } = view.mean;
  pen.font = `${theme.size - 1}px ${theme.font}`;
  pen.textAlign = "center";
  for (let r = 0; r < view.rows.length; r++) for (let c = 0; c < columns; c++) {
    const weight = values[r * columns + c];
    if (weight < PRINTED_FROM || !view.sees(r, c)) continue;
    pen.fillStyle = inkOn(shade(theme, weight));
    pen.fillText(weight.toFixed(2).replace(/^0/, ""), left + (c + 0.5) * cell - 0.5,
      top + (r + 0.5) * cell);
  }
}

function cross(pen, theme, view, { left, top, cell }, { row, column }) {
  pen.strokeStyle = theme.accent;
  pen.lineWidth = 1;
  pen.strokeRect(left, top + row * cell, cell * view.columns.length, cell);
  pen.strokeRect(left + column * cell, top, cell, cell * view.rows.length);
  pen.strokeStyle = theme.ink;
  pen.lineWidth = 2;
  pen.strokeRect(left + column * cell, top + row * cell, cell, cell);
}

export function at(app, place, x, y) {
  const view = shown(app);
  const column = Math.floor((x - place.left) / place.cell);
  const row = Math.floor((y - place.top) / place.cell);
  const inRows = row >= 0 && row < view.rows.length;
  const inColumns = column >= 0 && column < view.columns.length;
  if (inRows && inColumns) return { row, column };
  if (inRows && x < place.left && x >= 0) return { side: "rows", index: row };
  if (inColumns && y < place.top && y >= 0) return { side: "columns", index: column };
  return null;
}

export function choose(app, target) {
  const view = shown(app);
  if (target.side) {
    hide(app, target.side, view[`${target.side}At`][target.index]);
    app.changed();
  } else {
    app.state.cursor = target;
    app.open(target);
  }
}

export function key(app, name) {
  const view = shown(app);
  if (!view) return false;
  const now = app.state.cursor || { row: 0, column: 0 };
  const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
    Home: [0, -Infinity], End: [0, Infinity] };
  if (name === "Enter") return app.open(now), true;
  if (name === "h" || name === "H") {
    hide(app, "columns", view.columnsAt[now.column]);
    app.changed();
    return true;
  }
  if (!moves[name]) return false;
  const clamp = (value, count) => Math.min(count - 1, Math.max(0, value));
  app.state.cursor = app.state.cursor ? {
    row: clamp(now.row + moves[name][0], view.rows.length),
    column: clamp(now.column + moves[name][1], view.columns.length),
  } : now;
  app.hover = null;
  app.changed();
  return true;
}

export function said(app) {
  const view = shown(app), target = app.hover || app.state.cursor;
  if (!view || !target || target.side) return app.words.map_help;
  const { row, column } = target;
  if (!view.sees(row, column)) {
    const later = view.columnsAt[column] > view.rowsAt[row];
    return fill(app.words[later ? "blind" : "blind_window"], { query: view.rows[row],
      key: view.columns[column] });
  }
  const weight = view.mean.values[row * view.mean.columns + column];
  return fill(app.words.look, { query: view.rows[row], key: view.columns[column],
    weight: written(view.mean, weight) });
}

