"""A full finite-difference check in chunks of its plan, and the answer made of their summaries."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from io import BytesIO
from typing import Any

import numpy as np
import orjson

from core.activations import ACTIVATIONS
from core.backprop import backpropagate
from core.costs import COSTS
from core.differences.check import Options
from core.differences.chunks import Checked, Chunk, chunks
from core.differences.slopes import STEP
from core.differences.softmax_heads import extent_of
from core.differences.summary import Summary, joined
from core.forward import Workings
from core.network import Batch, Network
from schemas.gradients import (
    CheckSchema,
    GradientsRequest,
    GradientsSchema,
    comparison_answer,
    kink_answer,
    opinion_answer,
)
from schemas.network import Exercise
from schemas.problems import Problem
from service.admission import check_limits
from service.errors import Refused
from service.workings import work_out

REQUEST = GradientsSchema()
ARRAYS = ("bias_gradients", "weight_gradients", "bias_uncertainties", "weight_uncertainties")
ANSWER = CheckSchema(exclude=ARRAYS)

CHUNK_FLOPS = 1.5e10
"""Of a large matrix product: half a second of one core. That is long beside the 3 ms that Dask
takes for a task, and short for whoever cancels."""


@dataclass(frozen=True, eq=False)
class Check:
    """A network and how to check it, complete and small enough to be handed on."""

    network: Network
    batch: Batch
    options: Options

    @cached_property
    def chunks(self) -> list[Chunk]:
        """The plan in pieces, the same wherever it is made."""
        return chunks(extent_of(self.network, self.batch.size), CHUNK_FLOPS)

    @cached_property
    def flops(self) -> int:
        """What all of it costs."""
        return sum(chunk.flops for chunk in self.chunks)

    @cached_property
    def workings(self) -> Workings:
        """Those that are checked."""
        return backpropagate(self.network, self.batch)

    @cached_property
    def prepared(self) -> Checked:
        """Whatever the chunks have in common."""
        return Checked(self.workings, self.options)

    def run(self, number: int) -> Summary:
        """What one chunk finds."""
        return self.prepared.run(self.chunks[number])


class TooSlow(Exception):
    """A check that takes longer than whoever waits for it may be kept waiting."""


def check_of(fields: Mapping[str, Any]) -> Check:
    """The check that a request asks for. Raises ValidationError and Refused."""
    asked: GradientsRequest = REQUEST.load(fields)
    if asked.options is None or isinstance(asked.options.entries, int):
        detail = 'a check of every entry; leave `entries` out, or send "all"'
        raise Refused([Problem(("finite_difference",), f"this kind of batch is {detail}")])
    options = replace(asked.options, entries="all")
    exercise: Exercise = asked.exercise
    check_limits(exercise, options)
    work_out(exercise)  # tells where a number overflows
    return Check(exercise.network, exercise.batch, options)


def checked_at_once(fields: Mapping[str, Any], over: Callable[[], bool]) -> Any:
    """The whole check in this process, chunk by chunk. Raises TooSlow once `over` says so."""
    check = check_of(fields)
    found = Summary()
    for number in range(len(check.chunks)):
        if over():
            raise TooSlow
        found = joined(found, check.run(number))
    return check_answer(check.options, check.network.parameters, check.flops, found)


def check_answer(options: Options, parameters: int, flops: int, found: Summary) -> Any:
    """As `finite_difference` in the answer of /v1/gradients, without its arrays."""
    return ANSWER.dump(
        {
            **vars(found),
            "agrees": found.agrees,
            "parameters": parameters,
            "method": options.method,
            "order": options.order,
            "seed": options.seed,
            "entries": options.entries,
            "budget": options.budget,
            "step": options.step or STEP,
            "operations": flops,
            "worst": found.worst and comparison_answer(found.worst),
            "second_opinion": opinion_answer(found.second_opinion),
            "disagreements": [comparison_answer(entry) for entry in found.disagreements],
            "kinks": [kink_answer(kink) for kink in found.kinks],
        }
    )


def packed(check: Check) -> bytes:
    """A check as bytes, arrays as they are and no code in it."""
    network, batch = check.network, check.batch
    names = {
        "activations": [sigma.name for sigma in network.activations],
        "at_kink": [sigma.at_kink for sigma in network.activations],
        "cost": network.cost.name,
        "options": asdict(check.options),
    }
    arrays: dict[str, Any] = {f"W{l}": network.weights[l] for l in network.weights.numbers}
    arrays |= {f"b{l}": network.biases[l] for l in network.biases.numbers}
    file = BytesIO()
    meta = np.frombuffer(orjson.dumps(names), dtype=np.uint8)
    np.savez(file, meta=meta, x=batch.inputs, y=batch.targets, **arrays)
    return file.getvalue()


def unpacked(data: bytes) -> Check:
    """The check in these bytes."""
    with np.load(BytesIO(data), allow_pickle=False) as archive:
        names = orjson.loads(archive["meta"].tobytes())
        layers = range(1, len(names["activations"]) + 1)
        pairs = zip(names["activations"], names["at_kink"], strict=True)
        network = Network.of(
            [archive[f"W{l}"] for l in layers],
            [archive[f"b{l}"] for l in layers],
            [ACTIVATIONS[name](at_kink=at_kink) for name, at_kink in pairs],
            COSTS[names["cost"]](),
        )
        batch = Batch.of(archive["x"], archive["y"])
    return Check(network, batch, Options(**names["options"]))
