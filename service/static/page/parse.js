// What people paste: a block from a spreadsheet, lists from Python, JSON, or lines such as "z1 = …".

/** @type {Record<string, string>} */
const NAMES = {
  z: "z",
  a: "a",
  delta: "delta",
  d: "delta",
  δ: "delta",
  c: "cost",
  cost: "cost",
  db: "bias_gradients",
  dw: "weight_gradients",
  bias_gradients: "bias_gradients",
  weight_gradients: "weight_gradients",
  "∂c/∂b": "bias_gradients",
  "∂c/∂w": "weight_gradients",
  "dc/db": "bias_gradients",
  "dc/dw": "weight_gradients",
};
const DECIMAL_COMMA = /^[-−–+]?\d+,\d+$/;

/**
 * Rows of cells as typed. Tabs and semicolons separate cells, and commas where they are no decimal
 * commas; rows end with the line or with a closing bracket.
 * @param {string} text
 * @returns {string[][]}
 */
export function block(text) {
  const lines = text
    .replaceAll(/\]\s*,?\s*\[/g, "\n")
    .replaceAll(/[[\](){}]|\b(?:np\.)?array\b/g, " ");
  return lines
    .split(/\r?\n/)
    .map(cells)
    .filter((row) => row.length > 0);
}

/**
 * @param {string} line
 * @returns {string[]}
 */
function cells(line) {
  const byTab = /[\t;]/.test(line);
  const words = line.trim().split(/\s+/);
  const parts = byTab
    ? line.split(/[\t;]/)
    : words.every(isDecimalComma)
      ? words
      : line.split(/[\s,]+/);
  const found = parts.map((part) => part.trim());
  return found.some((part) => part !== "")
    ? byTab
      ? found
      : found.filter((part) => part !== "")
    : [];
}

/** @param {string} part */
function isDecimalComma(part) {
  return DECIMAL_COMMA.test(part);
}

/**
 * Whether a pasted text is more than one number, and so belongs into several cells.
 * @param {string} text
 * @returns {boolean}
 */
export function isBlock(text) {
  return block(text).flat().length > 1;
}

/**
 * The claims in a text: JSON with the answer's names (or a whole request with `claims`), or lines
 * such as `delta2 = [0.1, −0.2]`, `z(1): 0.3 0.4`, `C = 0.298`.
 * @param {string} text
 * @returns {any | null}  quantity → nested lists; null if there is none in it
 */
export function claims(text) {
  const json = parsedJson(text);
  if (json !== undefined) {
    const found = json?.claims ?? json;
    const known = Object.entries(found ?? {}).filter(([name]) =>
      Object.values(NAMES).includes(name),
    );
    return known.length ? Object.fromEntries(known) : null;
  }
  return labelled(text);
}

/**
 * @param {string} text
 * @returns {any} undefined if it is no JSON
 */
export function parsedJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * @param {string} text
 * @returns {any | null}
 */
function labelled(text) {
  const label = /(?:^|\n)\s*([∂A-Za-zδ_/]+?)\s*[([_^]?\s*(\d+)?\s*[)\]]?\s*[:=]\s*/g;
  const starts = [...text.matchAll(label)];
  /** @type {any} */
  const found = {};
  starts.forEach((start, index) => {
    const name = NAMES[start[1].toLowerCase()];
    const end = starts[index + 1]?.index ?? text.length;
    const rows = block(text.slice((start.index ?? 0) + start[0].length, end));
    if (name && rows.length) put(found, name, Number(start[2] ?? 1), rows);
  });
  return Object.keys(found).length ? found : null;
}

/**
 * @param {any} found
 * @param {string} name
 * @param {number} layer
 * @param {string[][]} rows
 */
function put(found, name, layer, rows) {
  if (name === "cost") {
    found.cost = rows[0][0];
    return;
  }
  found[name] ??= [];
  while (found[name].length < layer) found[name].push(null);
  const one = rows.length === 1 && name !== "weight_gradients";
  const column =
    rows.length > 1 && rows.every((row) => row.length === 1) && name !== "weight_gradients";
  found[name][layer - 1] = one ? rows[0] : column ? rows.flat() : rows;
}

/**
 * Layer sizes from "2-3-2", "2, 3, 2" or "784–30–10".
 * @param {string} text
 * @returns {number[] | null}
 */
export function layerSizes(text) {
  const found = (text.match(/\d+/g) ?? []).map(Number);
  const other = text.replaceAll(/[\d\s,–\-x×→]/g, "");
  return found.length >= 2 && other === "" && found.every((n) => n >= 1) ? found : null;
}
