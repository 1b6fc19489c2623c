"""The commands: each reads files, asks the service, prints, and returns the exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from backcheck.asserting import default_client
from backcheck.cli import EXIT_TROUBLE, serving, tables
from backcheck.cli.files import STDIN, UnreadableFile, read_object
from backcheck.cli.progress import filling, waiting
from backcheck.client import TIMEOUT_SECONDS, URL_VARIABLE, Client
from backcheck.errors import BackcheckError
from backcheck.reading import Answer
from backcheck.transport import VERSION
from backcheck.verification import Verification
from backcheck.wire import dumps

EXITS = {"correct": 0, "wrong": 1, "undecided": 2}
EXIT_INTERRUPTED = 130  # as shells have it for Ctrl-C

EPILOG = """\
Exit status: 0 right, 1 wrong, 2 undecided, 3 usage, files, or no service. Of
several files the gravest counts: 3, if one could not be judged, then 1, then 2.

\b
Without --url and BACKCHECK_URL the service runs inside this command where its
code is at hand, or else it is looked for at http://127.0.0.1:8000.

\b
Completion, for bash (zsh and fish likewise):
  eval "$(_BACKCHECK_COMPLETE=bash_source backcheck)"
"""


@dataclass(frozen=True)
class Session:
    """What all commands share."""

    client: Client
    console: Console
    trouble: Console
    as_json: bool

    def printed(self, answer: Answer) -> bool:
        """Print the answer as it came, if that was asked for."""
        if self.as_json:
            click.echo(answer.raw)
        return self.as_json


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that knows no δ still gets the rest
            stream.reconfigure(errors="replace")
    try:
        status = backcheck.main(arguments, prog_name="backcheck", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except click.ClickException as error:
        error.show()
    except BackcheckError as error:
        Console(stderr=True).print(Text(str(error), "bold red"), soft_wrap=True)
    except (click.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    return EXIT_TROUBLE


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION)
def backcheck() -> None:
    """Is my backpropagation right? Gradients, verdicts and lessons from the command line."""


def asking(command: Callable[..., int]) -> Callable[..., int]:
    """A command that asks the service: it gets a `Session`, and the options that this takes."""

    @click.option("--url", help=f"Where the service is.  [env: {URL_VARIABLE}]")
    @click.option("--timeout", default=TIMEOUT_SECONDS, show_default=True, help="Seconds to wait.")
    @click.option("--json", "as_json", is_flag=True, help="Print the answer as it came.")
    @wraps(command)
    def asked(url: str | None, timeout: float, as_json: bool, **given: Any) -> int:
        url = url or os.environ.get(URL_VARIABLE)
        try:
            client = Client(url, timeout=timeout) if url else default_client()
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        return command(Session(client, Console(), Console(stderr=True), as_json), **given)

    return asked


network_argument = click.argument("network", type=click.Path(allow_dash=True))


@backcheck.command(
    epilog="""\b
Examples:
  backcheck gradients net.json
  backcheck gradients net.json --json | jq .weight_gradients
  curl -s https://example.org/net.json | backcheck gradients -
"""
)
@network_argument
@click.option("--check/--no-check", default=True, help="Finite differences, or not.")
@asking
def gradients(now: Session, network: str, check: bool) -> int:
    """Every z, a, δ and gradient of NETWORK, checked by finite differences.

    NETWORK: a file with weights, biases, activation, input and target; `-` reads standard input.
    """
    with waiting(now.trouble, "working it out"):
        answer = now.client.gradients(read_object(network), finite_difference=check)
    if not now.printed(answer):
        tables.show_gradients(now.console, answer)
    found = answer.finite_difference
    return 0 if found is None or found.agrees else 1


@backcheck.command(
    epilog="""\b
