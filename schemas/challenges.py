"""POST /v1/challenges: sizes, in; a network in short numbers that shows every mistake, out."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validates_schema

from core.activations import ACTIVATIONS
from core.costs import COSTS
from core.rounding.precision import decimals as with_decimals
from core.verdict.challenges import VERSION, Challenge
from schemas.aliases import ACTIVATION_ALIASES, COST_ALIASES
from schemas.fields import (
    Integer,
    Matrices,
    Name,
    NamePerLayer,
    VectorOrMatrix,
    Vectors,
    printable,
    refuse,
)
from schemas.network import activation_problems
from schemas.precision import PrecisionField, told
from schemas.sizes import Sizes
from schemas.strict import Strict
from schemas.verifications import CoverageSchema, coverage_answer

SIZE_MAX, LAYERS_MAX, EXAMPLES_MAX, DECIMALS_MAX = 32, 8, 64, 6
SEED_MAX = 2**63 - 1


class ChallengeSizes(Sizes):
    """n_0, n_1 … n_L."""

    needed = "a list of layer sizes such as [2, 3, 2]"
    layers_max, size_max = LAYERS_MAX, SIZE_MAX


class ChallengeSchema(Strict):
    """What kind of challenge; loads the arguments of core's `challenge`."""

    layer_sizes = ChallengeSizes(required=True, metadata={"description": "n_0, n_1 … n_L."})
    activation = NamePerLayer("activation", ACTIVATIONS, ACTIVATION_ALIASES, load_default="sigmoid")
    cost = Name("cost", COSTS, COST_ALIASES, load_default="mean_squared_error")
    examples = Integer(1, EXAMPLES_MAX, load_default=1, metadata={"description": "N."})
    decimals = Integer(
        1, DECIMALS_MAX, load_default=2, metadata={"description": "Of the network's own numbers."}
    )
    precision = PrecisionField(
        load_default=with_decimals(4),
        metadata={"description": "At which every mistake shows.", "default": {"decimals": 4}},
    )
    seed = Integer(0, SEED_MAX, load_default=0)

    @validates_schema(skip_on_field_errors=False)
    def activations_fit(self, data: dict[str, Any], **kwargs: Any) -> None:
        """A name for each layer, and softmax on the last one only."""
        depth = len(data.get("layer_sizes", [0])) - 1
        refuse(activation_problems(data.get("activation"), depth))
        if data.get("precision", True) is None:
            raise ValidationError('"auto" has nothing to read here; name a precision', "precision")

    @post_load
    def build(self, data: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """The arguments of core's `challenge`."""
        names = data.pop("activation")
        depth = len(data["layer_sizes"]) - 1
        return {**data, "activations": [names] * depth if isinstance(names, str) else names}


class ChallengeAnswerSchema(Schema):
    """A network, its batch, and what can be seen on it. `version` names the stream of numbers."""

    version = Integer()
    seed = Integer()
    precision = PrecisionField()
    weights = Matrices()
    biases = Vectors()
    activation = fields.List(fields.String())
    cost = fields.String()
    input = VectorOrMatrix()
    target = VectorOrMatrix()
    coverage = fields.Nested(CoverageSchema)


def challenge_answer(asked: Mapping[str, Any], found: Challenge) -> Mapping[str, Any]:
    """What `ChallengeAnswerSchema` prints; one example comes as a vector."""
    x, y = found.batch.inputs, found.batch.targets
    single = found.batch.size == 1
    return {
        "version": VERSION,
        "seed": asked["seed"],
        "precision": told(asked["precision"]),
        "weights": list(found.network.weights),
        "biases": list(found.network.biases),
        "activation": asked["activations"],
        "cost": asked["cost"],
        "input": printable(x[0] if single else x),
        "target": printable(y[0] if single else y),
        "coverage": coverage_answer(found.coverage),
    }
