"""What lessons may cost, checked before any mathematics; the figures stand in `service.limits`."""

from collections.abc import Iterator, Sequence

from core.lessons.addresses import Address
from core.lessons.descent import Plan
from core.network import layer_pairs
from core.operations import naive_operations
from schemas.network import Exercise
from schemas.problems import Path, Problem
from service.admission import admit, check_limits
from service.errors import Refused
from service.limits import limits

COPIES = 2  # a quantity is one step's result and the next ones' operand
NORM_PASSES = 20  # a singular value takes some twenty products of the matrix with itself
EQUATIONS = 3  # forward, BP2 and BP4 multiply examples by parameters, once each
PASS_OPERATIONS = 100_000  # Python's own time for a forward pass through a layer, as `service.work`
LINK_OPERATIONS = 10_000  # the same for one link of one walk
UPDATE_OPERATIONS = 40_000  # the same for the update of one layer
TERM_OPERATIONS = 400_000  # the same for one term of an equation, in three notations


def refuse_beyond(found: int, most: int, at: Path, things: str, instead: str) -> None:
    """Raise Refused (422) if there are too many of something."""
    if found > most:
        detail = f"{found} {things}; this lesson takes at most {most}: {instead}"
        raise Refused([Problem(at, detail)])


def check_printed(exercise: Exercise) -> None:
    """Steps print the numbers of the network several times, with formulas beside them."""
    check_limits(exercise)
    network, N = exercise.network, exercise.batch.size
    printed = COPIES * (2 * network.parameters + 6 * N * sum(network.sizes))
    most = limits().lesson_numbers_max
    refuse_beyond(printed, most, ("weights",), "numbers in the answer", "send a smaller network")


def check_units(exercise: Exercise) -> None:
    """z, a and the slope of every unit are printed."""
    check_limits(exercise)
    printed = 3 * exercise.batch.size * sum(exercise.network.sizes)
    most = limits().lesson_numbers_max
    refuse_beyond(printed, most, ("input",), "numbers in the answer", "send fewer examples")


def check_jacobians(exercise: Exercise) -> None:
    """All Jacobians and running products are printed, and their norms taken."""
    check_limits(exercise)
    shapes = list(jacobian_shapes(exercise.network.sizes))
    printed = sum(m * n for m, n in shapes)
    most, things = limits().lesson_numbers_max, "numbers in the answer"
    refuse_beyond(printed, most, ("weights",), things, "send smaller layers")
    admit(norms(shapes), ("weights",))


def jacobian_shapes(sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """∂z/∂a and the running product of each layer, and a softmax's ∂a/∂z."""
    for source, into in layer_pairs(sizes):
        yield into, source
        yield sizes[-1], source
    yield sizes[-1], sizes[-1]


def norms(shapes: Sequence[tuple[int, int]]) -> float:
    """What the norms of such matrices take."""
    return float(NORM_PASSES * sum(m * n * min(m, n) for m, n in shapes))


def check_operation_jacobians(exercise: Exercise, l: int) -> None:
    """One layer's Jacobians, and their norms."""
    check_limits(exercise)
    source, into = exercise.network.sizes[l - 1 : l + 1]
    shapes = [(into, source), (into, into)]
    printed = sum(m * n for m, n in shapes)
    most, at = limits().lesson_numbers_max, ("weights", l - 1)
    refuse_beyond(printed, most, at, "numbers in the answer", "send smaller layers")
    admit(norms(shapes), at)


def check_paths(exercise: Exercise, limit: int) -> None:
    """Listing paths takes their length each."""
    check_limits(exercise)
    found = 2 * limit * exercise.network.depth
    refuse_beyond(found, limits().lesson_links_max, ("limit",), "links", "list fewer paths")
    admit(float(found * LINK_OPERATIONS), ("limit",))


def check_origin(exercise: Exercise, at: Address) -> None:
    """Each term of a number's equation is written out."""
    check_limits(exercise)
    found = terms_of(exercise, at)
    most = limits().lesson_terms_max
    refuse_beyond(found, most, ("at",), "terms in its equation", "ask for one with fewer")
    admit(float(found * TERM_OPERATIONS), ("at",))


def terms_of(exercise: Exercise, at: Address) -> int:
    """How many terms a number is the sum of."""
    sizes, N = exercise.network.sizes, exercise.batch.size
    match at.quantity:
        case "z":
            return sizes[at.layer - 1] + 1
        case "a":
            return sizes[at.layer]  # of softmax
        case "delta":
            return sizes[min(at.layer + 1, len(sizes) - 1)]
        case "cost":
            return N * sizes[-1]
    return N


def check_slow_way(exercise: Exercise) -> None:
    """A walk for every parameter, in each example."""
    check_limits(exercise)
    network, N = exercise.network, exercise.batch.size
    taken = 2 * N * network.parameters * network.depth
    instead = "send a smaller network; that the slow way does not scale is the lesson"
    refuse_beyond(taken, limits().lesson_links_max, ("weights",), "links", instead)
    admit(float(naive_operations(network.sizes, N) + taken * LINK_OPERATIONS), ("weights",))


def check_curves(exercise: Exercise, points: int) -> None:
    """A forward pass for each cost, two for each difference."""
    check_limits(exercise)
    network, N = exercise.network, exercise.batch.size
    one_pass = N * (network.parameters + sum(network.sizes)) + PASS_OPERATIONS * network.depth
    admit(3.0 * points * one_pass, ("points",))


def check_training(exercise: Exercise, plan: Plan) -> None:
    """What a run takes in all, and how many steps: each costs Python's own time."""
    check_limits(exercise)
    network, N = exercise.network, exercise.batch.size
    updates = plan.updates(N) * network.depth
    products = EQUATIONS * plan.epochs * N * (network.parameters + sum(network.sizes))
    instead = "take fewer epochs, and go on from the answer's weights and biases"
    most = limits()
    refuse_beyond(updates, most.training_layers_max, ("epochs",), "updates of layers", instead)
    refuse_beyond(products, most.training_products_max, ("epochs",), "products", instead)
    admit(2.0 * products + updates * UPDATE_OPERATIONS, ("epochs",))
