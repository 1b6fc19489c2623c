// Hints of an exercise, from the vaguest to the plainest.

import { h } from "../dom.js";
import { change, state } from "../state.js";
import { words } from "../words.js";

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

/**
 * What is known of the way forward: nothing, if a part of it was left blank.
 * @param {any} verdict
 * @returns {boolean} whether all of it holds
 */
function wayForward({ equations }) {
  return equations.every((one) => one.equation !== "forward" || one.verdict === "holds");
}

/** From the vaguest to the plainest. */
function available() {
  const verdict = state.verdict;
  const fails = verdict?.equations.find((one) => one.verdict === "fails");
  const found = verdict?.diagnosis[0];
  if (!verdict || (!fails && !found)) return [words.exercise.begin, ...words.exercise.order];
  const where = fails ?? { equation: found.equation, layer: found.layers[0] };
  return [
    words.exercise.side(where, wayForward(verdict)),
    words.exercise.where(where),
    words.exercise.equations[where.equation],
    ...(found?.explanation ? [found.explanation, found.remedy] : []),
  ];
}
