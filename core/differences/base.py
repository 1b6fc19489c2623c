"""Everything about the stored forward pass that the witness moves about, prepared once."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core.arrays import Array
from core.differences.changes import CORNERED, SMALL, Change, change_of, uniform
from core.differences.corners import Corners, find_corners
from core.differences.heads import Head
from core.differences.plan import Extent
from core.differences.rounding import roundings
from core.differences.softmax_heads import extent_of, head_of
from core.forward import Workings
from core.layers import Layers
from core.network import Network

ROOM = SMALL
"""How far a weighted input below a smooth activation may be moved: h² stays under 6e-8."""

CORNER_SHARE = 0.5
"""Of the way to a corner, the part that a move may take."""

ABOVE_CORNER = 1.0  # any z > 0 stands for the upper branch


@dataclass(frozen=True)
class Base:
    """What a sweep needs of the stored pass.

    `changes[l]` for l < L; the head stands for the last layer. `inverse_room[l]` (N × n_l) is one
    over how far z may be moved: ROOM over smooth units, half the way to the corner over cornered
    ones, any distance (0) at a corner itself. `rounding[l]` (N × n_l) is what one unit of |s| at
    that unit adds to the rounding error of the cost difference.
    """

    network: Network
    changes: Layers[Change | None]
    head: Head
    inverse_room: Layers[Array]
    corners: Layers[Corners | None]
    rounding: Layers[Array]

    @classmethod
    def about(cls, network: Network, w: Workings, smooth_room: float = ROOM) -> "Base":
        """Prepared from the stored z and a; `smooth_room` may be infinite, for a step asked for."""
        corners, z = find_corners(network, w), []
        for l in w.W.numbers:
            here = corners[l]
            z.append(w.z[l] if here is None else at_upper_branch(w.z[l], here))
        changes = [change_of(*pair) for pair in zip(network.activations, z[:-1], strict=False)]
        head = head_of(network, z[-1], w.a[w.depth], w.y)
        rooms = [
            inverse_room(network.activations[l].name, w.z[l], corners[l], smooth_room)
            for l in w.W.numbers
        ]
        rooms[-1] = np.maximum(rooms[-1], head.inverse_room(smooth_room))
        return cls(
            network,
            Layers([*changes, None]),
            head,
            Layers(rooms),
            corners,
            roundings(network, changes, head, z, [here is not None for here in corners]),
        )

    @cached_property
    def extent(self) -> Extent:
        """How much there is to move."""
        return extent_of(self.network, len(self.rounding[1]))

    @cached_property
    def cornered(self) -> bool:
        """Whether any weighted input sits at a corner."""
        return any(here is not None for here in self.corners)

    def examples(self, rows: slice) -> "Base":
        """The same for a run of examples, which are then counted from its first."""
        if rows == slice(0, len(self.rounding[1])):
            return self

        def take(part: Array) -> Array:
            return part[rows]

        return replace(
            self,
            changes=Layers([c and c.view(take) for c in self.changes]),
            head=self.head.view(take),
            inverse_room=Layers([room[rows] for room in self.inverse_room]),
            corners=Layers([c and c.within(rows) for c in self.corners]),
            rounding=Layers([r[rows] for r in self.rounding]),
        )


def at_upper_branch(z: Array, corners: Corners) -> Array:
    """z with its corners moved onto the upper branch."""
    return np.where(corners.mask(z.shape), ABOVE_CORNER, z)


def inverse_room(activation: str, z: Array, corners: Corners | None, smooth_room: float) -> Array:
    """One over how far each z may be moved, shaped as z."""
    if activation not in CORNERED:
        return uniform(z, 0.0 if activation == "identity" else 1.0 / smooth_room)
    far = np.abs(z) if corners is None else np.where(corners.mask(z.shape), np.inf, np.abs(z))
    bent = 1.0 / smooth_room if activation == "elu" else 0.0
    return np.maximum(1.0 / (CORNER_SHARE * far), bent)
