// My numbers: one's own z, a, δ and gradients, judged cell by cell and equation by equation.

import { all, debounced, fill, h } from "../dom.js";
import { batchSize, sizes } from "../network.js";
import { full } from "../numbers.js";
import { block, claims as read, isBlock } from "../parse.js";
import { nested, sheet } from "../sheet.js";
import { sentence } from "../pointers.js";
import { change, opened, QUANTITIES, state, watch } from "../state.js";
import { field, layerTable, pager, walk } from "../tables.js";
import { attempt } from "../work.js";
import { post } from "../api.js";
import { words } from "../words.js";
import { hintsPart } from "./hints.js";

const PAUSE_MS = 350;
const HINTS_THAT_PLACE = 2; // the second hint of an exercise names the equation and its layer
const COLUMNS = ["z", "a", "delta", "bias_gradients", "weight_gradients"];
const PRECISIONS = [
  "auto",
  "2 decimals",
  "3 decimals",
  "4 decimals",
  "6 decimals",
  "4 significant_digits",
  "float64",
  "float32",
  "float16",
  "bfloat16",
];
/** @type {Record<string, string>} */
const EQUATION_OF = {
  z: "forward",
  a: "forward",
  cost: "cost",
  bias_gradients: "BP3",
  weight_gradients: "BP4",
};

/** @param {HTMLElement} part */
export function mount(part) {
  let outline = "";
  const findings = h("div", { class: "findings", "aria-live": "polite" });
  const table = h("div", { class: "cards" });
  part.addEventListener("input", typing);
  part.addEventListener("paste", pasted);
  part.addEventListener("keydown", walk);
  const soon = debounced(verify, PAUSE_MS);
  watch(["claims", "precision", "network", "exercise"], () => {
    if (!state.exercise) soon();
  });
  watch(
    ["network", "folds", "example", "view", "exercise", "claims", "verdict", "hints", "precision"],
    () => {
      if (state.view !== "claims" || !state.network) return;
      const wanted = JSON.stringify([
        sizes(opened()),
        batchSize(opened()),
        state.folds,
        state.example,
        state.exercise,
      ]);
      if (wanted !== outline) {
        fill(part, ...frame(findings, table));
        fill(table, ...cards());
      }
      outline = wanted;
      write(part);
      fill(findings, ...told());
    },
  );
}

/**
 * Asks for a verdict on what is typed.
 */
export function verify() {
  const network = state.network;
  const body = claimed();
  if (!network || !body) {
    change({ verdict: null });
    return;
  }
  const { claims, precision } = state;
  attempt(async () => {
    const request = {
      ...network,
      claims: body,
      precision: precisionBody(precision),
      reveal: !state.exercise,
    };
    const verdict = await post("/v1/verifications", request, "verifications");
    if (state.claims === claims) change({ verdict, problems: [] });
  }, verify);
}

/**
 * The claims as the service takes them.
 * @returns {any | null} null if nothing is claimed
 */
export function claimed() {
  const like = outlineLike();
  const found = QUANTITIES.map((quantity) => [
    quantity,
    nested(state.claims, like[quantity], `/${quantity}`),
  ]);
  const given = found.filter(([, value]) => value !== null);
  return given.length ? Object.fromEntries(given) : null;
}

/** Nested lists of the shapes that claims have. */
function outlineLike() {
  const ns = sizes(opened()).slice(1);
  const before = sizes(opened());
  const n = batchSize(opened());
  const list = (length, of) => Array.from({ length }, () => of);
  const units = ns.map((size) => (n === null ? list(size, 0) : list(n, list(size, 0))));
  const matrices = ns.map((size, index) => list(size, list(before[index], 0)));
  return {
    z: units,
    a: units,
    delta: units,
    cost: 0,
    bias_gradients: ns.map((size) => list(size, 0)),
    weight_gradients: matrices,
  };
}

/** @param {string} chosen */
function precisionBody(chosen) {
  const [digits, name] = String(chosen).split(" ");
  return name ? { [name]: Number(digits) } : typeof chosen === "string" ? chosen : chosen;
}

/**
 * @param {HTMLElement} findings
 * @param {HTMLElement} table
 * @returns {any[]}
 */
