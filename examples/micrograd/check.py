"""Check scalar autograd on networks that are drawn for it: one adapter, no numbers by hand."""

from engine import Value, neuron

import backcheck


def gradients(net: backcheck.Network) -> backcheck.Claims:
    """What `backward` leaves in the leaves of the graph of C = ½ Σ (y − a)²."""
    weights = [[[Value(w) for w in row] for row in W] for W in net.weights]
    biases = [[Value(b) for b in layer] for layer in net.biases]
    activations = [Value(x) for x in net.input]
    for W, b in zip(weights, biases, strict=True):
        activations = [neuron(row, bias, activations) for row, bias in zip(W, b, strict=True)]
    cost = Value(0.0)
    for a, y in zip(activations, net.target, strict=True):
        missed = a + Value(-y)
        cost = cost + missed * missed * Value(0.5)
    cost.backward()
    return {
        "cost": cost.data,
        "bias_gradients": [[bias.grad for bias in layer] for layer in biases],
        "weight_gradients": [[[w.grad for w in row] for row in W] for W in weights],
    }


if __name__ == "__main__":
    print(backcheck.check(gradients, layer_sizes=[3, 4, 2], activation="tanh"))
