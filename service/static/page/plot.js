// Small charts: axes, lines, points and marks, in SVG.

import { svg } from "./dom.js";
import { powers, ticks } from "./axes.js";
import { short, signed } from "./numbers.js";

const SIZE = { width: 520, height: 300 };
const EDGE = { left: 70, right: 16, top: 14, bottom: 46 };

/**
 * @typedef {[number, number | null]} Point
 * @typedef {{points: Point[], name: string}} Line
 * @typedef {{x: number, text: string, name?: string}} Mark
 * @typedef {object} Chart
 * @property {string} label      what it shows, for those who cannot see it
 * @property {string} xTitle
 * @property {string} yTitle
 * @property {Line[]} lines
 * @property {boolean} [xLog]
 * @property {boolean} [yLog]
 * @property {{x: number, y: number, name: string, title: string}[]} [dots]
 * @property {Mark[]} [marks]    upright lines
 * @property {{low: number, high: number, text: string}[]} [bands]  lying bands
 */

/**
 * @param {Chart} chart
 * @returns {SVGElement}
 */
export function plot(chart) {
  const points = [
    ...chart.lines.flatMap(({ points: p }) => p),
    ...(chart.dots ?? []).map(({ x, y }) => /** @type {Point} */ ([x, y])),
  ];
  const kept = points.filter(([x, y]) => shows(x, chart.xLog) && shows(y, chart.yLog));
  const heights = [
    ...kept.map((p) => Number(p[1])),
    ...(chart.bands ?? []).map(({ high }) => high),
  ];
  const x = scale(
    kept.map((p) => p[0]),
    chart.xLog,
    EDGE.left,
    SIZE.width - EDGE.right,
  );
  const y = scale(heights, chart.yLog, SIZE.height - EDGE.bottom, EDGE.top);
  return svg(
    "svg",
    {
      class: "plot",
      viewBox: `0 0 ${SIZE.width} ${SIZE.height}`,
      role: "img",
      "aria-label": chart.label,
    },
    grid(x, y),
    (chart.bands ?? []).map((band) => lying(band, x, y)),
    (chart.marks ?? []).map((mark) => upright(mark, x, y)),
    chart.lines.map((line) =>
      svg("path", { class: `line ${line.name}`, d: path(line.points, x, y, chart) }),
    ),
    (chart.dots ?? []).map((dot) =>
      svg(
        "circle",
        { class: `dot ${dot.name}`, cx: x.at(dot.x), cy: y.at(dot.y), r: 4 },
        svg("title", {}, dot.title),
      ),
    ),
    svg(
      "text",
      {
        class: "axis",
        x: (EDGE.left + SIZE.width - EDGE.right) / 2,
        y: SIZE.height - 8,
        "text-anchor": "middle",
      },
      chart.xTitle,
    ),
    svg(
      "text",
      {
        class: "axis",
        x: 14,
        y: SIZE.height / 2 - 16,
        transform: `rotate(-90 14 ${SIZE.height / 2 - 16})`,
        "text-anchor": "middle",
      },
      chart.yTitle,
    ),
  );
}

/** @param {number | null} value @param {boolean} [log] */
function shows(value, log) {
  return value !== null && Number.isFinite(value) && (!log || value > 0);
}

/**
 * @typedef {{at: (value: number) => number, ticks: number[], log: boolean, low: number, high: number}} Scale
 * @param {number[]} values
 * @param {boolean | undefined} log
 * @param {number} from  pixels
 * @param {number} to
 * @returns {Scale}
 */
function scale(values, log = false, from, to) {
  const [low, high] = range(values.length ? values : [1, 10], log);
  const turned = (value) => (log ? Math.log10(value) : value);
  const span = turned(high) - turned(low) || 1;
  const at = (value) => from + ((turned(value) - turned(low)) / span) * (to - from);
  return { at, ticks: log ? powers(low, high) : ticks(low, high), log, low, high };
}

/**
 * With a little air; a logarithmic range ends at whole powers of ten.
 * @param {number[]} values
 * @param {boolean} log
 * @returns {[number, number]}
 */
function range(values, log) {
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  if (log) return [10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(high))];
  const air = (high - low || Math.abs(high) || 1) * 0.06;
  return [low - air, high + air];
}

/** @param {Scale} x @param {Scale} y */
function grid(x, y) {
  const [left, right, top, bottom] = [
    EDGE.left,
    SIZE.width - EDGE.right,
    EDGE.top,
    SIZE.height - EDGE.bottom,
  ];
  return svg(
    "g",
    { class: "grid" },
    y.ticks.flatMap((tick) => [
      svg("line", { x1: left, x2: right, y1: y.at(tick), y2: y.at(tick) }),
      svg("text", { x: left - 8, y: y.at(tick) + 4, "text-anchor": "end" }, named(tick, y.log)),
    ]),
    x.ticks.flatMap((tick) => [
      svg("line", { x1: x.at(tick), x2: x.at(tick), y1: bottom, y2: bottom + 5 }),
      svg("text", { x: x.at(tick), y: bottom + 19, "text-anchor": "middle" }, named(tick, x.log)),
    ]),
    svg("line", { class: "base", x1: left, x2: right, y1: bottom, y2: bottom }),
    svg("line", { class: "base", x1: left, x2: left, y1: top, y2: bottom }),
  );
}

/** @param {number} tick @param {boolean} log */
function named(tick, log) {
  if (log)
    return `10${String(Math.round(Math.log10(tick))).replaceAll(/./g, (sign) => "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"["0123456789-".indexOf(sign)])}`;
  const size = Math.abs(tick);
  return size !== 0 && (size < 1e-3 || size >= 1e4) ? short(tick) : signed(String(tick));
}

/** @param {Point[]} points @param {Scale} x @param {Scale} y @param {Chart} chart */
function path(points, x, y, chart) {
  let drawing = false;
  return points
    .map(([px, py]) => {
      if (!shows(px, chart.xLog) || !shows(py, chart.yLog)) {
        drawing = false;
        return "";
      }
      const sign = drawing ? "L" : "M";
      drawing = true;
      return `${sign}${x.at(px).toFixed(1)} ${y.at(Number(py)).toFixed(1)}`;
    })
    .join("");
}

/** @param {Mark} mark @param {Scale} x @param {Scale} y */
function upright(mark, x, y) {
  if (mark.x < x.low || mark.x > x.high) return null;
  const at = x.at(mark.x);
  const right = at > SIZE.width * 0.62;
  return svg(
    "g",
    { class: `mark ${mark.name ?? ""}` },
    svg("line", { x1: at, x2: at, y1: y.at(y.low), y2: EDGE.top }),
    svg(
      "text",
      { x: at + (right ? -6 : 6), y: EDGE.top + 12, "text-anchor": right ? "end" : "start" },
      mark.text,
    ),
  );
}

/** @param {{low: number, high: number, text: string}} band @param {Scale} x @param {Scale} y */
function lying(band, x, y) {
  const top = y.at(Math.min(band.high, y.high));
  const bottom = y.at(Math.max(band.low, y.low));
  return svg(
    "g",
    { class: "band" },
    svg("rect", {
      x: EDGE.left,
      width: SIZE.width - EDGE.left - EDGE.right,
      y: top,
      height: Math.max(0, bottom - top),
    }),
    svg("text", { x: SIZE.width - EDGE.right - 6, y: top - 6, "text-anchor": "end" }, band.text),
  );
}
