"""Whose job it is: that of an API key, or of everybody where the service asks for none."""

from flask import g

from service.access import Key

EVERYBODY = ""


def owner() -> str:
    """The name of the key that this request came with."""
    key: Key | None = g.get("key")
    return EVERYBODY if key is None else key.name
