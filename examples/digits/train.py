"""Read handwritten digits: scikit-learn's 8 × 8 images, 64–30–10, mini-batches of 20.

python examples/digits/train.py          # needs scikit-learn
"""

from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

import backcheck
from backcheck.lessons import Progress

TRAINED_ON = 1_400  # of 1,797; the others are kept to be read afterwards
SIZES = (64, 30, 10)
WHITE = 16.0  # the brightest that an image has


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Images as rows of 64 numbers from 0 to 1, and one-hot targets."""
    images, digits = load_digits(return_X_y=True)
    return images / WHITE, np.eye(SIZES[-1])[digits]


def untrained(seed: int = 0) -> dict[str, Any]:
    """Small random weights: the spread falls with the number of inputs, so that σ has a slope."""
    generator = np.random.default_rng(seed)
    layers = list(pairwise(SIZES))
    return {
        "weights": [
            generator.normal(size=(into, source)) / np.sqrt(source) for source, into in layers
        ],
        "biases": [np.zeros(into) for _, into in layers],
        "activation": ["sigmoid", "softmax"],
        "cost": "cross_entropy",
    }


def accuracy(client: backcheck.Client, network: dict[str, Any], x: Any, y: Any) -> float:
    """The part of the images whose digit gets the largest output."""
    outputs = client.gradients(network, input=x, target=y, finite_difference=False).a[-1]
    return float((outputs.argmax(axis=1) == y.argmax(axis=1)).mean())


def tell(now: Progress) -> None:
    """A line for every tenth epoch."""
    if now.epoch % 10 == 0:
        print(f"epoch {now.epoch:>3} of {now.epochs}: cost {now.cost:.4f}")


def main(epochs: int = 30) -> float:
    """Train on most of the images, read the others; the accuracy on those."""
    x, y = examples()
    network = untrained()
    with backcheck.Client.local() as client:  # Client("http://…") asks a service elsewhere
        learned = client.update(
            network,
            input=x[:TRAINED_ON],
            target=y[:TRAINED_ON],
            learning_rate=0.5,
            batch_size=20,
            epochs=epochs,
            seed=1,
            progress=tell,
        )
        network |= {"weights": learned.weights, "biases": learned.biases}
        found = accuracy(client, network, x[TRAINED_ON:], y[TRAINED_ON:])
    print(f"{learned}\n{found:.1%} of {len(x) - TRAINED_ON} unseen images read right")
    return found


if __name__ == "__main__":
    main()
