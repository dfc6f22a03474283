// Matrices of weights, and what may be done to them. Mirrors core/interpret/merge.py.
//
// A matrix is { values: Float32Array, rows, columns, exact }. `exact` says whether its numbers are
// the model's own, or were sent for their colour only (a square root in 8 bits, 0.004 off at most).

const SHARES = Float32Array.from({ length: 256 }, (_, byte) => (byte / 255) ** 2);

/** One head's weights, or null where they have not been sent. */
export function headOf(data, kind, layer, head) {
  const own = data.arrays.get(`exact/${kind}/${layer}/${head}`);
  if (own) return { values: own.values, rows: own.shape[0], columns: own.shape[1], exact: true };
  const all = data.arrays.get(`layer/${kind}/${layer}`);
  if (!all) return null;
  const [, rows, columns] = all.shape;
  const from = head * rows * columns;
  const values = new Float32Array(rows * columns);
  for (let i = 0; i < values.length; i++) values[i] = SHARES[all.values[from + i]];
  return { values, rows, columns, exact: false };
}

/** The mean of several heads; its rows still add up to 1. */
export function meanOf(matrices) {
  if (matrices.length === 1) return matrices[0];
  const { rows, columns } = matrices[0];
  const sums = new Float64Array(rows * columns);
  for (const { values } of matrices) for (let i = 0; i < sums.length; i++) sums[i] += values[i];
  const values = Float32Array.from(sums, (sum) => sum / matrices.length);
  return { values, rows, columns, exact: matrices.every((matrix) => matrix.exact) };
}

/** Without some columns; what is left of each row is made to add up to 1 again. */
export function without(matrix, sinks) {
  const { rows, columns } = matrix;
  const values = matrix.values.slice();
  for (let r = 0; r < rows; r++) {
    let left = 0;
    for (let c = 0; c < columns; c++) {
      if (sinks[c]) values[r * columns + c] = 0;
      left += values[r * columns + c];
    }
    if (left > 0) for (let c = 0; c < columns; c++) values[r * columns + c] /= left;
  }
  return { ...matrix, values };
}

/** Tokens merged to words: summed over keys, averaged over queries; rows still add up to 1. */
export function merged(matrix, rowWords, columnWords) {
  const rows = last(rowWords) + 1, columns = last(columnWords) + 1;
  const sums = new Float64Array(rows * columns), sizes = new Float64Array(rows);
  for (const word of rowWords) sizes[word] += 1;
  for (let r = 0; r < matrix.rows; r++) {
    for (let c = 0; c < matrix.columns; c++) {
      sums[rowWords[r] * columns + columnWords[c]] += matrix.values[r * matrix.columns + c];
    }
  }
  const values = Float32Array.from(sums, (sum, i) => sum / sizes[Math.floor(i / columns)]);
  return { values, rows, columns, exact: matrix.exact };
}

/** Only some rows and columns, by their places. */
export function only(matrix, rows, columns) {
  const values = new Float32Array(rows.length * columns.length);
  rows.forEach((row, r) => columns.forEach((column, c) => {
    values[r * columns.length + c] = matrix.values[row * matrix.columns + column];
  }));
  return { values, rows: rows.length, columns: columns.length, exact: matrix.exact };
}

/** The columns of a row's largest weights, largest first, none below `least`. */
export function strongest(matrix, row, most, least) {
  const from = row * matrix.columns, found = [];
  for (let c = 0; c < matrix.columns; c++) {
    const weight = matrix.values[from + c];
    if (weight < least || weight === 0) continue;
    if (found.length === most && weight <= matrix.values[from + found[most - 1]]) continue;
    let at = found.length;
    while (at > 0 && matrix.values[from + found[at - 1]] < weight) at--;
    found.splice(at, 0, c);
    if (found.length > most) found.pop();
  }
  return found;
}

function last(words) {
  return words[words.length - 1];
}
