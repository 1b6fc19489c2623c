// The chain rule: sums over paths, Jacobians and their shapes, and what each way costs.

import { post } from "../api.js";
import { debounced, fill, h, math, scroller } from "../dom.js";
import { batchSize, sizes } from "../network.js";
import { full, largestOf, short, strength } from "../numbers.js";
import { lowered, parameterOf, place, pointer, symbol, valueAt } from "../pointers.js";
import { plot } from "../plot.js";
import { change, opened, shownExample, state, watch } from "../state.js";
import { attempt } from "../work.js";
import { words } from "../words.js";
import { factor } from "./origin.js";

const PATHS = 8;
const ENDS_MAX = 400; // to choose from
const SIDE_MAX = 16; // rows and columns of a Jacobian that are written out

let chosenEnd = ""; // where the paths lead, if somebody has chosen

/** @param {HTMLElement} part */
export function mount(part) {
  const soon = debounced(() => draw(part), 60);
  watch(["view", "answer", "example", "exercise", "selected"], () => {
    if (state.view !== "chain" || !state.network) return;
    if (state.exercise) fill(part, h("p", {}, words.exercise.hidden));
    else soon();
  });
}

/** @param {HTMLElement} part */
function draw(part) {
  const network = opened();
  const one = batchSize(network) === null ? network : { ...network, example: state.example };
  const way = ends();
  attempt(
    async () => {
      const [paths, walk, jacobians, small, outer, counts] = await Promise.all([
        post("/v1/paths", { ...one, ...way, limit: PATHS }, "paths"),
        isWalk(way) ? post("/v1/derivations", { ...one, at: way.from, limit: 1 }, "walk") : null,
        post("/v1/jacobians", one, "jacobians"),
        post("/v1/operation-jacobians", { ...one, layer: 1, neuron: 0 }, "small"),
        post("/v1/outer-products", { ...network, layer: 1 }, "outer"),
        post(
          "/v1/operations",
          { layer_sizes: sizes(network), examples: batchSize(network) ?? 1 },
          "operations",
        ),
      ]);
      if (state.network !== network) return;
      const focused = focusIn(part);
      fill(
        part,
        pathsPart(paths, walk, () => draw(part)),
        jacobiansPart(jacobians),
        smallPart(small),
        outerPart(outer),
        operationsPart(counts),
      );
      if (focused) /** @type {HTMLElement | null} */ (part.querySelector(focused))?.focus();
    },
    () => draw(part),
  );
}

/**
 * What is focused in a part that is drawn anew.
 * @param {HTMLElement} part
 * @returns {string} a selector; "" for nothing in it
 */
function focusIn(part) {
  const active = /** @type {HTMLElement | null} */ (document.activeElement);
  if (!active || !part.contains(active)) return "";
  if (active.id) return `#${active.id}`;
  return active.dataset.at ? `[data-at="${active.dataset.at}"]` : "";
}

/**
 * @typedef {{from: string, to: string}} Ends
 * @returns {Ends} from the chosen weight, bias or input to the cost or an output
 */
function ends() {
  const from = start();
  const isInput = from.startsWith("/input");
  const there = outputs().includes(chosenEnd) ? chosenEnd : "";
  return { from, to: there || (isInput ? outputs()[1] : "/cost") };
}

/** The weight, bias or input that the selected number is about; the first weight otherwise. */
function start() {
  const found = place(state.selected);
  const quantity = parameterOf(found?.quantity ?? "");
  if (!found || !["weights", "biases", "input"].includes(quantity)) return "/weights/0/0/0";
  const at = pointer(quantity, found.layer, found.neuron, found.source);
  return valueAt(state.network, at) === undefined ? "/weights/0/0/0" : at;
}

/** Where paths may lead. */
function outputs() {
  const ns = sizes(opened());
  const L = ns.length - 1;
  return ["/cost", ...upTo(ns[L]).map((j) => pointer("a", L, j))];
}

/** Where paths may begin. */
function starts() {
  const ns = sizes(opened());
  const found = upTo(ns[0]).map((k) => pointer("input", 0, k));
  for (let l = 1; l < ns.length && found.length < ENDS_MAX; l += 1) {
    for (const j of upTo(ns[l]))
      found.push(
        pointer("biases", l, j),
        ...upTo(ns[l - 1]).map((k) => pointer("weights", l, j, k)),
      );
  }
  return found.slice(0, ENDS_MAX);
}

