// Nothing typed is lost: the state survives a reload, and travels in the fragment of a link.

import { debounced } from "./dom.js";
import { isNetwork } from "./network.js";
import { state, watch } from "./state.js";

const STORE = "backcheck";
const PAUSE_MS = 150;
const KEPT = /** @type {const} */ ([
  "network",
  "title",
  "view",
  "example",
  "folds",
  "selected",
  "claims",
  "precision",
  "exercise",
  "hints",
  "rate",
  "figure",
]);

/** Saves the state of this tab from now on. */
export function startKeeping() {
  const soon = debounced(save, PAUSE_MS);
  watch([...KEPT], soon);
  window.addEventListener("pagehide", save);
}

function save() {
  if (!state.network) return;
  try {
    window.sessionStorage.setItem(STORE, JSON.stringify({ ...snapshot(), hash: location.hash }));
  } catch {
    // Storage is full or switched off: the page works on without it.
  }
}

/**
 * What this tab showed before a reload; null if it has been led to another link since.
 * @returns {any | null}
 */
export function kept() {
  try {
    const found = JSON.parse(window.sessionStorage.getItem(STORE) ?? "null");
    return found?.hash === location.hash ? sound(found) : null;
  } catch {
    return null;
  }
}

/** The part of the state that is worth keeping. */
export function snapshot() {
  return Object.fromEntries(KEPT.map((key) => [key, state[key]]));
}

/**
 * The state as a link to this page.
 * @returns {Promise<string>}
 */
export async function permalink() {
  const { exercise, claims } = state;
  const untouched = exercise && Object.keys(claims).length === 0;
  const fragment = untouched
    ? `exercise=${exerciseText(exercise)}`
    : `state=${await packed(snapshot())}`;
  return `${location.origin}${location.pathname}#${fragment}`;
}

/** @param {import("./state.js").Exercise} exercise */
function exerciseText({ sizes, activation, cost, seed, decimals }) {
  return [sizes.join("-"), activation, cost, seed, decimals].join(",");
}

/**
 * @param {string} text  as in a link
 * @returns {import("./state.js").Exercise | null}
 */
export function exerciseFrom(text) {
  const [sizes, activation = "sigmoid", cost = "mean_squared_error", seed = "0", decimals = "4"] =
    text.split(",");
  const found = sizes.split("-").map(Number);
  if (found.length < 2 || !found.every((n) => Number.isInteger(n) && n > 0)) return null;
  return { sizes: found, activation, cost, seed: Number(seed), decimals: Number(decimals) };
}

/**
 * JSON, deflated, in base64 for addresses.
 * @param {any} value
 * @returns {Promise<string>}
 */
export async function packed(value) {
  const bytes = new Blob([JSON.stringify(value)])
    .stream()
    .pipeThrough(new CompressionStream("deflate-raw"));
  const binary = new Uint8Array(await new Response(bytes).arrayBuffer());
  const text = Array.from(binary, (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/**
 * @param {string} text
 * @returns {Promise<any | null>} null if it is no state
 */
export async function unpacked(text) {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return sound(JSON.parse(await new Response(stream).text()));
  } catch {
    return null;
  }
}

/**
 * Only members that we know, and only around a network: a link may come from anybody.
 * @param {any} candidate
 * @returns {any | null}
 */
function sound(candidate) {
  if (!isNetwork(candidate?.network)) return null;
  return Object.fromEntries(
    KEPT.filter((key) => key in candidate).map((key) => [key, candidate[key]]),
  );
}
