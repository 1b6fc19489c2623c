// Finite differences seen: the cost along one parameter, and the V of truncation and rounding.

import { post } from "../api.js";
import { debounced, fill, h } from "../dom.js";
import { batchSize, sizes } from "../network.js";
import { full, short } from "../numbers.js";
import { lowered, place, pointer, symbol, valueAt } from "../pointers.js";
import { plot } from "../plot.js";
import { change, opened, state, watch } from "../state.js";
import { attempt } from "../work.js";
import { words } from "../words.js";

const LISTED_MAX = 400;
/** @type {Record<string, string>} */
const GRADIENT_OF = { weights: "weight_gradients", biases: "bias_gradients" };
/** @type {Record<string, string>} */
const PARAMETER_OF = { weight_gradients: "weights", bias_gradients: "biases" };

/** @param {HTMLElement} part */
export function mount(part) {
  const charts = h("div", { class: "charts" });
  const summary = h("div");
  const top = h("div", { class: "bar" });
  const soon = debounced(() => draw(charts), 60);
  watch(["view", "answer", "selected", "exercise"], () => {
    if (state.view !== "differences" || !state.network) return;
    if (!part.firstChild)
      fill(part, h("p", { class: "lead" }, words.differences.lead), top, summary, charts);
    if (state.exercise) return fill(charts, words.exercise.hidden);
    fill(top, h("label", { for: "parameter" }, words.differences.parameter), chooser());
    fill(summary, ...checked());
    soon();
  });
}

/** The weight or bias that the selected number is about; the first weight otherwise. */
function parameter() {
  const found = place(state.selected);
  const quantity = PARAMETER_OF[found?.quantity ?? ""] ?? found?.quantity;
  const candidate = found && pointer(quantity ?? "", found.layer, found.neuron, found.source);
  const isParameter = quantity === "weights" || quantity === "biases";
  const there = candidate && typeof valueAt(state.network, candidate) === "number";
  return isParameter && there ? candidate : "/weights/0/0/0";
}

function chooser() {
  const ns = sizes(opened());
  const all = ns
    .slice(1)
    .flatMap((n, index) =>
      Array.from({ length: Math.min(n, LISTED_MAX) }, (_, j) => [
        pointer("biases", index + 1, j),
        ...Array.from({ length: Math.min(ns[index], LISTED_MAX) }, (_, k) =>
          pointer("weights", index + 1, j, k),
        ),
      ]).flat(),
    );
  const chosen = parameter();
  const listed = all.slice(0, LISTED_MAX);
  const options = (listed.includes(chosen) ? listed : [chosen, ...listed]).map((at) =>
    h("option", { value: at }, symbol(at)),
  );
  const select = h(
    "select",
    { id: "parameter", onchange: () => change({ selected: select.value }) },
    options,
  );
  select.value = chosen;
  return select;
}

/** What the check says to all parameters. */
function checked() {
  const check = state.answer?.finite_difference;
  if (!check) return [h("p", { class: "quiet" }, words.differences.unchecked)];
  const sign = h(
    "span",
    { class: check.agrees ? "right" : "wrong", "aria-hidden": "true" },
    check.agrees ? "✓ " : "✗ ",
  );
  const kinks = check.kinks.map((kink) =>
    h("li", {}, words.differences.kink(symbol(kink.at), short(kink.left), short(kink.right))),
  );
  return [
    h(
      "p",
      {},
      sign,
      words.differences.agrees(check),
      check.worst
        ? ` ${words.differences.worst(symbol(check.worst.at), check.worst.ratio.toPrecision(2))}`
        : "",
    ),
    kinks.length ? h("ul", {}, kinks) : null,
  ];
}

/** @param {HTMLElement} charts */
function draw(charts) {
  const at = parameter();
  const network = opened();
  const batch = batchSize(network);
  attempt(
    async () => {
      const curve = await post("/v1/curves", { ...network, at }, "curves");
      if (state.network !== network || parameter() !== at) return;
      fill(
        charts,
        costChart(curve),
        errorChart(curve),
        batch === null ? null : h("p", { class: "quiet" }, words.differences.batch),
      );
    },
    () => draw(charts),
  );
}

function costChart({ at, symbol: plain, value, gradient, costs }) {
  const name = lowered(plain);
  const points = costs.values.map((x, index) => [x, costs.costs[index]]);
  const cost = state.answer?.cost;
  const reach = (costs.values.at(-1) - costs.values[0]) / 5;
  const tangent = [value - reach, value + reach].map((x) => [x, cost + gradient * (x - value)]);
  const kinks = (state.answer?.finite_difference?.kinks ?? []).filter(
    (kink) => kink.at === gradientOf(at),
  );
  return h(
    "figure",
    {},
    plot({
      label: words.differences.costLabel(name, full(value), full(gradient)),
      xTitle: name,
      yTitle: "C",
      lines: [
        { points, name: "error" },
        ...(typeof cost === "number" ? [{ points: tangent, name: "tangent" }] : []),
      ],
      dots:
        typeof cost === "number"
          ? [{ x: value, y: cost, name: "now", title: `C = ${full(cost)}` }]
          : [],
      marks: kinks.length ? [{ x: value, text: words.differences.kinkHere, name: "kink" }] : [],
    }),
    h("figcaption", {}, words.differences.costCaption(name, full(gradient))),
  );
}

function errorChart({ at, symbol: plain, steps, best }) {
  const name = lowered(plain);
  const check = state.answer?.finite_difference;
  const uncertainty = check
    ? valueAt(check, gradientOf(at).replace("_gradients", "_uncertainties"))
    : null;
  const points = steps.map((one) => [one.step, one.error]);
  const chosen =
    best && best.error > 0
      ? [{ x: best.step, y: best.error, name: "now", title: `h = ${full(best.step)}` }]
      : [];
  return h(
    "figure",
    {},
    plot({
      label: words.differences.errorLabel(
        name,
        best ? full(best.step) : "?",
        best ? full(best.error) : "?",
      ),
      xTitle: words.differences.step,
      yTitle: words.differences.error,
      xLog: true,
      yLog: true,
      lines: [{ points, name: "error" }],
      dots: chosen,
      marks: best
        ? [{ x: best.step, text: words.differences.best(best.step.toExponential(0)) }]
        : [],
      bands:
        typeof uncertainty === "number" && uncertainty > 0
          ? [{ low: 0, high: uncertainty, text: words.differences.uncertainty(short(uncertainty)) }]
          : [],
    }),
    h("figcaption", {}, words.differences.errorCaption),
  );
}

/** @param {string} at */
function gradientOf(at) {
  const quantity = at.split("/")[1];
  return at.replace(quantity, GRADIENT_OF[quantity]);
}
