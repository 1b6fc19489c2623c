"""Measurements; each module prints its table when run."""
