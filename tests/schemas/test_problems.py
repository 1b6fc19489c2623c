"""Problems and JSON pointers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schemas.problems import Problem, flatten, pointer, tree

steps = st.integers(0, 20) | st.text(min_size=1, max_size=4).filter(lambda text: text != "_schema")
paths = st.lists(steps, max_size=4).map(tuple)
problems = st.lists(st.builds(Problem, paths, st.text(max_size=4)), max_size=6)


def resolve(text: str) -> list[str]:
    """RFC 6901 section 4: split at /, then ~1 is /, then ~0 is ~."""
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


@given(paths)
def test_pointers_read_back(path: tuple[str | int, ...]) -> None:
    """A pointer leads where the path led, whatever the names hold."""
    assert resolve(pointer(path)) == [str(step) for step in path]


@given(problems)
def test_trees_lose_nothing(found: list[Problem]) -> None:
    """Every problem put into marshmallow's tree comes out of it."""
    assert sorted(flatten(tree(found)), key=repr) == sorted(found, key=repr)


def test_problems_stand_in_the_order_of_the_request() -> None:
    """Entry 10 comes after entry 9, and the whole before its parts."""
    found = [Problem(("biases", 10), ""), Problem(("biases", 9), ""), Problem((), "")]
    assert [problem.path for problem in flatten(tree(found))] == [(), ("biases", 9), ("biases", 10)]
