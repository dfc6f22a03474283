// What is on show: the chosen heads' weights after every choice of the reader, and their tokens.

import { headOf, meanOf, merged, only, without } from "./weights.js";

/** The kind of attention that is chosen, as the header describes it. */
export function kindOf(app) {
  return app.data.kinds.find((kind) => kind.name === app.state.kind);
}

/** The measures of a head, { pattern, share, entropy, distance, sink }; null if there is none. */
export function measuresOf(app, layer, head) {
  const kind = kindOf(app);
  const found = app.data.measures[kind.name][`${layer}.${head}`];
  if (!found) return null;
  const [pattern, share, entropy, distance, sink] = found;
  return { pattern, share, entropy, distance, sink };
}

/**
 * The matrices of the chosen heads and their mean, or null where they have not been sent.
 * `rowsAt` and `columnsAt` say which token, or word, each row and column is.
 */
export function shown(app) {
  const { state, data } = app, kind = kindOf(app);
  const signature = JSON.stringify([state.kind, state.layer, state.heads, state.noSinks,
    state.asWords, [...state.hidden.rows], [...state.hidden.columns]]);
  if (app.kept && app.kept.data === data && app.kept.signature === signature) return app.kept.found;
  const found = prepare(data, state, kind);
  app.kept = { data, signature, found };
  return found;
}

function prepare(data, state, kind) {
  let matrices = state.heads.map((head) => headOf(data, kind.name, state.layer, head));
  if (matrices.some((matrix) => matrix === null)) return null;
  if (state.noSinks) matrices = matrices.map((matrix) => without(matrix, kind.sinks));
  let rowLabels = kind.queries, columnLabels = kind.keys;
  if (state.asWords) {
    matrices = matrices.map((matrix) => merged(matrix, kind.queryWords, kind.keyWords));
    rowLabels = kind.queryWordLabels;
    columnLabels = kind.keyWordLabels;
  }
  const rowsAt = left(rowLabels.length, state.hidden.rows);
  const columnsAt = left(columnLabels.length, state.hidden.columns);
  if (rowsAt.length < rowLabels.length || columnsAt.length < columnLabels.length) {
    matrices = matrices.map((matrix) => only(matrix, rowsAt, columnsAt));
  }
  return {
    heads: state.heads.map((head, i) => ({ head, matrix: matrices[i] })),
    mean: meanOf(matrices),
    rows: rowsAt.map((at) => rowLabels[at]),
    columns: columnsAt.map((at) => columnLabels[at]),
    rowsAt, columnsAt,
    sees: seer(kind, state, rowsAt, columnsAt),
  };
}

/** Whether a row may look at a column: a later one never, one beyond a sliding window neither. */
function seer(kind, state, rowsAt, columnsAt) {
  if (!kind.causal) return () => true;
  if (state.asWords) return (row, column) => columnsAt[column] <= rowsAt[row];
  const window = kind.windows[state.layer] ?? Infinity;
  return (row, column) => {
    const back = kind.rows[0] + rowsAt[row] - (kind.columns[0] + columnsAt[column]);
    return back >= 0 && back < window;
  };
}

function left(count, hidden) {
  return Array.from({ length: count }, (_, i) => i).filter((i) => !hidden.has(i));
}

/** Hide a token, where at least two are left; the same token on both sides where they are one. */
export function hide(app, side, at) {
  const kind = kindOf(app), { hidden } = app.state;
  const sides = kind.same ? ["rows", "columns"] : [side];
  const view = shown(app);
  if (sides.some((name) => view[`${name}At`].length < 3)) return;
  for (const name of sides) hidden[name].add(at);
  app.state.texts = "all";
  app.state.cursor = null;
}

/** Show every token again. */
export function showAll(app) {
  for (const side of Object.values(app.state.hidden)) side.clear();
  app.state.texts = "all";
  app.state.cursor = null;
}

/** Of a pair of texts, show how one looks at one: "12" is the first at the second. */
export function onlyTexts(app, which) {
  showAll(app);
  app.state.texts = which;
  if (which === "all") return;
  const kind = kindOf(app);
  ["rows", "columns"].forEach((side, i) => {
    const words = app.state.asWords ? kind[side === "rows" ? "queryWords" : "keyWords"] : null;
    const second = words ? words[kind.second] : kind.second;
    labelsOf(app, side).forEach((_, at) => {
      if ((at >= second ? "2" : "1") !== which[i]) app.state.hidden[side].add(at);
    });
  });
}

/** Show one token's row or column alone, or, asked again, everything. */
export function onlyToken(app, side, at) {
  const view = shown(app), { hidden } = app.state;
  const alone = view[`${side}At`].length === 1;
  hidden[side].clear();
  if (!alone) {
    const count = labelsOf(app, side).length;
    for (let i = 0; i < count; i++) if (i !== at) hidden[side].add(i);
  }
  app.state.cursor = null;
}

/** All labels of a side, hidden ones too. */
export function labelsOf(app, side) {
  const kind = kindOf(app);
  if (app.state.asWords) return side === "rows" ? kind.queryWordLabels : kind.keyWordLabels;
  return side === "rows" ? kind.queries : kind.keys;
}

/** A weight as it may be written: four places where it is the model's own, two where it is not. */
export function written(matrix, weight) {
  return matrix.exact ? weight.toFixed(4) : `≈ ${weight.toFixed(2)}`;
}
