// The chapter's figures in its order, each one a view of this page.

import { fill, h } from "../dom.js";
import { FIGURES, figureTitle } from "../figures.js";
import { open, state, watch } from "../state.js";
import { words } from "../words.js";

/** @param {HTMLElement} part */
export function mount(part) {
  watch(["view", "figure"], () => {
    if (state.view === "chapter")
      fill(
        part,
        h("p", { class: "lead" }, words.chapter.lead),
        h("ol", { class: "figures" }, FIGURES.map(item)),
      );
  });
}

/** @param {import("../figures.js").Figure} figure */
function item(figure) {
  const { number } = figure;
  const link = h(
    "a",
    {
      href: `#figure=${number}`,
      onclick: () => openFigure(figure),
      "aria-current": state.figure === number ? "true" : null,
    },
    h("b", {}, figureTitle(figure)),
    h("span", { class: "quiet" }, words.chapter.says[number]),
  );
  return h("li", {}, link);
}

/**
 * @param {import("../figures.js").Figure} figure
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
