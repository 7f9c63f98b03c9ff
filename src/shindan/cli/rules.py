"""`shindan rules`: every rule and check kind, and users' own rules looked over before they count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from shindan.cli.options import FormatOption
from shindan.cli.printing import rows_out
from shindan.cli.scan_asked import NAMES
from shindan.cli.tables import check_format, show
from shindan.cli.terminal import complain

rules = typer.Typer(
    name="rules",
    help="Rules: list, show, explain check kinds, check a folder of own rules.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

OwnOption = Annotated[
    Path | None,
    typer.Option("--rules", metavar="DIR", help="A folder of own rules beside those that ship.", show_default=False),
]
_MALFORMED = 1


@rules.command()
def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Own rules: *.toml, rules/*.toml, benchmarks/*.toml.")],
    form: FormatOption = "table",
) -> None:
    """Look over a folder of own rules and benchmarks: every fault with file, line and reason, all at once.

    Notes name files that no agent looks for by itself: outcomes of such rules would be unknown.

    Exit codes: 0 all is well-formed, 1 something is not, 2 usage.

    Example: shindan rules check rules
    """
    check_format(form)
    from shindan.service.rule_book import checked_folder

    found = checked_folder(folder)
    if form == "json":
        faults = [one._asdict() for one in found.faults]
        typer.echo(json.dumps({**found._asdict(), "faults": faults, "notes": list(found.notes)}, indent=2))
    else:
        for fault in found.faults:
            typer.echo(str(fault))
        for note in found.notes:
            typer.echo(f"note: {note}")
        number = len(found.faults)
        wrong = "no fault" if not number else "1 fault" if number == 1 else f"{number} faults"
        typer.echo(f"{found.files} files, {found.rules} rules, {found.benchmarks} benchmarks, {wrong}")
    if found.faults:
        raise typer.Exit(_MALFORMED)


@rules.command("list")
def list_rules(
    package: Annotated[
        str, typer.Option(metavar="NAME", help="Only this package: cis, best-practices, runtime, network.")
    ] = "",
    benchmark: Annotated[str, typer.Option(metavar="ID", help="Only rules of this benchmark.")] = "",
    severity: Annotated[str, typer.Option(metavar="WORD", help="Only rules of this severity.")] = "",
    search: Annotated[str, typer.Option(metavar="WORDS", help="With all of these words, or a control's number.")] = "",
    own: OwnOption = None,
    form: FormatOption = "table",
) -> None:
    """List rules with their severity and title.

    Example: shindan rules list --benchmark debian-12 --search ssh
    """
    check_format(form)
    from shindan.service.rule_book import NoSuchRule, listed

    inner = NAMES.get(package, package)
    if package and (inner not in NAMES.values() or inner == "cve"):
        raise typer.BadParameter(f"{package!r}: choose cis, best-practices, runtime or network", param_hint="--package")
    try:
        rows = listed(_library(own), package=inner, benchmark=benchmark, severity=severity, search=search)
    except NoSuchRule as error:
        raise typer.BadParameter(f"{error}: {error.remedy}", param_hint="--benchmark") from None
    short = [{**one, "controls": _few(one["controls"])} for one in rows] if form == "table" else rows
    columns = {"id": "rule", "package": "package", "severity": "severity", "title": "title"}
    rows_out(form, short, columns | ({"controls": "controls"} if benchmark else {}), "no such rule")


@rules.command("show")
def show_rule(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="Its id.")],
    own: OwnOption = None,
    form: FormatOption = "table",
) -> None:
    """Show a rule: why, what to do, how it is checked, what may be set, and which benchmarks number it.

    Example: shindan rules show ssh-root-login
    """
    check_format(form)
    from shindan.service.rule_book import NoSuchRule, shown

    try:
        record = shown(_library(own), rule)
    except NoSuchRule as error:
        complain(str(error), error.remedy)
        raise typer.Exit(2) from None
    if form == "json":
        typer.echo(json.dumps(record, indent=2, ensure_ascii=False))
        return
    typer.echo(f"{record['id']}: {record['title']}\n{record['severity']}, package {record['package']}")
    typer.echo(f"\n{record['why']}\n\n{record['remedy']}")
    for name, way in record.get("ways", {}).items():
        when = f" when {json.dumps(way['when'])}" if way["when"] else ""
        typer.echo(f"\nchecked {name}{when}: {json.dumps(way['check'], ensure_ascii=False)}")
    for name, value in record["values"].items():
        typer.echo(f"\nmay be set: {name} = {json.dumps(value)}")
    if record["controls"]:
        typer.echo(f"\ncontrols: {', '.join(record['controls'])}")
    for form_, text in record["fix"].items():
        typer.echo(f"\nfix ({form_}):\n{text}")


@rules.command()
def explain(
    kind: Annotated[str, typer.Argument(metavar="[KIND]", help="A check kind; without one, all of them.")] = "",
    form: FormatOption = "table",
) -> None:
    """Explain a check kind: what it looks at, and its parameters.

    Example: shindan rules explain mount
    """
    check_format(form)
    from shindan.service.rule_book import NoSuchRule, explained, kinds

    if not kind:
        rows_out(form, kinds(), {"kind": "kind", "meaning": "what it is about", "facts": "facts"}, "")
        return
    try:
        record = explained(kind)
    except NoSuchRule as error:
        complain(str(error), error.remedy)
        raise typer.Exit(2) from None
    if form == "json":
        typer.echo(json.dumps(record, indent=2, ensure_ascii=False))
        return
    typer.echo(f"{record['kind']}: {record['meaning']} (facts: {', '.join(record['facts'])})\n")
    rows = [{**one, "default": _default(one)} for one in record["parameters"]]
    columns = {"name": "parameter", "type": "type", "default": "by default", "meaning": "meaning"}
    show(rows, columns, "no parameters")
    for group in record["exactly_one_of"]:
        typer.echo(f"exactly one of {', '.join(group)}")
    if record["comparisons"]:
        typer.echo(f"a comparison is {record['comparison']}: {', '.join(record['comparisons'])}")


def _library(own: Path | None) -> Any:
    """What ships and a user's own folder; a malformed one is wrong usage."""
    from shindan.model.errors import ShindanError
    from shindan.service.own_rules import strictly

    try:
        return strictly(own)
    except ShindanError as error:
        raise typer.BadParameter(str(error), param_hint="--rules") from None


def _few(controls: list[str]) -> str:
    return ", ".join(one.partition(" ")[2] for one in controls)


def _default(one: dict[str, Any]) -> str:
    if one["required"]:
        return "must be given"
    choices = f" of {', '.join(one['choices'])}" if one["choices"] else ""
    return ("" if one["default"] is None else json.dumps(one["default"])) + choices