function frame(findings, table) {
  const box = h("textarea", {
    rows: 5,
    "aria-label": words.claims.paste,
    placeholder: words.claims.placeholder,
    spellcheck: "false",
  });
  const take = () => {
    const found = read(box.value);
    if (!found) return fill(note, words.claims.unreadable);
    fill(note);
    box.value = "";
    change({
      claims: { ...state.claims, ...Object.fromEntries(Object.entries(sheet(found))) },
      verdict: null,
    });
  };
  const note = h("p", { class: "wrong", role: "status" });
  const precision = h(
    "select",
    {
      id: "precision",
      disabled: Boolean(state.exercise), // the exercise says how many decimals
      onchange: () => change({ precision: precision.value }),
    },
    PRECISIONS.map((name) => h("option", { value: name }, words.claims.precisions(name))),
  );
  return [
    h("p", { class: "lead" }, state.exercise ? words.exercise.lead : words.claims.lead),
    h(
      "div",
      { class: "bar" },
      h("label", { for: "precision" }, words.claims.precision),
      precision,
      h(
        "button",
        {
          type: "button",
          class: "plain",
          onclick: () => change({ claims: {}, verdict: null, hints: 0 }),
        },
        words.claims.clear,
      ),
      state.exercise
        ? h("button", { type: "button", class: "main", onclick: verify }, words.exercise.check)
        : null,
    ),
    h(
      "details",
      {},
      h("summary", {}, words.claims.many),
      box,
      h("button", { type: "button", onclick: take }, words.claims.take),
      note,
    ),
    findings,
    table,
  ];
}

/** @returns {HTMLElement[]} */
function cards() {
  const L = opened().weights.length;
  const layers = Array.from({ length: L }, (_, index) => index + 1);
  const layerCards = layers.map((l) =>
    h(
      "section",
      { class: "card" },
      h("h3", {}, words.numbers.layer(l, L)),
      layerTable(l, COLUMNS, claimCell, words.claims.layer(l)),
      pager(l),
    ),
  );
  const cost = h(
    "section",
    { class: "card" },
    h("h3", {}, words.claims.cost),
    h("p", { class: "total" }, "C = ", claimCell("/cost", "cost")),
  );
  return [...layerCards, cost];
}

/** @param {string} at @param {string} quantity */
function claimCell(at, quantity) {
  const input = field(at, quantity);
  input.classList.add("claim");
  input.setAttribute("aria-label", words.claims.mine(sentence(at)));
  return h("span", { class: "judged" }, input, h("span", { class: "sign", "aria-hidden": "true" }));
}

/** @param {Event} event */
function typing(event) {
  const input = event.target;
  if (!(input instanceof HTMLInputElement) || !input.dataset.at) return;
  const claims = { ...state.claims, [input.dataset.at]: input.value };
  if (input.value.trim() === "") delete claims[input.dataset.at];
  change({ claims, verdict: state.exercise ? null : state.verdict });
}

/**
 * A pasted block fills the cells to the right and below.
 * @param {ClipboardEvent} event
 */
function pasted(event) {
  const input = event.target;
  const text = event.clipboardData?.getData("text") ?? "";
  if (!(input instanceof HTMLInputElement) || !input.dataset.at) return;
  const all = read(text);
  if (!all && !isBlock(text)) return;
  event.preventDefault();
  const found = all ? sheet(all) : spread(input, block(text));
  change({ claims: { ...state.claims, ...found }, verdict: null });
}

/**
 * @param {HTMLInputElement} input
 * @param {string[][]} rows
 * @returns {Record<string, string>}
 */
function spread(input, rows) {
  const cell = /** @type {HTMLTableCellElement | null} */ (input.closest("td"));
  const first = /** @type {HTMLTableRowElement | null} */ (cell?.parentElement ?? null);
  /** @type {Record<string, string>} */
  const found = {};
  if (!cell || !first) return { [input.dataset.at ?? ""]: rows[0][0] };
  const lines = [...(first.parentElement?.children ?? [])].slice(first.sectionRowIndex);
  const turned =
    rows.length === 1 && isVector(input) && lines.length > 1 ? rows[0].map((one) => [one]) : rows;
  turned.forEach((row, down) => {
    row.forEach((text, right) => {
      const there = lines[down]?.children[cell.cellIndex + right]?.querySelector("input");
      if (there?.dataset.at && text !== "") found[there.dataset.at] = text;
    });
  });
  return found;
}

/** @param {HTMLInputElement} input */
function isVector(input) {
  return !input.dataset.at?.startsWith("/weight_gradients");
}

