"""A line on the terminal that says how far long work has come; nothing where nobody is looking."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(what: str, total: float | None = None) -> Iterator[Callable[..., None]]:
    """Show that `what` goes on; call the result with a note, and with `done` where a total is known."""
    from rich.console import Console  # noqa: PLC0415  # only for long work
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    bar = () if total is None else (BarColumn(),)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        *bar,
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task(what, total=total, note="")

        def advance(note: str, done: float | None = None) -> None:
            shown.update(task, note=note, completed=done)

        yield advance
