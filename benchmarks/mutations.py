"""Does some test fail for every mistake in our own equations and bound rules?

    make mutants                      all of them, about half an hour on two cores
    make mutants ARGS="--part 1/10"   every tenth
    make mutants ARGS="--quick"       with each module's own tests only: a third of the time
    make mutants ARGS="--only 'axis'" those with this in their line or in what was changed

Each mutant is one small change of one module, made in memory: an operator turned, a term dropped, a
number doubled or halved, a transpose forgotten, a maximum turned into a minimum. The tests of that
module run on it in a process of their own; a mutant that no test notices *survives* and is printed.
EQUIVALENT lists changes that make no difference a right test could see, each with its reason.
"""

import argparse
import ast
import copy
import importlib.abc
import importlib.machinery
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

import hypothesis
import ml_dtypes
import mpmath
import numpy as np
import pytest
from scipy import special

from tests.core.rounding import truths

WARM = (hypothesis, ml_dtypes, mpmath, np, special)  # imported once, before the processes part

ROUNDING = ["tests/core/rounding", "tests/core/verdict/test_judgement.py"]
OWN = {
    "bounded": ["tests/core/rounding/test_bounded.py"],
    "precision": ["tests/core/rounding/test_precision.py"],
    "rules": [f"tests/core/rounding/test_{name}.py" for name in ("rules", "curves", "activations")],
    "kinked": ["tests/core/rounding/test_activations.py"],
    "curves": ["tests/core/rounding/test_curves.py", "tests/core/rounding/test_activations.py"],
    "softmax": ["tests/core/rounding/test_softmax.py"],
    "outputs": [f"tests/core/rounding/test_{name}.py" for name in ("output_rules", "outputs")],
    "reference": ["tests/core/rounding/test_reference.py"],
}
TARGETS: dict[str, list[str]] = {
    "core.backprop": ["tests/core/test_backprop.py"],
    "core.forward": ["tests/core/test_forward.py", "tests/core/test_backprop.py"],
    "core.costs": ["tests/core/test_costs.py"],
    **{f"core.rounding.{name}": [*own, *ROUNDING] for name, own in OWN.items()},
}
USAGE = 4  # pytest's own code for arguments that it does not understand
SECONDS_MAX = 240  # a mutant that takes longer hangs, and is noticed so

EXACT = "log10 of powers of ten is exact where this runs"
ACROSS = "where z ± e reaches over the kink the upper end is a hundred times farther than roundings"
POWERS = "log10 is off by 1e-13 at most, and digits of float64 end at 1e-17: anything between does"
TYPES = "one of decimals and significant_digits is set; the 1 is there for the type checker"
UNUSED = "it stands where the coefficient is 0, and 0 times or over it is 0"
TOP = "it stands where the other np.where of its line puts a 0"
ZERO = "of a size of 0 the unit is 0, whatever its exponent"

ROWS = "a batch is N × n: its last axis is axis 1"
LOWER_END = (
    "the lower end is the farther one only where sigmoid or tanh bend down, and there ten units of "
    "what σ moves are more than half an ulp of z − e makes"
)
OWN_ROUNDINGS = "`evaluated` adds ten roundings of a and all that it moves once more"
REFERENCES = (
    ("1.0 - value + REFERENCE", "1.0 - value"),
    ("sum_of_others(value * shrunk) + REFERENCE * shrunk", "sum_of_others(value * shrunk)"),
    ("sum_of_others(value * grown) + REFERENCE * grown", "sum_of_others(value * grown)"),
)

