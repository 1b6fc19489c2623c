"""Every setting with its default, in one table. The environment's BACKCHECK_NAME sets NAME."""

import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from service.limits import Limits

VERSION = "1.0.0"
PREFIX = "BACKCHECK_"
YES, NO = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


class Setting(NamedTuple):
    """A setting: how its text is read, what it is without one, and what it does."""

    name: str
    default: Any
    read: Callable[[str], Any]
    description: str


def switch(text: str) -> bool:
    """On or off."""
    if text.lower() in YES:
        return True
    if text.lower() in NO:
        return False
    raise ValueError("on or off")


def count(text: str) -> int:
    """A whole number, 0 included."""
    if not text.isdecimal():
        raise ValueError("a whole number")
    return int(text)


def words(text: str) -> tuple[str, ...]:
    """A list with commas or blanks between its items."""
    return tuple(text.replace(",", " ").split())


def outcome(text: str) -> str:
    """What becomes of requests while a store is away."""
    if text not in ("open", "closed"):
        raise ValueError("open or closed")
    return text


TABLE = (
    Setting(
        "HEAVY_AT_ONCE",
        0,
        count,
        "Heavy requests that compute at the same time, over all workers; 0 is half the cores.",
    ),
    Setting(
        "HEAVY_WAITING_MAX",
        8,
        count,
        "Heavy requests that wait for their turn in one worker; the next is told 503.",
    ),
    Setting(
        "KEYS_FILE",
        "",
        str,
        "A file of API keys, a line each: name, scopes, SHA-256. Nobody needs a key without it.",
    ),
    Setting("KEYS", "", str, "The same lines in the environment itself, with ; between them."),
    Setting(
        "RATE",
        "",
        str,
        "Requests that a key or an address may send, such as `300/minute`; no limit without it.",
    ),
    Setting("RATE_HEAVY", "", str, "The same for heavy requests, such as `10/minute`."),
    Setting(
        "RATE_STORAGE",
        "memory://",
        str,
        "Where they are counted: in each worker, or exactly for all of them in `redis://host:6379`.",
    ),
    Setting(
        "RATE_FAILS",
        "open",
        outcome,
        "What happens while that storage is away: `open` lets requests through, `closed` is 503.",
    ),
    Setting(
        "PROXIES",
        0,
        count,
        "Reverse proxies in front, whose X-Forwarded-For is believed; 0 believes nobody.",
    ),
    Setting(
        "CORS_ORIGINS",
        (),
        words,
        "Origins whose pages may call the service from a browser, or `*` for all of them.",
    ),
    Setting(
        "HSTS_SECONDS",
        0,
        count,
        "For how long browsers are to insist on HTTPS (Strict-Transport-Security); 0 says nothing.",
    ),
    Setting(
        "LOG_REQUESTS", False, switch, "A line of JSON for every request; nothing of its content."
    ),
    Setting("LOG_ADDRESSES", False, switch, "The caller's address in that line."),
    Setting(
        "STORE",
        "",
        str,
        "Where jobs are kept, as SQLAlchemy writes it: `sqlite:////var/lib/backcheck/jobs.sqlite`, "
        "`postgresql+psycopg://…`; without it a SQLite file in the folder `instance`.",
    ),
    Setting(
        "SCHEDULER",
        "",
        str,
        "A Dask scheduler's address, `tcp://…` or `tls://…`; without it one starts on loopback "
        "with the first job.",
    ),
    Setting("SCHEDULER_CA", "", str, "For `tls://`: the file of the authority's certificate."),
    Setting("SCHEDULER_CERT", "", str, "For `tls://`: the file of our own certificate."),
    Setting("SCHEDULER_KEY", "", str, "For `tls://`: the file of our own key."),
    Setting(
        "JOB_WORKERS", 0, count, "Processes that the scheduler on loopback starts; 0 is one a core."
    ),
    Setting("JOBS_KEPT_HOURS", 168, count, "How long a job that has ended can be fetched."),
    Setting("METRICS", True, switch, "Counting, and GET /metrics to read it."),
    Setting("TRACING", False, switch, "OpenTelemetry traces, sent where its own OTEL_… say."),
)
"""Beside the limits, which are settings too."""


def settings(
    config: Mapping[str, Any] | None = None, environment: Mapping[str, str] = os.environ
) -> dict[str, Any]:
    """Flask's configuration: the limits, the table, and what the caller of `create_app` adds.

    Raises ValueError naming a setting that cannot be read.
    """
    found = {
        "LIMITS": Limits.from_environment(environment, PREFIX),
        "VERSION": VERSION,
        **{one.name: value_of(one, environment) for one in TABLE},
        **(config or {}),
    }
    found["HEAVY_AT_ONCE"] = found["HEAVY_AT_ONCE"] or half_the_cores()
    return found


def value_of(setting: Setting, environment: Mapping[str, str]) -> Any:
    """What the environment says, or the default."""
    name = PREFIX + setting.name
    if name not in environment:
        return setting.default
    text = environment[name].strip()
    try:
        return setting.read(text)
    except ValueError as error:
        raise ValueError(f"{name} has to be {error}, not {text!r}") from None


def half_the_cores() -> int:
    """And one at least."""
    return max(1, (os.cpu_count() or 1) // 2)
