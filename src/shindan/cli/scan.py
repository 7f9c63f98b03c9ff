"""`shindan scan`: this host's findings, and what could not be judged."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from shindan.cli.chosen import chosen_host, looking
from shindan.cli.options import DataOption, FactsOption, RootOption, SbomOption
from shindan.cli.scan_asked import (
    PROFILES,
    BenchmarkOption,
    FixScriptOption,
    LevelOption,
    PackageOption,
    ProfileOption,
    RulesOption,
    ScapOption,
    TailoringOption,
    WalkOption,
    WindowOption,
    ZonesOption,
    check_choice,
    ignores_of,
    listed,
    meant,
    packages_of,
    passed_over,
    told_of,
    words,
)
from shindan.cli.scan_scap import NOT_EVALUATED, not_evaluated, scap_of
from shindan.cli.terminal import coloured, complain, progress, say, width
from shindan.model.errors import StoreError

THRESHOLD_MET, NO_FEED = 1, 4
FORMATS = ("table", "json", "csv", "html", "sarif", "cyclonedx", "openvex", "markdown", "junit")
"""The names in `render.RENDERERS`, which is not imported for `--help`; a test compares them."""


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
    only_fixed: Annotated[
        bool, typer.Option("--only-fixed", help="Of packages, only findings that an update mends.")
    ] = False,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHAT",
            help="Exit 1 on high|kev|cvss>=9|epss>0.5; may be repeated, or comma-separated.",
            show_default=False,
        ),
    ] = None,
    package: PackageOption = None,
    benchmark: BenchmarkOption = "",
    level: LevelOption = 2,
    profile: ProfileOption = "server",
    scap: ScapOption = None,
    walk: WalkOption = False,
    window: WindowOption = 0,
    full: Annotated[bool, typer.Option("--full", help="JSON: every rule's outcome, also of those that hold.")] = False,
    remedies: FixScriptOption = None,
    rules: RulesOption = None,
    tailoring: TailoringOption = None,
    zones: ZonesOption = None,
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
    """Find this host's known flaws, and what its set-up leaves open.

    Each finding of a package names the installed and the fixed version and why they were judged so; `shindan explain
    CVE` tells more. Rules (CIS benchmark, best practices, network reachability) show what was observed and what is
    wanted. The ledger at the end says what was judged by whom, and what was not and why.

    Exit codes: 0 clean, or below --fail-on; 1 --fail-on met; 2 usage; 3 platform or package list unreadable;
    4 no usable feed for this release: nothing was judged (never without the package cve); 5 SCAP content (--scap)
    could not be evaluated.

    Examples: shindan scan --severity high --only-fixed      shindan scan --format json --fail-on 'kev,cvss>=9'
    shindan scan --package cis --level 1 --fix-script sh > mend.sh
    shindan scan --package scap --scap /usr/share/xml/scap/ssg/content/ssg-debian11-ds.xml --profile standard
    """
    if benchmark == "list":
        listed(told_of(rules, None, None).get("library"))
        return
    if form not in FORMATS:
        raise typer.BadParameter(f"{form!r}: choose one of {', '.join(FORMATS)}", param_hint="--format")
    names = packages_of(package, sbom, scap, window)
    content = scap_of(scap, profile, any(one is not None for one in (root, facts, sbom)), names, facts)
    profile = profile if profile in PROFILES else PROFILES[0]
    check_choice(benchmark, profile, remedies, names)
    with looking(root, facts, sbom, names, walk=walk, window=window, scap=content) as child:
        # Loaded while the children look: what comes afterwards has nobody to wait for.
        import_module("shindan.service.assessing")
        if "cve" in names:
            import_module("shindan.service.local")
        from shindan.model.severity import parse
        from shindan.render import load
        from shindan.service.local_rules import Choice
        from shindan.service.thresholds import met, parse_thresholds

        thresholds = meant(parse_thresholds, words(fail_on), "--fail-on")
        least = meant(parse, severity, "--severity") if severity else None
        ignores = ignores_of(ignore_file)

        told = told_of(rules, tailoring, zones)
        load(form)
        host = chosen_host(root, facts, sbom, child)
    choice = Choice(benchmark, level, profile, **told)  # type: ignore[arg-type]
    result = _assessed(host, data, ignores, names, choice, update=not no_update, max_feed_age=max_feed_age)
    if over := passed_over(package, names, facts, sbom):
        result = result._replace(ledger=result.ledger._replace(notes=(*result.ledger.notes, over)))
    from shindan.service.views import filtered

    shown = filtered(result, least, only_fixed=only_fixed)
    if remedies:
        _write_remedies(result, remedies, out)
    else:
        _write(shown, form, out, limit=None if show_all or out is not None else 8, full=full)
    if require_fresh and result.ledger.stale:
        stale = ", ".join(feed.name for feed in result.ledger.stale)
        complain(f"stale feeds: {stale}", "update them with `shindan feeds update`, or raise --max-feed-age")
        raise typer.Exit(NO_FEED)
    if "scap" in names and not_evaluated(result):
        raise typer.Exit(NOT_EVALUATED)
    if met(thresholds, shown.findings):
        raise typer.Exit(THRESHOLD_MET)


def _write(shown: Any, form: str, out: Path | None, *, limit: int | None, full: bool) -> None:
    from shindan.render import left_out, render

    with _output(out) as stream:
        render(form, shown, stream, colour=coloured(stream), width=width(stream), limit=limit, full=full)
    if gone := left_out(form, shown):
        say(gone)


def _write_remedies(result: Any, form: str, out: Path | None) -> None:
    from shindan.service.fix_script import script

    with _output(out) as stream:
        stream.write(script(result, form))


def _assessed(
    host: Any, data: Path | None, ignores: tuple[Any, ...], names: tuple[Any, ...], choice: Any, **how: Any
) -> Any:
    """The result (`model.result.ScanResult`), or the exit code that says why there is none."""
    from shindan.service.assessing import assess
    from shindan.service.data_folder import data_folder
    from shindan.service.local import NoUsableFeed
    from shindan.service.local_rules import UnknownBenchmark

    folder = data_folder(data)
    try:
        with progress() as show:
            result = assess(host, folder, names, choice, progress=show, say=say, **how)
    except UnknownBenchmark as error:
        raise typer.BadParameter(f"{error}: {error.remedy}", param_hint="--benchmark") from None
    except (NoUsableFeed, StoreError) as error:
        complain(str(error), error.remedy)
        raise typer.Exit(NO_FEED) from None
    if not ignores:
        return result
    from shindan.service.ignores import applied

    return applied(result, ignores)


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
