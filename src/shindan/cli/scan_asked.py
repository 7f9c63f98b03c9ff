"""What a person asks of `shindan scan`, checked before any work is done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from shindan.model.errors import IgnoreFileError, ShindanError

Typed = TypeVar("Typed")
Meant = TypeVar("Meant")

NAMES = {
    "cve": "cve",
    "cis": "cis",
    "best-practices": "practices",
    "runtime": "runtime",
    "network": "network",
    "scap": "scap",
}
"""Rules packages as people type them, and what they are called inside."""

DEFAULT = ("cve", "cis", "practices", "network")
"""All that need not watch the host for a while; a test compares it with the service's own list."""

FIX_FORMS = ("sh", "ansible")
PROFILES = ("server", "workstation")

PackageOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help=f"Rules packages: {', '.join(NAMES)}; may be repeated, or comma-separated. By default all but runtime, "
        "which has to watch the host for a while (--window), and scap, which --scap adds.",
        show_default=False,
    ),
]
BenchmarkOption = Annotated[
    str,
    typer.Option(metavar="ID", help="Benchmark instead of the host's own; `list` shows them.", show_default=False),
]
LevelOption = Annotated[int, typer.Option(min=1, max=2, help="Benchmark level; the second holds the first.")]
ProfileOption = Annotated[
    str,
    typer.Option(
        metavar="|".join((*PROFILES, "ID")),
        help="The kind of machine it is held against; with --scap any other word is a profile of the content, and "
        "`list` shows them.",
    ),
]
ScapOption = Annotated[
    Path | None,
    typer.Option(
        "--scap",
        metavar="DATASTREAM",
        help="Also have the host's own oscap evaluate this SCAP content, by the profile of --profile: docs/scap.md.",
        show_default=False,
    ),
]
WalkOption = Annotated[
    bool,
    typer.Option(
        "--walk",
        help="Go through all file systems for what anybody may write, nobody owns, or runs with another's rights; "
        "without it, rules about these cannot be told.",
    ),
]
WindowOption = Annotated[
    float,
    typer.Option(metavar="SECONDS", min=0, help="Watch processes, listeners and connections for so long."),
]
FixScriptOption = Annotated[
    str | None,
    typer.Option(
        "--fix-script",
        metavar="|".join(FIX_FORMS),
        help="Print remedies of rules as a script to be reviewed, instead of findings; nothing is run.",
        show_default=False,
    ),
]


RulesOption = Annotated[
    Path | None,
    typer.Option(
        "--rules", metavar="DIR", help="Own rules and benchmarks beside those that ship. See docs/tailoring.md.",
        show_default=False,
    ),
]  # fmt: skip
TailoringOption = Annotated[
    Path | None,
    typer.Option(
        "--tailoring", metavar="FILE", help="Rules that are off or want other values (TOML), each with its reason.",
        show_default=False,
    ),
]  # fmt: skip
ZonesOption = Annotated[
    Path | None,
    typer.Option(
        "--zones", metavar="FILE", help="Whose networks are whose, for reachability (TOML).", show_default=False
    ),
]


def told_of(rules: Path | None, tailoring: Path | None, zones: Path | None) -> dict[str, Any]:
    """What of a choice (`service.local_rules.Choice`) files say; a malformed one is wrong usage."""
    if rules is None and tailoring is None and zones is None:
        return {}
    from shindan.service.scan_tailoring import RuleRefused, told

    try:
        return told(rules, tailoring, zones)._asdict()
    except RuleRefused as error:
        raise typer.BadParameter("\n".join(map(str, error.faults)) or str(error)) from None
    except (ShindanError, OSError, ValueError) as error:
        raise typer.BadParameter(str(error), param_hint="--zones") from None


def packages_of(
    typed: list[str] | None, sbom: Path | None, scap: Path | None = None, window: float = 0
) -> tuple[Any, ...]:
    """The rules packages to run, by their inner names, each once; SCAP content that is given, and a window to watch the
    host for, bring their own.
    """
    added = ("scap",) if scap is not None else ()
    if typed is None:
        # A list of parts says nothing of how a host is set up.
        watched = ("runtime",) if window else ()
        return (*DEFAULT, *watched, *added) if sbom is None else ("cve",)
    chosen = [*added]
    for name in words(typed):
        inner = NAMES.get(name, name)
        if inner not in NAMES.values():
            raise typer.BadParameter(f"{name!r}: choose one of {', '.join(NAMES)}", param_hint="--package")
        chosen.append(inner)
    if not chosen:
        raise typer.BadParameter(f"choose of {', '.join(NAMES)}", param_hint="--package")
    return (
        tuple(sorted(dict.fromkeys(chosen), key=list(NAMES.values()).index)) if added else tuple(dict.fromkeys(chosen))
    )


def passed_over(typed: list[str] | None, names: tuple[Any, ...], facts: str | None, sbom: Path | None) -> str:
    """That a rules package was left out which nobody decided against, and the option that brings it; else ""."""
    if typed is not None or sbom is not None or "runtime" in names:
        return ""
    how = "with --package runtime, of facts that have them" if facts is not None else "with --window SECONDS"
    return f"Runtime Behavior Analysis was left out: it has to watch the host for a while ({how})"


def check_choice(benchmark: str, profile: str, fix_script: str | None, names: tuple[Any, ...]) -> None:
    """Refuses what was mistyped, and what does not go together."""
    if profile not in PROFILES:
        raise typer.BadParameter(f"{profile!r}: choose one of {', '.join(PROFILES)}", param_hint="--profile")
    if fix_script is not None and fix_script not in FIX_FORMS:
        raise typer.BadParameter(f"{fix_script!r}: choose one of {', '.join(FIX_FORMS)}", param_hint="--fix-script")
    if fix_script is not None and names == ("cve",):
        message = "updates of packages are in the table: choose rules packages too, such as --package cis"
        raise typer.BadParameter(message, param_hint="--fix-script")
    if benchmark and "cis" not in names:
        raise typer.BadParameter("a benchmark is of the package cis", param_hint="--benchmark")


def listed(known: Any = None) -> None:
    """Prints the benchmarks that there are."""
    from shindan.service.local_rules import benchmarks

    for one in benchmarks(known):
        typer.echo(f"{one.id:24} {one.title} {one.version}: {one.bound} of {one.controls} controls are checked")


def ignores_of(path: Path | None) -> tuple[Any, ...]:
    """The entries of an ignore file (`service.ignore.Ignore`); a malformed one is wrong usage."""
    if path is None:
        return ()
    from shindan.service.ignores import load

    try:
        return load(path)
    except IgnoreFileError as error:
        raise typer.BadParameter(str(error), param_hint="--ignore-file") from None


def meant(parser: Callable[[Typed], Meant], typed: Typed, option: str) -> Meant:
    """What was typed, as its parser understands it; a usage error naming the option where it does not."""
    try:
        return parser(typed)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def words(values: list[str] | None) -> list[str]:
    """Words that were given one by one, or with commas between them."""
    return [word.strip() for value in values or [] for word in value.split(",") if word.strip()]
