// The table behind the picture, for a page that has no other: made when it is opened.

import { make } from "./dom.js";
import { formulaOf, figure, STEPS } from "./formula.js";
import { kindOf, measuresOf, shown, written } from "./shown.js";

export function drawTable(app, table) {
  const { state } = app, kind = kindOf(app);
  const signature = JSON.stringify([app.root.dataset.drawn, state, [...state.hidden.rows],
    [...state.hidden.columns]]);
  if (table.dataset.signature === signature) return;
  table.dataset.signature = signature;
  table.replaceChildren();
  if (state.view === "grid") return heads(app, table, kind);
  const formula = formulaOf(app);
  if (["pair", "steps"].includes(state.view) && formula) {
    const step = state.view === "pair" ? 3 : state.step, name = STEPS[step];
    const columns = step === 4 ? Array.from({ length: formula.width }, (_, d) => String(d)) : kind.keys;
    return matrix(table, kind.queries, columns, (at) => (name === "weights"
      ? formula.weights[at].toFixed(4) : figure(formula[name][at])));
  }
  const view = shown(app);
  if (view) matrix(table, view.rows, view.columns, (at) => written(view.mean, view.mean.values[at]));
  return undefined;
}

function matrix(table, rows, columns, write) {
  const head = make(make(table, "thead"), "tr");
  make(head, "td");
  columns.forEach((text) => make(head, "th", { scope: "col" }, text));
  const body = make(table, "tbody");
  rows.forEach((text, r) => {
    const row = make(body, "tr");
    make(row, "th", { scope: "row" }, text);
    columns.forEach((_, c) => make(row, "td", {}, write(r * columns.length + c)));
  });
}

function heads(app, table, kind) {
  const head = make(make(table, "thead"), "tr");
  app.data.columns.forEach((text) => make(head, "th", { scope: "col" }, text));
  const body = make(table, "tbody");
  for (let layer = 0; layer < kind.layers; layer++) for (let one = 0; one < kind.heads; one++) {
    const measures = measuresOf(app, kind.first + layer, one);
    if (!measures) continue;
    const { pattern, share, entropy, distance, sink } = measures;
    const row = make(body, "tr");
    [kind.first + layer, one, app.words[`pattern_${pattern}`], share === null ? "" : share.toFixed(2),
      entropy.toFixed(2), distance.toFixed(1), (100 * sink).toFixed(0)].forEach((cell) =>
      make(row, "td", {}, String(cell)));
  }
}
