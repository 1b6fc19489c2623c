// Which numbers belong together: what lights up when one is pointed at.
//
// Only indices are worked out here; which terms an equation has is chapter section 12.

import { place, pointer } from "./pointers.js";

const RELATED_MAX = 400; // of a large layer, the folded part is not on the page anyway

/**
 * Pointers to the numbers that one number is computed from, for layers of these sizes.
 * @param {string} at
 * @param {number[]} sizes  n_0 … n_L
 * @returns {string[]}
 */
export function ingredients(at, sizes) {
  const found = place(at);
  if (!found) return [];
  const { quantity, layer: l, neuron: j, source: k, example: i } = found;
  const depth = sizes.length - 1;
  const error = () =>
    l === depth ? [pointer("a", l, j, i), pointer("target", 0, j, i)] : back(l, j, i, sizes);
  switch (quantity) {
    case "z":
      return [...row(l, j, sizes), ...before(l, i, sizes), pointer("biases", l, j)];
    case "a":
      return [pointer("z", l, j, i)];
    case "delta":
      return [...error(), pointer("z", l, j, i)];
    case "bias_gradients":
      return [pointer("delta", l, j, i)];
    case "weight_gradients":
      return [pointer("delta", l, j, i), activation(l - 1, k ?? 0, i)];
    case "cost":
      return count(sizes[depth]).flatMap((n) => [
        pointer("a", depth, n, i),
        pointer("target", 0, n, i),
      ]);
    default:
      return [];
  }
}

/**
 * Everything that lights up with a number: its ingredients, and for given numbers what they go into
 * first. For a batch, `example` says which of the examples is on the page.
 * @param {string} at
 * @param {number[]} sizes
 * @param {number | null} example
 * @returns {string[]}
 */
export function related(at, sizes, example) {
  const found = place(at);
  if (!found) return [];
  const i = found.example ?? example;
  const shown = ingredients(at, sizes).concat(uses({ ...found, example: i }, sizes));
  return shown.map((pointed) => withExample(pointed, i)).slice(0, RELATED_MAX);
}

/**
 * @param {import("./pointers.js").Place} found
 * @param {number[]} sizes
 * @returns {string[]}
 */
function uses({ quantity, layer: l, neuron: j, source: k, example: i }, sizes) {
  switch (quantity) {
    case "weights":
      return [
        activation(l - 1, k ?? 0, i),
        pointer("z", l, j, i),
        pointer("weight_gradients", l, j, k),
      ];
    case "biases":
      return [pointer("z", l, j, i), pointer("bias_gradients", l, j)];
    case "weight_gradients":
      return [pointer("weights", l, j, k)];
    case "bias_gradients":
      return [pointer("biases", l, j)];
    case "input":
      return column(1, j, sizes);
    case "target":
      return [pointer("a", sizes.length - 1, j, i)];
    default:
      return [];
  }
}

/**
 * @param {string} at
 * @param {number | null} example
 * @returns {string}
 */
function withExample(at, example) {
  const found = place(at);
  const missing = example !== null && found?.example === null;
  if (!missing || !["z", "a", "delta", "input", "target"].includes(found.quantity)) return at;
  return pointer(found.quantity, found.layer, found.neuron, example);
}

/** @param {number} l @param {number} j @param {number | null} i @param {number[]} sizes */
function back(l, j, i, sizes) {
  return [
    ...column(l + 1, j, sizes),
    ...count(sizes[l + 1]).map((n) => pointer("delta", l + 1, n, i)),
  ];
}

/** @param {number} l @param {number} j @param {number[]} sizes */
function row(l, j, sizes) {
  return count(sizes[l - 1]).map((k) => pointer("weights", l, j, k));
}

/** @param {number} l @param {number} k @param {number[]} sizes */
function column(l, k, sizes) {
  return count(sizes[l]).map((j) => pointer("weights", l, j, k));
}

/** @param {number} l @param {number | null} i @param {number[]} sizes */
function before(l, i, sizes) {
  return count(sizes[l - 1]).map((k) => activation(l - 1, k, i));
}

/** @param {number} l @param {number} k @param {number | null} i */
function activation(l, k, i) {
  return l === 0 ? pointer("input", 0, k, i) : pointer("a", l, k, i);
}

/** @param {number} n */
function count(n) {
  return Array.from({ length: n }, (_, index) => index);
}
