// Pointers of single numbers, what they are called, and which belong together.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
    leadsTo,
    lowered,
    place,
    pointer,
    sentence,
    symbol,
    valueAt,
} from "../../service/static/page/pointers.js";
import { ingredients, related } from "../../service/static/page/relations.js";

const SIZES = [2, 3, 1];

test("a pointer and its place are each other's inverse", () => {
    for (const at of [
        "/weights/0/2/1",
        "/biases/1/0",
        "/z/0/1",
        "/z/0/4/1",
        "/input/0",
        "/input/3/1",
        "/delta/1/0",
        "/weight_gradients/1/0/2",
    ]) {
        const found = place(at);
        assert.ok(found, at);
        assert.equal(
            pointer(found.quantity, found.layer, found.neuron, found.source ?? found.example),
            at,
        );
    }
    assert.equal(place("/claims/delta/0/1")?.quantity, "delta");
    assert.equal(pointer("cost", 2), "/cost");
});

test("what is no single number has no place", () => {
    for (const at of [
        "",
        "/",
        "/weights",
        "/weights/0",
        "/weights/0/1",
        "/z/0",
        "/z/0/1/2/3",
        "/biases/0/1/2",
        "/sizes/0",
        "/z/a/0",
    ]) {
        assert.equal(place(at), null, at);
    }
});

test("symbols and sentences count layers from 1 and neurons from 0", () => {
    assert.equal(symbol("/weights/0/0/2"), "w(1)₀₂");
    assert.equal(symbol("/weight_gradients/1/10/2"), "∂C/∂w(2)₁₀,₂");
    assert.equal(symbol("/input/1"), "x₁");
    assert.equal(symbol("/cost"), "C");
    assert.equal(
        sentence("/weights/0/0/2"),
        "the weight into neuron 0 of layer 1, from neuron 2 of layer 0",
    );
    assert.equal(sentence("/delta/1/3/0"), "the error δ of neuron 0 of layer 2, in example 3");
    assert.equal(lowered("a(2)_10"), "a(2)₁₀");
});

test("values are found where pointers lead", () => {
    assert.equal(valueAt({ z: [[1, 2]] }, "/z/0/1"), 2);
    assert.equal(valueAt({ z: [[1, 2]] }, "/z/7/1"), undefined);
    assert.equal(leadsTo("/weights/1", "/weights/1/0/2"), true);
    assert.equal(leadsTo("/weights/1", "/weights/10/0/2"), false);
});

test("z is made of a row of weights, the activations before and its bias", () => {
    assert.deepEqual(ingredients("/z/0/1", SIZES), [
        "/weights/0/1/0",
        "/weights/0/1/1",
        "/input/0",
        "/input/1",
        "/biases/0/1",
    ]);
});

test("a hidden δ collects through the column of its neuron: the transpose", () => {
    assert.deepEqual(ingredients("/delta/0/2", SIZES), ["/weights/1/0/2", "/delta/1/0", "/z/0/2"]);
    assert.deepEqual(ingredients("/delta/1/0", SIZES), ["/a/1/0", "/target/0", "/z/1/0"]);
});

test("a weight's gradient is one δ times one activation", () => {
    assert.deepEqual(ingredients("/weight_gradients/1/0/2", SIZES), ["/delta/1/0", "/a/0/2"]);
});

test("in a batch the example that is shown lights up", () => {
    assert.deepEqual(related("/weight_gradients/1/0/2", SIZES, 3), [
        "/delta/1/3/0",
        "/a/0/3/2",
        "/weights/1/0/2",
    ]);
    assert.deepEqual(
        related("/z/0/3/1", SIZES, 3).filter((at) => at.startsWith("/input")),
        ["/input/3/0", "/input/3/1"],
    );
});
