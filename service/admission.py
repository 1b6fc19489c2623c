"""What may be worked out here, judged before any mathematics, and in which turn."""

from collections.abc import Iterator

from core.differences.check import Options
from core.network import Batch, Network
from core.verdict.diagnosis import BUDGET
from schemas.network import Exercise
from schemas.problems import Path, Problem
from service.errors import Refused
from service.limits import Limits, limits
from service.turns import heavy_turn
from service.work import check_operations, gradient_operations, verification_operations

FEWEST_EXPLANATIONS = 20  # the simplest ones are worth their time on any network


def admit(operations: float, at: Path) -> None:
    """Let this much work begin: at once if it is light, in its own turn if it is heavy.

    Raises Refused (422, at a place of the request) if it is more than any request may ask for, and
    Busy (503) if the turn does not come.
    """
    most = limits()
    if operations > most.operations_max:
        detail = (
            f"this takes some {operations:.2g} floating-point operations; this service spends at "
            f"most {most.operations_max:.2g} on a request: send fewer examples or a smaller network"
        )
        raise Refused([Problem(at, detail)])
    if operations > most.light_operations_max:
        heavy_turn()


def check_limits(exercise: Exercise, options: Options | None = None) -> None:
    """Raise Refused (422) with everything that is too large to work out here."""
    network, batch, most = exercise.network, exercise.batch, limits()
    problems = too_large(network, batch, most)
    if options is not None and not problems:
        problems += too_much_checking(network, batch, options, most)
    if problems:
        raise Refused(problems)
    admit(gradient_operations(network, batch, options), ("input",))


def too_large(network: Network, batch: Batch, limits: Limits) -> list[Problem]:
    """Each limit that this network and batch exceed."""
    N, neurons, parameters = batch.size, sum(network.sizes), network.parameters
    sizes = (
        ("weights", network.depth, "layers", limits.layers_max),
        ("weights", max(network.sizes), "neurons in one layer", limits.neurons_max),
        ("weights", parameters, "parameters", limits.parameters_max),
        ("input", N, "examples", limits.examples_max),
        ("input", N * neurons, "activations (examples × neurons)", limits.activations_max),
        ("input", N * parameters, "products (examples × parameters)", limits.products_max),
    )
    return [
        Problem((name,), f"{found} {things}; this service takes at most {most}")
        for name, found, things, most in sizes
        if found > most
    ]


def too_much_checking(
    network: Network, batch: Batch, options: Options, limits: Limits
) -> Iterator[Problem]:
    """A finite-difference check that would take too long."""
    most = limits.check_operations_max
    if options.budget > most:
        detail = f"the budget is {options.budget:g} operations; this service spends at most {most}"
        yield Problem(("finite_difference", "budget"), detail)
    if options.entries != "auto":
        needed = check_operations(network, batch, options)
        if needed > most:
            detail = (
                f"checking them may take {needed} operations; this service spends at most {most}: "
                'send "auto" or fewer entries'
            )
            yield Problem(("finite_difference", "entries"), detail)


def check_verification_limits(exercise: Exercise) -> None:
    """Raise Refused (422) with everything that is too large to verify here."""
    network, batch = exercise.network, exercise.batch
    problems = too_large(network, batch, limits())
    if problems:
        raise Refused(problems)
    most = limits().verification_products_max
    products = batch.size * network.parameters
    if products > most:
        detail = (
            f"{products} products (examples × parameters); a verification takes at most {most}: "
            "send fewer examples"
        )
        raise Refused([Problem(("input",), detail)])
    admit(verification_operations(exercise), ("input",))


def diagnosis_budget(exercise: Exercise) -> int:
    """How many explanations a diagnosis may try; counted, not timed, so that answers repeat."""
    products = exercise.batch.size * exercise.network.parameters
    affordable = limits().diagnosis_products_max // max(1, products)
    return max(FEWEST_EXPLANATIONS, min(BUDGET, affordable))
