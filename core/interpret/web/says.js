// The sentences around the picture: its title, its head's measures, its notes, its formula.

import { fill } from "./blob.js";
import { make, say, show } from "./dom.js";
import { figure, formulaOf, STEPS } from "./formula.js";
import { kindOf, measuresOf, shown } from "./shown.js";

export const SINGLE = ["pair", "steps"];

/** The picture's title. */
export function heading(app) {
  const kind = kindOf(app), { view, layer, heads } = app.state;
  const values = { kind: kind.label, layer, head: heads[0], heads: heads.join(", "),
    n: kind.layers * kind.heads };
  if (view === "grid") return fill(app.words.title_grid, values);
  return fill(app.words[heads.length > 1 ? `title_${view}_several` : `title_${view}`], values);
}

/** A head's measures in a line. */
export function describe(app, layer, head) {
  const measures = measuresOf(app, layer, head);
  if (!measures) return "";
  const { pattern, share, entropy, distance, sink } = measures;
  const named = app.words[`pattern_${pattern}`];
  return fill(app.words.measures, {
    layer, head, pattern: share === null ? named : `${named} (${Math.round(100 * share)} %)`,
    entropy: entropy.toFixed(2), distance: distance.toFixed(1), sink: Math.round(100 * sink),
  });
}

/** What the reader must know to read the picture right. */
export function notes(app) {
  const { state, words } = app, found = [];
  if (state.view === "grid") return [words.pooled];
  if (SINGLE.includes(state.view)) {
    const step = state.view === "steps" ? words[`about_${STEPS[state.step]}`] : "";
    return app.data.detail ? [step, app.data.scaling_words] : [];
  }
  const view = shown(app);
  if (!view) return [];
  const { rows, queries, columns, keys } = kindOf(app);
  if (queries.length < rows[1] || keys.length < columns[1]) {
    found.push(fill(words.part, { first: rows[0] + 1, last: rows[0] + queries.length,
      from: columns[0] + 1, to: columns[0] + keys.length, n: rows[1], m: columns[1] }));
  }
  if (state.noSinks) {
    const sinks = state.heads.map((head) => measuresOf(app, state.layer, head).sink);
    const mean = sinks.reduce((sum, one) => sum + one, 0) / sinks.length;
    found.push(fill(words.sinks_gone, { share: Math.round(100 * mean) }));
  }
  if (state.asWords) found.push(words.words_note);
  const gone = new Set([...state.hidden.rows, ...state.hidden.columns]).size;
  if (state.texts !== "all") {
    found.push(fill(words.texts_gone, { which: words[`texts_${state.texts}`] }));
  } else if (gone) found.push(fill(words.tokens_gone, { n: gone }));
  if (!view.mean.exact) found.push(words.approximate);
  return found;
}

/** Every symbol of the formula with its number. */
export function symbolise(app) {
  const formula = SINGLE.includes(app.state.view) ? formulaOf(app) : null;
  show(app.symbols, formula !== null);
  show(app.formula, formula !== null);
  if (!formula) return;
  formulate(app, formula);
  const { rows, columns, depth, width } = formula, { scaling } = app.data.detail;
  const root = Math.sqrt(depth);
  const parts = [`Q ${rows} × ${depth}`, `K ${columns} × ${depth}`, `V ${columns} × ${width}`,
    `d_k = ${depth}`];
  if (Math.abs(scaling * root - 1) < 1e-6) parts.push(`√d_k = ${root.toFixed(root % 1 ? 2 : 1)}`);
  else parts.push(fill(app.words.factor, { factor: scaling }));
  if (formula.bias) parts.push(app.words.bias_symbol);
  say(app.symbols, parts.join("   "));
}

/** The formula, its part at work marked: for a pair, all up to the softmax. */
function formulate(app, formula) {
  const { scaling, softcap } = app.data.detail, root = Math.sqrt(formula.depth);
  const divided = Math.abs(scaling * root - 1) < 1e-6;
  const scale = scaling === 1 ? "" : divided ? " / √d_k" : ` × ${figure(scaling)}`;
  const parts = [["softmax", 3], ["( ", 3], ["Q·Kᵀ", 0], [scale, 1],
    [softcap ? app.words.cap : "", 1], [formula.bias ? " + B" : "", 1],
    [formula.masks ? " + mask" : "", 2], [" )", 3], [" · V", 4]];
  const { view, step } = app.state;
  app.formula.replaceChildren();
  for (const [text, at] of parts) {
    const on = view === "steps" ? at === step : at < 4;
    if (!text) continue;
    const part = make(app.formula, on ? "strong" : "span", {}, text.replace("_k", ""));
    if (text.endsWith("_k")) make(part, "sub", {}, "k");
  }
}