/**
 * The typed texts, and each cell's verdict with its reason.
 * @param {HTMLElement} part
 */
function write(part) {
  for (const input of all(part, "input.claim")) {
    const at = input.dataset.at;
    const text = state.claims[at] ?? "";
    if (input.value !== text) input.value = text;
    const { verdict, reason } = judgement(at, text);
    const sign = input.nextElementSibling;
    input.dataset.verdict = verdict;
    input.title = reason;
    input.setAttribute("aria-description", reason);
    sign.textContent = words.claims.signs[verdict] ?? "";
  }
  for (const select of all(part, "#precision")) choose(select, state.precision);
}

/** A precision from elsewhere joins the list. */
function choose(select, name) {
  if (![...select.options].some(({ value }) => value === name)) {
    select.append(h("option", { value: name }, words.claims.precisions(name)));
  }
  select.value = name;
}

/**
 * @param {string} at
 * @param {string} text
 * @returns {{verdict: string, reason: string}}
 */
function judgement(at, text) {
  const quantity = at.split("/")[1];
  const census = state.verdict?.claims[quantity];
  if (text.trim() === "" || !census) return { verdict: "", reason: "" };
  const wrong = census.wrong_entries.find((entry) => entry.at === `/claims${at}`);
  if (wrong) {
    const follows = equationOf(at) === "holds";
    const reason = state.exercise
      ? words.claims.wrongHidden
      : words.claims.wrong(full(wrong.correct), full(Number(wrong.bound.toPrecision(2))));
    return {
      verdict: follows ? "follows" : "wrong",
      reason: reason + (follows ? ` ${words.claims.follows}` : ""),
    };
  }
  if (census.verdict === "undecided")
    return { verdict: "undecided", reason: words.claims.undecided };
  return { verdict: "right", reason: words.claims.right };
}

/**
 * What the equation of a claimed number comes to, on one's own numbers.
 * @param {string} at
 * @returns {string}
 */
function equationOf(at) {
  const [, quantity, index] = at.split("/");
  const L = opened().weights.length;
  const layer = quantity === "cost" ? L : Number(index) + 1;
  const error = layer === L ? "BP1" : "BP2";
  const name = quantity === "delta" ? error : EQUATION_OF[quantity];
  const found = state.verdict.equations.find((one) => one.equation === name && one.layer === layer);
  return found?.verdict ?? "untested";
}

function told() {
  const verdict = state.verdict;
  if (!verdict)
    return [
      h(
        "p",
        { class: "quiet" },
        Object.keys(state.claims).length ? words.claims.waiting : words.claims.nothing,
      ),
      hintsPart(),
    ];
  const first = verdict.equations.find((one) => one.verdict === "fails");
  return [
    h(
      "div",
      { class: `verdict ${verdict.verdict}` },
      h(
        "h3",
        {},
        h("span", { class: "sign" }, words.claims.signs[verdict.verdict]),
        ` ${words.claims.verdicts[verdict.verdict]}`,
      ),
      h("p", {}, words.claims.summary(verdict)),
    ),
    state.exercise ? null : verdict.diagnosis.map(finding),
    state.exercise && state.hints < HINTS_THAT_PLACE ? null : equations(verdict.equations, first),
    hintsPart(),
  ];
}

function finding(found) {
  return h(
    "div",
    { class: "finding" },
    mistake(found),
    found.together_with?.map((other) => [h("p", {}, words.claims.together), mistake(other)]),
  );
}

/** @param {any} told */
function mistake(told) {
  return [
    h("h4", {}, words.claims.mistake(told)),
    h("p", {}, told.explanation),
    h("p", {}, h("b", {}, `${words.claims.remedy} `), told.remedy),
    h("p", { class: "quiet" }, h("code", {}, told.mistake)),
  ];
}

/** @param {any[]} all @param {any} first */
function equations(all, first) {
  const item = (one) =>
    h(
      "li",
      { class: `${one.verdict}${one === first ? " first" : ""}` },
      h("span", { class: "sign", "aria-hidden": "true" }, words.claims.equationSigns[one.verdict]),
      h("span", {}, `${words.claims.equation(one)} `),
      h(
        "span",
        { class: "quiet" },
        one === first ? words.claims.firstFails : words.claims.equationVerdicts[one.verdict],
      ),
    );
  return h(
    "div",
    {},
    h("h4", {}, words.claims.equations),
    h("ul", { class: "equations" }, all.map(item)),
  );
}
