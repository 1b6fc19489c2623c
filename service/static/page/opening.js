// Everything that can be opened: a figure, an example, a request, an exercise, a link.

import { get, post } from "./api.js";
import { figure, figureTitle, FIRST_SELECTED } from "./figures.js";
import { exerciseFrom, unpacked } from "./keep.js";
import { isNetwork, networkOf } from "./network.js";
import { sheet } from "./sheet.js";
import { change, open, state } from "./state.js";
import { attempt } from "./work.js";
import { words } from "./words.js";

/**
 * @param {import("./figures.js").Figure} figure
 */
export function openFigure(figure) {
  const { number, network, view, selected = "", step = Infinity, part } = figure;
  open(network, { title: figureTitle(figure), figure: number, view, selected, step });
  if (part) scrollWhenThere(part);
}

/**
 * The part of the view is drawn when its answer has come.
 * @param {string} id
 */
function scrollWhenThere(id) {
  const observer = new MutationObserver(() => {
    const found = document.getElementById(id);
    if (!found) return;
    observer.disconnect();
    found.scrollIntoView({ block: "start" });
  });
  observer.observe(document.body, { childList: true, subtree: true });
  window.setTimeout(() => observer.disconnect(), 5000);
}

/**
 * Opens a challenge; the same for the same exercise on every machine.
 * @param {import("./state.js").Exercise} exercise
 * @param {Partial<import("./state.js").State>} [more]
 */
export function openExercise(exercise, more = {}) {
  const { sizes, activation, cost, seed, decimals } = exercise;
  const request = { layer_sizes: sizes, activation, cost, seed, precision: { decimals } };
  return attempt(
    async () => {
      const network = networkOf(await post("/v1/challenges", request, "challenges"));
      const title = words.exercise.title(exercise);
      open(network, {
        exercise,
        precision: `${decimals} decimals`,
        view: "claims",
        title,
        ...more,
      });
    },
    () => openExercise(exercise, more),
  );
}

/**
 * The view that shows what an endpoint answers.
 * @type {Record<string, string>}
 */
const VIEW_OF = {
  "/v1/verifications": "claims",
  "/v1/paths": "chain",
  "/v1/jacobians": "chain",
  "/v1/operation-jacobians": "chain",
  "/v1/outer-products": "chain",
  "/v1/comparisons": "chain",
  "/v1/units": "units",
  "/v1/magnitudes": "units",
  "/v1/curves": "differences",
  "/v1/updates": "training",
};

/**
 * @param {any} one  of /v1/examples
 */
export function openExample({ name, title, endpoint, request }) {
  history.replaceState(null, "", `#example=${name}`);
  if (endpoint === "/v1/challenges") {
    const {
      layer_sizes: sizes,
      activation,
      cost = "mean_squared_error",
      seed = 0,
      precision,
    } = request;
    openExercise({ sizes, activation, cost, seed, decimals: precision?.decimals ?? 4 });
  } else {
    openRequest(request, title, VIEW_OF[endpoint]);
  }
}

/**
 * @param {any} request  with a network in it, and perhaps claims
 * @param {string} title
 * @param {string} [view]
 * @returns {boolean} whether it is one
 */
export function openRequest(request, title, view = "numbers") {
  if (!isNetwork(request)) return false;
  const claims = request.claims ? { ...sheetOf(request), view: "claims" } : { view };
  const { at: selected = FIRST_SELECTED, learning_rate: rate = 1 } = request;
  open(networkOf(request), { title, selected, rate, ...claims });
  return true;
}

/**
 * A verification's request as an example opens it: its claims on the sheet.
 * @param {any} request
 */
function sheetOf(request) {
  const { precision = "auto", claims } = request;
  const name =
    typeof precision === "string"
      ? precision
      : `${Object.values(precision)[0]} ${Object.keys(precision)[0]}`;
  return { claims: sheet(claims), precision: name };
}

/**
 * Opens what the fragment names: a figure, an example, an exercise or a whole state.
 * @returns {Promise<boolean>} whether it names something
 */
export async function openFragment() {
  const named = new URLSearchParams(location.hash.slice(1));
  const drawn = figure(named.get("figure") ?? "");
  if (drawn) {
    openFigure(drawn);
    return true;
  }
  const asked = exerciseFrom(named.get("exercise") ?? "");
  if (asked) {
    await openExercise(asked);
    return true;
  }
  if (named.has("example")) {
    await loadCatalogue();
    const example = state.examples.find(({ name }) => name === named.get("example"));
    if (example) openExample(example);
    return Boolean(example);
  }
  const saved = named.has("state") ? await unpacked(named.get("state") ?? "") : null;
  if (saved) open(saved.network, saved);
  return Boolean(saved);
}

/** What there is to choose from. */
export function loadCatalogue() {
  if (state.examples.length) return Promise.resolve();
  return attempt(async () => {
    const [{ activations }, { costs }, { examples }] = await Promise.all(
      ["activations", "costs", "examples"].map((name) => get(`/v1/${name}`)),
    );
    change({
      activations,
      costNames: costs.map(({ name }) => name),
      examples,
    });
  }, loadCatalogue);
}
