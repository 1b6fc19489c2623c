// What people paste, read into cells.

import assert from "node:assert/strict";
import { test } from "node:test";

import { block, claims, isBlock, layerSizes } from "../../service/static/page/parse.js";
import { nested, sheet } from "../../service/static/page/sheet.js";

test("a spreadsheet's block has tabs between cells and lines between rows, with decimal commas", () => {
    assert.deepEqual(block("0,1\t−2\n3\t\n"), [
        ["0,1", "−2"],
        ["3", ""],
    ]);
});

test("commas separate unless every cell has a decimal comma", () => {
    assert.deepEqual(block("0.1, 0.2, 0.3"), [["0.1", "0.2", "0.3"]]);
    assert.deepEqual(block("0,1 0,2"), [["0,1", "0,2"]]);
    assert.deepEqual(block("1,2"), [["1,2"]]);
});

test("brackets of Python, numpy and JSON end rows", () => {
    assert.deepEqual(block("[[1, 2], [3, 4]]"), [
        ["1", "2"],
        ["3", "4"],
    ]);
    assert.deepEqual(block("array([[1., 2.],\n       [3., 4.]])"), [
        ["1.", "2."],
        ["3.", "4."],
    ]);
    assert.deepEqual(block("np.array([1, 2])"), [["1", "2"]]);
});

test("one number is no block", () => {
    assert.equal(isBlock("0.5"), false);
    assert.equal(isBlock("0,5"), false);
    assert.equal(isBlock("0.5 0.6"), true);
});

test("claims come as JSON, alone or inside a request", () => {
    assert.deepEqual(claims('{"delta": [[1, 2]], "cost": 3}'), { delta: [[1, 2]], cost: 3 });
    assert.deepEqual(claims('{"weights": [], "claims": {"z": [[1]]}}'), { z: [[1]] });
    assert.equal(claims('{"weights": []}'), null);
    assert.equal(claims("[1, 2]"), null);
});

test("claims come as labelled lines, in many spellings", () => {
    assert.deepEqual(claims("z1 = [0.1, 0.2]\nz2: 0.3\nC = 0.5"), {
        z: [["0.1", "0.2"], ["0.3"]],
        cost: "0.5",
    });
    assert.deepEqual(claims("δ(2) = 0.1 -0.2"), { delta: [null, ["0.1", "-0.2"]] });
    assert.deepEqual(claims("dW1 = [[1, 2], [3, 4]]\ndb1 = [5, 6]"), {
        weight_gradients: [
            [
                ["1", "2"],
                ["3", "4"],
            ],
        ],
        bias_gradients: [["5", "6"]],
    });
    assert.deepEqual(claims("∂C/∂b(1) = 1\n2"), { bias_gradients: [["1", "2"]] });
    assert.equal(claims("nothing to see"), null);
});

test("a sheet and nested lists are each other's inverse; blanks become null", () => {
    const lists = { z: [[1, -2.5], [3]], cost: 0.5 };
    const texts = sheet(lists);
    assert.deepEqual(texts, { "/z/0/0": "1", "/z/0/1": "−2.5", "/z/1/0": "3", "/cost": "0.5" });
    assert.deepEqual(nested(texts, [[0, 0], [0]], "/z"), lists.z);
    assert.deepEqual(nested({ "/z/0/1": "x" }, [[0, 0], [0]], "/z"), [[null, "x"], null]);
    assert.equal(nested({}, [[0, 0], [0]], "/z"), null);
});

test("layer sizes are read with any sign between them", () => {
    for (const text of ["2-3-2", "2, 3, 2", "2–3–2", "2 × 3 × 2"])
        assert.deepEqual(layerSizes(text), [2, 3, 2]);
    for (const text of ["", "3", "2-0-1", "two", "2-3-2!"]) assert.equal(layerSizes(text), null);
});
