// How numbers are read from a cell and written into one.

const DECIMALS = 4;
const LARGEST_FIXED = 1e4; // beyond, digits run out of a cell
const SMALLEST_FIXED = 0.9995e-3; // below, fewer than two digits would be left

/**
 * What stands in a cell: four decimals, or two digits and a power of ten where those say nothing.
 * @param {number} value
 * @returns {string}
 */
export function short(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size < SMALLEST_FIXED || size >= LARGEST_FIXED)) {
    return signed(value.toExponential(1).replace("e+", "e"));
  }
  return signed(value.toFixed(DECIMALS));
}

/**
 * What stands where there is room for five characters only.
 * @param {number} value
 * @returns {string}
 */
export function tiny(value) {
  const size = Math.abs(value);
  const fixed = size === 0 || (size >= 0.01 && size < 100);
  return signed(fixed ? value.toFixed(2) : value.toExponential(0).replace("e+", "e"));
}

/**
 * Every digit that the number has.
 * @param {number | string} value
 * @returns {string}
 */
export function full(value) {
  return signed(String(value));
}

/**
 * With a true minus sign, as wide as a plus.
 * @param {string} text
 * @returns {string}
 */
export function signed(text) {
  return text.replaceAll("-", "−");
}

/**
 * The number that a person typed: `−0.5`, `0,5`, `1e-3`, `1/4`; the text itself if it is none, which
 * the service then explains. Blank is null.
 * @param {string} text
 * @returns {number | string | null}
 */
export function typed(text) {
  const plain = text.trim().replaceAll(/[−–]/g, "-").replace(/^\+/, "");
  if (plain === "") return null;
  const point = /^-?\d*,\d+([eE]-?\d+)?$/.test(plain) ? plain.replace(",", ".") : plain;
  const quotient = /^(-?[\d.]+)\s*\/\s*([\d.]+)$/.exec(point);
  const value = quotient ? Number(quotient[1]) / Number(quotient[2]) : Number(point);
  const decimal = quotient ?? /^-?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(point);
  return decimal && Number.isFinite(value) ? value : text.trim();
}

/**
 * How strongly a cell is tinted, from 0 to 1, among numbers of this size.
 * @param {number} value
 * @param {number} largest
 * @returns {number}
 */
export function strength(value, largest) {
  return largest > 0 ? Math.min(1, Math.abs(value) / largest) : 0;
}

/**
 * The largest size in nested lists of numbers; texts and nulls count as 0.
 * @param {any} values
 * @returns {number}
 */
export function largestOf(values) {
  let found = 0;
  for (const value of Array.isArray(values) ? values : [values]) {
    const size = Array.isArray(value) ? largestOf(value) : Math.abs(Number(value) || 0);
    if (size > found && Number.isFinite(size)) found = size;
  }
  return found;
}
