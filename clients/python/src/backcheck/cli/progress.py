"""Signs of life on standard error: a bar for a batch, a spinner after a second of waiting."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed

PATIENCE_SECONDS = 1.0  # below it a sign of life only flickers


@contextmanager
def waiting(console: Console, what: str) -> Iterator[None]:
    """Show a spinner if the block takes longer than a second."""
    progress = Progress(
        SpinnerColumn(), TextColumn(what), Elapsed(), console=console, transient=True
    )
    progress.add_task(what, total=None)
    timer = Timer(PATIENCE_SECONDS, progress.start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        progress.stop()


class Filling:
    """A bar that is told how far things are."""

    def __init__(self, progress: Progress, what: str, total: int | None) -> None:
        self._progress = progress
        self._task = progress.add_task(what, total=total)

    def __call__(self, done: int) -> None:
        """So many are done."""
        self._progress.update(self._task, completed=done)

    def work(self, done: float, total: float) -> None:
        """So much is done, of so much in all."""
        self._progress.update(self._task, completed=done, total=total)


@contextmanager
def filling(console: Console, what: str, total: int | None) -> Iterator[Filling]:
    """A bar while the block runs."""
    columns = (TextColumn(what), BarColumn(), TaskProgressColumn(), Elapsed())
    with Progress(*columns, console=console, transient=True) as progress:
        yield Filling(progress, what, total)
