"""GET /livez and /readyz.

Alive: the process answers; what it waits for is nobody's reason to kill it. Ready: it may be sent
requests: its mathematics comes out right here, it is not leaving, and what it needs is there.
"""

from collections.abc import Callable
from threading import Event

from flask import Blueprint, Flask, Response, current_app

from core.activations import ACTIVATIONS
from core.backprop import backpropagate
from core.costs import COSTS
from core.network import Batch, Network
from service.errors import problem

Check = Callable[[], str | None]
"""Says what is missing, or None."""

blueprint = Blueprint("health", __name__)
leaving = Event()
"""Set when this process has been told to stop: it finishes what it took, and wants no more."""


def register_health(app: Flask) -> None:
    """What has to be well; others add what they need to `app.extensions["ready"]`."""
    checks: dict[str, Check] = {"leaving": staying, "mathematics": right}
    app.extensions["ready"] = checks
    app.register_blueprint(blueprint)


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
def readyz() -> dict[str, str] | Response:
    """Requests can be served, or what is missing for that."""
    checks: dict[str, Check] = current_app.extensions["ready"]
    missing = [f"{name}: {said}" for name, check in checks.items() if (said := check())]
    if missing:
        return problem(503, "busy", "; ".join(missing))
    return {"status": "ready"}


def staying() -> str | None:
    """Not told to stop."""
    return "this process is stopping" if leaving.is_set() else None


def right() -> str | None:
    """One neuron with W = 2, b = 1, x = 3 and y = 5 gives a = 7, δ = 2 and ∂C/∂W = 6."""
    one = Network.of([[[2.0]]], [[1.0]], [ACTIVATIONS["identity"]()], COSTS["mean_squared_error"]())
    w = backpropagate(one, Batch.of([[3.0]], [[5.0]]))
    found = (w.cost, w.a[1].item(), w.delta[1].item(), w.weight_gradients[1].item())
    return None if found == (2.0, 7.0, 2.0, 6.0) else "2 · 3 + 1 does not come out as 7 here"
