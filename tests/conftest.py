"""Hypothesis for everybody: the same examples on every machine, and no clock.

`make test ARGS="--hypothesis-profile=search"` looks for new examples instead, ten times as many.
"""

from hypothesis import settings

settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, print_blob=True, max_examples=1000)
settings.load_profile("repeatable")
