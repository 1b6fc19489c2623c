// Training: one step of gradient descent, or many, with the cost going down (or not).

import { cancel, post } from "../api.js";
import { fill, h } from "../dom.js";
import { full } from "../numbers.js";
import { plot } from "../plot.js";
import { change, opened, state, watch } from "../state.js";
import { attempt } from "../work.js";
import { words } from "../words.js";

const FRAME_MS = 60; // between two answers of a run
const EPOCHS_MAX = 100_000;
const FALL_FOR_LOG = 30; // a cost that has fallen so far shows better on a logarithmic axis
let running = false;

/** @param {HTMLElement} part */
export function mount(part) {
  const chart = h("div");
  const rate = h("input", {
    id: "rate",
    type: "number",
    step: "any",
    min: 0,
    value: state.rate,
    onchange: () => change({ rate: Number(rate.value) }),
  });
  const epochs = h("input", { id: "epochs", type: "number", min: 1, max: 1000, value: 10 });
  const run = h(
    "button",
    { type: "button", class: "main", onclick: () => (running ? stop() : start()) },
    words.training.run,
  );
  const one = h("button", { type: "button", onclick: () => train(1) }, words.training.step);
  const note = h("p", { class: "quiet", role: "status" });
  const labelled = (text, control) => h("span", {}, h("label", { for: control.id }, text), control);

  function start() {
    running = true;
    run.textContent = words.training.stop;
    loop();
  }

  function stop() {
    running = false;
    cancel("updates");
    run.textContent = words.training.run;
  }

  async function loop() {
    while (running && state.view === "training" && state.costs.length < EPOCHS_MAX) {
      const before = state.network;
      await train(Math.max(1, Number(epochs.value)));
      if (state.network === before) break;
      await new Promise((resolve) => window.setTimeout(resolve, FRAME_MS));
    }
    stop();
  }

  /** @param {number} count */
  function train(count) {
    const network = opened();
    return attempt(
      async () => {
        const answer = await post(
          "/v1/updates",
          { ...network, learning_rate: state.rate, epochs: count },
          "updates",
        );
        if (state.network !== network) return;
        const costs = state.costs.length ? state.costs : [answer.cost_before];
        change({
          network: { ...network, weights: answer.weights, biases: answer.biases },
          costs: [...costs, ...answer.costs],
        });
      },
      () => {},
    );
  }

  watch(["view", "costs", "exercise"], () => {
    if (state.view !== "training") return;
    if (!part.firstChild) {
      fill(
        part,
        h("p", { class: "lead" }, words.training.lead),
        h(
          "div",
          { class: "bar" },
          labelled(words.training.rate, rate),
          labelled(words.training.epochs, epochs),
          one,
          run,
        ),
        note,
        chart,
      );
    }
    if (document.activeElement !== rate) rate.value = String(state.rate);
    run.disabled = one.disabled = Boolean(state.exercise);
    const last = state.costs.at(-1);
    note.textContent = state.exercise
      ? words.exercise.hidden
      : last === undefined
        ? words.training.none
        : words.training.so(state.costs.length - 1, full(state.costs[0]), full(last));
    fill(chart, last === undefined ? null : curve());
  });
}

function curve() {
  const points = state.costs.map((cost, epoch) => /** @type {[number, number]} */ ([epoch, cost]));
  const least = Math.min(...state.costs.slice(-1), state.costs[0]);
  const yLog = least > 0 && state.costs[0] / least > FALL_FOR_LOG;
  return h(
    "figure",
    {},
    plot({
      label: words.training.label(state.costs.length - 1),
      xTitle: words.training.epoch,
      yTitle: "C",
      yLog,
      lines: [{ points, name: "error" }],
    }),
  );
}
