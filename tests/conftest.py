"""Hypothesis for everybody: the same examples on every machine, and no clock.

`make test ARGS="--hypothesis-profile=search"` looks for new examples instead.
"""

from hypothesis import settings

settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, print_blob=True)
settings.load_profile("repeatable")
