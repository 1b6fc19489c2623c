"""An application whose answer is the worker that gave it."""

from __future__ import annotations

import os
import time

from flask import Flask

WORK_SECONDS = 0.0003
"""As long as a small network takes: with several connections there is always something to do."""


def create_app() -> Flask:
    """One address."""
    app = Flask(__name__)

    @app.get("/")
    def worker() -> str:
        end = time.perf_counter() + WORK_SECONDS
        while time.perf_counter() < end:
            pass
        return f"worker {os.getpid()}."

    return app
