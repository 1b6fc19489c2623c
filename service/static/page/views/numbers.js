// The matrices: a table for each layer, edited in place.

import { all, fill, h } from "../dom.js";
import { batchSize, resized, sizes, withLayer, withValue } from "../network.js";
import { full, typed } from "../numbers.js";
import { change, opened, state, watch } from "../state.js";
import { field, layerTable, pager, refresh, result, walk } from "../tables.js";
import { words } from "../words.js";
import { known } from "./timeline.js";

const EDITABLE = new Set(["weights", "biases", "input", "target"]);
const COLUMNS = ["weights", "biases", "z", "a", "delta", "bias_gradients", "weight_gradients"];

/** @param {HTMLElement} part */
export function mount(part) {
  let outline = "";
  part.addEventListener("input", edit);
  part.addEventListener("keydown", walk);
  watch(
    [
      "network",
      "answer",
      "step",
      "steps",
      "example",
      "folds",
      "view",
      "exercise",
      "activations",
      "problems",
    ],
    () => {
      if (state.view !== "numbers" || !state.network) return;
      const wanted = outlineOf();
      if (wanted !== outline) fill(part, ...drawn());
      outline = wanted;
      refresh(part, known);
      settle(part);
    },
  );
}

/** What decides which cells there are. */
function outlineOf() {
  const network = opened();
  const { folds, example, exercise } = state;
  return JSON.stringify([
    sizes(network),
    batchSize(network),
    folds,
    example,
    Boolean(exercise),
  ]);
}

function drawn() {
  const network = opened();
  const ns = sizes(network);
  const quantities = state.exercise ? ["weights", "biases"] : COLUMNS;
  const cards = ns.slice(1).map((_, index) => layerCard(index + 1, quantities));
  return [outlineBar(ns), h("div", { class: "cards" }, inputCard(), cards, targetCard())];
}

/** @param {string} at @param {string} quantity */
function cell(at, quantity) {
  return EDITABLE.has(quantity) ? field(at, quantity) : result(at, quantity);
}

function inputCard() {
  return h(
    "section",
    { class: "card" },
    h("h3", {}, words.numbers.input),
    exampleChooser(),
    layerTable(0, ["input"], cell, words.numbers.input),
    foot(0),
  );
}

function targetCard() {
  const L = opened().weights.length;
  const cost = chooser(words.numbers.cost, (name) =>
    change({ network: { ...opened(), cost: name } }),
  );
  const total = state.exercise ? null : h("p", { class: "total" }, "C = ", result("/cost", "cost"));
  return h(
    "section",
    { class: "card" },
    h("h3", {}, words.numbers.target),
    cost,
    layerTable(L, ["target"], cell, words.numbers.target),
    total,
  );
}

/** @param {number} l @param {string[]} quantities */
function layerCard(l, quantities) {
  const L = opened().weights.length;
  const choose = (name) => {
    const now = opened();
    change({ network: { ...now, activation: now.activation.with(l - 1, name) } });
  };
  return h(
    "section",
    { class: "card" },
    h("h3", {}, words.numbers.layer(l, L)),
    chooser(words.numbers.activation(l), choose, `/activation/${l - 1}`),
    layerTable(l, quantities, cell, words.numbers.layer(l, L)),
    foot(l),
  );
}

/** @param {number} l */
function foot(l) {
  const n = sizes(opened())[l];
  const resize = (by) => () => change({ network: resized(opened(), l, n + by), folds: {} });
  if (state.exercise) return pager(l);
  return h(
    "div",
    { class: "foot" },
    pager(l),
    h(
      "button",
      { type: "button", class: "plain", onclick: resize(1), "aria-label": words.numbers.addTo(l) },
      words.numbers.add(l),
    ),
    h(
      "button",
      {
        type: "button",
        class: "plain",
        onclick: resize(-1),
        disabled: n === 1,
        "aria-label": words.numbers.removeFrom(l),
      },
      words.numbers.remove(l),
    ),
  );
}

/** @param {number[]} ns */
function outlineBar(ns) {
  const layers = (by) => () => change({ network: withLayer(opened(), by), folds: {} });
  if (state.exercise) return null;
  return h(
    "div",
    { class: "bar" },
    h("span", { class: "outline" }, ns.join(" – ")),
    h("button", { type: "button", class: "plain", onclick: layers(1) }, words.numbers.addLayer),
    h(
      "button",
      { type: "button", class: "plain", onclick: layers(-1), disabled: ns.length === 2 },
      words.numbers.removeLayer,
    ),
    h("span", { class: "quiet" }, words.numbers.hint),
  );
}

function exampleChooser() {
  const n = batchSize(opened());
  if (n === null) return h("p", { class: "quiet" }, words.numbers.oneExample);
  const options = Array.from({ length: n }, (_, index) =>
    h("option", { value: index }, words.numbers.example(index, n)),
  );
  const select = h(
    "select",
    {
      "aria-label": words.numbers.whichExample,
      onchange: () => change({ example: Number(select.value) }),
    },
    options,
  );
  select.value = String(state.example);
  return select;
}

/**
 * Its names come when they are known, without a new field for what is being typed beside it.
 * @param {string} label
 * @param {(name: string) => void} choose
 * @param {string} [at]  where the request has it, so that a problem finds it
 */
function chooser(label, choose, at) {
  const select = h("select", {
    class: "choice",
    "aria-label": label,
    "data-at": at,
    onchange: () => choose(select.value),
    disabled: Boolean(state.exercise),
  });
  return h("span", { class: "asked" }, select);
}

/** @param {any} select @param {string[]} names @param {string} chosen */
function offer(select, names, chosen) {
  const offered = names.length ? names : [chosen]; // one that the service does not know is no choice
  if (select.options.length !== offered.length)
    fill(select, ...offered.map((name) => h("option", { value: name }, name.replaceAll("_", " "))));
  select.value = chosen;
}

/** @param {Event} event */
function edit(event) {
  const input = event.target;
  if (!(input instanceof HTMLInputElement) || !input.dataset.at || !state.network) return;
  const value = typed(input.value) ?? "";
  change({ network: withValue(state.network, input.dataset.at, value) });
}

/**
 * In an exercise the given numbers are read only; the choosers follow the network.
 * @param {HTMLElement} part
 */
function settle(part) {
  for (const input of all(part, "input[data-at]")) {
    input.readOnly = Boolean(state.exercise);
    input.title = full(input.value);
  }
  const network = opened();
  const selects = all(part, ".cards select.choice");
  const L = network.weights.length;
  selects.forEach((select, index) => {
    if (index === L) return offer(select, state.costNames, network.cost);
    const open = state.activations.filter((one) => one.elementwise || index === L - 1);
    offer(select, open.map(({ name }) => name), network.activation[index]);
  });
}
