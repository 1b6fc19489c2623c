"""The examples in the docstrings of the lessons."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

from core import lessons

MODULES = [module.name for module in pkgutil.iter_modules(lessons.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_docstrings_are_true(name: str) -> None:
    """What the docstrings show is what happens."""
    assert doctest.testmod(importlib.import_module(f"core.lessons.{name}")).failed == 0


def test_there_are_docstrings_with_examples() -> None:
    """The test above has something to look at."""
    found = (doctest.testmod(importlib.import_module(f"core.lessons.{name}")) for name in MODULES)
    assert sum(result.attempted for result in found) >= 20
