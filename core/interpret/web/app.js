// The canvas: takes what core/interpret/canvas.py packed, and shows one of five pictures of it.

import { Controls } from "./controls.js";
import { make, say, show } from "./dom.js";
import * as grid from "./grid.js";
import * as lines from "./lines.js";
import * as map from "./map.js";
import * as pair from "./pair.js";
import { sheet } from "./pen.js";
import { save } from "./save.js";
import { describe, heading, notes, SINGLE, symbolise } from "./says.js";
import { kindOf, showAll, shown } from "./shown.js";
import * as steps from "./steps.js";
import { drawTable } from "./table.js";
import { themeOf } from "./theme.js";

const DRAWERS = { grid, lines, map, pair, steps };
const PAUSE = 250;
const MOST_KEPT = 48 * 2 ** 20;

/** One canvas on a page: what was sent, where the reader is, and what is drawn. */
export class App {
  constructor(parent) {
    this.root = make(parent, "div", { class: "assay" });
    this.controls = new Controls(this, this.root);
    this.title = make(this.root, "p", { class: "title" });
    this.measures = make(this.root, "p", { class: "muted" });
    this.formula = make(this.root, "p", { class: "formula" });
    this.symbols = make(this.root, "p", { class: "symbols" });
    this.readout = make(this.root, "p", { class: "readout", "aria-live": "polite" });
    this.canvas = make(make(this.root, "div", { class: "frame" }), "canvas", { tabindex: 0, role: "application" });
    this.empty = make(this.root, "p", { class: "muted" });
    this.key = make(this.root, "canvas", { class: "key", role: "img" });
    this.note = make(this.root, "p", { class: "muted", role: "status" });
    this.foot = make(this.root, "div", { class: "row" });
    this.listen();
    this.sized = new ResizeObserver(() => this.changed());
    this.sized.observe(this.root);
    this.asked = 0;
  }

