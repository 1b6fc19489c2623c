// Where does this number come from? Its equation in letters, with the numbers in, term by term.

import { Lost, Refused, post } from "../api.js";
import { byId, debounced, fill, h, longMath, math } from "../dom.js";
import { batchSize } from "../network.js";
import { full, short } from "../numbers.js";
import { KINDS, parameterOf, place, sentence, symbol, valueAt } from "../pointers.js";
import { shine } from "../light.js";
import { opened, state, watch } from "../state.js";
import { words } from "../words.js";

const PAUSE_MS = 20;
const DIGITS = 4;
const PATHS = 6;
const GIVEN = ["input", "target"];

/** Shows the origin of the selected number, and follows it when the numbers change. */
export function startOrigin() {
  const part = byId("origin");
  const soon = debounced(() => show(part), PAUSE_MS);
  watch(["selected", "answer", "exercise", "problems"], soon);
}

/** @param {HTMLElement} part */
async function show(part) {
  const at = state.selected;
  const found = place(at);
  const there = typeof valueAt({ ...state.answered, ...state.answer }, at) === "number";
  if (state.exercise || !found || !there) {
    fill(
      part,
      h("h2", {}, words.origin.title),
      h("p", { class: "quiet" }, state.exercise ? words.origin.exercise : words.origin.empty),
    );
    return;
  }
  const network = state.answered;
  if (state.problems.length && network !== state.network) {
    fill(part, heading(at), h("p", { class: "quiet" }, words.origin.stale));
    return;
  }
  try {
    const sections = await Promise.all([origin(at, found), walk(at, found)]);
    if (state.selected !== at || state.answered !== network) return;
    fill(part, heading(at), sections.flat());
    shine();
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Lost)) throw error;
    const told = error instanceof Refused ? error.message : words.notice.lost;
    fill(part, heading(at), h("p", { class: "quiet" }, told));
  }
}

/** @param {string} at */
function heading(at) {
  const quantity = at.split("/")[1];
  return [
    h("h2", { class: `kind-${KINDS[quantity]}` }, symbol(at)),
    h("p", { class: "said" }, sentence(at)),
  ];
}

/**
 * @param {string} at
 * @param {import("../pointers.js").Place} found
 * @returns {Promise<any[]>}
 */
async function origin(at, found) {
  if (GIVEN.includes(found.quantity) || ["weights", "biases"].includes(found.quantity))
    return given(at, found);
  const answer = await post("/v1/origins", { ...state.answered, at, digits: DIGITS }, "origins");
  return [
    h(
      "div",
      { class: "formulas" },
      longMath(answer.equation.mathml),
      longMath(answer.numbers.mathml, { class: "entry" }),
    ),
    terms(answer),
    stored(answer.value, words.origin.stored),
    witness(at),
    madeOf(answer.ingredients),
  ];
}

/** @param {string} at @param {import("../pointers.js").Place} found */
function given(at, found) {
  const gradient = { weights: "weight_gradients", biases: "bias_gradients" }[found.quantity];
  const to = gradient ? at.replace(found.quantity, gradient) : null;
  return [
    stored(valueAt(state.network, at), words.origin.given),
    to ? links(words.origin.gradient, [to]) : null,
  ];
}

function terms(answer) {
  if (answer.terms.length < 2 && !answer.times) return null;
  const row = (term, sign) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, sign ? `${sign} ` : "", math(term.mathml)),
      h("td", { title: full(term.value) }, short(term.value)),
    );
  return h(
    "table",
    { class: "terms" },
    h("caption", {}, words.origin.terms),
    h(
      "tbody",
      {},
      answer.terms.map((term, index) => row(term, index ? "+" : "")),
      answer.times ? row(answer.times, "×") : null,
    ),
  );
}

/** @param {any} value @param {string} what */
function stored(value, what) {
  return h(
    "p",
    { class: "stored" },
    h("span", { class: "quiet" }, `${what} `),
    h("b", {}, full(value)),
  );
}

