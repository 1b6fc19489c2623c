"""An address from what a person writes: a pointer, a symbol, LaTeX, or the sentence.

The other way round is `Address.pointer`, `Address.sentence` and `Symbols.at`.
"""

import re
import unicodedata
from dataclasses import replace

from core.lessons.addresses import (
    BY_EXAMPLE,
    GRADIENT,
    GRADIENTS,
    IN_EXAMPLE,
    LAYERED,
    QUANTITIES,
    SENTENCES,
    WHOLE_SENTENCES,
    WITH_SOURCE,
    Address,
)
from core.lessons.symbols import LETTERS

DIGITS_MAX = 9  # of an index; no network has a billion neurons
INDEX = rf"\d{{1,{DIGITS_MAX}}}"


class Unreadable(ValueError):
    """A text names no quantity; the message says what would."""


HELP = (
    'send a pointer such as "/weights/0/1/2", a symbol such as "w(1)_12", the same in LaTeX, or '
    'a sentence such as "into neuron 1 of layer 1, from neuron 2 of layer 0"'
)


def read_address(text: str) -> Address:
    """The address that a text names. Raises Unreadable."""
    text = text.strip()
    if text.startswith("/"):
        return read_pointer(text)
    found = read_sentence(text) or read_symbol(text)
    if found is None:
        raise Unreadable(f"names no quantity of a network; {HELP}")
    if found.layer == 0 and found.quantity in LAYERED:
        raise Unreadable("layers count from 1 in words and symbols; layer 0 is the input, x")
    return found


def read_pointer(text: str) -> Address:
    """From a JSON pointer into a request, its claims, or an answer. Raises Unreadable.

    >>> read_pointer("/weights/0/1/2")
    Address(quantity='weights', layer=1, neuron=1, source=2, example=None)
    """
    quantity, *steps = text.removeprefix("/claims").removeprefix("/").split("/")
    if quantity not in QUANTITIES:
        raise Unreadable(f"has to begin with one of {', '.join('/' + q for q in QUANTITIES)}")
    if not all(re.fullmatch(INDEX, step) for step in steps):
        raise Unreadable("after the quantity come whole numbers, counted from 0")
    address = placed(quantity, [int(step) for step in steps])
    if address is None:
        raise Unreadable(f"is not complete or too long; {shape_of(quantity)}")
    return address


def placed(quantity: str, steps: list[int]) -> Address | None:
    """The address of a pointer's steps; None where there are too few or too many."""
    layer = steps.pop(0) + 1 if quantity in LAYERED and steps else 0
    if (layer == 0) == (quantity in LAYERED):
        return None
    match steps, quantity in WITH_SOURCE, quantity in BY_EXAMPLE:
        case [[], _, _]:
            return Address(quantity, layer)
        case [[neuron], False, _] if quantity != "cost":
            return Address(quantity, layer, neuron)
        case [[neuron, source], True, _]:
            return Address(quantity, layer, neuron, source)
        case [[example, neuron], _, True]:
            return Address(quantity, layer, neuron, example=example)
    return None


def shape_of(quantity: str) -> str:
    """How a pointer to a quantity is made up."""
    layer = "/layer - 1" if quantity in LAYERED else ""
    example = "[/example]" if quantity in BY_EXAMPLE else ""
    neuron = "" if quantity == "cost" else "/neuron"
    source = "/neuron of the layer before" if quantity in WITH_SOURCE else ""
    return f"a pointer is /{quantity}{layer}{example}{neuron}{source}"


def pattern(template: str) -> str:
    """A sentence's template as a regular expression; Fig 2.1 leaves "the weight" out."""
    names = ("layer", "before", "neuron", "source", "example")
    plain = template.format(**{name: f"(?P<{name}>{INDEX})" for name in names})
    return re.sub("^the (weight (?=into))?", lambda found: f"({found[0]})?", plain)


