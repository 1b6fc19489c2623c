"""Who may: API keys, if any are set. Without keys everybody may, and nothing here runs.

A key is 256 random bits, of which only the SHA-256 is kept: what nobody can guess needs no slow
hash. A line of the key file is `name scopes digest`; several lines may have one name, so that a
new key works before the old one goes. `python -m service.access NAME` makes a key and its line.
"""

import argparse
import hashlib
import hmac
import re
import secrets
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from flask import Flask, current_app, g, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized

SCOPES = {
    "read": "everything that is answered at once",
    "heavy": "work that takes long, and large bodies",
    "metrics": "GET /metrics",
}
OWN_REQUEST = "backcheck.own_request"
"""In the environment of what the service asks itself; no caller can put it there."""
PREFIX = "bck_"  # so that scanners for leaked secrets can know one
KEY_BYTES = 32
LINE = re.compile(r"(?P<name>\S+)\s+(?P<scopes>\S+)\s+(?P<digest>[0-9a-f]{64})")
HOW = 'send the header "Authorization: Bearer <key>"'


class Key(NamedTuple):
    """Whose it is, what it opens, and the SHA-256 of it."""

    name: str
    scopes: frozenset[str]
    digest: bytes


def register_access(app: Flask) -> None:
    """Ask for a key, if there are keys."""
    keys = tuple(configured(app))
    app.extensions["keys"] = keys
    if keys:
        app.before_request(check_key)


def configured(app: Flask) -> Iterator[Key]:
    """The keys of both settings. Raises ValueError naming a line that is none."""
    if app.config["KEYS_FILE"]:
        path = Path(app.config["KEYS_FILE"])
        yield from read_keys(path.read_text().splitlines(), str(path))
    yield from read_keys(app.config["KEYS"].split(";"), "BACKCHECK_KEYS")


def read_keys(lines: Iterable[str], source: str) -> Iterator[Key]:
    """Keys from lines; empty ones and those that start with # are passed over."""
    for number, line in enumerate(lines, start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        found = LINE.fullmatch(line)
        scopes = frozenset(found["scopes"].split(",")) if found else frozenset[str]()
        if found is None or not scopes <= SCOPES.keys():
            raise ValueError(
                f"{source}, line {number}: needed are a name, scopes out of {','.join(SCOPES)}, "
                "and a SHA-256 in hexadecimal"
            )
        yield Key(found["name"], scopes, bytes.fromhex(found["digest"]))


def digest_of(key: str) -> bytes:
    """What is kept of a key."""
    return hashlib.sha256(key.encode()).digest()


def holder(keys: Iterable[Key], sent: str) -> Key | None:
    """Whose key this is. Every key is compared, in constant time, so that time tells nothing."""
    digest, found = digest_of(sent), None
    for key in keys:
        if hmac.compare_digest(key.digest, digest):
            found = key
    return found


def check_key() -> None:
    """401 or 403 where the request needs a key that it lacks."""
    path, ours = request.path, OWN_REQUEST in request.environ
    if ours or request.method == "OPTIONS" or not path.startswith(("/v1/", "/metrics")):
        return
    sent = sent_key()
    key = None if sent is None else holder(current_app.extensions["keys"], sent)
    if key is None:
        said = "this needs a key" if sent is None else "this key is not known here"
        raise Unauthorized(f"{said}; {HOW}", www_authenticate=WWWAuthenticate("bearer"))
    g.key = key
    require("metrics" if path == "/metrics" else "read")


def sent_key() -> str | None:
    """The key in the request's headers."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    return request.headers.get("X-API-Key")


def require(scope: str) -> None:
    """403 unless the request's key has this scope; without keys everybody has all."""
    key: Key | None = g.get("key")
    if key is not None and scope not in key.scopes:
        raise Forbidden(
            f"this key has no scope {scope!r}, which is for {SCOPES[scope]}; ask whoever gave it"
        )


def main(arguments: list[str] | None = None) -> None:
    """Make a key: the key itself for its holder, the line for the service."""
    parser = argparse.ArgumentParser(prog="python -m service.access", description=main.__doc__)
    parser.add_argument("name", help="whose it is; rates are counted by it")
    parser.add_argument("--scopes", default="read,heavy", help=f"out of {','.join(SCOPES)}")
    asked = parser.parse_args(arguments)
    key = PREFIX + secrets.token_urlsafe(KEY_BYTES)
    line = f"{asked.name} {asked.scopes} {digest_of(key).hex()}"
    list(read_keys([line], "the arguments"))
    sys.stderr.write("The key, shown once:\n")
    sys.stdout.write(f"{key}\n")
    sys.stderr.write(f"The line for the key file:\n{line}\n")


if __name__ == "__main__":
    main()
