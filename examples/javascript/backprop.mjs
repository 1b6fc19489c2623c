// Backpropagation through tanh layers in JavaScript: a network as JSON in, both gradients out.
//
//     node backprop.mjs < network.json > claims.json
//
// With --planted the slope of the hidden layers is forgotten.
import { readFileSync } from "node:fs";

const planted = process.argv.includes("--planted");
const { weights, biases, input, target } = JSON.parse(readFileSync(0, "utf8"));

const dot = (u, v) => u.reduce((sum, number, index) => sum + number * v[index], 0);
const slope = (a) => 1 - a * a; // of tanh, from its value

const activations = [input];
weights.forEach((W, l) => {
  const before = activations[l];
  activations.push(W.map((row, j) => Math.tanh(dot(row, before) + biases[l][j])));
});

const output = activations.at(-1);
let delta = output.map((a, j) => (a - target[j]) * slope(a));
const bias_gradients = [];
const weight_gradients = [];
for (let l = weights.length - 1; l >= 0; l--) {
  const before = activations[l];
  bias_gradients.unshift(delta);
  weight_gradients.unshift(delta.map((d) => before.map((a) => d * a)));
  const back = before.map((_, k) => dot(weights[l].map((row) => row[k]), delta));
  delta = back.map((error, k) => (planted ? error : error * slope(before[k])));
}

process.stdout.write(JSON.stringify({ bias_gradients, weight_gradients }));
