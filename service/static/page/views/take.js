// Take away: a link, JSON, curl, Python, LaTeX, the picture, paper.

import { post } from "../api.js";
import { fill, h } from "../dom.js";
import { permalink } from "../keep.js";
import { place } from "../pointers.js";
import { state, watch } from "../state.js";
import { attempt } from "../work.js";
import { words } from "../words.js";
import { claimed } from "./claims.js";
import { pictureElement } from "./picture.js";

const GIVEN = ["weights", "biases", "input", "target"];
const DRAWN = [
  "fill",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "opacity",
  "font-size",
  "font-family",
  "font-weight",
  "font-style",
  "text-anchor",
];

/** @type {Record<string, () => Promise<string> | string>} */
const FORMS = {
  link: permalink,
  json: jsonText,
  curl: curlText,
  python: pythonText,
  latex: latexText,
};

/** @param {HTMLElement} part */
export function mount(part) {
  const box = h("textarea", {
    rows: 12,
    readonly: true,
    spellcheck: "false",
    "aria-label": words.take.text,
  });
  const note = h("span", { role: "status" });
  const choice = h(
    "select",
    { id: "form", onchange: show },
    Object.keys(FORMS).map((name) => h("option", { value: name }, words.take.forms[name])),
  );

  function show() {
    fill(note);
    attempt(async () => {
      box.value = await FORMS[choice.value]();
    }, show);
  }

  async function copy() {
    box.select();
    try {
      await navigator.clipboard.writeText(box.value);
      fill(note, words.take.copied);
    } catch {
      fill(note, words.take.selected); // no permission, or no secure context
    }
  }

  watch(["view", "answer", "claims", "selected"], () => {
    if (state.view !== "take") return;
    if (!part.firstChild) {
      fill(
        part,
        h("p", { class: "lead" }, words.take.lead),
        h(
          "p",
          { class: "bar" },
          h("label", { for: "form" }, words.take.what),
          choice,
          h("button", { type: "button", class: "main", onclick: copy }, words.take.copy),
          note,
        ),
        box,
        h(
          "p",
          { class: "bar" },
          h("button", { type: "button", onclick: downloadPicture }, words.take.svg),
          h("button", { type: "button", onclick: () => window.print() }, words.take.print),
        ),
      );
    }
    show();
  });
}

/** The request that the page itself sends. */
function request() {
  const claims = claimed();
  return claims ? { ...state.network, claims } : { ...state.network };
}

function endpoint() {
  return `${location.origin}/v1/${claimed() ? "verifications" : "gradients"}`;
}

function jsonText() {
  return JSON.stringify(request(), null, 1).replaceAll(
    /\[\s+([^[\]{}]*?)\s+\]/g,
    (_, inner) => `[${inner.replaceAll(/\s+/g, " ")}]`,
  );
}

function curlText() {
  return `curl -s ${endpoint()} \\\n  -H 'Content-Type: application/json' \\\n  -d '${jsonText().replaceAll("'", "'\\''")}'\n`;
}

function pythonText() {
  const last = claimed()
    ? 'print(answer["verdict"], answer["diagnosis"])'
    : 'print(answer["cost"], answer["weight_gradients"])';
  return `import requests\n\nrequest = ${jsonText()}\nanswer = requests.post("${endpoint()}", json=request, timeout=30).json()\n${last}\n`;
}

/** The selected number's own equation, then every step with its result. */
async function latexText() {
  if (state.exercise) return words.exercise.hidden;
  const { steps } = await post("/v1/steps", state.network, "latex");
  const lines = steps.flatMap((step) => [
    aligned(step.formula.latex),
    `${step.result.latex} &= ${matrix(step.result.value)}`,
  ]);
  return [
    ...(await originLines()),
    "\\begin{align*}",
    lines.join(" \\\\\n"),
    "\\end{align*}",
    "",
  ].join("\n");
}

/** @returns {Promise<string[]>} */
async function originLines() {
  const found = place(state.selected);
  if (!found || GIVEN.includes(found.quantity)) return [];
  const { equation, numbers } = await post(
    "/v1/origins",
    { ...state.network, at: state.selected, digits: 6 },
    "latex-origin",
  );
  return [
    "\\begin{align*}",
    `${aligned(equation.latex)} \\\\`,
    aligned(numbers.latex),
    "\\end{align*}",
    "",
  ];
}

/** @param {string} latex */
function aligned(latex) {
  return latex.replace("=", "&=");
}

function matrix(value) {
  if (!Array.isArray(value)) return String(value);
  const rows = value.map((row) => (Array.isArray(row) ? row.join(" & ") : String(row)));
  return `\\begin{pmatrix} ${rows.join(" \\\\ ")} \\end{pmatrix}`;
}

/** The picture as a file that needs no style sheet. */
function downloadPicture() {
  const picture = pictureElement();
  if (!picture) return;
  const copy = /** @type {SVGElement} */ (picture.cloneNode(true));
  const originals = [picture, ...picture.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((element, index) => {
    const style = getComputedStyle(originals[index]);
    for (const name of DRAWN) element.setAttribute(name, style.getPropertyValue(name));
    element.removeAttribute("class");
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const url = URL.createObjectURL(
    new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" }),
  );
  h("a", { href: url, download: "network.svg" }).click();
  window.setTimeout(() => URL.revokeObjectURL(url), 1000);
}
