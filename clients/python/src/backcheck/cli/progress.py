"""Signs of life on standard error: a bar for a batch, a spinner after a second of waiting."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Timer

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
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


def counted(console: Console, items: Sequence[str], what: str) -> Iterator[str]:
    """The items, with a bar that shows how many are done."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), Elapsed())
    with Progress(*columns, console=console, transient=True) as progress:
        yield from progress.track(items, total=len(items))
