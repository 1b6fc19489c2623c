"""A limit on everything that a caller chooses, in one table; `service.admission` checks them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from service.current import application


def limit(default: int, unit: str, description: str) -> Any:
    """A field of `Limits`: its default, its unit, and what it bounds and why."""
    return field(default=default, metadata={"unit": unit, "description": description})


@dataclass(frozen=True)
class Limits:
    """The defaults; `BACKCHECK_…` in the environment sets each."""

    body_bytes_max: int = limit(
        64 * 2**20,
        "bytes",
        "A request's body: a million parameters at 22 characters, sent twice, as a network and as "
        "claims. A hostile body of short numbers takes some thirty times its size of memory.",
    )
    layers_max: int = limit(
        1_000,
        "layers",
        "L: twice the deepest chain that anyone has asked for; each layer costs Python's own time.",
    )
    neurons_max: int = limit(
        200_000, "neurons", "In one layer: an image of 224 × 224 × 3 has 150,528 inputs."
    )
    parameters_max: int = limit(
        2_000_000, "parameters", "Weights and biases: two seconds of parsing and printing."
    )
    examples_max: int = limit(20_000, "examples", "N: a mini-batch, not a data set.")
    activations_max: int = limit(
        4_000_000,
        "numbers",
        "Examples × neurons: z, a and δ are printed for each, some 60 bytes together.",
    )
    products_max: int = limit(
        10_000_000_000,
        "products",
        "Examples × parameters: a few seconds of one core, forward and back.",
    )
    check_operations_max: int = limit(
        200_000_000_000,
        "floating-point operations",
        "What a finite-difference check may spend: some ten seconds.",
    )
    verification_products_max: int = limit(
        100_000_000,
        "products",
        "Examples × parameters of a verification, whose coverage makes every mistake once: some "
        "seconds.",
    )
    diagnosis_products_max: int = limit(
        2_000_000_000,
        "products",
        "Examples × parameters × explanations tried: a few seconds of one core.",
    )
    operations_max: int = limit(
        300_000_000_000,
        "floating-point operations",
        "All the work of one request, estimated before any is done: some fifteen seconds.",
    )
    light_operations_max: int = limit(
        20_000_000,
        "floating-point operations",
        "More is heavy work, which waits for a turn of its own: some twenty milliseconds.",
    )
    light_bytes_max: int = limit(
        256 * 2**10, "bytes", "A larger body is heavy work: some ten milliseconds of reading."
    )
    light_wait_seconds_max: int = limit(
        10, "seconds", "How long light work waits for its turn before 503."
    )
    heavy_wait_seconds_max: int = limit(
        30, "seconds", "How long heavy work waits for its turn before 503."
    )
    silence_seconds_max: int = limit(10, "seconds", "Between two pieces of a body, before 408.")
    body_seconds_max: int = limit(
        60, "seconds", "Until a body has arrived, or the next 64 KiB of one in NDJSON, before 408."
    )

    answered_items_max: int = limit(
        256, "items", "Of a batch that is answered at once; more of them become a job."
    )
    answered_bytes_max: int = limit(
        8 * 2**20, "bytes", "Of a batch that is answered at once; more of them become a job."
    )
    answered_seconds_max: int = limit(
        5, "seconds", "For a batch that is answered at once; if it takes longer it becomes a job."
    )
    batch_items_max: int = limit(1_000_000, "items", "In one batch: a class has thousands.")
    batch_bytes_max: int = limit(
        4 * 2**30, "bytes", "Of one batch in NDJSON, which goes to the store as it comes."
    )
    line_bytes_max: int = limit(
        256 * 2**20, "bytes", "Of one line of NDJSON: ten million parameters at 22 characters."
    )
    job_parameters_max: int = limit(
        20_000_000, "parameters", "Checked in a job: a worker holds some hundred bytes for each."
    )
    job_operations_max: int = limit(
        10**15, "floating-point operations", "Of one check in a job: days of one core."
    )
    jobs_max: int = limit(100, "jobs", "Unfinished, of one caller.")

    lesson_numbers_max: int = limit(
        4_000_000, "numbers", "In a lesson's answer: a page that draws as many has other troubles."
    )
    lesson_terms_max: int = limit(
        4_000, "terms", "Of one number's equation, each written out thrice: two seconds."
    )
    lesson_links_max: int = limit(
        200_000,
        "links",
        "Of all walks of the slow way, or of all listed paths: some seconds.",
    )
    training_layers_max: int = limit(
        400_000, "updates of layers", "Of one run: some fifteen seconds of Python's own time."
    )
    training_products_max: int = limit(
        30_000_000_000, "products", "Of one run: some ten seconds of one core."
    )

    def of_jobs(self) -> "Limits":
        """Those of a finite-difference check that is a job."""
        return replace(
            self,
            parameters_max=self.job_parameters_max,
            check_operations_max=self.job_operations_max,
            operations_max=self.job_operations_max,
        )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], prefix: str) -> "Limits":
        """Defaults overridden by the environment. Raises ValueError naming a wrong setting."""
        given = {}
        for one in fields(cls):
            name = prefix + one.name.upper()
            if name in environment:
                given[one.name] = whole_number(name, environment[name])
        return cls(**given)

    def told(self) -> list[dict[str, Any]]:
        """Every limit with its unit and its reason, as GET /v1/limits lists them."""
        return [
            {"name": one.name, "value": getattr(self, one.name), **one.metadata}
            for one in fields(self)
        ]


def whole_number(name: str, text: str) -> int:
    """A setting's positive whole number; raises ValueError naming the setting."""
    if not text.isdecimal() or int(text) == 0:
        raise ValueError(f"{name} has to be a positive whole number, not {text!r}")
    return int(text)


def limits() -> Limits:
    """The limits of the running application."""
    found = application().config["LIMITS"]
    assert isinstance(found, Limits)
    return found
