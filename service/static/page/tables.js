// A layer as one table: a row for each neuron with its weights, bias, z, a, δ and gradients.

import { all, h, scroller } from "./dom.js";
import { FOLD_SHOWN, visible } from "./layout.js";
import { sizes } from "./network.js";
import { full, largestOf, short, strength } from "./numbers.js";
import { KINDS, pointer, sentence, symbol, valueAt } from "./pointers.js";
import { change, opened, shownExample, state } from "./state.js";
import { words } from "./words.js";

const GIVEN = new Set(["weights", "biases", "input", "target"]);

/**
 * @typedef {(at: string, quantity: string) => HTMLElement} MakeCell
 * @typedef {{quantity: string, heads: {text: string, at: (neuron: number) => string}[], title: string}} Group
 */

/**
 * The table of one layer.
 * @param {number} l
 * @param {string[]} quantities  which columns, in order
 * @param {MakeCell} cell
 * @param {string} caption
 * @returns {HTMLElement}
 */
export function layerTable(l, quantities, cell, caption) {
  const ns = sizes(opened());
  const groups = quantities.map((quantity) => group(quantity, l, ns));
  const neurons = visible(ns[l], state.folds[l]);
  const head = h(
    "tr",
    {},
    h("th", { scope: "col", class: "corner" }, words.tables.neuron),
    groups.flatMap(({ heads, quantity }) =>
      heads.map(({ text }, index) =>
        h("th", { scope: "col", class: `kind-${kind(quantity)}${index ? "" : " first"}` }, text),
      ),
    ),
  );
  const rows = neurons.map((neuron) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, neuron),
      groups.flatMap(({ heads, quantity }) =>
        heads.map(({ at }, index) =>
          h("td", { class: index ? null : "first" }, cell(at(neuron), quantity)),
        ),
      ),
    ),
  );
  return table(caption, groups, head, rows);
}

/**
 * @param {string} caption
 * @param {Group[]} groups
 * @param {HTMLElement} head
 * @param {HTMLElement[]} rows
 * @returns {HTMLElement}
 */
function table(caption, groups, head, rows) {
  const titles = groups.map(({ title, heads, quantity }) =>
    h(
      "th",
      { scope: "colgroup", colspan: heads.length, class: `title first kind-${kind(quantity)}` },
      title,
    ),
  );
  return scroller(
    caption,
    h(
      "table",
      { class: "numbers" },
      h("caption", { class: "hidden" }, caption),
      h("thead", {}, h("tr", {}, h("td", {}), titles), head),
      h("tbody", {}, rows),
    ),
  );
}

/**
 * @param {string} quantity
 * @param {number} l
 * @param {number[]} ns
 * @returns {Group}
 */
function group(quantity, l, ns) {
  const example = shownExample();
  const extra = ["z", "a", "delta", "input", "target"].includes(quantity) ? example : null;
  const title = words.tables.titles[quantity](l);
  if (!["weights", "weight_gradients"].includes(quantity)) {
    const text = words.tables.column[quantity] ?? "";
    return { quantity, title, heads: [{ text, at: (j) => pointer(quantity, l, j, extra) }] };
  }
  const sources = visible(ns[l - 1], state.folds[l - 1]);
  const heads = sources.map((k) => ({
    text: symbol(l === 1 ? pointer("input", 0, k) : pointer("a", l - 1, k)).replace(/\(\d+\)/, ""),
    at: (j) => pointer(quantity, l, j, k),
  }));
  return { quantity, title, heads };
}

/**
 * A field for a number that is given.
 * @param {string} at
 * @param {string} quantity
 * @returns {HTMLElement}
 */
export function field(at, quantity) {
  return h("input", {
    class: `cell kind-${kind(quantity)}`,
    type: "text",
    size: 1,
    inputmode: "decimal",
    autocomplete: "off",
    spellcheck: "false",
    "data-at": at,
    "aria-label": sentence(at),
  });
}

/**
 * A number that is computed: press it to see where it comes from.
 * @param {string} at
 * @param {string} quantity
 * @returns {HTMLElement}
 */
