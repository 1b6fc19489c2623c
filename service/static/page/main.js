// Starts the page: what to show first, the parts that are always there, and the views under them.

import { get } from "./api.js";
import { byId, fill, h } from "./dom.js";
import { FIRST, figure } from "./figures.js";
import { exerciseFrom, kept, startKeeping, unpacked } from "./keep.js";
import { startLight } from "./light.js";
import { change, open, state, watch } from "./state.js";
import { attempt, startWork } from "./work.js";
import { words } from "./words.js";
import * as chain from "./views/chain.js";
import * as chapter from "./views/chapter.js";
import * as claims from "./views/claims.js";
import * as differences from "./views/differences.js";
import * as exercise from "./views/exercise.js";
import { startNotice } from "./views/notice.js";
import * as numbers from "./views/numbers.js";
import { openExample, startOpening } from "./views/opening.js";
import { startOrigin } from "./views/origin.js";
import { startPicture } from "./views/picture.js";
import * as take from "./views/take.js";
import { startTimeline } from "./views/timeline.js";
import * as training from "./views/training.js";
import * as units from "./views/units.js";

/** @type {Record<string, {mount: (part: HTMLElement) => void}>} */
const VIEWS = { numbers, claims, exercise, chain, units, differences, training, chapter, take };

/** Tabs: arrows move between them, the chosen one alone is in the tab order. */
function startViews() {
  const tabs = byId("tabs");
  const panels = byId("panels");
  const names = Object.keys(VIEWS);
  const tab = (/** @type {string} */ name) =>
    h(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${name}`,
        "aria-controls": `view-${name}`,
        onclick: () => change({ view: name }),
      },
      words.views[name],
    );
  fill(tabs, names.map(tab));
  fill(
    panels,
    names.map((name) =>
      h("section", {
        role: "tabpanel",
        id: `view-${name}`,
        class: "view",
        "aria-labelledby": `tab-${name}`,
      }),
    ),
  );
  tabs.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined) return;
    const next = names[(names.indexOf(state.view) + by + names.length) % names.length];
    change({ view: next });
    byId(`tab-${next}`).focus();
    event.preventDefault();
  });
  /** @type {Set<string>} */
  const mounted = new Set();
  watch(["view"], () => {
    const shown = names.includes(state.view) ? state.view : names[0];
    if (shown !== state.view) return change({ view: shown });
    for (const name of names) {
      byId(`tab-${name}`).setAttribute("aria-selected", String(name === shown));
      byId(`tab-${name}`).tabIndex = name === shown ? 0 : -1;
      byId(`view-${name}`).hidden = name !== shown;
    }
    if (!mounted.has(shown)) VIEWS[shown].mount(byId(`view-${shown}`));
    mounted.add(shown);
  });
}

/**
 * Opens what the fragment names: a figure, an example, an exercise or a whole state.
 * @returns {Promise<boolean>} whether it names something
 */
async function openFragment() {
  const named = new URLSearchParams(location.hash.slice(1));
  const drawn = figure(named.get("figure") ?? "");
  if (drawn) {
    chapter.openFigure(drawn);
    return true;
  }
  const asked = exerciseFrom(named.get("exercise") ?? "");
  if (asked) {
    await exercise.start(asked);
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
function loadCatalogue() {
  if (state.examples.length) return Promise.resolve();
  return attempt(async () => {
    const [{ activations }, { costs }, { examples }] = await Promise.all(
      ["activations", "costs", "examples"].map((name) => get(`/v1/${name}`)),
    );
    change({
      activations,
      costNames: costs.map((/** @type {{name: string}} */ { name }) => name),
      examples,
    });
  }, loadCatalogue);
}

async function start() {
  startNotice();
  startViews();
  startTimeline();
  startPicture();
  startOrigin();
  startOpening();
  startLight();
  startWork();
  const saved = kept();
  if (saved) open(saved.network, saved);
  else if (!(await openFragment()))
    open(FIRST, { title: words.first, selected: "/weight_gradients/0/0/0" });
  window.addEventListener("hashchange", openFragment);
  startKeeping();
  await loadCatalogue();
}

start();
