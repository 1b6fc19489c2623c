"""PyTorch's own gradients, in float32 and float16: right, and called so."""

import pytest

pytest.importorskip("torch", reason="make peers installs it")

from benchmarks import torch_verdicts

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("number", range(torch_verdicts.NETWORKS))
@pytest.mark.parametrize("format", torch_verdicts.DTYPES)
def test_gradients_of_torch_are_correct(format: str, number: int) -> None:
    """Every number that torch computes on the way is within its bound, and mistakes would show."""
    for stated in (True, False):
        verdict = torch_verdicts.judged(torch_verdicts.case(number), format, stated)
        assert verdict.verdict == "correct"
        assert all(tested.verdict != "fails" for tested in verdict.equations)


def test_a_mistake_in_torchs_numbers_is_wrong() -> None:
    """The same claims with one gradient doubled are not."""
    from core.rounding.precision import FLOATS
    from core.verdict.claims import Claimed, Claims
    from core.verdict.verify import verify

    case = torch_verdicts.case(3)
    claims = torch_verdicts.claims(case, torch_verdicts.DTYPES["float32"])
    key = ("weight_gradients", 1)
    doubled = Claims({**claims.layers, key: Claimed.all_of(2.0 * claims[key].values)})
    assert verify(*case.ours(), doubled, FLOATS["float32"]).verdict == "wrong"
