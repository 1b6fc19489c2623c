"""Words for values and names."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.activations import ACTIVATIONS
from core.costs import COSTS
from schemas.aliases import ACTIVATION_ALIASES, COST_ALIASES, FIELD_ALIASES
from schemas.gradients import GradientsSchema
from schemas.words import nearest, shown


@pytest.mark.parametrize("name", [*ACTIVATIONS])
@pytest.mark.parametrize(
    "spell", [str.upper, str.title, lambda s: s.replace("_", " "), lambda s: s[:-1]]
)
def test_names_are_recognised_in_other_spellings(name: str, spell: Any) -> None:
    """Capitals, blanks and a lost letter leave a name recognisable."""
    assert nearest(spell(name), ACTIVATIONS, ACTIVATION_ALIASES) == name


@pytest.mark.parametrize(
    ("aliases", "known"),
    [
        (ACTIVATION_ALIASES, ACTIVATIONS),
        (COST_ALIASES, COSTS),
        (FIELD_ALIASES, GradientsSchema().fields),
    ],
)
def test_aliases_lead_to_known_names(aliases: dict[str, str], known: dict[str, Any]) -> None:
    """No message proposes a name that would be refused in its turn."""
    assert set(aliases.values()) <= set(known)
    assert all(nearest(alias, known, aliases) == name for alias, name in aliases.items())


@given(st.recursive(st.none() | st.text() | st.floats() | st.integers(), st.lists))
def test_values_are_shown_shortened(value: Any) -> None:
    """Whatever is sent is repeated in a few words at most, a scalar in some 40 characters."""
    text = shown(value)
    assert text
    if not isinstance(value, list):
        assert len(text) <= 41
