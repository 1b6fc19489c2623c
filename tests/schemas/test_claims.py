"""Claims at the border: what is read, what is refused and where, which layouts are recognised."""

from typing import Any

import numpy as np
import pytest
from marshmallow import Schema, ValidationError

from schemas.claims import ClaimsField, claims_of, fit_problems, shapes_of
from schemas.precision import PrecisionField, told


class Body(Schema):
    claims = ClaimsField(required=True)
    precision = PrecisionField(load_default=None)


SIZES = (2, 3, 2)


def read(claims: Any) -> Any:
    return Body().load({"claims": claims})["claims"]


def claimed(claims: Any, examples: int | None = None) -> Any:
    return claims_of(read(claims), shapes_of(SIZES, examples), single=examples is None)


def refused(claims: Any, examples: int | None = None) -> dict[str, str]:
    """Pointer and detail of everything that does not fit."""
    problems = fit_problems(read(claims), shapes_of(SIZES, examples), 2)
    return {"/" + "/".join(map(str, p.path)): p.detail for p in problems}


def test_numbers_nulls_and_words_are_read() -> None:
    """null is not claimed; "NaN" and "inf" in any spelling are claimed numbers."""
    claims = claimed({"z": [[1, None, "NaN"], ["inf", "-Infinity"]], "cost": "+inf"})
    assert claims["z", 1].values[0, 0] == 1.0
    assert claims["z", 1].mask.tolist() == [[True, False, True]]
    assert np.isnan(claims["z", 1].values[0, 2])
    assert claims["z", 2].values.tolist() == [[np.inf, -np.inf]]
    assert claims["cost", 2].values == np.inf
    assert claims.count == 2 + 2 + 1


def test_layers_left_out_are_not_claimed() -> None:
    """null in a layer's place, or a layer of nulls, claims nothing of it."""
    claims = claimed({"bias_gradients": [None, [0.1, 0.2]], "a": [[None, None, None], None]})
    assert list(claims) == [("bias_gradients", 2)]
    assert claimed({"cost": None}).count == 0


def test_examples_stand_in_rows() -> None:
    """A batch's z is N × n_l; a single example's is a vector, kept as one row."""
    batch = claimed({"delta": [None, [[1, 2], [3, 4], [5, 6]]]}, examples=3)
    assert batch["delta", 2].values.shape == (3, 2)
    assert claimed({"delta": [None, [1, 2]]})["delta", 2].values.shape == (1, 2)


def test_weight_gradients_the_other_way_round_are_turned() -> None:
    """n_(l−1) × n_l is recognised by its shape, entries and nulls are turned with it."""
    claims = claimed({"weight_gradients": [[[1, 2, 3], [4, None, 6]], None]})
    assert claims.transposed
    assert claims["weight_gradients", 1].values.shape == (3, 2)
    assert claims["weight_gradients", 1].values[2].tolist() == [3.0, 6.0]
    assert claims["weight_gradients", 1].mask.tolist() == [
        [True, True],
        [True, False],
        [True, True],
    ]
    assert not claimed({"weight_gradients": [[[1, 2], [3, 4], [5, 6]], None]}).transposed


@pytest.mark.parametrize(
    ("claims", "at", "words"),
    [
        ({"z": [[1, 2], [1, 2]]}, "/claims/z/0", "2 numbers; z of layer 1 is 3"),
        ({"z": [[1, 2, 3]]}, "/claims/z", "1 layer; the network has 2"),
        ({"bias_gradients": [None, [1, 2, 3]]}, "/claims/bias_gradients/1", "3 numbers"),
        ({"weight_gradients": [[[1], [2]], None]}, "/claims/weight_gradients/0", "2 × 1"),
        ({"a": [[[1, 2, 3]], None]}, "/claims/a/0", "a of layer 1 is 3 numbers"),
    ],
)
def test_shapes_that_do_not_fit_are_told_with_what_is_needed(
    claims: Any, at: str, words: str
) -> None:
    """Each wrong shape has a pointer and says what was found and what is needed."""
    problems = refused(claims)
    assert list(problems) == [at]
    assert words in problems[at]


def test_shapes_that_fit_are_not_refused() -> None:
    """Right shapes, turned weight gradients and layers left out."""
    assert (
        refused({"z": [[1, 2, 3], [1, 2]], "weight_gradients": [[[1, 2, 3], [4, 5, 6]], None]})
        == {}
    )


@pytest.mark.parametrize(
    "claims",
    [
        3, [1], {"zz": [[1]]}, {"z": 3}, {"z": [["x"]]}, {"z": [[True]]}, {"z": [[[1], [1, 2]]]},
        {"z": [[]]}, {"cost": [1]}, {"cost": "much"}, {"z": [{}]}, {"z": [[[None, "what"]]]},
    ],
)  # fmt: skip
def test_what_is_no_claim_is_refused(claims: Any) -> None:
    """Anything but numbers, nulls and words for not a number, in rows of one length."""
    with pytest.raises(ValidationError):
        read(claims)


@pytest.mark.parametrize(
    "precision",
    ["float64", "float32", "float16", "bfloat16", {"decimals": 0}, {"decimals": 17},
     {"significant_digits": 1}],
)  # fmt: skip
def test_precisions_are_told_as_they_were_asked_for(precision: Any) -> None:
    """What is echoed in the answer can be sent again."""
    loaded = Body().load({"claims": {}, "precision": precision})["precision"]
    assert told(loaded) == precision


def test_auto_is_no_precision_yet() -> None:
    """ "auto", and nothing at all, leave it to the numbers."""
    assert Body().load({"claims": {}, "precision": "auto"})["precision"] is None
    assert Body().load({"claims": {}})["precision"] is None


@pytest.mark.parametrize(
    "precision",
    ["double", 4, {"decimals": -1}, {"decimals": 18}, {"decimals": 4.0}, {"decimals": True},
     {"significant_digits": 0}, {"decimals": 1, "significant_digits": 2}, {}, [4]],
)  # fmt: skip
def test_other_precisions_are_refused(precision: Any) -> None:
    """Unknown names, counts out of range, two at once."""
    with pytest.raises(ValidationError):
        Body().load({"claims": {}, "precision": precision})
