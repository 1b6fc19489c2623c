"""`backcheck serve`: gunicorn in the folder of the service, as `make serve` runs it."""

import os
import subprocess
import sys
from importlib.util import find_spec

from backcheck.errors import Unreachable
from backcheck.local import make_importable


def serve(host: str, port: int, workers: int) -> int:
    """Serve until stopped; raises Unreachable where the service is not at hand."""
    try:
        folder = make_importable()
    except ImportError as error:
        raise Unreachable(
            f"There is no service to serve here: {error}.\n"
            "Run this in the environment of its checkout, or use its container image."
        ) from error
    if find_spec("gunicorn") is None:
        raise Unreachable("gunicorn is not installed in this environment; `make setup` does it.")
    print(f"The page:  http://{host}:{port}/\nAPI docs:  http://{host}:{port}/docs", flush=True)
    command = [sys.executable, "-m", "gunicorn", "--config", "service/gunicorn.conf.py"]
    options = ["--bind", f"{host}:{port}", "--workers", str(workers), "service:create_app()"]
    return subprocess.run([*command, *options], cwd=folder, env=os.environ, check=False).returncode
