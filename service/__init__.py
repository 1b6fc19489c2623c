"""The HTTP service: `create_app` builds it; nothing happens on import."""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from service import catalogue, documents, gradients, lessons, updates, verifications
from service.access import register_access
from service.api import Api
from service.application import Application
from service.cors import register_cors
from service.errors import register_error_handlers
from service.gate import register_gate
from service.health import register_health
from service.jobs import batches, endpoints, page
from service.jobs.extension import register_jobs
from service.logs import register_logs
from service.metrics import register_metrics
from service.packing import register_packing
from service.rates import register_rates
from service.requests import register_requests
from service.settings import settings
from service.tracing import register_tracing
from service.turns import register_turns

__all__ = ["create_app"]


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """The WSGI application.

    Settings are the defaults of `service.settings`, then the environment's BACKCHECK_…, then
    `config`.
    """
    app = Application(__name__)
    app.config.from_mapping(settings(config))
    register_error_handlers(app)
    for register in (
        register_metrics,
        register_logs,
        register_tracing,
        register_gate,
        register_cors,
        register_access,
        register_rates,
        register_turns,
        register_requests,
        register_health,
        register_packing,
    ):
        register(app)
    register_jobs(app)
    api = Api(app)
    for family in (gradients, verifications, lessons, updates, catalogue, batches, endpoints):
        api.register_blueprint(family.blueprint)
    for pages in (documents, page):
        app.register_blueprint(pages.blueprint)
    return app
