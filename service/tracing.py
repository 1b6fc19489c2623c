"""OpenTelemetry traces, if asked for: the extra `tracing`, sent where the standard OTEL_… say."""

import importlib
import os
from typing import Any

from flask import Flask, g
from werkzeug.wrappers import Response

from service import stages

NEEDED = 'BACKCHECK_TRACING needs the extra: pip install "opentelemetry-instrumentation-flask" \
"opentelemetry-sdk" "opentelemetry-exporter-otlp-proto-http" (requirements/extras.txt has them)'

NOT_TRACED = "livez,readyz,metrics"


def register_tracing(app: Flask) -> None:
    """A span for each request, with its stages' times. Raises RuntimeError without the extra."""
    if not app.config["TRACING"]:
        return
    try:
        flask_spans = importlib.import_module("opentelemetry.instrumentation.flask")
        trace = importlib.import_module("opentelemetry.trace")
    except ImportError:
        raise RuntimeError(NEEDED) from None
    given = app.config.get("TRACER_PROVIDER")
    flask_spans.FlaskInstrumentor().instrument_app(
        app, tracer_provider=given or provider(), excluded_urls=NOT_TRACED
    )
    app.before_request(stages.start)

    @app.after_request
    def tell(response: Response) -> Response:
        span = trace.get_current_span()
        for stage, ms in stages.milliseconds().items():
            span.set_attribute(f"backcheck.{stage}_ms", ms)
        span.set_attribute("backcheck.turn", g.get("turn", "none"))
        return response


def provider() -> Any:
    """Spans in batches to OTEL_EXPORTER_OTLP_ENDPOINT, named by OTEL_SERVICE_NAME or backcheck."""
    resources = importlib.import_module("opentelemetry.sdk.resources")
    sdk = importlib.import_module("opentelemetry.sdk.trace")
    export = importlib.import_module("opentelemetry.sdk.trace.export")
    otlp = importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    name = os.environ.get("OTEL_SERVICE_NAME", "backcheck")
    made = sdk.TracerProvider(resource=resources.Resource.create({"service.name": name}))
    made.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter()))
    return made
