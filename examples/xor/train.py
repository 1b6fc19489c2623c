"""Learn XOR: one call, a thousand steps of gradient descent, progress as it goes.

python examples/xor/train.py
"""

import backcheck
from backcheck.lessons import Progress

XOR = {
    "weights": [[[0.9, -0.6], [-0.4, 0.8]], [[1.1, 0.7]]],
    "biases": [[0.1, -0.3], [-0.5]],
    "activation": ["tanh", "sigmoid"],
    "input": [[0, 0], [0, 1], [1, 0], [1, 1]],
    "target": [[0], [1], [1], [0]],
    "cost": "binary_cross_entropy",
}


def tell(now: Progress) -> None:
    """A line for every two hundredth epoch."""
    if now.epoch % 200 == 0:
        print(f"epoch {now.epoch:>5} of {now.epochs}: cost {now.cost:.6f}")


def main() -> None:
    """Train, and let the trained network answer."""
    with backcheck.Client.local() as client:  # Client("http://…") asks a service elsewhere
        learned = client.update(XOR, learning_rate=4.0, epochs=1000, progress=tell)
        trained = {**XOR, "weights": learned.weights, "biases": learned.biases}
        outputs = client.gradients(trained, finite_difference=False).a[-1]
    print(learned)
    for inputs, (output,) in zip(XOR["input"], outputs, strict=True):
        print(f"{inputs} → {output:.3f}")


if __name__ == "__main__":
    main()
