"""What a class gets wrong: counts by mistake and equation, and who makes the same mistake."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

LISTED_MAX = 100
SPECIAL = {"unrecognised": "numbers that no catalogued mistake gives"}

Cluster = tuple[str, str, tuple[int, ...]]


class Outcome(NamedTuple):
    """What one item's answer comes to."""

    name: Any
    status: int
    verdict: str
    checked: int
    wrong: int
    first_failing: tuple[str, int] | None
    diagnosis: Mapping[str, Any] | None
    problem: str


@dataclass(frozen=True)
class Report:
    """What `ReportSchema` prints."""

    items: int
    answered: int
    verdicts: Mapping[str, int]
    mistakes: list[Mapping[str, Any]]
    equations: list[Mapping[str, Any]]
    clusters: list[Mapping[str, Any]]
    problems: list[Mapping[str, Any]]


def outcomes(lines: Iterable[bytes]) -> Iterator[Outcome]:
    """Each answer, shortened to what is counted."""
    for line in lines:
        said = orjson.loads(line)
        yield outcome(said) if said["status"] == 200 else failed(said)


def outcome(said: Mapping[str, Any]) -> Outcome:
    """Of an item that was judged."""
    answer = said["answer"]
    failing = [e for e in answer["equations"] if e["verdict"] == "fails"]
    diagnosis = answer["diagnosis"]
    return Outcome(
        name_of(said),
        said["status"],
        answer["verdict"],
        sum(census["checked"] for census in answer["claims"].values()),
        sum(census["wrong"] for census in answer["claims"].values()),
        (failing[0]["equation"], failing[0]["layer"]) if failing else None,
        diagnosis[0] if diagnosis else None,
        "",
    )


def failed(said: Mapping[str, Any]) -> Outcome:
    """Of an item that could not be judged."""
    detail = said["problem"].get("detail", "")
    return Outcome(name_of(said), said["status"], "failed", 0, 0, None, None, detail)


def name_of(said: Mapping[str, Any]) -> Any:
    """The item's own name, or its index."""
    return said["index"] if said["id"] is None else said["id"]


def report_of(lines: Iterable[bytes], items: int) -> Report:
    """The counts, in one pass that holds no answers."""
    verdicts = Counter({"correct": 0, "wrong": 0, "undecided": 0, "failed": 0})
    equations: Counter[tuple[str, int]] = Counter()
    mistakes: Counter[tuple[str, str]] = Counter()
    told: dict[tuple[str, str], Mapping[str, Any]] = {}
    clusters: Counter[Cluster] = Counter()
    members: dict[Cluster, list[Any]] = defaultdict(list)
    problems: list[Mapping[str, Any]] = []
    for one in outcomes(lines):
        verdicts[one.verdict] += 1
        if one.verdict == "failed" and len(problems) < LISTED_MAX:
            problems.append({"item": one.name, "status": one.status, "detail": one.problem})
        if one.first_failing is not None:
            equations[one.first_failing] += 1
        if one.diagnosis is not None:
            found = one.diagnosis
            row = (found["mistake"], found["equation"])
            mistakes[row] += 1
            told.setdefault(row, found)
            cluster = (found["mistake"], found["equation"], tuple(found["layers"]))
            clusters[cluster] += 1
            if len(members[cluster]) < LISTED_MAX:
                members[cluster].append(one.name)
    return Report(
        items,
        sum(verdicts.values()),
        dict(verdicts),
        [mistake_row(slug, equation, n, told) for (slug, equation), n in ranked(mistakes)],
        [{"equation": e, "layer": layer, "count": n} for (e, layer), n in ranked(equations)],
        [cluster_row(cluster, n, members) for cluster, n in ranked(clusters)],
        problems,
    )


def ranked(counts: Counter[Any]) -> list[tuple[Any, int]]:
    """Most often first, then by name."""
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def mistake_row(
    slug: str, equation: str, count: int, told: Mapping[tuple[str, str], Mapping[str, Any]]
) -> Mapping[str, Any]:
    """A mistake with its words, as the first item that makes it was told."""
    words = {name: told[slug, equation].get(name, "") for name in ("explanation", "remedy")}
    return {"mistake": slug, "equation": equation, "count": count, **words}


def cluster_row(
    cluster: Cluster, count: int, members: Mapping[Cluster, list[Any]]
) -> Mapping[str, Any]:
    """Those who make the same mistake in the same layers."""
    slug, equation, layers = cluster
    return {
        "mistake": slug,
        "equation": equation,
        "layers": list(layers),
        "count": count,
        "items": members[cluster],
    }
