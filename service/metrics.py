"""Counting for Prometheus, right under several workers: each writes to its own files in
PROMETHEUS_MULTIPROC_DIR, and GET /metrics adds them up. `service/gunicorn.conf.py` sets it up."""

import os
from time import perf_counter
from typing import Any

from flask import Flask, Response
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector

from service.current import asked, notes

BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
UNKNOWN = "unknown"
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Metrics:
    """What is counted. Labels are routes as registered, so that callers cannot make up new ones."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "backcheck_requests",
            "Requests answered.",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "backcheck_request_seconds",
            "From the arrival of a request to its answer, by turn (none, light, heavy).",
            ["route", "turn"],
            buckets=BUCKETS_SECONDS,
            registry=self.registry,
        )
        self.kept: dict[Any, Any] = {}
        self.stopped = False

    def begin(self) -> None:
        """Note the time."""
        notes().arrived = perf_counter()

    def count(self, response: Response) -> Response:
        """One more."""
        if self.stopped:
            return response
        request, noted = asked(), notes()
        route = request.url_rule.rule if request.url_rule else UNKNOWN
        counter, histogram = self.of(route, request.method, response.status_code, noted.get("turn"))
        counter.inc()
        histogram.observe(perf_counter() - noted.arrived)
        return response

    def of(self, route: str, method: str, status: int, turn: str | None) -> tuple[Any, Any]:
        """The counter and the histogram of these labels, kept since looking them up is slow."""
        labels = (route, method, status, turn)
        found: tuple[Any, Any] | None = self.kept.get(labels)
        if found is None:
            known = method if method in METHODS else UNKNOWN
            counter = self.requests.labels(route, known, str(status))
            found = counter, self.seconds.labels(route, turn or "none")
            if known == method:
                self.kept[labels] = found
        return found

    def stop(self) -> None:
        """Count no more: there is no room for it."""
        self.stopped = True

    def told(self) -> bytes:
        """The text for Prometheus, over all workers if there are several."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self.registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)


def register_metrics(app: Flask) -> None:
    """Count, and answer GET /metrics, unless that is switched off."""
    if not app.config["METRICS"]:
        return
    metrics = Metrics()
    app.extensions["metrics"] = metrics
    app.before_request(metrics.begin)
    app.after_request(metrics.count)

    @app.get("/metrics")
    def metrics_text() -> Response:
        """The counters, for Prometheus."""
        answer = Response(metrics.told(), content_type=CONTENT_TYPE_LATEST)
        answer.cache_control.no_store = True
        return answer
