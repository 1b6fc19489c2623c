"""The HTTP service: `create_app` builds it; nothing happens on import."""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from service import catalogue, documents, gradients, health, lessons, updates, verifications
from service.api import Api
from service.errors import register_error_handlers
from service.gate import register_gate
from service.printing import OrjsonProvider
from service.requests import register_requests
from service.settings import settings
from service.turns import register_turns

__all__ = ["create_app"]


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """The WSGI application.

    Settings are the defaults of `service.settings`, then the environment's BACKCHECK_…, then
    `config`.
    """
    app = Flask(__name__)
    app.json = OrjsonProvider(app)
    app.config.from_mapping(settings(config))
    register_error_handlers(app)
    register_gate(app)
    register_turns(app)
    register_requests(app)
    api = Api(app)
    for family in (gradients, verifications, lessons, updates, catalogue):
        api.register_blueprint(family.blueprint)
    for family in (health, documents):
        app.register_blueprint(family.blueprint)
    return app
