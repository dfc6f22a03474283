// The strip above the picture: what is shown and how.

import { fill } from "./blob.js";
import { make, say, show } from "./dom.js";
import { MARKS } from "./grid.js";
import { MOST_HEADS, strokeOf } from "./lines.js";
import { SINGLE } from "./says.js";
import { kindOf, measuresOf, onlyTexts, showAll } from "./shown.js";

export const VIEWS = ["grid", "lines", "map", "pair", "steps"];

export class Controls {
  constructor(app, parent) {
    this.app = app;
    this.box = make(parent, "div", { class: "controls" });
    this.made = null;
  }

  /** Bring the strip in line with what the app shows. */
  sync() {
    const { app } = this, { state } = app;
    const made = JSON.stringify([app.data.mark, app.data.language, state.kind, kindOf(app).rows,
      kindOf(app).columns]);
    if (made !== this.made) this.build();
    this.made = made;
    const kind = kindOf(app), single = SINGLE.includes(state.view);
    for (const [name, button] of this.views) press(button, state.view === name);
    this.layer.value = state.layer;
    this.heads.forEach((button, head) => {
      press(button, state.heads.includes(head));
      const order = state.heads.indexOf(head);
      const stroke = state.view === "lines" && order >= 0 ? strokeOf(app.theme, order) : null;
      button.style.borderBottom = stroke
        ? `3px ${stroke.dash.length ? "dashed" : "solid"} ${stroke.colour}` : "";
      const measures = measuresOf(app, state.layer, head);
      show(button, measures !== null);
      if (!measures) return;
      const { pattern } = measures;
      say(button, `${head}${MARKS[pattern] ? ` ${MARKS[pattern]}` : ""}`);
      button.setAttribute("aria-label",
        `${fill(app.words.head_n, { n: head })}: ${app.words[`pattern_${pattern}`]}`);
    });
    show(this.lines, state.view === "lines");
    show(this.filters, state.view === "lines" || state.view === "map");
    show(this.steps, state.view === "steps");
    const most = state.view === "lines" ? MOST_HEADS : kind.heads;
    show(this.all, state.heads.length < Math.min(kind.heads, most) && !single &&
      state.view !== "grid" && kind.heads > 1);
    this.top.value = state.top;
    this.least.value = state.least;
    say(this.topSaid, String(state.top));
    say(this.leastSaid, state.least.toFixed(2));
    this.noSinks.checked = state.noSinks;
    this.asWords.checked = state.asWords;
    const gone = state.hidden.rows.size + state.hidden.columns.size;
    show(this.back, gone > 0);
    if (this.texts) this.texts.value = state.texts;
    show(this.asWords.parentElement, kind.queryWordLabels.length < kind.queries.length ||
      kind.keyWordLabels.length < kind.keys.length);
    this.before.disabled = state.step === 0;
    this.next.disabled = state.step === 4;
  }

