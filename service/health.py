"""GET /livez and /readyz."""

from flask import Blueprint, Response

blueprint = Blueprint("health", __name__)


@blueprint.after_request
def never_kept(response: Response) -> Response:
    """A health that a cache remembers is none."""
    response.cache_control.no_store = True
    return response


@blueprint.get("/livez")
def livez() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@blueprint.get("/readyz")
def readyz() -> dict[str, str]:
    """Requests can be served: there is nothing to wait for, since nothing is kept between them."""
    return {"status": "ready"}
