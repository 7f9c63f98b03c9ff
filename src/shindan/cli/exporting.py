"""Files that the server makes: which form, waiting for them, and where they go."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from shindan.cli.terminal import complain, say

EXPORT_FORMATS = ("json", "csv", "sarif", "cyclonedx", "openvex", "markdown", "junit", "asff", "defectdojo")
RUN_FORMATS = ("html", "pdf", *EXPORT_FORMATS)
WAITING = "WORK_IN_PROGRESS"
_PAUSE = 0.3
_BINARY = ("PDF",)
_LAST_WORDS = 400

ReportFormatOption = Annotated[
    str, typer.Option("--format", "--as", metavar="|".join(RUN_FORMATS), help="As what; HTML and PDF are for people.")
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="FILE", help="Where to write it; by default to stdout.", show_default=False),
]


def word(form: str, known: tuple[str, ...]) -> str:
    """A form as the API writes it. A usage error for one that is not among the known."""
    if form.lower() not in known:
        raise typer.BadParameter(f"{form!r}: choose one of {', '.join(known)}", param_hint="--format")
    return form.upper()


def refuse_terminal(out: Path | None, form: str) -> None:
    """A usage error where a report would be printed on a terminal that cannot show it."""
    if out is None and form in (*_BINARY, "HTML") and sys.stdout.isatty():
        raise typer.BadParameter("a report is no text for a terminal: name a file with --out FILE")


def made(ask: Callable[[], dict[str, Any]]) -> str:
    """The address of a file once it is made; ends the command, with the reason, where it cannot be."""
    while True:
        answer = ask()
        if answer["status"] == "COMPLETED":
            return str(answer["url"])
        if answer["status"] == "FAILED":
            complain("the report could not be made", answer["error"])
            raise typer.Exit(1)
        time.sleep(_PAUSE)


def save(asked: Any, url: str, out: Path | None) -> None:
    """Writes what lies at an address to a file, all or nothing, or to stdout; says what its form had no place for."""
    if out is None:
        seen = _Tail(sys.stdout.buffer)
        asked.save(url, seen)
        sys.stdout.buffer.flush()
        seen.tell()
        return
    beside = out.with_name(f".{out.name}.new")
    try:
        with beside.open("wb") as stream:
            seen = _Tail(stream)
            size = asked.save(url, seen)
        beside.replace(out)
    except OSError as error:
        raise typer.BadParameter(f"cannot write {out}: {error.strerror or error}", param_hint="--out") from error
    finally:
        beside.unlink(missing_ok=True)
    say(f"{out}: {size:,} bytes")
    seen.tell()


class _Tail:
    """Passes a file on and keeps its last words, where OpenVEX and CycloneDX say what they leave out."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._last = b""

    def write(self, part: bytes) -> int:
        """As that of the stream behind it."""
        self._last = (self._last + part[-_LAST_WORDS:])[-_LAST_WORDS:]
        return self._stream.write(part)

    def tell(self) -> None:
        """Says on stderr what the file says that it left out."""
        from shindan.render.vex import LEFT_OUT

        found = LEFT_OUT.search(self._last.decode("utf-8", "replace"))
        if found:
            say(found[0])
