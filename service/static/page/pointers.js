// JSON pointers of single numbers, as the service writes them, and what they are called.
//
// Layers count from 1 in words and symbols, from 0 in pointers; neurons and examples from 0.

import { words } from "./words.js";

/**
 * @typedef {object} Place
 * @property {string} quantity
 * @property {number} layer       0 for the input
 * @property {number} neuron
 * @property {number | null} source   the neuron of the layer before, for weights
 * @property {number | null} example  null where examples are not told apart
 */

const LAYERED = new Set([
  "weights",
  "biases",
  "z",
  "a",
  "delta",
  "bias_gradients",
  "weight_gradients",
]);
const WITH_SOURCE = new Set(["weights", "weight_gradients"]);
const BY_EXAMPLE = new Set(["input", "target", "z", "a", "delta"]);
/** @type {Record<string, string>} */
const LETTERS = {
  weights: "w",
  biases: "b",
  z: "z",
  a: "a",
  delta: "δ",
  input: "x",
  target: "y",
  cost: "C",
};
/** @type {Record<string, string>} */
const PARAMETERS = { weight_gradients: "weights", bias_gradients: "biases" };

/**
 * Which of the four colours a quantity has.
 * @type {Record<string, string>}
 */
export const KINDS = {
  input: "input",
  target: "input",
  weights: "weight",
  biases: "weight",
  z: "activation",
  a: "activation",
  cost: "error",
  delta: "error",
  bias_gradients: "error",
  weight_gradients: "error",
};

/**
 * @param {string} at
 * @returns {Place | null} null if it is no pointer to a single number
 */
export function place(at) {
  const [, quantity, ...steps] = at.replace(/^\/claims/, "").split("/");
  if (!(quantity in LETTERS || quantity in PARAMETERS)) return null;
  const indices = steps.map(Number);
  if (indices.some((index) => !Number.isInteger(index))) return null;
  const layer = LAYERED.has(quantity) ? Number(indices.shift() ?? NaN) + 1 : 0;
  const source = WITH_SOURCE.has(quantity) ? (indices.pop() ?? null) : null;
  const neuron = quantity === "cost" ? 0 : indices.pop();
  const example = indices.pop() ?? null;
  const complete = neuron !== undefined && !Number.isNaN(layer) && indices.length === 0;
  const fits = WITH_SOURCE.has(quantity) ? source !== null : source === null;
  if (!complete || !fits || (example !== null && !BY_EXAMPLE.has(quantity))) return null;
  return { quantity, layer, neuron, source, example };
}

/**
 * @param {string} quantity
 * @param {number} layer
 * @param {number} [neuron]
 * @param {number | null} [extra]  the source of a weight, or the example of a quantity that has one
 * @returns {string}
 */
export function pointer(quantity, layer, neuron = 0, extra = null) {
  if (quantity === "cost") return "/cost";
  const steps = LAYERED.has(quantity) ? [quantity, layer - 1] : [quantity];
  const indices = WITH_SOURCE.has(quantity)
    ? [neuron, extra]
    : extra === null
      ? [neuron]
      : [extra, neuron];
  return `/${[...steps, ...indices].join("/")}`;
}

/**
 * The value that a pointer leads to.
 * @param {any} root
 * @param {string} at
 * @returns {any} undefined if nothing is there
 */
export function valueAt(root, at) {
  return at
    .split("/")
    .slice(1)
    .reduce((value, step) => value?.[step], root);
}

/**
 * The quantity whose gradient this is, or itself.
 * @param {string} quantity
 * @returns {string}
 */
export function parameterOf(quantity) {
  return PARAMETERS[quantity] ?? quantity;
}

/**
 * In plain text: `w(1)₀₂`, `∂C/∂w(1)₀₂`, and of example 3 `δ(2)₀[3]`.
 * @param {string} at
 * @returns {string}
 */
export function symbol(at) {
  const found = place(at);
  if (!found) return at;
  const parameter = parameterOf(found.quantity);
  const letter = LETTERS[parameter];
  const gradient = parameter === found.quantity ? "" : "∂C/∂";
  if (found.quantity === "cost") return letter;
  const wide = found.neuron > 9 || (found.source ?? 0) > 9;
  const index =
    found.source === null ? `${found.neuron}` : `${found.neuron}${wide ? "," : ""}${found.source}`;
  const layer = LAYERED.has(found.quantity) ? `(${found.layer})` : "";
  const example = found.example === null ? "" : `[${found.example}]`;
  return `${gradient}${letter}${layer}${below(index)}${example}`;
}

/**
 * @param {string} digits
 * @returns {string}
 */
function below(digits) {
  return digits.replaceAll(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[Number(digit)]);
}

/**
 * A symbol of the service, `a(2)_0`, with its index below the line.
 * @param {string} plain
 * @returns {string}
 */
export function lowered(plain) {
  return plain.replaceAll(/_([\d,]+)/g, (_, digits) => below(digits));
}

/**
 * In words, for people and screen readers.
 * @param {string} at
 * @returns {string}
 */
export function sentence(at) {
  const found = place(at);
  if (!found) return at;
  const parameter = parameterOf(found.quantity);
  const said = words.places[parameter](found);
  const of = parameter === found.quantity ? said : words.places.gradient(said);
  return found.example === null ? of : words.places.example(of, found.example);
}

/**
 * Whether two pointers name the same number or one leads into the other (`/weights/1` and
 * `/weights/1/0/2`).
 * @param {string} outer
 * @param {string} inner
 * @returns {boolean}
 */
export function leadsTo(outer, inner) {
  return inner === outer || inner.startsWith(`${outer}/`);
}
