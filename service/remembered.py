"""The last few networks that were verified, with what has been found out about them.

A class sends claims about one network, a learner sends them again after mending a line. What is
remembered are results of pure functions under a digest of everything that they depend on, so an
answer is the same with and without it, on this worker and on any other.
"""

from collections import OrderedDict
from hashlib import blake2b
from threading import Lock

from core.network import Batch, Network
from core.verdict.prepared import Prepared

NETWORKS_MAX = 64
NUMBERS_MAX = 20_000  # parameters and data of a network worth remembering: some megabytes of bounds


class Remembered:
    """At most NETWORKS_MAX prepared networks, the least recently used let go first."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, Prepared] = OrderedDict()
        self._lock = Lock()

    def prepared(self, network: Network, batch: Batch) -> Prepared:
        """What is known of this network and batch."""
        if network.parameters + batch.inputs.size + batch.targets.size > NUMBERS_MAX:
            return Prepared(network, batch)
        digest = digest_of(network, batch)
        with self._lock:
            found = self._known.setdefault(digest, Prepared(network, batch))
            self._known.move_to_end(digest)
            if len(self._known) > NETWORKS_MAX:
                self._known.popitem(last=False)
        return found

    def forget(self) -> None:
        """As on a worker that has just started."""
        with self._lock:
            self._known.clear()


def digest_of(network: Network, batch: Batch) -> bytes:
    """Of every number and name that the workings depend on, and of the shapes."""
    names = [(sigma.name, sigma.at_kink) for sigma in network.activations]
    found = blake2b(repr((network.sizes, names, network.cost.name, batch.size)).encode())
    for array in (*network.weights, *network.biases, batch.inputs, batch.targets):
        found.update(array.tobytes())
    return found.digest()
