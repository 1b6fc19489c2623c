"""Formulas: one small type, printed as plain text, LaTeX and MathML.

An expression is a tree of what stands where on paper. It is not evaluated: the numbers come from
the workings, and `core.lessons.symbols` knows what the letters stand for. MathML is given as nested
lists, `["msub", ["mi", "x"], ["mn", "0"]]`, with an object of attributes in second place where
there are any (JsonML), so that a page builds the elements without parsing anything.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

MathML: TypeAlias = list[Any]


@dataclass(frozen=True)
class Identifier:
    """A letter or a name; vectors are set in bold."""

    name: str
    bold: bool = False


@dataclass(frozen=True)
class Operator:
    """A sign."""

    sign: str


@dataclass(frozen=True)
class Number:
    """A number, to so many significant digits (None: all that float64 has)."""

    value: float
    digits: int | None = None


@dataclass(frozen=True)
class Indices:
    """Which entry: numbers, or letters that stand for them."""

    entries: tuple[int | str, ...]

    @property
    def comma(self) -> bool:
        """Whether digits would run into each other without one."""
        return any(isinstance(entry, int) and entry > 9 for entry in self.entries)


@dataclass(frozen=True)
class Row:
    """Things side by side; plain text leaves blanks between them unless the row is `tight`."""

    parts: tuple["Expression", ...]
    tight: bool = False


@dataclass(frozen=True)
class Scripts:
    """A base with what hangs below and above it."""

    base: "Expression"
    below: "Expression | None" = None
    above: "Expression | None" = None


@dataclass(frozen=True)
class Power:
    """base to the exponent."""

    base: "Expression"
    exponent: "Expression"


@dataclass(frozen=True)
class Fraction:
    """top / bottom."""

    top: "Expression"
    bottom: "Expression"


@dataclass(frozen=True)
class Fenced:
    """Something in parentheses, or between other fences."""

    inner: "Expression"
    fences: tuple[str, str] = ("(", ")")


@dataclass(frozen=True)
class Linked:
    """What stands for a number of the request or the workings; `pointer` says where that is."""

    inner: "Expression"
    pointer: str


Expression: TypeAlias = (
    Identifier | Operator | Number | Indices | Row | Scripts | Power | Fraction | Fenced | Linked
)

SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
LATEX_SIGNS = {
    "·": r"\cdot",
    "⊙": r"\odot",
    "∂": r"\partial",
    "∇": r"\nabla",
    "Σ": r"\sum",
    "−": "-",
    "≈": r"\approx",
    "≠": r"\ne",
    "←": r"\leftarrow",
    "ᵀ": r"\top",
    "′": r"\prime",
    "⋯": r"\cdots",
    "‖": r"\|",
}
LATEX_NAMES = {
    "σ": r"\sigma",
    "δ": r"\delta",
    "η": r"\eta",
    "ŷ": r"\hat{y}",
    "ln": r"\ln",
}
MATHML_SIGNS = {"ᵀ": "⊤", "Σ": "∑", "-": "−"}


def row(*parts: Expression) -> Row:
    """Things side by side, apart."""
    return Row(parts)


def tight(*parts: Expression) -> Row:
    """Things that belong together."""
    return Row(parts, tight=True)


def joined(parts: Iterable[Expression], sign: str) -> Expression:
    """Things with a sign between each two; what begins with a minus is put in parentheses.

    >>> text(joined([number(2.0), number(-3.5)], "·"))
    '2·(-3.5)'
    """
    first, *others = parts
    rest = tuple(thing for part in others for thing in (Operator(sign), guarded(part)))
    return Row((first, *rest), tight=sign == "·") if others else first


def guarded(part: Expression) -> Expression:
    """In parentheses if a sign before it would meet its own minus."""
    negative = isinstance(part, Row) and part.parts[0] == Operator("−")
    return Fenced(part) if negative else part


def equation(*sides: Expression) -> Expression:
    """Sides that are equal."""
    return joined(sides, "=")


def number(value: float, digits: int | None = None) -> Expression:
    """A number as a factor or a term: in parentheses if it is negative.

    >>> text(joined([number(6), number(-4.0)], "+"))
    '6 + (-4)'
    """
    plain = Number(value, digits)
    return Fenced(plain) if number_text(plain).startswith("-") else plain


def number_text(number: Number) -> str:
    """The shortest decimal that reads back as the number, or its first digits.

    >>> number_text(Number(2.0)), number_text(Number(1 / 3, 4)), number_text(Number(0.1))
    ('2', '0.3333', '0.1')
    """
    value = float(number.value)
    text = repr(value) if number.digits is None else f"{value:.{number.digits}g}"
    return text.removesuffix(".0")


def indices_text(indices: Indices) -> str:
    """Side by side, as the chapter writes them; a comma where ten and more would mislead.

    >>> indices_text(Indices((0, 2))), indices_text(Indices((10, 2))), indices_text(Indices(("j",)))
    ('02', '10,2', 'j')
    """
    return ("," if indices.comma else "").join(map(str, indices.entries))


def is_shortened(number: Number) -> bool:
    """Whether digits are left out."""
    return float(number_text(number)) != number.value


def substituted(expression: Expression, values: Callable[[str], Expression]) -> Expression:
    """The same with the numbers in: `values` says what stands at the pointer of a link."""
    match expression:
        case Linked(_, pointer):
            return values(pointer)
        case Row(parts, tight):
            return Row(tuple(substituted(part, values) for part in parts), tight)
        case Power(base, exponent):
            return Power(substituted(base, values), substituted(exponent, values))
        case Fraction(top, bottom):
            return Fraction(substituted(top, values), substituted(bottom, values))
        case Fenced(inner, fences):
            inside = substituted(inner, values)
            return inside if isinstance(inside, Fenced) else Fenced(inside, fences)
    return expression


def pointers(expression: Expression) -> Iterator[str]:
    """What an expression is linked to, from left to right."""
    match expression:
        case Linked(_, pointer):
            yield pointer
        case Row(parts):
            for part in parts:
                yield from pointers(part)
        case Power(left, right) | Fraction(left, right):
            yield from pointers(left)
            yield from pointers(right)
        case Fenced(inner):
            yield from pointers(inner)


def text(expression: Expression) -> str:
    """Plain text: indices after an underscore, the layer in parentheses."""
    match expression:
        case Identifier(name) | Operator(name):
            return name
        case Number():
            return number_text(expression)
        case Indices():
            return indices_text(expression)
        case Row(parts, tight):
            return ("" if tight else " ").join(text(part) for part in parts)
        case Scripts(base, below, above):
            above_it = "" if above is None else text(above)
            return text(base) + above_it + ("" if below is None else f"_{text(below)}")
        case Power(base, exponent):
            return text(base) + power_text(exponent)
        case Fraction(top, bottom):
            return f"{text_in_fraction(top)}/{text_in_fraction(bottom)}"
        case Fenced(inner, (left, right)):
            return left + text(inner) + right
        case Linked(inner):
            return text(inner)


def text_in_fraction(part: Expression) -> str:
    """What stands above or below a bar, as plain text: in parentheses unless it is one thing.

    >>> text(Fraction(Number(1), tight(Number(2), Identifier("N"))))
    '1/(2N)'
    """
    several = isinstance(part, Row) and part.parts[0] != Operator("∂")
    return f"({text(part)})" if several else text(part)


def power_text(exponent: Expression) -> str:
    """An exponent as plain text: a small digit where it is one."""
    plain = text(exponent)
    return plain.translate(SUPERSCRIPTS) if plain.isdecimal() else f"^{plain}"


def latex(expression: Expression) -> str:
    """LaTeX for mathematics mode."""
    match expression:
        case Identifier(name, bold):
            return latex_name(name, bold)
        case Operator(sign):
            return LATEX_SIGNS.get(sign, sign)
        case Number():
            mantissa, _, exponent = number_text(expression).partition("e")
            return mantissa + (rf" \cdot 10^{{{int(exponent)}}}" if exponent else "")
        case Indices():
            return indices_text(expression)
        case Row(parts):
            return " ".join(latex(part) for part in parts)
        case Scripts(base, below, above):
            return latex(base) + latex_hanging("^", above) + latex_hanging("_", below)
        case Power(base, exponent):
            return f"{latex(base)}^{{{latex(exponent)}}}"
        case Fraction(top, bottom):
            return rf"\frac{{{latex(top)}}}{{{latex(bottom)}}}"
        case Fenced(inner, (left, right)):
            return LATEX_SIGNS.get(left, left) + latex(inner) + LATEX_SIGNS.get(right, right)
        case Linked(inner):
            return latex(inner)


def latex_hanging(sign: str, script: Expression | None) -> str:
    """A subscript or superscript, if there is one."""
    return "" if script is None else f"{sign}{{{latex(script)}}}"


def latex_name(name: str, bold: bool) -> str:
    """A name in its typeface; names of several letters stand upright."""
    known = LATEX_NAMES.get(name)
    if bold:
        return rf"\boldsymbol{{{known}}}" if known else rf"\mathbf{{{name}}}"
    return known or (name if len(name) == 1 else rf"\mathrm{{{name}}}")


def mathml(expression: Expression) -> MathML:
    """MathML as nested lists; vectors have the class "vector", links the attribute "data-at"."""
    match expression:
        case Identifier(name, bold):
            return ["mi", {"class": "vector"}, name] if bold else ["mi", name]
        case Operator(sign):
            return ["mo", MATHML_SIGNS.get(sign, sign)]
        case Number():
            return mathml_number(expression)
        case Indices():
            return mathml_indices(expression)
        case Row(parts):
            return ["mrow", *(mathml(part) for part in parts)]
        case Scripts(base, below, above):
            tag = "m" + "sub" * (below is not None) + "sup" * (above is not None)
            return [tag, mathml(base), *(mathml(e) for e in (below, above) if e is not None)]
        case Power(base, exponent):
            return ["msup", mathml(base), mathml(exponent)]
        case Fraction(top, bottom):
            return ["mfrac", mathml(top), mathml(bottom)]
        case Fenced(inner, (left, right)):
            return ["mrow", ["mo", left], mathml(inner), ["mo", right]]
        case Linked(inner, pointer):
            return ["mrow", {"data-at": pointer}, mathml(inner)]


def mathml_number(number: Number) -> MathML:
    """A number with a true minus sign; a power of ten is set as one."""
    mantissa, _, exponent = number_text(number).partition("e")
    plain: MathML = ["mn", mantissa.replace("-", "−")]
    if not exponent:
        return plain
    power = ["mn", str(int(exponent)).replace("-", "−")]
    return ["mrow", plain, ["mo", "·"], ["msup", ["mn", "10"], power]]


def mathml_indices(indices: Indices) -> MathML:
    """Indices; a run of digits is one number."""
    if all(isinstance(entry, int) for entry in indices.entries) and not indices.comma:
        return ["mn", indices_text(indices)]
    tags: list[MathML] = [["mi" if isinstance(e, str) else "mn", str(e)] for e in indices.entries]
    between: list[MathML] = [["mo", ","]] if indices.comma else []
    first, *others = tags
    return ["mrow", first, *(thing for tag in others for thing in (*between, tag))]
