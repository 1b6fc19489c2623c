// Starts the page: what to show first, the parts that are always there, and the views under them.

import { byId, fill, h } from "./dom.js";
import { FIRST, FIRST_SELECTED } from "./figures.js";
import { kept, startKeeping } from "./keep.js";
import { startLight } from "./light.js";
import { loadCatalogue, openFragment } from "./opening.js";
import { change, open, state, watch } from "./state.js";
import { startWork } from "./work.js";
import { words } from "./words.js";
import { startNotice } from "./views/notice.js";
import * as numbers from "./views/numbers.js";
import { startOrigin } from "./views/origin.js";
import { startPicture } from "./views/picture.js";
import { startTimeline } from "./views/timeline.js";

/**
 * The views under the tabs; each is fetched when it is first looked at.
 * @type {Record<string, () => Promise<{mount: (part: HTMLElement) => void}>>}
 */
const VIEWS = {
  numbers: async () => numbers,
  claims: () => import("./views/claims.js"),
  exercise: () => import("./views/exercise.js"),
  chain: () => import("./views/chain.js"),
  units: () => import("./views/units.js"),
  differences: () => import("./views/differences.js"),
  training: () => import("./views/training.js"),
  chapter: () => import("./views/chapter.js"),
  take: () => import("./views/take.js"),
};

/** Tabs: arrows move between them, the chosen one alone is in the tab order. */
function startViews() {
  const tabs = byId("tabs");
  const panels = byId("panels");
  const names = Object.keys(VIEWS);
  const tab = (name) =>
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
  tabs.addEventListener("keydown", (event) => {
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
    if (!mounted.has(shown)) VIEWS[shown]().then(({ mount }) => mount(byId(`view-${shown}`)));
    mounted.add(shown);
  });
}

/** The dialogue behind "Open…" is fetched when it is asked for. */
function startDialog() {
  watch(["title"], () => fill(byId("title"), state.title));
  byId("open").addEventListener("click", async () => (await import("./views/dialog.js")).show());
}

async function start() {
  startNotice();
  startViews();
  startDialog();
  startTimeline();
  startPicture();
  startOrigin();
  startLight();
  startWork();
  const saved = kept();
  if (saved) open(saved.network, saved);
  else if (!(await openFragment()))
    open(FIRST, { title: words.first, selected: FIRST_SELECTED, view: "numbers" });
  window.addEventListener("hashchange", openFragment);
  startKeeping();
  await loadCatalogue();
}

start();