Examples:
  backcheck verify net.json claims.json
  backcheck verify net.json claims.npz --precision float32
  ./my_backprop net.json | backcheck verify net.json -
  backcheck verify net.json submissions/*.json --no-reveal
  backcheck verify submissions/*.json

\b
In an .npz the arrays are named weight_gradients_0, weight_gradients_1, … (layers
from 0) and bias_gradients_0, …; their type tells the precision.
"""
)
@network_argument
@click.argument("claims", nargs=-1, type=click.Path(allow_dash=True))
@click.option("--precision", help="float64, float32, float16, bfloat16, 4-decimals or 5-digits.")
@click.option("--reveal/--no-reveal", default=True, help="Say right values, or keep them.")
@asking
def verify(
    now: Session, network: str, claims: tuple[str, ...], precision: str | None, reveal: bool
) -> int:
    """Whether CLAIMS about NETWORK can be right; several files are a batch.

    CLAIMS: a file with any of cost, z, a, delta, bias_gradients and weight_gradients. Where the
    first file has claims itself, every file is a whole request, a network with its claims.
    """
    if (network, *claims).count(STDIN) > 1:
        raise click.UsageError("standard input (-) can be read only once")
    options: dict[str, Any] = {"precision": precision_of(precision), "reveal": reveal}
    net = read_object(network)
    if "claims" in net:
        return verify_batch(now, None, (network, *claims), options)
    if not claims:
        raise click.UsageError(f"{network} is a network; a file of claims about it is needed too")
    if len(claims) == 1:
        with waiting(now.trouble, "verifying"):
            answer = now.client.verify(net, claims=read_claims(claims[0]), **options)
        if not now.printed(answer):
            tables.show_verification(now.console, answer)
        return EXITS[answer.verdict]
    return verify_batch(now, net, claims, options)


def verify_batch(
    now: Session, net: dict[str, Any] | None, paths: Sequence[str], options: dict[str, Any]
) -> int:
    """A table, or a line of JSON for each file; the gravest is the exit status.

    That is 3 if a file could not be judged (the others are), then wrong, then undecided.
    """
    answers: list[tuple[str, Verification]] = []
    with filling(now.trouble, "verifying", len(paths)) as done:
        items = filter(None, (item_in(now, net, path) for path in paths))
        for one in now.client.verify_many(items, net, done=done, **options):
            if one.answer is None:
                now.trouble.print(f"{tables.WRONG} {escape(one.id)}: {escape(str(one.error))}")
            else:
                answers.append((one.id, one.answer))
                now.printed(one.answer)
    if not now.as_json:
        tables.show_batch(now.console, answers)
    verdicts = {answer.verdict for _, answer in answers}
    gravest = next((v for v in ("wrong", "undecided") if v in verdicts), "correct")
    return EXITS[gravest] if len(answers) == len(paths) else EXIT_TROUBLE


def item_in(now: Session, net: dict[str, Any] | None, path: str) -> dict[str, Any] | None:
    """A file as an item of a batch, under its own name; None where it cannot be read."""
    try:
        if net is None:
            return {**read_object(path), "id": path}
        return {"id": path, "claims": read_claims(path)}
    except UnreadableFile as error:
        now.trouble.print(f"{tables.WRONG} {escape(str(error))}")
        return None


def read_claims(path: str) -> dict[str, Any]:
    """The claims in a file, alone or under `claims`, as a request has them."""
    found = read_object(path)
    inner = found.get("claims")
    return inner if isinstance(inner, dict) else found


def precision_of(text: str | None) -> Any:
    """float32, or 4-decimals, or 5-digits, as the wire has it."""
    if text is None:
        return None
    number, _, unit = text.partition("-")
    if not number.isdecimal():
        return text
    names = {"decimals": "decimals", "digits": "significant_digits"}
    if unit not in names:
        raise click.BadParameter(f"{text!r}: write 4-decimals or 5-digits")
    return {names[unit]: int(number)}


@backcheck.command(
    epilog="""\b
Examples:
  backcheck challenge 2 3 2 --seed 7 > net.json
  backcheck challenge 4 5 3 --activation tanh,softmax --cost cross_entropy
"""
)
@click.argument("sizes", nargs=-1, required=True, type=click.IntRange(min=1))
@click.option("--activation", default="sigmoid", show_default=True, help="One, or L with commas.")
@click.option("--cost", help="How the output is judged.")
@click.option("--examples", type=click.IntRange(min=1), help="How many examples.")
@click.option("--decimals", type=click.IntRange(min=0), help="Digits after the point.")
@click.option("--precision", help="At which mistakes have to show; as for verify.")
@click.option("--seed", default=0, show_default=True, help="The same seed, the same network.")
@asking
def challenge(
    now: Session, sizes: tuple[int, ...], activation: str, precision: str | None, **given: Any
) -> int:
    """Draw a network with layers of SIZES on which every known mistake shows, as JSON.

    --json adds what the service says of it, such as its coverage.
    """
    names = activation.split(",")
    options = {name: value for name, value in given.items() if value is not None}
    if precision is not None:
        options["precision"] = precision_of(precision)
    drawn = now.client.challenge(
        sizes, activation=names[0] if len(names) == 1 else names, **options
    )
    if not now.printed(drawn):
        click.echo(dumps(dict(drawn.network)))
    return 0


@backcheck.command(
    epilog="""\b
Examples:
  backcheck explain net.json /weights/0/1/2
  backcheck explain net.json /biases/0/1
"""
)
@network_argument
@click.argument("at")
@click.option("--limit", type=click.IntRange(min=1), help="Paths to list at most.")
@asking
def explain(now: Session, network: str, at: str, limit: int | None) -> int:
    """The chain rule, walked to the parameter AT of NETWORK, factor by factor."""
    with waiting(now.trouble, "walking"):
        answer = now.client.derivation(read_object(network), at=at, limit=limit)
    if not now.printed(answer):
        tables.show_derivation(now.console, answer)
    return 0


@backcheck.command()
@asking
def mistakes(now: Session) -> int:
    """The catalogue of mistakes that a diagnosis can name."""
    found = now.client.mistakes()
    if now.as_json:
        click.echo(dumps([vars(one) for one in found]))
    else:
        tables.show_mistakes(now.console, found)
    return 0


@backcheck.command(
    name="jobs",
    epilog="""\b
Examples:
  backcheck jobs
  backcheck jobs 3f2a… --report
  backcheck jobs 3f2a… --follow --json
""",
)
@click.argument("job", required=False)
@click.option("--report", is_flag=True, help="Which mistakes its items make.")
@click.option("--follow", is_flag=True, help="Print results as they come.")
@click.option("--cancel", is_flag=True, help="End it; forget one that has ended.")
@asking
def jobs(now: Session, job: str | None, report: bool, follow: bool, cancel: bool) -> int:
    """Your jobs on the service, or what became of the one named JOB."""
    if job is None:
        show_all_jobs(now)
    elif cancel:
        now.client.cancel(job)
    elif report:
        found = now.client.report(job)
        if not now.printed(found):
            tables.show_report(now.console, found)
    elif follow:
        with filling(now.trouble, "working", None) as done:
            for line in now.client.job_results(job, progress=done.work):
                click.echo(dumps(vars(line)))
    elif not now.printed(state := now.client.job(job)):
        tables.show_jobs(now.console, [state])
    return 0


def show_all_jobs(now: Session) -> None:
    """A table, or a line of JSON for each job."""
    states = now.client.jobs()
    if not now.as_json:
        tables.show_jobs(now.console, states)
    for state in states:
        now.printed(state)


@backcheck.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=2, show_default=True)
def serve(host: str, port: int, workers: int) -> int:
    """Serve the page and the API, from the service's code where it is at hand."""
    return serving.serve(host, port, workers)
