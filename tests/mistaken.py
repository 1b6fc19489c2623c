"""Backpropagation as a student writes it, one example after the other, with a mistake in it.

Written from the chapter and the catalogue's one-line descriptions alone: it shares no line with
`core`, so that each can be checked against the other. Layers count from 1; `s.z[l][i]`, `s.a[l][i]`
and `s.delta[l][i]` are the vectors of example i. A slip is a wrong step; it stands in some layers.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Key = tuple[str, int]
Place = tuple[str, int]
Slip = Callable[..., Any]

EQUATION = {
    "z": "forward",
    "a": "forward",
    "cost": "cost",
    "BP1": "BP1",
    "BP2": "BP2",
    "BP3": "BP3",
    "BP4": "BP4",
}
"""The contract's name of each step, in the order in which a computation meets them."""


class NotHere(Exception):
    """This slip cannot be made here."""


def need(condition: bool) -> None:
    if not condition:
        raise NotHere


@dataclass(frozen=True)
class Exercise:
    """A network and its examples, as plain arrays."""

    weights: Sequence[Array]
    biases: Sequence[Array]
    activations: Sequence[str]
    cost: str
    inputs: Array
    targets: Array

    @property
    def sizes(self) -> tuple[int, ...]:
        return (self.weights[0].shape[1], *(len(W) for W in self.weights))


@dataclass(frozen=True)
class Wrong:
    """One way to make a mistake: the wrong steps, or another activation in forward and backward."""

    slug: str
    steps: Mapping[str, Slip]
    activation: str | None = None
    needs: str | None = None


def phi(z: Array) -> Array:
    return np.array([0.5 * math.erfc(-float(v) / math.sqrt(2.0)) for v in z], dtype=z.dtype)


def bell(z: Array) -> Array:
    return np.exp(-z * z / 2) / z.dtype.type(math.sqrt(2.0 * math.pi))


