"""What the GET endpoints list. Fields that a later service adds are left out."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Activation:
    """An activation σ and its derivative σ′; `kinks` are the z where σ′ jumps."""

    name: str
    formula: str
    derivative_formula: str = ""
    elementwise: bool = True
    kinks: tuple[float, ...] = ()


@dataclass(frozen=True)
class Cost:
    """A cost C and its gradient by the output activations."""

    name: str
    formula: str
    gradient_formula: str = ""
    domain: str = ""


@dataclass(frozen=True)
class Mistake:
    """A mistake of the catalogue; `slug` never changes, so that graders can build on it.

    `where` is the equation that it replaces, `instead` what is computed in its place.
    """

    slug: str
    where: str = ""
    instead: str = ""
    explanation: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Limit:
    """A limit on what a request to this service may ask for."""

    name: str
    value: int
    unit: str = ""
    description: str = ""


@dataclass(frozen=True)
class Example:
    """A request that can be sent as it is."""

    name: str
    title: str
    description: str
    endpoint: str
    request: dict[str, Any]
