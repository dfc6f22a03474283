// The bytes that core/interpret/canvas.py makes: a header in JSON, then arrays.

const TYPES = { uint8: Uint8Array, float32: Float32Array };

/** Header and arrays. The bytes are copied once: they need not lie where numbers may lie. */
export function unpack(bytes) {
  const whole = bytes.slice().buffer;
  const size = new DataView(whole).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(whole, 4, size)));
  const arrays = new Map();
  for (const [name, { type, shape, at }] of Object.entries(header.arrays)) {
    const count = shape.reduce((product, length) => product * length, 1);
    arrays.set(name, { values: new TYPES[type](whole, at, count), shape });
  }
  return { ...header, arrays };
}

/** Put values into a sentence: "{query} looks at {key}". */
export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}
