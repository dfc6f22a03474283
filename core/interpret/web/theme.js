// Colours and type, from the page's own variables and from the palette that travels with the data.

/** What to draw with, for an element of the page. `palette` is the header's `colours`. */
export function themeOf(host, palette, present) {
  const style = getComputedStyle(host);
  const own = (name) => style.getPropertyValue(name).trim();
  const ground = own("--st-background-color") || "#FFFFFF";
  const dark = luminance(rgb(ground)) < 0.2;
  const colours = palette[dark ? "dark" : "light"];
  return {
    dark, ground,
    ink: own("--st-text-color") || "#0E1822",
    panel: own("--st-secondary-background-color") || "#F4F6F8",
    accent: own("--st-primary-color") || "#2450B2",
    muted: colours.muted,
    axis: colours.axis,
    lines: colours.categorical,
    shades: ramp(colours.sequential, 256),
    signed: ramp(colours.diverging, 255),
    font: style.fontFamily,
    size: present ? 16 : 13,
  };
}

/** The shade of a weight from 0 to 1: by its square root, so that 0.01 is still seen. */
export function shade(theme, weight) {
  return theme.shades[Math.round(255 * Math.sqrt(Math.min(1, Math.max(0, weight))))];
}

/** The shade of a number from −1 to 1. */
export function signedShade(theme, value) {
  return theme.signed[Math.round(127 * (1 + Math.min(1, Math.max(-1, value))))];
}

/** Ink that can be read on a colour. */
export function inkOn([red, green, blue]) {
  return luminance([red, green, blue]) > 0.18 ? "#0E1822" : "#FFFFFF";
}

export function css([red, green, blue]) {
  return `rgb(${red},${green},${blue})`;
}

function ramp(stops, count) {
  const ends = stops.map(rgb);
  return Array.from({ length: count }, (_, i) => {
    const at = (i / (count - 1)) * (ends.length - 1);
    const low = Math.min(ends.length - 2, Math.floor(at));
    return ends[low].map((from, k) => Math.round(from + (ends[low + 1][k] - from) * (at - low)));
  });
}

function rgb(colour) {
  const parts = colour.match(/[\d.]+/g);
  if (colour.startsWith("rgb")) return parts.slice(0, 3).map(Number);
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

function luminance(colour) {
  const [red, green, blue] = colour
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
