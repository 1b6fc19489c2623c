// Where the neurons of the picture stand, and which of them are shown.

export const FOLD_ABOVE = 12; // neurons in a layer
export const FOLD_SHOWN = 8;
const MARGIN = { left: 50, right: 84 };
const COLUMN_MIN = 84; // so that three layers fit a telephone
const COLUMN_MAX = 250;
const ROOMY_UP_TO = 5; // neurons in a layer
const LABEL_SHARE = 0.28; // of an edge; farther on the numbers of two sources would meet
const ROOM = 330; // pixels down, which few neurons share

/**
 * @typedef {{x: number, y: number, layer: number, neuron: number}} Spot
 * @typedef {object} Layout
 * @property {number} width
 * @property {number} height
 * @property {number} radius
 * @property {boolean} roomy  whether there is room for z and for four decimals
 * @property {boolean} labelled  whether there is room for the weights' own numbers
 * @property {Spot[][]} layers
 */

/**
 * The neurons of a layer that are shown: all, or eight in a row of more than a dozen.
 * @param {number} n
 * @param {number} [first]
 * @returns {number[]}
 */
export function visible(n, first = 0) {
  if (n <= FOLD_ABOVE) return Array.from({ length: n }, (_, index) => index);
  const start = Math.max(0, Math.min(first, n - FOLD_SHOWN));
  return Array.from({ length: FOLD_SHOWN }, (_, index) => start + index);
}

/**
 * Columns of neurons from left to right, each centred.
 * @param {number[]} sizes
 * @param {Record<number, number>} folds  the first neuron shown, by layer
 * @param {number} room  pixels across
 * @returns {Layout}
 */
export function layout(sizes, folds, room) {
  const shown = sizes.map((n, l) => visible(n, folds[l]));
  const most = Math.max(...shown.map((neurons) => neurons.length));
  const roomy = most <= ROOMY_UP_TO;
  const pitch = roomy ? Math.max(92, Math.min(ROOM / most, 124)) : 58;
  const radius = roomy ? 26 : 19;
  const free = room - MARGIN.left - MARGIN.right;
  const column = Math.max(COLUMN_MIN, Math.min(COLUMN_MAX, free / (sizes.length - 1)));
  const height = Math.max(2, most) * pitch + 44;
  const spread = column * (sizes.length - 1);
  const width = Math.max(room, spread + MARGIN.left + MARGIN.right);
  const left = MARGIN.left + Math.max(0, (free - spread) / 2);
  const layers = shown.map((neurons, layer) =>
    neurons.map((neuron, index) => ({
      x: left + layer * column,
      y: 22 + height / 2 + (index - (neurons.length - 1) / 2) * pitch - 11,
      layer,
      neuron,
    })),
  );
  const edges = Math.max(...shown.slice(1).map((neurons, l) => neurons.length * shown[l].length));
  return { width, height, radius, roomy, labelled: roomy && column >= 150 && edges <= 9, layers };
}

/**
 * The ends of an edge: where it leaves one neuron and reaches another.
 * @param {Spot} from
 * @param {Spot} to
 * @param {number} radius
 * @returns {{x1: number, y1: number, x2: number, y2: number}}
 */
export function ends(from, to, radius) {
  return { x1: from.x + radius, y1: from.y, x2: to.x - radius, y2: to.y };
}

/**
 * Where on an edge the weight's number stands: near its source, where edges have not crossed yet.
 * @param {{x1: number, y1: number, x2: number, y2: number}} edge
 * @returns {{x: number, y: number}}
 */
export function labelSpot({ x1, y1, x2, y2 }) {
  return { x: x1 + (x2 - x1) * LABEL_SHARE, y: y1 + (y2 - y1) * LABEL_SHARE };
}