EQUIVALENT: dict[tuple[str, str, str], str] = {
    ("core.forward", "sum(axis=-1)", "-1  →  1"): "the terms are N × n_L: their last axis is 1",
    ("core.rounding.precision", "CLOSE_TO_A_POWER = 1e-12", "1e-12  →  2e-12"): POWERS,
    ("core.rounding.precision", "CLOSE_TO_A_POWER = 1e-12", "1e-12  →  5e-13"): POWERS,
    ("core.rounding.precision", "np.floor(np.log10(size)",
     "np.log10(size) + CLOSE_TO_A_POWER  →  np.log10(size)"): EXACT,
    ("core.rounding.precision", "self.significant_digits or 1", "1  →  2"): TYPES,
    ("core.rounding.precision", "self.significant_digits or 1", "1  →  0"): TYPES,
    ("core.rounding.rules", "downward = np.nextafter", "-np.inf  →  np.inf"): LOWER_END,
    ("core.costs", "np.where(absent, 1.0, divisor)", "1.0  →  2.0"): UNUSED,
    ("core.costs", "np.where(absent, 1.0, divisor)", "1.0  →  0.5"): UNUSED,
    ("core.costs", "axis=-1", "-1  →  1"): ROWS,
    ("core.costs", "np.where(top, 1.0, rest)", "1.0  →  2.0"): TOP,
    ("core.costs", "np.where(top, 1.0, rest)", "1.0  →  0.5"): TOP,
    ("core.costs", "np.where(absent, 0.0, factor)", "0.0  →  1.0"): UNUSED,
    ("core.rounding.kinked", "0.0, 2.0", "z.value - z.error  →  z.value + z.error"): ACROSS,
    ("core.rounding.kinked", "0.0, 2.0", "z.value - z.error  →  z.value"): ACROSS,
    ("core.rounding.precision", "np.where(unit > 0, np.rint", "0  →  -1"): ZERO,
    ("core.rounding.precision", "np.where(unit > 0, np.rint", "0.0  →  1.0"): ZERO,
    ("core.rounding.precision", "np.where(unit > 0, np.rint", "1.0  →  2.0"): ZERO,
    ("core.rounding.precision", "np.where(unit > 0, np.rint", "1.0  →  0.5"): ZERO,
    ("core.rounding.precision", "np.where(size > 0, exponent", "0  →  -1"): ZERO,
    ("core.rounding.precision", "np.where(size > 0, exponent", "0.0  →  1.0"): ZERO,
    ("core.rounding.softmax", "axis=-1", "-1  →  1"): ROWS,
    ("core.rounding.outputs", "axis=-1", "-1  →  1"): ROWS,
    ("core.rounding.outputs", "shape[-1]", "-1  →  1"): ROWS,
    ("core.rounding.softmax", "shape[-1]", "-1  →  1"): ROWS,
    ("core.rounding.outputs", "np.where(absent, 1.0, a.value)", "1.0  →  2.0"): UNUSED,
    ("core.rounding.outputs", "np.where(absent, 1.0, a.value)", "1.0  →  0.5"): UNUSED,
    **{("core.rounding.softmax", "", f"{there}  →  {left}{sign}"): OWN_ROUNDINGS
       for there, left in REFERENCES for sign in ("", there.replace(left, "").replace("+", "-"))},
}  # fmt: skip
"""(module, a part of the mutated line, the change): why no test can tell."""

SWAPPED: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
RENAMED = {
    "maximum": "minimum", "minimum": "maximum", "expm1": "exp", "log1p": "log", "max": "min",
    "nextafter": "minimum",
}  # fmt: skip
DROPPED = {"written", "widened", "no_nan", "overflowing", "sum_of_others", "abs", "in_one_row"}
DROPPED |= {"more_roundings", "averaging"}


@dataclass(frozen=True)
class Mutant:
    """One change: the module's new source, and what changed, for people."""

    module: str
    line: int
    change: str
    source: str
    text: str = ""  # the line as it stands

    @property
    def equivalent(self) -> bool:
        """Whether it is listed as making no difference."""
        return any(
            (module, change) == (self.module, self.change) and part in self.text
            for module, part, change in EQUIVALENT
        )


