"""Request ids, lines of JSON and traces tell what came of a request, and nothing of its content."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service import create_app
from service.printing import JSON
from service.stages import STAGES

SECRET = 0.123456789


def logged(caplog: pytest.LogCaptureFixture, app: Flask, *requests: dict[str, Any]) -> list[Any]:
    """The lines that these requests leave."""
    logger = logging.getLogger("backcheck.requests")
    logger.addHandler(caplog.handler)
    try:
        for one in requests:
            app.test_client().open(**one)
    finally:
        logger.removeHandler(caplog.handler)
    return [json.loads(record.getMessage()) for record in caplog.records]


@pytest.mark.parametrize("sent", ["abc-123", "A.b_9", "x" * 64])
def test_a_sound_id_comes_back(client: FlaskClient, sent: str) -> None:
    """The caller's own request id is in the answer."""
    assert client.get("/livez", headers={"X-Request-ID": sent}).headers["X-Request-ID"] == sent


@pytest.mark.parametrize("sent", [None, "", "x" * 65, "a b", "<script>", "é"])
def test_other_requests_get_an_id(client: FlaskClient, sent: str | None) -> None:
    """Without a sound one a new id is made, another each time."""
    headers = {} if sent is None else {"X-Request-ID": sent}
    ids = {client.get("/nowhere", headers=headers).headers["X-Request-ID"] for _ in range(5)}
    assert len(ids) == 5
    assert all(len(number) == 16 and number != sent for number in ids)


def test_no_lines_by_default(caplog: pytest.LogCaptureFixture, network: Any) -> None:
    """Nothing is written about requests unless asked for."""
    request = {"path": "/v1/gradients", "method": "POST", "json": network}
    assert logged(caplog, create_app(), request) == []


def test_a_line_for_every_request(caplog: pytest.LogCaptureFixture, network: Any) -> None:
    """Id, route, status, sizes and the time of every stage."""
    app = create_app({"LOG_REQUESTS": True})
    headers = {"X-Request-ID": "mine"}
    request = {"path": "/v1/gradients", "method": "POST", "json": network, "headers": headers}
    (line,) = logged(caplog, app, request)
    assert (line["id"], line["route"], line["status"]) == ("mine", "/v1/gradients", 200)
    assert (line["method"], line["turn"]) == ("POST", "light")
    assert line["bytes_in"] == len(json.dumps(network, separators=(",", ":")))
    assert line["bytes_out"] > 1000
    assert tuple(line["stages_ms"]) == STAGES
    assert 0 < sum(line["stages_ms"].values()) <= line["ms"]


def test_nothing_of_the_content(caplog: pytest.LogCaptureFixture, network: Any) -> None:
    """Neither numbers nor paths nor addresses are in the lines, whatever becomes of the request."""
    app = create_app({"LOG_REQUESTS": True})
    network["input"] = [SECRET, SECRET]
    path = f"/v1/{SECRET}?{SECRET}"
    lines = logged(
        caplog,
        app,
        {"path": "/v1/gradients", "method": "POST", "json": network},
        {"path": "/v1/gradients", "method": "POST", "json": [SECRET]},
        {"path": "/v1/gradients", "method": "POST", "data": f"{SECRET}x"},
        {"path": path, "method": f"X{SECRET}"},
    )
    assert [one["status"] for one in lines] == [200, 422, 415, 404]
    assert str(SECRET) not in caplog.text
    assert "127.0.0.1" not in caplog.text
    assert lines[3]["route"] is None


def test_a_line_for_what_is_turned_away(caplog: pytest.LogCaptureFixture) -> None:
    """A request that is refused at the gate, or claims a body beyond all measure, has its line."""
    app = create_app({"LOG_REQUESTS": True})
    post: dict[str, Any] = {"path": "/v1/gradients", "method": "POST"}
    lines = logged(
        caplog,
        app,
        {**post, "json": {}, "headers": {"Accept": "text/html"}},
        {**post, "content_type": JSON, "environ_overrides": {"CONTENT_LENGTH": "9" * 20}},
    )
    assert [one["status"] for one in lines] == [406, 413]


def test_addresses_if_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    """The caller's address is a setting of its own."""
    app = create_app({"LOG_REQUESTS": True, "LOG_ADDRESSES": True})
    (line,) = logged(caplog, app, {"path": "/livez"})
    assert line["address"] == "127.0.0.1"


def test_traces(network: Any) -> None:
    """A span for a request, named by its route, with the stages' times; none for health."""
    trace = pytest.importorskip("opentelemetry.sdk.trace")
    export = pytest.importorskip("opentelemetry.sdk.trace.export")
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    exporter, provider = memory.InMemorySpanExporter(), trace.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(exporter))
    client = create_app({"TRACING": True, "TRACER_PROVIDER": provider}).test_client()
    client.get("/livez")
    client.post("/v1/gradients", json=network)
    (span,) = exporter.get_finished_spans()
    assert span.name == "POST /v1/gradients"
    assert span.attributes["backcheck.turn"] == "light"
    assert all(span.attributes[f"backcheck.{stage}_ms"] >= 0 for stage in STAGES)
