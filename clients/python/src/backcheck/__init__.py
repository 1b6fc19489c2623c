"""Is my backpropagation right? The client of the backcheck service.

import backcheck

backcheck.assert_gradients(network, bias_gradients=db, weight_gradients=dW)
backcheck.check(my_backprop, layer_sizes=[2, 3, 2])
with backcheck.Client("http://127.0.0.1:8000") as client:
    print(client.verify(network, claims={"weight_gradients": dW}))
"""

from backcheck.asserting import assert_claims, assert_gradients
from backcheck.batches import FullCheck, Verified
from backcheck.catalogue import Activation, Cost, Example, Limit, Mistake
from backcheck.checking import Checked, check
from backcheck.claims import Claims, Precision
from backcheck.client import Client
from backcheck.curve import StepCurve
from backcheck.errors import (
    BackcheckError,
    Disagreement,
    InvalidRequest,
    Problem,
    ServerTrouble,
    Unreachable,
)
from backcheck.jobs import JobState, Line, Report
from backcheck.network import Network
from backcheck.results import Comparison, FiniteDifference, Gradients, Kink, Operations
from backcheck.transport import VERSION
from backcheck.verification import (
    Challenge,
    ClaimVerdict,
    Coverage,
    Diagnosis,
    Equation,
    NamedMistake,
    Verification,
    WrongEntry,
)

__version__ = VERSION

__all__ = [
    "Activation",
    "BackcheckError",
    "Challenge",
    "Checked",
    "ClaimVerdict",
    "Claims",
    "Client",
    "Comparison",
    "Cost",
    "Coverage",
    "Diagnosis",
    "Disagreement",
    "Equation",
    "Example",
    "FiniteDifference",
    "FullCheck",
    "Gradients",
    "InvalidRequest",
    "JobState",
    "Kink",
    "Limit",
    "Line",
    "Mistake",
    "NamedMistake",
    "Network",
    "Operations",
    "Precision",
    "Problem",
    "Report",
    "ServerTrouble",
    "StepCurve",
    "Unreachable",
    "Verification",
    "Verified",
    "WrongEntry",
    "__version__",
    "assert_claims",
    "assert_gradients",
    "check",
]


def __dir__() -> list[str]:
    """The public names alone, for completion in a notebook."""
    return __all__
