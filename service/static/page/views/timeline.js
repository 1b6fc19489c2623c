// One timeline: forward layer by layer, the cost, BP1, BP2 …, BP3 and BP4.

import { byId, fill, h, longMath, math } from "../dom.js";
import { leadsTo } from "../pointers.js";
import { change, state, watch } from "../state.js";
import { words } from "../words.js";

const PACE_MS = 1400;
let timer = 0;

/** Fills the timeline and listens to ← and →. */
export function startTimeline() {
  const part = byId("timeline");
  const slider = h("input", {
    type: "range",
    min: 0,
    step: 1,
    "aria-label": words.timeline.slider,
    oninput: () => go(Number(slider.value)),
  });
  const button = (sign, name, /** @type {() => void} */ onclick) =>
    h("button", { type: "button", class: "round", "aria-label": name, title: name, onclick }, sign);
  const play = button("▶", words.timeline.play, toggle);
  const count = h("span", { class: "count" });
  const text = h("div", {
    class: "step",
    tabindex: "0",
    role: "region",
    "aria-label": words.timeline.region,
    "aria-live": "polite",
  });
  fill(
    part,
    h(
      "div",
      { class: "controls" },
      button("«", words.timeline.first, () => go(0)),
      button("←", words.timeline.back, () => move(-1)),
      play,
      button("→", words.timeline.on, () => move(1)),
      button("»", words.timeline.last, () => go(Infinity)),
      slider,
      count,
    ),
    text,
  );
  document.addEventListener("keydown", arrows);
  watch(["playing"], () => {
    window.clearInterval(timer);
    if (state.playing) timer = window.setInterval(advance, PACE_MS);
    play.textContent = state.playing ? "❚❚" : "▶";
    play.setAttribute("aria-label", state.playing ? words.timeline.pause : words.timeline.play);
  });
  watch(["selected", "steps"], tell);
  watch(["selected"], follow);
  watch(["step", "steps", "exercise", "told"], () => {
    part.hidden = Boolean(state.exercise);
    slider.max = String(total());
    slider.value = String(taken());
    slider.setAttribute("aria-valuetext", title());
    count.textContent = words.timeline.count(taken(), total());
    fill(text, ...said());
  });
}

/**
 * Whether there is a number to show: the timeline has come to it, and the network has an answer.
 * @param {string} at
 * @returns {boolean}
 */
export function known(at) {
  if (state.problems.length && state.answered !== state.network) return false;
  if (!Number.isFinite(state.step)) return true;
  return makes(at) <= state.step;
}

/** @param {string} at @returns {number} the step that makes a number, from 1; 0 if none does */
function makes(at) {
  return 1 + state.steps.findIndex(({ result }) => result.at && leadsTo(result.at, at));
}

/** While all steps are taken, the one that makes the chosen number is told, or its gradient. */
function tell() {
  const gradient = state.selected.replace(/^\/(weight|bias)e?s\//, "/$1_gradients/");
  change({ told: makes(gradient) || Infinity });
}

/** While one steps through them, the timeline goes to the chosen number. */
function follow() {
  const step = makes(state.selected);
  if (step && Number.isFinite(state.step) && !state.playing) go(step);
}

/** @returns {any | null} the step last taken */
export function current() {
  return Number.isFinite(state.step) ? (state.steps[state.step - 1] ?? null) : null;
}

function total() {
  return state.steps.length;
}

function taken() {
  return Math.min(Number.isFinite(state.step) ? state.step : state.told, total());
}

/** @param {number} step */
function go(step) {
  const last = total() && step >= total();
  const playing = state.playing && !last;
  change({ step: last ? Infinity : Math.max(0, step), told: Infinity, playing });
}

/** @param {number} by */
function move(by) {
  if (!total()) change({ step: Math.max(0, by) }); // the steps are on their way
  else go(taken() + by);
}

function advance() {
  move(1);
}

function toggle() {
  if (!state.playing && !Number.isFinite(state.step)) change({ step: 0 });
  change({ playing: !state.playing });
}

function title() {
  const step = state.steps[taken() - 1];
  return step ? words.timeline.title(step) : words.timeline.start;
}

function said() {
  const step = state.steps[taken() - 1];
  if (!step) return [h("p", {}, total() ? words.timeline.start : words.timeline.waiting)];
  return [
    h(
      "h2",
      {},
      h("span", { class: `tag ${step.equation}` }, step.equation),
      ` ${words.timeline.title(step)}`,
    ),
    h("p", {}, step.sentence),
    h(
      "div",
      { class: "formulas" },
      math(step.formula.mathml),
      longMath(step.entry.mathml, { class: "entry" }),
    ),
  ];
}

/** @param {KeyboardEvent} event */
function arrows(event) {
  const target = /** @type {Element} */ (event.target);
  const busy = target.closest("input, select, textarea, [role=tablist], .scroller, dialog");
  if (busy || event.altKey || event.ctrlKey || event.metaKey) return;
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (by === undefined || state.exercise) return;
  event.preventDefault();
  move(by);
}