export function result(at, quantity) {
  return h("button", { class: `cell kind-${kind(quantity)}`, type: "button", "data-at": at });
}

/**
 * Puts the state's numbers into the cells of a part of the page.
 * @param {Element} part
 * @param {(at: string) => boolean} [known]  whether the timeline has come to a number
 */
export function refresh(part, known = () => true) {
  /** @type {Map<string, number>} */
  const largest = new Map();
  for (const cell of all(part, ".cell[data-at]")) {
    const at = cell.dataset.at;
    const quantity = at.split("/")[1];
    const given = GIVEN.has(quantity);
    const root = given ? state.network : state.answer;
    const value = given || known(at) ? valueAt(root, at) : undefined;
    const scale = at
      .split("/")
      .slice(0, quantity === "input" || quantity === "target" ? 2 : 3)
      .join("/");
    if (!largest.has(scale)) largest.set(scale, largestOf(valueAt(root, scale) ?? 0));
    write(cell, value);
    tint(cell, value, largest.get(scale) ?? 0);
  }
}

/**
 * @param {HTMLElement} cell
 * @param {any} value
 */
function write(cell, value) {
  if (cell instanceof HTMLInputElement) {
    const text = value === undefined || value === null ? "" : full(value);
    if (document.activeElement !== cell && cell.value !== text) cell.value = text;
    return;
  }
  cell.textContent = typeof value === "number" ? short(value) : words.tables.unknown;
  cell.title = typeof value === "number" ? full(value) : "";
}

/**
 * @param {HTMLElement} cell
 * @param {any} value
 * @param {number} largest
 */
function tint(cell, value, largest) {
  const number = typeof value === "number" ? value : 0;
  cell.classList.toggle("minus", number < 0);
  cell.style.setProperty("--heat", strength(number, largest).toFixed(3));
}

/**
 * Buttons that page through a folded layer; nothing for a layer that is shown whole.
 * @param {number} l
 * @returns {HTMLElement | null}
 */
export function pager(l) {
  const n = sizes(opened())[l];
  const shown = visible(n, state.folds[l]);
  if (shown.length === n) return null;
  const turn = (by) => () => {
    const first = Math.max(0, Math.min(shown[0] + by, n - FOLD_SHOWN));
    change({ folds: { ...state.folds, [l]: first } });
  };
  const name = words.tables.layer(l);
  return h(
    "span",
    { class: "pager" },
    h(
      "button",
      {
        type: "button",
        "aria-label": words.tables.earlier(name),
        disabled: shown[0] === 0,
        onclick: turn(-FOLD_SHOWN),
      },
      "‹",
    ),
    h("span", {}, words.tables.range(name, shown[0], shown[shown.length - 1], n)),
    h(
      "button",
      {
        type: "button",
        "aria-label": words.tables.later(name),
        disabled: shown.at(-1) === n - 1,
        onclick: turn(FOLD_SHOWN),
      },
      "›",
    ),
  );
}

/**
 * Up and down move through a column, Enter to the next row.
 * @param {KeyboardEvent} event
 */
export function walk(event) {
  const down = { ArrowDown: 1, Enter: 1, ArrowUp: -1 }[event.key];
  const cell = event.target instanceof Element ? event.target.closest("td, th") : null;
  const isButton = event.target instanceof HTMLButtonElement;
  const aside = isButton ? { ArrowLeft: -1, ArrowRight: 1 }[event.key] : undefined;
  if (!(cell instanceof HTMLTableCellElement) || (down === undefined && aside === undefined))
    return;
  if (isButton && event.key === "Enter") return;
  const row = /** @type {HTMLTableRowElement} */ (cell.parentElement);
  const rows = row.parentElement?.children ?? [];
  const next = down ? rows[row.sectionRowIndex + down] : row;
  const target = next?.children[cell.cellIndex + (aside ?? 0)]?.querySelector("input, button");
  if (!(target instanceof HTMLElement)) return;
  event.preventDefault();
  event.stopPropagation();
  target.focus();
  if (target instanceof HTMLInputElement) target.select();
}

/** @param {string} quantity */
function kind(quantity) {
  return KINDS[quantity];
}
