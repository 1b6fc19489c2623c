"""make stress: every part, or those that are named; what each finds goes into docs/reliability.md.

python -m benchmarks.stress [fuzz load soak faults] [--scale 0.1]
"""

import argparse
import os
import platform
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.stress import faults, fuzz, load, soak
from benchmarks.stress.server import ROOT

PAGE = ROOT / "docs" / "reliability.md"


def machine() -> str:
    """What it ran on, and what else ran there."""
    cpu = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    name = cpu[1] if cpu else platform.machine()
    busy = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {name}, {os.cpu_count()} cores; "
        f"Python {platform.python_version()}, numpy {version('numpy')}, gunicorn "
        f"{version('gunicorn')}, 2 workers; load averages at the start {busy}"
    )


def main() -> None:
    """Run the parts, and write what they find."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stress", description=__doc__)
    parser.add_argument("parts", nargs="*", help="fuzz, load, soak, faults; all without any")
    parser.add_argument("--scale", type=float, default=1.0, help="0.1 for a tenth of it")
    asked = parser.parse_args()
    scale = asked.scale
    parts: dict[str, Callable[[], str]] = {
        "faults": faults.report,
        "load": lambda: load.report(load.SECONDS * min(1.0, scale)),
        "soak": lambda: soak.report(int(soak.REQUESTS * scale)),
        "fuzz": lambda: fuzz.report(scale),
    }
    for name in asked.parts or parts:
        where = machine()
        sys.stdout.write(f"{name} …\n")
        sys.stdout.flush()
        found = f"*{where}*\n\n{parts[name]()}"
        sys.stdout.write(found)
        write(name, found)


def write(part: str, found: str) -> None:
    """Put it between the marks of the page."""
    marks = re.compile(rf"(<!-- {part}: [^>]*-->\n).*?(<!-- end -->)", re.DOTALL)
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(marks.sub(lambda m: f"{m[1]}\n{found}\n{m[2]}", text), encoding="utf-8")


if __name__ == "__main__":
    main()
