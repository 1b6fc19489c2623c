"""The licences of what the service is installed with: `python -m docs.licences` writes the page.

Read from the packages themselves, for every package that the locks of the service and its extras
name. A licence that nobody has looked at yet stops `make licences`, by its package.
"""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

from docs.tables import table

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements/service.txt", "requirements/extras.txt")
PAGE = ROOT / "docs" / "licences.md"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)([^\\\n]*)", re.MULTILINE)
ALLOWED = (
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "LGPL-3.0-only", "MIT", "MPL-2.0",
    "PSF-2.0", "Python-2.0", "Zlib", "CC0-1.0",
)  # fmt: skip
"""Permissive ones, and weak copyleft that asks nothing of a program that only imports it."""

SPELLINGS = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "BSD 3-Clause": "BSD-3-Clause",
    "BSD 3-Clause License": "BSD-3-Clause",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
LOOKED_AT = {
    "flask-swagger-ui": "MIT",  # its metadata name none; LICENSE beside it is MIT
    # Not everywhere installed: an old Python's, and an extra's.
    "async-timeout": "Apache-2.0",
    "psycopg": "LGPL-3.0-only",
    "psycopg-binary": "LGPL-3.0-only",
}
CLASSIFIER = "License :: OSI Approved :: "
NOT_HERE = "not installed on this machine"


def locked() -> Iterator[tuple[str, str]]:
    """Every package and version of the locks, once."""
    text = "".join((ROOT / lock).read_text(encoding="utf-8") for lock in LOCKS)
    yield from sorted({(found[1], found[2]) for found in PINNED.finditer(text)})


def licence_of(name: str) -> str:
    """An SPDX expression, from the package's own metadata."""
    if name in LOOKED_AT:
        return LOOKED_AT[name]
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return NOT_HERE
    return spdx(told)


def spdx(told: PackageMetadata) -> str:
    """License-Expression, or else a classifier, or else the first line of License."""
    if expression := told.get("License-Expression"):
        return str(expression)
    classifiers = [
        line.removeprefix(CLASSIFIER)
        for line in told.get_all("Classifier") or ()
        if line.startswith(CLASSIFIER)
    ]
    first = (told.get("License") or "").strip().split("\n")[0]
    words = classifiers or [first]
    return " AND ".join(SPELLINGS.get(word, word) for word in words) or "none told"


def is_allowed(expression: str) -> bool:
    """Whether every licence of an AND is, and one of an OR."""
    if expression == NOT_HERE:
        return True
    alternatives = expression.replace("(", "").replace(")", "").split(" OR ")
    return any(
        all(one.split(" WITH ")[0] in ALLOWED for one in alternative.split(" AND "))
        for alternative in alternatives
    )


def page() -> str:
    """The page."""
    rows = [(f"`{name}`", version, licence_of(name)) for name, version in locked()]
    return (
        "# Licences\n\nbackcheck is under the MIT licence. What the service and its extras are "
        "installed with, by the locks (`make licences` writes this page, and fails at a licence "
        "that nobody has looked at):\n\n" + table(("package", "version", "licence"), rows)
    )


def main() -> None:
    """Check, then write."""
    unknown = [
        f"{name} {version}: {licence_of(name)}"
        for name, version in locked()
        if not is_allowed(licence_of(name))
    ]
    if unknown:
        sys.exit("Licences to look at (docs/licences.py):\n" + "\n".join(unknown))
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
