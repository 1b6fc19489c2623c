// The chain rule: sums over paths, Jacobians and their shapes, and what each way costs.

import { post } from "../api.js";
import { debounced, fill, h, math, scroller } from "../dom.js";
import { batchSize, sizes } from "../network.js";
import { full, largestOf, short, strength } from "../numbers.js";
import { lowered, pointer, symbol } from "../pointers.js";
import { plot } from "../plot.js";
import { opened, state, watch } from "../state.js";
import { attempt } from "../work.js";
import { words } from "../words.js";

const PATHS = 8;
const SIDE_MAX = 16; // rows and columns of a Jacobian that are written out

/** @param {HTMLElement} part */
export function mount(part) {
  const soon = debounced(() => draw(part), 60);
  watch(["view", "answer", "example", "exercise"], () => {
    if (state.view !== "chain" || !state.network) return;
    if (state.exercise) fill(part, h("p", {}, words.exercise.hidden));
    else soon();
  });
}

/** @param {HTMLElement} part */
function draw(part) {
  const network = opened();
  const one = batchSize(network) === null ? network : { ...network, example: state.example };
  attempt(
    async () => {
      const [paths, jacobians, small, outer, counts] = await Promise.all([
        post("/v1/paths", { ...one, ...ends(), limit: PATHS }, "paths"),
        post("/v1/jacobians", one, "jacobians"),
        post("/v1/operation-jacobians", { ...one, layer: 1, neuron: 0 }, "small"),
        post("/v1/outer-products", { ...network, layer: 1 }, "outer"),
        post(
          "/v1/operations",
          { layer_sizes: sizes(network), examples: batchSize(network) ?? 1 },
          "operations",
        ),
      ]);
      if (state.network === network)
        fill(
          part,
          pathsPart(paths),
          jacobiansPart(jacobians),
          smallPart(small),
          outerPart(outer),
          operationsPart(counts),
        );
    },
    () => draw(part),
  );
}

/** From the first input to the first output. */
function ends() {
  const L = sizes(opened()).length - 1;
  return { from: pointer("input", 0, 0), to: pointer("a", L, 0) };
}

function pathsPart({ symbol: name, paths, path_count: count, listed, sum }) {
  const through = (path) =>
    path.neurons.map(([l, j]) => symbol(l ? `/z/${l - 1}/${j}` : `/input/${j}`)).join(" → ");
  const product = (path) =>
    path.factors.map((factor) => (factor < 0 ? `(${short(factor)})` : short(factor))).join(" · ");
  return h(
    "section",
    { id: "paths" },
    h("h3", {}, words.chain.paths),
    h("p", {}, words.chain.pathsLead(lowered(name), count, listed)),
    scroller(
      words.chain.paths,
      h(
        "table",
        { class: "terms" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            words.chain.pathHeads.map((text) => h("th", { scope: "col" }, text)),
          ),
        ),
        h(
          "tbody",
          {},
          paths.map((path) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, through(path)),
              h("td", {}, product(path)),
              h("td", { title: full(path.product) }, short(path.product)),
            ),
          ),
        ),
        h(
          "tfoot",
          {},
          h(
            "tr",
            {},
            h("th", { scope: "row" }, words.chain.sum),
            h("td"),
            h("td", { title: full(sum) }, short(sum)),
          ),
        ),
      ),
    ),
  );
}

function jacobiansPart({ layers, chain, orders }) {
  const each = layers.toReversed().flatMap((layer) => [layer.activation, layer.weighted_sum]);
  return h(
    "section",
    { id: "jacobians" },
    h("h3", {}, words.chain.jacobians),
    h("p", {}, words.chain.rows),
    h(
      "p",
      { class: "shapes" },
      chain.shapes.map(([m, n], index) => [index ? " · " : "", h("span", {}, `[${m} × ${n}]`)]),
    ),
    h("p", {}, chain.sentence),
    h(
      "div",
      { class: "cards" },
      each.map(jacobian),
      layers.slice(0, -1).map((layer) => jacobian(layer.running)),
    ),
    orders ? h("p", {}, words.chain.orders(orders)) : null,
  );
}

