"""Move sources, follow the moves through the layers above them, read off the change of the cost.

One array carries all moves of a task: s is (sources, EVALUATIONS, N, n_l), so that a layer is one
matrix product for all of them. The layers below a source are never recomputed; a source's own layer
moves in one entry only, so the layer after it sees a rank-one change.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.arrays import Array
from core.differences.base import Base
from core.differences.corners import Side
from core.differences.plan import EVALUATIONS, MOVES, Units, at_units, of_sources

NO_CORNER = -1


@dataclass(frozen=True)
class Response:
    """What the sources of a task did.

    `cost` (sources × EVALUATIONS × N): change of each example's cost. Sources × N each: `rounding`,
    what rounding can amount to in it; `reach`, the largest move of any unit over what it may be
    moved; `corner`, the number of a corner that the source moves, or NO_CORNER.
    """

    cost: Array
    rounding: Array
    reach: Array
    corner: NDArray[np.intp]

    def rows(self, rows: slice) -> "Response":
        """A view of some of the sources."""
        return Response(self.cost[rows], self.rounding[rows], self.reach[rows], self.corner[rows])

    def put(self, rows: NDArray[np.bool_], piece: "Response") -> None:
        """Replace some of the sources' responses."""
        self.cost[rows], self.rounding[rows] = piece.cost, piece.rounding
        self.reach[rows], self.corner[rows] = piece.reach, piece.corner


def sweep(base: Base, units: Units, h: Array, side: Side = "right") -> Response:
    """Responses to moving each source by h (sources × N) times MOVES.

    Units at a corner of their activation take the branch of the given side.
    """
    moves, response = h[:, None, :] * MOVES[:, None], begin(base, units, h)
    s, active, depth = None, 0, base.network.depth
    largest = farthest = 2.0 * float(h.max())
    for l in range(first_layer(units), depth + 1):
        below, own = slice(0, active), slice(active, active + len(units[l]))
        if (corners := base.corners[l]) and len(units[l]):
            spread = spread_out(moves[own], units[l], base.network.sizes[l])
            corners.touched(np.abs(spread[:, 0]), response.corner[own])
            corners.bend(spread, side)
            moves[own] = spread[np.arange(len(spread)), :, :, units[l]]
        if s is not None:
            farthest = max(largest, watch(base, l, s, response.rows(below), side))
        if l < depth:
            s = next_layer(base, l, s, moves[own], units[l], farthest)
        elif s is not None:
            response.cost[below] = base.head(s, farthest)
        active = own.stop
    if len(units[depth]):
        response.cost[own] = base.head.alone(moves[own], units[depth], largest)
    return response


def begin(base: Base, units: Units, h: Array) -> Response:
    """What the moves mean to the sources themselves, each of which moves by h; no cost yet."""
    return Response(
        np.empty((len(h), EVALUATIONS, h.shape[1])),
        h * of_sources(base.rounding, units),
        h * of_sources(base.inverse_room, units),
        np.full(h.shape, NO_CORNER),
    )


def first_layer(units: Units) -> int:
    """The lowest layer that has sources."""
    return next(l for l in units.numbers if len(units[l]))


def watch(base: Base, l: int, s: Array, response: Response, side: Side) -> float:
    """Account for what moves s mean at layer l, bend them at corners; the largest |s|.

    The full step's evaluation speaks for the other three: their moves are smaller or its mirror.
    """
    size = np.abs(s[:, 0])
    response.rounding[:] += np.einsum("sij,ij->si", size, base.rounding[l])
    largest = float(size.max())
    np.maximum(response.reach, (size * base.inverse_room[l]).max(axis=-1), out=response.reach)
    if corners := base.corners[l]:
        corners.touched(size, response.corner)
        corners.bend(s, side)
    return 2.0 * largest


def spread_out(moves: Array, own: NDArray[np.intp], neurons: int) -> Array:
    """Moves of sources in their own layer as moves of all its neurons, as s is."""
    spread = np.zeros((*moves.shape, neurons))
    spread[np.arange(len(own)), :, :, own] = moves
    return spread


def next_layer(
    base: Base, l: int, s: Array | None, fresh: Array, own: NDArray[np.intp], largest: float
) -> Array:
    """s at layer l+1: W(l+1) times the changes of a(l), rank one for the sources of layer l."""
    change, W = base.changes[l], base.network.weights[l + 1]
    assert change is not None
    active = 0 if s is None else len(s)
    upward = np.empty((active + len(own), EVALUATIONS, fresh.shape[2], len(W)))
    if s is not None:
        np.matmul(flat(change(s, largest)), W.T, out=flat(upward[:active]))
    if len(own):
        moved = change.view(lambda part: at_units(part, own)[:, None, :])(fresh.copy(), largest)
        np.multiply(moved[..., None], at_units(W, own)[:, None, None, :], out=upward[active:])
    return upward


def flat(s: Array) -> Array:
    """All moves as rows of one matrix; a view."""
    return s.reshape(-1, s.shape[-1])