def logistic(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def softmax(z: Array) -> Array:
    e = np.exp(z - z.max())
    return e / e.sum()


SIGMA: dict[str, Callable[[Array], Array]] = {
    "sigmoid": logistic,
    "tanh": np.tanh,
    "relu": lambda z: z * (z > 0),
    "leaky_relu": lambda z: np.where(z > 0, z, z * z.dtype.type(0.01)),
    "identity": lambda z: z,
    "softplus": lambda z: np.log(1 + np.exp(z)),
    "elu": lambda z: np.where(z > 0, z, np.exp(z) - 1),
    "silu": lambda z: z * logistic(z),
    "gelu": lambda z: z * phi(z),
    "softmax": softmax,
}

SLOPE: dict[str, Callable[[Array], Array]] = {
    "sigmoid": lambda z: logistic(z) * (1 - logistic(z)),
    "tanh": lambda z: 1 - np.tanh(z) ** 2,
    "relu": lambda z: (z > 0).astype(z.dtype),
    "leaky_relu": lambda z: np.where(z > 0, z.dtype.type(1), z.dtype.type(0.01)),
    "identity": np.ones_like,
    "softplus": logistic,
    "elu": lambda z: np.where(z > 0, z.dtype.type(1), np.exp(z)),
    "silu": lambda z: logistic(z) + z * logistic(z) * (1 - logistic(z)),
    "gelu": lambda z: phi(z) + z * bell(z),
}

ELEMENTWISE = tuple(SLOPE)
CANCELLED = {
    ("binary_cross_entropy", "sigmoid"),
    ("cross_entropy", "sigmoid"),
    ("cross_entropy", "softmax"),
}
"""Cost and output activation whose δ(L) has no σ′ left in it."""


@dataclass
class Student:
    """The computation so far."""

    W: dict[int, Array]
    b: dict[int, Array]
    names: dict[int, str]
    cost: str
    y: list[Array]
    L: int
    N: int
    number: Any = None
    z: dict[int, list[Array]] = field(default_factory=dict)
    a: dict[int, list[Array]] = field(default_factory=dict)
    delta: dict[int, list[Array]] = field(default_factory=dict)
    total: Any = None
    by_biases: dict[int, Array] = field(default_factory=dict)
    by_weights: dict[int, Array] = field(default_factory=dict)

    def slope(self, l: int, i: int) -> Array:
        """σ′(z(l)) of example i."""
        need(self.names[l] != "softmax")
        return SLOPE[self.names[l]](self.z[l][i])

    def back(self, l: int, i: int) -> Array:
        """Wᵀ δ from the layer above."""
        return self.W[l + 1].T @ self.delta[l + 1][i]

    @property
    def cancelled(self) -> bool:
        return (self.cost, self.names[self.L]) in CANCELLED

    def by_output(self, i: int) -> Array:
        """∂C/∂a of example i."""
        a, y = self.a[self.L][i], self.y[i]
        if self.cost == "mean_squared_error":
            return a - y
        if self.cost == "cross_entropy":
            return -y / a
        return (1 - y) / (1 - a) - y / a


def weighted(s: Student, l: int, i: int) -> Array:
    return s.W[l] @ s.a[l - 1][i] + s.b[l]


def activated(s: Student, l: int, i: int) -> Array:
    return SIGMA[s.names[l]](s.z[l][i])


def costs(s: Student) -> list[Any]:
    """C₁ of each example."""
    found = []
    for a, y in zip(s.a[s.L], s.y, strict=True):
        if s.cost == "mean_squared_error":
            found.append(((y - a) ** 2).sum() / 2)
        elif s.cost == "cross_entropy":
            found.append(-(y[y != 0] * np.log(a[y != 0])).sum())
        else:
            on, off = y != 0, y != 1
            ones = (y[on] * np.log(a[on])).sum()
            found.append(-ones - ((1 - y[off]) * np.log(1 - a[off])).sum())
    return found


def average_cost(s: Student, l: int) -> Any:
    return sum(costs(s)) / s.N


def output_error(s: Student, l: int, i: int) -> Array:
    a, y = s.a[l][i], s.y[i]
    match s.cost, s.names[l]:
        case "binary_cross_entropy", "sigmoid":
            return a - y
        case "cross_entropy", "sigmoid":
            return y * (a - 1)
        case "cross_entropy", "softmax":
            return a * y.sum() - y
        case _, "softmax":
            jacobian = np.diag(a) - np.outer(a, a)
            return jacobian @ s.by_output(i)
    return s.by_output(i) * s.slope(l, i)


def hidden_error(s: Student, l: int, i: int) -> Array:
    return s.back(l, i) * s.slope(l, i)


def bias_gradient(s: Student, l: int) -> Array:
    return sum(s.delta[l][1:], s.delta[l][0]) / s.N


def outer(s: Student, l: int, i: int) -> Array:
    return np.outer(s.delta[l][i], s.a[l - 1][i])


def weight_gradient(s: Student, l: int) -> Array:
    return average_of(s, lambda i: outer(s, l, i))


def average_of(s: Student, term: Callable[[int], Array]) -> Array:
    total = term(0)
    for i in range(1, s.N):
        total = total + term(i)
    return total / s.N


RIGHT: dict[str, Slip] = {
    "z": weighted,
    "a": activated,
    "cost": average_cost,
    "BP1": output_error,
    "BP2": hidden_error,
    "BP3": bias_gradient,
    "BP4": weight_gradient,
}


def order(L: int) -> list[Place]:
    """Every step in the order of section 14."""
    up, down = range(1, L + 1), range(L, 0, -1)
    forward = [(step, l) for l in up for step in ("z", "a")]
    back = [("BP1" if l == L else "BP2", l) for l in down]
    return [*forward, ("cost", L), *back, *((step, l) for l in up for step in ("BP3", "BP4"))]


Keep = Callable[[Array], Array]


def started(exercise: Exercise, dtype: Any) -> Student:
    L = len(exercise.weights)
    W = {l: np.asarray(exercise.weights[l - 1], dtype=dtype) for l in range(1, L + 1)}
    b = {l: np.asarray(exercise.biases[l - 1], dtype=dtype) for l in range(1, L + 1)}
    names = dict(enumerate(exercise.activations, 1))
    y = [np.asarray(row, dtype=dtype) for row in exercise.targets]
    s = Student(W, b, names, exercise.cost, y, L, len(y))
    s.a[0] = [np.asarray(row, dtype=dtype) for row in exercise.inputs]
    return s


def worked(
    exercise: Exercise,
    wrong: Wrong | None = None,
    where: frozenset[Place] = frozenset(),
    number: float | None = None,
    dtype: Any = np.float64,
    keep: Keep = lambda x: x,
) -> dict[Key, Array]:
    """Everything the student writes down, by quantity and layer. Raises NotHere, or numpy's shape
    errors, where the mistake cannot be made; `keep` is how numbers are stored."""
    s = started(exercise, dtype)
    s.number = None if number is None else s.b[1].dtype.type(number)
    if wrong is not None and wrong.activation:
        for _, l in where:
            need(s.names[l] not in (wrong.activation, "softmax"))
            s.names[l] = wrong.activation
    with np.errstate(all="ignore"):
        for place in order(s.L):
            slip = wrong.steps.get(place[0]) if wrong is not None and place in where else None
            carry_out(s, place, slip or RIGHT[place[0]], keep)
    return written_down(s)


def carry_out(s: Student, place: Place, step: Slip, keep: Keep) -> None:
    name, l = place
    if name == "cost":
        s.total = keep(step(s, l))
    elif name in ("BP3", "BP4"):
        result, shape = (
            keep(np.asarray(step(s, l))),
            s.b[l].shape if name == "BP3" else s.W[l].shape,
        )
        need(result.shape == shape)
        (s.by_biases if name == "BP3" else s.by_weights)[l] = result
    else:
        rows = {"z": s.z, "a": s.a}.get(name, s.delta)
        rows[l] = [keep(step(s, l, i)) for i in range(s.N)]
        need(all(row.shape == s.b[l].shape for row in rows[l]))


def written_down(s: Student) -> dict[Key, Array]:
    found: dict[Key, Array] = {("cost", s.L): np.asarray(s.total, dtype=np.float64)}
    for l in range(1, s.L + 1):
        for quantity, rows in (("z", s.z), ("a", s.a), ("delta", s.delta)):
            found[quantity, l] = np.array(rows[l], dtype=np.float64)
        found["bias_gradients", l] = np.asarray(s.by_biases[l], dtype=np.float64)
        found["weight_gradients", l] = np.asarray(s.by_weights[l], dtype=np.float64)
    return found


def activation_then_bias(s: Student, l: int, i: int) -> Array:
    return SIGMA[s.names[l]](s.W[l] @ s.a[l - 1][i]) + s.b[l]


def weights_other_way(s: Student, l: int, i: int) -> Array:
    need(s.W[l].shape[0] == s.W[l].shape[1])
    return s.W[l].T @ s.a[l - 1][i] + s.b[l]


def cost_of_whole_square(s: Student, l: int) -> Any:
    need(s.cost == "mean_squared_error")
    return sum(((y - a) ** 2).sum() for a, y in zip(s.a[l], s.y, strict=True)) / s.N


def slope_in_output_error(slope: Slip) -> Slip:
    """∂C/∂a ⊙ (a wrong slope), where δ(L) has a slope in it at all."""

    def step(s: Student, l: int, i: int) -> Array:
        need(not s.cancelled and s.names[l] != "softmax")
        return s.by_output(i) * slope(s, l, i)

    return step


def slope_in_hidden_error(slope: Slip) -> Slip:
    return lambda s, l, i: s.back(l, i) * slope(s, l, i)


def wrong_slope(slug: str, slope: Slip) -> Wrong:
    return Wrong(slug, {"BP1": slope_in_output_error(slope), "BP2": slope_in_hidden_error(slope)})


def bare_output_error(s: Student, l: int, i: int) -> Array:
    need(not s.cancelled)
    return s.by_output(i)


def output_error_with_slope(s: Student, l: int, i: int) -> Array:
    need(s.cancelled)
    a = s.a[l][i]
    return output_error(s, l, i) * a * (1 - a)


def output_error_without_target(s: Student, l: int, i: int) -> Array:
    a = s.a[l][i]
    if s.cancelled:
        return a
    need(s.cost == "mean_squared_error")
    if s.names[l] == "softmax":
        return a * a - a * (a @ a)
    return a * s.slope(l, i)


def output_error_diagonal(s: Student, l: int, i: int) -> Array:
    need(s.names[l] == "softmax")
    a = s.a[l][i]
    return np.diag(np.diag(np.diag(a) - np.outer(a, a))) @ s.by_output(i)


def only_for(names: tuple[str, ...], formula: Callable[[Array, Array], Array]) -> Slip:
    """A formula in z and a that people write on these activations."""

    def slope(s: Student, l: int, i: int) -> Array:
        need(s.names[l] in names)
        return formula(s.z[l][i], s.a[l][i])

    return slope


def not_for(names: tuple[str, ...], formula: Callable[[Array, Array], Array]) -> Slip:
    def slope(s: Student, l: int, i: int) -> Array:
        need(s.names[l] not in names)
        return formula(s.z[l][i], s.a[l][i])

    return slope


def next_slope(s: Student, l: int, i: int) -> Array:
    need(len(s.z[l + 1][i]) == len(s.z[l][i]))
    return s.slope(l + 1, i)


def own_slope_at_next(s: Student, l: int, i: int) -> Array:
    need(len(s.z[l + 1][i]) == len(s.z[l][i]))
    return SLOPE[s.names[l]](s.z[l + 1][i])


def slope_by_error(s: Student, l: int, i: int) -> Array:
    need(s.names[l] in ("relu", "leaky_relu"))
    return SLOPE[s.names[l]](s.back(l, i))


def through_wrong_weights(weights: Callable[[Student, int], Array]) -> Slip:
    def step(s: Student, l: int, i: int) -> Array:
        W = weights(s, l)
        need(W.shape == (len(s.delta[l + 1][i]), len(s.z[l][i])))
        return W.T @ s.delta[l + 1][i] * s.slope(l, i)

    return step


def updated_weights(s: Student, l: int) -> Array:
    step = sum(np.outer(d, a) for d, a in zip(s.delta[l + 1], s.a[l], strict=True)) / s.N
    return s.W[l + 1] - s.number * step


def errors_without_weights(s: Student, l: int, i: int) -> Array:
    return s.delta[l + 1][i].sum() * s.slope(l, i)


def single_path(k: int) -> Slip:
    def step(s: Student, l: int, i: int) -> Array:
        delta = s.delta[l + 1][i]
        need(len(delta) > 1)
        return s.W[l + 1][k, :] * delta[k] * s.slope(l, i)

    return step


def mean_path(s: Student, l: int, i: int) -> Array:
    return s.back(l, i) / len(s.delta[l + 1][i]) * s.slope(l, i)


def output_error_again(s: Student, l: int, i: int) -> Array:
    need(l + 1 < s.L and len(s.b[l + 1]) == len(s.b[s.L]))
    return s.W[l + 1].T @ s.delta[s.L][i] * s.slope(l, i)


def bias_over_neurons(s: Student, l: int) -> Array:
    return np.array([d.mean() for d in s.delta[l]], dtype=s.b[l].dtype)


def bias_over_all(s: Student, l: int) -> Array:
    return np.full_like(s.b[l], np.mean([d.mean() for d in s.delta[l]]))


def bias_with(factor: Callable[[Student, int, int], Array]) -> Slip:
    def step(s: Student, l: int) -> Array:
        return average_of(s, lambda i: s.delta[l][i] * factor(s, l, i))

    return step


def outer_of(
    left: Callable[[Student, int, int], Array], right: Callable[[Student, int, int], Array]
) -> Slip:
    """The average of left rightᵀ."""

    def step(s: Student, l: int) -> Array:
        return average_of(s, lambda i: np.outer(left(s, l, i), right(s, l, i)))

    return step


def delta(s: Student, l: int, i: int) -> Array:
    return s.delta[l][i]


def before(s: Student, l: int, i: int) -> Array:
    return s.a[l - 1][i]


def z_before(s: Student, l: int, i: int) -> Array:
    need(l > 1)
    return s.z[l - 1][i]


def data(s: Student, l: int, i: int) -> Array:
    need(l > 1)
    return s.a[0][i]


def delta_above(s: Student, l: int, i: int) -> Array:
    need(l < s.L)
    return s.delta[l + 1][i]


def poured(s: Student, l: int) -> Array:
    n, m = s.W[l].shape
    need(n != m and min(n, m) > 1)
    return outer_of(before, delta)(s, l).reshape(n, m)


def limited(step: Slip) -> Slip:
    return lambda s, l: np.minimum(np.maximum(step(s, l), -s.number), s.number)


def example_only(i: int, divided: bool) -> dict[str, Slip]:
    def share(s: Student) -> int:
        return s.N if divided else 1

    return {
        "BP3": lambda s, l: s.delta[l][i] / share(s),
        "BP4": lambda s, l: outer(s, l, i if i >= 0 else s.N + i) / share(s),
    }


def never_reset(term: Slip) -> Slip:
    """The running sum, which should have started anew with each example, is added each time."""

    def step(s: Student, l: int) -> Array:
        running = term(s, l, 0)
        total = running
        for i in range(1, s.N):
            running = running + term(s, l, i)
            total = total + running
        return total / s.N

    return step


def slips() -> Iterator[Wrong]:
    """Every slug that replaces an equation, in every variant."""
    yield Wrong("bias-forgotten", {"z": lambda s, l, i: s.W[l] @ s.a[l - 1][i]})
    yield Wrong(
        "bias-after-activation",
        {"z": lambda s, l, i: s.W[l] @ s.a[l - 1][i], "a": activation_then_bias},
    )
    yield Wrong("weights-transposed-forward", {"z": weights_other_way})
    yield Wrong("activation-skipped", {"a": lambda s, l, i: s.z[l][i]})
    yield Wrong("activation-skipped", {}, activation="identity")
    for name in ELEMENTWISE:
        if name != "identity":
            yield Wrong("other-activation", {}, activation=name)
    yield from cost_slips()
    yield from output_slips()
    yield from slope_slips()
    yield from hidden_slips()
    yield from bias_slips()
    yield from weight_slips()
    yield from batch_slips()


def cost_slips() -> Iterator[Wrong]:
    yield Wrong("cost-without-half", {"cost": cost_of_whole_square})
    yield Wrong("cost-summed", {"cost": lambda s, l: sum(costs(s))})
    yield Wrong(
        "cost-averaged-over-outputs", {"cost": lambda s, l: average_cost(s, l) / len(s.b[l])}
    )


def output_slips() -> Iterator[Wrong]:
    yield Wrong("output-derivative-missing", {"BP1": bare_output_error})
    yield Wrong("output-derivative-extra", {"BP1": output_error_with_slope})
    yield Wrong("output-sign-flipped", {"BP1": lambda s, l, i: -output_error(s, l, i)})
    yield Wrong("output-factor-two", {"BP1": lambda s, l, i: 2 * output_error(s, l, i)})
    yield Wrong(
        "output-averaged-over-outputs",
        {"BP1": lambda s, l, i: output_error(s, l, i) / len(s.b[l])},
    )
    yield Wrong("output-target-forgotten", {"BP1": output_error_without_target})
    yield Wrong("softmax-elementwise", {"BP1": output_error_diagonal})


def slope_slips() -> Iterator[Wrong]:
    yield wrong_slope("derivative-at-activation", lambda s, l, i: SLOPE[s.names[l]](s.a[l][i]))
    yield wrong_slope("derivative-twice", lambda s, l, i: s.slope(l, i) ** 2)
    yield wrong_slope("activation-for-derivative", lambda s, l, i: SIGMA[s.names[l]](s.z[l][i]))
    for names, formula in FORMULAS:
        yield wrong_slope("derivative-formula", only_for(names, formula))
    yield wrong_slope(
        "derivative-of-other-activation", not_for(("sigmoid", "softmax"), lambda z, a: a * (1 - a))
    )
    yield wrong_slope(
        "derivative-of-other-activation", not_for(("tanh", "softmax"), lambda z, a: 1 - a**2)
    )
    for name in ELEMENTWISE:
        if name != "identity":
            yield wrong_slope("derivative-of-other-activation", other_slope(name))


FORMULAS: tuple[tuple[tuple[str, ...], Callable[[Array, Array], Array]], ...] = (
    (("sigmoid",), lambda z, a: a * (1 + a)),
    (("sigmoid",), lambda z, a: z * (1 - z)),
    (("sigmoid", "tanh", "softplus", "elu"), lambda z, a: 1 - a),
    (("tanh",), lambda z, a: 1 - z**2),
    (("tanh",), lambda z, a: 1 + a**2),
    (("relu", "leaky_relu"), lambda z, a: np.sign(z)),
)


def other_slope(name: str) -> Slip:
    return not_for((name, "softmax"), lambda z, a: SLOPE[name](z))


def hidden_slips() -> Iterator[Wrong]:
    yield Wrong("derivative-missing", {"BP2": lambda s, l, i: s.back(l, i)})
    yield Wrong("derivative-of-next-layer", {"BP2": slope_in_hidden_error(next_slope)})
    yield Wrong("derivative-of-next-layer", {"BP2": slope_in_hidden_error(own_slope_at_next)})
    yield Wrong("derivative-at-error", {"BP2": slope_in_hidden_error(slope_by_error)})
    yield Wrong("weights-not-transposed", {"BP2": through_wrong_weights(lambda s, l: s.W[l + 1].T)})
    yield Wrong("weights-of-this-layer", {"BP2": through_wrong_weights(lambda s, l: s.W[l])})
    yield Wrong(
        "weights-already-updated", {"BP2": through_wrong_weights(updated_weights)}, needs="rate"
    )
    yield Wrong("weights-forgotten", {"BP2": errors_without_weights})
    yield Wrong("one-path-only", {"BP2": single_path(0)})
    yield Wrong("one-path-only", {"BP2": single_path(-1)})
    yield Wrong("paths-averaged", {"BP2": mean_path})
    yield Wrong("back-sign-flipped", {"BP2": lambda s, l, i: -hidden_error(s, l, i)})
    yield Wrong("output-error-reused", {"BP2": output_error_again})


def bias_slips() -> Iterator[Wrong]:
    yield Wrong("bias-gradient-summed", {"BP3": lambda s, l: bias_gradient(s, l) * s.N})
    yield Wrong("bias-gradient-averaged-twice", {"BP3": lambda s, l: bias_gradient(s, l) / s.N})
    yield Wrong("bias-gradient-over-neurons", {"BP3": bias_over_neurons})
    yield Wrong("bias-gradient-over-neurons", {"BP3": bias_over_all})
    yield Wrong("bias-gradient-times-bias", {"BP3": bias_with(lambda s, l, i: s.b[l])})
    yield Wrong("bias-gradient-times-activation", {"BP3": bias_with(lambda s, l, i: s.a[l][i])})
    yield Wrong("bias-gradient-zero", {"BP3": lambda s, l: np.zeros_like(s.b[l])})


def weight_slips() -> Iterator[Wrong]:
    yield Wrong("outer-product-transposed", {"BP4": outer_of(before, delta)})
    yield Wrong("outer-product-transposed", {"BP4": poured})
    yield Wrong("own-activation", {"BP4": outer_of(delta, lambda s, l, i: s.a[l][i])})
    yield Wrong("weighted-input-for-activation", {"BP4": outer_of(delta, z_before)})
    yield Wrong("error-of-next-layer", {"BP4": outer_of(delta_above, before)})
    yield Wrong("input-for-activation", {"BP4": outer_of(delta, data)})
    yield Wrong("weight-gradient-summed", {"BP4": lambda s, l: weight_gradient(s, l) * s.N})
    yield Wrong("weight-gradient-averaged-twice", {"BP4": lambda s, l: weight_gradient(s, l) / s.N})
    yield Wrong(
        "derivative-again-in-weight-gradient",
        {"BP4": outer_of(lambda s, l, i: s.delta[l][i] * s.slope(l, i), before)},
    )
    yield Wrong("weight-gradient-sign-flipped", {"BP4": lambda s, l: -weight_gradient(s, l)})
    yield Wrong(
        "regularised",
        {"BP4": lambda s, l: weight_gradient(s, l) + s.number * s.W[l]},
        needs="strength",
    )


def batch_slips() -> Iterator[Wrong]:
    yield Wrong(
        "clipped", {"BP3": limited(bias_gradient), "BP4": limited(weight_gradient)}, needs="limit"
    )
    for slug, i in (("first-example-only", 0), ("last-example-only", -1)):
        for divided in (False, True):
            yield Wrong(slug, example_only(i, divided))
    yield Wrong("accumulated-over-examples", {"BP3": never_reset(delta), "BP4": never_reset(outer)})
    yield Wrong(
        "step-instead-of-gradient",
        {
            "BP3": lambda s, l: s.number * bias_gradient(s, l),
            "BP4": lambda s, l: s.number * weight_gradient(s, l),
        },
        needs="rate",
    )
    yield Wrong(
        "step-instead-of-gradient",
        {
            "BP3": lambda s, l: s.b[l] - s.number * bias_gradient(s, l),
            "BP4": lambda s, l: s.W[l] - s.number * weight_gradient(s, l),
        },
        needs="rate",
    )


SLIPS: tuple[Wrong, ...] = tuple(slips())

CANNOT = (NotHere, ValueError, IndexError, KeyError)
"""What `worked` raises where a slip cannot be made."""


def can_stand(exercise: Exercise, wrong: Wrong) -> list[Place]:
    """The places where this slip can be made on its own."""
    L = len(exercise.weights)
    if wrong.activation:
        layers = [l for l, name in enumerate(exercise.activations, 1)]
        places = [("a", l) for l in layers if exercise.activations[l - 1] != "softmax"]
        return [p for p in places if exercise.activations[p[1] - 1] != wrong.activation]
    return [p for p in order(L) if p[0] in wrong.steps and stands(exercise, wrong, p)]


def stands(exercise: Exercise, wrong: Wrong, place: Place) -> bool:
    try:
        worked(exercise, wrong, frozenset({place}), 0.5 if wrong.needs else None)
    except CANNOT:
        return False
    return True


def place_sets(wrong: Wrong, places: list[Place]) -> list[frozenset[Place]]:
    """Everywhere; in one equation everywhere; in one layer."""
    chosen = [frozenset(places)]
    if "z" not in wrong.steps or "a" not in wrong.steps:
        chosen += [frozenset(p for p in places if p[0] == step) for step in EQUATION]
    last = max((l for _, l in places), default=0)
    if {step for step, _ in places} <= {"z", "a"}:
        chosen.append(frozenset(p for p in places if p[1] < last))
    chosen += [frozenset(p for p in places if p[1] == l) for l in {l for _, l in places}]
    return [places for places in dict.fromkeys(chosen) if places]


def equation_of(where: frozenset[Place]) -> str:
    """The contract's name of the equation that the computation meets first."""
    steps = list(EQUATION)
    return EQUATION[min((step for step, _ in where), key=steps.index)]


def layers_of(where: frozenset[Place]) -> tuple[int, ...]:
    return tuple(sorted({l for _, l in where}))