export function jacobian({
  symbol: name,
  mathml,
  formula,
  shape,
  diagonal,
  norm,
  values,
  outputs,
  inputs,
}) {
  const [m, n] = shape;
  const largest = largestOf(values);
  const entry = (i, j) => (diagonal ? (i === j ? values[i] : 0) : values[i][j]);
  const caption = words.chain.caption(name, m, n, diagonal, short(norm));
  const written = m <= SIDE_MAX && n <= SIDE_MAX;
  return h(
    "section",
    { class: "card" },
    h(
      "h4",
      { "aria-label": `${lowered(name)} = ${formula.text}` },
      math(["mrow", mathml, ["mo", "="], formula.mathml]),
    ),
    h("p", { class: "quiet" }, caption),
    written
      ? scroller(
          caption,
          h(
            "table",
            { class: "numbers jacobian" },
            h(
              "thead",
              {},
              h(
                "tr",
                {},
                h("td"),
                inputs.map((text) => h("th", { scope: "col" }, lowered(text))),
              ),
            ),
            h(
              "tbody",
              {},
              outputs.map((text, i) =>
                h(
                  "tr",
                  {},
                  h("th", { scope: "row" }, lowered(text)),
                  inputs.map((_, j) => number(entry(i, j), largest)),
                ),
              ),
            ),
          ),
        )
      : null,
  );
}

/** @param {number} value @param {number} largest */
function number(value, largest) {
  const cell = h(
    "span",
    { class: `cell kind-activation${value < 0 ? " minus" : ""}${value === 0 ? " zero" : ""}` },
    value === 0 ? "0" : short(value),
  );
  cell.style.setProperty("--heat", strength(value, largest).toFixed(3));
  return h("td", { title: full(value) }, cell);
}

function smallPart({ layer, neuron, operations }) {
  return h(
    "section",
    { id: "operations-jacobians" },
    h("h3", {}, words.chain.small(layer, neuron)),
    operations.map((one) =>
      h(
        "details",
        {},
        h("summary", { "aria-label": one.expression.text }, math(one.expression.mathml)),
        h("p", {}, one.sentence),
        h("div", { class: "cards" }, one.jacobians.map(jacobian)),
      ),
    ),
  );
}

/**
 * One column of δ times one row of a; of a batch the sum of such tables.
 * @param {any} answer
 */
function outerPart({
  formula,
  sentence,
  column,
  row,
  table,
  column_labels: down,
  row_labels: across,
  layer,
}) {
  const single = !Array.isArray(column[0]);
  const largest = largestOf(table);
  const fits = table.length <= SIDE_MAX && table[0].length <= SIDE_MAX;
  const head = (label, value) =>
    h("th", { scope: "col" }, lowered(label), single ? h("b", {}, short(value)) : null);
  return h(
    "section",
    { id: "outer" },
    h("h3", {}, words.chain.outer),
    h("p", {}, sentence),
    h("div", { class: "formulas" }, math(formula.mathml)),
    fits
      ? scroller(
          words.chain.outer,
          h(
            "table",
            { class: "numbers outer" },
            h(
              "thead",
              {},
              h(
                "tr",
                {},
                h("td", {}, words.chain.outerCorner),
                across.map((label, k) => head(label, row[k])),
              ),
            ),
            h(
              "tbody",
              {},
              table.map((entries, j) =>
                h(
                  "tr",
                  {},
                  h(
                    "th",
                    { scope: "row" },
                    lowered(down[j]),
                    single ? h("b", {}, short(column[j])) : null,
                  ),
                  entries.map((value, k) =>
                    product(value, largest, pointer("weight_gradients", layer, j, k)),
                  ),
                ),
              ),
            ),
          ),
        )
      : null,
  );
}

/** @param {number} value @param {number} largest @param {string} at */
function product(value, largest, at) {
  const cell = h(
    "button",
    {
      type: "button",
      class: `cell kind-error${value < 0 ? " minus" : ""}`,
      "data-at": at,
      title: full(value),
    },
    short(value),
  );
  cell.style.setProperty("--heat", strength(value, largest).toFixed(3));
  return h("td", {}, cell);
}

function operationsPart({ parameters, counts, by_width: byWidth }) {
  const rows = Object.entries(words.chain.ways).map(([way, text]) =>
    h("tr", {}, h("th", { scope: "row" }, text), h("td", {}, counts[way].toLocaleString("en"))),
  );
  const line = (way, name) => ({
    points: byWidth.map((one) => [one.width, one[way]]),
    name,
  });
  return h(
    "section",
    { id: "operations" },
    h("h3", {}, words.chain.operations),
    h("p", {}, words.chain.operationsLead(parameters)),
    h(
      "table",
      { class: "terms" },
      h("caption", { class: "hidden" }, words.chain.operations),
      h("tbody", {}, rows),
    ),
    h(
      "figure",
      {},
      plot({
        label: words.chain.chart,
        xTitle: words.chain.width,
        yTitle: words.chain.count,
        xLog: true,
        yLog: true,
        lines: [line("naive", "error"), line("backprop", "activation"), line("forward", "input")],
      }),
      h("figcaption", {}, words.chain.legend),
    ),
  );
}