def variations(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in a node's place."""
    if isinstance(node, ast.BinOp):
        yield from binary(node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Invert):
        yield node.operand
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPPED:
        yield ast.Compare(node.left, [SWAPPED[type(node.ops[0])]()], node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(SWAPPED[type(node.op)](), node.values)
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value
    elif isinstance(node, ast.Constant) and is_number(node.value):
        yield from numbers(node.value)
    elif isinstance(node, ast.Call):
        yield from calls(node)


def binary(node: ast.BinOp) -> Iterator[ast.AST]:
    """The operator turned; a term or factor left out."""
    if type(node.op) in SWAPPED:
        yield ast.BinOp(node.left, SWAPPED[type(node.op)](), node.right)
    if isinstance(node.op, ast.Add | ast.Sub):
        yield node.left
    if isinstance(node.op, ast.Add):
        yield node.right
    if isinstance(node.op, ast.Pow):
        yield ast.BinOp(node.left, ast.Mult(), node.right)


def numbers(value: float) -> Iterator[ast.AST]:
    """Doubled and halved; a whole number one more and one less."""
    if isinstance(value, int):
        yield ast.Constant(value + 1)
        yield ast.Constant(value - 1)
    else:
        yield ast.Constant(value * 2 or 1.0)
        if value:
            yield ast.Constant(value / 2)


def calls(node: ast.Call) -> Iterator[ast.AST]:
    """Another function of the same kind; the function left out."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in RENAMED and isinstance(node.func, ast.Attribute):
        other = ast.Attribute(node.func.value, RENAMED[name], ast.Load())
        yield ast.Call(other, node.args, node.keywords)
    if name in DROPPED:
        method = isinstance(node.func, ast.Attribute) and not is_numpy(node.func.value)
        yield node.func.value if method else node.args[0]  # type: ignore[attr-defined]


def is_number(value: object) -> TypeGuard[float]:
    """Whether this is a number, and no truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_numpy(node: ast.AST) -> bool:
    """Whether this is the name np."""
    return isinstance(node, ast.Name) and node.id == "np"


def sites(tree: ast.AST, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], ast.AST]]:
    """Every node of code that computes: no annotations, docstrings or messages of errors."""
    yield path, tree
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "decorator_list", "type_params", "bases"):
            continue
        for key, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST) and not is_idle(child):
                yield from sites(child, (*path, (name, key)))


def is_idle(node: ast.AST) -> bool:
    """Statements that compute nothing: imports, errors, docstrings, types and tables of names."""
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Raise | ast.Assert):
        return True
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def replaced(tree: ast.Module, path: tuple[Any, ...], new: ast.AST) -> ast.Module:
    """A copy of the tree with another node in one place."""
    tree = copy.deepcopy(tree)
    here: Any = tree
    for name, key in path[:-1]:
        here = getattr(here, name) if key is None else getattr(here, name)[key]
    name, key = path[-1]
    if key is None:
        setattr(here, name, copy.deepcopy(new))
    else:
        getattr(here, name)[key] = copy.deepcopy(new)
    return ast.fix_missing_locations(tree)


def mutants(module: str) -> Iterator[Mutant]:
    """Every mutant of a module."""
    written = Path(*module.split(".")).with_suffix(".py").read_text()
    tree, lines = ast.parse(written), ["", *written.splitlines()]
    for path, node in sites(tree):
        if not path:
            continue
        for new in variations(node):
            line = getattr(node, "lineno", 0)
            change = f"{ast.unparse(node)}  →  {ast.unparse(new)}"
            source = ast.unparse(replaced(tree, path, new))
            yield Mutant(module, line, change, source, lines[line])


def unchanged(module: str) -> Mutant:
    """The module as it is, by the same way: its tests have to pass."""
    tree = ast.parse(Path(*module.split(".")).with_suffix(".py").read_text())
    return Mutant(module, 0, "nothing", ast.unparse(tree))


