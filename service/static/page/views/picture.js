// The network as a picture: sign by hue, dashes and glyph; size by width; large layers folded.

import { byId, fill, h, scroller, svg } from "../dom.js";
import { ends, labelSpot, layout } from "../layout.js";
import { sizes } from "../network.js";
import { largestOf, short, signed, strength, tiny } from "../numbers.js";
import { pointer, symbol, valueAt } from "../pointers.js";
import { shownExample, state, watch } from "../state.js";
import { pager } from "../tables.js";
import { words } from "../words.js";
import { current, known } from "./timeline.js";

const WIDEST = 5; // pixels, of the largest weight
const THINNEST = 0.8;
const GLYPHS_MAX = 40; // edges between two layers; more glyphs than that only make noise

/** Draws, and draws again when the room or the numbers change. */
export function startPicture() {
  const part = byId("picture");
  new ResizeObserver(() => draw(part)).observe(part);
  watch(["network", "answer", "steps", "step", "example", "folds", "exercise", "problems"], () =>
    draw(part),
  );
}

/**
 * The picture on its own, for a file.
 * @returns {SVGElement | null}
 */
export function pictureElement() {
  return byId("picture").querySelector("svg");
}

/** @param {HTMLElement} part */
function draw(part) {
  if (!state.network) return;
  const ns = sizes(state.network);
  const plan = layout(ns, state.folds, Math.max(260, part.clientWidth - 2));
  const picture = svg(
    "svg",
    {
      width: plan.width,
      height: plan.height,
      viewBox: `0 0 ${plan.width} ${plan.height}`,
      role: "img",
      "aria-label": words.picture.label(ns),
    },
    edges(plan),
    plan.layers.flatMap((spots, l) => spots.map((spot) => neuron(spot, l, plan))),
    plan.layers.map((spots, l) => rest(spots, ns[l])),
    goal(plan),
  );
  const window = scroller(words.picture.region, picture);
  const pagers = ns.map((_, l) => pager(l)).filter(Boolean);
  const old = part.querySelector(".scroller");
  const scrolled = old?.scrollLeft ?? 0;
  fill(part, window, pagers.length ? h("div", { class: "pagers" }, pagers) : null);
  window.scrollLeft = scrolled;
}

/**
 * @param {import("../layout.js").Layout} plan
 * @returns {SVGElement[]}
 */
function edges(plan) {
  return plan.layers.slice(1).map((spots, index) => {
    const l = index + 1;
    const few = spots.length * plan.layers[index].length <= GLYPHS_MAX;
    const pairs = spots.flatMap((to) => plan.layers[index].map((from) => ({ from, to })));
    const active = current()?.layer === l && current()?.equation !== "cost";
    const one = { l, largest: largestOf(state.network?.weights[index]), plan };
    return svg(
      "g",
      { class: `edges${active ? " current" : ""}` },
      pairs.map(({ from, to }) => edge(from, to, one)),
      few ? pairs.map(({ from, to }) => label(from, to, one)) : null,
    );
  });
}

/**
 * @typedef {{l: number, largest: number, plan: import("../layout.js").Layout}} Between  two layers
 * @param {import("../layout.js").Spot} from
 * @param {import("../layout.js").Spot} to
 * @param {Between} between
 */
function edge(from, to, { l, largest, plan }) {
  const at = pointer("weights", l, to.neuron, from.neuron);
  const value = weight(at);
  const line = ends(from, to, plan.radius);
  const width = THINNEST + (WIDEST - THINNEST) * strength(value, largest);
  return svg(
    "g",
    { class: `edge ${value < 0 ? "minus" : "plus"}`, "data-at": at },
    svg("title", {}, `${symbol(at)} = ${signed(String(value))}`),
    svg("line", { class: "hit", ...line }),
    svg("line", { class: "line", ...line, "stroke-width": width.toFixed(2) }),
  );
}

