"""The catalogue: slug, what is computed instead, in which equations, said to a student.

A mistake has one or more *variants*, the ways in which people write it. A variant replaces
equations by name, and stands at *places* (equation, layer). To add a mistake: write its function
beside its kin, add a row here, and the tests, coverage, challenges and docs pick it up.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.activations import ACTIVATIONS
from core.backprop import bp3, bp4
from core.verdict.mistakes import errors, forward, gradients, slopes
from core.verdict.mistakes.slopes import Slope

EquationName = Literal["weighted_input", "activation", "cost", "bp1", "bp2", "bp3", "bp4"]
Mistaken = Callable[..., Any]

EQUATION_OF: dict[str, str] = {
    "weighted_input": "forward",
    "activation": "forward",
    "cost": "cost",
    "bp1": "BP1",
    "bp2": "BP2",
    "bp3": "BP3",
    "bp4": "BP4",
}
"""The contract's name of each replaceable function, in the order of the computation."""


@dataclass(frozen=True)
class Variant:
    """One way to make a mistake.

    `equations`: the mistaken functions by name. `activation`: another σ in forward and backward
    alike. `parameter`: the name of a number that the mistake contains and that has to be found.
    `told`: explanation and remedy, where this way wants other words than the mistake as a whole.
    """

    equations: Mapping[str, Mistaken]
    activation: str | None = None
    parameter: Literal["rate", "strength", "limit"] | None = None
    told: tuple[str, str] | None = None


@dataclass(frozen=True)
class Mistake:
    """A slug of the catalogue; `instead`: what is computed; the rest is said to students."""

    slug: str
    where: str
    instead: str
    explanation: str
    remedy: str
    variants: tuple[Variant, ...]


def one(**equations: Mistaken) -> tuple[Variant, ...]:
    """A mistake with a single variant."""
    return (Variant(equations),)


def slope(*wrong: Slope) -> tuple[Variant, ...]:
    """σ′ replaced in BP1 and BP2."""
    return tuple(Variant({"bp1": errors.bp1_with(s), "bp2": errors.bp2_with(s)}) for s in wrong)


def one_example(number: int) -> tuple[Variant, ...]:
    """The gradients of one example, as they are or still divided by N."""
    bias, weight = gradients.bias_of_example(number), gradients.weight_of_example(number)
    return (
        Variant({"bp3": bias, "bp4": weight}),
        Variant({"bp3": gradients.over_examples(bias), "bp4": gradients.over_examples(weight)}),
    )


PATHS_MAX = 16  # neurons of the next layer of which each is tried; of more, these and the last

SIGMA = "δ(l) = (W(l+1)ᵀ δ(l+1)) ⊙ σ′(z(l))"
BP1 = "δ(L) = ∇ₐC ⊙ σ′(z(L))"
BP3 = "∂C/∂b(l) = δ(l), averaged over the examples"
BP4 = "∂C/∂W(l) = δ(l) a(l−1)ᵀ, averaged over the examples"
FORWARD = "z(l) = W(l) a(l−1) + b(l), a(l) = σ(z(l))"

FORWARD_MISTAKES = (
    Mistake(
        "bias-forgotten", "forward", "z = W a",
        "The bias was not added: z is W a alone.",
        f"Add b(l): {FORWARD}.",
        one(weighted_input=forward.bias_forgotten),
    ),
    Mistake(
        "bias-after-activation", "forward", "a = σ(W a) + b",
        "The bias was added after the activation instead of before it.",
        f"Add b(l) to the weighted sum, then apply σ: {FORWARD}.",
        one(weighted_input=forward.bias_forgotten, activation=forward.bias_after_activation),
    ),
    Mistake(
        "weights-transposed-forward", "forward", "z = Wᵀ a (square W)",
        "The weighted sum was taken over the columns of W: Wᵀ a instead of W a.",
        f"Row j of W holds the weights into neuron j: {FORWARD}.",
        one(weighted_input=forward.weights_transposed),
    ),
    Mistake(
        "activation-skipped", "forward", "a = z in one layer (often the output)",
        "The activation was not applied: a is z itself.",
        f"Apply σ to every weighted input: {FORWARD}.",
        (
            Variant({"activation": forward.activation_skipped}),
            Variant({}, activation="identity"),
        ),
    ),
    Mistake(
        "other-activation", "forward", "another σ in forward and backward alike",
        "Another activation was used than the one asked for, forward and backward alike.",
        "Use the activation that the network names for this layer.",
        tuple(
            Variant({}, activation=name)
            for name in ACTIVATIONS
            if name not in ("identity", "softmax")
        ),
    ),
)  # fmt: skip