class Loader(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):  # type: ignore[misc]
    """Gives one module another source."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name != self.mutant.module:
            return None
        return importlib.machinery.ModuleSpec(name, self, origin=self.get_filename(name))

    def get_filename(self, name: str) -> str:
        return str(Path(*name.split(".")).with_suffix(".py").resolve())

    def get_data(self, path: str) -> bytes:
        return self.mutant.source.encode()

    def path_stats(self, path: str) -> Any:
        raise OSError("never from the cache")

    def set_data(self, path: str, data: bytes) -> None:
        """Never into the cache."""


def child(mutant: Mutant) -> None:
    """Run the tests of the mutated module, and leave with 0 if none of them fails."""
    sys.meta_path.insert(0, Loader(mutant))
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    options = [
        "-x",
        "-q",
        "--assert=plain",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:schemathesis",
        "--no-header",
    ]
    code = pytest.main([*options, *dict.fromkeys(TARGETS[mutant.module])])
    os._exit(int(code))


def run(chosen: Sequence[Mutant], processes: int, told: bool = True) -> list[Mutant]:
    """The survivors."""
    waiting, survivors = list(reversed(chosen)), []
    running: dict[int, tuple[Mutant, float]] = {}
    while waiting or running:
        while waiting and len(running) < processes:
            mutant = waiting.pop()
            pid = os.fork()
            if pid == 0:
                child(mutant)
            running[pid] = mutant, time.monotonic()
        for pid in overdue(running):
            os.kill(pid, signal.SIGKILL)
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            time.sleep(0.05)
            continue
        mutant, _ = running.pop(pid)
        code = os.waitstatus_to_exitcode(status)
        if code == USAGE:
            raise SystemExit(f"pytest did not run for {mutant.module}")
        if sys.stderr.isatty():
            print(f"\r{len(waiting)} to go  ", end="", file=sys.stderr)
        if code == 0:
            survivors.append(mutant)
            if told:
                print(f"SURVIVES {mutant.module}:{mutant.line}: {mutant.change}", flush=True)
    return survivors


def overdue(running: dict[int, tuple[Mutant, float]]) -> list[int]:
    """Those that hang."""
    now = time.monotonic()
    return [pid for pid, (_, since) in running.items() if now - since > SECONDS_MAX]


def main() -> int:
    """Returns 1 if a mutant survives that is not known to be equivalent."""
    parser = argparse.ArgumentParser(description="Mutants of our own equations and bound rules.")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--part", default="1/1", help="1/10: every tenth mutant, from the first")
    parser.add_argument("--module", help="one module only, like core.backprop")
    parser.add_argument("--only", default="", help="those with this text in line or change only")
    parser.add_argument("--quick", action="store_true", help="each module's own tests only")
    parser.add_argument("--list", action="store_true", help="print the mutants and run nothing")
    given = parser.parse_args()
    if given.quick:
        TARGETS.update({f"core.rounding.{name}": own for name, own in OWN.items()})
    every = [m for name in TARGETS if given.module in (None, name) for m in mutants(name)]
    every = [m for m in every if given.only in f"{m.line}: {m.text} {m.change}"]
    first, step = map(int, given.part.split("/"))
    chosen = [m for m in every[first - 1 :: step] if not m.equivalent]
    if given.list:
        for mutant in chosen:
            print(f"{mutant.module}:{mutant.line}: {mutant.change}")
        return 0
    truths.warm()
    names = {m.module for m in chosen}
    quiet = run([unchanged(name) for name in sorted(names)], given.processes, told=False)
    if failing := names - {m.module for m in quiet}:
        raise SystemExit(f"tests fail without any change: {', '.join(sorted(failing))}")
    survivors = run(chosen, given.processes)
    for name in TARGETS:
        count = sum(m.module == name for m in chosen)
        alive = sum(m.module == name for m in survivors)
        if count:
            print(f"{name}: {count - alive} of {count} noticed")
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} mutants noticed")
    return int(bool(survivors))


if __name__ == "__main__":
    sys.exit(main())
