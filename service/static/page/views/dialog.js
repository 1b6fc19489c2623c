// Open something else: an example, pasted JSON, a file, or a network of other sizes.

import { Refused, post } from "../api.js";
import { byId, fill, h } from "../dom.js";
import { FIRST_SELECTED } from "../figures.js";
import { fresh, isNetwork } from "../network.js";
import { openExample, openRequest } from "../opening.js";
import { layerSizes, parsedJson } from "../parse.js";
import { open, state, watch } from "../state.js";
import { words } from "../words.js";

const PARAMETERS_MAX = 200_000; // more than this no one reads off a page

let filled = false;

/** Opens the dialogue. */
export function show() {
  const dialog = byId("opening");
  if (!filled) build(dialog);
  filled = true;
  dialog.showModal();
}

/** @param {HTMLDialogElement} dialog */
function build(dialog) {
  const note = h("p", { class: "wrong", role: "status" });
  const done = () => {
    fill(note);
    dialog.close();
  };
  const examples = h("ul", { class: "examples" });
  watch(["examples"], () =>
    fill(
      examples,
      state.examples.filter(isOffered).map((one) => example(one, done)),
    ),
  );
  fill(
    dialog,
    h(
      "h2",
      {},
      words.opening.title,
      h(
        "button",
        { type: "button", class: "round close", "aria-label": words.opening.close, onclick: done },
        "×",
      ),
    ),
    h("h3", {}, words.opening.examples),
    examples,
    ...fromText(note, done),
    ...fromSizes(note, done),
    note,
  );
}

/** Those with a network; the figures have a list of their own. */
function isOffered({ name, endpoint, request }) {
  const figure = name.startsWith("fig-");
  return !figure && (endpoint === "/v1/challenges" || isNetwork(request));
}

/** @param {any} one @param {() => void} done */
function example(one, done) {
  const choose = () => {
    done();
    openExample(one);
  };
  return h(
    "li",
    {},
    h(
      "button",
      { type: "button", onclick: choose },
      h("b", {}, one.title),
      h("span", { class: "quiet" }, one.description),
    ),
  );
}

/** @param {HTMLElement} note @param {() => void} done */
function fromText(note, done) {
  const box = h("textarea", {
    id: "json",
    rows: 5,
    spellcheck: "false",
    placeholder: words.opening.placeholder,
  });
  const file = h("input", {
    id: "file",
    type: "file",
    accept: ".json,application/json",
    onchange: async () => take(await file.files[0].text()),
  });
  const fillIn = h(
    "button",
    { type: "button", onclick: () => (box.value = words.opening.placeholder) },
    words.opening.fillIn,
  );
  const explain = async (text) =>
    fill(note, words.opening.notJson(await jsonProblem(text)), " ", fillIn);
  const take = (text) => {
    const request = parsedJson(text);
    if (request === undefined) return explain(text);
    if (!openRequest(request, words.opening.yours))
      return fill(note, words.opening.noNetwork, " ", fillIn);
    done();
  };
  return [
    h("h3", {}, h("label", { for: "json" }, words.opening.json)),
    box,
    h(
      "p",
      { class: "bar" },
      h("button", { type: "button", onclick: () => take(box.value) }, words.opening.take),
      h("label", { for: "file" }, words.opening.file),
      file,
    ),
  ];
}

/**
 * Where a text stops being JSON, in the words of the service: browsers do not agree on theirs.
 * @param {string} text
 * @returns {Promise<string>} with line and column; "" if the service cannot be asked
 */
async function jsonProblem(text) {
  try {
    await post("/v1/gradients", text, "json");
  } catch (error) {
    if (error instanceof Refused) return error.message;
  }
  return "";
}

/** @param {HTMLElement} note @param {() => void} done */
function fromSizes(note, done) {
  const box = h("input", { id: "sizes", type: "text", value: "2-3-2" });
  const submit = (event) => {
    event.preventDefault();
    const sizes = layerSizes(box.value);
    const count =
      sizes?.slice(1).reduce((sum, n, index) => sum + n * (sizes[index] + 1), 0) ?? Infinity;
    if (!sizes || count > PARAMETERS_MAX)
      return fill(note, sizes ? words.opening.tooLarge : words.opening.badSizes);
    const title = words.opening.fresh(sizes);
    open(fresh(sizes, "sigmoid"), { title, view: "numbers", selected: FIRST_SELECTED });
    done();
  };
  return [
    h("h3", {}, h("label", { for: "sizes" }, words.opening.sizes)),
    h(
      "form",
      { class: "bar", onsubmit: submit },
      box,
      h("button", { type: "submit" }, words.opening.make),
    ),
  ];
}
