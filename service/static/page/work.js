// Keeps the answer in step with the network: asks the service at every change, and tells errors.

import { Lost, Refused, cancel, post } from "./api.js";
import { debounced } from "./dom.js";
import { batchSize, parameters, sizes } from "./network.js";
import { change, state, watch } from "./state.js";

const PAUSE_MS = 10; // a burst of changes is one request; an answer takes as long
const RETRY_MS = 3000;
export const EAGER_PARAMETERS_MAX = 2000; // beyond, the check and the steps wait until they are asked for

let stepsOf = ""; // the outline of the network whose steps are there

/**
 * What the formulas of the steps depend on: everything but the numbers.
 * @param {import("./network.js").Network} network
 * @returns {string}
 */
function outline(network) {
  return JSON.stringify([sizes(network), network.activation, network.cost, batchSize(network)]);
}

/** Starts to watch the network. */
export function startWork() {
  const soon = debounced(ask, PAUSE_MS);
  watch(["network", "exercise"], () => {
    if (!state.network || state.exercise) {
      cancel("gradients");
      return;
    }
    if (state.answer) soon();
    else ask();
  });
  watch(["step"], () => {
    if (Number.isFinite(state.step)) askSteps();
  });
}

/** Asks again, as after a lost connection. */
export function ask() {
  const network = state.network;
  if (!network || state.exercise) return;
  const small = parameters(network) <= EAGER_PARAMETERS_MAX;
  attempt(async () => {
    const answer = await post(
      "/v1/gradients",
      { ...network, finite_difference: small },
      "gradients",
    );
    if (state.network !== network) return;
    const steps = stepsOf === outline(network) ? state.steps : [];
    change({ answer, answered: network, problems: [], connection: "", steps });
    if (small || Number.isFinite(state.step)) askSteps();
  }, ask);
}

/** Asks for the steps of the timeline, unless they are there. */
export function askSteps() {
  const network = state.network;
  if (!network || state.steps.length || state.exercise) return;
  attempt(async () => {
    const { steps } = await post("/v1/steps", network, "steps");
    if (!state.network || outline(state.network) !== outline(network)) return;
    stepsOf = outline(network);
    change({ steps });
  }, askSteps);
}

/**
 * Runs a request, and puts what goes wrong where the page tells it.
 * @param {() => Promise<void>} request
 * @param {() => void} again  what to do when the connection is back
 */
export async function attempt(request, again) {
  try {
    await request();
    if (state.connection) change({ connection: "" });
  } catch (error) {
    if (error instanceof Refused) {
      change({ problems: error.problems, connection: "" });
    } else if (error instanceof Lost) {
      change({ connection: error.busy ? "busy" : "lost" });
      window.setTimeout(() => {
        if (state.connection) again();
      }, RETRY_MS);
    } else {
      throw error;
    }
  }
}
