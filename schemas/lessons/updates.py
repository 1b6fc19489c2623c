"""POST /v1/updates: gradient descent."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields

from core.lessons.descent import Parameters, Plan
from schemas.fields import Integer, Matrices, Number, Vectors
from schemas.lessons.requests import LessonRequest, LessonSchema

EPOCHS_MAX = 1_000_000
COSTS_LISTED_MAX = 1_000
SEED_MAX = 2**63 - 1
RATE_MAX = 1e6


class UpdatesSchema(LessonSchema):
    """The network, and how to go down."""

    learning_rate = Number(
        0.0, RATE_MAX, required=True, metadata={"description": "η: how far each step goes."}
    )
    batch_size = Integer(
        1,
        metadata={"description": "Examples in each mini-batch; all of them if not given."},
    )
    epochs = Integer(
        1,
        EPOCHS_MAX,
        load_default=1,
        metadata={"description": "How often to go through all the examples."},
    )
    seed = Integer(
        0,
        SEED_MAX,
        load_default=0,
        metadata={"description": "Of the order of the examples, anew in every epoch."},
    )


class UpdatesAnswerSchema(Schema):
    """Where gradient descent has arrived."""

    weights = Matrices()
    biases = Vectors()
    cost_before = Number(metadata={"description": "Over all the examples, as is every cost here."})
    cost_after = Number()
    costs = fields.List(Number(), metadata={"description": "After the epochs in `cost_epochs`."})
    cost_epochs = fields.List(Integer(), metadata={"description": "At most 1,000, evenly spread."})
    epochs = Integer()
    updates = Integer(metadata={"description": "How many steps were taken."})
    seed = Integer()


class ProgressSchema(Schema):
    """How far a run is."""

    epoch = Integer()
    epochs = Integer()
    cost = Number()


def plan_of(asked: LessonRequest) -> Plan:
    """All examples make one mini-batch where no size is given."""
    options = asked.options
    size = options.get("batch_size") or asked.exercise.batch.size
    return Plan(options["learning_rate"], size, options["epochs"], options["seed"])


def told_epochs(epochs: int) -> list[int]:
    """After which epochs the cost is told: the last one always.

    >>> told_epochs(4), len(told_epochs(12_345)), told_epochs(12_345)[-1]
    ([1, 2, 3, 4], 1000, 12345)
    """
    count = min(epochs, COSTS_LISTED_MAX)
    return [-(-epochs * i // count) for i in range(1, count + 1)]


def updates_answer(
    plan: Plan, examples: int, before: float, costs: Mapping[int, float], last: Parameters
) -> Mapping[str, Any]:
    """What `UpdatesAnswerSchema` prints."""
    return {
        "weights": list(last.weights),
        "biases": list(last.biases),
        "cost_before": before,
        "cost_after": costs[plan.epochs],
        "costs": list(costs.values()),
        "cost_epochs": list(costs),
        "epochs": plan.epochs,
        "updates": plan.updates(examples),
        "seed": plan.seed,
    }
