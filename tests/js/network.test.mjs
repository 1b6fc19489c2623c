// Changes of the network's shape keep what stays.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
    batchSize,
    fresh,
    isNetwork,
    networkOf,
    parameters,
    resized,
    sizes,
    withLayer,
    withValue,
} from "../../service/static/page/network.js";
import { packed, unpacked } from "../../service/static/page/keep.js";

const REQUEST = {
    weights: [
        [
            [1, 2],
            [3, 4],
        ],
        [[5, 6]],
    ],
    biases: [[7, 8], [9]],
    activation: "tanh",
    input: [0, 1],
    target: [1],
    claims: {},
};

test("a request becomes a network: one activation for each layer, the default cost, no more", () => {
    const network = networkOf(REQUEST);
    assert.deepEqual(network.activation, ["tanh", "tanh"]);
    assert.equal(network.cost, "mean_squared_error");
    assert.ok(!("claims" in network));
    assert.deepEqual(sizes(network), [2, 2, 1]);
    assert.equal(parameters(network), 9);
    assert.equal(batchSize(network), null);
});

test("what has no outline of a network is none", () => {
    for (const other of [
        null,
        3,
        {},
        { weights: 1 },
        { ...REQUEST, weights: [[]] },
        { ...REQUEST, input: 3 },
    ])
        assert.equal(isNetwork(other), false);
    assert.equal(isNetwork(REQUEST), true);
});

test("one number changes, and the old network does not", () => {
    const network = networkOf(REQUEST);
    assert.equal(withValue(network, "/weights/0/1/0", -1).weights[0][1][0], -1);
    assert.equal(network.weights[0][1][0], 3);
});

test("a layer grows and shrinks with both of its matrices, and old numbers stay", () => {
    const grown = resized(networkOf(REQUEST), 1, 3);
    assert.deepEqual(sizes(grown), [2, 3, 1]);
    assert.deepEqual(grown.weights[0].slice(0, 2), REQUEST.weights[0]);
    assert.deepEqual(grown.weights[1][0].slice(0, 2), [5, 6]);
    assert.equal(grown.biases[0].length, 3);
    assert.deepEqual(resized(grown, 1, 2), networkOf(REQUEST));
    assert.deepEqual(sizes(resized(grown, 1, 0)), [2, 1, 1]);
});

test("inputs and targets grow with their layers, in every example", () => {
    const batch = networkOf({
        ...REQUEST,
        input: [
            [0, 1],
            [1, 0],
        ],
        target: [[1], [0]],
    });
    const grown = resized(resized(batch, 0, 3), 2, 2);
    assert.deepEqual(
        grown.input.map((row) => row.length),
        [3, 3],
    );
    assert.deepEqual(
        grown.target.map((row) => row.length),
        [2, 2],
    );
});

test("hidden layers come and go; the last one keeps its activation", () => {
    const network = networkOf({ ...REQUEST, activation: ["tanh", "softmax"] });
    const deeper = withLayer(network, 1);
    assert.deepEqual(sizes(deeper), [2, 2, 2, 1]);
    assert.deepEqual(deeper.activation, ["tanh", "tanh", "softmax"]);
    assert.deepEqual(sizes(withLayer(deeper, -1)), [2, 2, 1]);
    const flat = fresh([2, 1], "sigmoid");
    assert.equal(withLayer(flat, -1), flat);
});

test("fresh numbers are short decimals, the same every time, and not all alike", () => {
    const network = fresh([5, 4, 3], "sigmoid");
    assert.deepEqual(network, fresh([5, 4, 3], "sigmoid"));
    const all = network.weights.flat(2);
    assert.ok(all.every((value) => Math.abs(value) < 1 && String(value).length <= 5));
    assert.ok(new Set(all).size > all.length / 2);
});

test("a state survives its way through a link; another text is none", async () => {
    const state = { network: networkOf(REQUEST), title: "δ", view: "claims" };
    const text = await packed({ ...state, unknown: 1 });
    assert.match(text, /^[\w-]+$/);
    assert.deepEqual(await unpacked(text), state);
    for (const broken of ["", "%%%", text.slice(3), await packed({ network: 3 })])
        assert.equal(await unpacked(broken), null);
});
