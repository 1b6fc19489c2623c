// The chapter's ten figures as views of the page, with its own numbers where it gives some.

import { fresh } from "./network.js";
import { words } from "./words.js";

const MSE = "mean_squared_error";

/** The number that is looked at when nobody has chosen another. */
export const FIRST_SELECTED = "/weight_gradients/0/0/0";

/** What the page opens with: the most read worked example. */
export const FIRST = {
  weights: [
    [
      [0.15, 0.2],
      [0.25, 0.3],
    ],
    [
      [0.4, 0.45],
      [0.5, 0.55],
    ],
  ],
  biases: [
    [0.35, 0.35],
    [0.6, 0.6],
  ],
  activation: ["sigmoid", "sigmoid"],
  cost: MSE,
  input: [0.05, 0.1],
  target: [0.01, 0.99],
};

const CHAIN = {
  weights: [[[0.8]], [[-1.2]]],
  biases: [[-0.2], [0.4]],
  activation: ["sigmoid", "sigmoid"],
  cost: MSE,
  input: [1.5],
  target: [1],
};

const TWO_ROUTES = {
  weights: [[[2], [-1]], [[3, 4]]],
  biases: [[0, 0], [0]],
  activation: ["identity", "identity"],
  cost: MSE,
  input: [1],
  target: [1],
};

const OUTER = {
  weights: [
    [
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ],
  ],
  biases: [[0.5, -1, 0.8]],
  activation: ["identity"],
  cost: MSE,
  input: [1, 2, -0.5, 1.5],
  target: [0, 0, 0],
};

const AT_ZERO = {
  weights: [[[1]]],
  biases: [[0]],
  activation: ["sigmoid"],
  cost: MSE,
  input: [0],
  target: [1],
};

/**
 * @typedef {object} Figure
 * @property {string} number
 * @property {import("./network.js").Network} network
 * @property {string} view
 * @property {string} [selected]
 * @property {number} [step]
 * @property {string} [part]  id of the part of the view to go to
 */

/** @type {Figure[]} */
export const FIGURES = [
  {
    number: "2.1",
    network: fresh([3, 3, 2], "sigmoid"),
    view: "numbers",
    selected: "/weights/0/0/2",
  },
  { number: "2.2", network: fresh([3, 3, 2], "sigmoid"), view: "chain", part: "jacobians" },
  { number: "2.3", network: TWO_ROUTES, view: "chain", part: "paths", selected: "/input/0" },
  { number: "2.4", network: fresh([3, 4, 2], "tanh"), view: "chain", part: "jacobians" },
  { number: "2.5", network: fresh([3, 4, 4, 2], "sigmoid"), view: "numbers", step: 0 },
  { number: "2.6", network: AT_ZERO, view: "units", selected: "/a/0/0" },
  { number: "2.7", network: CHAIN, view: "numbers", selected: "/weights/0/0/0" },
  { number: "2.8", network: fresh([2, 3, 2], "sigmoid"), view: "chain", part: "operations" },
  { number: "2.9", network: fresh([1, 2, 1], "sigmoid"), view: "numbers", step: 6 },
  {
    number: "2.10",
    network: OUTER,
    view: "chain",
    part: "outer",
    selected: "/weight_gradients/0/1/2",
  },
];

/**
 * @param {string} number
 * @returns {Figure | undefined}
 */
export function figure(number) {
  return FIGURES.find((one) => one.number === number);
}

/**
 * @param {Figure} found
 * @returns {string}
 */
export function figureTitle({ number }) {
  return words.chapter.figure(number, words.chapter.titles[number]);
}
