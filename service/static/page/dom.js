// Elements from plain values. Text only ever becomes text nodes: nothing here parses HTML.

const SVG = "http://www.w3.org/2000/svg";
const MATHML = "http://www.w3.org/1998/Math/MathML";

/** @typedef {Record<string, any>} Attributes */
/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Child | any[]} Children  lists may hold lists */

/**
 * An HTML element. `onclick` and its like are listeners; null, undefined and false are left out.
 * @param {string} tag
 * @param {Attributes} [attributes]
 * @param {...Children} children
 * @returns {any}
 */
export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/**
 * An SVG element.
 * @param {string} tag
 * @param {Attributes} [attributes]
 * @param {...Children} children
 * @returns {any}
 */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/**
 * MathML from the service's nested lists, `["msub", ["mi", "x"], ["mn", "0"]]`, inside <math>.
 * @param {any} tree
 * @param {Attributes} [attributes]
 * @returns {any}
 */
export function math(tree, attributes = {}) {
  return filled(document.createElementNS(MATHML, "math"), attributes, [mathNode(tree)]);
}

const BREAKS = ["=", "≈", "+", "−"];

/**
 * The same in pieces, each of which may begin a line: what is too long for one is cut before
 * =, ≈, + and −.
 * @param {any} tree
 * @param {Attributes} [attributes]
 * @returns {any}
 */
export function longMath(tree, attributes = {}) {
  /** @type {any[][]} */
  const pieces = [[]];
  flat(tree).forEach((token, index) => {
    if (index && isBreak(token)) pieces.push([]);
    pieces[pieces.length - 1].push(token);
  });
  const pieced = pieces.map((piece) => [math(["mrow", ...piece], attributes), " "]);
  return h("div", { class: "long" }, pieced);
}

/**
 * The tokens of a row; rows that nothing breaks in stay whole.
 * @param {any} tree
 * @returns {any[]}
 */
function flat(tree) {
  const [tag, ...children] = tree;
  const within = tag === "mrow" && Array.isArray(children[0]) ? children : [];
  if (!within.some((child, index) => (index && isBreak(child)) || flat(child).length > 1))
    return [tree];
  return within.flatMap((child, index) => {
    const form = index ? (index === within.length - 1 ? "postfix" : "infix") : "prefix";
    return child[0] === "mo" && child.length === 2 ? [["mo", { form }, child[1]]] : flat(child);
  });
}

/** @param {any} token */
function isBreak([tag, ...rest]) {
  return tag === "mo" && BREAKS.includes(rest.at(-1)) && rest[0].form !== "prefix";
}

/**
 * @param {any} tree
 * @returns {Node}
 */
function mathNode(tree) {
  if (!Array.isArray(tree)) return document.createTextNode(String(tree));
  const [tag, second, ...rest] = tree;
  const hasAttributes = second !== null && typeof second === "object" && !Array.isArray(second);
  const children = hasAttributes ? rest : tree.slice(1);
  const node = document.createElementNS(MATHML, tag);
  return filled(node, hasAttributes ? second : {}, children.map(mathNode));
}

/**
 * @template {Element} E
 * @param {E} element
 * @param {Attributes} attributes
 * @param {Children[]} children
 * @returns {E}
 */
function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") /** @type {any} */ (element).value = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...shown(children));
  return element;
}

/**
 * @param {Children[]} children
 * @returns {(Node | string)[]}
 */
function shown(children) {
  const kept = children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false);
  return kept.map((child) => (child instanceof Node ? child : String(child)));
}

/**
 * Puts new children in the place of the old ones.
 * @param {Element} element
 * @param {...Children} children
 */
export function fill(element, ...children) {
  element.replaceChildren(...shown(children));
}

/**
 * The element with an id, which index.html has.
 * @param {string} id
 * @returns {any}
 */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * The elements of a part of the page that a selector names.
 * @param {ParentNode} part
 * @param {string} selector
 * @returns {any[]}
 */
export function all(part, selector) {
  return [...part.querySelectorAll(selector)];
}

/**
 * What may be wider than the page scrolls on its own, by keyboard too.
 * @param {string} label
 * @param {...Children} children
 * @returns {any}
 */
export function scroller(label, ...children) {
  const attributes = { class: "scroller", tabindex: "0", role: "region", "aria-label": label };
  return h("div", attributes, children);
}

/**
 * Calls the last of many calls only, after a pause.
 * @template {any[]} A
 * @param {(...given: A) => void} call
 * @param {number} pauseMs
 * @returns {(...given: A) => void}
 */
export function debounced(call, pauseMs) {
  let timer = 0;
  return (...given) => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => call(...given), pauseMs);
  };
}
