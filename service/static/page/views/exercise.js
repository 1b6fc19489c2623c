// Exercise mode: a seeded challenge, blank cells, a check on demand, and hints that grow.

import { fill, h } from "../dom.js";
import { openExercise } from "../opening.js";
import { layerSizes } from "../parse.js";
import { change, state, watch } from "../state.js";
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
  const submit = (event) => {
    event.preventDefault();
    const found = layerSizes(sizes.value);
    if (!found) return fill(note, words.opening.badSizes);
    openExercise({
      sizes: found,
      activation: activation.value,
      cost: cost.value,
      seed: Number(seed.value),
      decimals: Number(decimals.value),
    });
  };
  const labelled = (text, control) => h("p", {}, h("label", { for: control.id }, text), control);
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
  change({ exercise: null, verdict: null, view: "claims" });
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