COST_MISTAKES = (
    Mistake(
        "cost-without-half", "cost", "Σ‖y−a‖²/N",
        "The ½ of the mean squared error is missing, so the cost is twice as large.",
        "C = 1/(2N) Σ‖y − a(L)‖².",
        one(cost=forward.cost_without_half),
    ),
    Mistake(
        "cost-summed", "cost", "no 1/N",
        "The costs of the examples were added up, not averaged.",
        "Divide by the number of examples N.",
        one(cost=forward.cost_summed),
    ),
    Mistake(
        "cost-averaged-over-outputs", "cost", "also divided by n_L",
        "The cost was also averaged over the outputs.",
        "Sum over the outputs; divide by the number of examples N only.",
        one(cost=forward.cost_averaged_over_outputs),
    ),
)  # fmt: skip

BP1_MISTAKES = (
    Mistake(
        "output-derivative-missing", "BP1", "δ = a − y",
        "σ′(z) is missing in the output error.",
        f"Multiply by σ′(z(L)): {BP1}.",
        one(bp1=errors.output_derivative_missing),
    ),
    Mistake(
        "output-derivative-extra", "BP1", "(a − y) ⊙ σ′ for cross-entropy",
        "σ′(z) was multiplied in once too often: with the cross-entropy it has cancelled already.",
        "With cross-entropy and its own activation, δ(L) = a(L) − y.",
        one(bp1=errors.output_derivative_extra),
    ),
    Mistake(
        "output-sign-flipped", "BP1", "(y − a) ⊙ σ′",
        "The output error has the wrong sign: y − a instead of a − y.",
        f"∂C/∂a = a − y: {BP1}.",
        one(bp1=errors.output_sign_flipped),
    ),
    Mistake(
        "output-factor-two", "BP1", "2(a − y) ⊙ σ′",
        "The output error is twice as large: the 2 of the square was not cancelled by the ½.",
        "The ½ in C cancels the 2 of the square: ∂C/∂a = a − y.",
        one(bp1=errors.output_factor_two),
    ),
    Mistake(
        "output-averaged-over-outputs", "BP1", "divided by n_L",
        "The output error was divided by the number of outputs.",
        f"No division by n_L: {BP1}.",
        one(bp1=errors.output_averaged_over_outputs),
    ),
    Mistake(
        "output-target-forgotten", "BP1", "a ⊙ σ′",
        "The target was not subtracted: the output error starts from a instead of a − y.",
        f"Start from a(L) − y: {BP1}.",
        one(bp1=errors.output_target_forgotten),
    ),
    Mistake(
        "softmax-elementwise", "BP1", "the diagonal of softmax's Jacobian only",
        "Softmax was differentiated entry by entry: a(1 − a), the diagonal of its Jacobian only.",
        "Every output of softmax depends on every z: use the full Jacobian, a_j([j = k] − a_k).",
        one(bp1=errors.softmax_elementwise),
    ),
)  # fmt: skip

SLOPE_MISTAKES = (
    Mistake(
        "derivative-at-activation", "BP1, BP2", "σ′(a) instead of σ′(z)",
        "σ′ was evaluated at the activation a instead of the weighted input z.",
        f"σ′ belongs at z: {SIGMA}.",
        slope(slopes.at_activation),
    ),
    Mistake(
        "derivative-twice", "BP1, BP2", "⊙ σ′ applied twice",
        "σ′(z) was multiplied in twice.",
        f"Once is enough: {SIGMA}.",
        slope(slopes.twice),
    ),
    Mistake(
        "activation-for-derivative", "BP1, BP2", "⊙ σ(z) instead of σ′(z)",
        "σ(z) was used where its derivative σ′(z) belongs.",
        f"Multiply by the derivative: {SIGMA}.",
        slope(slopes.activation_itself),
    ),
    Mistake(
        "derivative-formula", "BP1, BP2", "a usual wrong formula: a(1+a), 1−a, 1−z², 1+a², …",
        "The formula for σ′ is wrong.",
        "For the sigmoid σ′ = a(1 − a), for tanh 1 − a², for relu 1 where z > 0 and 0 elsewhere.",
        slope(*(slopes.wrong_formula(f, names) for f, names in slopes.WRONG_FORMULAS)),
    ),
    Mistake(
        "derivative-of-other-activation", "BP1, BP2",
        "sigmoid's formula on a tanh unit, and the like",
        "The derivative of another activation was used.",
        "Use the derivative of the activation that this layer really applies.",
        slope(
            slopes.sigmoid_formula,
            slopes.tanh_formula,
            *(slopes.derivative_of(n) for n in ACTIVATIONS if n not in ("identity", "softmax")),
        ),
    ),
)  # fmt: skip

