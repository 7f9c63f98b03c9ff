"""Files of a run that ended, for whoever shows them: JUnit XML and what else a pipeline can read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from shindan.cli.exporting import RUN_FORMATS, WAITING, made, save

JunitOption = Annotated[
    Path | None,
    typer.Option(
        "--junit",
        metavar="FILE",
        help="When the run has ended, write what it found as JUnit XML, as Jenkins and GitLab show it; implies --wait.",
        show_default=False,
    ),
]
ReportOption = Annotated[
    list[str] | None,
    typer.Option(
        "--report",
        metavar="FORMAT=FILE",
        help=f"The same as {', '.join(RUN_FORMATS)}; may be repeated.",
        show_default=False,
    ),
]


class RunFile(NamedTuple):
    """A file that is wanted: its form by the API's word."""

    form: str
    path: Path


def wanted(junit: Path | None, reports: Iterable[str] | None) -> tuple[RunFile, ...]:
    """The files that options name. A usage error, before any run begins, for what cannot be made or written."""
    found = tuple(_named(junit, reports))
    for one in found:
        if not one.path.parent.is_dir() or one.path.is_dir():
            raise typer.BadParameter(f"{one.path}: no file can be written there", param_hint="--junit/--report")
    return found


def write(asked: Any, arn: str, files: Sequence[RunFile], alive: Any) -> None:
    """Has the server make each file of a run that was evaluated, and writes it, whole or not at all.

    `alive(asked, arn)` ends the command where nobody would ever make it. Ends the command where one cannot be made.
    """
    for one in files:

        def ask(form: str = one.form) -> dict[str, Any]:
            answer = asked.own("GetRunReport", run=arn, format=form)
            if answer["status"] == WAITING:
                alive(asked, arn)
            return dict(answer)

        save(asked, made(ask), one.path)


def _named(junit: Path | None, reports: Iterable[str] | None) -> Iterator[RunFile]:
    if junit is not None:
        yield RunFile("JUNIT", junit)
    for text in reports or ():
        form, equals, name = text.partition("=")
        if form.lower() not in RUN_FORMATS or not equals or not name:
            message = f"{text!r}: write FORMAT=FILE with one of {', '.join(RUN_FORMATS)}"
            raise typer.BadParameter(message, param_hint="--report")
        yield RunFile(form.upper(), Path(name))
