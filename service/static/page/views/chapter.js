// The chapter's figures in its order, each one a view of this page.

import { fill, h } from "../dom.js";
import { FIGURES, figureTitle } from "../figures.js";
import { openFigure } from "../opening.js";
import { state, watch } from "../state.js";
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