BP2_MISTAKES = (
    Mistake(
        "derivative-missing", "BP2", "δ = Wᵀ δ⁺",
        "σ′(z) is missing in the error of a hidden layer.",
        f"Multiply by σ′(z(l)): {SIGMA}.",
        one(bp2=errors.derivative_missing),
    ),
    Mistake(
        "derivative-of-next-layer", "BP2", "σ′(z(l+1))",
        "σ′ was taken at the next layer's z.",
        f"σ′ belongs to the layer whose error it makes: {SIGMA}.",
        (
            Variant({"bp2": errors.bp2_with(slopes.of_next_layer)}),
            Variant({"bp2": errors.bp2_with(slopes.own_at_next)}),
        ),
    ),
    Mistake(
        "derivative-at-error", "BP2", "relu′ decided by the incoming error instead of z",
        "Whether a relu unit passes the error was decided by the error's sign instead of z's.",
        "relu′ asks for the sign of z(l), not of the incoming error.",
        one(bp2=errors.bp2_with(slopes.at_error)),
    ),
    Mistake(
        "weights-not-transposed", "BP2", "W δ⁺ (square W)",
        "The error was sent back through W instead of Wᵀ.",
        f"Transpose: {SIGMA}.",
        one(bp2=errors.weights_not_transposed),
    ),
    Mistake(
        "weights-of-this-layer", "BP2", "W(l) in place of W(l+1)",
        "The error was sent back through this layer's own weights.",
        f"The error comes back through the next layer's weights: {SIGMA}.",
        one(bp2=errors.weights_of_this_layer),
    ),
    Mistake(
        "weights-already-updated", "BP2", "W(l+1) − η ∂C/∂W(l+1)",
        "The next layer's weights had already been updated when the error went back through them.",
        "Compute every δ with the old weights, then update.",
        (Variant({"bp2": errors.weights_already_updated}, parameter="rate"),),
    ),
    Mistake(
        "weights-forgotten", "BP2", "δ⁺ summed over neurons without the weights",
        "The errors of the next layer were added up without their weights.",
        f"Weigh each error with w_kj: {SIGMA}.",
        one(bp2=errors.weights_forgotten),
    ),
    Mistake(
        "one-path-only", "BP2", "one downstream neuron instead of the sum over all",
        "Only one path back was followed: the error of one neuron of the next layer.",
        f"Sum over all neurons k of the next layer: {SIGMA}.",
        tuple(Variant({"bp2": errors.one_path_only(k)}) for k in (0, -1, *range(1, PATHS_MAX - 1))),
    ),
    Mistake(
        "paths-averaged", "BP2", "mean over k instead of sum",
        "The paths back were averaged instead of added up.",
        f"The chain rule sums over paths: {SIGMA}.",
        one(bp2=errors.paths_averaged),
    ),
    Mistake(
        "back-sign-flipped", "BP2", "−(Wᵀ δ⁺) ⊙ σ′",
        "The error of a hidden layer has the wrong sign.",
        f"No minus: {SIGMA}.",
        one(bp2=errors.back_sign_flipped),
    ),
    Mistake(
        "output-error-reused", "BP2", "δ(L) used again below instead of δ(l+1)",
        "The output's error was used again where the next layer's error belongs.",
        f"Go back one layer at a time: {SIGMA}.",
        one(bp2=errors.output_error_reused),
    ),
)  # fmt: skip

