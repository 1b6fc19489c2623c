"""Where a request's time goes: stage by stage, for the log. Nothing is noted unless it is kept."""

from time import perf_counter

from service.current import notes

STAGES = ("read", "wait", "parse", "compute", "print")
"""The body's arrival, the wait for a turn, JSON and schema, the mathematics, the answer's text."""


def start() -> None:
    """Note the stages of this request from now on."""
    noted = notes()
    noted.stages, noted.stage_began = {}, perf_counter()


def passed(stage: str) -> None:
    """The time since the last stage ended was this one's."""
    noted = notes()
    stages = noted.get("stages")
    if stages is not None:
        now = perf_counter()
        stages[stage] = stages.get(stage, 0.0) + now - noted.stage_began
        noted.stage_began = now


def milliseconds() -> dict[str, float]:
    """What each stage took so far."""
    return {stage: round(1e3 * seconds, 3) for stage, seconds in notes().get("stages", {}).items()}
