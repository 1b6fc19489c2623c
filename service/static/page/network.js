// The network as the request holds it, and changes of its shape. Nothing here does mathematics.

/**
 * @typedef {number | string} Cell  a number, or what somebody typed that is none yet
 * @typedef {object} Network
 * @property {Cell[][][]} weights   W(l) at l − 1, n_l × n_(l−1)
 * @property {Cell[][]} biases
 * @property {string[]} activation  one for each layer
 * @property {string} cost
 * @property {any} input            a vector, or a list of N vectors
 * @property {any} target
 */

const FIELDS = ["weights", "biases", "activation", "cost", "input", "target"];
const SIZE_MAX = 2048;
const LAYERS_MAX = 24;

/**
 * From a request; everything that is not the network is left out.
 * @param {any} request
 * @returns {Network}
 */
export function networkOf(request) {
  const copy = structuredClone(Object.fromEntries(FIELDS.map((name) => [name, request[name]])));
  const one = typeof copy.activation === "string";
  if (one) copy.activation = Array.from(copy.weights ?? [], () => copy.activation);
  copy.cost ??= "mean_squared_error";
  return /** @type {Network} */ (copy);
}

/**
 * Whether it has the outline of a network, so that it can be drawn; all else the service judges.
 * @param {any} candidate
 * @returns {boolean}
 */
export function isNetwork(candidate) {
  const lists = (value) => Array.isArray(value) && value.length > 0;
  if (!candidate || !lists(candidate.weights) || !lists(candidate.biases)) return false;
  const matrices = candidate.weights.every((W) => lists(W) && W.every(lists));
  return (
    matrices && candidate.biases.every(lists) && lists(candidate.input) && lists(candidate.target)
  );
}

/**
 * n_0 … n_L
 * @param {Network} network
 * @returns {number[]}
 */
export function sizes(network) {
  return [network.weights[0][0].length, ...network.weights.map((W) => W.length)];
}

/**
 * @param {Network} network
 * @returns {number | null} how many examples; null for one that came as a vector
 */
export function batchSize(network) {
  return Array.isArray(network.input[0]) ? network.input.length : null;
}

/**
 * @param {Network} network
 * @returns {number} how many weights and biases
 */
export function parameters(network) {
  return sizes(network)
    .slice(1)
    .reduce((sum, n, index) => sum + n * (sizes(network)[index] + 1), 0);
}

/**
 * The same with one number in the place of another.
 * @param {Network} network
 * @param {string} at
 * @param {Cell} value
 * @returns {Network}
 */
export function withValue(network, at, value) {
  const copy = structuredClone(network);
  const steps = at.split("/").slice(1);
  const last = String(steps.pop());
  /** @type {any} */
  let list = copy;
  for (const step of steps) list = list[step];
  list[last] = value;
  return copy;
}

/**
 * The same with n neurons in layer l (0: that many inputs). Numbers that stay are kept; new ones are
 * small decimals, the same every time.
 * @param {Network} network
 * @param {number} l
 * @param {number} n
 * @returns {Network}
 */
export function resized(network, l, n) {
  const ns = sizes(network);
  ns[l] = Math.max(1, Math.min(SIZE_MAX, n));
  return reshaped(network, ns, network.activation);
}

/**
 * The same with another hidden layer of two neurons before the last one, or one hidden layer less.
 * @param {Network} network
 * @param {1 | -1} change
 * @returns {Network}
 */
export function withLayer(network, change) {
  const ns = sizes(network);
  const depth = ns.length - 1;
  if ((change === -1 && depth === 1) || (change === 1 && depth >= LAYERS_MAX)) return network;
  const activation = [...network.activation];
  const hidden = activation[depth - 2] ?? (activation[0] === "softmax" ? "tanh" : activation[0]);
  const { weights, biases } = structuredClone(network);
  if (change === 1) {
    ns.splice(depth, 0, 2);
    activation.splice(depth - 1, 0, hidden);
    weights.splice(depth - 1, 0, []);
    biases.splice(depth - 1, 0, []);
  } else {
    ns.splice(depth - 1, 1);
    activation.splice(depth - 2, 1);
    weights.splice(depth - 2, 1);
    biases.splice(depth - 2, 1);
  }
  return reshaped({ ...network, weights, biases }, ns, activation);
}

/**
 * A network of these sizes in small decimals.
 * @param {number[]} ns
 * @param {string} activation
 * @returns {Network}
 */
export function fresh(ns, activation) {
  const empty = {
    weights: [],
    biases: [],
    activation: [],
    cost: "mean_squared_error",
    input: [],
    target: [],
  };
  return reshaped(
    empty,
    ns,
    Array.from(ns.slice(1), () => activation),
  );
}

/**
 * @param {Network} network
 * @param {number[]} ns
 * @param {string[]} activation
 * @returns {Network}
 */
function reshaped(network, ns, activation) {
  const weights = ns.slice(1).map((n, index) => grid(n, ns[index], network.weights[index], index));
  const biases = ns.slice(1).map((n, index) => line(n, network.biases[index], 500 + index));
  const rows = (old, n, seed) =>
    Array.isArray(old[0]) ? old.map((one) => line(n, one, seed)) : line(n, old, seed);
  const input = rows(network.input, ns[0], 600);
  const target = rows(network.target, ns[ns.length - 1], 700).map((y) =>
    Array.isArray(y) ? y.map(Math.abs) : Math.abs(y),
  );
  return { ...network, weights, biases, activation, input, target };
}

/** @param {number} n @param {number} m @param {Cell[][] | undefined} old @param {number} seed */
function grid(n, m, old, seed) {
  return Array.from({ length: n }, (_, j) => line(m, old?.[j], 10_000 * (seed + 1) + j));
}

/** @param {number} n @param {Cell[] | undefined} old @param {number} seed */
function line(n, old, seed) {
  return Array.from({ length: n }, (_, k) => old?.[k] ?? decimal(seed, k));
}

/**
 * A decimal between −1 and 1 that looks arbitrary and never changes (an integer hash).
 * @param {number} seed
 * @param {number} k
 * @returns {number}
 */
function decimal(seed, k) {
  let mixed = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(k + 1, 0x85ebca77);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return ((((mixed ^ (mixed >>> 15)) >>> 0) % 199) - 99) / 100;
}