/**
 * What finite differences say to a gradient.
 * @param {string} at
 */
function witness(at) {
  const check = state.answer.finite_difference;
  if (!check || !/^\/(weight|bias)_gradients/.test(at)) return null;
  const value = valueAt(check, at);
  const uncertainty = valueAt(check, at.replace("_gradients", "_uncertainties"));
  if (typeof value !== "number") return null;
  const agrees = !check.disagreements.some((entry) => entry.at === at);
  return h(
    "p",
    { class: "witness" },
    h("span", { class: agrees ? "right" : "wrong", "aria-hidden": "true" }, agrees ? "✓ " : "✗ "),
    words.origin.witness(agrees, full(Number(value.toPrecision(8))), short(uncertainty)),
  );
}

function madeOf(ingredients) {
  return ingredients.length
    ? links(
        words.origin.madeOf,
        ingredients.map(({ at }) => at),
      )
    : null;
}

/** @param {string} title @param {string[]} pointers */
function links(title, pointers) {
  const link = (at) => {
    const quantity = at.split("/")[1];
    const root = at.split("/")[1] in (state.network ?? {}) ? state.network : state.answer;
    const value = valueAt(root, at);
    const shown = typeof value === "number" ? short(value) : String(value);
    return h(
      "li",
      {},
      h(
        "button",
        {
          type: "button",
          class: `chip kind-${KINDS[quantity]}`,
          "data-at": at,
          title: sentence(at),
        },
        h("span", {}, symbol(at)),
        " ",
        h("b", {}, shown),
      ),
    );
  };
  return h("div", { class: "links" }, h("h3", {}, title), h("ul", {}, pointers.map(link)));
}

/**
 * The chain-rule walk to a weight or bias, and its paths.
 * @param {string} at
 * @param {import("../pointers.js").Place} found
 * @returns {Promise<any[]>}
 */
async function walk(at, found) {
  const parameter = parameterOf(found.quantity);
  if (!["weights", "biases"].includes(parameter)) return [];
  const to = at.replace(found.quantity, parameter);
  const one = batchSize(opened()) === null ? {} : { example: state.example };
  const answer = await post(
    "/v1/derivations",
    { ...state.answered, ...one, at: to, limit: PATHS },
    "derivations",
  );
  return [
    h("h3", {}, words.origin.walk),
    "example" in one ? h("p", { class: "quiet" }, words.origin.oneExample(state.example)) : null,
    h("ol", { class: "walk" }, answer.factors.map(factor)),
    h(
      "p",
      { class: "stored" },
      h("span", { class: "quiet" }, `${words.origin.product} `),
      h("b", {}, full(answer.gradient)),
    ),
    Number(answer.path_count) > 1 ? paths(answer) : null,
  ];
}

/** One factor of a walk; of /v1/derivations. */
export function factor({ mathml, formula, value, shared, sentence: said }) {
  return h(
    "li",
    { class: shared ? "shared" : null },
    h(
      "div",
      { class: "factor" },
      longMath(["mrow", mathml, ["mo", "="], formula.mathml]),
      h("b", { title: full(value) }, short(value)),
    ),
    h(
      "span",
      { class: "quiet" },
      said,
      shared ? h("span", { class: "mark" }, ` ${words.origin.shared}`) : null,
    ),
  );
}

function paths(answer) {
  const name = ([layer, neuron]) => symbol(`/z/${layer - 1}/${neuron}`);
  return h(
    "table",
    { class: "terms paths" },
    h("caption", {}, words.origin.paths(answer.path_count, answer.listed)),
    h(
      "tbody",
      {},
      answer.paths.map((path) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, path.neurons.map(name).join(" → "), " → C"),
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
        h("th", { scope: "row" }, words.origin.sum),
        h("td", { title: full(answer.sum) }, short(answer.sum)),
      ),
    ),
  );
}
