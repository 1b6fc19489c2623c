"""Every setting with its default. The environment's BACKCHECK_NAME sets NAME."""

import os
from collections.abc import Mapping
from typing import Any

from service.limits import Limits

VERSION = "1.0.0"
PREFIX = "BACKCHECK_"


def settings(config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Flask's configuration: the limits, and what the caller of `create_app` adds."""
    return {
        "LIMITS": Limits.from_environment(os.environ, PREFIX),
        "VERSION": VERSION,
        **(config or {}),
    }