/** @param {number} n */
function upTo(n) {
  return Array.from({ length: Math.min(n, ENDS_MAX) }, (_, index) => index);
}

/** @param {Ends} way @returns {boolean} whether it is the walk of a gradient */
function isWalk({ from, to }) {
  return to === "/cost" && !from.startsWith("/input");
}

/** @param {Ends} way @param {() => void} redraw */
function chooser({ from, to }, redraw) {
  const select = (id, chosen, all, choose) => {
    const listed = all.includes(chosen) ? all : [chosen, ...all];
    const made = h(
      "select",
      { id, onchange: () => choose(made.value) },
      listed.map((at) => h("option", { value: at }, symbol(at))),
    );
    made.value = chosen;
    return made;
  };
  const begin = (at) => change({ selected: at.startsWith("/input") ? shown(at) : at });
  const end = (at) => {
    chosenEnd = at;
    redraw();
  };
  return h(
    "div",
    { class: "bar" },
    h("label", { for: "path-from" }, words.chain.from),
    select("path-from", from, starts(), begin),
    h("label", { for: "path-to" }, words.chain.to),
    select("path-to", to, outputs(), end),
  );
}

/** @param {string} at  of an input; of a batch, in the example that is shown */
function shown(at) {
  return pointer("input", 0, place(at)?.neuron, shownExample());
}

/**
 * What the factors of a path are called, in their order.
 * @param {Ends} way
 * @param {{neurons: number[][], factors: number[]}} path  layers and neurons; of a softmax output
 *     two of the same layer, whose last link may be one factor with the cost's
 * @returns {string[]}
 */
export function factorNames({ from, to }, { neurons, factors }) {
  const begin = place(from);
  const names = [];
  if (begin?.quantity === "biases")
    names.push(`∂${symbol(pointer("z", begin.layer, begin.neuron))}/∂${symbol(from)}`);
  if (begin?.quantity === "weights") names.push(activation(begin.layer - 1, begin.source ?? 0));
  neurons.forEach(([l, j], index) => {
    const [before, source] = neurons[index - 1] ?? [];
    const after = neurons[index + 1]?.[0];
    const z = symbol(`/z/${l - 1}/${j}`);
    if (before === l) names.push(`∂${activation(l, j)}/∂${symbol(`/z/${l - 1}/${source}`)}`);
    else if (index) names.push(symbol(pointer("weights", l, j, source)));
    if (l && before !== l && after !== l) names.push(`σ′(${z})`);
  });
  const [l, j] = neurons[neurons.length - 1];
  if (to === "/cost") names.push(`∂C/∂${activation(l, j)}`);
  if (names.length > factors.length) names.push(names.splice(-2).join(" · ")); // softmax and its cost
  return names;
}

/** @param {number} l @param {number} j */
function activation(l, j) {
  return symbol(l ? pointer("a", l, j) : pointer("input", 0, j));
}

/** @param {any} walk  the answer of /v1/derivations; null if the way is no gradient's */
function walkPart(walk) {
  return walk
    ? [
        h("h4", {}, words.origin.walk),
        h("ol", { class: "walk" }, walk.factors.map(factor)),
        h("p", { class: "stored" }, `${words.origin.product} `, h("b", {}, full(walk.gradient))),
      ]
    : null;
}

/** @param {any} answer  of /v1/paths @param {any} walk @param {() => void} redraw */
function pathsPart(answer, walk, redraw) {
  const { symbol: name, from, to, paths, path_count: count, listed, sum } = answer;
  const through = (path) =>
    path.neurons.map(([l, j]) => symbol(l ? `/z/${l - 1}/${j}` : `/input/${j}`)).join(" → ");
  const product = (path) => {
    const names = factorNames({ from, to }, path);
    return path.factors.map((value, index) => [
      index ? h("span", {}, "·") : null,
      h(
        "span",
        { class: "link" },
        h("i", {}, names[index]),
        h("b", { title: full(value) }, value < 0 ? `(${short(value)})` : short(value)),
      ),
    ]);
  };
  return h(
    "section",
    { id: "paths" },
    h("h3", {}, words.chain.paths),
    chooser({ from, to }, redraw),
    walkPart(walk),
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
              h("td", {}, h("div", { class: "links-of-path" }, product(path))),
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
