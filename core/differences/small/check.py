"""The check of a small network: `core.differences.witness` for floats, where all is plain."""

from math import inf

from core.differences.check import Check, Direction, Options, SecondOpinion
from core.differences.plan import every_flops
from core.differences.second_opinion import NEURONS
from core.differences.slopes import STEP
from core.differences.small.direction import Way, compared, differences_along
from core.differences.small.entries import Opinion, Rows, carried_by, gradients, split
from core.differences.small.example import Example, Small, Unusual
from core.differences.small.legs import difference, imaginary
from core.differences.softmax_heads import extent_of
from core.forward import Workings

PARAMETERS_MAX, NEURONS_MAX = 200, 12
"""Times examples; beyond either a call of numpy is cheaper than a loop (measured)."""


def small_check(w: Workings, options: Options) -> Check | None:
    """Every entry of a small network, where everything agrees; None where the arrays are needed."""
    if not is_small(w, options):
        return None
    try:
        return agreed(w, options)
    except (Unusual, ArithmeticError, ValueError):  # floats overflow aloud, and logarithms object
        return None


def is_small(w: Workings, options: Options) -> bool:
    """Whether floats are faster, and every entry and every neuron's second opinion is wanted."""
    neurons, examples = sum(w.network.sizes[1:]), len(w.y)
    return (
        neurons <= NEURONS
        and neurons * examples <= NEURONS_MAX
        and w.network.parameters * examples <= PARAMETERS_MAX
        and options.method == "central"
        and options.step is None
        and not isinstance(options.entries, int)
        and (options.entries == "all" or operations(w) <= options.budget)
    )


def operations(w: Workings) -> int:
    """What the plan of every source costs."""
    return every_flops(extent_of(w.network, len(w.y)))


def agreed(w: Workings, options: Options) -> Check:
    """The check. Raises Unusual where anything is out of the ordinary."""
    small = Small.of(w)
    examples = [Example(small, w, i) for i in range(len(w.y))]
    first, second = opinions(small, examples, gradients(w), options)
    direction = along(small, examples, first.backprop, w, options)
    weights, biases = split(first.values)
    weight_uncertainties, bias_uncertainties = split(first.uncertainties)
    parameters = w.network.parameters
    return Check(
        bias_gradients=biases,
        weight_gradients=weights,
        bias_uncertainties=bias_uncertainties,
        weight_uncertainties=weight_uncertainties,
        parameters=parameters,
        checked=parameters,
        worst=first.worst(),
        disagreements=(),
        disagreed=0,
        kinks=(),
        second_opinion=SecondOpinion(sum(w.network.sizes[1:]), parameters, second.worst()),
        directions=(direction,),
        options=options,
        step=STEP,
        operations=operations(w),
    )


def opinions(
    small: Small, examples: list[Example], backprop: list[Rows], options: Options
) -> tuple[Opinion, Opinion]:
    """Of differences and of complex steps, on every parameter."""
    first, second = Opinion(backprop), Opinion(backprop)
    for l, rows in enumerate(backprop, start=1):
        carried = carried_by(examples, l)
        for j in range(len(rows)):
            first.add(l, [difference(small, e, l, j, options.order) for e in examples], carried)
            second.add(l, [imaginary(small, e, l, j) for e in examples], carried)
    return first, second


def along(
    small: Small, examples: list[Example], backprop: list[Rows], w: Workings, options: Options
) -> Direction:
    """The direction of all parameters. Raises Unusual where it does not agree."""
    way = Way.random(w.network, examples, options.seed)
    along_it = [differences_along(small, example, way) for example in examples]
    found = compared(along_it, way.gradient(backprop))
    if not found.ratio <= 1.0 or found.uncertainty == inf:
        raise Unusual
    return found