BP3_MISTAKES = (
    Mistake(
        "bias-gradient-summed", "BP3", "no 1/N",
        "The bias gradient was summed over the examples, not averaged.",
        f"Divide by N: {BP3}.",
        one(bp3=gradients.bias_summed),
    ),
    Mistake(
        "bias-gradient-averaged-twice", "BP3", "1/N²",
        "The bias gradient was divided by N twice.",
        f"Divide by N once: {BP3}.",
        one(bp3=gradients.bias_averaged_twice),
    ),
    Mistake(
        "bias-gradient-over-neurons", "BP3", "averaged over the wrong axis",
        "The bias gradient was averaged over the neurons instead of the examples.",
        f"One number a neuron, averaged over the examples: {BP3}.",
        (
            Variant({"bp3": gradients.bias_over_neurons}),
            Variant({"bp3": gradients.bias_over_everything}),
        ),
    ),
    Mistake(
        "bias-gradient-times-bias", "BP3", "δ ⊙ b",
        "The bias gradient was multiplied by the bias.",
        f"∂z/∂b = 1: {BP3}.",
        one(bp3=gradients.bias_times_bias),
    ),
    Mistake(
        "bias-gradient-times-activation", "BP3", "δ ⊙ a(l)",
        "The bias gradient was multiplied by the activation.",
        f"∂z/∂b = 1: {BP3}.",
        one(bp3=gradients.bias_times_activation),
    ),
    Mistake(
        "bias-gradient-zero", "BP3", "left at 0",
        "The bias gradient was left at 0.",
        f"Fill it in: {BP3}.",
        one(bp3=gradients.bias_zero),
    ),
)  # fmt: skip

BP4_MISTAKES = (
    Mistake(
        "outer-product-transposed", "BP4", "a δᵀ (square, or reshaped)",
        "The outer product is the wrong way round: a δᵀ instead of δ aᵀ.",
        f"Rows are destinations, columns sources: {BP4}.",
        (
            Variant({"bp4": gradients.outer_transposed}),
            Variant({"bp4": gradients.outer_reshaped}),
        ),
    ),
    Mistake(
        "own-activation", "BP4", "a(l) in place of a(l−1)",
        "The weight gradient used this layer's own activation.",
        f"A weight is multiplied by the activation that it receives, a(l−1): {BP4}.",
        one(bp4=gradients.own_activation),
    ),
    Mistake(
        "weighted-input-for-activation", "BP4", "z(l−1) in place of a(l−1)",
        "The weight gradient used z(l−1) where a(l−1) belongs.",
        f"What reaches the weight is a(l−1) = σ(z(l−1)): {BP4}.",
        one(bp4=gradients.weighted_input_for_activation),
    ),
    Mistake(
        "error-of-next-layer", "BP4", "δ(l+1) in place of δ(l)",
        "The weight gradient used the next layer's error.",
        f"Use the error of the neuron that the weight feeds, δ(l): {BP4}.",
        one(bp4=gradients.error_of_next_layer),
    ),
    Mistake(
        "input-for-activation", "BP4", "x in place of a(l−1)",
        "The weight gradient used the input x in a deeper layer.",
        f"Use the activation of the layer before, a(l−1): {BP4}.",
        one(bp4=gradients.input_for_activation),
    ),
    Mistake(
        "weight-gradient-summed", "BP4", "no 1/N",
        "The weight gradient was summed over the examples, not averaged.",
        f"Divide by N: {BP4}.",
        one(bp4=gradients.weight_summed),
    ),
    Mistake(
        "weight-gradient-averaged-twice", "BP4", "1/N²",
        "The weight gradient was divided by N twice.",
        f"Divide by N once: {BP4}.",
        one(bp4=gradients.weight_averaged_twice),
    ),
    Mistake(
        "derivative-again-in-weight-gradient", "BP4", "(δ ⊙ σ′) aᵀ",
        "σ′ was multiplied in again in the weight gradient, though δ holds it already.",
        f"δ(l) already contains σ′(z(l)): {BP4}.",
        one(bp4=gradients.derivative_again),
    ),
    Mistake(
        "weight-gradient-sign-flipped", "BP4", "−δ aᵀ",
        "The weight gradient has the wrong sign.",
        f"No minus in the gradient; the minus is in the update: {BP4}.",
        one(bp4=gradients.weight_sign_flipped),
    ),
    Mistake(
        "regularised", "BP4", "+ λ W",
        "A regularisation term λ W was added to the weight gradient.",
        f"The cost here has no such term: {BP4}.",
        (Variant({"bp4": gradients.regularised}, parameter="strength"),),
    ),
)  # fmt: skip

