// softmax(Q·Kᵀ·scaling + bias, where a query may look)·V, one head, step by step.
// Mirrors core/interpret/detail.py; a test holds the two together.

export const STEPS = ["scores", "scaled", "masked", "weights", "output"];

/** The matrices of the head whose queries, keys and values were sent, or null. */
export function formulaOf(app) {
  const { data, state } = app, { detail } = data;
  const asked = detail && detail.kind === state.kind && detail.layer === state.layer &&
    detail.head === state.heads[0];
  if (!asked) return null;
  data.formula ??= compute(data, detail);
  return data.formula;
}

function compute(data, { scaling, softcap }) {
  const q = data.arrays.get("detail/q"), k = data.arrays.get("detail/k");
  const v = data.arrays.get("detail/v"), bias = data.arrays.get("detail/bias");
  const visible = data.arrays.get("detail/visible").values;
  const [rows, depth] = q.shape, columns = k.shape[0], width = v.shape[1];
  const scores = new Float64Array(rows * columns), scaled = scores.slice();
  const masked = scores.slice(), weights = scores.slice(), output = new Float64Array(rows * width);
  const sums = new Float64Array(rows), largest = new Float64Array(rows).fill(-Infinity);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const at = r * columns + c;
      for (let d = 0; d < depth; d++) scores[at] += q.values[r * depth + d] * k.values[c * depth + d];
      scaled[at] = scores[at] * scaling;
      if (softcap) scaled[at] = softcap * Math.tanh(scaled[at] / softcap);
      if (bias) scaled[at] += bias.values[at];
      masked[at] = visible[at] ? scaled[at] : -Infinity;
      largest[r] = Math.max(largest[r], masked[at]);
    }
    for (let c = 0; c < columns; c++) {
      const power = visible[r * columns + c] ? Math.exp(masked[r * columns + c] - largest[r]) : 0;
      weights[r * columns + c] = power;
      sums[r] += power;
    }
    for (let c = 0; c < columns; c++) {
      const weight = sums[r] > 0 ? weights[r * columns + c] / sums[r] : 0;
      weights[r * columns + c] = weight;
      for (let d = 0; d < width; d++) output[r * width + d] += weight * v.values[c * width + d];
    }
  }
  const masks = visible.some((seen) => !seen);
  return { masks, rows, columns, depth, width, scores, scaled, masked, weights, output, sums, largest,
    q: q.values, k: k.values, v: v.values, bias: bias?.values ?? null };
}

/** A number as the pictures write it: a true minus, two places, more where it is small. */
export function figure(value) {
  if (value === -Infinity) return "−∞";
  const size = Math.abs(value);
  const text = size !== 0 && size < 0.01 ? size.toPrecision(2) : size.toFixed(size < 100 ? 2 : 1);
  return value < 0 ? `−${text}` : text;
}
