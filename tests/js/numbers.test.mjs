// Numbers into cells and out of them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { full, largestOf, short, strength, typed } from "../../service/static/page/numbers.js";

test("a cell shows four decimals, or a power of ten where those would say nothing", () => {
    assert.equal(short(0.5), "0.5000");
    assert.equal(short(-0.12345), "−0.1235");
    assert.equal(short(0), "0.0000");
    assert.equal(short(0.00043857), "4.4e−4");
    assert.equal(short(-123456), "−1.2e5");
});

test("all digits are there when they are asked for", () => {
    assert.equal(full(-1 / 3), "−0.3333333333333333");
    assert.equal(full(1e-7), "1e−7");
});

test("people type numbers in many ways", () => {
    const spellings = {
        0.5: 0.5,
        "0,5": 0.5,
        "−2": -2,
        "–2": -2,
        "+3": 3,
        " 1e-3 ": 1e-3,
        ".5": 0.5,
        "1/4": 0.25,
        "-1/4": -0.25,
    };
    for (const [text, value] of Object.entries(spellings)) assert.equal(typed(text), value);
});

test("what is no number stays a text for the service to explain; blank is null", () => {
    for (const text of ["abc", "1,000,000", "0x10", "Infinity", "NaN", "1/0", "--1"])
        assert.equal(typed(text), text);
    assert.equal(typed("  "), null);
});

test("tints compare sizes", () => {
    assert.equal(largestOf([[1, -3], [2, null], "x"]), 3);
    assert.equal(strength(-1.5, 3), 0.5);
    assert.equal(strength(1, 0), 0);
});
