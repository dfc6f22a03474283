// Elements, made without markup: text is always textContent.

export function make(parent, tag, values = {}, text = null) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(values)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  if (text !== null) element.textContent = text;
  parent.appendChild(element);
  return element;
}

/** Write a text only where it differs, so that a reader's focus and a live region stay. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function show(element, visible) {
  element.hidden = !visible;
}