SENTENCE_PATTERNS = [
    (quantity, re.compile(pattern(template) + f"({pattern(IN_EXAMPLE)})?", re.IGNORECASE))
    for templates in (SENTENCES, WHOLE_SENTENCES)
    for quantity, template in templates.items()
]


def read_sentence(text: str) -> Address | None:
    """From words.

    >>> read_sentence("into neuron 0 of layer 1, from neuron 2 of layer 0")
    Address(quantity='weights', layer=1, neuron=0, source=2, example=None)
    """
    plain = " ".join(text.rstrip(".").split())
    of = plain.removeprefix(GRADIENT)
    for quantity, sentence in SENTENCE_PATTERNS:
        if found := sentence.fullmatch(of):
            given = {name: int(text) for name, text in found.groupdict().items() if text}
            consistent(given)
            address = Address(quantity, **given)
            return address if of is plain or of == plain else gradient_of(address)
    return None


def consistent(given: dict[str, int]) -> None:
    """Take out the layer before; raises Unreadable if it is not the one before."""
    before = given.pop("before", None)
    if before is not None and before != given["layer"] - 1:
        l = given["layer"]
        raise Unreadable(f"a weight into layer {l} comes from layer {l - 1}, not layer {before}")


def gradient_of(address: Address) -> Address | None:
    """The gradient's address for a parameter's."""
    for gradient, parameter in GRADIENTS.items():
        if address.quantity == parameter:
            return Address(gradient, address.layer, address.neuron, address.source)
    return None


SYMBOL = re.compile(
    rf"(?P<gradient>∂C/∂)?(?P<letter>[WwbzaxyδC])(\((?P<layer>{INDEX})\))?"
    rf"_?((?P<pair>\d\d)|(?P<j>{INDEX})(,(?P<k>{INDEX}))?)?"
    rf"(\[(?P<example>{INDEX})\])?"
)
QUANTITY_OF = {letter: quantity for quantity, letter in LETTERS.items()} | {"W": "weights"}


def read_symbol(text: str) -> Address | None:
    """From a symbol, plain or LaTeX; ⁽¹⁾ and ₁₂ are read as (1) and 12.

    >>> read_symbol(r"w^{(1)}_{02}") == read_symbol("w(1)_02") == Address("weights", 1, 0, 2)
    True
    """
    found = SYMBOL.fullmatch(bare_symbol(text))
    if found is None:
        return None
    quantity, layer = QUANTITY_OF[found["letter"]], found["layer"]
    if (layer is None) != (quantity not in LAYERED):
        return None
    indices = indices_of(found, quantity)
    if indices is None:
        return None
    example = None if found["example"] is None else int(found["example"])
    if example is not None and (quantity not in BY_EXAMPLE or not indices):
        return None
    if (quantity, layer) == ("a", "0"):
        quantity = "input"
    address = replace(Address(quantity, int(layer or 0), *indices), example=example)
    return gradient_of(address) if found["gradient"] else address


def indices_of(found: re.Match[str], quantity: str) -> tuple[int, ...] | None:
    """Neuron and source: two digits are one of each for a weight, one number for the others."""
    pair, j, k = found["pair"], found["j"], found["k"]
    if quantity == "weights":
        if pair:
            return int(pair[0]), int(pair[1])
        if j and k:
            return int(j), int(k)
        return () if not j else None
    if k or (quantity == "cost" and (pair or j)):
        return None
    return (int(pair or j),) if pair or j else ()


def bare_symbol(text: str) -> str:
    """A symbol without LaTeX's commands, braces and blanks.

    >>> bare_symbol(r"\\frac{\\partial C}{\\partial b^{(2)}_1}"), bare_symbol("w⁽¹⁾₁₂")
    ('∂C/∂b(2)_1', 'w(1)12')
    """
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"\\frac\{(.*?)\}\{(.*)\}", r"\1/\2", text)
    text = text.replace("\\partial", "∂").replace("\\delta", "δ").replace("delta", "δ")
    text = re.sub(r"\\(mathbf|boldsymbol|left|right|,)", "", text)
    return re.sub(r"[\s{}^$]", "", text)
