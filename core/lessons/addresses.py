"""Where a number stands: in the request, in the workings, and in words (chapter section 2).

Layers count from 1 in words and symbols, from 0 in pointers; neurons and examples from 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

LAYERED = ("weights", "biases", "z", "a", "delta", "bias_gradients", "weight_gradients")
BY_EXAMPLE = ("input", "target", "z", "a", "delta")
WITH_SOURCE = ("weights", "weight_gradients")
QUANTITIES = (*LAYERED, "input", "target", "cost")

GRADIENTS = {"weight_gradients": "weights", "bias_gradients": "biases"}
GRADIENT = "the gradient of the cost for "
IN_EXAMPLE = ", in example {example}"

SENTENCES = {
    "weights": "the weight into neuron {neuron} of layer {layer}, "
    "from neuron {source} of layer {before}",
    "biases": "the bias of neuron {neuron} of layer {layer}",
    "z": "the weighted input z of neuron {neuron} of layer {layer}",
    "a": "the activation a of neuron {neuron} of layer {layer}",
    "delta": "the error δ of neuron {neuron} of layer {layer}",
    "input": "input {neuron}",
    "target": "target {neuron}",
    "cost": "the cost",
}
"""What one number is called."""

WHOLE_SENTENCES = {
    "weights": "the weights into layer {layer}, from layer {before}",
    "biases": "the biases of layer {layer}",
    "z": "the weighted inputs z of layer {layer}",
    "a": "the activations a of layer {layer}",
    "delta": "the errors δ of layer {layer}",
    "input": "the input",
    "target": "the target",
    "cost": "the cost",
}
"""What all of a layer's numbers are called together."""


@dataclass(frozen=True)
class Address:
    """One number, or (without `neuron`) everything that a layer has of a quantity.

    `source` is the neuron of the layer before, for weights and their gradients; `example` is given
    where a batch is meant.
    """

    quantity: str
    layer: int = 0
    neuron: int | None = None
    source: int | None = None
    example: int | None = None

    @property
    def whole(self) -> bool:
        """Whether it is a vector or a matrix."""
        return self.neuron is None and self.quantity != "cost"

    @property
    def pointer(self) -> str:
        """Its JSON pointer.

        >>> Address("weights", 1, 0, 2).pointer, Address("z", 2, 1, example=3).pointer
        ('/weights/0/0/2', '/z/1/3/1')
        """
        layer = (self.layer - 1,) if self.quantity in LAYERED else ()
        steps = (*layer, self.example, self.neuron, self.source)
        return "".join(f"/{s}" for s in (self.quantity, *steps) if s is not None)

    @property
    def sentence(self) -> str:
        """In words, as Fig 2.1 reads a weight.

        >>> Address("weights", 1, 0, 2).sentence
        'the weight into neuron 0 of layer 1, from neuron 2 of layer 0'
        """
        templates = WHOLE_SENTENCES if self.whole else SENTENCES
        gradient = self.quantity in GRADIENTS
        template = templates[GRADIENTS.get(self.quantity, self.quantity)]
        template = gradient * GRADIENT + template + (self.example is not None) * IN_EXAMPLE
        return template.format(before=self.layer - 1, **vars(self))


class NoSuchPlace(ValueError):
    """Nothing stands at an address; the message says what there is instead."""


def check_place(at: Address, sizes: Sequence[int], examples: int | None = None) -> None:
    """Raise NoSuchPlace unless layers of these sizes n_0…n_L have such a place.

    `examples` is N of a batch, None where examples are not told apart.
    """
    depth = len(sizes) - 1
    if at.quantity == "cost":
        return
    layer = {"input": 0, "target": depth}.get(at.quantity, at.layer)
    if not 0 <= layer <= depth or (layer == 0 and at.quantity != "input"):
        raise NoSuchPlace(f"there is no layer {layer}; {layers_there(at.quantity, depth)}")
    if at.neuron is not None and not 0 <= at.neuron < sizes[layer]:
        raise NoSuchPlace(no_neuron(at.neuron, layer, sizes))
    if at.source is not None and not 0 <= at.source < sizes[layer - 1]:
        raise NoSuchPlace(no_neuron(at.source, layer - 1, sizes))
    if at.example is not None and not 0 <= at.example < (examples or 1):
        raise NoSuchPlace(f"there is no example {at.example}; {counted('example', examples or 1)}")


def layers_there(quantity: str, depth: int) -> str:
    """Which layers a quantity has, in words and as pointers."""
    if depth == 1:
        return f"the network has one layer, layer 1, at /{quantity}/0"
    ends = f"/{quantity}/0 to /{quantity}/{depth - 1}"
    return f"the network has layers 1 to {depth}, at {ends}"


def no_neuron(neuron: int, layer: int, sizes: Sequence[int]) -> str:
    """That a layer has no such neuron, and which it has."""
    if layer == 0:
        return f"there is no input {neuron}; {counted('input', sizes[0])}"
    return f"layer {layer} has no neuron {neuron}; {counted('neuron', sizes[layer])}"


def counted(thing: str, number: int) -> str:
    """Which there are of a thing, counted from 0.

    >>> counted("neuron", 3), counted("input", 1)
    ('its neurons are 0 to 2', 'its only input is 0')
    """
    return f"its only {thing} is 0" if number == 1 else f"its {thing}s are 0 to {number - 1}"
