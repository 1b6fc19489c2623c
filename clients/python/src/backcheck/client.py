"""The client: one method for each endpoint, keywords named as the JSON, arrays in and out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack
from urllib.parse import urlsplit

from backcheck.batches import Count, FullCheck, Verified, check_fully, verify_many
from backcheck.catalogue import Activation, Cost, Example, Limit, Mistake
from backcheck.claims import Claims, Precision, Shapes, claims_body
from backcheck.jobs import Jobs, JobState, Line, Progress, Report
from backcheck.local import LOCAL_URL, WsgiAdapter, application
from backcheck.network import NetworkFields, NetworkLike, network_body
from backcheck.reading import read, read_answer
from backcheck.results import Gradients
from backcheck.teaching import Teaching
from backcheck.transport import new_session, pooled, send, send_lines
from backcheck.verification import Challenge, Verification
from backcheck.wire import loads

DEFAULT_URL = "http://127.0.0.1:8000"  # where `make serve` serves
URL_VARIABLE = "BACKCHECK_URL"
TIMEOUT_SECONDS = 60.0  # the service bounds its own work to some ten seconds
RETRIES = 3

T = TypeVar("T")


class Client(Teaching):
    """A connection to a backcheck service.

    `base_url`: where it is; else BACKCHECK_URL from the environment; else what `make serve` uses.
    `timeout`: seconds to wait for the service to connect and to go on answering; None: for ever.
    `retries`: how often to try again where the connection fails or the service is busy.
    `headers`: sent with every request, for a proxy or a service that wants a key.
    `otherwise`: said if nothing answers there, such as why the service is not in this process.

    Every method raises InvalidRequest, Unreachable or ServerTrouble (see `backcheck.errors`).
    A network is given as a `Network`, a mapping, keywords, or a mapping with keywords over it:

    >>> client = Client.local()
    >>> net = dict(weights=[[[2.0]]], biases=[[0.0]], activation="identity", input=[3.0])
    >>> client.gradients(net, target=[5.0]).weight_gradients[0]
    array([[3.]])
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        timeout: float | None = TIMEOUT_SECONDS,
        retries: int = RETRIES,
        headers: Mapping[str, str] | None = None,
        otherwise: str = "",
    ) -> None:
        url = base_url or os.environ.get(URL_VARIABLE) or DEFAULT_URL
        if urlsplit(url).scheme not in ("http", "https"):
            raise ValueError(f"{url!r} is no address; did you mean 'http://{url}'?")
        self.base_url = url.rstrip("/")
        self.timeout = timeout
        self._session = new_session(headers or {}, otherwise)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, pooled(retries))

    @classmethod
    def local(cls, app: Any = None) -> Self:
        """A client of the same application run in this process, without a server or a socket.

        `app`: any WSGI application; the service's own if not given. Raises Unreachable, with the
        ways out, where the service cannot be imported.
        """
        client = cls(LOCAL_URL, retries=0)
        client._session.mount(LOCAL_URL, WsgiAdapter(app or application()))
        return client

    def __enter__(self) -> Self:
        """The client itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        """Where it is connected to."""
        return f"<Client of {self.base_url}>"

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    def gradients(
        self,
        network: NetworkLike | None = None,
        *,
        finite_difference: bool | Mapping[str, Any] = True,
        **fields: Unpack[NetworkFields],
    ) -> Gradients:
        """Every z, a, δ and gradient of a network, checked by finite differences.

        `finite_difference`: False for none, or a mapping of its options (`entries`, `seed`,
        `step`, `order`, `method`, `budget`).
        """
        body = network_body(network, fields)

        def again(changes: Mapping[str, Any]) -> Gradients:
            asked = {**body, **changes}
            raw = self._post("/v1/gradients", asked)
            return read_answer(Gradients, raw, request=asked, again=again)

        return again({"finite_difference": finite_difference})

    def verify(
        self,
        network: NetworkLike | None = None,
        *,
        claims: Claims,
        precision: Precision | None = None,
        reveal: bool = True,
        **fields: Unpack[NetworkFields],
    ) -> Verification:
        """Whether claimed numbers can be right, which cannot, and why.

        `claims`: any of `cost`, `z`, `a`, `delta`, `bias_gradients`, `weight_gradients`, shaped as
        `gradients` answers them; None for a layer or an entry that is not claimed. `precision`:
        "float64", "float32", "float16", "bfloat16", {"decimals": 4}, {"significant_digits": 5};
        taken from the arrays' type if not given, or else read off the numbers by the service.
        `reveal`: False keeps every right value out of the answer, for graders.
        """
        body = network_body(network, fields)
        shapes = Shapes(body)
        body |= claims_body(claims, precision, shapes)
        raw = self._post("/v1/verifications", {**body, "reveal": reveal})
        return read_answer(Verification, raw, claimable=shapes.claimable(claims))

    def verify_many(
        self,
        items: Iterable[Mapping[str, Any]],
        network: NetworkLike | None = None,
        *,
        precision: Precision | None = None,
        reveal: bool = True,
        done: Count | None = None,
    ) -> Iterator[Verified]:
        """Many verifications: lazily in, lazily out, in order; no more than two batches are held.

        Each item is a mapping with `claims`, and an `id` and a `precision` if you like. `network`
        is what they share; an item may bring a network of its own, or fields over the shared one.
        An item's error is that item's `error`. `done` is called with the number of results so far.

        >>> client = Client.local()
        >>> net = dict(weights=[[[2.0]]], biases=[[0.0]], activation="identity", input=[3.0])
        >>> net["target"] = [5.0]
        >>> items = [{"claims": {"weight_gradients": [[[g]]]}} for g in (3.0, -3.0)]
        >>> [one.verdict for one in client.verify_many(items, net, precision="float64")]
        ['correct', 'wrong']
        """
        return verify_many(self._jobs, items, network, precision, reveal, done)

    def check_fully(
        self,
        network: NetworkLike | None = None,
        *,
        options: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
        **fields: Unpack[NetworkFields],
    ) -> FullCheck:
        """Finite differences for every parameter of a network of any size, as a job.

        `options`: `seed`, `step`, `order`, `method`. `progress` is called with the operations
        done and those in all. Raises what a single request would.
        """
        item = {**network_body(network, fields), "finite_difference": dict(options or {})}
        return check_fully(self._jobs, item, progress)

    def jobs(self) -> tuple[JobState, ...]:
        """Your jobs on the service, newest first."""
        return self._jobs.all()

    def job(self, job: str) -> JobState:
        """How far a job is."""
        return self._jobs.state(job)

    def job_results(self, job: str, *, progress: Progress | None = None) -> Iterator[Line]:
        """A job's results in order, each as soon as those before it are there."""
        return self._jobs.results(job, progress)

    def cancel(self, job: str) -> None:
        """End a job; where it has ended, forget it."""
        self._jobs.cancel(job)

    def report(self, job: str) -> Report:
        """Which mistakes the items of a job make, how often, and which equation fails first."""
        return self._jobs.report(job)

    @property
    def _jobs(self) -> Jobs:
        return Jobs(self._session, self.base_url, self.timeout)

    def challenge(
        self,
        layer_sizes: Sequence[int],
        *,
        activation: str | Sequence[str] = "sigmoid",
        **options: Any,
    ) -> Challenge:
        """A network in short decimal numbers, on which every catalogued mistake shows.

        `options`, as in the JSON: `cost`, `examples`, `decimals`, `precision`, `seed`.
        """
        sizes = [int(size) for size in layer_sizes]
        body = {"layer_sizes": sizes, "activation": activation, **options}
        return read_answer(Challenge, self._post("/v1/challenges", body))

    def activations(self) -> tuple[Activation, ...]:
        """Every activation there is."""
        return self._catalogue("activations", Activation)

    def costs(self) -> tuple[Cost, ...]:
        """Every cost there is."""
        return self._catalogue("costs", Cost)

    def limits(self) -> tuple[Limit, ...]:
        """What a request to this service may ask for at most."""
        return self._catalogue("limits", Limit)

    def mistakes(self) -> tuple[Mistake, ...]:
        """Every mistake that a diagnosis can name."""
        return self._catalogue("mistakes", Mistake)

    def examples(self) -> tuple[Example, ...]:
        """Requests ready to be sent."""
        return self._catalogue("examples", Example)

    def _catalogue(self, name: str, kind: type[T]) -> tuple[T, ...]:
        entries = loads(self._get(f"/v1/{name}"))[name]
        return tuple(read(kind, entry) for entry in entries)

    def _post(self, path: str, body: Mapping[str, Any]) -> bytes:
        return send(self._session, "POST", self.base_url + path, body, self.timeout)

    def _post_lines(self, path: str, body: Mapping[str, Any]) -> Iterator[bytes]:
        return send_lines(self._session, self.base_url + path, body, self.timeout)

    def _get(self, path: str) -> bytes:
        return send(self._session, "GET", self.base_url + path, None, self.timeout)
