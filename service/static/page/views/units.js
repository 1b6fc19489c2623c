// Activations: σ and σ′ with where the units sit on them, and what happens to δ layer by layer.

import { post } from "../api.js";
import { debounced, fill, h, scroller } from "../dom.js";
import { short } from "../numbers.js";
import { plot } from "../plot.js";
import { pointer, symbol } from "../pointers.js";
import { shownExample, state, watch } from "../state.js";
import { attempt } from "../work.js";
import { words } from "../words.js";

/** @param {HTMLElement} part */
export function mount(part) {
  const soon = debounced(() => draw(part), 60);
  watch(["view", "answer", "example", "exercise"], () => {
    if (state.view !== "units" || !state.network) return;
    if (state.exercise) fill(part, h("p", {}, words.exercise.hidden));
    else soon();
  });
}

/** @param {HTMLElement} part */
function draw(part) {
  const network = state.network;
  attempt(
    async () => {
      const [units, sizes] = await Promise.all([
        post("/v1/units", network, "units"),
        post("/v1/magnitudes", network, "magnitudes"),
      ]);
      if (state.network === network) {
        fill(
          part,
          h("p", { class: "lead" }, units.sentence),
          h(
            "div",
            { class: "charts" },
            units.curves.flatMap((curve) => charts(curve, units.layers)),
          ),
          magnitudes(sizes),
        );
      }
    },
    () => draw(part),
  );
}

/** @param {any} curve @param {any[]} layers */
function charts({ activation, z, a, slope, largest_slope: largest }, layers) {
  const mine = layers.filter((layer) => layer.activation === activation);
  const chart = (values, which, name, title) =>
    h(
      "figure",
      {},
      plot({
        label: `${title}, ${words.units.dots}`,
        xTitle: "z",
        yTitle: name === "error" ? "σ′(z)" : "σ(z)",
        lines: [
          {
            points: z.map((x, index) => [x, values[index]]),
            name,
          },
        ],
        dots: mine.flatMap((layer) => dots(layer, which)),
      }),
      h("figcaption", {}, title),
    );
  return [
    chart(a, "a", "activation", words.units.curve(activation)),
    chart(slope, "slopes", "error", words.units.slope(activation, short(largest))),
  ];
}

/** @param {any} layer @param {string} which */
function dots(layer, which) {
  const row = (values) => (shownExample() === null ? values : values[state.example]);
  return row(layer.z).map((x, j) => ({
    x,
    y: row(layer[which])[j],
    name: layer.states[j] === "active" ? "now" : "off",
    title: `${symbol(pointer("z", layer.layer, j))} = ${short(x)}: ${layer.states[j]}`,
  }));
}

function magnitudes({ layers, sentence }) {
  const cell = (value) => h("td", {}, value === null ? "" : short(value));
  const row = (one) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, one.layer),
      cell(one.delta_norm),
      cell(one.weights_factor),
      cell(one.slopes_factor),
      cell(one.ratio),
    );
  return h(
    "section",
    {},
    h("h3", {}, words.units.magnitudes),
    h("p", {}, sentence),
    scroller(
      words.units.magnitudes,
      h(
        "table",
        { class: "terms" },
        h("caption", { class: "hidden" }, words.units.magnitudes),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            words.units.heads.map((text) => h("th", { scope: "col" }, text)),
          ),
        ),
        h("tbody", {}, layers.toReversed().map(row)),
      ),
    ),
  );
}
