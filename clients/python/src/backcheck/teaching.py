"""The client's methods for the lesson endpoints, one for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Unpack

from backcheck.errors import ServerTrouble
from backcheck.lessons import (
    Address,
    Comparison,
    Curve,
    Derivation,
    Jacobians,
    Magnitudes,
    OperationCounts,
    OperationJacobians,
    Origin,
    OuterProduct,
    Paths,
    Progress,
    Steps,
    Units,
    Update,
)
from backcheck.network import NetworkFields, NetworkLike, network_body
from backcheck.reading import read, read_answer
from backcheck.transport import refusal
from backcheck.wire import loads


class Teaching:
    """What `Client` inherits. `at` is a pointer, or a symbol or sentence that says the same.

    Where a lesson follows one example and the network holds a batch, `example` says which.
    """

    def _post(self, path: str, body: Mapping[str, Any]) -> bytes:
        raise NotImplementedError

    def _post_lines(self, path: str, body: Mapping[str, Any]) -> Iterator[bytes]:
        raise NotImplementedError

    def address(
        self,
        text: str,
        *,
        layer_sizes: Sequence[int] | None = None,
        examples: int | None = None,
    ) -> Address:
        """What a pointer, symbol, LaTeX or sentence means, in all the other notations.

        `layer_sizes`: then the place has to be there.
        """
        options = given(layer_sizes=layer_sizes, examples=examples)
        return read_answer(Address, self._post("/v1/addresses", {"text": text, **options}))

    def steps(self, network: NetworkLike | None = None, **fields: Unpack[NetworkFields]) -> Steps:
        """The computation one equation at a time: forward, the cost, BP1–BP4."""
        return read_answer(Steps, self._post("/v1/steps", network_body(network, fields)))

    def origin(
        self,
        network: NetworkLike | None = None,
        *,
        at: str,
        digits: int | None = None,
        **fields: Unpack[NetworkFields],
    ) -> Origin:
        """Where one number of the workings comes from: its equation, with the numbers in."""
        asked = {**network_body(network, fields), "at": at, **given(digits=digits)}
        return read_answer(Origin, self._post("/v1/origins", asked))

    def derivation(
        self,
        network: NetworkLike | None = None,
        *,
        at: str,
        limit: int | None = None,
        example: int | None = None,
        **fields: Unpack[NetworkFields],
    ) -> Derivation:
        """The chain-rule walk to one parameter.

        `at`: `/weights/0/1/2` or `/biases/0/1`. `limit`: how many paths to list at most.
        """
        options = given(limit=limit, example=example)
        asked = {**network_body(network, fields), "at": at, **options}
        return read_answer(Derivation, self._post("/v1/derivations", asked))

    def paths(
        self,
        network: NetworkLike | None = None,
        *,
        start: str,
        end: str = "/cost",
        limit: int | None = None,
        example: int | None = None,
        **fields: Unpack[NetworkFields],
    ) -> Paths:
        """All paths from one number to a later one: counted, summed, the strongest listed.

        `start` and `end` are the JSON's `from` and `to`.
        """
        options = given(limit=limit, example=example)
        asked = {**network_body(network, fields), "from": start, "to": end, **options}
        return read_answer(Paths, self._post("/v1/paths", asked))

    def jacobians(
        self,
        network: NetworkLike | None = None,
        *,
        example: int | None = None,
        **fields: Unpack[NetworkFields],
    ) -> Jacobians:
        """Every layer's Jacobians, their running products, and what multiplying them costs."""
        asked = {**network_body(network, fields), **given(example=example)}
        return read_answer(Jacobians, self._post("/v1/jacobians", asked))

    def operation_jacobians(
        self,
        network: NetworkLike | None = None,
        *,
        layer: int = 1,
        neuron: int = 0,
        example: int | None = None,
        **fields: Unpack[NetworkFields],
    ) -> OperationJacobians:
        """The small operations of one layer, and the Jacobian of each."""
        options = {"layer": layer, "neuron": neuron, **given(example=example)}
        asked = {**network_body(network, fields), **options}
        return read_answer(OperationJacobians, self._post("/v1/operation-jacobians", asked))

    def outer_product(
        self,
        network: NetworkLike | None = None,
        *,
        layer: int = 1,
        **fields: Unpack[NetworkFields],
    ) -> OuterProduct:
        """The weight gradient of a layer as a table: one δ times one activation."""
        asked = {**network_body(network, fields), "layer": layer}
        return read_answer(OuterProduct, self._post("/v1/outer-products", asked))

    def units(
        self,
        network: NetworkLike | None = None,
        *,
        points: int | None = None,
        saturation: float | None = None,
        **fields: Unpack[NetworkFields],
    ) -> Units:
        """σ and σ′ to plot, where the units sit on them, and which are saturated or dead."""
        options = given(points=points, saturation=saturation)
        asked = {**network_body(network, fields), **options}
        return read_answer(Units, self._post("/v1/units", asked))

    def magnitudes(
        self, network: NetworkLike | None = None, **fields: Unpack[NetworkFields]
    ) -> Magnitudes:
        """The size of δ by layer, and which layer throttles it."""
        return read_answer(Magnitudes, self._post("/v1/magnitudes", network_body(network, fields)))

    def operations(
        self, layer_sizes: Sequence[int], *, examples: int | None = None
    ) -> OperationCounts:
        """How many operations the naive way and backpropagation take for these sizes."""
        asked = {"layer_sizes": [int(size) for size in layer_sizes], **given(examples=examples)}
        return read_answer(OperationCounts, self._post("/v1/operations", asked))

    def comparison(
        self, network: NetworkLike | None = None, **fields: Unpack[NetworkFields]
    ) -> Comparison:
        """The slow way, a walk for every parameter, beside backpropagation."""
        return read_answer(Comparison, self._post("/v1/comparisons", network_body(network, fields)))

    def curve(
        self,
        network: NetworkLike | None = None,
        *,
        at: str,
        points: int | None = None,
        span: float | None = None,
        **fields: Unpack[NetworkFields],
    ) -> Curve:
        """The cost along one parameter, and the error of its differences against the step."""
        options = given(points=points, span=span)
        asked = {**network_body(network, fields), "at": at, **options}
        return read_answer(Curve, self._post("/v1/curves", asked))

    def update(
        self,
        network: NetworkLike | None = None,
        *,
        learning_rate: float,
        batch_size: int | None = None,
        epochs: int | None = None,
        seed: int | None = None,
        progress: Callable[[Progress], object] | None = None,
        **fields: Unpack[NetworkFields],
    ) -> Update:
        """Gradient descent from a network on, over its examples.

        `progress` is called with a `Progress` now and then while the service works; what it raises
        closes the connection, which stops the run.
        """
        options = given(batch_size=batch_size, epochs=epochs, seed=seed)
        asked = {**network_body(network, fields), "learning_rate": learning_rate, **options}
        if progress is None:
            return read_answer(Update, self._post("/v1/updates", asked))
        lines = self._post_lines("/v1/updates", asked)
        try:
            return followed(lines, progress)
        finally:
            lines.close()  # type: ignore[attr-defined]


def followed(lines: Iterator[bytes], progress: Callable[[Progress], object]) -> Update:
    """The answer at the end of the lines. Raises InvalidRequest if a problem stands there."""
    for line in lines:
        told = loads(line)
        if "epoch" in told:
            progress(read(Progress, told))
        elif "weights" in told:
            return read_answer(Update, line)
        else:
            raise refusal(told, int(told.get("status", 0)))
    raise ServerTrouble("the run broke off before its end; was the service stopped?", 0)


def given(**options: Any) -> dict[str, Any]:
    """The options that were given; what is left out is the service's to choose."""
    return {name: value for name, value in options.items() if value is not None}
