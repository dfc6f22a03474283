// The way in: the same files draw on the page, as a Streamlit component, and in the offline file.

import { App } from "./app.js";
import { unpack } from "./blob.js";

const apps = new WeakMap();

/** Show packed bytes in an element; called again, it shows the new ones. */
export function mount(parent, bytes, send) {
  let app = apps.get(parent);
  if (!app) apps.set(parent, (app = new App(parent)));
  if (app.bytes === bytes) app.changed();
  else app.take(unpack(bytes), send);
  app.bytes = bytes;
  return () => {
    app.close();
    apps.delete(parent);
  };
}

/** What Streamlit calls. */
export default function attention({ data, parentElement, setStateValue }) {
  return mount(parentElement, data, (place) => setStateValue("place", place));
}
