// One number pointed at lights up everywhere: itself, and what belongs to it, in every view.
//
// Whatever shows a number carries its pointer in `data-at`; this module is the only one that listens.

import { place } from "./pointers.js";
import { related } from "./relations.js";
import { sizes } from "./network.js";
import { change, shownExample, state, watch } from "./state.js";

/** Listens to pointer, focus and clicks on the whole page. */
export function startLight() {
  document.addEventListener("pointerover", (event) => point(at(event)));
  document.addEventListener("focusin", (event) => {
    point(at(event));
    if (isField(event.target) && at(event)) change({ selected: at(event) });
  });
  document.addEventListener("focusout", () => point(""));
  document.addEventListener("click", (event) => {
    if (at(event) && !isField(event.target)) change({ selected: at(event) });
  });
  watch(["hovered", "selected", "network", "example", "view", "answer", "steps"], () =>
    queueMicrotask(shine),
  );
}

/** Lights up again what was drawn anew. */
export function shine() {
  for (const lit of document.querySelectorAll(".lit, .pointed, .chosen")) {
    lit.classList.remove("lit", "pointed", "chosen");
  }
  if (!state.network) return;
  const pointed = state.hovered || state.selected;
  for (const one of related(pointed, sizes(state.network), shownExample())) mark(one, "lit");
  mark(pointed, "pointed");
  mark(state.selected, "chosen");
}

/**
 * @param {string} pointer
 * @param {string} name
 */
function mark(pointer, name) {
  if (!pointer) return;
  for (const element of document.querySelectorAll(`[data-at="${pointer}"]`))
    element.classList.add(name);
}

/** @param {string} hovered */
function point(hovered) {
  change({ hovered });
}

/**
 * The pointer of the number that an event is about; "" if it is about none.
 * @param {Event} event
 * @returns {string}
 */
function at(event) {
  const target = event.target;
  const found = target instanceof Element ? target.closest("[data-at]") : null;
  const pointer = found?.getAttribute("data-at") ?? "";
  return place(pointer) ? pointer : "";
}

/** @param {EventTarget | null} target */
function isField(target) {
  return target instanceof HTMLInputElement;
}
