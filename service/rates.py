"""How often: requests by key or address, if a rate is set. Without one, nothing here runs."""

from __future__ import annotations

import ipaddress
import time
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import ServiceUnavailable, TooManyRequests
from werkzeug.middleware.proxy_fix import ProxyFix

from service.access import OWN_REQUEST
from service.errors import http_exception

if TYPE_CHECKING:
    from flask_limiter import Limiter
    from limits import RateLimitItem

REDIS_SECONDS = 0.25  # a storage that is slower is away
NETWORK_BITS = 64  # of an IPv6 address: whoever has one has all that share these
RETRY_SECONDS = 5


class Heavy:
    """The rate of heavy requests, counted beside the rate of all."""

    def __init__(self, app: Flask, limiter: Limiter) -> None:
        from limits import parse_many

        self.limiter = limiter
        self.fails_open: bool = app.config["RATE_FAILS"] == "open"
        heavy = app.config["RATE_HEAVY"]
        self.rates: list[RateLimitItem] = parse_many(heavy) if heavy else []

    def count(self) -> None:
        """One more of this caller. Raises 429; StorageError where the storage matters."""
        from limits.errors import StorageError

        for rate in self.rates:
            try:
                self.hit(rate)
            except StorageError:
                if not self.fails_open:
                    raise

    def hit(self, rate: RateLimitItem) -> None:
        """One more at this rate."""
        counter = self.limiter.limiter
        if not counter.hit(rate, "heavy", caller()):
            reset = counter.get_window_stats(rate, "heavy", caller()).reset_time
            wait = max(1, round(reset - time.time()))
            raise TooManyRequests(f"heavy requests: at most {rate}", retry_after=wait)


def register_rates(app: Flask) -> None:
    """Believe the proxies that are there, and count if there is a rate."""
    if proxies := app.config["PROXIES"]:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0
        )
    if app.config["RATE"] or app.config["RATE_HEAVY"]:
        # Imported where it is wanted, which is seldom: it takes as long as all of Flask.
        from limits.errors import StorageError

        app.extensions["heavy_rate"] = Heavy(app, limiter_of(app))
        app.register_error_handler(StorageError, storage_away)


def limiter_of(app: Flask) -> Limiter:
    """Flask-Limiter as the settings say. Open, it counts in memory while the storage is away."""
    from flask_limiter import Limiter

    storage, fails_open = app.config["RATE_STORAGE"], app.config["RATE_FAILS"] == "open"
    waits = ("socket_timeout", "socket_connect_timeout")
    timeouts: dict[str, Any] = dict.fromkeys(waits, REDIS_SECONDS)
    limiter = Limiter(
        caller,
        app=app,
        application_limits=[app.config["RATE"]] if app.config["RATE"] else [],
        storage_uri=storage,
        storage_options={"wrap_exceptions": True, **(timeouts if "redis" in storage else {})},
        headers_enabled=True,
        in_memory_fallback_enabled=fails_open and not storage.startswith("memory"),
        swallow_errors=fails_open,
        key_prefix="backcheck",
    )
    limiter.request_filter(is_free)
    return limiter


def is_free() -> bool:
    """Pages and health are, and what the service asks itself."""
    return OWN_REQUEST in request.environ or not request.path.startswith("/v1/")


def caller() -> str:
    """Whom to count: the key's holder, or the address, IPv6 by its network."""
    key = g.get("key")
    if key is not None:
        return f"key:{key.name}"
    text = request.remote_addr or ""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:  # a socket of the file system, or a proxy's own words
        return "address:unknown"
    if address.version == 4:
        return f"address:{text}"
    return f"address:{ipaddress.ip_network((address, NETWORK_BITS), strict=False)}"


def count_heavy() -> None:
    """One more heavy request of this caller. Raises 429."""
    heavy = current_app.extensions.get("heavy_rate")
    if heavy is not None and not is_free():
        heavy.count()


def storage_away(error: Exception) -> Response:
    """503: rates cannot be counted now, and the settings want them counted."""
    said = "rates cannot be counted now"
    return http_exception(ServiceUnavailable(said, retry_after=RETRY_SECONDS))
