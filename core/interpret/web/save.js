// The picture as a file: PNG, or SVG with vectors. Each says what it shows and of what.

import { make } from "./dom.js";
import { cut, sheet, SvgPen } from "./pen.js";
import { heading, notes } from "./says.js";

const EDGE = 16, HEAD = 44, FOOT = 22, LINE = 17, MOST_LINES = 6;

export function save(app, format) {
  const hover = app.hover;
  app.hover = null;
  const place = app.drawer.layout(app, Math.max(720, Math.floor(app.root.clientWidth)));
  if (place) deliver(app, format, place);
  app.hover = hover;
  app.changed();
}

function deliver(app, format, place) {
  const width = Math.max(560, Math.ceil(place.width)) + 2 * EDGE;
  const ruler = app.ruler(`12px ${app.theme.font}`);
  const foot = [...notes(app), app.data.source, app.data.stamp]
    .flatMap((text) => lines(ruler, text, width - 2 * EDGE));
  const height = Math.ceil(place.height) + HEAD + FOOT + foot.length * LINE;
  if (format === "svg") {
    const pen = new SvgPen(width, height, app.theme.ground);
    compose(app, pen, place, width, foot);
    return hand(app, new Blob([pen.text()], { type: "image/svg+xml" }), format);
  }
  const canvas = document.createElement("canvas"), pen = sheet(canvas, width, height);
  pen.fillStyle = app.theme.ground;
  pen.fillRect(0, 0, width, height);
  compose(app, pen, place, width, foot);
  return canvas.toBlob((blob) => hand(app, blob, format), "image/png");
}

function compose(app, pen, place, width, foot) {
  const { theme } = app;
  pen.textBaseline = "middle";
  pen.textAlign = "left";
  pen.font = `600 16px ${theme.font}`;
  pen.fillStyle = theme.ink;
  pen.fillText(cut(pen, heading(app), width - 2 * EDGE), EDGE, 22);
  pen.save();
  pen.translate(EDGE, HEAD);
  app.drawer.paint(app, pen, place);
  pen.restore();
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  pen.font = `12px ${theme.font}`;
  pen.fillStyle = theme.muted;
  foot.forEach((text, i) => pen.fillText(text, EDGE, HEAD + place.height + 16 + i * LINE));
}

/** A text in lines of a width: broken at spaces, or anywhere where a word is wider. */
function lines(ruler, text, most) {
  const found = [];
  let line = "";
  for (const part of text.split(/(?<=\s)/).filter(Boolean)) {
    const pieces = ruler.measureText(part).width > most ? Array.from(part) : [part];
    for (const piece of pieces) {
      if (line && ruler.measureText(line + piece.trimEnd()).width > most) {
        found.push(line.trimEnd());
        line = "";
      }
      line += piece;
    }
  }
  if (line) found.push(line.trimEnd());
  return found.slice(0, MOST_LINES);
}

function hand(app, blob, format) {
  const { view, kind, layer, heads } = app.state;
  const place = view === "grid" ? kind : `${kind}-${layer}-${heads.join("+")}`;
  const link = make(app.root, "a", { download: `attention-${place}-${app.data.mark}.${format}`,
    href: URL.createObjectURL(blob) });
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
