"""Whose job it is: that of an API key, or of everybody where the service asks for none."""

from flask import g

EVERYBODY = ""


def owner() -> str:
    """The name of the key that this request came with."""
    return str(getattr(g, "key_id", None) or EVERYBODY)
