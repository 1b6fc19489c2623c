"""The least that Flask can do with a body: send it back."""

from flask import Flask, Response, request


def create_app() -> Flask:
    """One address, the same as the service's."""
    app = Flask(__name__)

    @app.post("/v1/gradients")
    def echo() -> Response:
        return Response(request.get_data(), content_type="application/json")

    @app.get("/livez")
    def livez() -> dict[str, str]:
        return {}

    return app
