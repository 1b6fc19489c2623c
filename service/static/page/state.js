// The one state of the page, and who is told when it changes.

/**
 * @typedef {import("./network.js").Network} Network
 * @typedef {{pointer: string, detail: string}} Problem
 * @typedef {object} Exercise
 * @property {number[]} sizes
 * @property {string} activation
 * @property {string} cost
 * @property {number} seed
 * @property {number} decimals   to which the answers are given
 */

/** Where the four claims of an empty sheet start. */
export const QUANTITIES = ["z", "a", "cost", "delta", "bias_gradients", "weight_gradients"];

export const state = {
  /** @type {Network | null} */
  network: null,
  /** @type {any} the answer of /v1/gradients for `answered`; null before the first */
  answer: null,
  /** @type {Network | null} */
  answered: null,
  /** @type {any[]} the answer of /v1/steps */
  steps: [],
  /** @type {{name: string, elementwise: boolean}[]} */
  activations: [],
  /** @type {string[]} */
  costNames: [],
  /** @type {any[]} */
  examples: [],
  /** @type {Problem[]} */
  problems: [],
  /** @type {"" | "lost" | "busy"} */
  connection: "",
  /** how many steps of the timeline are taken; Infinity: all */
  step: Infinity,
  /** while all are taken: the one that is told */
  told: Infinity,
  playing: false,
  /** which example of a batch is shown */
  example: 0,
  /** the first neuron shown of a folded layer, by layer */
  /** @type {Record<number, number>} */
  folds: {},
  /** the number whose origin is shown */
  selected: "",
  /** the number pointed at */
  hovered: "",
  view: "numbers",
  figure: "",
  title: "",

  /** what somebody claims: pointer → text as typed */
  /** @type {Record<string, string>} */
  claims: {},
  /** @type {any} */
  precision: "auto",
  /** @type {any} the answer of /v1/verifications for these claims; null before one */
  verdict: null,

  /** @type {Exercise | null} */
  exercise: null,
  hints: 0,

  rate: 1,
  /** @type {number[]} */
  costs: [],
};

/** @typedef {typeof state} State */

/** @type {{keys: Set<string>, listener: () => void}[]} */
const listeners = [];

/**
 * Calls `listener` now and whenever one of these members changes.
 * @param {(keyof State)[]} keys
 * @param {() => void} listener
 */
export function watch(keys, listener) {
  listeners.push({ keys: new Set(keys), listener });
  listener();
}

/**
 * The only way to change the state.
 * @param {Partial<State>} patch
 */
export function change(patch) {
  const changed = Object.keys(patch).filter(
    (key) => state[/** @type {keyof State} */ (key)] !== patch[/** @type {keyof State} */ (key)],
  );
  Object.assign(state, patch);
  for (const { keys, listener } of listeners) {
    if (changed.some((key) => keys.has(key))) listener();
  }
}

/**
 * Another network: what belonged to the old one goes.
 * @param {Network} network
 * @param {Partial<State>} [more]
 */
export function open(network, more = {}) {
  change({
    network,
    answer: null,
    answered: null,
    steps: [],
    problems: [],
    step: Infinity,
    playing: false,
    example: 0,
    folds: {},
    selected: "",
    hovered: "",
    figure: "",
    claims: {},
    precision: "auto",
    verdict: null,
    exercise: null,
    hints: 0,
    costs: [],
    ...more,
  });
}

/**
 * The network, where there is one for sure: views are drawn once something is open.
 * @returns {Network}
 */
export function opened() {
  return /** @type {Network} */ (state.network);
}

/**
 * Which example the pointers of z, a, δ, input and target name; null for one that is no batch.
 * @returns {number | null}
 */
export function shownExample() {
  return Array.isArray(state.network?.input[0]) ? state.example : null;
}
