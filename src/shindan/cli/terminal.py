"""What commands share at the terminal: messages on stderr, colour, width, progress."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from shindan.model.progress import Progress, silent

_SHOW_AFTER = 0.3


class Interrupted(SystemExit):
    """Ctrl-C, and all that is to be said of it has been said."""

    def __init__(self) -> None:
        super().__init__(130)


def complain(message: str, remedy: str = "") -> None:
    """One error on stderr, and how to mend it."""
    print(f"shindan: {message}", file=sys.stderr)
    if remedy:
        print(f"         {remedy}", file=sys.stderr)


def say(message: str) -> None:
    """A remark on stderr; stdout carries results alone."""
    print(message, file=sys.stderr)


def coloured(stream: TextIO) -> bool:
    """Whether to use colour: on a terminal only, and never under NO_COLOR (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width(stream: TextIO) -> int:
    """Columns to write to: the terminal's, or 100 where there is none."""
    return shutil.get_terminal_size((100, 24)).columns if stream.isatty() else 100


@contextmanager
def progress() -> Iterator[Progress]:
    """Bars with rates on stderr while long work goes on; nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield silent
        return
    # rich costs a tenth of a second to import: only work that lasts shows bars.
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        started = time.monotonic()
        tasks: dict[str, object] = {}

        def show(what: str, done: int, total: int | None) -> None:
            if time.monotonic() - started < _SHOW_AFTER:
                return
            if what not in tasks:
                tasks[what] = bars.add_task(what[:40], total=total)
            bars.update(tasks[what], completed=done, total=total)  # type: ignore[arg-type]

        yield show
