"""Where a request's time goes: stage by stage, for the log. Nothing is noted unless it is kept."""

from contextvars import ContextVar
from dataclasses import dataclass, field
from time import perf_counter

STAGES = ("read", "wait", "parse", "compute", "print")
"""The body's arrival, the wait for a turn, JSON and schema, the mathematics, the answer's text."""


@dataclass
class Watch:
    """The time of each stage so far, in seconds, and when the last one ended."""

    ended: float
    stages: dict[str, float] = field(default_factory=dict)


WATCH: ContextVar[Watch | None] = ContextVar("watch", default=None)
"""That of the request at work, where somebody keeps it."""


def start() -> None:
    """Note the stages of this request from now on."""
    WATCH.set(Watch(perf_counter()))


def passed(stage: str) -> None:
    """The time since the last stage ended was this one's."""
    watch = WATCH.get()
    if watch is not None:
        now = perf_counter()
        watch.stages[stage] = watch.stages.get(stage, 0.0) + now - watch.ended
        watch.ended = now


def milliseconds() -> dict[str, float]:
    """What each stage took so far."""
    watch = WATCH.get()
    stages = {} if watch is None else watch.stages
    return {stage: round(1e3 * seconds, 3) for stage, seconds in stages.items()}
