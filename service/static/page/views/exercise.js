// Exercise mode: a seeded challenge, blank cells, a check on demand, and hints that grow.

import { post } from "../api.js";
import { fill, h } from "../dom.js";
import { networkOf } from "../network.js";
import { layerSizes } from "../parse.js";
import { change, open, state, watch } from "../state.js";
import { attempt } from "../work.js";
import { words } from "../words.js";

const ACTIVATIONS = ["sigmoid", "tanh", "relu", "softplus", "identity"];
const COSTS = ["mean_squared_error", "binary_cross_entropy"];
const SEED_MAX = 1_000_000;

/** @param {HTMLElement} part */
export function mount(part) {
  watch(["view", "exercise"], () => {
    if (state.view === "exercise") fill(part, ...form());
  });
}

/**
 * Opens a challenge; the same for the same exercise on every machine.
 * @param {import("../state.js").Exercise} exercise
 * @param {Partial<import("../state.js").State>} [more]
 */
export function start(exercise, more = {}) {
  const { sizes, activation, cost, seed, decimals } = exercise;
  const request = { layer_sizes: sizes, activation, cost, seed, precision: { decimals } };
  return attempt(
    async () => {
      const network = networkOf(await post("/v1/challenges", request, "challenges"));
      const title = words.exercise.title(exercise);
      open(network, {
        exercise,
        precision: `${decimals} decimals`,
        view: "claims",
        title,
        ...more,
      });
    },
    () => start(exercise, more),
  );
}

/** @returns {any[]} */
function form() {
  const now = state.exercise ?? {
    sizes: [2, 3, 2],
    activation: "sigmoid",
    cost: "mean_squared_error",
    seed: 7,
    decimals: 4,
  };
  const sizes = h("input", { id: "exercise-sizes", type: "text", value: now.sizes.join("-") });
  const activation = choose("exercise-activation", ACTIVATIONS, now.activation);
  const cost = choose("exercise-cost", COSTS, now.cost);
  const seed = h("input", {
    id: "exercise-seed",
    type: "number",
    min: 0,
    max: SEED_MAX,
    value: now.seed,
  });
  const decimals = h("input", {
    id: "exercise-decimals",
    type: "number",
    min: 2,
    max: 8,
    value: now.decimals,
  });
  const note = h("p", { class: "wrong", role: "status" });
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const found = layerSizes(sizes.value);
    if (!found) return fill(note, words.opening.badSizes);
    start({
      sizes: found,
      activation: activation.value,
      cost: cost.value,
      seed: Number(seed.value),
      decimals: Number(decimals.value),
    });
  };
  const labelled = (/** @type {string} */ text, /** @type {HTMLElement} */ control) =>
    h("p", {}, h("label", { for: control.id }, text), control);
  return [
    h("p", { class: "lead" }, words.exercise.about),
    h(
      "form",
      { class: "form", onsubmit: submit },
      labelled(words.exercise.sizes, sizes),
      labelled(words.exercise.activation, activation),
      labelled(words.exercise.cost, cost),
      labelled(words.exercise.seed, seed),
      labelled(words.exercise.decimals, decimals),
      h("button", { type: "submit", class: "main" }, words.exercise.start),
      note,
    ),
    state.exercise
      ? h("p", {}, h("button", { type: "button", onclick: finish }, words.exercise.finish))
      : null,
  ];
}

/** The answers are shown, and the numbers typed so far stay. */
function finish() {
  change({ exercise: null, view: "claims" });
}

/** @param {string} id @param {string[]} names @param {string} chosen */
function choose(id, names, chosen) {
  const select = h(
    "select",
    { id },
    names.map((name) => h("option", { value: name }, name.replaceAll("_", " "))),
  );
  select.value = chosen;
  return select;
}

/**
 * The hints so far, and a button for the next one; nothing outside an exercise.
 * @returns {HTMLElement | null}
 */
export function hintsPart() {
  if (!state.exercise) return null;
  const hints = available();
  const shown = hints.slice(0, state.hints);
  const more = shown.length < hints.length;
  return h(
    "div",
    { class: "hints" },
    shown.length
      ? h(
          "ol",
          {},
          shown.map((hint) => h("li", {}, hint)),
        )
      : null,
    more
      ? h(
          "button",
          { type: "button", onclick: () => change({ hints: shown.length + 1 }) },
          shown.length ? words.exercise.more : words.exercise.hint,
        )
      : null,
  );
}

/** From the vaguest to the plainest. */
function available() {
  const verdict = state.verdict;
  const fails = verdict?.equations.find((/** @type {any} */ one) => one.verdict === "fails");
  const found = verdict?.diagnosis[0];
  if (!verdict || (!fails && !found)) return [words.exercise.begin, ...words.exercise.order];
  const where = fails ?? { equation: found.equation, layer: found.layers[0] };
  return [
    words.exercise.side(where),
    words.exercise.where(where),
    words.exercise.equations[where.equation],
    ...(found?.explanation ? [found.explanation, found.remedy] : []),
  ];
}
