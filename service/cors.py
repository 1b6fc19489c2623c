"""Which pages of other origins may call the service from a browser, if any. Off, nothing runs."""

from flask import Flask, Response, current_app, request

METHODS = "GET, POST, DELETE"
HEADERS = "Authorization, Content-Type, Idempotency-Key, Prefer, X-API-Key, X-Request-ID"
EXPOSED = "Location, Preference-Applied, Retry-After, X-Request-ID"
AGE_SECONDS = 3600


def register_cors(app: Flask) -> None:
    """Answer browsers that ask for another origin's page, if any origin is allowed."""
    if app.config["CORS_ORIGINS"]:
        app.after_request(allow)


def allow(response: Response) -> Response:
    """Say so to an origin that is allowed. No cookies are used, so none are let through."""
    origins, origin = current_app.config["CORS_ORIGINS"], request.headers.get("Origin")
    everybody = "*" in origins
    if not everybody:
        response.vary.add("Origin")
    if origin is None or not (everybody or origin in origins):
        return response
    headers = response.headers
    headers["Access-Control-Allow-Origin"] = "*" if everybody else origin
    headers["Access-Control-Expose-Headers"] = EXPOSED
    headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        headers["Access-Control-Allow-Methods"] = METHODS
        headers["Access-Control-Allow-Headers"] = HEADERS
        headers["Access-Control-Max-Age"] = str(AGE_SECONDS)
    return response
