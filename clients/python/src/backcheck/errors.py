"""What can go wrong, one class for each thing that a caller would do about it.

    BackcheckError
    ├── Unreachable       nothing answers there: start the service, or set its address
    ├── InvalidRequest    the request cannot be understood; `problems` say where and why
    ├── ServerTrouble     the service answers, but not with an answer
    └── Disagreement      an assertion failed: the claimed numbers are not right

`Unreachable` is a ConnectionError, `InvalidRequest` a ValueError and `Disagreement` an
AssertionError too, so that code that knows nothing of backcheck treats them rightly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from backcheck.verification import Verification

WAYS_OUT = (
    "Either start the service (`make serve` in its checkout, or its container image) "
    "or say where one runs: Client('http://…'), or BACKCHECK_URL=http://… in the environment."
)
PROBLEMS_SHOWN = 10  # of at most 50: enough to mend a request, few enough to read


class BackcheckError(Exception):
    """Whatever this client raises on purpose."""


class Unreachable(BackcheckError, ConnectionError):
    """No service answered, in time or at all."""


class Problem(NamedTuple):
    """Where a request is wrong (a JSON pointer, which counts from 0), and how to mend it."""

    pointer: str
    detail: str


class InvalidRequest(BackcheckError, ValueError):
    """A request that cannot be understood; found before it was sent, or by the service.

    `problems`: where and why, as many as could be told at once. `status`: the HTTP status, or
    None if the request was never sent.
    """

    def __init__(self, title: str, problems: Sequence[Problem], status: int | None = None) -> None:
        self.problems = tuple(problems)
        self.status = status
        shown = [f"  {one.pointer or '/'}: {one.detail}" for one in problems[:PROBLEMS_SHOWN]]
        more = len(problems) - len(shown)
        if more > 0:
            shown.append(f"  … and {more} more")
        super().__init__("\n".join([title, *shown]))


class ServerTrouble(BackcheckError):
    """The service is busy, broken, too old, or not a backcheck service at all.

    `status`: the HTTP status. `retry_after`: seconds that it asked to wait, if it said so.
    """

    def __init__(self, detail: str, status: int, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.retry_after = retry_after


class Disagreement(BackcheckError, AssertionError):
    """Claimed numbers that are not right, or that could not show whether they are.

    `verification` is the whole answer; the message is its census, its first wrong equation and
    its diagnosis.
    """

    def __init__(self, message: str, verification: Verification) -> None:
        super().__init__(message)
        self.verification = verification
