"""Problems of a request: where (a JSON pointer, RFC 6901), and what to do about it."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias

from marshmallow.exceptions import SCHEMA

Step: TypeAlias = str | int
Path: TypeAlias = tuple[Step, ...]

PROBLEMS_MAX = 50  # the contract's "first 50 of them": more help nobody


class Problem(NamedTuple):
    """What is wrong at `path`, and how to mend it."""

    path: Path
    detail: str

    def below(self, *steps: Step) -> "Problem":
        """The same problem, seen from further out."""
        return Problem((*steps, *self.path), self.detail)

    def told(self) -> dict[str, str]:
        """As it stands in an answer."""
        return {"pointer": pointer(self.path), "detail": self.detail}


def pointer(path: Path) -> str:
    """The JSON pointer of a path.

    >>> pointer(("weights", 1, 0)), pointer(("a/b~c",)), pointer(())
    ('/weights/1/0', '/a~1b~0c', '')
    """
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def tree(problems: Iterable[Problem]) -> dict[Step, Any]:
    """Problems as marshmallow keeps them: nested by step, a list of messages at each leaf.

    >>> tree([Problem((1, 0), "a list"), Problem((), "ragged")])
    {1: {0: {'_schema': ['a list']}}, '_schema': ['ragged']}
    """
    root: dict[Step, Any] = {}
    for problem in problems:
        node = root
        for step in problem.path:
            node = node.setdefault(step, {})
        node.setdefault(SCHEMA, []).append(problem.detail)
    return root


def flatten(messages: Any, path: Path = ()) -> list[Problem]:
    """The problems in marshmallow's tree of messages, in the order of the request's layers.

    >>> flatten({"biases": {1: {"_schema": ["too short"]}}, "_schema": ["not fitting"]})
    [Problem(path=(), detail='not fitting'), Problem(path=('biases', 1), detail='too short')]
    """
    return sorted(_leaves(messages, path), key=lambda problem: [_rank(s) for s in problem.path])


def _leaves(messages: Any, path: Path) -> Iterator[Problem]:
    if isinstance(messages, dict):
        for step, inner in messages.items():
            yield from _leaves(inner, path if step == SCHEMA else (*path, step))
    elif isinstance(messages, list):
        for message in messages:
            yield from _leaves(message, path)
    else:
        yield Problem(path, str(messages))


def _rank(step: Step) -> tuple[int, str, int]:
    """Indices by size, names by alphabet; the two may stand beside each other."""
    return (0, "", step) if isinstance(step, int) else (1, step, 0)
