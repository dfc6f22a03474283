// What the pictures are drawn with: a canvas, or an SVG that takes the same calls.
// Text goes through fillText and textContent only: what people and models wrote is never markup.

/** A canvas of a size in CSS pixels, sharp on any screen. */
export function sheet(canvas, width, height) {
  const ratio = Math.min(window.devicePixelRatio || 1, 16000 / Math.max(width, height));
  canvas.width = Math.ceil(width * ratio);
  canvas.height = Math.ceil(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  return pen;
}

/** Write a label, cut to a width: by characters as people count them, never inside one. */
export function label(pen, text, x, y, most) {
  pen.fillText(cut(pen, text, most), x, y);
}

export function cut(pen, text, most) {
  if (pen.measureText(text).width <= most) return text;
  const signs = Array.from(text);
  while (signs.length > 1 && pen.measureText(`${signs.join("")}…`).width > most) signs.pop();
  return `${signs.join("")}…`;
}

/** The widest of some labels, at most `most`. Long lists are measured by their longest ones. */
export function widest(pen, labels, most) {
  const longest = [...labels].sort((a, b) => b.length - a.length).slice(0, 24);
  return Math.min(most, Math.max(0, ...longest.map((text) => pen.measureText(text).width)));
}

const MOST_VECTORS = 4096;

const bitmaps = new WeakMap();

/**
 * A picture of coloured cells: one pixel a cell, laid over a rectangle. In an SVG each cell is a
 * vector where they are few, `beside` being how many such pictures there are. `of` is what the
 * cells are made of: as long as it is the same, in the same `tone`, its pixels are kept.
 */
export function cells(pen, rows, columns, colourOf, x, y, width, height, { beside = 1, of = null,
  tone = null } = {}) {
  if (pen instanceof SvgPen && rows * columns * beside <= MOST_VECTORS) {
    const w = width / columns, h = height / rows;
    for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) {
      const colour = colourOf(r, c);
      if (colour) pen.rect(x + c * w, y + r * h, w, h, `rgb(${colour.join(",")})`);
    }
    return;
  }
  const kept = of && bitmaps.get(of);
  const bitmap = kept && kept.tone === tone ? kept.bitmap : pixels(rows, columns, colourOf);
  if (of) bitmaps.set(of, { tone, bitmap });
  pen.imageSmoothingEnabled = false;
  pen.drawImage(bitmap, x, y, width, height);
}

function pixels(rows, columns, colourOf) {
  const bitmap = document.createElement("canvas");
  bitmap.width = columns;
  bitmap.height = rows;
  const brush = bitmap.getContext("2d", { willReadFrequently: true }), image = brush.createImageData(columns, rows);
  for (let r = 0, at = 0; r < rows; r++) for (let c = 0; c < columns; c++, at += 4) {
    const colour = colourOf(r, c);
    if (!colour) continue;
    [image.data[at], image.data[at + 1], image.data[at + 2]] = colour;
    image.data[at + 3] = 255;
  }
  brush.putImageData(image, 0, 0);
  return bitmap;
}

const NAMESPACE = "http://www.w3.org/2000/svg";

/** The part of a canvas's pen that the pictures use, written as vectors. */
export class SvgPen {
  constructor(width, height, ground) {
    this.root = document.createElementNS(NAMESPACE, "svg");
    this.set(this.root, { xmlns: NAMESPACE, width, height, viewBox: `0 0 ${width} ${height}` });
    this.ruler = document.createElement("canvas").getContext("2d");
    Object.assign(this, { fillStyle: "#000", strokeStyle: "#000", lineWidth: 1, globalAlpha: 1,
      font: "13px sans-serif", textAlign: "left", textBaseline: "middle", direction: "ltr" });
    this.moved = "";
    this.kept = [];
    this.dash = [];
    this.path = [];
    this.rect(0, 0, width, height, ground);
  }
  set(element, values) {
    for (const [name, value] of Object.entries(values)) element.setAttribute(name, value);
  }
  add(name, values) {
    const element = document.createElementNS(NAMESPACE, name);
    this.set(element, values);
    if (this.moved) element.setAttribute("transform", this.moved);
    if (this.globalAlpha < 1) element.setAttribute("opacity", this.globalAlpha.toFixed(3));
    this.root.appendChild(element);
    return element;
  }
  rect(x, y, width, height, fill) {
    this.add("rect", { x: num(x), y: num(y), width: num(width), height: num(height), fill });
  }
  fillRect(x, y, width, height) { this.rect(x, y, width, height, this.fillStyle); }
  strokeRect(x, y, width, height) {
    this.add("rect", { x: num(x), y: num(y), width: num(width), height: num(height), fill: "none",
      stroke: this.strokeStyle, "stroke-width": this.lineWidth });
  }
  fillText(text, x, y) {
    const [, size, family] = this.font.match(/([\d.]+)px (.*)$/);
    const anchor = { left: "start", right: "end", center: "middle", start: "start", end: "end" };
    const made = this.add("text", { x: num(x), y: num(y), fill: this.fillStyle,
      "font-size": size, "font-family": family.replaceAll('"', "'"),
      "font-weight": /\b[56]00\b/.test(this.font) ? 600 : 400,
      "text-anchor": anchor[this.textAlign], "dominant-baseline": "central",
      "xml:space": "preserve" });
    made.textContent = text;
  }
  measureText(text) { this.ruler.font = this.font; return this.ruler.measureText(text); }
  beginPath() { this.path = []; }
  moveTo(x, y) { this.path.push(`M${num(x)} ${num(y)}`); }
  lineTo(x, y) { this.path.push(`L${num(x)} ${num(y)}`); }
  bezierCurveTo(...points) { this.path.push(`C${points.map(num).join(" ")}`); }
  stroke() {
    this.add("path", { d: this.path.join(""), fill: "none", stroke: this.strokeStyle,
      "stroke-width": num(this.lineWidth), "stroke-dasharray": this.dash.join(" ") || "none" });
  }
  setLineDash(dash) { this.dash = dash; }
  save() { this.kept.push([this.moved, this.globalAlpha]); }
  restore() { [this.moved, this.globalAlpha] = this.kept.pop(); }
  translate(x, y) { this.moved += `translate(${num(x)} ${num(y)})`; }
  rotate(turn) { this.moved += `rotate(${num((turn * 180) / Math.PI)})`; }
  drawImage(bitmap, x, y, width, height) {
    this.add("image", { href: bitmap.toDataURL("image/png"), x: num(x), y: num(y),
      width: num(width), height: num(height), preserveAspectRatio: "none",
      style: "image-rendering:pixelated" });
  }
  text() { return new XMLSerializer().serializeToString(this.root); }
}

function num(value) {
  return String(Math.round(value * 100) / 100);
}