  listen() {
    const place = (event) => {
      const box = this.canvas.getBoundingClientRect();
      return this.place && this.drawer.at(this, this.place, event.clientX - box.left,
        event.clientY - box.top);
    };
    this.canvas.addEventListener("pointermove", (event) => this.point(place(event)));
    this.canvas.addEventListener("pointerleave", () => this.point(null));
    this.canvas.addEventListener("click", (event) => {
      const target = place(event);
      if (target) this.drawer.choose(this, target);
    });
    this.canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const done = event.key === "Escape" ? this.back() : this.drawer.key(this, event.key);
      if (done) event.preventDefault();
    });
  }

  /** Take what was sent; `send` tells the sender where the reader went, or is null (offline). */
  take(data, send) {
    const before = this.data;
    // A canvas that was away and came back goes on counting: the same step twice is not told.
    if (!before) this.asked = data.place.n;
    this.send = send;
    this.data = data;
    this.words = data.words;
    if (before && sameNumbers(before, data)) keep(before.arrays, data.arrays);
    const echo = before && before.mark === data.mark && data.place.n !== this.asked;
    if (!echo) this.adopt(data.place, before?.mark !== data.mark);
    this.build();
    this.changed();
  }

  /** What a reader sees first, or where another page sent them. */
  adopt(place, fresh) {
    if (fresh) {
      this.state = { texts: "all", top: 6, least: 0.05, noSinks: false, asWords: false, step: 3, cursor: null,
        hidden: { rows: new Set(), columns: new Set() } };
      this.hover = null;
    }
    const { view, kind, layer, heads, rows, columns } = place;
    if (fresh && place.cursor) this.state.cursor = place.cursor;
    Object.assign(this.state, { view, kind, layer, rows, columns, heads: [...heads] });
  }

  build() {
    const made = JSON.stringify([this.data.mark, this.data.language]);
    if (made === this.built) return;
    this.built = made;
    this.foot.replaceChildren();
    const button = (name, act) => make(this.foot, "button", { type: "button", onclick: act }, name);
    button(this.words.png, () => save(this, "png"));
    button(this.words.svg, () => save(this, "svg"));
    const help = make(this.foot, "details");
    make(help, "summary", {}, this.words.meaning);
    const list = make(help, "dl");
    for (const [name, meaning] of this.data.definitions) {
      make(list, "dt", {}, name);
      make(list, "dd", {}, meaning);
    }
    this.table = null;
    if (this.data.table) {
      const box = make(this.foot, "details", { ontoggle: () => this.changed() });
      make(box, "summary", {}, this.words.table);
      this.table = make(make(box, "div", { class: "scroll", tabindex: 0, role: "region",
        "aria-label": this.words.table }), "table");
    }
  }

  get drawer() { return DRAWERS[this.state.view]; }

  /** Go somewhere: another view, kind, layer or head. */
  go(changes) {
    const { state } = this, before = JSON.stringify([state.view, state.kind]);
    Object.assign(state, changes);
    if (SINGLE.includes(state.view) || state.view === "grid") state.heads = [state.heads[0]];
    if (state.view === "lines") state.heads = state.heads.slice(0, lines.MOST_HEADS);
    if (before !== JSON.stringify([state.view, state.kind])) {
      state.cursor = changes.cursor ?? null;
      if ("kind" in changes) showAll(this);
    }
    this.hover = null;
    this.tell();
    this.changed();
  }

  /** Tell the sender, once the reader rests: it puts the place into the URL and sends numbers. */
  tell() {
    if (!this.send) return;
    clearTimeout(this.timer);
    this.asked += 1;
    const { view, kind, layer, heads, rows, columns } = this.state, n = this.asked;
    this.timer = setTimeout(() => this.send({ n, view, kind, layer, heads, rows, columns }), PAUSE);
  }

  /** From a cell to its q·k; words lead to their first token. */
  open({ row, column }) {
    if (row === undefined || !this.data.views.includes("pair")) return;
    const view = shown(this), kind = kindOf(this), { asWords } = this.state;
    const token = (at, words) => (asWords ? words.indexOf(at) : at);
    this.go({ view: "pair", cursor: { row: token(view ? view.rowsAt[row] : row, kind.queryWords),
      column: token(view ? view.columnsAt[column] : column, kind.keyWords) } });
  }

  back() {
    if (this.state.view === "grid") return false;
    this.go({ view: SINGLE.includes(this.state.view) ? "map" : "grid" });
    return true;
  }

  point(target) {
    if (JSON.stringify(target) === JSON.stringify(this.hover)) return;
    this.hover = target;
    this.changed();
  }

  warn(text) {
    this.warning = text;
    this.changed();
  }

  /** A pen to measure with. */
  ruler(font) {
    this.gauge ??= document.createElement("canvas").getContext("2d");
    this.gauge.font = font;
    return this.gauge;
  }

  changed() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      if (this.data) this.draw();
    });
  }

  draw() {
    const { state, words } = this, width = Math.max(280, Math.floor(this.root.clientWidth) - 2);
    this.theme = themeOf(this.root, this.data.colours, this.data.present);
    this.controls.sync();
    show(this.controls.box, this.data.controls);
    show(this.foot, this.data.controls);
    this.place = this.drawer.layout(this, width);
    show(this.canvas, this.place !== null);
    show(this.empty, this.place === null);
    say(this.empty, this.send ? words.waiting : words.not_here);
    if (this.place) {
      const pen = sheet(this.canvas, this.place.width, this.place.height);
      this.drawer.paint(this, pen, this.place);
    }
    say(this.title, heading(this));
    const single = state.heads.length === 1 && state.view !== "grid";
    say(this.measures, single ? describe(this, state.layer, state.heads[0]) : "");
    say(this.readout, this.place ? this.drawer.said(this) : "");
    this.canvas.setAttribute("aria-label", `${heading(this)}. ${words[`keys_${state.view}`]}`);
    symbolise(this);
    this.scale();
    say(this.note, [this.warning, ...notes(this)].filter(Boolean).join(" "));
    this.warning = null;
    if (this.table?.parentElement.parentElement.open) drawTable(this, this.table);
    const here = `${state.view}/${state.kind}/${state.layer}/${state.heads.join("+")}`;
    this.root.dataset.drawn = this.place ? here : "";
  }

  scale() {
    const visible = ["grid", "map"].includes(this.state.view) ||
      (this.state.view === "steps" && this.state.step === 3);
    show(this.key, visible && this.place !== null);
    if (!visible) return;
    this.key.setAttribute("aria-label", this.words.shades);
    grid.scale(this, sheet(this.key, Math.min(340, this.root.clientWidth), 20), 2, 10);
  }

  close() {
    clearTimeout(this.timer);
    this.sized.disconnect();
    this.root.remove();
  }
}

/** Whether two messages are of the same capture, and of the same part of a long text. */
function sameNumbers(one, other) {
  const parts = (data) => JSON.stringify(data.kinds.map((kind) => [kind.rows, kind.columns]));
  return one.mark === other.mark && parts(one) === parts(other);
}

/** Numbers sent before stay, newest first, up to a bound; a head's detail does not. */
function keep(before, now) {
  let bytes = 0;
  for (const [name, array] of [...before].reverse()) {
    bytes += array.values.byteLength;
    if (bytes > MOST_KEPT) break;
    if (!now.has(name) && !name.startsWith("detail/")) now.set(name, array);
  }
}
