"""Assertions for tests: pytest, unittest, otter-grader, nbgrader, a bare script.

They use the service at BACKCHECK_URL; where that is not set, the service's own code in this
process if it can be found, or else the address that `make serve` uses.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from typing import Any, Unpack

from backcheck.claims import Claims, Precision
from backcheck.client import URL_VARIABLE, Client
from backcheck.errors import Disagreement, Unreachable
from backcheck.network import NetworkFields, NetworkLike
from backcheck.verification import Verification


def default_client() -> Client:
    """The client that is used where none is given."""
    return shared_client(os.environ.get(URL_VARIABLE))


@cache
def shared_client(url: str | None) -> Client:
    """One client, with its pooled connections, for each address in a process."""
    if url is None:
        try:
            return Client.local()
        except Unreachable as error:
            return Client(url, otherwise=str(error).partition("\n")[0])
    return Client(url)


def assert_gradients(
    network: NetworkLike | None = None,
    *,
    bias_gradients: Sequence[Any] | None = None,
    weight_gradients: Sequence[Any] | None = None,
    precision: Precision | None = None,
    reveal: bool = True,
    complete: bool = False,
    client: Client | None = None,
    **fields: Unpack[NetworkFields],
) -> Verification:
    """Assert that gradients are right, as far as their precision can tell.

    `bias_gradients[l-1]` is ∂C/∂b(l) and `weight_gradients[l-1]` is ∂C/∂W(l), averaged over the
    examples; either, and layers and entries as None, may be left out unless they have to be
    `complete`. Raises Disagreement, an AssertionError, if one is wrong, if none of them could show
    any mistake on this network, or if one is missing.
    """
    given = {"bias_gradients": bias_gradients, "weight_gradients": weight_gradients}
    claims = {name: value for name, value in given.items() if value is not None}
    options: Any = {"precision": precision, "reveal": reveal, "complete": complete}
    return assert_claims(network, claims, client=client, **options, **fields)


def assert_claims(
    network: NetworkLike | None = None,
    claims: Claims | None = None,
    *,
    precision: Precision | None = None,
    reveal: bool = True,
    complete: bool = False,
    client: Client | None = None,
    **fields: Unpack[NetworkFields],
) -> Verification:
    """Assert that any claimed numbers are right: `cost`, `z`, `a`, `delta`, both gradients.

    `complete`: every entry has to be there of what is claimed, and of both gradients if one is.
    Returns the verification. Raises Disagreement, as `assert_gradients` does.
    """
    if not claims:
        raise TypeError("nothing is claimed: give bias_gradients, weight_gradients or claims")
    client = client or default_client()
    found = client.verify(network, claims=claims, precision=precision, reveal=reveal, **fields)
    return agreed(found, complete)


def agreed(verification: Verification, complete: bool = False) -> Verification:
    """The same if it is correct, and all of it claimed if asked for; raises Disagreement if not."""
    if not verification.correct:
        raise Disagreement(str(verification), verification)
    if complete and not verification.complete:
        raise Disagreement(f"INCOMPLETE (complete=True). {verification}", verification)
    return verification
