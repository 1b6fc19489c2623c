"""For people with a function, not numbers: draw networks, run the function, verify."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from backcheck.asserting import agreed, default_client
from backcheck.claims import Claims, Precision
from backcheck.client import Client
from backcheck.network import Network
from backcheck.teaching import given
from backcheck.verification import Challenge, Coverage, Verdict, Verification

Backprop: TypeAlias = Callable[[Network], Claims | Sequence[Any]]
"""Takes a network; returns claims by name, or (bias_gradients, weight_gradients)."""

CHALLENGES = 3  # each shows every mistake already; more catch what depends on the numbers
DRAWN_FOR = "float32"  # mistakes have to show in numbers as coarse as most functions return


@dataclass(frozen=True, eq=False)
class Checked:
    """What came of running a function on drawn networks, up to the first that it got wrong."""

    challenges: tuple[Challenge, ...]
    verifications: tuple[Verification, ...]

    @property
    def verdict(self) -> Verdict:
        """wrong if any is, undecided if all are, else correct."""
        found = {one.verdict for one in self.verifications}
        return "wrong" if "wrong" in found else "correct" if "correct" in found else "undecided"

    @property
    def correct(self) -> bool:
        """Whether every network came out right, and mistakes would have shown."""
        return self.verdict == "correct"

    @property
    def verification(self) -> Verification:
        """The one that tells most: the wrong one, or else the last."""
        return self.verifications[-1]

    @property
    def coverage(self) -> Coverage | None:
        """What these claims could have shown, at the precision they came in."""
        return self.verification.coverage

    def assert_correct(self) -> None:
        """Raise Disagreement, an AssertionError, unless the function is right."""
        if not self.correct:
            agreed(self.verification)

    def __str__(self) -> str:
        """The verification that tells most, and on which network."""
        drawn = len(self.verifications)
        where = (
            f"Right on the {drawn} drawn networks; the last" if self.correct else f"Network {drawn}"
        )
        return f"{where}: {self.verification}"

    def __repr__(self) -> str:
        """What it is, without its numbers."""
        return f"<Checked on {len(self.verifications)} networks: {self.verification!r}>"

    def _repr_html_(self) -> str:
        return self.challenges[-1]._repr_html_() + self.verification._repr_html_()


def check(
    my_backprop: Backprop,
    *,
    layer_sizes: Sequence[int],
    activation: str | Sequence[str] = "sigmoid",
    seed: int = 0,
    challenges: int = CHALLENGES,
    cost: str | None = None,
    examples: int | None = None,
    decimals: int | None = None,
    precision: Precision | None = None,
    client: Client | None = None,
) -> Checked:
    """Run a backprop function on networks on which every known mistake shows, and say what came.

    `my_backprop` gets a `Network` and returns a mapping of claims, or (bias_gradients,
    weight_gradients); usually one line of adapter around a function of your own:

        check(lambda net: backprop(net.weights, net.biases, net.input, net.target),
              layer_sizes=[2, 3, 2])

    `seed` draws the first network, seed + 1 the second. `examples`: 1 hands over vectors, more a
    batch, which shows mistakes in the averages too. `precision`: what the numbers are good for,
    taken from their type if not given; networks are then drawn for float32. What the function
    raises goes through, with a note.
    """
    client = client or default_client()
    options = given(cost=cost, examples=examples, decimals=decimals)
    options["precision"] = precision or DRAWN_FOR
    drawn: list[Challenge] = []
    answers: list[Verification] = []
    for number in range(challenges):
        drawn.append(
            client.challenge(layer_sizes, activation=activation, seed=seed + number, **options)
        )
        claims = run(my_backprop, drawn[-1].network, seed + number)
        answers.append(client.verify(drawn[-1].network, claims=claims, precision=precision))
        if answers[-1].verdict == "wrong":
            break
    return Checked(tuple(drawn), tuple(answers))


def run(my_backprop: Backprop, network: Network, seed: int) -> Claims:
    """The claims of a function; adds a note to what it raises."""
    try:
        found: Any = my_backprop(network)
    except Exception as error:
        error.add_note(f"backcheck ran your function on {network.layer_sizes}, seed {seed}")
        raise
    if isinstance(found, Mapping):
        return found
    if not isinstance(found, Sequence) or len(found) != 2:
        raise TypeError(
            "your function has to return claims by name, or (bias_gradients, weight_gradients); "
            f"it returned {type(found).__name__}"
        )
    return {"bias_gradients": found[0], "weight_gradients": found[1]}