GRADIENT_MISTAKES = (
    Mistake(
        "clipped", "BP3, BP4", "limited to ± c",
        "The gradient was clipped: no entry exceeds ± c.",
        "Check the gradient before clipping it.",
        (
            Variant(
                {"bp3": gradients.limited(bp3), "bp4": gradients.limited(bp4)}, parameter="limit"
            ),
        ),
    ),
    Mistake(
        "first-example-only", "BP3, BP4", "one example of the batch",
        "Only the first example of the batch was used.",
        "Average over all N examples.",
        one_example(0),
    ),
    Mistake(
        "last-example-only", "BP3, BP4", "one example of the batch",
        "Only the last example of the batch was used, as when each overwrites the one before.",
        "Add up the examples (+=), then divide by N.",
        one_example(-1),
    ),
    Mistake(
        "accumulated-over-examples", "BP3, BP4", "not reset between examples or layers",
        "Sums were not reset between examples, so early examples count again with every later one.",
        "Start every example's gradient from 0.",
        one(bp3=gradients.bias_accumulated, bp4=gradients.weight_accumulated),
    ),
    Mistake(
        "step-instead-of-gradient", "BP3, BP4", "η ∂C/∂W, or the updated W",
        "This is the step η ∂C/∂θ, or the parameter after the step, not the gradient.",
        "Give the gradient itself, before the learning rate and before the update.",
        (
            Variant(
                {"bp3": gradients.bias_updated, "bp4": gradients.weight_updated},
                parameter="rate",
                told=(
                    "This is the parameter after the step, θ − η ∂C/∂θ, not the gradient.",
                    "Give the gradient itself, before the update.",
                ),
            ),
            Variant(
                {"bp3": gradients.times(bp3), "bp4": gradients.times(bp4)},
                parameter="rate",
                told=(
                    "The gradient is multiplied by one number: a learning rate, or a stray factor.",
                    f"Take the factor out: {BP3}; {BP4}.",
                ),
            ),
        ),
    ),
)  # fmt: skip

CATALOGUE: tuple[Mistake, ...] = (
    *FORWARD_MISTAKES,
    *COST_MISTAKES,
    *BP1_MISTAKES,
    *SLOPE_MISTAKES,
    *BP2_MISTAKES,
    *BP3_MISTAKES,
    *BP4_MISTAKES,
    *GRADIENT_MISTAKES,
)
"""Mistakes that replace an equation, simplest reading first where two give the same numbers."""


@dataclass(frozen=True)
class Convention:
    """A slug that is no replacement of an equation: right numbers otherwise arranged, or slips."""

    slug: str
    where: str
    instead: str
    explanation: str
    remedy: str


CONVENTIONS = (
    Convention(
        "scaled", "convention", "quantities times one constant; it and they are named",
        "The numbers are right but for one constant.",
        "Here C = 1/(2N) Σ‖y − a‖²; δ is each example's own, gradients are averages over N.",
    ),
    Convention(
        "transposed-layout", "convention", "right, with W(l) stored n_{l−1} × n_l",
        "The numbers are right, with every weight gradient stored source first.",
        "Row j, column k: into neuron j, from neuron k. Send the transpose.",
    ),
    Convention(
        "layers-reordered", "convention", "right, in another order",
        "The numbers are right, with the layers in another order.",
        "Layer 1 first: [ … of layer 1, … of layer 2, …].",
    ),
    Convention(
        "examples-reordered", "convention", "right, in another order",
        "The numbers are right, with the examples in another order.",
        "Keep the examples in the order of the input.",
    ),
    Convention(
        "entry-typo", "any", "single entries: sign, swapped digits, decimal point",
        "Single entries differ from what everything else says.",
        "Look at these entries again.",
    ),
)  # fmt: skip

SLUGS = tuple(m.slug for m in CATALOGUE) + tuple(c.slug for c in CONVENTIONS)
