"use strict";
// Unpacks Plotly, draws every chart at the width of its place, then says so in the page's title.
(async () => {
  const charts = [...document.querySelectorAll(".chart")];
  const bytes = Uint8Array.from(
    atob(document.getElementById("plotly").textContent), (sign) => sign.charCodeAt(0));
  const opener = new DecompressionStream("gzip");
  const writer = opener.writable.getWriter();
  writer.write(bytes);
  writer.close();
  const script = document.createElement("script");
  script.textContent = await new Response(opener.readable).text();
  document.head.append(script);
  // Plotly measures texts: their faces must be there before.
  await Promise.all(["400", "500", "600"].map((weight) =>
    document.fonts.load(`${weight} 13px "IBM Plex Sans"`)));
  const widthOf = (place) => Math.min(place.clientWidth, 672);
  for (const place of charts) {
    const figure = JSON.parse(place.nextElementSibling.textContent);
    const layout = { ...figure.layout, width: widthOf(place) };
    await Plotly.newPlot(place, figure.data, layout, { staticPlot: true });
  }
  const resize = (width) => charts.forEach((place) =>
    Plotly.relayout(place, { width: width ?? widthOf(place) }));
  // Paper is 672 px wide between its margins, however narrow the window; charts are drawn wider
  // and printed smaller (style.css), for paper shows finer letters than a screen.
  addEventListener("beforeprint", () => resize(800));
  addEventListener("afterprint", () => resize());
  addEventListener("resize", () => resize());
  document.title = document.body.dataset.title;
})().catch((error) => {
  // Without charts the numbers behind them must be read.
  document.querySelectorAll("figure details").forEach((one) => { one.open = true; });
  document.querySelectorAll(".chart").forEach((one) => { one.style.height = "auto"; });
  console.error(error);
});
