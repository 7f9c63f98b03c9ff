"""`shindan scan`: this host's findings, and what could not be judged."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, TextIO, TypeVar

import typer

from shindan.cli.chosen import chosen_host, looking
from shindan.cli.options import DataOption, FactsOption, RootOption, SbomOption
from shindan.cli.terminal import coloured, complain, progress, say, width
from shindan.model.errors import IgnoreFileError, StoreError

Typed = TypeVar("Typed")
Meant = TypeVar("Meant")

THRESHOLD_MET, NO_FEED = 1, 4
FORMATS = ("table", "json", "csv", "html", "sarif", "cyclonedx", "openvex", "markdown", "junit")
"""The names in `render.RENDERERS`, which is not imported for `--help`; a test compares them."""
PACKAGES = ("cve",)


def scan(
    root: RootOption = None,
    facts: FactsOption = None,
    sbom: SbomOption = None,
    form: Annotated[str, typer.Option("--format", metavar="|".join(FORMATS), help="How to print.")] = "table",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write here instead of stdout.", show_default=False),
    ] = None,
    severity: Annotated[
        str | None,
        typer.Option(
            metavar="WORD",
            help="Only findings this severe or worse: critical, high, medium, low …",
            show_default=False,
        ),
    ] = None,
    only_fixed: Annotated[bool, typer.Option("--only-fixed", help="Only findings that an update mends.")] = False,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHAT",
            help="Exit 1 on high|kev|cvss>=9|epss>0.5; may be repeated, or comma-separated.",
            show_default=False,
        ),
    ] = None,
    package: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Rules packages to run: cve.", show_default=False)
    ] = None,
    ignore_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Findings that somebody decided about (TOML, or OpenVEX): shown, not counted. See docs/exchange.md.",
            show_default=False,
        ),
    ] = None,
    no_update: Annotated[bool, typer.Option("--no-update", help="Use the advisories at hand; never dial out.")] = False,
    max_feed_age: Annotated[
        float,
        typer.Option(metavar="DAYS", min=0, help="A feed whose newest record is older is shown as stale."),
    ] = 7.0,
    require_fresh: Annotated[bool, typer.Option("--require-fresh", help="Exit 4 when a feed is stale.")] = False,
    show_all: Annotated[bool, typer.Option("--all", help="Table: every finding of every package.")] = False,
    data: DataOption = None,
) -> None:
    """Find the known security flaws of this host's packages.

    Each finding names the installed and the fixed version and why they were judged so; `shindan explain CVE` tells
    more. The ledger at the end says which packages were judged by which feed, and which were not and why.

    Exit codes: 0 clean, or below --fail-on; 1 --fail-on met; 2 usage; 3 platform or package list unreadable;
    4 no usable feed for this release: nothing was judged.

    Examples: shindan scan --severity high --only-fixed      shindan scan --format json --fail-on kev,cvss>=9
    """
    _check_usage(form, package)
    with looking(root, facts, sbom) as child:
        # Loaded while the child looks: what comes afterwards has nobody to wait for.
        import_module("shindan.service.local")
        from shindan.model.severity import parse
        from shindan.render import load
        from shindan.service.thresholds import met, parse_thresholds

        thresholds = _read(parse_thresholds, _words(fail_on), "--fail-on")
        least = _read(parse, severity, "--severity") if severity else None
        ignores = _ignores(ignore_file)

        load(form)
        host = chosen_host(root, facts, sbom, child)
    result = _assessed(host, data, ignores, update=not no_update, max_feed_age=max_feed_age)
    from shindan.render import render
    from shindan.service.views import filtered

    shown = filtered(result, least, only_fixed=only_fixed)
    with _output(out) as stream:
        limit = None if show_all or out is not None else 8
        render(form, shown, stream, colour=coloured(stream), width=width(stream), limit=limit)
    if require_fresh and result.ledger.stale:
        names = ", ".join(feed.name for feed in result.ledger.stale)
        complain(f"stale feeds: {names}", "update them with `shindan feeds update`, or raise --max-feed-age")
        raise typer.Exit(NO_FEED)
    if met(thresholds, shown.findings):
        raise typer.Exit(THRESHOLD_MET)


def _assessed(host: Any, data: Path | None, ignores: tuple[Any, ...], *, update: bool, max_feed_age: float) -> Any:
    """The result (`model.result.ScanResult`), or the exit code that says why there is none."""
    from shindan.service.data_folder import data_folder
    from shindan.service.local import NoUsableFeed, assess

    folder = data_folder(data)
    try:
        with progress() as show:
            result = assess(host, folder, update=update, max_feed_age=max_feed_age, progress=show, say=say)
        return _applied(result, ignores)
    except (NoUsableFeed, StoreError) as error:
        complain(str(error), error.remedy)
        raise typer.Exit(NO_FEED) from None


def _applied(result: Any, ignores: tuple[Any, ...]) -> Any:
    if not ignores:
        return result
    from shindan.service.ignores import applied

    return applied(result, ignores)


def _ignores(path: Path | None) -> tuple[Any, ...]:
    """The entries of an ignore file (`service.ignore.Ignore`); a malformed one is wrong usage."""
    if path is None:
        return ()
    from shindan.service.ignores import load

    try:
        return load(path)
    except IgnoreFileError as error:
        raise typer.BadParameter(str(error), param_hint="--ignore-file") from None


def _check_usage(form: str, package: list[str] | None) -> None:
    """Refuses what was mistyped before any work is done."""
    if form not in FORMATS:
        raise typer.BadParameter(f"{form!r}: choose one of {', '.join(FORMATS)}", param_hint="--format")
    for name in _words(package):
        if name not in PACKAGES:
            raise typer.BadParameter(f"{name!r}: choose one of {', '.join(PACKAGES)}", param_hint="--package")


def _read(parser: Callable[[Typed], Meant], typed: Typed, option: str) -> Meant:
    """What was typed, as its parser understands it; a usage error naming the option where it does not."""
    try:
        return parser(typed)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def _words(values: list[str] | None) -> list[str]:
    return [word.strip() for value in values or [] for word in value.split(",") if word.strip()]


@contextlib.contextmanager
def _output(out: Path | None) -> Iterator[TextIO]:
    """stdout, or a file that appears whole or not at all."""
    if out is None:
        yield sys.stdout
        sys.stdout.flush()
        return
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with beside.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        beside.replace(out)
    except OSError as error:
        raise typer.BadParameter(f"cannot write {out}: {error.strerror or error}", param_hint="--out") from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