/**
 * The weight's number, or its sign where there is no room; on a plate, so that no line runs through.
 * @param {import("../layout.js").Spot} from
 * @param {import("../layout.js").Spot} to
 * @param {Between} between
 */
function label(from, to, { l, plan }) {
  const at = pointer("weights", l, to.neuron, from.neuron);
  const value = weight(at);
  const text = plan.labelled ? signed(String(Number(value.toPrecision(3)))) : value < 0 ? "−" : "+";
  const { x, y } = labelSpot(ends(from, to, plan.radius));
  const width = text.length * 7 + 5;
  if (value === 0 && !plan.labelled) return null;
  return svg(
    "g",
    { class: `edge ${value < 0 ? "minus" : "plus"}`, "data-at": at },
    svg("rect", { class: "plate", x: x - width / 2, y: y - 8, width, height: 16 }),
    svg("text", { x, y: y + 4 }, text),
  );
}

/** @param {string} at */
function weight(at) {
  return Number(valueAt(state.network, at)) || 0;
}

/**
 * @param {import("../layout.js").Spot} spot
 * @param {number} l
 * @param {import("../layout.js").Layout} plan
 */
function neuron({ x, y, neuron: j }, l, { radius: r, roomy }) {
  const i = shownExample();
  const write = roomy ? short : tiny;
  const tight = roomy ? "" : " tight";
  if (l === 0) {
    const at = pointer("input", 0, j, i);
    return svg(
      "g",
      { class: `neuron kind-input${tight}`, "data-at": at },
      svg("rect", { x: x - r, y: y - r, width: 2 * r, height: 2 * r, rx: 6 }),
      given(at, x, y + 4, "value"),
      svg("text", { class: "name", x: x - r - 7, y: y + 4 }, symbol(at)),
    );
  }
  const a = pointer("a", l, j, i);
  const z = pointer("z", l, j, i);
  const delta = pointer("delta", l, j, i);
  const below = computed(delta, x, y + r + 14, "small", write, "δ ");
  return svg(
    "g",
    { class: `neuron kind-activation${tight}` },
    svg(
      "g",
      { "data-at": a },
      svg("circle", { cx: x, cy: y, r }),
      computed(a, x, y + 4, "value", write),
    ),
    roomy ? svg("g", { "data-at": z }, computed(z, x, y - r - 6, "small", write, "z ")) : null,
    svg("g", { "data-at": delta, class: "kind-error" }, below),
  );
}

/** A number of the network, as it was typed; its first characters. */
function given(at, x, y, name, letter = "") {
  const text = signed(String(valueAt(state.network, at) ?? "")).slice(0, 6);
  return svg("text", { class: name, x, y }, letter + text);
}

/** A number of the answer, or a dot while it is not known. */
function computed(at, x, y, name, write, letter = "") {
  const found = valueAt(state.answer, at);
  const text = typeof found === "number" && known(at) ? write(found) : words.tables.unknown;
  return svg("text", { class: name, x, y }, letter + text);
}

/**
 * What a folded layer leaves out.
 * @param {import("../layout.js").Spot[]} spots
 * @param {number} n
 */
function rest(spots, n) {
  const last = spots[spots.length - 1];
  if (spots.length === n) return null;
  return svg(
    "text",
    { class: "rest", x: last.x, y: last.y + 52 },
    words.picture.rest(n - spots.length),
  );
}

/**
 * The targets beside the outputs, and the cost.
 * @param {import("../layout.js").Layout} plan
 */
function goal(plan) {
  const outputs = plan.layers[plan.layers.length - 1];
  const i = shownExample();
  const x = outputs[0].x + plan.radius + 14;
  return outputs.map((spot) => {
    const at = pointer("target", 0, spot.neuron, i);
    return svg(
      "g",
      { class: "goal kind-input", "data-at": at },
      given(at, x, spot.y + 4, "small", "y "),
    );
  });
}
