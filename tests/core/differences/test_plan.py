"""The plan: every source in every example once, in pieces that stay small, at the counted cost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.differences import plan
from core.differences.directions import drawn
from core.differences.plan import (
    BLOCK,
    CHUNK,
    ENTRY_FLOPS,
    EVALUATIONS,
    Extent,
    affordable_units,
    blocks,
    every_unit,
    plan_flops,
    source_flops,
    tasks,
)
from core.differences.softmax_heads import SOFTMAX_HEADS, extent_of
from core.differences.witness import check
from tests.core.differences.held import entries, random_request
from tests.core.worked import GRADIENTS, network_of, workings
from tests.strategies import networks

SIZES = st.lists(st.integers(1, 3000), min_size=2, max_size=5)


def flops_one_by_one(sizes: list[int], examples: int, l: int) -> int:
    """A source of layer l: its own entry, one product for each of the next layer's, then all."""
    count = 0
    for _ in range(EVALUATIONS * examples):
        count += ENTRY_FLOPS
        for above in range(l + 1, len(sizes)):
            each = 1 if above == l + 1 else 2 * sizes[above - 1]
            count += sizes[above] * (each + ENTRY_FLOPS)
    return count


@given(SIZES, st.integers(1, 5))
def test_what_a_source_costs(sizes: list[int], examples: int) -> None:
    """Counted layer by layer as the sweep goes through them."""
    expected = [flops_one_by_one(sizes, examples, l) for l in range(1, len(sizes))]
    assert source_flops(Extent(tuple(sizes), examples)) == tuple(expected)


@given(SIZES, st.integers(1, 2000))
@settings(max_examples=50)
def test_every_source_in_every_example_once(sizes: list[int], examples: int) -> None:
    """The tasks cover the plan without a gap, and none of their arrays is larger than a chunk."""
    sizes = [min(n, 100) for n in sizes]
    extent = Extent(tuple(sizes), examples)
    done = np.zeros((sum(sizes[1:]), examples), dtype=int)
    for task in tasks(every_unit(tuple(sizes)), extent):
        done[task.rows, task.examples] += 1
        sources = sum(map(len, task.units))
        assert sources == task.rows.stop - task.rows.start
        numbers = sources * (task.examples.stop - task.examples.start) * max(sizes[1:])
        assert EVALUATIONS * numbers <= CHUNK
    assert (done == 1).all()


@given(SIZES, st.integers(1, 30_000))
def test_blocks_hold_all_examples_and_not_too_many(sizes: list[int], examples: int) -> None:
    """Consecutive runs, each of at most BLOCK activations or one example."""
    found = list(blocks(Extent(tuple(sizes), examples)))
    assert [rows.start for rows in found] == [0, *(rows.stop for rows in found[:-1])]
    assert found[-1].stop == examples
    for rows in found:
        assert (rows.stop - rows.start) * sum(sizes) <= BLOCK or rows.stop - rows.start == 1


@given(SIZES, st.floats(1, 1e9), st.integers(0, 100))
def test_the_budget_is_kept(sizes: list[int], budget: float, seed: int) -> None:
    """What is affordable costs no more than the budget, unless a single source does."""
    extent = Extent(tuple(sizes), 3)
    units = affordable_units(extent, budget, np.random.default_rng(seed))
    count = sum(map(len, units))
    assert count >= 1
    assert count == 1 or plan_flops(units, extent) <= budget


def test_the_cost_grows_as_counted() -> None:
    """Wide layers: width × 2 is × 8; deep ones: depth × 2 is × 4; batch × 2 is × 2, always."""

    def work(width: int, depth: int, examples: int) -> int:
        sizes = [width] * (depth + 1)
        return plan_flops(every_unit(tuple(sizes)), Extent(tuple(sizes), examples))

    assert work(8192, 8, 2) / work(4096, 8, 2) == pytest.approx(8, rel=0.05)
    assert work(64, 160, 2) / work(64, 80, 2) == pytest.approx(4, rel=0.05)
    assert work(64, 8, 4) / work(64, 8, 2) == 2


def test_coupled_outputs_are_counted() -> None:
    """softmax with binary cross-entropy is the one output that takes all numbers to move one."""
    for name, head in SOFTMAX_HEADS.items():
        network = network_of(random_request(1, "softmax", name))
        assert extent_of(network, 1).coupled == head.coupled == (name == "binary_cross_entropy")


@pytest.mark.parametrize("pieces", ["tasks", "blocks"])
@given(request_=networks(max_layers=4, max_width=5, max_examples=5))
@settings(max_examples=40)
def test_pieces_do_not_matter(pieces: str, request_: dict[str, object]) -> None:
    """In the smallest pieces the check finds what it finds in one, kinks and verdict alike.

    Steps and sums differ, so the values may: by no more than either is uncertain.
    """
    w = workings(request_)
    whole = check(w)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "CHUNK" if pieces == "tasks" else "BLOCK", 1)
        found = check(w)
    assert found.agrees == whole.agrees
    assert {kink.at for kink in found.kinks} == {kink.at for kink in whole.kinks}
    assert (found.second_opinion is None) == (whole.second_opinion is None)
    for quantity in GRADIENTS:
        bounds = entries(whole, quantity.replace("gradients", "uncertainties"))
        pairs = zip(entries(found, quantity), entries(whole, quantity), bounds, strict=True)
        assert all(abs(some - all_) <= bound for some, all_, bound in pairs)


def test_threads_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same numbers to the last bit, whether tasks run one by one or on every core."""
    w = workings(random_request(1, "silu", "mean_squared_error"))
    monkeypatch.setattr(plan, "CHUNK", 16)
    alone = check(w)
    monkeypatch.setattr("core.differences.slopes.THREADS_PAY_FROM", 0)
    together = check(w)
    for quantity in GRADIENTS:
        assert entries(alone, quantity) == entries(together, quantity)


def test_only_small_networks_are_remembered() -> None:
    """Their units and draws are made once and cannot be written to; of large ones nothing stays."""
    small, large = (3, 2), (plan.SMALL, 2)
    assert every_unit(small) is every_unit((3, 2))
    assert every_unit(large) is not every_unit(large)
    assert not any(own.flags.writeable for own in every_unit(small))
    assert drawn(small, 0, 0) is drawn(small, 0, 0)
    assert drawn(large, 0, 0) is not drawn(large, 0, 0)
    assert not any(part.flags.writeable for way in drawn(small, 0, 0) for part in way)


def test_each_direction_has_draws_of_its_own() -> None:
    """Another seed, or another number, is another direction; p within ±1, q within ±1/n."""
    p, q = drawn((5, 4), 0, 0)
    assert (np.abs(p[1]) <= 1.0).all()
    assert (np.abs(q[1]) <= 1.0 / 5).all()
    for other in (drawn((5, 4), 1, 0), drawn((5, 4), 0, 1)):
        assert not np.isin(other[0][1], p[1]).any()
