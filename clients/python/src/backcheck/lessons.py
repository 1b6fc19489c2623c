"""What the lesson endpoints answer: the chapter's figures on one's own network.

Attributes are named as the JSON; layers count from 1 and neurons from 0, in pointers all from 0.
An `Expression` is the same formula as plain text, LaTeX and MathML.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from backcheck.arrays import Array
from backcheck.reading import Answer, Layers
from backcheck.results import Operations


@dataclass(frozen=True)
class Expression:
    """A formula in three notations; `mathml` is nested lists: tag, attributes, children."""

    text: str
    latex: str
    mathml: Any = ()

    def __str__(self) -> str:
        return self.text

    def _repr_latex_(self) -> str:
        return f"${self.latex}$"


@dataclass(frozen=True, eq=False)
class Address(Answer):
    """One place in a network, named in every way."""

    at: str
    quantity: str
    layer: int
    neuron: int | None
    source: int | None
    example: int | None
    sentence: str
    symbol: str
    latex: str
    mathml: Any = ()


@dataclass(frozen=True, eq=False)
class Operand:
    """What a step takes or gives; `at` is where it stands in the request or the gradients."""

    symbol: str
    latex: str
    at: str | None
    value: Array


@dataclass(frozen=True, eq=False)
class Step:
    """One equation for one layer, worked out."""

    equation: str
    name: str
    layer: int
    sentence: str
    formula: Expression
    entry: Expression
    operands: tuple[Operand, ...]
    result: Operand

    def __repr__(self) -> str:
        """The formula, and where it stands."""
        return f"<Step: {self.equation}, layer {self.layer}: {self.formula}>"


@dataclass(frozen=True, eq=False)
class CostTerms:
    """C = 1/N Σ_i constant · Σ_j terms_ij."""

    cost: float
    constant: float
    examples: int
    terms: Array
    by_example: Array


@dataclass(frozen=True, eq=False)
class Steps(Answer):
    """The whole computation in the order in which it is done."""

    network: Expression
    steps: tuple[Step, ...]
    cost_terms: CostTerms


@dataclass(frozen=True)
class Term:
    """A part of an equation, and what it amounts to."""

    text: str
    latex: str
    value: float


@dataclass(frozen=True)
class Ingredient:
    """A number that another one is made of."""

    at: str
    symbol: str
    sentence: str
    value: float


@dataclass(frozen=True, eq=False)
class Origin(Answer):
    """Where one number comes from: `value` is `times` (if any) times the sum of the terms."""

    at: str
    symbol: str
    sentence: str
    value: float
    equation: Expression
    numbers: Expression
    times: Term | None
    terms: tuple[Term, ...]
    ingredients: tuple[Ingredient, ...]

    def __repr__(self) -> str:
        """The equation with its numbers in."""
        return f"<Origin: {self.numbers}>"


@dataclass(frozen=True)
class Factor:
    """One factor of the chain rule; `shared`: it is part of a δ that other parameters use too."""

    symbol: str
    value: float
    latex: str = ""
    shared: bool = False
    part_of: str | None = None
    sentence: str = ""


@dataclass(frozen=True)
class Path:
    """One way from the parameter's neuron to the output: (layer, neuron), and its product."""

    neurons: tuple[tuple[int, ...], ...]
    product: float
    factors: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Derivation(Answer):
    """The chain-rule walk to one parameter; the sum over all paths is its gradient."""

    at: str
    symbol: str
    gradient: float
    factors: tuple[Factor, ...] = ()
    paths: tuple[Path, ...] = ()
    path_count: str = "0"
    active_count: str = "0"
    listed: int = 0
    sum: float | None = None
    equation: Expression | None = None

    def __repr__(self) -> str:
        """What it is, without its factors."""
        return f"<Derivation: {self.symbol} = {self.gradient:.6g}, {self.path_count} paths>"


@dataclass(frozen=True, eq=False)
class Paths(Answer):
    """The strongest paths from one number to a later one, and the sum over all."""

    symbol: str
    sentence: str
    paths: tuple[Path, ...]
    path_count: str
    active_count: str
    listed: int
    sum: float

    def __repr__(self) -> str:
        """The derivative, and over how many paths it is the sum."""
        return f"<Paths: {self.symbol} = {self.sum:.6g}, {self.path_count} paths>"


@dataclass(frozen=True, eq=False)
class Jacobian:
    """∂ outputs / ∂ inputs; `values` is the diagonal alone where `diagonal`."""

    symbol: str
    latex: str
    formula: Expression
    shape: tuple[int, ...]
    diagonal: bool
    norm: float
    values: Array
    outputs: tuple[str, ...]
    inputs: tuple[str, ...]

    @property
    def matrix(self) -> Array:
        """All the entries, rows outputs and columns inputs."""
        return np.diag(self.values) if self.diagonal else self.values

    def __repr__(self) -> str:
        """What it is the Jacobian of, and its shape."""
        m, n = self.shape
        return f"<Jacobian: {self.symbol}, {m} × {n}>"


@dataclass(frozen=True, eq=False)
class LayerJacobians:
    """∂a(l)/∂z(l), ∂z(l)/∂a(l−1), and the running product ∂a(L)/∂a(l−1)."""

    layer: int
    activation: Jacobian
    weighted_sum: Jacobian
    running: Jacobian