  build() {
    const { app } = this, { words, state, data } = app, kind = kindOf(app);
    this.box.replaceChildren();
    const views = make(this.box, "div", { class: "row", role: "group", "aria-label": words.views });
    const known = VIEWS.filter((name) => data.views.includes(name));
    this.views = known.map((name) => [name, make(views, "button",
      { type: "button", onclick: () => app.go({ view: name }) }, words[`view_${name}`])]);
    const row = make(this.box, "div", { class: "row" });
    if (data.kinds.length > 1) {
      const box = this.field(row, "select", words.kind);
      for (const one of data.kinds) make(box, "option", { value: one.name }, one.label);
      box.value = state.kind;
      box.addEventListener("change", () => app.go({ kind: box.value, layer: 0, heads: [0] }));
    }
    this.layer = this.field(row, "select", words.layer);
    for (let i = kind.first; i < kind.first + kind.layers; i++) {
      make(this.layer, "option", { value: i }, String(i));
    }
    this.layer.addEventListener("change", () => {
      const layer = Number(this.layer.value);
      const heads = state.heads.filter((head) => measuresOf(app, layer, head));
      app.go({ layer, heads: heads.length ? heads : [0] });
    });
    this.part(row, kind, "rows", words.part_rows);
    this.part(row, kind, "columns", words.part_columns);
    const field = make(row, "div", { class: "field" });
    make(field, "span", {}, words.heads);
    const chips = make(field, "div", { class: "chips", role: "group", "aria-label": words.heads });
    this.heads = Array.from({ length: kind.heads }, (_, head) => make(chips, "button", {
      type: "button", class: kind.group > 1 && head % kind.group === 0 && head ? "first" : null,
      onclick: () => this.toggle(head) }));
    this.all = make(chips, "button", { type: "button", onclick: () => app.go({
      heads: this.heads.map((_, head) => head)
        .filter((head) => measuresOf(app, state.layer, head)) }) }, words.all_heads);
    const more = make(this.box, "div", { class: "row" });
    this.lines = make(more, "div", { class: "row" });
    [this.top, this.topSaid] = this.slider(this.lines, words.top, 1, 12, 1, "top");
    [this.least, this.leastSaid] = this.slider(this.lines, words.least, 0, 0.5, 0.01, "least");
    this.filters = make(more, "div", { class: "row" });
    this.noSinks = this.check(this.filters, words.no_sinks, "noSinks");
    this.asWords = this.check(this.filters, words.as_words, "asWords");
    this.texts = null;
    if (kind.second !== null) {
      this.texts = this.field(this.filters, "select", words.texts);
      for (const which of ["all", "11", "12", "21", "22"]) {
        make(this.texts, "option", { value: which }, words[`texts_${which}`]);
      }
      this.texts.addEventListener("change", () => {
        onlyTexts(app, this.texts.value);
        app.changed();
      });
    }
    this.back = make(this.filters, "button", { type: "button", onclick: () => {
      showAll(app);
      app.changed();
    } }, words.show_tokens);
    this.steps = make(more, "div", { class: "row" });
    const move = (by) => () => { state.step += by; app.changed(); };
    this.before = make(this.steps, "button", { type: "button", onclick: move(-1) }, words.before);
    this.next = make(this.steps, "button", { type: "button", onclick: move(1) }, words.next);
  }

  /** Which part of a long text's rows or columns is shown. */
  part(parent, kind, side, name) {
    const { app } = this, [start, count] = kind[side], size = app.data.part;
    if (!app.send || count <= kind[side === "rows" ? "queries" : "keys"].length) return;
    const box = this.field(parent, "select", name);
    for (let first = 0; first < count; first += size) {
      make(box, "option", { value: first }, `${first + 1}–${Math.min(first + size, count)}`);
    }
    box.value = start;
    box.addEventListener("change", () => app.go({ [side]: Number(box.value) }));
  }

  toggle(head) {
    const { app } = this, { heads, view } = app.state;
    if (view === "grid" || SINGLE.includes(view)) return app.go({ heads: [head] });
    if (!heads.includes(head)) {
      if (view === "lines" && heads.length >= MOST_HEADS) return app.warn(fill(app.words.most_heads, { n: MOST_HEADS }));
      return app.go({ heads: [...heads, head].sort((a, b) => a - b) });
    }
    if (heads.length > 1) return app.go({ heads: heads.filter((one) => one !== head) });
    return undefined;
  }

  field(parent, tag, name) {
    const label = make(parent, "label", { class: "field" });
    make(label, "span", {}, name);
    return make(label, tag);
  }

  slider(parent, name, min, max, step, key) {
    const { app } = this, box = this.field(parent, "input", name);
    for (const [what, value] of Object.entries({ type: "range", min, max, step })) {
      box.setAttribute(what, value);
    }
    box.addEventListener("input", () => { app.state[key] = Number(box.value); app.changed(); });
    return [box, make(box.parentElement.firstChild, "b")];
  }

  check(parent, name, key) {
    const { app } = this, label = make(parent, "label", { class: "check" });
    const box = make(label, "input", { type: "checkbox" });
    make(label, "span", {}, name);
    box.addEventListener("change", () => {
      app.state[key] = box.checked;
      app.state.cursor = null;
      if (key === "asWords") onlyTexts(app, app.state.texts);
      app.changed();
    });
    return box;
  }
}

function press(button, pressed) {
  button.setAttribute("aria-pressed", String(pressed));
}
