// What is wrong, in words and at the very cell; and a connection that is gone.

import { all, byId, fill, h } from "../dom.js";
import { leadsTo, place, sentence } from "../pointers.js";
import { state, watch } from "../state.js";
import { ask } from "../work.js";
import { words } from "../words.js";

const LISTED_MAX = 5;

/** Tells problems from now on. */
export function startNotice() {
  const part = byId("notice");
  watch(["problems", "connection"], () => fill(part, connection(), problems()));
  watch(["problems", "view", "network", "folds", "claims"], () => queueMicrotask(markCells));
}

function connection() {
  if (!state.connection) return null;
  return h(
    "p",
    { class: "problem" },
    h("span", { class: "sign", "aria-hidden": "true" }, "⚠"),
    h("span", {}, words.notice[state.connection]),
    h("button", { type: "button", onclick: ask }, words.notice.retry),
  );
}

function problems() {
  const listed = state.problems.slice(0, LISTED_MAX);
  const more = state.problems.length - listed.length;
  return listed.length
    ? h(
        "ul",
        { class: "problems" },
        listed.map(problem),
        more ? h("li", {}, words.notice.more(more)) : null,
      )
    : null;
}

/** @param {{pointer: string, detail: string}} one @param {number} index */
function problem({ pointer, detail }, index) {
  const at = pointer.replace(/^\/claims/, "");
  const name = place(at) ? sentence(at) : pointer;
  const go = () => cells(pointer)[0]?.focus();
  return h(
    "li",
    { class: "problem", id: `problem-${index}` },
    h("span", { class: "sign", "aria-hidden": "true" }, "⚠"),
    h("span", {}, name ? h("b", {}, `${name}: `) : null, detail),
    cells(pointer).length ? h("button", { type: "button", onclick: go }, words.notice.go) : null,
  );
}

function markCells() {
  for (const cell of document.querySelectorAll("[aria-invalid]")) {
    cell.removeAttribute("aria-invalid");
    cell.removeAttribute("aria-describedby");
    cell.closest("td, .asked")?.removeAttribute("data-error");
  }
  state.problems.slice(0, LISTED_MAX).forEach(({ pointer, detail }, index) => {
    for (const cell of cells(pointer)) {
      cell.setAttribute("aria-invalid", "true");
      cell.setAttribute("aria-describedby", `problem-${index}`);
      cell.closest("td, .asked")?.setAttribute("data-error", detail);
    }
  });
}

/**
 * The fields that a pointer leads to: one number, or a whole row or matrix.
 * @param {string} pointer
 * @returns {HTMLInputElement[]}
 */
function cells(pointer) {
  const at = pointer.replace(/^\/claims/, "");
  if (!at) return [];
  return all(document, ":is(input, select)[data-at]").filter(({ dataset }) =>
    leadsTo(at, dataset.at),
  );
}