@dataclass(frozen=True)
class Order:
    """One way to put the parentheses, and the multiplications that it takes."""

    parentheses: str
    multiplications: int


@dataclass(frozen=True)
class Orders:
    """What each order of multiplying the chain costs."""

    backward: int
    forward: int
    cheapest: int | None
    every: tuple[Order, ...]


@dataclass(frozen=True)
class Chain:
    """The shapes of the chain of Jacobians from the cost to the input."""

    shapes: tuple[tuple[int, ...], ...]
    sentence: str


@dataclass(frozen=True, eq=False)
class Jacobians(Answer):
    """Every layer's Jacobians, and what multiplying them costs."""

    layers: tuple[LayerJacobians, ...]
    cost: Jacobian | None
    chain: Chain
    orders: Orders


@dataclass(frozen=True, eq=False)
class Operation:
    """One small operation of a layer, and its Jacobian by each operand."""

    name: str
    sentence: str
    expression: Expression
    jacobians: tuple[Jacobian, ...]


@dataclass(frozen=True, eq=False)
class OperationJacobians(Answer):
    """The small operations of a layer in the order in which they are computed."""

    layer: int
    neuron: int
    operations: tuple[Operation, ...]


@dataclass(frozen=True, eq=False)
class OuterProduct(Answer):
    """∂C/∂W(l) = δ(l) a(l−1)ᵀ: `table` from `column` and `row`."""

    layer: int
    at: str
    symbol: str
    sentence: str
    formula: Expression
    column: Array
    row: Array
    table: Array
    column_labels: tuple[str, ...]
    row_labels: tuple[str, ...]


@dataclass(frozen=True)
class Unit:
    """A neuron: layers count from 1, neurons from 0."""

    layer: int
    neuron: int


@dataclass(frozen=True, eq=False)
class ActivationCurve:
    """σ and σ′ to plot."""

    activation: str
    z: Array
    a: Array
    slope: Array
    largest_slope: float


@dataclass(frozen=True, eq=False)
class LayerUnits:
    """Where a layer's units sit on σ; `states` are active, saturated or dead."""

    layer: int
    activation: str
    z: Array
    a: Array
    slopes: Array
    states: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Units(Answer):
    """The curves, the units on them, and which of them learn slowly or not at all."""

    saturation: float
    curves: tuple[ActivationCurve, ...]
    layers: tuple[LayerUnits, ...]
    dead: tuple[Unit, ...]
    saturated: tuple[Unit, ...]
    sentence: str


@dataclass(frozen=True)
class LayerNorm:
    """‖δ(l)‖ = ‖δ(l+1)‖ · weights_factor · slopes_factor."""

    layer: int
    delta_norm: float
    weights_factor: float | None
    slopes_factor: float | None
    ratio: float | None


@dataclass(frozen=True, eq=False)
class Magnitudes(Answer):
    """How the error grows or shrinks on its way back."""

    layers: tuple[LayerNorm, ...]
    first_to_last: float | None
    trend: str
    throttling_layer: int | None
    because: str | None
    sentence: str


@dataclass(frozen=True)
class OperationsPoint:
    """The counts for layers that are all alike."""

    width: int
    depth: int
    forward: int
    backprop: int
    naive: int
    finite_difference: int


@dataclass(frozen=True, eq=False)
class OperationCounts(Answer):
    """How many operations each way takes, for these sizes and as curves."""

    layer_sizes: tuple[int, ...]
    examples: int
    parameters: int
    counts: Operations
    naive_to_backprop: float
    by_width: tuple[OperationsPoint, ...]
    by_depth: tuple[OperationsPoint, ...]


@dataclass(frozen=True)
class BothWays:
    """One entry by the slow way and by backpropagation."""

    at: str
    slow: float
    backprop: float
    difference: float
    bound: float


@dataclass(frozen=True, eq=False)
class BothGradients:
    """The gradients by one of the ways."""

    bias_gradients: Layers
    weight_gradients: Layers


@dataclass(frozen=True, eq=False)
class Comparison(Answer):
    """The slow way beside backpropagation."""

    agrees: bool
    parameters: int
    worst: BothWays
    slow: BothGradients
    backprop: BothGradients
    sentence: str


@dataclass(frozen=True, eq=False)
class CostCurve:
    """The cost along one parameter; NaN where it overflows."""

    values: Array
    costs: Array


@dataclass(frozen=True)
class Difference:
    """(C(θ+h) − C(θ−h)) / 2h with one step, and how far it is from the gradient."""

    step: float
    estimate: float
    error: float


@dataclass(frozen=True, eq=False)
class Curve(Answer):
    """The cost along a parameter, and the V of its differences."""

    at: str
    symbol: str
    value: float
    gradient: float
    costs: CostCurve
    steps: tuple[Difference, ...]
    best: Difference | None


@dataclass(frozen=True)
class Progress:
    """How far a run of gradient descent is: the cost after so many of its epochs."""

    epoch: int
    epochs: int
    cost: float


@dataclass(frozen=True, eq=False)
class Update(Answer):
    """Where gradient descent leads; `costs` along the way, after the epochs in `cost_epochs`."""

    weights: Layers
    biases: Layers
    cost_before: float
    cost_after: float
    costs: Array
    cost_epochs: tuple[int, ...] = ()

    def __repr__(self) -> str:
        """How far the cost went down."""
        return f"<Update: cost {self.cost_before:.6g} → {self.cost_after:.6g}>"
