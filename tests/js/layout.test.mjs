// Where neurons stand, which are shown, and where axes have their ticks.

import assert from "node:assert/strict";
import { test } from "node:test";

import { powers, ticks } from "../../service/static/page/axes.js";
import { FOLD_ABOVE, FOLD_SHOWN, layout, visible } from "../../service/static/page/layout.js";

test("up to a dozen neurons are shown whole, more are folded", () => {
    assert.equal(visible(FOLD_ABOVE).length, FOLD_ABOVE);
    assert.equal(visible(FOLD_ABOVE + 1).length, FOLD_SHOWN);
    assert.deepEqual(visible(784, 8).slice(0, 2), [8, 9]);
    assert.equal(visible(784, 9999).at(-1), 783);
});

test("neurons keep apart and inside the picture, at every width", () => {
    for (const room of [260, 700, 1700]) {
        for (const sizes of [[1, 1], [2, 3, 2], [12, 12, 12], [784, 30, 10], Array(11).fill(1)]) {
            const plan = layout(sizes, {}, room);
            for (const spots of plan.layers) {
                for (const { x, y } of spots) {
                    assert.ok(
                        x >= plan.radius &&
                            x <= plan.width - plan.radius &&
                            y >= plan.radius &&
                            y <= plan.height - plan.radius,
                    );
                }
                spots
                    .slice(1)
                    .forEach((spot, index) => assert.ok(spot.y - spots[index].y > 2 * plan.radius));
            }
            assert.ok(plan.width >= room);
        }
    }
});

test("a column is centred on the picture's middle", () => {
    const { layers } = layout([2, 3, 1], {}, 800);
    const middles = layers.map((spots) => spots.reduce((sum, { y }) => sum + y, 0) / spots.length);
    assert.deepEqual(new Set(middles).size, 1);
});

test("ticks are round and lie inside the range", () => {
    assert.deepEqual(ticks(0, 1), [0, 0.2, 0.4, 0.6, 0.8, 1]);
    assert.deepEqual(ticks(-6, 6, 4), [-5, 0, 5]);
    assert.deepEqual(ticks(2, 2), [2]);
    assert.deepEqual(powers(1e-3, 1e2), [1e-3, 1e-2, 0.1, 1, 10, 100]);
    assert.ok(powers(1e-300, 1).length <= 7);
});
