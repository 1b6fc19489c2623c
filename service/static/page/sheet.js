// Claims as a sheet of texts by pointer, and as the nested lists that the service takes.

import { signed, typed } from "./numbers.js";

/**
 * Nested lists as a sheet: pointer → text. Nulls are left out.
 * @param {any} nested
 * @param {string} [at]
 * @returns {Record<string, string>}
 */
export function sheet(nested, at = "") {
  if (nested === null || nested === undefined) return {};
  if (typeof nested !== "object") return { [at]: signed(String(nested)) };
  const entries = Object.entries(nested).map(([step, inner]) => sheet(inner, `${at}/${step}`));
  return Object.assign({}, ...entries);
}

/**
 * A sheet as nested lists shaped as `like`, null where nothing is typed.
 * @param {Record<string, string>} typedAt
 * @param {any} like
 * @param {string} at
 * @returns {any} null if nothing is typed in it at all
 */
export function nested(typedAt, like, at) {
  if (!Array.isArray(like)) return typed(typedAt[at] ?? "");
  const inner = like.map((one, index) => nested(typedAt, one, `${at}/${index}`));
  return inner.every((one) => one === null) ? null : inner;
}
