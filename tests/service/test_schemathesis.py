"""The service against its own OpenAPI document: requests from it, good and bad, all checks on.

A few here; `make stress` sends thousands to each address.
"""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings

from service import create_app
from service.limits import Limits

# Small limits, so that what is drawn is quick to answer, and some of it is refused.
LIMITS = Limits(body_bytes_max=2**20, layers_max=50, examples_max=200, check_operations_max=10**8)
# What no JSON schema can say: that shapes fit together, that a job is there.
REFUSED = {"positive_data_acceptance": {"expected-statuses": ["2xx", 404, 406, 409, 422]}}
# An item of a batch that is none is that item's answer, in a 200.
BATCHES = {
    "include-name": "POST /v1/batches",
    "checks": {"negative_data_rejection": {"enabled": False}, **REFUSED},
}
CONFIG = schemathesis.Config.from_dict({"checks": REFUSED, "operations": [BATCHES]})
APP = create_app({"LIMITS": LIMITS})
SCHEMA = schemathesis.openapi.from_wsgi("/openapi.json", APP, config=CONFIG)


@pytest.mark.filterwarnings("default")  # those of the schema's reader are not ours
@SCHEMA.parametrize()
@settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_document_holds(case: schemathesis.Case) -> None:
    """Every answer has a status, a type and a shape that the document names; none is a 5xx."""
    case.call_and_validate()
